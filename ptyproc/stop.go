package ptyproc

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"
)

// Bounds of the rounds of SIGKILL. What is alive killLimit after the last
// process that was new sleeps in the kernel, and no signal reaches it; killMax
// ends the chase of what forks for ever.
const (
	killLimit = 3 * time.Second
	killMax   = 10 * time.Second
)

// poll is how often the tree is looked at where nothing tells of its end.
const poll = 10 * time.Millisecond

// Member is a process of a tree. Start tells it from a later one with the same
// pid: clock ticks since boot on Linux, nanoseconds since 1970 on macOS.
type Member struct {
	Pid   int
	Start uint64
	Name  string
}

// StopReport is what a stop came to.
type StopReport struct {
	Forced []Member // those that only SIGKILL ended
	Left   []Member // those that are still there: the kernel does not let go of them
	Took   time.Duration
}

// stopping makes several stops of one process one.
type stopping struct {
	mu     sync.Mutex
	done   chan struct{} // nil until the first Stop
	now    chan struct{}
	hurry  sync.Once
	report StopReport
}

// Signal sends sig to every process of the tree.
func (p *Process) Signal(sig syscall.Signal) error {
	members, err := p.members()
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range members {
		if err := kill(m, sig, false); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Remaining lists the processes of the tree that live.
func (p *Process) Remaining() []Member {
	if p.gone() {
		return nil
	}
	members, err := p.members()
	if err != nil {
		return nil // the process table can't be read; Stop says so by Left
	}
	return members
}

// Stop ends the tree: the stop signal to all of it, SIGKILL to what is left
// after grace (negative = the Spec's StopTimeout), or at once when now is
// closed or ctx ends, in rounds until nothing is left. It is for what outlived
// the leader too. A second call joins the first, and may hasten it; both get
// the same report.
func (p *Process) Stop(ctx context.Context, grace time.Duration, now <-chan struct{}) StopReport {
	s := &p.stop
	s.mu.Lock()
	first := s.done == nil
	if first {
		s.done, s.now = make(chan struct{}), make(chan struct{})
	}
	s.mu.Unlock()
	if ctx.Err() != nil || isClosed(now) {
		s.hurry.Do(func() { close(s.now) })
	}
	if first {
		if grace < 0 {
			grace = p.spec.StopTimeout
		}
		go func() {
			defer close(s.done)
			s.report = p.end(grace, s.now)
		}()
	}
	select {
	case <-s.done:
		return s.report
	case <-now:
	case <-ctx.Done():
	}
	s.hurry.Do(func() { close(s.now) })
	<-s.done // within killMax
	return s.report
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (p *Process) end(grace time.Duration, now <-chan struct{}) (report StopReport) {
	began := time.Now()
	defer func() { report.Took = time.Since(began) }()
	if p.gone() {
		return report
	}
	if !isClosed(now) {
		p.ask()
		if p.awaitGone(grace, now) {
			return report
		}
	}
	report.Forced, report.Left = p.killAll()
	return report
}

// ask sends the stop signal to the tree. Who can't be signalled can't be
// killed either, and will be in Left.
func (p *Process) ask() {
	members, err := p.members()
	if err != nil {
		return
	}
	for _, m := range members {
		// A process that was stopped (Ctrl-Z) acts on it only when it goes on.
		_ = kill(m, p.spec.StopSignal, true)
	}
}

// awaitGone waits until nothing of the tree is left; false when it takes
// longer than d, or when now is closed.
func (p *Process) awaitGone(d time.Duration, now <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		gone, changed := p.look()
		if gone {
			return true
		}
		var again <-chan time.Time
		if !provable {
			again = time.After(poll)
		}
		select {
		case <-changed:
		case <-again:
		case <-timer.C:
			return p.gone()
		case <-now:
			return p.gone()
		}
	}
}

// killAll sends SIGKILL in rounds. A process that has it pending does not fork
// any more, so each round leaves only what came of those it had not yet seen;
// parents come before their children.
func (p *Process) killAll() (forced, left []Member) {
	type identity struct { // without the name, which exec changes
		pid   int
		start uint64
	}
	seen := map[identity]bool{}
	began := time.Now()
	for end := began.Add(killLimit); ; {
		_, changed := p.look()
		members, err := p.members()
		if err == nil && len(members) == 0 && p.gone() {
			return forced, nil
		}
		if time.Now().After(end) {
			return forced, members
		}
		fresh := false
		for _, m := range members {
			if id := (identity{m.Pid, m.Start}); !seen[id] {
				seen[id], fresh = true, true
				forced = append(forced, m)
			}
			// Who can't be killed is in what is left.
			_ = kill(m, syscall.SIGKILL, false)
		}
		if fresh {
			if end = time.Now().Add(killLimit); end.After(began.Add(killMax)) {
				end = began.Add(killMax)
			}
			continue // there may be more that are new
		}
		select {
		case <-changed:
		case <-time.After(poll):
		}
	}
}

func (p *Process) gone() bool {
	gone, _ := p.look()
	return gone
}

// look reports whether nothing of the tree is left, and a channel that is
// closed when that may have changed.
func (p *Process) look() (bool, <-chan struct{}) {
	none, changed := p.reaper.look()
	if provable || !none {
		return none, changed
	}
	members, err := p.members()
	return err == nil && len(members) == 0, changed
}
