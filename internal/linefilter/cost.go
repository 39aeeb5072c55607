package linefilter

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// What looking costs for a byte of log, in hundredths of a nanosecond on a machine
// of 2025. They need be right only as far as they choose the better way.
const (
	perOdd       = 16 // for odd bytes
	perByte      = 4  // for one byte alone
	perText      = 24 // for two bytes of a text
	perAutomaton = 55
	// perPlace is for a place where what a text is looked for by is, perHit for
	// one where the text is, which then is shown to the automaton or the caller.
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

// rarest are the places in t, that of the rarest byte first.
func (t text) rarest(share func(byte) float64) []int {
	order := make([]int, len(t.s))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(t.share(a, share), t.share(b, share)) })
	return order
}

// cost is what it costs to look for all of t, without what they have in common.
func (t texts) cost() float64 {
	if len(t) == 0 {
		return math.Inf(1)
	}
	sum := 0.0
	for _, one := range t {
		if len(one.s) < 2 {
			return math.Inf(1)
		}
		r := one.rarest(frequency)
		first, second := one.share(r[0], frequency), one.share(r[1], frequency)
		all := 1.0
		for k := range len(one.s) {
			all *= one.share(k, frequency)
		}
		sum += min(perByte+perPlace*first, perText+perPlace*first*second) + perHit*all
	}
	return sum
}

// cheaper is the one of a and b that costs less; nil if neither can be looked for.
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
