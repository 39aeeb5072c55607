package linefilter

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"strings"
)

const (
	// A look at a log begins with few bytes where much was found so far, and takes
	// more each time it finds nothing, so that little is read twice.
	leastLook = 1 << 9
	mostLook  = 1 << 16

	// sample is how many bytes tell which bytes are rare in a log, and trusted for
	// how many more that is taken to be so.
	sample  = 1 << 11
	trusted = 1 << 19

	// debt is how many bytes' worth of time may be spent on texts that stand in
	// a log for nothing before the automaton is asked instead, and exile for how
	// many bytes it is.
	debt  = 1 << 15
	exile = 1 << 20
	// What is spent where a byte of a text stood, and where the text did.
	wrongPlace = 32
	wrongLine  = 1 << 10

	// few is for how many literals looking for each is quicker on a single line.
	few = 2
)

// Filter finds lines that may match. It isn't safe for concurrent use: Clone.
type Filter struct {
	literals  []*literal
	whole     bool       // every line with a literal matches
	mayBeSign bool       // beyond ASCII there are signs that match a letter of a literal
	log       *automaton // nil if there are too many instructions
	line      *automaton // for a text that is taken as it is

	even bool // there are no odd bytes in what Next is given

	usual  int // how far it is to a line that may match
	aimed  int // bytes until it is looked again what is rare
	owed   int // bytes' worth of time that the literals were wrong
	exiled int // bytes for which they aren't asked
	seen   byte
}

// Compile gives a filter for re, or nil where it would not help: when every line
// matches, or the expression is too long.
func Compile(re *regexp.Regexp) *Filter {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return nil // one of POSIX
	}
	tree = tree.Simplify()
	if shortest(tree) == 0 {
		return nil
	}
	f := &Filter{}
	var need texts
	need, f.whole = needs(tree)
	for _, t := range need {
		f.literals = append(f.literals, newLiteral(t))
		f.mayBeSign = f.mayBeSign || t.fold && strings.ContainsAny(t.s, "ks")
	}
	if p := newProgram(tree); p != nil {
		f.log, f.line = newAutomaton(p, &p.log), newAutomaton(p, &p.line)
	} else if f.literals == nil {
		return nil
	}
	return f
}

// Clone gives one that another goroutine may use at the same time. Cheap.
func (f *Filter) Clone() *Filter {
	c := &Filter{whole: f.whole, mayBeSign: f.mayBeSign}
	for _, l := range f.literals {
		mine := *l
		c.literals = append(c.literals, &mine)
	}
	if f.log != nil {
		p := f.log.program
		c.log, c.line = newAutomaton(p, &p.log), newAutomaton(p, &p.line)
		c.log.lost, c.line.lost = f.log.lost, f.line.lost
	}
	return c
}

// Even says whether what Next is given from now on is known to have no odd bytes.
// Where it has some all the same, lines may be passed over.
func (f *Filter) Even(is bool) { f.even = is }

// Next gives the offset in b of the beginning of the first line that may match,
// len(b) when there is none. b begins at the beginning of a line; lines end with
// '\n' (a '\r' right before it belongs to the end, not the line); the last one
// may have no end. Lines with odd bytes (anything but printable ASCII, tabs, and
// line ends) always may match, because what is searched is a cleaned form of
// them that the caller makes.
func (f *Filter) Next(b []byte) int {
	at := f.next(b)
	if at < len(b) {
		f.usual += (at - f.usual) / 8
	}
	return at
}

func (f *Filter) next(b []byte) int {
	at := 0 // nothing before it may match
	for look := min(max(f.usual/2, leastLook), mostLook); at < len(b); look = min(2*look, mostLook) {
		if f.byLiterals(b[at:]) {
			hit, to := f.nextLiteral(b, at, min(at+look, len(b)))
			if hit >= 0 {
				return lineStart(b, hit)
			}
			at = to
			continue
		}
		at = lineStart(b, at)
		if f.given() {
			return at
		}
		to := lineAfter(b, min(at+look, len(b)))
		if hit := f.log.scan(b[at:to]); hit >= 0 {
			f.exiled -= hit
			return lineStart(b, at+hit)
		}
		f.exiled -= to - at
		at = to
	}
	return len(b)
}

// byLiterals says whether b is to be searched for the literals first.
func (f *Filter) byLiterals(b []byte) bool {
	if f.literals == nil || f.exiled > 0 && !f.given() {
		return false
	}
	if f.aimed <= 0 && len(b) >= sample {
		f.aimed = trusted
		share := sampled(b[:sample])
		for _, l := range f.literals {
			l.aim(share)
		}
	}
	cost := float64(perOdd)
	for _, l := range f.literals {
		cost += l.cost
	}
	if cost < perAutomaton || f.given() {
		return true
	}
	f.exiled, f.aimed = exile, 0
	return false
}

// fetch has memory bring b near. To go over bytes slowly, a few at a time, is
// waiting for memory after each few; this asks for all of them before it waits.
func (f *Filter) fetch(b []byte) {
	seen := byte(0)
	for i := 0; i < len(b); i += 64 {
		seen |= b[i]
	}
	f.seen = seen // or it would be left out as useless
}

// given says whether there is no automaton to ask.
func (f *Filter) given() bool { return f.log == nil || f.log.lost }

// nextLiteral looks from an offset up to another for a byte of a line that may
// match: -1 if there is none up to where it then says.
func (f *Filter) nextLiteral(b []byte, from, to int) (hit, at int) {
	if !f.even {
		f.fetch(b[from:to])
	}
	wrong := 0
	hit = to
	for _, l := range f.literals {
		hit = l.index(b, from, hit, &wrong)
	}
	f.aimed -= hit - from
	f.owe(wrong*wrongPlace - (hit - from))
	if !f.even {
		if at := firstOdd(b, from, hit); at < hit {
			return at, at
		}
	}
	if hit == to {
		return -1, to
	}
	if f.whole || f.given() {
		return hit, hit
	}
	start, end := lineStart(b, hit), lineAfter(b, hit)
	if k := f.log.scan(b[start:end]); k >= 0 {
		return start + k, end
	}
	f.owe(wrongLine)
	return -1, end
}

func (f *Filter) owe(n int) {
	f.owed = max(f.owed+n, 0)
	if f.owed > debt {
		f.owed, f.exiled, f.aimed = 0, exile, 0
	}
}

// May says whether one line (no line end; any bytes, UTF-8 or not) may match as
// it is.
func (f *Filter) May(line []byte) bool {
	if n := len(f.literals); n > 0 && (n <= few || f.line == nil || f.line.lost) && !(f.mayBeSign && beyondASCII(line)) {
		hit, wrong := len(line), 0
		for _, l := range f.literals {
			hit = l.index(line, 0, hit, &wrong)
		}
		if hit == len(line) {
			return false
		}
		if f.whole {
			return true
		}
	}
	return f.line == nil || f.line.lost || f.line.takes(line)
}

func beyondASCII(b []byte) bool {
	for len(b) >= 8 {
		if word(b)&highs != 0 {
			return true
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// lineStart is where the line begins that has b[at], which may be its '\n'.
func lineStart(b []byte, at int) int { return bytes.LastIndexByte(b[:at], '\n') + 1 }

// lineAfter is where the line after that of b[at] begins.
func lineAfter(b []byte, at int) int {
	if nl := bytes.IndexByte(b[at:], '\n'); nl >= 0 {
		return at + nl + 1
	}
	return len(b)
}

// shortest is a number of runes that every match has at least.
func shortest(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpNoMatch:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return shortest(re.Sub[0])
	case syntax.OpConcat:
		n := 0
		for _, sub := range re.Sub {
			n = min(n+shortest(sub), 1)
		}
		return n
	case syntax.OpAlternate:
		n := 1
		for _, sub := range re.Sub {
			n = min(n, shortest(sub))
		}
		return n
	}
	return 0
}
