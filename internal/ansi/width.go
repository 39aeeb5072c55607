package ansi

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// measure counts characters as people see them, and colours as nothing.
var measure = displaywidth.Options{ControlSequences: true}

// Width returns how many cells s takes on a terminal. Colours take none. A tab
// counts as none either, for its width depends on where it stands.
func Width(s string) int { return measure.String(s) }

// Truncate returns s if it fits into cells, else its beginning and tail, which
// together fit. Of a wide character no half is shown. Colours that s switches
// off after the cut are switched off all the same.
func Truncate(s string, cells int, tail string) string {
	switch {
	case Width(s) <= cells:
		return s
	case Width(tail) > cells:
		tail = ""
	}
	return measure.TruncateString(s, cells, tail)
}

// Pad returns s with blanks after it, so that it takes cells; a longer s stays
// as it is.
func Pad(s string, cells int) string {
	if n := cells - Width(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}
