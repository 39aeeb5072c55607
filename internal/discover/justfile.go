package discover

import (
	"regexp"
	"strings"
)

var justfileNames = []string{"justfile", "Justfile", ".justfile"}

var (
	justRecipe   = onDemand(`^(@?)([A-Za-z_][A-Za-z0-9_-]*)((?:\s+[^:]*?)?)\s*:(?:([^=].*)|$)`)
	justAlias    = onDemand(`^alias\s+([A-Za-z_][A-Za-z0-9_-]*)\s*:=\s*([A-Za-z_][A-Za-z0-9_-]*)`)
	justVariable = onDemand(`^(?:export\s+)?([A-Za-z_][A-Za-z0-9_-]*)\s*:=\s*(?:"([^"]*)"|'([^']*)')\s*(?:#.*)?$`)
	justUse      = onDemand(`\{\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}`)
	justNeed     = onDemand(`\(?\s*([A-Za-z_][A-Za-z0-9_-]*)[^()]*\)|([A-Za-z_][A-Za-z0-9_-]*)`)
)

// justfile reads the recipes of a justfile.
func justfile(f *file) {
	f.addTargets(runner{kind: "just", typed: "just "}, justTargets(string(f.data)))
}

func justTargets(text string) []target {
	var all []target
	variables := map[string]string{}
	aliases := map[string]string{} // alias → recipe
	private, working := false, -1
	number := 0
	for _, line := range logicalLines(text) {
		at := number + 1
		number += 1 + strings.Count(line, "\\\n")
		flat := strings.ReplaceAll(line, "\\\n", " ")
		trimmed := strings.TrimSpace(flat)
		switch {
		case trimmed == "":
		case line[0] == ' ' || line[0] == '\t':
			if working >= 0 && !strings.HasPrefix(trimmed, "#") {
				all[working].body += expandedUses(justUse(), strings.TrimLeft(trimmed, "@-"), variables) + "\n"
			}
		case strings.HasPrefix(trimmed, "#"):
		case strings.HasPrefix(trimmed, "["):
			private = private || strings.Contains(trimmed, "private")
		case justAlias().MatchString(trimmed):
			m := justAlias().FindStringSubmatch(trimmed)
			aliases[m[1]] = m[2]
		case justVariable().MatchString(trimmed):
			m := justVariable().FindStringSubmatch(trimmed)
			variables[m[1]] = m[2] + m[3]
		default:
			working = -1
			m := justRecipe().FindStringSubmatch(flat)
			if m == nil || strings.HasPrefix(trimmed, "set ") || strings.HasPrefix(trimmed, "import ") || strings.HasPrefix(trimmed, "mod ") {
				private = false
				continue
			}
			t := target{name: m[2], line: at, private: private || strings.HasPrefix(m[2], "_"), asks: justAsks(m[3])}
			needs, _, _ := strings.Cut(m[4], "&&")
			needs, _, _ = strings.Cut(needs, "#")
			for _, n := range justNeed().FindAllStringSubmatch(needs, -1) {
				t.needs = append(t.needs, n[1]+n[2])
			}
			all = append(all, t)
			working, private = len(all)-1, false
		}
	}
	of := map[string][]string{}
	for _, alias := range sortedKeys(aliases) {
		of[aliases[alias]] = append(of[aliases[alias]], alias)
	}
	for i := range all {
		all[i].aliases = of[all[i].name]
	}
	return all
}

// justAsks reports whether a recipe has a parameter without a value of its
// own; "*" takes none too.
func justAsks(parameters string) bool {
	quoted := regexp.MustCompile(`"[^"]*"|'[^']*'|\([^)]*\)`)
	for word := range strings.FieldsSeq(quoted.ReplaceAllString(parameters, "x")) {
		if !strings.Contains(word, "=") && !strings.HasPrefix(word, "*") {
			return true
		}
	}
	return false
}

func justCalls(c invocation) []Ref {
	if c.program() != "just" {
		return nil
	}
	dir := c.dir
	if to := c.flag("-d", "--working-directory"); to != "" {
		dir = join(dir, to)
	}
	words := c.without("-f", "--justfile", "-d", "--working-directory", "--set", "--shell", "--dotenv-path")
	if len(words) > 1 {
		words = words[:1] // what follows is mostly arguments of the first
	}
	return targetCalls("just", dir, words, "")
}
