package trace

import "bytes"

// openingOfPHP reads a line that begins as a fatal error of PHP's does.
func openingOfPHP(line []byte) opening {
	if bytes.Contains(line, []byte("Uncaught ")) {
		return opening{kind: hashed, free: someLines, failing: true}
	}
	if starts(line, "PHP ") {
		return opening{kind: hashed, failing: true}
	}
	return opening{}
}

// followsHashed knows traces whose frames are numbered with #: those of PHP,
// and of Dart.
func (g *Grouper) followsHashed(text []byte, indent int) answer {
	switch {
	case g.step == atEnd:
		return no
	case len(text) == 0:
		if g.step == atHead && g.free > 0 || g.step == atFrames && g.last == '}' {
			return yes
		}
		return no
	case indent > 0:
		if starts(text, "thrown in ") {
			g.step, g.free = atEnd, 0
			return yes
		}
		return unsure
	case starts(text, "Stack trace:"), starts(text, "PHP Stack trace:"), isHashed(text):
		g.step, g.free = atFrames, 0
		return yes
	case starts(text, "Next ") && bytes.Contains(text, []byte(" in /")), starts(text, "PHP   "), starts(text, "<asynchronous suspension>"), string(text) == `"}`:
		return yes
	case g.step == atHead && g.free > 0:
		return g.spend(text)
	}
	return no
}
