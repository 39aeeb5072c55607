package linefilter

import (
	"bytes"
	"math"
	"strings"
)

// What looking costs for a byte of log, in hundredths of a nanosecond on a machine
// of 2025. They need be right only as far as they choose the better way.
const (
	perOdd       = 16 // for odd bytes
	perByte      = 4  // for one byte
	perAutomaton = 32
	// perPlace is for a place where the byte is that a text is looked for by,
	// perHit for one where the text is, which is then shown to the automaton.
	perPlace = 800
	perHit   = 20000
)

// common are the bytes of logs, the most frequent first.
const common = ` e0t1aionsr2"3lc54d-.:/m6p89u7,gh=_fvbTy[]wkxEISARCNPDOM{}LG()B@Fq'UWHVjz&+?;%YKXJ*ZQ#<>\` + "|`$!~^\t"

// frequency is about how many of a log's bytes are c.
func frequency(c byte) float64 {
	rank := strings.IndexByte(common, c)
	if rank < 0 {
		rank = len(common)
	}
	return 0.08 * math.Exp(-float64(rank)/18)
}

// share is how many of a log's bytes are t's at k, if share tells that of a byte.
func (t text) share(k int, share func(byte) float64) float64 {
	c := t.s[k]
	if t.fold && letter(c) {
		return share(c) + share(c-0x20)
	}
	return share(c)
}

// rarest is the place in t of its rarest byte.
func (t text) rarest(share func(byte) float64) int {
	best := 0
	for k := range len(t.s) {
		if t.share(k, share) < t.share(best, share) {
			best = k
		}
	}
	return best
}

// cost is what it costs to look for all of t.
func (t texts) cost() float64 {
	if len(t) == 0 {
		return math.Inf(1)
	}
	sum := 0.0
	for _, one := range t {
		if len(one.s) < 2 {
			return math.Inf(1)
		}
		all := 1.0
		for k := range len(one.s) {
			all *= one.share(k, frequency)
		}
		sum += perByte + perPlace*one.share(one.rarest(frequency), frequency) + perHit*all
	}
	return sum
}

// cheaper is the one of a and b that costs less, without what is in another of
// its texts; nil if neither can be looked for.
func cheaper(a, b texts) texts {
	a, b = a.fewest(), b.fewest()
	x, y := a.cost(), b.cost()
	switch {
	case math.IsInf(x, 1) && math.IsInf(y, 1):
		return nil
	case y < x:
		return b
	default:
		return a
	}
}

// sampled is what share of b each byte is. One that does not come is taken for
// one that comes once.
func sampled(b []byte) func(byte) float64 {
	var counts [256]int
	return func(c byte) float64 {
		if counts[c] == 0 {
			counts[c] = max(bytes.Count(b, []byte{c}), 1)
		}
		return float64(counts[c]) / float64(len(b))
	}
}
