package trace

// followsFrames knows exceptions whose frames are indented lines with "at",
// and what stands between and behind those: Java, Node, .NET.
func (g *Grouper) followsFrames(text []byte, indent int, o opening) answer {
	if g.step == atEnd {
		return no
	}
	if len(text) == 0 {
		if g.step == afterGap {
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
