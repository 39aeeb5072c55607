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
//
// Clocks are not trusted. A run's length (Exit.Ran) should come from a
// monotonic clock; the wall clock may jump between two exits, and between an
// exit and its restart (Decision.Wait). No delay becomes negative or longer
// than the policy says by it.
package restart

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
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

// DefaultSameEndings is a good SameEndings: two alike may be chance.
const DefaultSameEndings = 3

// Fast is how short a run must be for its ending to count towards Alike. What
// fails this early has not begun its work, and will hardly do better the next
// time.
const Fast = 2 * time.Second

// kept is how many exits a History remembers.
const kept = 20

// MaxInWindow is how many restarts a Window may allow. A History remembers the
// time of each.
const MaxInWindow = 100

// Policy is when to restart, and how long to wait. The n-th restart in a row
// (from 1) waits Delay × BackoffFactor^(n-1), MaxDelay at most. The fields with
// omitempty are off when they are zero.
type Policy struct {
	Mode          Mode          `json:"mode"`
	MaxRestarts   int           `json:"max_restarts"` // in a row, or within Window; Unlimited = no end
	Delay         time.Duration `json:"delay"`        // 0 = at once
	MaxDelay      time.Duration `json:"max_delay"`    // 0 = no cap
	BackoffFactor float64       `json:"backoff_factor"`
	ResetAfter    time.Duration `json:"reset_after,omitempty"` // 0 = DefaultResetAfter

	// SuccessCodes are the exit codes beside 0 that are a success.
	SuccessCodes []int `json:"success_codes,omitempty"`

	// Jitter spreads a delay by this share of it to both sides, so that what
	// died together does not come back together: 0.2 is ±20 %. MaxDelay holds
	// all the same.
	Jitter float64 `json:"jitter,omitempty"`

	// Window makes MaxRestarts count the restarts of the last Window in place
	// of those in a row: a service that lives for a while between its crashes
	// is given up too, and one that crashes once an hour never is. A run that
	// lasts then resets the delay, but not this count.
	Window time.Duration `json:"window,omitempty"`

	// SameEndings is how many runs in a row must have failed fast and alike
	// for that to be recognised (Decision.Alike, Decision.Reason), 2 or more.
	// Alike are the same code, signal and normalised Exit.Ending; fast is
	// shorter than Fast. It changes nothing else.
	SameEndings int `json:"same_endings,omitempty"`

	// GiveUpAlike is how many such runs in a row are a crash loop, whatever
	// MaxRestarts still allows, 2 or more. It is not for services that wait
	// for others by crashing.
	GiveUpAlike int `json:"give_up_alike,omitempty"`
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
	case !(p.Jitter >= 0 && p.Jitter <= 1):
		return fmt.Errorf("jitter is %g; it must be from 0 to 1, such as 0.2 for ±20 %%", p.Jitter)
	case p.Window < 0:
		return fmt.Errorf("window is %s; it must not be negative", p.Window)
	case p.Window > 0 && p.MaxRestarts > MaxInWindow:
		return fmt.Errorf("max_restarts is %d; with a window it must be %d at most", p.MaxRestarts, MaxInWindow)
	case p.SameEndings < 0 || p.SameEndings == 1 || p.SameEndings > kept:
		return fmt.Errorf("same_endings is %d; it must be from 2 to %d, or 0 for off", p.SameEndings, kept)
	case p.GiveUpAlike < 0 || p.GiveUpAlike == 1 || p.GiveUpAlike > kept:
		return fmt.Errorf("give_up_alike is %d; it must be from 2 to %d, or 0 for off", p.GiveUpAlike, kept)
	}
	for _, c := range p.SuccessCodes {
		if c < 0 || c > 255 {
			return fmt.Errorf("success_codes has %d; an exit code is from 0 to 255", c)
		}
	}
	return nil
}

// Success reports whether a run ended well: of its own accord, with code 0 or
// one of SuccessCodes.
func (p Policy) Success(e Exit) bool {
	return e.Clean() || e.Signal == "" && e.ended() == "" && slices.Contains(p.SuccessCodes, e.Code)
}

// Exit is how a run ended.
type Exit struct {
	Code      int           `json:"code"`
	Signal    string        `json:"signal,omitempty"`    // "SIGSEGV"; "" when it exited by itself
	Unhealthy string        `json:"unhealthy,omitempty"` // why the run was ended although it lived
	Over      string        `json:"over,omitempty"`      // the same, where that is a limit it was over
	Error     string        `json:"error,omitempty"`     // why nobody saw it end: it could not be started, or was lost; Code says nothing then
	Ran       time.Duration `json:"ran"`                 // negative when it is not known
	At        time.Time     `json:"at"`
	Ending    string        `json:"ending,omitempty"` // its last lines; a History has them normalised, if the policy compares them
}

// Clean reports whether the process ended of its own accord with code 0. What
// else is a success, Policy.Success knows.
func (e Exit) Clean() bool { return e.Code == 0 && e.Signal == "" && e.ended() == "" }

// ended says how a run ended that did not end by itself, "" when it did.
func (e Exit) ended() string {
	switch {
	case e.Error != "":
		return e.Error
	case e.Unhealthy != "":
		return "unhealthy: " + e.Unhealthy
	case e.Over != "":
		return "over its limit: " + e.Over
	}
	return ""
}

// String says how the run ended: "exit code 1", "killed by SIGSEGV",
// "unhealthy: no answer", "over its limit: 640 MB of memory", or its Error.
func (e Exit) String() string {
	if why := e.ended(); why != "" {
		return why
	}
	if e.Signal != "" {
		return "killed by " + e.Signal
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// History is what is remembered of the runs before. The zero value is that of
// a process that has not ended yet.
type History struct {
	Restarts int         `json:"restarts"`         // in a row, since the last run that lasted
	Exits    []Exit      `json:"exits,omitempty"`  // the last 20, oldest first
	Recent   []time.Time `json:"recent,omitempty"` // restarts of the last Window, oldest first
	Seed     uint64      `json:"seed,omitempty"`   // the caller's own; sets jitter apart from that of others
}

// Decision is what follows an exit.
type Decision struct {
	Restart   bool
	At        time.Time // when to start again
	Delay     time.Duration
	Attempt   int    // number of this restart, from 1, in a row or within Policy.Window
	Max       int    // Policy.MaxRestarts
	CrashLoop bool   // given up because it failed again and again
	Alike     int    // how many runs in a row failed fast and alike; 0 when too few for Policy.SameEndings and GiveUpAlike
	Reason    string // for a person
}

// Wait is how long to wait from now. It is At's distance, but never less than
// 0 nor more than Delay, should the clock have jumped since the exit.
func (d Decision) Wait(now time.Time) time.Duration {
	return max(0, min(d.At.Sub(now), d.Delay))
}

// Decide says what follows exit e of a process with history h, and returns the
// history to keep. It is pure: the same arguments have the same answer, jitter
// included.
func (p Policy) Decide(h History, e Exit) (Decision, History) {
	reset := p.ResetAfter
	if reset == 0 {
		reset = DefaultResetAfter
	}
	if e.Ran >= reset {
		h.Restarts = 0
	}
	if p.comparesEndings() {
		e.Ending = Normalize(e.Ending)
	} else {
		e.Ending = ""
	}
	h.Exits = append(slices.Clone(h.Exits[max(0, len(h.Exits)-kept+1):]), e)
	h.Recent = p.recent(h.Recent, e)

	d := Decision{Max: p.MaxRestarts}
	switch {
	case p.Mode == Never:
		d.Reason = e.String() + ", never restarted"
		return d, h
	case p.Mode == OnFailure && p.Success(e):
		d.Reason = e.String() + ", restarted only on failure"
		return d, h
	}
	alike := p.alike(h.Exits)
	if p.comparesEndings() && alike >= p.recognised() {
		d.Alike = alike
	}
	count, most := h.Restarts, p.MaxRestarts
	if p.windowed() {
		count, most = len(h.Recent), min(p.MaxRestarts, MaxInWindow)
	}
	early := p.GiveUpAlike > 0 && alike >= p.GiveUpAlike
	if early || most >= 0 && count >= most {
		d.CrashLoop = early || count > 0
		d.Reason = p.gaveUp(h, e, count, d.Alike)
		return d, h
	}

	h.Restarts++
	d.Restart, d.Attempt = true, count+1
	d.Delay = p.jittered(p.delay(h.Restarts), h, e)
	d.At = e.At.Add(d.Delay)
	if p.windowed() {
		h.Recent = append(h.Recent, d.At)
	}
	d.Reason = p.restarting(d, e)
	return d, h
}

func (p Policy) windowed() bool { return p.Window > 0 && p.MaxRestarts >= 0 }

// recent is which restarts the window counts at exit e, in a slice of its own.
//
// The last of them cannot have been later than the run that now ended has
// lasted. If it seems so, the clock was set back, and they are moved back by
// as much: they neither stay for hours nor are forgotten. If the clock was set
// forward they are forgotten, which costs some more restarts, once.
func (p Policy) recent(all []time.Time, e Exit) []time.Time {
	if !p.windowed() || len(all) == 0 {
		return nil
	}
	began := e.At.Add(-max(0, e.Ran))
	back := max(0, all[len(all)-1].Sub(began))
	var in []time.Time
	for _, t := range all {
		t = t.Add(-back)
		if t.After(began) { // they were not in order
			t = began
		}
		if e.At.Sub(t) < p.Window {
			in = append(in, t)
		}
	}
	return in
}

// jittered spreads a delay evenly over what Jitter allows. Chance comes from
// the exit's time, the attempt and the seed, so the same exit has the same
// delay when it is asked about again.
func (p Policy) jittered(d time.Duration, h History, e Exit) time.Duration {
	if !(p.Jitter > 0) || d <= 0 {
		return d
	}
	by := min(p.Jitter, 1) * float64(d)
	low, high := float64(d)-by, min(float64(d)+by, float64(p.limit()))

	chance := rand.New(rand.NewPCG(h.Seed^uint64(h.Restarts), uint64(e.At.UnixNano())))
	spread := low + chance.Float64()*(high-low)
	if !(spread < math.MaxInt64) { // as a float it is 2^63, one too many
		return math.MaxInt64
	}
	return time.Duration(spread)
}

func (p Policy) limit() time.Duration {
	if p.MaxDelay <= 0 {
		return math.MaxInt64
	}
	return p.MaxDelay
}

// delay is the wait before the n-th restart in a row.
func (p Policy) delay(n int) time.Duration {
	limit := p.limit()
	if n <= 1 || p.Delay <= 0 {
		return max(0, min(p.Delay, limit))
	}
	d := float64(p.Delay) * math.Pow(p.BackoffFactor, float64(n-1))
	if !(d < float64(limit)) { // infinite too, or no number
		return limit
	}
	return time.Duration(d)
}

func (p Policy) comparesEndings() bool { return p.SameEndings > 0 || p.GiveUpAlike > 0 }

// recognised is from how many on runs that ended alike are spoken of.
func (p Policy) recognised() int {
	if p.SameEndings > 0 && p.GiveUpAlike > 0 {
		return min(p.SameEndings, p.GiveUpAlike)
	}
	return max(p.SameEndings, p.GiveUpAlike)
}

// alike is how many of the last runs failed fast and in the way of the last.
func (p Policy) alike(exits []Exit) int {
	last := exits[len(exits)-1]
	if p.Success(last) {
		return 0
	}
	why := Normalize(last.ended())
	n := 0
	for _, x := range slices.Backward(exits) {
		fast := x.Ran >= 0 && x.Ran < Fast
		if !fast || !same(x, last) || x.Ending != last.Ending || Normalize(x.ended()) != why {
			break
		}
		n++
	}
	return n
}

// same reports whether two runs ended with the same code or signal.
func same(a, b Exit) bool { return a.Code == b.Code && a.Signal == b.Signal }

func (p Policy) restarting(d Decision, e Exit) string {
	s := e.String()
	if d.Alike > 0 {
		s += fmt.Sprintf(", %d times, the same way each time", d.Alike)
	}
	s += ", restarting"
	if d.Delay > 0 {
		s += " in " + p.shown(d.Delay)
	}
	switch {
	case p.MaxRestarts < 0:
		return s + fmt.Sprintf(" (%d in a row)", d.Attempt)
	case p.Window > 0:
		return s + fmt.Sprintf(" (%d of %d within %s)", d.Attempt, d.Max, short(p.Window))
	default:
		return s + fmt.Sprintf(" (%d of %d)", d.Attempt, d.Max)
	}
}

// shown is a delay for a person; what chance has added is not all of interest.
func (p Policy) shown(d time.Duration) string {
	if p.Jitter > 0 {
		for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
			if d >= unit {
				return short(d.Round(unit / 10))
			}
		}
	}
	return short(d)
}

// short is a duration without the zeros at its end: 1m, not 1m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (p Policy) gaveUp(h History, e Exit, restarts, alike int) string {
	if restarts == 0 && alike == 0 {
		return e.String() + ", and no restart is allowed (max_restarts = 0)"
	}
	s := "gave up"
	switch restarts {
	case 0: // those before no longer count
	case 1:
		s += " after 1 restart"
	default:
		s += fmt.Sprintf(" after %d restarts", restarts)
	}
	if p.windowed() && restarts > 0 {
		s += " within " + short(p.Window)
	}
	s += ": " + e.String()
	switch {
	case alike > restarts:
		return s + ", the same way each time"
	case alike > 0:
		return s + fmt.Sprintf(", the last %d times the same way each time", alike)
	}
	return s + eachTime(h, e, restarts)
}

// eachTime says whether all runs of the row ended in the same way.
func eachTime(h History, e Exit, restarts int) string {
	for _, x := range h.Exits[max(0, len(h.Exits)-restarts-1):] {
		if !same(x, e) {
			return ", at last"
		}
	}
	return " each time"
}
