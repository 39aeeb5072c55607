package machine

import "time"

// Effect is something to be done outside.
type Effect interface{ effect() }

// Timer tells an instance's timers apart. Arming one again moves it.
type Timer string

// The timers.
const (
	TimerRestart Timer = "restart" // backoff is over
	TimerShim    Timer = "shim"    // the shim should have said hello
	TimerStop    Timer = "stop"    // the run should be gone
	TimerReady   Timer = "ready"   // it has run for as long as it takes to be ready
	TimerPlan    Timer = "plan"    // a scheduled task may be due
)

type (
	// OpenWindow asks for the instance's window, with a shim in it. Those of
	// one Step belong into one batch.
	OpenWindow struct{ Name string }
	// Start orders a run.
	Start struct {
		Name string
		Run  int
	}
	// Halt orders the end of a run.
	Halt struct {
		Name string
		Run  int
		Now  bool
	}
	// Sweep kills what a run left where its shim can't do it any more; a Gone
	// event must follow.
	Sweep struct {
		Name string
		Run  int
	}
	// Arm asks for a Due event at a time.
	Arm struct {
		Name  string
		Timer Timer
		At    time.Time
	}
	// Disarm cancels a timer, whether it is armed or not.
	Disarm struct {
		Name  string
		Timer Timer
	}
	// Probe asks for readiness, and health where there is a Check, to be
	// watched until StopProbe.
	Probe struct {
		Name string
		Run  int
	}
	// StopProbe ends that.
	StopProbe struct{ Name string }
	// Changed tells of a new state, or a new reason for it.
	Changed struct {
		Name   string
		State  State
		Reason string
		Run    int
		NextAt time.Time
	}
	// Act asks for what is to be done about files that changed, where that is
	// not a restart.
	Act struct {
		Name string
		Why  string
	}
	// Removed tells that an instance is no longer there: its window is to go.
	Removed struct{ Name string }
	// Told is something that people should know of an instance.
	Told struct{ Name, Text string }
	// Ended tells of a run's end.
	Ended struct {
		Name string
		Exit Exit
	}
)

func (OpenWindow) effect() {}
func (Start) effect()      {}
func (Halt) effect()       {}
func (Sweep) effect()      {}
func (Arm) effect()        {}
func (Disarm) effect()     {}
func (Probe) effect()      {}
func (StopProbe) effect()  {}
func (Changed) effect()    {}
func (Ended) effect()      {}
func (Act) effect()        {}
func (Removed) effect()    {}
func (Told) effect()       {}
