package trace

import "bytes"

// followsBlock knows the reports that stand between lines of their own: those
// of Go's race detector, and those of the sanitizers of C.
func (g *Grouper) followsBlock(text []byte, indent int) answer {
	switch {
	case g.step == atHead: // only a rule so far: many programs draw those
		if starts(text, "WARNING: DATA RACE") || isSanitizer(text) {
			g.step, g.failing = atFrames, true
			return yes
		}
		if len(text) > 0 && indent > 0 {
			return unsure
		}
		return no
	case g.step == atEnd:
		if starts(text, "Found ") && ends(text, " data race(s)") {
			return yes
		}
		if starts(text, "exit status ") {
			return yes
		}
		return no
	case len(text) == 0:
		return yes
	case isRule(text), starts(text, "==") && ends(text, "==ABORTING"):
		g.step = atEnd
		return yes
	case g.lines >= mostWrapped || isRecord(text):
		return no
	}
	return yes
}

// isRule reports whether a line is drawn with = from end to end.
func isRule(line []byte) bool {
	return len(line) >= 18 && len(bytes.Trim(line, "=")) == 0
}

// isSanitizer reports whether a line is how sanitizers begin: ==12==ERROR: .
func isSanitizer(line []byte) bool {
	if !starts(line, "==") {
		return false
	}
	n := digits(line[2:])
	return n > 0 && (starts(line[2+n:], "==ERROR: ") || starts(line[2+n:], "==WARNING: "))
}
