package trace

import "bytes"

// followsPython knows the traces of Python: indented frames, then a line that
// isn't with the exception, then perhaps another trace that this one led to.
func (g *Grouper) followsPython(text []byte, indent int, o opening) answer {
	if len(text) == 0 {
		switch g.step {
		case atEnd, atPydantic:
			g.step = afterGap
		case afterGap:
			return no
		}
		return yes
	}
	switch g.step {
	case atFrames:
		return g.followsPythonFrame(text, indent, o)
	case atLink:
		if o.kind == python || indent > 0 && quotesPython(text) {
			g.step = atFrames
			return yes
		}
		return no
	case afterGap:
		switch {
		case isLink(text):
			g.step = atLink
			return yes
		case isDetail(text):
			g.step = atEnd
			return yes
		}
		return no
	case atPydantic:
		if indent == 0 && (bytes.IndexByte(text, ' ') >= 0 || isRecord(text)) {
			return no
		}
		return yes
	}
	if indent > 0 {
		return unsure
	}
	if isDetail(text) {
		return yes
	}
	return no
}

// isDetail reports whether a line is one that databases end their messages
// with. Of other messages the first line is all that can be told from what
// the program prints next.
func isDetail(text []byte) bool {
	for _, detail := range []string{"[SQL: ", "[parameters: ", "(Background on this error", "LINE ", "DETAIL: ", "HINT: ", "CONTEXT: "} {
		if starts(text, detail) {
			return true
		}
	}
	return false
}

func (g *Grouper) followsPythonFrame(text []byte, indent int, o opening) answer {
	if indent > 0 {
		if isEndOfGroup(text) {
			g.step = atEnd
		}
		return yes // source is quoted: anything
	}
	if o.kind == ruby { // Ruby has written its traces like this for some years
		g.step = atEnd
		return yes
	}
	if !isPythonException(text) {
		return no
	}
	g.step = atEnd
	if bytes.Contains(text, []byte(" validation error")) {
		g.step = atPydantic
	}
	return yes
}

// quotesPython reports whether a line, without what it is indented by, begins
// a trace of Python's although it is indented.
func quotesPython(text []byte) bool {
	switch text[0] {
	case 'F':
		return starts(text, `File "`) && bytes.Contains(text, []byte(`", line `))
	case '+':
		return starts(text, "+ Exception Group Traceback")
	}
	return false
}

func isLink(text []byte) bool {
	return starts(text, "During handling of the above exception,") || starts(text, "The above exception was the direct cause")
}

// isPythonException reports whether a line is the name of an exception, with
// or without a message. Any class can be one; those of modules have dots.
func isPythonException(text []byte) bool {
	upper, dot, n := false, false, 0
	for ; n < len(text); n++ {
		c := text[n]
		if c == '.' {
			dot = true
		} else if c >= 'A' && c <= 'Z' {
			upper = true
		} else if !isWord(c) && c < 0x80 && c != '<' && c != '>' {
			break
		}
	}
	if n == 0 || !upper && !dot || n < len(text) && text[n] != ':' {
		return false
	}
	return levelOf(text[:n]) == none
}

// isEndOfGroup reports whether a line is the last one of a group of Python's
// exceptions.
func isEndOfGroup(text []byte) bool {
	return starts(text, "+-----") && len(bytes.Trim(text, "+-")) == 0
}
