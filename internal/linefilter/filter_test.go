package linefilter

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// passedOver is a line of b that matches re and that f passes over.
func passedOver(re *regexp.Regexp, f *Filter, b []byte) (string, bool) {
	at := 0 // the line that the search is at
	for at <= len(b) {
		next := len(b)
		if at < len(b) {
			next = at + f.Next(b[at:])
		}
		for at < next {
			line, rest, _ := bytes.Cut(b[at:], []byte("\n"))
			if text := bytes.TrimRight(line, "\r"); re.Match(text) || strangeLine(b[at:len(b)-len(rest)]) {
				return string(b[at : len(b)-len(rest)]), true
			}
			at = len(b) - len(rest)
		}
		if at != next {
			return fmt.Sprintf("%d is not the beginning of a line", next), true
		}
		if at == len(b) {
			break
		}
		_, rest, _ := bytes.Cut(b[at:], []byte("\n"))
		at = len(b) - len(rest)
	}
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		if re.Match(line) && !f.May(line) {
			return "May: " + string(line), true
		}
	}
	return "", false
}

// strangeLine says of a line and its end whether it has bytes that may not mean
// just themselves.
func strangeLine(line []byte) bool {
	if text, ok := bytes.CutSuffix(line, []byte("\n")); ok {
		line = bytes.TrimSuffix(text, []byte("\r"))
	}
	return bytes.ContainsFunc(line, func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') })
}

type source struct {
	*rand.Rand
}

func pick[T any](r source, from ...T) T { return from[r.IntN(len(from))] }

// word is a text that patterns and lines both are made of.
func (r source) word() string {
	return pick(r, "error", "Error", "ERR", "warn", "timeout", "kiosk", "status=", "5", "42", "ms", "a", "b", "ab", "aab", " ", ": ", "é", "ſ", "\u212a", "日本", "k", "s", "deadbeef", "-", "_x", "\t", "connection refused")
}

func (r source) pattern(depth int) string {
	if depth == 0 || r.IntN(4) == 0 {
		switch r.IntN(12) {
		case 0:
			return pick(r, `\d`, `\w`, `\s`, `\S`, `\W`, `\D`, `.`, `[[:punct:]]`, `[[:upper:]]`)
		case 1:
			return pick(r, `[a-f0-9]`, `[^a]`, `[^\x00-\x7f]`, `[kK]`, `[5-7]`, `[éa]`, `[^\n]`, `\x{FFFD}`, `[\x{80}-\x{10FFFF}]`)
		case 2:
			return pick(r, `\pL`, `\p{Lu}`, `\PN`, `\p{Han}`, `\pS`)
		case 3:
			return pick(r, `^`, `$`, `\b`, `\B`, `\A`, `\z`, `(?m:^)`, `(?m:$)`, ``)
		default:
			return regexp.QuoteMeta(r.word())
		}
	}
	switch r.IntN(9) {
	case 0, 1, 2:
		return r.pattern(depth-1) + r.pattern(depth-1)
	case 3, 4:
		return "(" + r.pattern(depth-1) + "|" + r.pattern(depth-1) + ")"
	case 5:
		return "(?i:" + r.pattern(depth-1) + ")"
	case 6:
		return "(?:" + r.pattern(depth-1) + ")" + pick(r, "*", "+", "?", "{2,3}", "{1,}", "+?", "{3}", "*?")
	case 7:
		return "(" + r.pattern(depth-1) + "|" + r.pattern(depth-1) + "|" + r.pattern(depth-1) + ")"
	default:
		return r.pattern(depth-1) + pick(r, ".*", `\d+`, " ", ".", "[a-z]+", "") + r.pattern(depth-1)
	}
}

func (r source) log(odd bool) []byte {
	var b strings.Builder
	for range 1 + r.IntN(40) {
		for range r.IntN(8) {
			w := r.word()
			switch r.IntN(8) {
			case 0:
				w = strings.ToUpper(w)
			case 1:
				w = strings.Repeat("plain text ", r.IntN(20)) + w
			}
			if strings.ContainsFunc(w, func(r rune) bool { return r > 127 }) && !odd {
				continue
			}
			b.WriteString(w)
			if odd && r.IntN(16) == 0 {
				b.WriteString(pick(r, "\xff", "\xe2\x84", "\x1b[31m", "\r", "\x00", "\x7f", "\x80"))
			}
		}
		b.WriteString(pick(r, "\n", "\n", "\n", "\r\n", "\r\r\n"))
	}
	if r.IntN(3) == 0 {
		b.WriteString(r.word() + pick(r, "", "", "\r"))
	}
	return []byte(b.String())
}

// TestNoLineThatMatchesIsPassedOver is what a filter must never do.
func TestNoLineThatMatchesIsPassedOver(t *testing.T) {
	t.Parallel()
	r := source{rand.New(rand.NewPCG(1, 2))}
	filters, logs := 0, 3
	for range 4000 {
		pattern := r.pattern(1 + r.IntN(4))
		re, err := regexp.Compile(pattern)
		if err != nil {
			continue
		}
		f := Compile(re)
		if f == nil {
			continue
		}
		filters++
		for k := range logs {
			b := r.log(k > 0)
			if line, passed := passedOver(re, f, b); passed {
				t.Fatalf("%q passes over %q of %q", pattern, line, b)
			}
		}
	}
	if filters < 1000 {
		t.Errorf("%d patterns are filtered for, which says little", filters)
	}
}
