package manual

import (
	"fmt"
	"go/doc/comment"
	"strings"

	"github.com/alecthomas/kong"
)

// Markdown writes the same as a page of Markdown. Intro stands below the title.
func (m Manual) Markdown(title, intro string) []byte {
	w := &markdown{}
	fmt.Fprintf(w, "# %s\n\n%s\n\n", title, intro)
	w.blocks(m.App.Help)
	fmt.Fprintf(w, "## Commands\n\n| command | what it does |\n|---|---|\n")
	for _, n := range m.commands() {
		name := m.App.Name + " " + fullName(n)
		fmt.Fprintf(w, "| [`%s`](#%s) | %s |\n", name, anchor(name), cell(n.Help))
	}
	fmt.Fprintf(w, "\n## Flags of every command\n\n")
	w.flags(m.App.Node)
	for _, n := range m.commands() {
		fmt.Fprintf(w, "## %s %s\n\n%s\n\n", m.App.Name, fullName(n), prose(n.Help))
		fmt.Fprintf(w, "```\n%s\n```\n\n", usage(m.App, n))
		if len(n.Aliases) > 0 {
			fmt.Fprintf(w, "Also: `%s`.\n\n", strings.Join(n.Aliases, "`, `"))
		}
		if len(n.Positional) > 0 {
			fmt.Fprintf(w, "| argument | |\n|---|---|\n")
			for _, p := range n.Positional {
				fmt.Fprintf(w, "| `%s` | %s |\n", p.Summary(), cell(p.Help))
			}
			fmt.Fprintln(w)
		}
		w.flags(n)
		w.blocks(n.Detail)
	}
	for _, t := range m.Tables {
		fmt.Fprintf(w, "## %s\n\n| | |\n|---|---|\n", t.Title)
		for _, row := range t.Rows {
			fmt.Fprintf(w, "| `%s` | %s |\n", code(row[0]), cell(row[1]))
		}
		fmt.Fprintln(w)
	}
	return []byte(strings.TrimRight(w.String(), "\n") + "\n")
}

type markdown struct{ strings.Builder }

func (w *markdown) flags(n *kong.Node) {
	own := flags(n)
	if len(own) == 0 {
		return
	}
	fmt.Fprintf(w, "| flag | |\n|---|---|\n")
	for _, f := range own {
		fmt.Fprintf(w, "| `%s` | %s |\n", code(flagNames(f)), cell(flagHelp(f)))
	}
	fmt.Fprintln(w)
}

func (w *markdown) blocks(text string) {
	for _, b := range blocks(text) {
		switch b := b.(type) {
		case *comment.Paragraph:
			fmt.Fprintf(w, "%s\n\n", prose(plain(b.Text)))
		case *comment.Heading:
			fmt.Fprintf(w, "**%s**\n\n", prose(plain(b.Text)))
		case *comment.Code:
			fmt.Fprintf(w, "```\n%s\n```\n\n", strings.TrimRight(b.Text, "\n"))
		case *comment.List:
			for _, item := range b.Items {
				for _, p := range item.Content {
					if p, ok := p.(*comment.Paragraph); ok {
						fmt.Fprintf(w, "- %s\n", prose(plain(p.Text)))
					}
				}
			}
			fmt.Fprintln(w)
		}
	}
}

// anchor is the name that a heading has on a page.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

// prose is a text in which nothing is markup.
func prose(s string) string {
	return strings.NewReplacer("*", `\*`, "_", `\_`, "<", "&lt;", "[", `\[`, "`", "\\`").Replace(s)
}

// cell is a text for a table.
func cell(s string) string { return strings.ReplaceAll(prose(s), "|", `\|`) }

// code is a text for a table, between backquotes.
func code(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
