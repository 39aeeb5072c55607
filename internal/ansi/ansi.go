// Package ansi makes the bytes that a program wrote fit to be shown.
//
// Clean and Plain turn one line of a program's output into one line that
// changes nothing of the terminal it is printed on but the cells it takes:
// a service can't move the cursor, rename the window, write the clipboard,
// turn the text round or leave its colours on. Width, Truncate and Pad count
// in cells of a terminal, as everything that draws a table has to.
//
// The package holds no state and may be used from any goroutine.
package ansi

import (
	"bytes"
	"unicode/utf8"
)

// reset is SGR 0: every attribute off.
const reset = "\x1b[0m"

// Clean appends to dst what a person would see of line, with its colours, and
// returns the extended slice. line is one line, without its newline.
//
// What stays is printable UTF-8, tabs and SGR. Every other control sequence
// goes, as do the control characters, also those of U+0080..9F, and the ones
// that override the direction of text. What is not UTF-8 becomes U+FFFD.
// Carriage returns, backspaces and movements within the line are resolved: of
// a progress bar its last state stays. A line that ends in colour gets SGR 0.
func Clean(dst, line []byte) []byte { return clean(dst, line, true) }

// Plain is Clean without colours.
func Plain(dst, line []byte) []byte { return clean(dst, line, false) }

func clean(dst, line []byte, colour bool) []byte {
	line = bytes.TrimRight(line, "\r\n") // a terminal's line ends are \r\n
	n := simple(line)
	dst = append(dst, line[:n]...)
	if n == len(line) {
		return dst
	}
	start := len(dst) - n
	out, ok := stream(dst, line[n:], colour)
	if ok {
		return out
	}
	return resolve(out[:start], line, colour)
}

// simple returns how many bytes at the beginning of b mean just themselves.
func simple(b []byte) int {
	for i, c := range b {
		if (c < ' ' && c != '\t') || c >= 0x7f {
			return i
		}
	}
	return len(b)
}

// stream copies line, leaving out what has to go. It gives up, with false, at
// the first thing that goes back in the line: then cells are needed.
func stream(dst, line []byte, colour bool) ([]byte, bool) {
	var st style
	for len(line) > 0 {
		if n := simple(line); n > 0 {
			dst = append(dst, line[:n]...)
			line = line[n:]
			continue
		}
		t := next(line)
		switch t.kind {
		case text:
			dst = append(dst, line[:t.size]...)
		case broken:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		case sgr:
			if colour {
				st.apply(t.params)
				dst = append(dst, "\x1b["...)
				dst = append(dst, t.params...)
				dst = append(dst, 'm')
			}
		case moves:
			return dst, false
		}
		line = line[t.size:]
	}
	if st != (style{}) {
		dst = append(dst, reset...)
	}
	return dst, true
}
