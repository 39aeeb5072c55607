package dash

import (
	"regexp"
	"strings"

	"prox/internal/ansi"
)

// counts is how far a row of restarts has come: "(3 of 5)", perhaps with more.
var counts = regexp.MustCompile(` \((\d+) of (\d+)[^)]*\)| \((\d+) in a row\)`)

// alike is what a number of restarts says too.
var alike = regexp.MustCompile(`,(?: the last)?(?: \d+ times,?)? the same way each time`)

// gaveUp holds what the restarts in their column say too.
var gaveUp = regexp.MustCompile(`^gave up(?: after \d+ restarts?)?(?: within \S+)?: `)

var fewer = strings.NewReplacer(
	"exit code ", "exit ",
	"killed by ", "",
	"waiting for ", "for ",
	", which failed", ", failed",
	", never restarted", "",
	" each time", "",
	"restarted after ", "after ",
	"restarted with ", "with ",
	" an hour, at its limit in ", "/h, full in ",
	" an hour", "/h",
)

// brief says a reason in fewer cells where all of it finds no room: what an
// end that is cut off would hold is seen, "6s, exit 7, 3/5".
func brief(why string, width int) string {
	if ansi.Width(why) <= width {
		return why
	}
	s := alike.ReplaceAllString(why, "")
	s = gaveUp.ReplaceAllString(s, "gave up: ")
	s = counts.ReplaceAllStringFunc(s, func(found string) string {
		m := counts.FindStringSubmatch(found)
		if m[1] == "" {
			return ", " + m[3] + "×"
		}
		return ", " + m[1] + "/" + m[2]
	})
	s = fewer.Replace(s)
	if rest, ok := strings.CutPrefix(s, "memory grows by "); ok {
		s = "+" + rest
	}
	if rest, ok := strings.CutPrefix(s, "in "); ok { // the state says what it is until
		s = strings.Replace(rest, ": ", ", ", 1)
	}
	return strings.TrimPrefix(strings.TrimSuffix(s, " changed"), "restarted ")
}
