package trace

import "bytes"

// openingOfRust reads a line that begins as those do that a thread of Rust's
// prints when it panics.
func openingOfRust(line []byte) opening {
	switch {
	case bytes.Contains(line, []byte(" panicked at ")):
		o := opening{kind: rust, failing: true}
		if line[len(line)-1] == ':' {
			o.free = 1 // the message; it was within quotes here once
		}
		return o
	case ends(line, " has overflowed its stack"):
		return opening{kind: rust, failing: true}
	}
	return opening{}
}

// followsRust knows the panics of Rust: the message, and a trace if asked for.
func (g *Grouper) followsRust(text []byte, indent int) answer {
	switch {
	case len(text) == 0, g.step == atEnd:
		return no
	case indent > 0:
		return unsure
	case starts(text, "stack backtrace:"):
		g.step = atFrames
		return yes
	case starts(text, "note: "):
		g.step = atEnd
		return yes
	case starts(text, "fatal runtime error: "):
		return yes
	case g.step == atFrames:
		if n := digits(text); n > 3 && starts(text[n:], ": ") {
			return yes // the thousandth frame is not indented any more
		}
		return no
	case g.free > 0:
		return g.spend(text)
	}
	return unsure
}
