package linefilter

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
)

// A literal is looked for by its rarest byte, with the processor's own search,
// where that is rare in the log. Where it isn't, it is by the two rarest: eight
// places are tried at once, and whether the whole text stands there is looked at
// only where both bytes do.
type literal struct {
	text []byte // in lower case if fold
	fold bool

	at   [2]int    // where in text the two bytes are
	rare bool      // the first of them alone will do
	want [2]uint64 // each of them eight times
	both [2]uint64 // the bits that make one of both cases
}

const (
	// mostTried is how many bytes of a literal are tried in pairs, and littleMore
	// what a pair may cost beyond the least before others are.
	mostTried  = 5
	littleMore = 3
)

func newLiteral(t text) *literal {
	l := &literal{text: []byte(t.s), fold: t.fold}
	order := t.rarest(frequency)
	l.lookFor([2]int{order[0], order[1]})
	return l
}

func (l *literal) lookFor(at [2]int) {
	l.at = at
	for k, at := range at {
		c := l.text[at]
		l.want[k], l.both[k] = uint64(c)*ones, 0
		if l.fold && letter(c) {
			l.both[k] = 0x20 * ones
		}
	}
}

// aim chooses by what the literal is looked for, from a sample of the log, and is
// about what that then costs.
func (l *literal) aim(sample []byte) float64 {
	var counts [256]float64 // one more, so that 0 is not yet counted
	share := func(c byte) float64 {
		if counts[c] == 0 {
			counts[c] = 1 + float64(bytes.Count(sample, []byte{c}))
		}
		return counts[c] / float64(len(sample))
	}
	t := text{string(l.text), l.fold}
	order := t.rarest(share)
	alone := perByte + perPlace*t.share(order[0], share)
	pair, best := math.Inf(1), [2]int{}
	// Bytes that are rare one by one may well come together, as in a word.
	order = order[:min(len(order), mostTried)]
	for k, first := range order {
		for _, second := range order[k+1:] {
			l.lookFor([2]int{first, second})
			cost := perText + perPlace*float64(l.places(sample))/float64(len(sample))
			if cost < pair {
				pair, best = cost, l.at
			}
			if pair < alone && pair < perText+littleMore {
				l.rare = false
				return pair
			}
		}
	}
	l.lookFor(best)
	if l.rare = alone <= pair; l.rare {
		l.lookFor([2]int{order[0], order[1]})
	}
	return min(alone, pair)
}

// places is about how many places of b have both bytes.
func (l *literal) places(b []byte) (n int) {
	x, y := b[l.at[0]:], b[l.at[1]:]
	for len(x) >= 8 && len(y) >= 8 {
		n += bits.OnesCount64(zero((word(x)|l.both[0])^l.want[0]|(word(y)|l.both[1])^l.want[1]) & highs)
		x, y = x[8:], y[8:]
	}
	return n
}

// index is the first place in b, from an offset up to another, where the literal
// begins; the end of the range when there is none. It adds to wrong how often
// what it is looked for by stood there and the text did not.
func (l *literal) index(b []byte, from, to int, wrong *int) int {
	last := min(to, len(b)-len(l.text)+1)
	switch {
	case last <= from:
		return to
	case l.rare:
		return l.indexRare(b, from, last, to, wrong)
	case last < 8:
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

// indexRare is index by one byte.
func (l *literal) indexRare(b []byte, from, last, to int, wrong *int) int {
	x := b[l.at[0] : last+l.at[0]]
	c := [2]byte{l.text[l.at[0]]}
	c[1] = c[0] &^ byte(l.both[0])
	next := [2]int{from - 1, from - 1} // where each comes next, if not before i
	for i := from; ; {
		for k := range next {
			if next[k] < i {
				next[k] = last
				if k == 0 || c[1] != c[0] {
					if j := bytes.IndexByte(x[i:], c[k]); j >= 0 {
						next[k] = i + j
					}
				}
			}
		}
		i = min(next[0], next[1])
		if i == last {
			return to
		}
		if l.stands(b[i:]) {
			return i
		}
		*wrong++
		i++
	}
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
