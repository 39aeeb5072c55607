package discover

import (
	"regexp"
	"slices"
	"strings"
)

var makefileNames = []string{"GNUmakefile", "makefile", "Makefile"}

var (
	makeRule     = onDemand(`^([A-Za-z0-9_./%-][A-Za-z0-9_./% -]*?)\s*::?(?:\s*$|\s+|\s*;)([^=].*)?$`)
	makeVariable = onDemand(`^(?:export\s+|override\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*(?:::?|\?|\+)?=\s*(.*)$`)
	makeUse      = onDemand(`\$[({]([A-Za-z_][A-Za-z0-9_]*)[)}]`)
)

// makefile reads the targets of a Makefile. make itself is never asked: it
// runs $(shell ...) while it reads.
func makefile(f *file) {
	for _, better := range makefileNames {
		if better == f.name {
			break
		}
		if f.has(better) {
			return // make reads the first only
		}
	}
	f.addTargets(runner{kind: "make", typed: "make "}, makeTargets(string(f.data)))
}

// makeTargets are the targets that are written out; those with patterns, and
// those that are files, are not for people.
func makeTargets(text string) []target {
	var all []target
	at := map[string]int{} // by name
	variables := map[string]string{"MAKE": "make"}
	var current []int // the targets whose recipe is read
	defining := false
	number := 0
	for _, line := range logicalLines(text) {
		begins := number + 1
		number += 1 + strings.Count(line, "\\\n")
		flat := strings.ReplaceAll(line, "\\\n", " ")
		trimmed := strings.TrimSpace(flat)
		switch {
		case defining:
			defining = trimmed != "endef"
		case strings.HasPrefix(trimmed, "define "):
			defining = true
		case strings.HasPrefix(line, "\t"):
			command := strings.TrimLeft(strings.TrimSpace(makeExpand(flat, variables)), "@-+ ")
			if command != "" && !strings.HasPrefix(command, "#") {
				for _, i := range current {
					all[i].body += command + "\n"
				}
			}
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case makeVariable().MatchString(trimmed):
			m := makeVariable().FindStringSubmatch(trimmed)
			variables[m[1]] = m[2]
		default:
			current = nil
			m := makeRule().FindStringSubmatch(flat)
			if m == nil {
				continue
			}
			needs, recipe, _ := strings.Cut(m[2], ";")
			needs, _, _ = strings.Cut(needs, "#")
			for name := range strings.FieldsSeq(m[1]) {
				if name[0] == '.' || strings.ContainsAny(name, "%/") {
					continue
				}
				t := target{name: name, line: begins, needs: strings.Fields(strings.ReplaceAll(needs, "|", " "))}
				if recipe = strings.TrimSpace(recipe); recipe != "" {
					t.body = makeExpand(recipe, variables) + "\n"
				}
				// A target may be named again to add what it needs.
				if i, known := at[name]; known {
					all[i].needs = append(all[i].needs, t.needs...)
					current = append(current, i)
					continue
				}
				at[name] = len(all)
				all = append(all, t)
				current = append(current, len(all)-1)
			}
		}
	}
	return all
}

// logicalLines splits a text into lines; one that ends in a backslash goes on.
func logicalLines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var lines []string
	from := 0
	for at := range len(text) {
		if text[at] == '\n' && (at == from || text[at-1] != '\\') {
			lines = append(lines, text[from:at])
			from = at + 1
		}
	}
	if from < len(text) {
		lines = append(lines, strings.TrimSuffix(strings.TrimSuffix(text[from:], "\n"), `\`))
	}
	return lines
}

// makeExpand replaces variables that are simple texts, and $$ by $.
func makeExpand(text string, variables map[string]string) string {
	const deepest = 5
	for range deepest {
		next := expandedUses(makeUse(), text, variables)
		if next == text {
			break
		}
		text = next
	}
	return strings.ReplaceAll(text, "$$", "$")
}

// longestExpanded bounds a text that grows by what stands in it.
const longestExpanded = 10_000

// expandedUses puts the values of variables in, by a pattern that has a
// variable's name as its first group; the text itself if it gets too long.
func expandedUses(use *regexp.Regexp, text string, variables map[string]string) string {
	var b strings.Builder
	from := 0
	for _, at := range use.FindAllStringSubmatchIndex(text, -1) {
		v, ok := variables[text[at[2]:at[3]]]
		if !ok {
			continue
		}
		b.WriteString(text[from:at[0]] + v)
		from = at[1]
		if b.Len() > longestExpanded {
			return text
		}
	}
	return b.String() + text[from:]
}

func makeCalls(c invocation) []Ref {
	if p := c.program(); p != "make" && p != "gmake" {
		return nil
	}
	dir := c.dir
	if to := c.flag("-C", "--directory"); to != "" {
		dir = join(dir, to)
	}
	words := c.without("-C", "--directory", "-f", "--file", "-I", "-o", "-W", "-l")
	// The number behind -j may stand by itself.
	words = slices.DeleteFunc(words, func(w string) bool { return strings.Trim(w, "0123456789") == "" })
	return targetCalls("make", dir, words, "")
}
