package scroll

import (
	"regexp"
	"slices"
	"unicode"

	"prox/internal/ansi"
	"prox/internal/logstore"
	"prox/internal/record"
)

// Filter says which lines are wanted. The zero value wants all.
type Filter struct {
	Instances []string     // none: all
	Level     record.Level // this or a worse one
	Text      string       // a regular expression or, where it is none, a text
}

// Expression is what a line must match; nil without a text. A text in small
// letters is meant in any case.
func (f Filter) Expression() *regexp.Regexp {
	if f.Text == "" {
		return nil
	}
	fold := ""
	if !capital(f.Text) {
		fold = "(?i)"
	}
	re, err := regexp.Compile(fold + f.Text)
	if err != nil { // still being typed, or no expression at all
		re = regexp.MustCompile(fold + regexp.QuoteMeta(f.Text))
	}
	return re
}

// capital reports whether a letter is one that must be as it is. \S and its kin
// are none.
func capital(s string) bool {
	escaped := false
	for _, r := range s {
		if unicode.IsUpper(r) && !escaped {
			return true
		}
		escaped = r == '\\' && !escaped
	}
	return false
}

// query asks for the lines of a filter which also are as place says.
func (f Filter) query(place func(*logstore.Line) bool) logstore.Query {
	q := logstore.Query{Match: f.Expression(), Clean: ansi.Plain, Most: Most}
	if q.Match == nil {
		q.Match = suspects(f.Level)
	}
	var buf []byte
	q.Only = func(l *logstore.Line) bool {
		if place != nil && !place(l) {
			return false
		}
		if f.Level == record.Unknown {
			return true
		}
		buf = ansi.Plain(buf[:0], l.Text)
		return record.LevelOf(buf) >= f.Level
	}
	return q
}

// Passes reports whether a line that is held passes.
func (f Filter) Passes(l *Line) bool {
	if len(f.Instances) > 0 && !slices.Contains(f.Instances, l.Instance) {
		return false
	}
	text := ansi.Plain(nil, l.Text)
	if f.Level != record.Unknown && record.LevelOf(text) < f.Level {
		return false
	}
	re := f.Expression()
	return re == nil || re.Match(text)
}
