// Package machine decides: it is the controller's state, and one function that
// takes an event and answers with effects. It does no I/O, reads no clock and
// starts no goroutine; time arrives inside events.
//
// An instance is a pair of what is wanted (up or down) and what is. Its shim
// (the process in its tmux window) and its process are followed apart,
// because a shim outlives many runs, and a run may be cleaned up after its
// shim has died. The states that people see, in the order of a life:
//
//	state      wanted  process           what ends it
//	waiting    up      none              every dependency ready (or done) -> starting
//	starting   up      ordered           the shim reports the process -> running or ready
//	running    up      alive             readiness seen -> ready; never seen -> unhealthy or stopping
//	ready      up      alive             exit -> backoff, failed or done; checks fail -> unhealthy or stopping
//	unhealthy  up      alive             a check passes again -> ready
//	stopping   any     alive or leaving  the run is gone -> stopped, or waiting when it is wanted again
//	backoff    up      none              the time has come -> waiting
//	stopped    down    none              somebody wants it -> waiting
//	failed     up      none              somebody wants it afresh -> waiting
//	done       up      none              somebody wants it afresh -> waiting
//
// Deciders, first wins: a stop by hand beats a restart by policy; a wish to
// start beats failed, done and backoff; a process that still lives beats every
// wish to start (there are never two).
//
// What always holds, whatever order events come in (the tests throw random
// ones at it):
//
//   - one instance never has two processes: a run is ordered only after the
//     run before it is gone;
//   - a run is ordered only while everything it depends on is ready or done;
//   - after a stop by hand nothing is started until somebody wants it;
//   - whoever is stopping ends: by its report, or by a timer and a sweep;
//   - what is stopped together stops in reverse order of dependency, unless
//     it is to be now.
package machine

import (
	"slices"
	"time"

	"prox/internal/schedule"
	"prox/restart"
)

// State is what people call an instance's state.
type State string

// The states; see the package's table.
const (
	Waiting   State = "waiting"
	Starting  State = "starting"
	Running   State = "running"
	Ready     State = "ready"
	Unhealthy State = "unhealthy"
	Stopping  State = "stopping"
	Stopped   State = "stopped"
	Backoff   State = "backoff"
	Failed    State = "failed"
	Done      State = "done"
)

// Shim is what is known of an instance's shim.
type Shim string

// The conditions of a shim.
const (
	ShimNone      Shim = ""
	ShimOpening   Shim = "opening"   // its window has been ordered, or it is to be adopted
	ShimConnected Shim = "connected" // it has said hello
)

// Process is what is known of an instance's process.
type Process string

// The conditions of a process.
const (
	ProcessNone    Process = ""
	ProcessOrdered Process = "ordered" // the shim was told to start it
	ProcessAlive   Process = "alive"
	ProcessLeaving Process = "leaving" // it has ended, what it left is being cleaned up
)

// Limits on what the machine waits for.
const (
	ShimPatience = 10 * time.Second // a new window's shim says hello
	StopPatience = 5 * time.Second  // a stop ends, beyond the service's own timeout
)

// Condition is what must hold of a dependency.
type Condition string

// The conditions.
const (
	WhenStarted   Condition = "started"   // it has a process
	WhenReady     Condition = "ready"     // it can be used, or is done
	WhenCompleted Condition = "completed" // it ended with success
)

// Dependency is a service that must have come some way first.
type Dependency struct {
	Service string    `json:"service"`
	When    Condition `json:"when"`
}

// Check says what the answers of a health check lead to; the check itself goes
// on for as long as the run does.
type Check struct {
	Retries     int           `json:"retries"`      // failures in a row until it is unhealthy, 1 at least
	StartPeriod time.Duration `json:"start_period"` // after its start, in which failures don't count
	Restart     bool          `json:"restart"`      // what is unhealthy is restarted, by the policy
}

// Definition is what an instance is.
type Definition struct {
	Name        string           `json:"name"`
	Service     string           `json:"service"`
	Replaces    string           `json:"replaces,omitempty"` // the instance that must be gone before it starts
	DependsOn   []Dependency     `json:"depends_on,omitempty"`
	RestartWith []string         `json:"restart_with,omitempty"` // services whose restart is its own too
	Probed      bool             `json:"probed,omitempty"`       // ready only when a probe says so
	Check       *Check           `json:"check,omitempty"`        // the probe goes on when it is ready
	ReadyAfter  time.Duration    `json:"ready_after,omitempty"`  // ready when it has run for so long
	Task        bool             `json:"task,omitempty"`         // runs to its end once: it is done, and never ready
	Schedule    string           `json:"schedule,omitempty"`     // when a task runs again and again, as schedule.Parse reads it
	Overlap     schedule.Overlap `json:"overlap,omitempty"`      // what becomes of a run that is due while the last goes on
	Touched     Touch            `json:"touched,omitempty"`      // what becomes of it when a watched file changes; "" = nobody watches
	AwaitChange bool             `json:"await_change,omitempty"` // a watched file that changes starts it again after a crash loop too
	Policy      restart.Policy   `json:"policy"`
	StopTimeout time.Duration    `json:"stop_timeout"`
}

// Touch is what becomes of an instance when a watched file changes.
type Touch string

// What a changed file can lead to.
const (
	TouchRestart Touch = "restart"
	TouchAct     Touch = "act" // it is told by a signal or a command; what does not run is started
)

// Needs names the services it depends on.
func (d Definition) Needs() []string {
	var names []string
	for _, on := range d.DependsOn {
		names = append(names, on.Service)
	}
	return names
}

// Exit is how a run ended.
type Exit struct {
	Run        int           `json:"run"`
	Code       int           `json:"code"`
	Signal     string        `json:"signal,omitempty"`
	CoreDumped bool          `json:"core_dumped,omitempty"`
	Error      string        `json:"error,omitempty"` // it could not even be started, or its end was not seen
	Hint       string        `json:"hint,omitempty"`  // what to do about Error
	Hopeless   bool          `json:"hopeless,omitempty"`
	Unhealthy  string        `json:"unhealthy,omitempty"` // it was ended because of this
	Asked      string        `json:"asked,omitempty"`     // why it was told to end; "" when it ended by itself
	Ending     string        `json:"-"`                   // its last lines; the policy's history keeps what it compares
	Over       string        `json:"over,omitempty"`      // it was ended because it was over this limit
	At         time.Time     `json:"at"`
	Ran        time.Duration `json:"ran"`
}

// Instance is one copy of a service. The fields are exported to be shown and
// to be written down; only Step changes them.
type Instance struct {
	Definition
	Wanted    bool            `json:"wanted"`
	State     State           `json:"state"`
	Reason    string          `json:"reason,omitempty"`
	Since     time.Time       `json:"since"`
	Shim      Shim            `json:"shim,omitempty"`
	Process   Process         `json:"process,omitempty"`
	Run       int             `json:"run"`
	Pid       int             `json:"pid,omitempty"`
	StartedAt time.Time       `json:"started_at,omitzero"`
	ReadyAt   time.Time       `json:"ready_at,omitzero"`
	NextAt    time.Time       `json:"next_at,omitzero"`
	Restarts  int             `json:"restarts"` // since somebody last wanted it
	History   restart.History `json:"history"`
	Exits     []Exit          `json:"exits,omitempty"` // the last 20, oldest first

	Tries    int    `json:"tries,omitempty"`    // answers of its health check that were not good, in this run
	Failures int    `json:"failures,omitempty"` // of its health check, in a row
	Answer   string `json:"answer,omitempty"`   // of its health check when that last failed, "" when it passed
	Sick     string `json:"sick,omitempty"`     // why it was told to end, where that is its health
	Over     string `json:"over,omitempty"`     // the same, where it was over a limit

	Again   bool   `json:"again,omitempty"`   // to be stopped, then started
	With    string `json:"with,omitempty"`    // the service whose restart that is, "" when somebody wants it
	Because string `json:"because,omitempty"` // why its run began, where that was a restart that nobody asked for
	Cause   string `json:"cause,omitempty"`   // why it is restarted, where nobody asked for it and no service did
	Halting bool   `json:"halting,omitempty"` // told to end
	Now     bool   `json:"now,omitempty"`     // without grace, out of order
	ByHand  string `json:"by_hand,omitempty"` // why it is not wanted, for people
	Leaving bool   `json:"leaving,omitempty"` // it is no longer defined, and is removed when it is at rest

	PlannedAt time.Time `json:"planned_at,omitzero"` // when a scheduled task runs next
	Idle      bool      `json:"idle,omitempty"`      // it waits for that time only
	Held      bool      `json:"held,omitempty"`      // a run is due, and starts when the last one has ended
}

// LastExit is how its last run ended, nil when none has.
func (i *Instance) LastExit() *Exit {
	if len(i.Exits) == 0 {
		return nil
	}
	return &i.Exits[len(i.Exits)-1]
}

// AtRest reports that the instance has no process.
func (i *Instance) AtRest() bool { return i.Process == ProcessNone }

// Machine is all that the controller knows of its instances, in the order
// they were defined. The zero value is empty and ready.
type Machine struct {
	Instances []*Instance `json:"instances"`

	effects []Effect
	now     time.Time
}

// Instance returns the instance called name, nil when there is none.
func (m *Machine) Instance(name string) *Instance {
	for _, i := range m.Instances {
		if i.Name == name {
			return i
		}
	}
	return nil
}

// Of returns the instances of a service.
func (m *Machine) Of(service string) []*Instance {
	var out []*Instance
	for _, i := range m.Instances {
		if i.Service == service {
			out = append(out, i)
		}
	}
	return out
}

// Step takes in what happened at a time and says what is to be done. Effects
// are to be carried out in their order.
func (m *Machine) Step(at time.Time, ev Event) []Effect {
	m.now, m.effects = at, nil
	ev.apply(m)
	m.settleAll()
	return m.effects
}

func (m *Machine) emit(e Effect) { m.effects = append(m.effects, e) }

// settleAll closes the gap between wanted and actual, until nothing moves:
// one instance's step may be what another waits for.
func (m *Machine) settleAll() {
	for moved := true; moved; {
		moved = false
		for _, i := range m.Instances {
			before := len(m.effects)
			m.settle(i)
			moved = moved || len(m.effects) != before
		}
	}
	m.Instances = slices.DeleteFunc(m.Instances, func(i *Instance) bool {
		if !i.Leaving || !i.AtRest() {
			return false
		}
		for _, t := range []Timer{TimerRestart, TimerShim, TimerStop, TimerReady, TimerPlan} {
			m.disarm(i, t)
		}
		m.emit(Removed{Name: i.Name})
		return true
	})
}

func (m *Machine) settle(i *Instance) {
	switch {
	case !i.AtRest():
		m.settleProcess(i)
	case !i.Wanted:
		if i.State != Stopped && (i.State != Failed && i.State != Done || i.Schedule != "") {
			m.disarm(i, TimerRestart)
			m.set(i, Stopped, i.ByHand)
		}
	case i.Idle:
		m.openWindow(i)
	case i.State == Waiting || i.State == Starting:
		m.settleStart(i)
	}
}

// settleProcess ends a process that is not wanted, or wanted anew.
func (m *Machine) settleProcess(i *Instance) {
	if i.Halting || i.Process == ProcessLeaving || i.Wanted && !i.Again {
		return
	}
	reason := i.ByHand
	if i.Again {
		reason = "restart by hand"
		switch {
		case i.With != "":
			reason = "restart with " + i.With
		case i.Cause != "":
			reason = i.Cause
		}
	}
	if first := m.mustStopFirst(i); first != "" && !i.Now {
		m.set(i, Stopping, "waiting for "+first+" to stop first")
		return
	}
	i.Halting = true
	m.set(i, Stopping, reason)
	m.emit(StopProbe{Name: i.Name})
	m.emit(Halt{Name: i.Name, Run: i.Run, Now: i.Now})
	m.arm(i, TimerStop, m.now.Add(i.StopTimeout+StopPatience))
}

// mustStopFirst names a dependent that is ending too and still has a process.
func (m *Machine) mustStopFirst(i *Instance) string {
	if i.Leaving { // of copies that leave, the newest goes first
		of := m.Of(i.Service)
		for _, d := range of[slices.Index(of, i)+1:] {
			if d.Leaving && !d.AtRest() {
				return d.Name
			}
		}
	}
	for _, d := range m.Instances {
		if d.AtRest() || d.Wanted && !d.Again || d.Service == i.Service {
			continue
		}
		for _, on := range d.DependsOn {
			if on.Service == i.Service {
				return d.Name
			}
		}
	}
	return ""
}

// settleStart opens a window at once, so that all windows of a start come in
// one batch, and orders the run when its time has come.
func (m *Machine) settleStart(i *Instance) {
	m.openWindow(i)
	if why := m.waitsFor(i); why != "" {
		m.set(i, Waiting, why)
		return
	}
	if i.Shim != ShimConnected {
		m.set(i, Starting, "")
		return
	}
	i.Run++
	i.Process = ProcessOrdered
	i.Pid, i.StartedAt, i.ReadyAt = 0, time.Time{}, time.Time{}
	i.Failures, i.Answer, i.Tries = 0, "", 0
	m.set(i, Starting, "")
	m.emit(Start{Name: i.Name, Run: i.Run})
}

func (m *Machine) openWindow(i *Instance) {
	if i.Shim == ShimNone {
		i.Shim = ShimOpening
		m.emit(OpenWindow{Name: i.Name})
		m.arm(i, TimerShim, m.now.Add(ShimPatience))
	}
}

// waitsFor says, in words, the first thing that keeps i from starting.
func (m *Machine) waitsFor(i *Instance) string {
	if old := m.Instance(i.Replaces); i.Replaces != "" && old != nil && old != i && !old.AtRest() {
		return "waiting for " + i.Replaces + " to make way"
	}
	for _, on := range i.DependsOn {
		if !m.met(on) {
			return "waiting for " + m.describe(on)
		}
	}
	return ""
}

// Holds reports whether a dependency's instance has come as far as it must.
func (on Dependency) Holds(d *Instance) bool {
	if d.Again || d.Halting {
		return false
	}
	switch {
	case d.State == Done:
		return true
	case on.When == WhenStarted:
		return d.State == Running || d.State == Ready || d.State == Unhealthy
	case on.When == WhenCompleted:
		return false
	}
	return d.State == Ready
}

// met reports whether a dependency can be relied on.
func (m *Machine) met(on Dependency) bool {
	found := false
	for _, d := range m.Instances {
		if d.Service != on.Service {
			continue
		}
		found = true
		if !on.Holds(d) {
			return false
		}
	}
	return found
}

func (m *Machine) describe(on Dependency) string {
	for _, d := range m.Instances {
		if d.Service != on.Service || on.Holds(d) {
			continue
		}
		switch {
		case d.State == Failed:
			return on.Service + ", which failed: " + d.Reason
		case d.State == Stopped:
			return on.Service + ", which is stopped"
		case on.When == WhenCompleted:
			return on.Service + " to be done"
		case (d.State == Running || d.State == Unhealthy) && d.Reason != "":
			return on.Service + " (" + d.Reason + ")"
		}
		return on.Service
	}
	return on.Service
}

// set moves an instance to a state and tells whoever listens. A new reason in
// the same state is news too.
func (m *Machine) set(i *Instance, s State, reason string) {
	if i.State == s && i.Reason == reason {
		return
	}
	if i.State != s {
		i.Since = m.now
	}
	i.State, i.Reason = s, reason
	if s != Backoff {
		i.NextAt = time.Time{}
	}
	m.emit(Changed{Name: i.Name, State: s, Reason: reason, Run: i.Run, NextAt: i.NextAt})
}

func (m *Machine) arm(i *Instance, t Timer, at time.Time) {
	m.emit(Arm{Name: i.Name, Timer: t, At: at})
}

func (m *Machine) disarm(i *Instance, t Timer) { m.emit(Disarm{Name: i.Name, Timer: t}) }
