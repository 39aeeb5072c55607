package machine

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"prox/internal/schedule"
	"prox/restart"
)

// Event is something that happened. Names that no instance has are ignored:
// an event may be older than the instance's removal.
type Event interface{ apply(m *Machine) }

// Define adds instances, or changes what existing ones are.
type Define struct{ Definitions []Definition }

func (e Define) apply(m *Machine) {
	for _, d := range e.Definitions {
		if i := m.Instance(d.Name); i != nil {
			planned := i.Schedule
			i.Definition, i.Leaving = d, false
			if i.Wanted && i.Schedule != planned {
				m.plan(i)
			}
			if i.Schedule == "" { // it waits for no time any more
				i.Idle, i.Held = false, false
			}
			continue
		}
		m.Instances = append(m.Instances, &Instance{Definition: d, State: Stopped, Reason: "not started yet", Since: m.now})
	}
}

// Remove says that instances are no longer defined: they end, and are forgotten.
type Remove struct {
	Names []string
	Why   string // for people: "no longer in the config"
}

func (e Remove) apply(m *Machine) {
	Unwant{Names: e.Names, Why: e.Why}.apply(m)
	for _, name := range e.Names {
		if i := m.Instance(name); i != nil {
			i.Leaving = true
		}
	}
}

// Want asks for instances to be up. What has given up starts afresh. A
// scheduled task waits for its time, unless it is to run at once.
type Want struct {
	Names  []string
	AtOnce bool
}

func (e Want) apply(m *Machine) {
	for _, name := range e.Names {
		i := m.Instance(name)
		if i == nil {
			continue
		}
		known := i.Wanted
		i.Wanted, i.ByHand, i.Now, i.Sick, i.Over, i.Leaving = true, "", false, "", "", false
		if i.Schedule != "" && !m.wantScheduled(i, known, e.AtOnce) {
			continue
		}
		switch i.State {
		case Stopped, Failed, Done, Backoff:
			m.afresh(i)
		case Stopping:
			// It starts again when it is gone, or stays if it was not told yet.
			if !i.Halting && i.Process == ProcessAlive && !i.Again {
				m.revive(i)
			}
		}
	}
}

// wantScheduled plans a task's next run; true when one is to start now.
func (m *Machine) wantScheduled(i *Instance, known, now bool) bool {
	if !known || i.PlannedAt.IsZero() {
		m.plan(i)
	}
	if now {
		i.Idle = false
		return true
	}
	if i.State == Stopped {
		i.Idle = true
		m.set(i, Waiting, "for its time")
	}
	return i.State == Stopping // what was to be stopped goes on
}

// plan settles when a scheduled task runs next.
func (m *Machine) plan(i *Instance) {
	i.PlannedAt = time.Time{}
	if s, err := schedule.Parse(i.Schedule); err == nil { // else it was checked before, and is never due
		i.PlannedAt = s.Next(m.now)
	}
	m.armPlan(i)
}

// planLook is how often a planned time is looked at before it has come: the
// clock may be set, and the machine may sleep.
const planLook = time.Minute

func (m *Machine) armPlan(i *Instance) {
	if i.PlannedAt.IsZero() {
		m.disarm(i, TimerPlan)
		return
	}
	at := i.PlannedAt
	if look := m.now.Add(planLook); look.Before(at) {
		at = look
	}
	m.arm(i, TimerPlan, at)
}

// due starts a scheduled run whose time has come, if the last one lets it.
func (m *Machine) due(i *Instance) {
	s, err := schedule.Parse(i.Schedule)
	if err != nil || !i.Wanted {
		i.PlannedAt = time.Time{}
		return
	}
	run, next := s.Due(i.PlannedAt, m.now)
	i.PlannedAt = next
	m.armPlan(i)
	if !run {
		return
	}
	switch i.Overlap.Decide(!i.AtRest(), i.Held || i.State == Waiting && !i.Idle) {
	case schedule.Start:
		i.Idle = false
		m.afresh(i)
	case schedule.Hold:
		i.Held = true
	case schedule.StopOld:
		if !i.Halting {
			i.Again, i.Cause = true, "its next run is due"
		}
	default:
		m.emit(Told{i.Name, "a run of " + i.Name + " was left out: " + i.crowded()})
	}
}

// crowded says why a run that is due is left out.
func (i *Instance) crowded() string {
	switch {
	case i.Held:
		return "one is queued already, for when the one before has ended"
	case i.AtRest():
		return "the one before has not begun yet"
	}
	return "the one before goes on"
}

// FilesChanged says that files which an instance watches have changed.
type FilesChanged struct {
	Name string
	Why  string // for people, with the files' names: "src/main.go changed"
}

func (e FilesChanged) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil || i.Touched == "" || !i.Wanted || i.Leaving {
		return
	}
	switch {
	case i.Halting || i.Again || i.Process == ProcessLeaving:
		// It starts anew anyway.
	case i.State == Failed && !i.AwaitChange:
	case i.AtRest() && (i.State == Failed || i.State == Backoff || i.State == Done):
		i.Idle = false
		m.emit(Told{i.Name, e.Why + ": " + i.Name + " starts again"})
		m.afresh(i)
		i.Because = e.Why
	case i.AtRest():
	case i.Touched == TouchAct:
		m.emit(Act{i.Name, e.Why})
	default:
		i.Again, i.With, i.Cause = true, "", e.Why
	}
}

// afresh forgets the failures of the past.
func (m *Machine) afresh(i *Instance) {
	i.History, i.Restarts, i.Because = restart.History{}, 0, ""
	m.disarm(i, TimerRestart)
	m.set(i, Waiting, "")
}

// revive puts the state back that a process which was to be stopped had.
func (m *Machine) revive(i *Instance) {
	if i.ReadyAt.IsZero() {
		m.set(i, Running, "")
		return
	}
	m.set(i, Ready, "")
}

// Unwant asks for instances to be down; Now means without grace and order.
type Unwant struct {
	Names []string
	Now   bool
	Why   string // for people: "stopped by hand"
}

func (e Unwant) apply(m *Machine) {
	for _, name := range e.Names {
		i := m.Instance(name)
		if i == nil {
			continue
		}
		i.down(e.Why)
		if i.Schedule != "" {
			m.disarm(i, TimerPlan)
		}
		if e.Now && !i.Now {
			i.Now = true
			if i.Halting || i.Process == ProcessLeaving {
				m.emit(Halt{Name: i.Name, Run: i.Run, Now: true})
				m.arm(i, TimerStop, m.now.Add(StopPatience))
			}
		}
	}
}

// down forgets all that would start it again.
func (i *Instance) down(why string) {
	i.Wanted, i.Again, i.With, i.Cause, i.ByHand = false, false, "", "", why
	i.Idle, i.Held, i.PlannedAt = false, false, time.Time{}
}

// Again asks for instances to be stopped and started.
type Again struct{ Names []string }

func (e Again) apply(m *Machine) {
	for _, name := range e.Names {
		i := m.Instance(name)
		if i == nil {
			continue
		}
		i.Wanted, i.ByHand, i.Now, i.Sick, i.Over, i.Leaving = true, "", false, "", "", false
		if i.Schedule != "" {
			i.Idle = false
			m.plan(i)
		}
		if i.AtRest() {
			m.afresh(i)
			continue
		}
		i.With, i.Cause = "", ""
		i.Again = !i.Halting // one that is ending already starts again anyway
	}
}

// Connected tells what a shim said of itself. Reports that it repeats follow
// as events of their own; Pending says that some do.
type Connected struct {
	Name      string
	Phase     Process // none, alive or leaving
	Run       int
	Pid       int
	StartedAt time.Time
	Pending   bool
}

func (e Connected) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil {
		return
	}
	i.Shim = ShimConnected
	m.disarm(i, TimerShim)
	if e.Phase == ProcessNone {
		m.connectedIdle(i, e)
		return
	}
	if e.Run < i.Run {
		// It runs what is not its turn any more: end that first.
		m.emit(Halt{Name: i.Name, Run: e.Run, Now: true})
		return
	}
	known := i.Run == e.Run && i.Process == ProcessAlive
	i.Run, i.Pid, i.StartedAt = e.Run, e.Pid, e.StartedAt
	switch {
	case e.Phase == ProcessLeaving:
		i.Process = ProcessLeaving
		m.set(i, Stopping, i.Reason)
		m.arm(i, TimerStop, m.now.Add(i.StopTimeout+StopPatience))
	case i.Halting:
		i.Process = ProcessAlive
		m.emit(Halt{Name: i.Name, Run: i.Run, Now: i.Now}) // the first order may be lost
		m.arm(i, TimerStop, m.now.Add(i.StopTimeout+StopPatience))
	case known && i.State == Ready:
		// adopted as it was
		if i.Check != nil && i.Wanted && !i.Again {
			m.emit(Probe{Name: i.Name, Run: i.Run})
		}
	default:
		m.started(i)
	}
}

// connectedIdle reconciles with a shim in which nothing runs.
func (m *Machine) connectedIdle(i *Instance, e Connected) {
	switch {
	case i.AtRest():
	case e.Run < i.Run && i.Process == ProcessOrdered:
		if i.Wanted && !i.Halting {
			// The order was lost: it is given again when its time has come,
			// for what it depends on may have gone in the meantime.
			i.Process = ProcessNone
			i.Run--
			return
		}
		m.finish(i)
	case !e.Pending:
		m.ended(i, Exit{Run: i.Run, Code: -1, Error: "its end was not seen", At: m.now})
		m.finish(i)
	}
}

// Lost says that a shim is dead, and with it the PTY of its process.
type Lost struct{ Name, Why string }

func (e Lost) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil || i.Shim == ShimNone {
		return
	}
	i.Shim = ShimNone
	m.disarm(i, TimerShim)
	if i.AtRest() {
		return
	}
	m.emit(StopProbe{Name: i.Name})
	if i.Process != ProcessLeaving {
		m.ended(i, Exit{Run: i.Run, Code: -1, Error: e.Why, At: m.now, Ran: ran(i, m.now)})
	}
	i.Process = ProcessLeaving
	m.set(i, Stopping, e.Why+"; cleaning up")
	m.emit(Sweep{Name: i.Name, Run: i.Run})
	m.arm(i, TimerStop, m.now.Add(StopPatience))
}

func ran(i *Instance, now time.Time) time.Duration {
	if i.StartedAt.IsZero() {
		return 0
	}
	return now.Sub(i.StartedAt)
}

// Started says that a run's process lives.
type Started struct {
	Name string
	Run  int
	Pid  int
	At   time.Time
}

func (e Started) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil || e.Run != i.Run || i.Process != ProcessOrdered {
		return
	}
	i.Pid, i.StartedAt = e.Pid, e.At
	if i.Halting || !i.Wanted {
		i.Process = ProcessAlive
		return
	}
	m.started(i)
}

func (m *Machine) started(i *Instance) {
	i.Process = ProcessAlive
	if !i.Wanted || i.Again {
		return // settle ends it
	}
	switch {
	case i.Task:
		m.set(i, Running, "")
	case i.Probed:
		m.set(i, Running, "")
		m.emit(Probe{Name: i.Name, Run: i.Run})
	case i.ReadyAfter > 0:
		m.set(i, Running, "")
		m.arm(i, TimerReady, i.StartedAt.Add(i.ReadyAfter))
	default:
		i.ReadyAt = m.now
		m.set(i, Ready, "")
	}
}

// ProbePassed says that a run can be used.
type ProbePassed struct {
	Name string
	Run  int
}

func (e ProbePassed) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil || e.Run != i.Run || i.Task {
		return
	}
	i.Failures, i.Answer = 0, ""
	switch i.State {
	case Running, Unhealthy:
		i.ReadyAt = m.now
		m.set(i, Ready, "")
	}
}

// ProbeFailed is an answer of a health check that is not the one hoped for.
type ProbeFailed struct {
	Name string
	Run  int
	Why  string
}

func (e ProbeFailed) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil || e.Run != i.Run || i.Check == nil || i.Process != ProcessAlive || i.Halting || i.Again || !i.Wanted {
		return
	}
	i.Answer = e.Why
	i.Tries++
	switch i.State {
	case Running:
		m.set(i, Running, e.Why)
		if m.now.Sub(i.StartedAt) < i.Check.StartPeriod {
			return
		}
	case Unhealthy:
		m.set(i, Unhealthy, e.Why)
		return
	case Ready:
	default:
		return
	}
	if i.Failures++; i.Failures < i.Check.Retries {
		return
	}
	if !i.Check.Restart {
		m.set(i, Unhealthy, e.Why)
		return
	}
	i.Sick = e.Why
	m.cutShort(i, "unhealthy: "+e.Why)
}

// cutShort ends a run that is wanted, and the policy decides as about any other
// end.
func (m *Machine) cutShort(i *Instance, reason string) {
	i.Halting = true
	m.set(i, Stopping, reason)
	m.emit(StopProbe{Name: i.Name})
	m.emit(Halt{Name: i.Name, Run: i.Run})
	m.arm(i, TimerStop, m.now.Add(i.StopTimeout+StopPatience))
}

// Exceeded says that a run has used more than it may for too long, and is to
// be ended for that.
type Exceeded struct {
	Name string
	Run  int
	Why  string // "640 MB of memory"
}

func (e Exceeded) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil || e.Run != i.Run || i.Process != ProcessAlive || i.Halting || i.Again || !i.Wanted {
		return
	}
	i.Over = e.Why
	m.cutShort(i, "over its limit: "+e.Why)
}

// ProbeWaits says what readiness is still waiting for.
type ProbeWaits struct {
	Name string
	Run  int
	Why  string
}

func (e ProbeWaits) apply(m *Machine) {
	if i := m.Instance(e.Name); i != nil && e.Run == i.Run && i.State == Running {
		m.set(i, Running, e.Why)
	}
}

// Exited says that a run's own process ended and its output is read. Left
// counts what it left behind; when there is something, Gone follows.
type Exited struct {
	Name string
	Exit Exit
	Left int
}

func (e Exited) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil || e.Exit.Run != i.Run || i.Process != ProcessOrdered && i.Process != ProcessAlive {
		return
	}
	m.emit(StopProbe{Name: i.Name})
	m.ended(i, e.Exit)
	if e.Left == 0 {
		m.finish(i)
		return
	}
	i.Process = ProcessLeaving
	if !i.Halting {
		m.arm(i, TimerStop, m.now.Add(i.StopTimeout+StopPatience))
	}
	m.set(i, Stopping, fmt.Sprintf("%s; ending %d of its processes that outlived it", e.Exit, e.Left))
}

// Gone says that nothing of a run is left.
type Gone struct {
	Name string
	Run  int
}

func (e Gone) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil || e.Run != i.Run || i.AtRest() {
		return
	}
	if i.Process != ProcessLeaving { // its exit was never reported
		m.ended(i, Exit{Run: i.Run, Code: -1, Error: "its end was not seen", At: m.now, Ran: ran(i, m.now)})
	}
	m.finish(i)
}

// Closed says that a window was closed by hand: a stop of that instance,
// which its shim carries out by itself.
type Closed struct{ Name, Why string }

func (e Closed) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil {
		return
	}
	i.down(e.Why)
	if i.Schedule != "" {
		m.disarm(i, TimerPlan)
	}
	if i.AtRest() {
		return
	}
	if !i.Halting {
		i.Halting = true
		m.emit(StopProbe{Name: i.Name})
		m.arm(i, TimerStop, m.now.Add(i.StopTimeout+StopPatience))
	}
	m.set(i, Stopping, e.Why)
}

// WindowFailed says that an instance's window could not be opened.
type WindowFailed struct{ Name, Why string }

func (e WindowFailed) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil || i.Shim != ShimOpening {
		return
	}
	i.Shim = ShimNone
	m.disarm(i, TimerShim)
	if i.Wanted && i.AtRest() {
		m.set(i, Failed, e.Why)
	}
}

// Due says that a timer has run for as long as it was to. What the clock shows
// then may be anything: it may have been set.
type Due struct {
	Name  string
	Timer Timer
	At    time.Time // what the timer was armed for
}

func (e Due) apply(m *Machine) {
	i := m.Instance(e.Name)
	if i == nil {
		return
	}
	switch e.Timer {
	case TimerRestart:
		if i.State == Backoff && i.Wanted && e.come(m.now, i.NextAt) {
			m.set(i, Waiting, "")
		}
	case TimerShim:
		if i.Shim != ShimOpening {
			return
		}
		if i.AtRest() {
			WindowFailed{i.Name, fmt.Sprintf("its window did not come up within %s", ShimPatience)}.apply(m)
			return
		}
		Lost{i.Name, "its shim did not come back"}.apply(m)
	case TimerReady:
		if i.State == Running && i.Process == ProcessAlive && e.come(m.now, i.StartedAt.Add(i.ReadyAfter)) {
			i.ReadyAt = m.now
			m.set(i, Ready, "")
		}
	case TimerPlan:
		m.due(i)
	case TimerStop:
		if !i.AtRest() {
			m.set(i, Stopping, "it did not end in time; killing what is left")
			m.emit(Sweep{Name: i.Name, Run: i.Run})
			m.arm(i, TimerStop, m.now.Add(StopPatience))
		}
	}
}

// come reports whether the timer is the one for a time, or is so late that it
// doesn't matter.
func (e Due) come(now, at time.Time) bool { return e.At.Equal(at) || !now.Before(at) }

// Restored says that the machine was read back by a new controller: every
// shim that should be there has a while to say hello.
type Restored struct{ Patience time.Duration }

func (e Restored) apply(m *Machine) {
	for _, i := range m.Instances {
		if i.State == Backoff {
			m.arm(i, TimerRestart, i.NextAt)
		}
		if i.Schedule != "" && i.Wanted {
			m.armPlan(i)
		}
		if i.Halting || i.Process == ProcessLeaving {
			m.arm(i, TimerStop, m.now.Add(i.StopTimeout+StopPatience))
		}
		if i.Shim == ShimNone {
			continue
		}
		i.Shim = ShimOpening
		m.arm(i, TimerShim, m.now.Add(e.Patience))
	}
}

// ended records a run's end.
func (m *Machine) ended(i *Instance, e Exit) {
	e.Unhealthy, e.Over = i.Sick, i.Over
	if i.State == Stopping && i.Halting && i.Sick == "" && i.Over == "" {
		e.Asked = i.Reason
	}
	i.Exits = append(i.Exits, e)
	if extra := len(i.Exits) - 20; extra > 0 {
		i.Exits = slices.Delete(i.Exits, 0, extra)
	}
	m.emit(Ended{Name: i.Name, Exit: e})
}

// finish decides what comes after a run of which nothing is left.
func (m *Machine) finish(i *Instance) {
	anew, with, cause := i.Again || i.Halting && i.Wanted && i.Sick == "" && i.Over == "", i.With, i.Cause
	i.Process, i.Pid, i.Halting, i.Again, i.Sick, i.Over, i.With, i.Cause = ProcessNone, 0, false, false, "", "", "", ""
	m.disarm(i, TimerStop)
	switch {
	case !i.Wanted:
		i.Now = false
		m.set(i, Stopped, i.ByHand)
	case anew && (with != "" || cause != ""):
		i.Restarts++
		i.Because = cause
		if with != "" {
			i.Because = "restarted with " + with
		}
		if cause != "" { // what failed is another program now
			i.History = restart.History{}
		}
		m.set(i, Waiting, "")
	case anew:
		i.Held = false
		i.Restarts, i.History, i.Because = 0, restart.History{}, ""
		m.set(i, Waiting, "")
	case i.Held:
		i.Held = false
		m.afresh(i)
	default:
		m.decide(i)
	}
	if i.State == Waiting || i.State == Backoff {
		m.takeAlong(i.Service)
	}
}

// takeAlong restarts what is to be restarted with a service.
func (m *Machine) takeAlong(service string) {
	for _, d := range m.Instances {
		if d.Task && d.State == Done && d.Wanted && slices.Contains(d.RestartWith, service) {
			// What it did is gone with what it did it to.
			m.afresh(d)
			d.Because = "again with " + service
			continue
		}
		if d.Process != ProcessAlive || d.Halting || d.Again || !d.Wanted || !slices.Contains(d.RestartWith, service) {
			continue
		}
		d.Again, d.With = true, service
	}
}

// What ends as soon as it has started is restarted at once only so often: ten
// times within a second, and then a tenth of a second apart. A policy without a
// delay and without an end must not cost the whole machine.
const (
	breathAfter = 10
	breathWhile = time.Second
	breathPause = breathWhile / breathAfter
)

func (m *Machine) breath(i *Instance) time.Duration {
	exits := i.History.Exits // since somebody last wanted it
	if len(exits) < breathAfter {
		return 0
	}
	if since := m.now.Sub(exits[len(exits)-breathAfter].At); since < 0 || since >= breathWhile {
		return 0
	}
	return breathPause
}

// seed sets the jitter of instances apart that die at the same moment.
func seed(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return h.Sum64()
}

// decide asks the policy about an end that nobody had asked for.
func (m *Machine) decide(i *Instance) {
	e := i.LastExit()
	if e == nil {
		m.set(i, Waiting, "")
		return
	}
	if e.Hopeless {
		m.set(i, Failed, e.Error)
		return
	}
	exit := restart.Exit{Code: e.Code, Signal: e.Signal, Unhealthy: e.Unhealthy, Over: e.Over, Error: e.Error, Ran: e.Ran, At: e.At, Ending: e.Ending}
	i.History.Seed = seed(i.Name)
	d, h := i.Policy.Decide(i.History, exit)
	i.History = h
	wait := d.Wait(m.now) // not d.At: the clock may have jumped since the exit
	if b := m.breath(i); d.Restart && wait < b {
		wait = b
		d.Reason += fmt.Sprintf("; it ends so fast that it is restarted every %s", b)
	}
	if d.Restart {
		i.Because = "restarted after " + e.String()
	}
	switch {
	case d.Restart && wait == 0:
		i.Restarts++
		m.set(i, Waiting, "")
	case d.Restart:
		i.Restarts++
		i.NextAt = m.now.Add(wait)
		m.set(i, Backoff, d.Reason)
		m.arm(i, TimerRestart, i.NextAt)
	case i.Policy.Success(exit) && i.Task: // which is what it was started for
		m.set(i, Done, unusualCode(exit))
	case i.Policy.Success(exit):
		m.set(i, Done, d.Reason)
	default:
		m.set(i, Failed, d.Reason)
	}
}

// unusualCode is the code of a success that is not the usual one.
func unusualCode(e restart.Exit) string {
	if e.Code == 0 {
		return ""
	}
	return e.String()
}

// String says how a run ended: "exit code 1", "killed by SIGSEGV".
func (e Exit) String() string {
	switch {
	case e.Error != "":
		return e.Error
	case e.Unhealthy != "":
		return "unhealthy: " + e.Unhealthy
	case e.Over != "":
		return "over its limit: " + e.Over
	case e.Signal != "" && e.CoreDumped:
		return "killed by " + e.Signal + ", core dumped"
	case e.Signal != "":
		return "killed by " + e.Signal
	default:
		return fmt.Sprintf("exit code %d", e.Code)
	}
}
