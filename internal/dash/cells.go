package dash

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"prox/internal/ansi"
)

// What is here takes apart lines that ansi.Clean has made: they hold SGR
// sequences, and no others.

const (
	sgrReset  = "\x1b[0m"
	tabStop   = 8
	turned    = "\x1b[7m"
	turnedOff = "\x1b[27m"
)

// pieces gives the parts of a line: SGR sequences, which take no cells, and
// characters. It stops when f returns false.
func pieces(s string, f func(part string, cells int) bool) {
	for len(s) > 0 {
		n, cells := 1, 1
		switch {
		case s[0] == 0x1b:
			if n = strings.IndexByte(s, 'm') + 1; n == 0 {
				n = len(s)
			}
			cells = 0
		case s[0] >= utf8.RuneSelf:
			_, n = utf8.DecodeRuneInString(s)
			cells = ansi.Width(s[:n])
		}
		if !f(s[:n], cells) {
			return
		}
		s = s[n:]
	}
}

// sgr is the SGR sequences that are in force.
type sgr struct{ on string }

func (g *sgr) see(part string) {
	if part == sgrReset || part == "\x1b[m" {
		g.on = ""
		return
	}
	g.on += part
}

// rowsOf breaks a line into rows of so many cells, most of them at most. Each
// begins in the colours the one before ended in. The last result is false when
// there would have been more.
func rowsOf(s string, cells, most int) ([]string, bool) {
	if cells < 1 || most < 1 {
		return nil, s == ""
	}
	if len(s) <= cells && strings.IndexByte(s, 0x1b) < 0 { // as most are
		return []string{s}, true
	}
	var rows []string
	var row strings.Builder
	var style sgr
	used, all := 0, true
	end := func() {
		if style.on != "" {
			row.WriteString(sgrReset)
		}
		rows = append(rows, ansi.Truncate(row.String(), cells, ""))
		row.Reset()
		row.WriteString(style.on)
		used = 0
	}
	pieces(s, func(part string, n int) bool {
		if part[0] == 0x1b {
			style.see(part)
			row.WriteString(part)
			return true
		}
		if used+n > cells {
			if end(); len(rows) == most {
				all = false
				return false
			}
		}
		row.WriteString(part)
		used += n
		return true
	})
	if all {
		end()
	}
	return rows, all
}

// without leaves out the first cells of a line, not its colours.
func without(s string, cells int) string {
	if cells <= 0 {
		return s
	}
	var out strings.Builder
	gone := 0
	pieces(s, func(part string, n int) bool {
		switch {
		case part[0] == 0x1b:
			out.WriteString(part)
		case gone >= cells:
			out.WriteString(part)
		default:
			if gone += n; gone > cells { // half of a wide character
				out.WriteByte(' ')
			}
		}
		return true
	})
	return out.String()
}

// untabbed has blanks where a line has tabs.
func untabbed(s string) string {
	if strings.IndexByte(s, '\t') < 0 {
		return s
	}
	var out strings.Builder
	at := 0
	pieces(s, func(part string, n int) bool {
		if part == "\t" {
			n = tabStop - at%tabStop
			part = strings.Repeat(" ", n)
		}
		out.WriteString(part)
		at += n
		return true
	})
	return out.String()
}

// highlighted turns round what matches of a line, whatever its colours.
func highlighted(s string, re *regexp.Regexp) string {
	if re == nil {
		return s
	}
	found := re.FindAllStringIndex(string(ansi.Plain(nil, []byte(s))), 64)
	if len(found) == 0 {
		return s
	}
	var out strings.Builder
	at, on := 0, false
	pieces(s, func(part string, _ int) bool {
		if part[0] == 0x1b {
			out.WriteString(part)
			if on {
				out.WriteString(turned)
			}
			return true
		}
		if on && at >= found[0][1] {
			out.WriteString(turnedOff)
			on = false
		}
		for len(found) > 0 && at >= found[0][1] {
			found = found[1:]
		}
		if !on && len(found) > 0 && at >= found[0][0] {
			out.WriteString(turned)
			on = true
		}
		out.WriteString(part)
		at += len(part)
		return true
	})
	if on {
		out.WriteString(turnedOff)
	}
	return out.String()
}

// wrapped breaks a text without colours between its words, into rows of so many
// cells. A word that is longer is broken where the row ends.
func wrapped(s string, cells int) []string {
	var rows []string
	row := ""
	for _, word := range strings.Split(s, " ") {
		if row != "" && ansi.Width(row)+1+ansi.Width(word) > cells {
			rows, row = append(rows, row), ""
		} else if row != "" {
			row += " "
		}
		row += word
		if ansi.Width(row) > cells {
			parts, _ := rowsOf(row, max(1, cells), ansi.Width(row))
			if len(parts) > 1 {
				rows, row = append(rows, parts[:len(parts)-1]...), parts[len(parts)-1]
			}
		}
	}
	return append(rows, row)
}
