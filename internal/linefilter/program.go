package linefilter

import (
	"regexp/syntax"
	"unicode"
)

// A program is an expression as the automaton wants it: what never changes, so
// that clones share it.
type program struct {
	insts []syntax.Inst
	start uint32
	ascii [][2]uint64 // for each instruction, a bit for each ASCII byte it takes
	wide  []bool      // for each instruction, whether it takes any other rune

	// Bytes that no instruction tells apart are of one class. What a byte of a log
	// means differs from what it does in a text that is taken as it is.
	log, line classes
}

// classes are those of a log or of a text.
type classes struct {
	of    [256]uint8
	bytes [][]byte // of each class
}

// These are the first classes; in those after them are the bytes that a line may
// have.
const (
	classEnd    = iota // '\n'
	classReturn        // '\r' where it may belong to a line's end
	classOdd           // what makes a line one that may match
	classBeyond        // what is no ASCII, in a text that is taken as it is
	classOther
)

// mostInsts is how long a program may be: what an automaton may keep has room for
// all that is live, even if that is all of it.
const mostInsts = mostKept / (lanes + 4)

// newProgram gives nil when the expression is too long.
func newProgram(tree *syntax.Regexp) *program {
	prog, err := syntax.Compile(tree)
	if err != nil || len(prog.Inst) > mostInsts {
		return nil
	}
	p := &program{insts: prog.Inst, start: uint32(prog.Start)}
	p.ascii = make([][2]uint64, len(p.insts))
	p.wide = make([]bool, len(p.insts))
	for pc := range p.insts {
		p.ascii[pc], p.wide[pc] = takes(&p.insts[pc])
	}
	p.classify()
	return p
}

// takes says which ASCII bytes an instruction takes, and whether it takes runes
// beyond. A byte that is no UTF-8 is one too: to package regexp it is U+FFFD.
func takes(inst *syntax.Inst) (ascii [2]uint64, wide bool) {
	if inst.Op < syntax.InstRune {
		return ascii, false
	}
	take := func(lo, hi rune) {
		for c := lo; c <= min(hi, 127); c++ {
			ascii[c/64] |= 1 << (c % 64)
		}
		wide = wide || hi > 127
	}
	if len(inst.Rune) == 1 {
		r := inst.Rune[0]
		take(r, r)
		if syntax.Flags(inst.Arg)&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				take(f, f) // more than the other case: the Kelvin sign is a k
			}
		}
	}
	for k := 0; k+1 < len(inst.Rune); k += 2 {
		take(inst.Rune[k], inst.Rune[k+1])
	}
	return ascii, wide
}

func (p *program) classify() {
	var class [128]uint8
	count := 1
	seen := map[[2]uint64]bool{{}: true}
	for _, set := range p.ascii {
		if seen[set] {
			continue
		}
		seen[set] = true
		var renamed [128][2]uint8 // 0 is none
		count = 0
		for c := range class {
			in := set[c/64] >> (c % 64) & 1
			name := &renamed[class[c]][in]
			if *name == 0 {
				count++
				*name = uint8(count)
			}
			class[c] = *name - 1
		}
	}
	for c := range 256 {
		p.log.of[c], p.line.of[c] = classOdd, classBeyond
		if c < 128 {
			p.line.of[c] = classOther + class[c]
		}
		if plain(byte(c)) {
			p.log.of[c] = classOther + class[c]
		}
	}
	p.log.of['\n'], p.log.of['\r'] = classEnd, classReturn
	p.line.of['\n'] = classOdd
	for _, cs := range []*classes{&p.log, &p.line} {
		cs.bytes = make([][]byte, classOther+count)
		for c, class := range cs.of {
			cs.bytes[class] = append(cs.bytes[class], byte(c))
		}
	}
}
