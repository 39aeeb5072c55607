// Package trace finds which lines of a log belong together as one event: the
// trace of an exception with the line it was logged with, or any other record
// that takes several lines.
//
//	var g trace.Grouper // one for each stream of output
//	for _, line := range lines {
//		if !g.Continues(line) {
//			// line begins an event
//		}
//		if g.Failing() {
//			// the event has turned out to be an error with a trace
//		}
//	}
//
// Lines come one by one, and what was said of one can't be taken back. So a
// line that could be anything begins an event, and only what the lines before
// make likely goes on with theirs. Lines are given without their ends and
// without control sequences.
//
// It knows the traces of Go, Java and what runs on its machine, Python, Node,
// Ruby, Rust, PHP, .NET and Elixir, each in a file of its own. Beside these an
// indented line goes on with a line that is not; see [Grouper.wraps].
package trace

import "bytes"

const (
	// mostWrapped is how many lines an event has that is held together by
	// nothing but indentation: after that it is a program that indents.
	mostWrapped = 500
	// mostTraced is how many lines a known trace has: one goroutine has a
	// hundred frames, and there are many goroutines.
	mostTraced = 5000
)

// kind is what an event is as far as it has been seen.
type kind uint8

const (
	plain     kind = iota // a line, and the indented ones after it
	frames                // an exception whose frames are lines with "at": Java, Node, .NET
	goroutine             // Go's panics
	block                 // everything up to a line that ends it: Go's race detector, C's sanitizers
	python
	source // Node quotes the line that failed before it says why
	ruby
	rust
	hashed // frames are numbered with #: PHP, Dart
	elixir
)

// step is how far a trace has got; each kind uses those it has.
type step uint8

const (
	atHead     step = iota // what went wrong is being told
	atFrames               // where, too
	atEnd                  // all that has to come has come
	afterGap               // and an empty line after it
	atLink                 // another trace has been announced
	atQuote                // source code is quoted
	atPydantic             // fields, each with what is wrong about it
)

// Grouper says of each line of one stream, in order, whether it goes on with
// the event that the line before is part of. The zero value is ready.
type Grouper struct {
	kind    kind
	step    step
	open    bool // there is an event
	alone   bool // its first line was empty or indented: indentation says nothing
	traced  bool // a trace has begun
	named   bool // an exception has been named
	failing bool
	gap     bool // the line before was empty
	wrapped bool // the line before was indented
	last    byte // what the line before ended in; 0 when it was empty
	free    int  // how many more lines may be anything: messages have several
	lines   int
	head    [192]byte // how the event begins: whether it tells of an error is asked only when a trace follows
	headLen int
}

// Reset forgets the event: a run ended.
func (g *Grouper) Reset() { *g = Grouper{} }

// Failing reports whether the event that the last line is part of is an error
// with a trace, as far as it has been seen.
func (g *Grouper) Failing() bool { return g.failing }

// Continues reports whether the line belongs to the event before it.
func (g *Grouper) Continues(line []byte) bool {
	indent := 0
	for indent < len(line) && (line[indent] == ' ' || line[indent] == '\t') {
		indent++
	}
	text := bytes.TrimRight(line[indent:], " \t\r")
	var o opening
	switch {
	case len(text) == 0:
		indent = 0 // it is empty, whatever there is of blanks
	case indent == 0:
		o = openingOf(text)
	}
	goesOn := g.open && g.lines < g.most() && g.goesOn(text, indent, o)
	if goesOn {
		g.lines++
	} else {
		g.begin(text, indent, o)
	}
	g.gap = len(text) == 0
	g.wrapped = goesOn && (indent > 0 || g.wrapped && isQuotedCode(text))
	g.last = 0
	if !g.gap {
		g.last = text[len(text)-1]
	}
	return goesOn
}

func (g *Grouper) most() int {
	if g.traced {
		return mostTraced
	}
	return mostWrapped
}

// begin makes the line the first one of an event.
func (g *Grouper) begin(text []byte, indent int, o opening) {
	g.open, g.lines = true, 1
	g.kind, g.step, g.free = o.kind, o.step, o.free
	g.failing, g.traced = o.failing, o.kind != plain
	g.named = false
	g.alone = indent > 0 || len(text) == 0
	g.headLen = copy(g.head[:], text)
	if indent > 0 && quotesPython(text) {
		g.kind, g.step, g.traced, g.failing = python, atFrames, true, true
	}
}

// goesOn reports whether a line goes on with the event there is.
func (g *Grouper) goesOn(text []byte, indent int, o opening) bool {
	if g.kind != plain {
		switch g.follows(text, indent, o) {
		case yes:
			return true
		case no:
			return false
		case unsure:
		}
	}
	switch {
	case len(text) == 0:
		return g.lines > 1 // within what is wrapped; otherwise it only keeps lines apart
	case indent > 0:
		return g.wraps(text)
	case o.joins && g.introduces():
		g.enter(o)
		return true
	}
	return g.closes(text)
}

// enter makes the event's further lines those of a trace.
func (g *Grouper) enter(o opening) {
	g.kind, g.step, g.free = o.kind, o.step, max(o.free, o.joined)
	g.traced, g.failing = true, g.failing || o.failing || o.frame && g.tellsOfError()
}

// answer is what a kind of trace has to say to a line.
type answer uint8

const (
	unsure answer = iota // ask the general rules
	yes
	no
)

// follows asks the event's kind about a line.
func (g *Grouper) follows(text []byte, indent int, o opening) answer {
	switch g.kind {
	case goroutine:
		return g.followsGo(text, indent)
	case block:
		return g.followsBlock(text, indent)
	case python:
		return g.followsPython(text, indent, o)
	case source:
		return g.followsSource(text, indent)
	case frames:
		return g.followsFrames(text, indent, o)
	case ruby:
		return g.followsRuby(text, indent, o)
	case rust:
		return g.followsRust(text, indent)
	case hashed:
		return g.followsHashed(text, indent)
	case elixir:
		return g.followsElixir(text, indent)
	case plain:
	}
	return unsure
}

// wraps is the general rule for an indented line: it goes on with the event
// unless that began with an indented line itself (a program that indents all
// it prints has no wrapped lines), or the line is plainly a record.
func (g *Grouper) wraps(text []byte) bool {
	if quotesPython(text) {
		if !g.introduces() {
			return false
		}
		g.enter(opening{kind: python, step: atFrames, failing: true})
		return true
	}
	if isFrame(text) {
		return g.frame()
	}
	if g.alone {
		return false
	}
	if isWrappedRecord(text, g.last) {
		return false
	}
	if !g.failing && namesException(text) {
		g.named = true
	}
	return true
}

// frame takes a frame of a trace into the event. Not all traces are of errors:
// there are those of warnings and of all threads.
func (g *Grouper) frame() bool {
	if g.open && g.last == 0 && g.lines == 1 {
		return false // it is after an empty line
	}
	if g.kind == plain {
		g.kind = frames
	}
	g.step, g.traced = atFrames, true
	g.failing = g.failing || g.named || g.tellsOfError()
	return true
}

// closes is the general rule for a line that is not indented: it begins an
// event, unless it only ends what the indented lines before are in.
func (g *Grouper) closes(text []byte) bool {
	if g.alone || !g.wrapped && !isOpener(g.last) {
		return false
	}
	switch text[0] {
	case '}', ']', ')':
		return true
	case '<':
		return len(text) > 1 && text[1] == '/'
	}
	return isQuotedCode(text)
}

// introduces reports whether the event is one that a trace may belong to: what
// is logged with an exception is an error, or ends in a colon.
func (g *Grouper) introduces() bool {
	return g.open && !g.traced && !(g.gap && g.lines == 1) && (g.last == ':' || g.tellsOfError())
}

// tellsOfError reports whether the event begins as one of an error does.
func (g *Grouper) tellsOfError() bool { return tellsOfError(g.head[:g.headLen]) }

// spend takes a line for one of a message, when there may be more of those.
func (g *Grouper) spend(text []byte) answer {
	if g.free == 0 || isRecord(text) {
		return no
	}
	g.free--
	return yes
}
