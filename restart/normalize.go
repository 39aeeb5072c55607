package restart

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Limits on what is read and kept of an ending.
const (
	maxRead = 8 << 10
	maxKept = 1 << 10
)

// rules are what differs between two runs that end in the same way, first to
// last. Each eats digits or a path and leaves none, so that a second pass finds
// nothing more. They are compiled at the first use: most programs that link
// this package never see a crash.
var rules = sync.OnceValue(func() []rule {
	const (
		months = `Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec`
		days   = `Mon|Tue|Wed|Thu|Fri|Sat|Sun`
		clock  = `\d{1,2}:\d\d:\d\d(?:[.,]\d+)?`
	)
	var all []rule
	for _, r := range [][2]string{
		{`\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-?]*[ -/]*[@-~]?|\x1b.?`, ""}, // colours, titles
		{`(?:/private)?/(?:tmp|var/tmp|var/folders|dev/shm|run/user)/[^\s:;,'"()<>\[\]{}]*`, "<tmp>"},
		{`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`, "<hex>"},
		{`(?i)\b0x[0-9a-f]+\b`, "<hex>"},
		{`\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]+` + clock + `)?(?: ?(?:Z|[+-]\d\d:?\d\d)\b)?`, "<time>"},
		{`\b(?:(?:` + days + `),? )?(?:` + months + `) {1,2}\d{1,2}\b(?:,? ` + clock + `)?(?: \d{4}\b)?`, "<time>"},
		{`\b` + clock + `(?: ?[AP]M\b)?`, "<time>"},
		{`\b(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+\b`, "<duration>"},
	} {
		all = append(all, rule{regexp.MustCompile(r[0]), r[1]})
	}
	return all
})

type rule struct {
	found *regexp.Regexp
	is    string
}

var (
	word   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[0-9a-fA-F]{7,}\b`) })
	number = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+(?:[.,]\d+)*`) })
)

// Normalize takes out of the last lines of a run what differs from run to run
// and says nothing of why it ended: times and durations, addresses and ids in
// hexadecimal, paths of temporary files, colours, and at last every number
// (pids, ports, lines). Two runs that failed in the same way then have the same
// text:
//
//	2026-11-01T12:00:00Z [4711] panic at 0xc000012345: /tmp/x81/db.sock: refused
//	<time> [#] panic at <hex>: <tmp>: refused
//
// At most the last kilobyte is kept. Normalizing twice changes nothing.
func Normalize(lines string) string {
	s := lines[max(0, len(lines)-maxRead):]
	s = strings.ToValidUTF8(s, "?")
	s = strings.ReplaceAll(s, "\r", "\n")
	for _, r := range rules() {
		s = r.found.ReplaceAllLiteralString(s, r.is)
		if r.is == "" {
			s = strings.Map(printable, s)
		}
	}
	s = word().ReplaceAllStringFunc(s, func(w string) string {
		if strings.ContainsAny(w, "0123456789") { // "defaced" is a word
			return "<hex>"
		}
		return w
	})
	s = number().ReplaceAllLiteralString(s, "#")

	var kept []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			kept = append(kept, line)
		}
	}
	return tail(strings.Join(kept, "\n"))
}

func printable(r rune) rune {
	if r != '\n' && r != '\t' && unicode.IsControl(r) {
		return -1
	}
	return r
}

// tail is the end of a text that fits, from the start of a line, or else of a
// word, or else of a character.
func tail(s string) string {
	if len(s) <= maxKept {
		return s
	}
	s = s[len(s)-maxKept:]
	for _, sep := range []string{"\n", " "} {
		if _, rest, ok := strings.Cut(s, sep); ok {
			return rest
		}
	}
	for s != "" && !utf8.RuneStart(s[0]) {
		s = s[1:]
	}
	return s
}
