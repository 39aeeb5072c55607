package main

import (
	"fmt"
	"strings"
)

const configIntro = `Every key of prox.toml. The same keys work in prox.yml. A service needs a ` + "`command`" + `, and everything else has a
default. [prox.toml.example](../../prox.toml.example) has them all in one file, ` + "`prox check`" + ` tells what is wrong in yours with
the line, and ` + "`prox check --schema`" + ` prints a JSON Schema for your editor.

A key that prox doesn't know is a mistake, and prox says which it takes to be meant: also for what other tools call it,
which is listed here as "elsewhere".`

// configPage is config.md.
func configPage() ([]byte, error) {
	all, err := sections()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# The config\n\n%s%s\n\n", generated, configIntro)
	for _, s := range all {
		fmt.Fprintf(&b, "- [%s](#%s)", heading(s), anchor(heading(s)))
		var names []string
		for _, k := range s.keys {
			names = append(names, fmt.Sprintf("[`%s`](#%s)", k.name, anchor(k.path)))
		}
		fmt.Fprintf(&b, ": %s\n", strings.Join(names, ", "))
	}
	for _, s := range all {
		fmt.Fprintf(&b, "\n## %s\n\n", heading(s))
		if s.about != "" {
			fmt.Fprintf(&b, "%s\n\n", prose(s.about))
		}
		for k, x := range s.keys {
			if k > 0 {
				b.WriteString("\n")
			}
			writeKey(&b, x)
		}
	}
	return []byte(b.String()), nil
}

func writeKey(b *strings.Builder, k key) {
	fmt.Fprintf(b, "### %s\n\n%s\n\n", k.path, prose(k.about))
	fmt.Fprintf(b, "- type: %s", k.typ)
	if k.table {
		below := k.path
		if k.path == "services" {
			below += ".NAME"
		}
		fmt.Fprintf(b, ", [its keys](#%s)", anchor("Table ["+below+"]"))
	}
	b.WriteString("\n")
	if k.required {
		b.WriteString("- required\n")
	}
	if k.fallback != "" {
		fmt.Fprintf(b, "- default: `%s`\n", k.fallback)
	}
	if len(k.limits) > 0 {
		fmt.Fprintf(b, "- limits: %s\n", strings.Join(k.limits, "; "))
	}
	if len(k.also) > 0 {
		fmt.Fprintf(b, "- elsewhere: `%s`\n", strings.Join(k.also, "`, `"))
	}
}

func heading(s section) string {
	if s.path == "" {
		return "The file"
	}
	return "Table [" + s.path + "]"
}

// anchor is the name that a heading has on a page.
func anchor(heading string) string {
	return strings.NewReplacer(" ", "-", ".", "", "[", "", "]", "").Replace(strings.ToLower(heading))
}

// prose is a text in which nothing is markup but what stands in backquotes.
func prose(s string) string {
	parts := strings.Split(s, "`")
	for k := 0; k < len(parts); k += 2 {
		parts[k] = strings.NewReplacer("*", `\*`, "_", `\_`, "<", "&lt;", "[", `\[`).Replace(parts[k])
	}
	return strings.Join(parts, "`")
}
