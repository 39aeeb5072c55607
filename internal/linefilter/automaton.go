package linefilter

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// A state is the place of its row in the table of an automaton: what comes after
// a byte of class c is at state+c. Those after a reset: unknown, match, back,
// begin, and then what is learnt.
type state = uint16

// unknown is what was never asked for: the table is all of it at first. Nothing
// but unknown comes after it, so that many bytes can be read before anybody
// looks whether it came to that.
const unknown state = 0

const (
	places   = 1 << 16 // of a table: all that a state can tell apart
	mostKept = 1 << 17 // instructions that the states of a table stand for

	// Each time it has learnt hasty places, an automaton must have read worth
	// bytes for each, or else it is hardly quicker than package regexp. That is
	// let pass while there is patience: a log may change once in a while.
	hasty    = 4096
	worth    = 64
	patience = 2
)

// An automaton is in a state that stands for all the instructions that a match
// may have come to. It learns what comes after a state when it first gets there,
// and begins anew when its table is full. What it says of a line is whether it
// may match: from where that is known, it is in the same state to the log's end.
//
// It knows when it is at a line's beginning or end. Whether it is at a word's it
// does not: it goes on as if it were.
type automaton struct {
	*program
	table *[places]state
	sets  [][]uint32       // for each row of the table, the instructions it stands for
	named map[string]state // the other way round
	kept  int              // instructions in sets
	live  [lanes]state     // what the log is being read with

	match state // the line may match
	back  state // a '\r' was read that may belong to the line's end
	begin state // at a line's beginning

	lost                   bool // learning takes too long: every line may match
	learnt, read, patience int  // since it was last asked whether it does

	// What is used while a state is made.
	next, stack []uint32
	mark        []uint32 // for each instruction, the round in which it was last met
	round       uint32
	matched     bool
	name        []byte
}

func newAutomaton(p *program) *automaton {
	return &automaton{
		program: p, patience: patience, mark: make([]uint32, len(p.insts)),
		match: state(p.stride), back: state(2 * p.stride), begin: state(3 * p.stride),
	}
}

// reset forgets what was learnt. What is live stays so, under another name.
func (a *automaton) reset() {
	var live [lanes][]uint32
	for k, s := range a.live {
		if s > a.begin {
			live[k] = a.sets[int(s)/a.stride]
		}
	}
	if a.table == nil {
		a.table = new([places]state)
	} else {
		clear(a.table[:])
	}
	a.named, a.sets, a.kept = map[string]state{}, make([][]uint32, 3, 64), 0
	for c := range state(a.stride) {
		a.table[a.match+c], a.table[a.back+c] = a.match, a.match
	}
	a.table[a.back+state(a.ends)] = a.begin
	a.fresh()
	a.follow(a.start, true)
	a.intern()
	for k, set := range live {
		if set != nil {
			a.fresh()
			a.next = append(a.next, set...)
			a.live[k] = a.intern()
		}
	}
}

// step reads a byte of a class with one of the live states.
func (a *automaton) step(lane int, class uint8) state {
	next := a.table[a.live[lane]+state(class)]
	if next == unknown {
		next = a.learn(lane, class)
	}
	a.live[lane] = next
	return next
}

// learn finds what comes after one of the live states. The others may get other
// names.
func (a *automaton) learn(lane int, class uint8) state {
	set := a.sets[int(a.live[lane])/a.stride]
	if a.learnt += 1 + len(set)/32; a.learnt >= hasty {
		if a.read >= hasty*worth {
			a.patience = patience
		} else {
			a.patience--
		}
		a.learnt, a.read = 0, 0
		a.lost = a.lost || a.patience == 0
	}
	if a.lost {
		return a.match
	}
	next := a.after(set, class)
	if next == unknown {
		full := slices.Clone(a.next)
		a.reset()
		a.fresh()
		a.next = append(a.next, full...)
		next = a.intern()
	}
	a.table[a.live[lane]+state(class)] = next
	return next
}

// after is what comes after a set of instructions; unknown if there is no room
// for it, and then next are its instructions.
func (a *automaton) after(set []uint32, class uint8) state {
	a.fresh()
	switch class {
	case a.odd:
		return a.match
	case a.ends, a.returns:
		for _, pc := range set {
			if a.insts[pc].Op == syntax.InstEmptyWidth && a.leadsToMatch(pc) {
				return a.match
			}
		}
		if class == a.returns {
			return a.back
		}
		return a.begin
	case a.beyond:
		// It may be any byte of a rune, the last one or not.
		for _, pc := range set {
			a.add(pc)
			if a.wide[pc] {
				a.follow(a.insts[pc].Out, false)
			}
		}
	default:
		c := a.sample[class]
		for _, pc := range set {
			if a.ascii[pc][c/64]>>(c%64)&1 != 0 {
				a.follow(a.insts[pc].Out, false)
			}
		}
	}
	a.follow(a.start, false)
	if a.matched {
		return a.match
	}
	return a.intern()
}

// fresh begins a set.
func (a *automaton) fresh() {
	a.next, a.matched = a.next[:0], false
	if a.round++; a.round == 0 {
		clear(a.mark)
		a.round = 1
	}
}

// add puts an instruction into the set, and says whether it is new there.
func (a *automaton) add(pc uint32) bool {
	if a.mark[pc] == a.round {
		return false
	}
	a.mark[pc] = a.round
	if op := a.insts[pc].Op; op >= syntax.InstRune || op == syntax.InstEmptyWidth {
		a.next = append(a.next, pc)
	}
	return true
}

const (
	atBegin = syntax.EmptyBeginLine | syntax.EmptyBeginText
	atEnd   = syntax.EmptyEndLine | syntax.EmptyEndText
)

// follow puts into the set what is come to from pc without reading. What asks
// for a line's end stays in the set: it is seen to there.
func (a *automaton) follow(pc uint32, begin bool) {
	a.stack = append(a.stack[:0], pc)
	for len(a.stack) > 0 {
		pc := a.stack[len(a.stack)-1]
		a.stack = a.stack[:len(a.stack)-1]
		inst := &a.insts[pc]
		if inst.Op == syntax.InstEmptyWidth {
			switch op := syntax.EmptyOp(inst.Arg); {
			case op&atBegin != 0 && !begin:
				continue
			case op&atEnd != 0:
				a.add(pc)
				continue
			}
		}
		if !a.add(pc) {
			continue
		}
		switch inst.Op {
		case syntax.InstMatch:
			a.matched = true
		case syntax.InstAlt, syntax.InstAltMatch:
			a.stack = append(a.stack, inst.Arg, inst.Out)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			a.stack = append(a.stack, inst.Out)
		}
	}
}

// leadsToMatch says whether a match can be come to from pc at a line's end.
func (a *automaton) leadsToMatch(pc uint32) bool {
	a.fresh()
	a.stack = append(a.stack[:0], pc)
	for len(a.stack) > 0 {
		pc := a.stack[len(a.stack)-1]
		a.stack = a.stack[:len(a.stack)-1]
		if a.mark[pc] == a.round {
			continue
		}
		a.mark[pc] = a.round
		switch inst := &a.insts[pc]; inst.Op {
		case syntax.InstMatch:
			return true
		case syntax.InstAlt, syntax.InstAltMatch:
			a.stack = append(a.stack, inst.Arg, inst.Out)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			a.stack = append(a.stack, inst.Out)
		}
	}
	return false
}

// intern is the state that stands for the set; unknown if there is no room.
func (a *automaton) intern() state {
	slices.Sort(a.next)
	a.name = a.name[:0]
	for _, pc := range a.next {
		a.name = binary.LittleEndian.AppendUint16(a.name, uint16(pc))
	}
	if s, ok := a.named[string(a.name)]; ok {
		return s
	}
	at := len(a.sets) * a.stride
	if at+a.stride > places || a.kept+len(a.next) > mostKept {
		return unknown
	}
	a.sets = append(a.sets, slices.Clone(a.next))
	a.kept += len(a.next)
	a.named[string(a.name)] = state(at)
	return state(at)
}
