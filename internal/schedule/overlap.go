package schedule

import "fmt"

// Overlap says what becomes of a run that is due while the last one goes on.
type Overlap string

// What can be done about it.
const (
	Skip    Overlap = "skip"    // it is left out
	Queue   Overlap = "queue"   // it starts when the last one has ended; at most one waits
	Replace Overlap = "replace" // the last one is stopped for it
)

// Validate tells what is wrong with a word, nil when nothing is.
func (o Overlap) Validate() error {
	switch o {
	case Skip, Queue, Replace:
		return nil
	}
	return fmt.Errorf("overlap is %q; it must be skip, queue or replace", o)
}

// Action is what is to be done about a run that is due.
type Action string

// The actions.
const (
	Start    Action = "start"     // now
	LeaveOut Action = "leave out" // not at all
	Hold     Action = "hold"      // remember it, and start it when the last one has ended
	StopOld  Action = "stop old"  // stop the last one, and start when nothing of it is left
)

// Decide says what to do about a run that is due. An unknown policy skips. What
// is slower than its schedule does not pile up: where a run waits already, be
// it for the last one's end or for its stop, the next is left out.
func (o Overlap) Decide(running, waiting bool) Action {
	switch {
	case waiting:
		return LeaveOut
	case !running:
		return Start
	case o == Queue:
		return Hold
	case o == Replace:
		return StopOld
	default:
		return LeaveOut
	}
}
