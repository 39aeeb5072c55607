package linefilter

import (
	"bytes"
	"encoding/binary"
)

// A literal is looked for by its rarest byte, with the processor's own search.
type literal struct {
	text
	at   int     // where in it the byte is
	cost float64 // what that is thought to cost
}

func newLiteral(t text) *literal {
	l := &literal{text: t}
	l.aim(frequency)
	return l
}

// aim chooses by which byte to look, by what share of a log each is.
func (l *literal) aim(share func(byte) float64) {
	l.at = l.rarest(share)
	l.cost = perByte + perPlace*l.share(l.at, share)
}

// index is the first place in b, from an offset up to another, where the literal
// begins; the end of the range when there is none. It adds to wrong how often the
// byte stood there and the literal did not.
func (l *literal) index(b []byte, from, to int, wrong *int) int {
	last := min(to, len(b)-len(l.s)+1)
	if last <= from {
		return to
	}
	x := b[l.at : last+l.at]
	small := l.s[l.at]
	if !l.fold || !letter(small) {
		for i := from; ; i++ {
			j := bytes.IndexByte(x[i:], small)
			if j < 0 {
				return to
			}
			if i += j; l.stands(b[i:]) {
				return i
			}
			*wrong++
		}
	}
	find := func(c byte, i int) int {
		if j := bytes.IndexByte(x[i:], c); j >= 0 {
			return i + j
		}
		return last
	}
	big := small - 0x20
	for i, j := find(small, from), find(big, from); ; {
		k := min(i, j)
		if k == last {
			return to
		}
		if l.stands(b[k:]) {
			return k
		}
		*wrong++
		if k == i {
			i = find(small, k+1)
		} else {
			j = find(big, k+1)
		}
	}
}

// stands says whether b begins with the literal.
func (l *literal) stands(b []byte) bool {
	if len(b) < len(l.s) {
		return false
	}
	if !l.fold {
		return string(b[:len(l.s)]) == l.s
	}
	for k := range len(l.s) {
		want := l.s[k]
		if c := b[k]; c != want && (!letter(want) || c|0x20 != want) {
			return false
		}
	}
	return true
}

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// letter says whether c is a small letter.
func letter(c byte) bool { return 'a' <= c && c <= 'z' }
