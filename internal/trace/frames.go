package trace

import "bytes"

// followsFrames knows exceptions whose frames are indented lines with "at",
// and what stands between and behind those: Java, Node, .NET.
func (g *Grouper) followsFrames(text []byte, indent int, o opening) answer {
	if len(text) == 0 {
		switch {
		case g.step == atHead && g.free > 0:
			return g.spendEmpty()
		case g.step == afterGap || g.step == atEnd:
			return no
		}
		if g.step == atFrames {
			g.step = afterGap
		}
		return yes
	}
	if indent > 0 {
		if g.step == afterGap && !isFrame(text) {
			return no
		}
		return unsure
	}
	switch {
	case g.step == atEnd:
		return no
	case starts(text, "Node.js v"):
		g.step = atEnd
		return yes
	case g.step == afterGap:
		return no
	case starts(text, "Caused by:"), starts(text, "Wrapped by: "), starts(text, "Suppressed: "):
		g.step, g.free, g.failing = atHead, manyLines, true
		return yes
	case starts(text, "... ") && ends(text, " more"), starts(text, "--- End of "), starts(text, "Stack backtrace:"):
		return yes
	case starts(text, "at ") && isFrame(text):
		g.frame()
		return yes
	case starts(text, "Require stack:"): // Node says who wanted the module
		g.free = someLines
		return yes
	}
	if g.step != atHead {
		return unsure
	}
	if o.kind == python { // what threads of Python's say before it
		g.enter(o)
		return yes
	}
	if o.kind != plain && o.kind != frames {
		return no
	}
	if g.free == 0 {
		return unsure
	}
	return g.spend(text)
}

// spendEmpty is spend for an empty line.
func (g *Grouper) spendEmpty() answer {
	g.free--
	return yes
}

// followsSource knows how Node begins when nobody caught what was thrown: the
// place, the line of source there, and a mark below it.
func (g *Grouper) followsSource(text []byte, _ int) answer {
	switch {
	case len(text) == 0:
		return no
	case g.step == atHead:
		if isRecord(text) {
			g.kind, g.traced = plain, false
			return no
		}
		g.step = atQuote
		return yes
	case isCaret(text):
		g.kind, g.step, g.free, g.failing = frames, atHead, manyLines, true
		return yes
	}
	g.kind, g.traced = plain, false // it was something else
	return unsure
}

// isEndOfGroup reports whether a line is the last one of a group of Python's
// exceptions.
func isEndOfGroup(text []byte) bool {
	return starts(text, "+-----") && len(bytes.Trim(text, "+-")) == 0
}
