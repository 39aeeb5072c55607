package trace

import "bytes"

// opening is what a line that is not indented says of a trace that begins with
// it; the zero value is that none does.
type opening struct {
	kind    kind
	step    step
	free    int  // how many lines may come before the first frame
	joined  int  // as many, when the line goes on with one that logs the error
	joins   bool // it may go on with the line that logs the error
	frame   bool // it is the first frame, of a trace that need not be an error's
	failing bool
}

// manyLines is how many lines the message of an exception may have when its
// trace is sure to follow, someLines when it is likely to.
const manyLines, someLines = 50, 20

// fewLines is how many there may be when the exception only follows the line
// of an error: it may have been printed without a trace.
const fewLines = 8

// openingOf recognizes the first line of a trace. Nearly all lines of a log go
// through it and are none, so that it looks at the first byte first.
func openingOf(line []byte) opening {
	switch c := line[0]; {
	case c >= '0' && c <= '9':
		return opening{}
	case c == '=', c == '[', c == '*', c == '#', c == '/':
		return openingOfSign(line)
	case isGoCrash(line):
		return opening{kind: goroutine, failing: true}
	case c == 'g' && isGoroutine(line):
		return opening{kind: goroutine, step: atFrames, joins: true, frame: true}
	case c == 'T' && starts(line, "Traceback (most recent call last):"):
		return opening{kind: python, step: atFrames, joins: true, failing: true}
	case c == 'E' && starts(line, "Exception in thread "):
		return opening{kind: frames, free: manyLines, joins: true, failing: true}
	case c == 'C' && starts(line, "Caused by: "):
		return opening{kind: frames, free: manyLines, joins: true, failing: true}
	case c == 'f' && starts(line, "future: <Task "): // asyncio, of a task that nobody waited for
		return opening{kind: frames, joins: true}
	case c == 't' && starts(line, "thread '"):
		return openingOfRust(line)
	case c == 't' && starts(line, "terminate called "):
		return opening{kind: frames, failing: true}
	case c == 'U' && starts(line, "Un"):
		return openingOfUncaught(line)
	case c == 'P' && starts(line, "PHP Fatal error: "), c == 'F' && starts(line, "Fatal error: "):
		return openingOfPHP(line)
	case c == 'S' && starts(line, "Stack trace:"):
		return opening{kind: hashed, step: atFrames, joins: true, frame: true}
	case c == 's' && starts(line, "stack backtrace:"):
		return opening{kind: rust, step: atFrames, joins: true, frame: true}
	case (c == 'n' && starts(line, "node:") || c == 'f' && starts(line, "file://")) && isPlace(line):
		return opening{kind: source}
	}
	return openingOfName(line)
}

// openingOfUncaught is openingOf for what .NET, Dart and browsers say of an
// exception that nobody caught.
func openingOfUncaught(line []byte) opening {
	switch {
	case starts(line, "Unhandled exception."), starts(line, "Unhandled Exception: "):
		return opening{kind: frames, free: manyLines, failing: true}
	case string(line) == "Unhandled exception:":
		return opening{kind: hashed, free: someLines, failing: true}
	case starts(line, "Uncaught "):
		return opening{kind: frames, free: someLines, failing: true}
	}
	return openingOfName(line)
}

// openingOfSign is openingOf for lines that don't begin with a letter.
func openingOfSign(line []byte) opening {
	switch line[0] {
	case '=':
		if isRule(line) {
			return opening{kind: block}
		}
		if isSanitizer(line) {
			return opening{kind: block, step: atFrames, joins: true, failing: true}
		}
	case '[':
		switch {
		case starts(line, "[stacktrace]"):
			return opening{kind: hashed, step: atFrames, joins: true, frame: true}
		case (starts(line, "[eval]:") || starts(line, "[stdin]:")) && isPlace(line):
			return opening{kind: source}
		}
	case '*':
		if starts(line, "** (") {
			return opening{kind: elixir, joins: true, failing: true}
		}
	case '#':
		if isHashed(line) && line[1] == '0' {
			return opening{kind: hashed, step: atFrames, joins: true, frame: true}
		}
	case '/':
		if isPlace(line) {
			return opening{kind: source}
		}
		return openingOfName(line) // a script of Ruby's
	}
	return opening{}
}

// openingOfName recognizes exceptions by their names, TypeError or
// java.io.IOException, and Ruby's by the place that comes first.
func openingOfName(line []byte) opening {
	const longest = 160
	i, dot := 0, -1
	for ; i < len(line) && i < longest; i++ {
		c := line[i]
		if c == '.' {
			dot = i
		} else if !isWord(c) && c != '$' && c != '/' && c != '-' {
			break
		}
	}
	name, rest := line[:i], line[i:]
	if len(name) < len("Error") {
		return opening{}
	}
	if len(rest) > 0 && rest[0] == ':' && isRubyPlace(name, rest) {
		if ends(rest, "'") { // no message: Ruby's Logger writes one above
			return opening{kind: ruby, step: atFrames, joins: true, frame: true}
		}
		return opening{kind: ruby, failing: true}
	}
	if !isException(name) {
		return opening{}
	}
	if c := name[dot+1]; c < 'A' || c > 'Z' {
		return opening{}
	}
	o := opening{kind: frames, joins: true}
	if dot >= 0 {
		o.joined = fewLines
	}
	switch {
	case len(rest) == 0:
		if dot < 0 && !ends(name, "Exception") {
			return opening{}
		}
	case rest[0] == ':':
	case starts(rest, " ["): // Node's code
		if end := bytes.IndexByte(rest, ']'); end < 0 || !starts(rest[end:], "]:") {
			return opening{}
		}
	case starts(rest, " ("): // Rails
		if !ends(rest, "):") {
			return opening{}
		}
	default:
		return opening{}
	}
	return o
}

// isException reports whether a name is one that exceptions have.
func isException(name []byte) bool {
	switch name[len(name)-1] {
	case 'r':
		return ends(name, "Error")
	case 'n':
		return ends(name, "Exception") || ends(name, "Rejection")
	case 'e':
		return ends(name, "Throwable")
	case 'p':
		return ends(name, "ExceptionGroup")
	case 't':
		return ends(name, "Interrupt")
	}
	return false
}

// namesException reports whether an exception is named anywhere in a line.
func namesException(line []byte) bool {
	return bytes.Contains(line, []byte("Error")) || bytes.Contains(line, []byte("Exception"))
}
