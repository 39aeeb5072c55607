package watch

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

const gitignore = ".gitignore"

// rules are those of one .gitignore. They hold in its folder and below, after
// those of the folders above.
type rules struct {
	above *rules
	dir   string // absolute
	list  []rule
}

type rule struct {
	pattern  string
	plain    bool // it has no wildcard
	keep     bool // "!": what it matches is not ignored
	folder   bool // "/" at its end: it matches folders only
	anywhere bool // it is for a name, however deep
}

// readRules returns above if the file has no rules, or can't be read: git
// treats it so too.
func readRules(file, dir string, above *rules) *rules {
	text, err := os.ReadFile(file)
	if err != nil {
		return above
	}
	r := &rules{above: above, dir: dir}
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		if rule, ok := parseRule(strings.TrimRight(line, "\r\n")); ok {
			r.list = append(r.list, rule)
		}
	}
	if r.list == nil {
		return above
	}
	return r
}

// parseRule says it in doublestar's words. What is no pattern matches nothing.
func parseRule(line string) (rule, bool) {
	if strings.HasPrefix(line, "#") {
		return rule{}, false
	}
	text := strings.TrimRight(line, " ")
	if text != line && strings.HasSuffix(text, `\`) {
		text += " "
	}
	var r rule
	text, r.keep = strings.CutPrefix(text, "!")
	text, r.folder = strings.CutSuffix(text, "/")
	r.anywhere = !strings.Contains(text, "/")
	text = strings.TrimPrefix(text, "/")
	if strings.HasSuffix(text, "/**") {
		text += "/*" // git means what is in the folder, and not the folder itself
	}
	if text == "" {
		return rule{}, false
	}
	// Braces are nothing special to git.
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			b.WriteByte('\\')
			if i++; i == len(text) {
				return rule{}, false
			}
		case '{', '}':
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	r.pattern = b.String()
	r.plain = !wild(r.pattern)
	return r, doublestar.ValidatePattern(r.pattern)
}

// ignore tells whether git ignores a path, if it ignores no folder on the way.
func (r *rules) ignore(abs string, isDir bool) bool {
	for ; r != nil; r = r.above {
		rel := strings.TrimPrefix(abs[len(r.dir):], "/")
		name := rel[strings.LastIndexByte(rel, '/')+1:]
		for i := len(r.list) - 1; i >= 0; i-- { // the last that matches counts
			rule := &r.list[i]
			what := rel
			if rule.anywhere {
				what = name
			}
			if rule.folder && !isDir {
				continue
			}
			if rule.plain && rule.pattern == what || !rule.plain && doublestar.MatchUnvalidated(rule.pattern, what) {
				return !rule.keep
			}
		}
	}
	return false
}

// outerRules are those from above dir, up to the root of its repository.
func outerRules(dir string) *rules {
	var up []string // the folders above dir, the nearest first
	for at := dir; ; {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			r := readRules(filepath.Join(at, ".git", "info", "exclude"), at, nil)
			for i := len(up) - 1; i >= 0; i-- {
				r = readRules(filepath.Join(up[i], gitignore), up[i], r)
			}
			return r
		}
		next := filepath.Dir(at)
		if next == at {
			return nil // it is in no repository
		}
		up = append(up, next)
		at = next
	}
}
