package machine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"prox/internal/schedule"
	"prox/restart"
)

// world plays everything outside the machine: windows that open, shims that
// say hello, processes that start, exit and leave children behind. It carries
// effects out late, in any order that reality could have, and checks the
// promises of the package's doc at every step.
type world struct {
	t      testing.TB
	rng    *rand.Rand
	seed   uint64
	m      Machine
	now    time.Time
	shims  map[string]*fakeShim
	timers map[timerID]armed
	defs   []Definition
	wanted map[string]bool // what was last asked for
	inbox  []func()        // what is under way
	trace  []string
}

type timerID struct {
	name  string
	timer Timer
}

type armed struct{ at, fires time.Time }

type fakeShim struct {
	up    bool
	run   int
	alive bool // the service's own process
	left  int  // its leftovers
	told  int  // runs that were reported gone
	which int  // counts windows: the end of an old one is not the new one's
	line  int  // counts hellos: an order sent down an earlier line is lost
}

func newWorld(t testing.TB, seed uint64, defs []Definition) *world {
	w := &world{
		t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(1_000_000, 0),
		shims: map[string]*fakeShim{}, timers: map[timerID]armed{}, wanted: map[string]bool{}, defs: defs,
	}
	for _, d := range defs {
		w.shims[d.Name] = &fakeShim{}
	}
	w.step(Define{defs})
	return w
}

func (w *world) fatalf(format string, args ...any) {
	w.t.Helper()
	for _, l := range w.trace[max(0, len(w.trace)-60):] {
		w.t.Log(l)
	}
	w.t.Fatalf("seed %d: "+format, append([]any{w.seed}, args...)...)
}

func (w *world) later(fn func()) { w.inbox = append(w.inbox, fn) }

func (w *world) step(ev Event) {
	w.trace = append(w.trace, fmt.Sprintf("%s <- %T%+v", w.now.Format("05.000"), ev, ev))
	for _, e := range w.m.Step(w.now, ev) {
		w.trace = append(w.trace, fmt.Sprintf("       -> %T%+v", e, e))
		w.carryOut(e)
	}
}

func (w *world) carryOut(e Effect) {
	switch e := e.(type) {
	case OpenWindow:
		s := w.shims[e.Name]
		if s.up {
			w.fatalf("%s: a second window was ordered", e.Name)
		}
		which := s.which
		w.later(func() {
			if s.which != which {
				return // its instance was removed: it is sent away
			}
			if w.rng.IntN(20) == 0 {
				w.step(WindowFailed{e.Name, "tmux says no"})
				return
			}
			*s = fakeShim{up: true, run: s.run, told: s.run, which: s.which + 1}
			w.hello(e.Name)
		})
	case Start:
		w.checkStart(e)
		w.onThisLine(e.Name, func() { w.startRun(e) })
	case Halt:
		w.onThisLine(e.Name, func() { w.halt(e) })
	case Sweep:
		w.later(func() {
			s := w.shims[e.Name]
			s.alive, s.left = false, 0
			w.step(Gone{e.Name, e.Run})
		})
	case Arm:
		w.timers[timerID{e.Name, e.Timer}] = armed{e.At, e.At}
	case Disarm:
		delete(w.timers, timerID{e.Name, e.Timer})
	case Removed:
		s := w.shims[e.Name]
		if s.alive || s.left > 0 {
			w.fatalf("%s: removed while its run %d lives", e.Name, s.run)
		}
		*s = fakeShim{which: s.which + 1, line: s.line + 1}
	case Probe:
		w.later(func() {
			if w.rng.IntN(3) > 0 {
				w.step(ProbePassed{e.Name, e.Run})
			} else {
				w.step(ProbeFailed{e.Name, e.Run, "it says no"})
			}
		})
	}
}

// onThisLine delivers an order, unless the shim's line is another by then.
func (w *world) onThisLine(name string, fn func()) {
	s := w.shims[name]
	which, line := s.which, s.line
	w.later(func() {
		if s.which == which && s.line == line {
			fn()
		}
	})
}

func (w *world) checkStart(e Start) {
	i := w.m.Instance(e.Name)
	if s := w.shims[e.Name]; s.alive || s.left > 0 {
		w.fatalf("%s: run %d was ordered while run %d lives", e.Name, e.Run, s.run)
	}
	if !w.wanted[e.Name] {
		w.fatalf("%s: started though nobody wants it", e.Name)
	}
	for _, on := range i.DependsOn {
		for _, of := range w.m.Of(on.Service) {
			ok := of.State == Done || on.When != WhenCompleted && of.State == Ready ||
				on.When == WhenStarted && (of.State == Running || of.State == Unhealthy)
			if !ok {
				w.fatalf("%s: started while %s is %s, when it is to be %s", e.Name, of.Name, of.State, on.When)
			}
		}
	}
}

func (w *world) startRun(e Start) {
	s := w.shims[e.Name]
	if !s.up || e.Run <= s.run {
		return
	}
	s.run = e.Run
	if w.rng.IntN(15) == 0 {
		s.told = e.Run
		w.step(Exited{e.Name, Exit{Run: e.Run, Code: -1, Error: "not found", Hopeless: true, At: w.now}, 0})
		return
	}
	s.alive = true
	w.step(Started{e.Name, e.Run, 100 + e.Run, w.now})
}

func (w *world) halt(e Halt) {
	s := w.shims[e.Name]
	if !s.up || s.run != e.Run || !s.alive && s.left == 0 {
		return
	}
	wasAlive := s.alive
	s.alive, s.left = false, 0
	w.later(func() {
		s.told = e.Run
		if wasAlive {
			w.step(Exited{e.Name, Exit{Run: e.Run, Code: -1, Signal: "SIGTERM", At: w.now}, 0})
		}
		w.step(Gone{e.Name, e.Run})
	})
}

func (w *world) hello(name string) {
	s := w.shims[name]
	if !s.up {
		return
	}
	s.line++
	c := Connected{Name: name, Run: s.run, Pending: s.told < s.run}
	switch {
	case s.alive:
		c.Phase, c.Pid, c.StartedAt, c.Pending = ProcessAlive, 100+s.run, w.now, false
	case s.left > 0:
		c.Phase, c.Pending = ProcessLeaving, false
	}
	w.step(c)
}

// lost is told once for each window, as a broken line is.
func (w *world) lost(name string, which int, why string) {
	s := w.shims[name]
	if s.which != which {
		return
	}
	s.up = false
	s.which++
	w.step(Lost{name, why})
}

// happen does one thing that can happen in the real world.
func (w *world) happen(names []string) {
	name := names[w.rng.IntN(len(names))]
	s := w.shims[name]
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return w.m.Instance(n) == nil })
	if !slices.Contains(names, name) { // it is not defined just now
		w.deliver()
		return
	}
	some := names[:1+w.rng.IntN(len(names))]
	switch w.rng.IntN(22) {
	case 0, 1:
		w.want(some...)
	case 2:
		w.unwant(w.rng.IntN(3) == 0, some...)
	case 3:
		for _, n := range some {
			w.wanted[n] = true
		}
		w.step(Again{some})
	case 4, 5: // it ends by itself
		if s.alive {
			run := s.run
			s.alive, s.left = false, w.rng.IntN(2)*w.rng.IntN(3)
			code := w.rng.IntN(2)
			w.later(func() {
				if s.left == 0 {
					s.told = run
				}
				w.step(Exited{name, Exit{Run: run, Code: code, At: w.now, Ran: time.Second}, s.left})
				if s.left > 0 {
					w.later(func() { s.left, s.told = 0, run; w.step(Gone{name, run}) })
				}
			})
		}
	case 6: // the shim is killed
		if s.up {
			s.up = false
			which := s.which
			w.later(func() { w.lost(name, which, "its shim was killed") })
		}
	case 7: // the window is closed by hand
		if s.up {
			w.wanted[name] = false
			w.step(Closed{name, "its window was closed"})
			w.halt(Halt{Name: name, Run: s.run})
			which := s.which
			w.later(func() { w.lost(name, which, "gone") })
		}
	case 8: // the line broke, and is there again
		if s.up && len(w.inbox) == 0 {
			w.hello(name)
		}
	case 9:
		if s.alive && w.m.Instance(name).State == Running {
			w.step(ProbePassed{name, s.run})
		}
	case 18: // the clock is set; what runs by it comes earlier or later
		w.jump(time.Duration(w.rng.Int64N(int64(4*time.Hour))) - 2*time.Hour)
	case 19:
		w.step(FilesChanged{name, "a file changed"})
	case 20: // the config changes, and changes back
		for _, n := range some {
			w.wanted[n] = false
		}
		w.step(Remove{some, "no longer in the config"})
		w.later(func() { w.step(Define{w.defs}) })
	case 16, 17:
		if s.alive {
			w.step(ProbeFailed{name, s.run, "it says no again"})
		}
	case 21: // it uses too much; what is told may be of a run before
		w.step(Exceeded{name, s.run - w.rng.IntN(2), "640 MB of memory"})
	case 10, 11:
		w.tick(time.Duration(w.rng.Int64N(int64(3 * time.Second))))
	default:
		w.deliver()
	}
}

func (w *world) want(names ...string) {
	for _, n := range names {
		w.wanted[n] = true
	}
	w.step(Want{Names: names, AtOnce: w.rng.IntN(2) == 0})
}

func (w *world) unwant(now bool, names ...string) {
	for _, n := range names {
		w.wanted[n] = false
	}
	w.step(Unwant{names, now, "stopped by hand"})
}

// jump sets the clock. Timers go by the time that passes: they keep their
// distance, and what they were armed for.
func (w *world) jump(d time.Duration) {
	w.now = w.now.Add(d)
	for id, t := range w.timers {
		t.fires = t.fires.Add(d)
		w.timers[id] = t
	}
}

// deliver lets one thing that is under way arrive.
func (w *world) deliver() {
	if len(w.inbox) > 0 {
		fn := w.inbox[0]
		w.inbox = w.inbox[1:]
		fn()
	}
}

// tick lets time pass, and timers fire in their order.
func (w *world) tick(d time.Duration) {
	end := w.now.Add(d)
	for {
		var next timerID
		found := false
		for id, at := range w.timers {
			if !at.fires.After(end) && (!found || at.fires.Before(w.timers[next].fires)) {
				next, found = id, true
			}
		}
		if !found {
			w.now = end
			return
		}
		t := w.timers[next]
		if t.fires.After(w.now) {
			w.now = t.fires
		}
		delete(w.timers, next)
		w.step(Due{next.name, next.timer, t.at})
	}
}

func (w *world) check() {
	for _, i := range w.m.Instances {
		s := w.shims[i.Name]
		if i.AtRest() && s.alive && len(w.inbox) == 0 {
			w.fatalf("%s: %s, but its run %d lives", i.Name, i.State, s.run)
		}
		if i.Wanted != w.wanted[i.Name] {
			w.fatalf("%s: wanted is %t, was asked for %t", i.Name, i.Wanted, w.wanted[i.Name])
		}
		if i.State == Backoff {
			if _, ok := w.timers[timerID{i.Name, TimerRestart}]; !ok {
				w.fatalf("%s: in backoff with no timer", i.Name)
			}
		}
		if i.Schedule != "" && i.Wanted {
			if _, ok := w.timers[timerID{i.Name, TimerPlan}]; !ok {
				w.fatalf("%s: scheduled with no timer", i.Name)
			}
		}
		if i.Leaving && i.AtRest() {
			w.fatalf("%s: at rest, and not removed", i.Name)
		}
		if i.Halting || i.Process == ProcessLeaving {
			if _, ok := w.timers[timerID{i.Name, TimerStop}]; !ok {
				w.fatalf("%s: stopping with no timer", i.Name)
			}
		}
	}
}

func diamond(n int) []Definition {
	policy := restart.Policy{Mode: restart.OnFailure, MaxRestarts: 5, Delay: 100 * time.Millisecond, MaxDelay: time.Second, BackoffFactor: 2}
	var defs []Definition
	for k := range n {
		d := Definition{Name: fmt.Sprintf("s%d", k), Policy: policy, StopTimeout: 2 * time.Second, Probed: k%2 == 1}
		d.Service = d.Name
		when := []Condition{WhenReady, WhenStarted, WhenReady, WhenCompleted}
		switch k {
		case 1: // its health is watched, and a bad one leads to a restart
			d.Check = &Check{Retries: 2, StartPeriod: time.Second, Restart: true}
		case 2: // ready after a while
			d.ReadyAfter = 500 * time.Millisecond
		case 3:
			d.Task, d.Probed = true, false
		case n - 1: // as 1, but only told
			d.Probed, d.Check = true, &Check{Retries: 1}
		}
		if k > 0 && k < n-1 {
			d.DependsOn = []Dependency{{"s0", when[k%2]}}
			if k == 2 {
				d.RestartWith = []string{"s0"}
			}
		}
		if k == n-1 {
			for j := 1; j < n-1; j++ {
				d.DependsOn = append(d.DependsOn, Dependency{fmt.Sprintf("s%d", j), when[j%len(when)]})
			}
		}
		defs = append(defs, d)
	}
	return defs
}

func TestPromisesHoldWhateverHappens(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	rounds := 400 // of 400 events each
	if n, err := strconv.Atoi(os.Getenv("PROX_ROUNDS")); err == nil {
		rounds = n
	}
	if testing.Short() {
		rounds = 50
	}
	for k := range rounds {
		round(t, seed+uint64(k), 400)
	}
}

func round(t testing.TB, seed uint64, steps int) {
	overlaps := []schedule.Overlap{schedule.Skip, schedule.Queue, schedule.Replace}
	defs := append(diamond(5), Definition{
		Name: "tick", Service: "tick", Task: true, Schedule: "@every 2s", Overlap: overlaps[seed%3], StopTimeout: time.Second,
		Policy: restart.Policy{Mode: restart.Never, BackoffFactor: 1},
	})
	defs[1].Touched, defs[2].Touched, defs[3].Touched, defs[2].AwaitChange = TouchRestart, TouchAct, TouchRestart, true
	w := newWorld(t, seed, defs)
	var names []string
	for _, d := range defs {
		names = append(names, d.Name)
	}
	for range steps {
		w.happen(names)
		w.check()
	}
	// A stop always ends.
	w.step(Define{defs})
	w.unwant(w.rng.IntN(2) == 0, names...)
	for range 200 {
		w.deliver()
		if len(w.inbox) == 0 {
			w.tick(time.Second)
		}
	}
	for _, i := range w.m.Instances {
		if !i.AtRest() || w.shims[i.Name].alive {
			w.fatalf("%s: %s (%s) long after a stop", i.Name, i.State, i.Reason)
		}
	}
	// And whatever happened, a start brings everything up again.
	for range 20 {
		w.want(names...)
		for range 60 {
			w.deliver()
			for _, n := range names {
				i, s := w.m.Instance(n), w.shims[n]
				switch {
				case i.Task && s.alive:
					s.alive, s.told = false, s.run
					w.step(Exited{n, Exit{Run: s.run, At: w.now, Ran: time.Second}, 0})
				case i.Probed && (i.State == Running || i.State == Unhealthy):
					w.step(ProbePassed{n, s.run})
				}
			}
			if len(w.inbox) == 0 {
				w.tick(200 * time.Millisecond)
			}
		}
		if !slices.ContainsFunc(w.m.Instances, func(i *Instance) bool { return i.State != Ready && i.State != Done && !i.Idle }) {
			return
		}
	}
	w.fatalf("a start did not bring everything up")
}

func FuzzSeeds(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { round(t, seed, 200) })
}
