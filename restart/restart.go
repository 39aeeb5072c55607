// Package restart decides whether a process that has ended is started again,
// when, and when to give up.
//
// It is pure: times come in with the exits, decisions go out, and nothing is
// waited for. The caller keeps a History for each process (it is JSON) and
// asks the Policy at every exit:
//
//	d, h := policy.Decide(h, restart.Exit{Code: 1, Ran: 3 * time.Second, At: now})
//	if d.Restart {
//		// start again at d.At
//	}
package restart

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Mode says which exits are followed by a restart.
type Mode string

// The modes. A clean exit is code 0 without a signal.
const (
	Always    Mode = "always"
	OnFailure Mode = "on-failure" // every exit but a clean one
	Never     Mode = "never"
)

// DefaultResetAfter is how long a run must last for the restarts before it to
// be forgotten, where a policy does not say.
const DefaultResetAfter = time.Minute

// Unlimited as MaxRestarts means that it is never given up.
const Unlimited = -1

// kept is how many exits a History remembers.
const kept = 20

// Policy is when to restart, and how long to wait. The n-th restart in a row
// (from 1) waits Delay × BackoffFactor^(n-1), MaxDelay at most.
type Policy struct {
	Mode          Mode          `json:"mode"`
	MaxRestarts   int           `json:"max_restarts"` // in a row; Unlimited = no end
	Delay         time.Duration `json:"delay"`        // 0 = at once
	MaxDelay      time.Duration `json:"max_delay"`    // 0 = no cap
	BackoffFactor float64       `json:"backoff_factor"`
	ResetAfter    time.Duration `json:"reset_after,omitempty"` // 0 = DefaultResetAfter
}

// Validate tells what is wrong with a policy, nil when nothing is.
func (p Policy) Validate() error {
	switch {
	case p.Mode != Always && p.Mode != OnFailure && p.Mode != Never:
		return fmt.Errorf("mode is %q; it must be always, on-failure or never", p.Mode)
	case p.MaxRestarts < Unlimited:
		return fmt.Errorf("max_restarts is %d; it must be 0 or more, or -1 for no limit", p.MaxRestarts)
	case p.Delay < 0:
		return fmt.Errorf("delay is %s; it must not be negative", p.Delay)
	case p.MaxDelay < 0:
		return fmt.Errorf("max_delay is %s; it must not be negative", p.MaxDelay)
	case p.MaxDelay > 0 && p.MaxDelay < p.Delay:
		return fmt.Errorf("max_delay %s is less than delay %s", p.MaxDelay, p.Delay)
	case !(p.BackoffFactor >= 1): // NaN too
		return fmt.Errorf("backoff_factor is %g; it must be 1 or more", p.BackoffFactor)
	case p.ResetAfter < 0:
		return fmt.Errorf("reset_after is %s; it must not be negative", p.ResetAfter)
	}
	return nil
}

// Exit is how a run ended.
type Exit struct {
	Code   int    `json:"code"`
	Signal string `json:"signal,omitempty"` // "SIGSEGV"; "" when it exited by itself
	// Unhealthy says why the run was ended although it lived; "" when it wasn't.
	Unhealthy string        `json:"unhealthy,omitempty"`
	Ran       time.Duration `json:"ran"`
	At        time.Time     `json:"at"`
}

// Clean reports whether the process ended of its own accord with code 0.
func (e Exit) Clean() bool { return e.Code == 0 && e.Signal == "" && e.Unhealthy == "" }

// String says how the run ended: "exit code 1", "killed by SIGSEGV".
func (e Exit) String() string {
	if e.Unhealthy != "" {
		return "unhealthy: " + e.Unhealthy
	}
	if e.Signal != "" {
		return "killed by " + e.Signal
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// History is what is remembered of the runs before. The zero value is that of
// a process that has not ended yet.
type History struct {
	Restarts int    `json:"restarts"`        // in a row, since the last run that lasted
	Exits    []Exit `json:"exits,omitempty"` // the last 20, oldest first
}

// Decision is what follows an exit.
type Decision struct {
	Restart   bool
	At        time.Time // when to start again
	Delay     time.Duration
	Attempt   int // number of this restart in a row, from 1
	Max       int // Policy.MaxRestarts
	CrashLoop bool
	Reason    string // for a person
}

// Decide says what follows exit e of a process with history h, and returns the
// history to keep.
func (p Policy) Decide(h History, e Exit) (Decision, History) {
	reset := p.ResetAfter
	if reset == 0 {
		reset = DefaultResetAfter
	}
	if e.Ran >= reset {
		h.Restarts = 0
	}
	h.Exits = append(slices.Clone(h.Exits[max(0, len(h.Exits)-kept+1):]), e)

	d := Decision{Max: p.MaxRestarts}
	switch {
	case p.Mode == Never:
		d.Reason = e.String() + ", never restarted"
		return d, h
	case p.Mode == OnFailure && e.Clean():
		d.Reason = e.String() + ", restarted only on failure"
		return d, h
	case p.MaxRestarts >= 0 && h.Restarts >= p.MaxRestarts:
		d.CrashLoop = h.Restarts > 0
		d.Reason = p.gaveUp(h, e)
		return d, h
	}
	h.Restarts++
	d.Restart, d.Attempt = true, h.Restarts
	d.Delay = p.delay(h.Restarts)
	d.At = e.At.Add(d.Delay)
	d.Reason = e.String() + ", restarting"
	if d.Delay > 0 {
		d.Reason += " in " + d.Delay.String()
	}
	if p.MaxRestarts >= 0 {
		d.Reason += fmt.Sprintf(" (%d of %d)", d.Attempt, p.MaxRestarts)
	} else {
		d.Reason += fmt.Sprintf(" (%d in a row)", d.Attempt)
	}
	return d, h
}

// delay is the wait before the n-th restart in a row.
func (p Policy) delay(n int) time.Duration {
	limit := p.MaxDelay
	if limit <= 0 {
		limit = math.MaxInt64
	}
	if n <= 1 || p.Delay <= 0 {
		return min(p.Delay, limit)
	}
	d := float64(p.Delay) * math.Pow(p.BackoffFactor, float64(n-1))
	if !(d < float64(limit)) { // infinite too, or no number
		return limit
	}
	return time.Duration(d)
}

func (p Policy) gaveUp(h History, e Exit) string {
	switch h.Restarts {
	case 0:
		return e.String() + ", and no restart is allowed (max_restarts = 0)"
	case 1:
		return fmt.Sprintf("gave up after 1 restart: %s%s", e, alike(h, e))
	}
	return fmt.Sprintf("gave up after %d restarts: %s%s", h.Restarts, e, alike(h, e))
}

// alike says whether all runs of the row ended in the same way.
func alike(h History, e Exit) string {
	row := h.Exits[max(0, len(h.Exits)-h.Restarts-1):]
	for _, x := range row {
		if x.Code != e.Code || x.Signal != e.Signal {
			return ", at last"
		}
	}
	return " each time"
}
