package discover

import (
	"regexp"
	"slices"
	"strings"
)

var makefileNames = []string{"GNUmakefile", "makefile", "Makefile"}

var (
	makeRule     = regexp.MustCompile(`^([A-Za-z0-9_./%-][A-Za-z0-9_./% -]*?)\s*::?(?:\s*$|\s+|\s*;)([^=].*)?$`)
	makeVariable = regexp.MustCompile(`^(?:export\s+|override\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*(?:::?|\?|\+)?=\s*(.*)$`)
	makeUse      = regexp.MustCompile(`\$[({]([A-Za-z_][A-Za-z0-9_]*)[)}]`)
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
	variables := map[string]string{"MAKE": "make"}
	var current []int // the targets whose recipe is read
	defining := false
	number := 0
	for _, line := range logicalLines(text) {
		at := number + 1
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
		case makeVariable.MatchString(trimmed):
			m := makeVariable.FindStringSubmatch(trimmed)
			variables[m[1]] = m[2]
		default:
			current = nil
			m := makeRule.FindStringSubmatch(flat)
			if m == nil {
				continue
			}
			needs, recipe, _ := strings.Cut(m[2], ";")
			needs, _, _ = strings.Cut(needs, "#")
			for name := range strings.FieldsSeq(m[1]) {
				if name[0] == '.' || strings.ContainsAny(name, "%/") {
					continue
				}
				t := target{name: name, line: at, needs: strings.Fields(strings.ReplaceAll(needs, "|", " "))}
				if recipe = strings.TrimSpace(recipe); recipe != "" {
					t.body = makeExpand(recipe, variables) + "\n"
				}
				// A target may be named again to add what it needs.
				if i := slices.IndexFunc(all, func(o target) bool { return o.name == name }); i >= 0 {
					all[i].needs = append(all[i].needs, t.needs...)
					current = append(current, i)
					continue
				}
				all = append(all, t)
				current = append(current, len(all)-1)
			}
		}
	}
	return all
}

// logicalLines splits a text into lines; one that ends in a backslash goes on.
func logicalLines(text string) []string {
	var lines []string
	open := ""
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasSuffix(line, `\`) {
			open += line + "\n"
			continue
		}
		lines = append(lines, open+line)
		open = ""
	}
	if open != "" {
		lines = append(lines, strings.TrimSuffix(open, "\\\n"))
	}
	return lines
}

// makeExpand replaces variables that are simple texts, and $$ by $.
func makeExpand(text string, variables map[string]string) string {
	const deepest, longest = 5, 10_000
	for range deepest {
		next := makeUse.ReplaceAllStringFunc(text, func(use string) string {
			if v, ok := variables[use[2:len(use)-1]]; ok {
				return v
			}
			return use
		})
		if next == text || len(next) > longest {
			break
		}
		text = next
	}
	return strings.ReplaceAll(text, "$$", "$")
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
