package linefilter

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// A state is what an automaton knows of a line from its beginning up to a byte.
type state = uint8

const (
	// unknown is what was never asked for: the table is all of it at first. Nothing
	// but unknown comes after it, so that many bytes can be read before anybody
	// looks whether it came to that.
	unknown state = iota
	match         // the line may match
	back          // a '\r' was read that may belong to the line's end
	begin         // at a line's beginning
)

const (
	mostStates = 256     // all that a state can tell apart
	mostKept   = 1 << 16 // instructions that they all stand for

	// Each time it has learnt hasty transitions, an automaton must have read worth
	// bytes for each, or else it is hardly quicker than package regexp. That is
	// let pass while there is patience: a log may change once in a while.
	hasty    = 4096
	worth    = 16
	patience = 2
)

// An automaton is in a state that stands for all the instructions that a match
// may have come to. It learns what comes after a state when it first gets there,
// and begins anew when it has no more names for states. What it says of a line is
// whether it may match: from where that is known, it is in the same state on.
//
// It knows when it is at a line's beginning or end. Whether it is at a word's it
// does not: it goes on as if it were.
type automaton struct {
	*program
	*classes

	// after has a row for each byte, and in it what comes after each state: the
	// states are few, and those of a row near one another. To find a row takes no
	// more than the byte, so that only the last step waits for the state.
	after  *[256][mostStates]state
	sets   [][]uint32       // the instructions that a state stands for
	ending []bool           // whether the line may match if it ends there
	named  map[string]state // which state stands for instructions
	kept   int              // instructions in sets
	live   [lanes]state     // those that the log is being read with

	lost                   bool // learning takes too long: every line may match
	learnt, read, patience int  // since it was last asked whether it does

	// What is used while a state is made.
	next, stack []uint32
	mark        []uint64 // for each instruction, the round in which it was last met
	round       uint64
	matched     bool
	name        []byte
}

func newAutomaton(p *program, c *classes) *automaton {
	return &automaton{program: p, classes: c, patience: patience}
}

// reset forgets what was learnt. What is live stays so, under another name.
func (a *automaton) reset() {
	var live [lanes][]uint32
	for k, s := range a.live {
		if s > begin {
			live[k] = a.sets[s]
		}
	}
	if a.after == nil {
		a.after = new([256][mostStates]state)
		a.mark = make([]uint64, len(a.insts))
	} else {
		clear(a.after[:])
	}
	for c := range a.after {
		a.after[c][match], a.after[c][back] = match, match
	}
	a.after['\n'][back] = begin
	a.named, a.kept = map[string]state{}, 0
	a.sets, a.ending = make([][]uint32, begin, 32), make([]bool, begin, 32)
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

// restart has every state at the beginning of a line.
func (a *automaton) restart() {
	if a.after == nil {
		a.reset()
	}
	for k := range a.live {
		a.live[k] = begin
	}
}

// step reads a byte with one of the live states.
func (a *automaton) step(lane int, c byte) state {
	next := a.after[c][a.live[lane]]
	if next == unknown {
		next = a.learn(lane, c)
	}
	a.live[lane] = next
	return next
}

// learn finds what comes after one of the live states. The others may get other
// names.
func (a *automaton) learn(lane int, c byte) state {
	set := a.sets[a.live[lane]]
	if a.learnt += 1 + len(set)/8; a.learnt >= hasty {
		if a.read >= hasty*worth {
			a.patience = patience
		} else {
			a.patience--
		}
		a.learnt, a.read = 0, 0
		a.lost = a.lost || a.patience == 0
	}
	if a.lost {
		return match
	}
	next := a.find(a.live[lane], c)
	if next == unknown {
		full := slices.Clone(a.next)
		a.reset()
		a.fresh()
		a.next = append(a.next, full...)
		next = a.intern()
	}
	for _, c := range a.bytes[a.of[c]] {
		a.after[c][a.live[lane]] = next
	}
	return next
}

// find is what comes after a state and a byte; unknown if there is no name left
// for it, and then next are its instructions.
func (a *automaton) find(s state, c byte) state {
	set := a.sets[s]
	a.fresh()
	switch a.of[c] {
	case classOdd:
		return match
	case classEnd, classReturn:
		switch {
		case a.ending[s]:
			return match
		case c == '\r':
			return back
		}
		return begin
	case classBeyond:
		// It may be any byte of a rune, the last one or not.
		for _, pc := range set {
			a.add(pc)
			if a.wide[pc] {
				a.follow(a.insts[pc].Out, false)
			}
		}
	default:
		for _, pc := range set {
			if a.ascii[pc][c/64]>>(c%64)&1 != 0 {
				a.follow(a.insts[pc].Out, false)
			}
		}
	}
	a.follow(a.start, false)
	if a.matched {
		return match
	}
	return a.intern()
}

// fresh begins a set.
func (a *automaton) fresh() {
	a.next, a.matched = a.next[:0], false
	a.round++
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
func (a *automaton) follow(pc uint32, beginning bool) {
	a.stack = append(a.stack[:0], pc)
	for len(a.stack) > 0 {
		pc := a.stack[len(a.stack)-1]
		a.stack = a.stack[:len(a.stack)-1]
		inst := &a.insts[pc]
		if inst.Op == syntax.InstEmptyWidth {
			switch op := syntax.EmptyOp(inst.Arg); {
			case op&atBegin != 0 && !beginning:
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

// mayEnd says whether a match can be come to from the set at a line's end.
func (a *automaton) mayEnd() bool {
	a.stack = a.stack[:0]
	for _, pc := range a.next {
		if a.insts[pc].Op == syntax.InstEmptyWidth {
			a.stack = append(a.stack, pc)
		}
	}
	if len(a.stack) == 0 {
		return false
	}
	a.round++
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

// intern is the state that stands for the set; unknown if no name is left.
func (a *automaton) intern() state {
	slices.Sort(a.next)
	a.name = a.name[:0]
	for _, pc := range a.next {
		a.name = binary.LittleEndian.AppendUint16(a.name, uint16(pc))
	}
	if s, ok := a.named[string(a.name)]; ok {
		return s
	}
	if len(a.sets) == mostStates || a.kept+len(a.next) > mostKept {
		return unknown
	}
	s := state(len(a.sets))
	a.sets = append(a.sets, slices.Clone(a.next))
	a.ending = append(a.ending, a.mayEnd())
	a.kept += len(a.next)
	a.named[string(a.name)] = s
	return s
}
