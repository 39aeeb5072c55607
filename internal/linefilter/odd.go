package linefilter

import "math/bits"

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// strange has the high bit set of each of eight bytes that is neither printable
// ASCII nor a tab nor '\n'. Beyond a byte from 0x80 on it may be wrong, because
// only from such a byte anything is carried into the next; up to there it isn't.
func strange(x uint64) uint64 {
	bad, good := x|(x+ones), blank(x)|(x+(0x80-' ')*ones)
	return bad | ^good
}

// blank has the high bit of each tab and '\n' set.
func blank(x uint64) uint64 { return (x + (0x80-'\t')*ones) &^ (x + (0x80-'\n'-1)*ones) }

// Odd is where in b the first odd byte is: one that isn't printable ASCII, a tab
// or of a line end; len(b) when there is none.
func Odd(b []byte) int { return firstOdd(b, 0, len(b)) }

// firstOdd is where in b, from an offset up to another, the first byte is that may
// not mean just itself; the end of the range when there is none.
func firstOdd(b []byte, from, to int) int {
	i := from
	for i+64 <= to {
		p := (*[64]byte)(b[i:])
		// As strange does, all at once.
		bad, good := uint64(0), uint64(highs)
		x := word(p[0:8])
		bad, good = bad|x|(x+ones), good&(blank(x)|(x+(0x80-' ')*ones))
		x = word(p[8:16])
		bad, good = bad|x|(x+ones), good&(blank(x)|(x+(0x80-' ')*ones))
		x = word(p[16:24])
		bad, good = bad|x|(x+ones), good&(blank(x)|(x+(0x80-' ')*ones))
		x = word(p[24:32])
		bad, good = bad|x|(x+ones), good&(blank(x)|(x+(0x80-' ')*ones))
		x = word(p[32:40])
		bad, good = bad|x|(x+ones), good&(blank(x)|(x+(0x80-' ')*ones))
		x = word(p[40:48])
		bad, good = bad|x|(x+ones), good&(blank(x)|(x+(0x80-' ')*ones))
		x = word(p[48:56])
		bad, good = bad|x|(x+ones), good&(blank(x)|(x+(0x80-' ')*ones))
		x = word(p[56:64])
		bad, good = bad|x|(x+ones), good&(blank(x)|(x+(0x80-' ')*ones))
		if bad&highs == 0 && good == highs {
			i += 64
			continue
		}
		for strange(word(b[i:]))&highs == 0 {
			i += 8
		}
		// The lowest byte is right: what is wrong is beyond one that is odd.
		i += bits.TrailingZeros64(strange(word(b[i:]))&highs) / 8
		if !lineEnd(b, i) {
			return i
		}
		i += 2
	}
	for ; i < to; i++ {
		switch c := b[i]; {
		case plain(c) || c == '\n':
		case lineEnd(b, i):
			i++
		default:
			return i
		}
	}
	return to
}

// lineEnd says whether b has a terminal's line end at i.
func lineEnd(b []byte, i int) bool {
	return b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n'
}

// plain says whether a byte of a line means just itself.
func plain(c byte) bool { return c >= ' ' && c < 0x7f || c == '\t' }
