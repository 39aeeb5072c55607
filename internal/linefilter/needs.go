package linefilter

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// mostTexts is how many texts an expression is taken for while it is taken
// apart. How many are looked for is a matter of what it costs: see [needs].
const mostTexts = 16

// longest is from what length on a text is not made any longer.
const longest = 64

// A text is plain ASCII, in lower case if it is looked for in either.
type text struct {
	s    string
	fold bool
}

// texts are some of which one is in every match.
type texts []text

// part is what is known of a part of an expression.
type part struct {
	// all is everything the part can match, if known.
	all   texts
	known bool
	// some has one that is in every match; nil if there is none known.
	some texts
	// bare says that all is what it matches wherever that stands.
	bare bool
}

// needs gives texts of which one is in every line that matches, and whether all
// lines with one match. nil when there are none.
func needs(tree *syntax.Regexp) (t texts, whole bool) {
	p := takeApart(tree)
	if all := cheaper(p.all, nil); p.known && all != nil && all.cost() <= p.some.cost() {
		return all, p.bare
	}
	return p.some, false
}

func takeApart(re *syntax.Regexp) part {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return part{all: texts{{}}, known: true, bare: true}
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return part{all: texts{{}}, known: true}
	case syntax.OpLiteral:
		return takeLiteral(re)
	case syntax.OpCharClass:
		return takeClass(re)
	case syntax.OpCapture:
		return takeApart(re.Sub[0])
	case syntax.OpPlus:
		p := takeApart(re.Sub[0])
		return part{some: cheaper(p.some, p.all)}
	case syntax.OpQuest:
		p := takeApart(re.Sub[0])
		if !p.known || len(p.all) >= mostTexts {
			return part{}
		}
		return part{all: append(texts{{}}, p.all...), known: true, bare: p.bare}
	case syntax.OpConcat:
		return takeConcat(re.Sub)
	case syntax.OpAlternate:
		return takeAlternate(re.Sub)
	}
	return part{} // it may match nothing, or one of many runes
}

func takeLiteral(re *syntax.Regexp) part {
	fold := re.Flags&syntax.FoldCase != 0
	var best texts
	runes := re.Rune
	for start := 0; start < len(runes); {
		end := start
		for end < len(runes) && runes[end] < unicode.MaxASCII && plain(byte(runes[end])) {
			end++
		}
		if end > start {
			t := newText(string(runes[start:end]), fold)
			if end-start == len(runes) {
				return part{all: texts{t}, known: true, bare: true}
			}
			best = cheaper(best, texts{t})
		}
		start = end + 1
	}
	return part{some: best}
}

func newText(s string, fold bool) text {
	if !fold {
		return text{s: s}
	}
	lower := strings.ToLower(s)
	return text{lower, strings.ContainsFunc(lower, func(r rune) bool { return letter(byte(r)) })}
}

func takeClass(re *syntax.Regexp) part {
	p := part{known: true, bare: true}
	for k := 0; k < len(re.Rune); k += 2 {
		lo, hi := re.Rune[k], re.Rune[k+1]
		if hi >= unicode.MaxASCII || len(p.all)+int(hi-lo) >= mostTexts {
			return part{}
		}
		for c := lo; c <= hi; c++ {
			if !plain(byte(c)) {
				return part{}
			}
			p.all = append(p.all, text{s: string(c)})
		}
	}
	if len(p.all) == 0 {
		return part{} // it matches nothing
	}
	return p
}

func takeConcat(subs []*syntax.Regexp) part {
	run := part{all: texts{{}}, known: true, bare: true}
	whole := true // what run tells of is all so far
	var best texts
	for _, sub := range subs {
		p := takeApart(sub)
		best = cheaper(best, p.some)
		switch {
		case p.known && len(run.all)*len(p.all) <= mostTexts && len(run.all[0].s) < longest:
			if len(p.all) > 1 {
				best = cheaper(best, run.all) // fewer texts may be better than longer ones
			}
			var exact bool
			run.all, exact = run.all.cross(p.all)
			run.bare = run.bare && p.bare && exact
		case p.known:
			best = cheaper(best, run.all)
			run.all, whole = p.all, false
		default:
			best = cheaper(best, run.all)
			run.all, whole = texts{{}}, false
		}
	}
	best = cheaper(best, run.all)
	if !whole {
		return part{some: best}
	}
	run.some = best
	return run
}

func takeAlternate(subs []*syntax.Regexp) part {
	out := part{known: true, bare: true}
	some := true
	for _, sub := range subs {
		p := takeApart(sub)
		if p.known && out.known && len(out.all)+len(p.all) <= mostTexts {
			out.all = append(out.all, p.all...)
			out.bare = out.bare && p.bare
		} else {
			out.known = false
		}
		need := cheaper(p.some, p.all)
		if need == nil || len(out.some)+len(need) > mostTexts {
			some = false
		}
		out.some = append(out.some, need...)
	}
	if !some {
		out.some = nil
	}
	if !out.known {
		out.all = nil
	}
	return out
}

// cross is each of t with each of u behind it, and whether that is said exactly:
// a text whose parts differ in whether their case matters is not.
func (t texts) cross(u texts) (out texts, exact bool) {
	exact = true
	for _, a := range t {
		for _, b := range u {
			c := text{s: a.s + b.s}
			if a.fold || b.fold {
				c = newText(c.s, true)
				exact = exact && a.folds() && b.folds()
			}
			out = append(out, c)
		}
	}
	return out, exact
}

// folds says whether a text is not changed by being looked for in either case.
func (t text) folds() bool { return t.fold || newText(t.s, true) == t }

// fewest is t without those that have another one of t in them.
func (t texts) fewest() texts {
	var out texts
	for k, a := range t {
		if !slices.ContainsFunc(t[:k], a.needless) && !slices.ContainsFunc(t[k+1:], func(b text) bool { return b != a && a.needless(b) }) {
			out = append(out, a)
		}
	}
	return out
}

// needless says whether other stands wherever t does.
func (t text) needless(other text) bool {
	if other.fold {
		return strings.Contains(strings.ToLower(t.s), other.s)
	}
	return !t.fold && strings.Contains(t.s, other.s)
}
