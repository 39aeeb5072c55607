package trace

import "bytes"

// followsRuby knows the traces of Ruby: the place and the message, perhaps the
// source with a mark below it, and where that was called from.
func (g *Grouper) followsRuby(text []byte, indent int, o opening) answer {
	switch {
	case len(text) == 0:
		switch g.step {
		case atHead:
			g.step, g.free = atQuote, 3
			return yes
		case atQuote:
			return yes
		}
		return no
	case indent > 0:
		return unsure
	case g.step == atFrames && o.kind == ruby && o.joins:
		return yes
	case g.step == atHead && starts(text, "Did you mean?"):
		return yes
	case g.step == atQuote:
		return g.spend(text)
	}
	return no
}

// isRubyPlace reports whether a line begins with a file of Ruby's and a method
// in it: name is up to the first colon, rest from there.
func isRubyPlace(name, rest []byte) bool {
	n := digits(rest[1:])
	if n == 0 || !starts(rest[1+n:], ":in ") {
		return false
	}
	return ends(name, ".rb") || ends(name, ".ru") || bytes.HasSuffix(name, []byte("rake"))
}
