package linefilter

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// A literal is looked for by two of its bytes, the rarest: eight places are
// tried at once, and whether the whole text stands there is looked at only where
// both do. So it matters little how long it is, and how often one byte comes.
type literal struct {
	text []byte // in lower case if fold
	fold bool

	at   [2]int    // where in text the two bytes are
	want [2]uint64 // each of them eight times
	both [2]uint64 // the bits that make one of both cases
}

func newLiteral(t text) *literal {
	l := &literal{text: []byte(t.s), fold: t.fold, at: t.rarest()}
	for k, at := range l.at {
		c := t.s[at]
		l.want[k] = uint64(c) * ones
		if t.fold && letter(c) {
			l.both[k] = 0x20 * ones
		}
	}
	return l
}

// index is the first place in b, from an offset up to another, where the literal
// begins; the end of the range when there is none. It adds to wrong how often
// both bytes stood there and the text did not.
func (l *literal) index(b []byte, from, to int, wrong *int) int {
	last := min(to, len(b)-len(l.text)+1)
	if last < 8 {
		for i := from; i < last; i++ {
			if l.stands(b[i:]) {
				return i
			}
		}
		return to
	}
	want0, want1, both0, both1 := l.want[0], l.want[1], l.both[0], l.both[1]
	x, y := b[l.at[0]:], b[l.at[1]:]
	i := from
	for i+32 <= last {
		p, q := (*[32]byte)(x[i:]), (*[32]byte)(y[i:])
		m0 := zero((word(p[0:8]) | both0) ^ want0 | (word(q[0:8]) | both1) ^ want1)
		m1 := zero((word(p[8:16]) | both0) ^ want0 | (word(q[8:16]) | both1) ^ want1)
		m2 := zero((word(p[16:24]) | both0) ^ want0 | (word(q[16:24]) | both1) ^ want1)
		m3 := zero((word(p[24:32]) | both0) ^ want0 | (word(q[24:32]) | both1) ^ want1)
		if (m0|m1|m2|m3)&highs != 0 {
			for k, m := range [4]uint64{m0, m1, m2, m3} {
				if at := l.settle(b, i+8*k, from, m, wrong); at >= 0 {
					return at
				}
			}
		}
		i += 32
	}
	for i < last {
		i = min(i, last-8) // some are tried twice, which is quicker than one by one
		m := zero((word(x[i:]) | both0) ^ want0 | (word(y[i:]) | both1) ^ want1)
		if at := l.settle(b, i, from, m, wrong); at >= 0 {
			return at
		}
		i += 8
	}
	return to
}

// settle is the first of the eight places from i on where the literal begins,
// of those that m has a bit for and that are not before from; -1 if at none.
func (l *literal) settle(b []byte, i, from int, m uint64, wrong *int) int {
	for m &= highs; m != 0; m &= m - 1 {
		at := i + bits.TrailingZeros64(m)/8
		if at < from {
			continue
		}
		if l.stands(b[at:]) {
			return at
		}
		*wrong++
	}
	return -1
}

// stands says whether b begins with the literal.
func (l *literal) stands(b []byte) bool {
	if !l.fold {
		return bytes.HasPrefix(b, l.text)
	}
	if len(b) < len(l.text) {
		return false
	}
	for k, want := range l.text {
		if c := b[k]; c != want && (!letter(want) || c|0x20 != want) {
			return false
		}
	}
	return true
}

// zero has the high bit set of the lowest byte that is zero, and maybe of some
// beyond it.
func zero(x uint64) uint64 { return (x - ones) &^ x }

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// letter says whether c is a small letter.
func letter(c byte) bool { return 'a' <= c && c <= 'z' }
