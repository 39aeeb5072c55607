package linefilter

import (
	"math"
	"strings"
)

// What looking costs for a byte of log, in tenths of what it takes to look for
// one text. They need be right only as far as they choose the better way.
const (
	perText = 10
	// perPlace is for a place where a text's two bytes are, perHit for one where
	// the text is, which then is shown to the automaton or to the caller.
	perPlace = 300
	perHit   = 3000
	// dear is from when on the automaton alone is quicker.
	dear = 45
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

func (t text) frequency(k int) float64 {
	c := t.s[k]
	if t.fold && letter(c) {
		return frequency(c) + frequency(c-0x20)
	}
	return frequency(c)
}

// rarest are the places of the two bytes of t that are the rarest.
func (t text) rarest() [2]int {
	r := [2]int{0, 1}
	if t.frequency(1) < t.frequency(0) {
		r = [2]int{1, 0}
	}
	for k := 2; k < len(t.s); k++ {
		switch f := t.frequency(k); {
		case t.s[k] == t.s[r[0]] || t.s[k] == t.s[r[1]]: // says little that is new
		case f < t.frequency(r[0]):
			r = [2]int{k, r[0]}
		case f < t.frequency(r[1]):
			r[1] = k
		}
	}
	return r
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
		r := one.rarest()
		all := 1.0
		for k := range one.s {
			all *= one.frequency(k)
		}
		sum += perText + perPlace*one.frequency(r[0])*one.frequency(r[1]) + perHit*all
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
