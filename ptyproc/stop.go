package ptyproc

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"
)

// killLimit bounds the rounds of SIGKILL: what is alive after that sleeps in
// the kernel, and no signal reaches it.
const killLimit = 3 * time.Second

// poll is how often the tree is looked at where nothing tells of its end.
const poll = 10 * time.Millisecond

// Member is a process of a tree. Start tells it from a later one with the same
// pid: clock ticks since boot on Linux, 0 where that is not known.
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
		if err := kill(m, sig); err != nil {
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
// after grace, or at once when now is closed or ctx ends, in rounds until
// nothing is left. It is for what outlived the leader too. A second call joins
// the first, and may hasten it; both get the same report.
func (p *Process) Stop(ctx context.Context, grace time.Duration, now <-chan struct{}) StopReport {
	s := &p.stop
	s.mu.Lock()
	first := s.done == nil
	if first {
		s.done, s.now = make(chan struct{}), make(chan struct{})
	}
	s.mu.Unlock()
	if first {
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
	<-s.done // within killLimit
	return s.report
}

func (p *Process) end(grace time.Duration, now <-chan struct{}) StopReport {
	began := time.Now()
	var report StopReport
	defer func() { report.Took = time.Since(began) }()
	if p.gone() {
		return report
	}
	urgent := false
	select {
	case <-now:
		urgent = true
	default:
		// Who can't be signalled can't be killed either, and is in Left then.
		_ = p.Signal(p.spec.StopSignal)
		// A process that was stopped (Ctrl-Z, a debugger) acts on it only
		// when it goes on.
		_ = p.Signal(syscall.SIGCONT)
	}
	if !urgent && p.awaitGone(grace, now) {
		return report
	}
	report.Forced, report.Left = p.killAll()
	return report
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

// killAll sends SIGKILL in rounds. A tree that forks faster than it is killed
// is stopped first: who is stopped does not fork.
func (p *Process) killAll() (forced, left []Member) {
	seen := map[Member]bool{}
	for end := time.Now().Add(killLimit); ; {
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
			if !seen[m] {
				seen[m], fresh = true, true
				forced = append(forced, m)
				_ = kill(m, syscall.SIGSTOP)
			}
		}
		if fresh && len(members) > 1 {
			continue // until the whole tree stands still
		}
		for _, m := range members {
			_ = kill(m, syscall.SIGKILL)
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
