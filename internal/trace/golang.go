package trace

import "bytes"

// followsGo knows what Go prints when it panics: the message, an empty line,
// and the stacks of goroutines with empty lines between.
func (g *Grouper) followsGo(text []byte, indent int) answer {
	switch {
	case g.step == atEnd:
		return no
	case len(text) == 0:
		return yes
	case indent > 0:
		return unsure
	case isGoroutine(text), starts(text, "runtime stack:"):
		g.step = atFrames
		return yes
	case starts(text, "exit status "):
		g.step = atEnd
		return yes
	case starts(text, "created by "), starts(text, "..."), starts(text, "[originating from goroutine "):
		return yes
	case g.step == atHead && (starts(text, "[signal ") || starts(text, "runtime: ") || starts(text, "fatal error: ") || starts(text, "PC=0x") || starts(text, "goroutine ")):
		return yes
	case g.step == atFrames && !g.gap && isGoCall(text), g.step == atFrames && isRegister(text):
		return yes
	}
	return no
}

// isGoCrash reports whether a line is what Go says first of why it ends.
func isGoCrash(line []byte) bool {
	switch line[0] {
	case 'p':
		return starts(line, "panic: ")
	case 'f':
		return starts(line, "fatal error: ")
	case 'r':
		return starts(line, "runtime: goroutine stack exceeds")
	case 'u':
		return starts(line, "unexpected fault address ")
	case 'S':
		return starts(line, "SIG") && isSignal(line)
	}
	return false
}

// isGoroutine reports whether a line is above the stack of a goroutine.
func isGoroutine(line []byte) bool {
	const word = "goroutine "
	return starts(line, word) && digits(line[len(word):]) > 0 && ends(line, "]:")
}

// isGoCall reports whether a line is a function that was called: main.f(0x1).
func isGoCall(line []byte) bool {
	if !ends(line, ")") {
		return false
	}
	name, _, called := bytes.Cut(line, []byte("("))
	if !called {
		return false
	}
	return bytes.IndexByte(name, ' ') < 0 && (bytes.IndexByte(name, '.') > 0 || string(name) == "panic")
}

// isRegister reports whether a line is a register and its value, of which a
// crash by a signal has some twenty at its end.
func isRegister(line []byte) bool {
	at := bytes.IndexByte(line, ' ')
	return at > 0 && at < 8 && starts(bytes.TrimLeft(line[at:], " "), "0x")
}

// isSignal reports whether a line is the name of a signal and what it means.
func isSignal(line []byte) bool {
	n := len("SIG")
	for n < len(line) && line[n] >= 'A' && line[n] <= 'Z' {
		n++
	}
	return n > len("SIG") && starts(line[n:], ": ")
}
