package machine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"prox/internal/schedule"
	"prox/restart"
)

// desk plays one instance by hand: it says what the machine orders, in words.
type desk struct {
	m   Machine
	now time.Time
	log []string
}

func newDesk(d Definition) *desk {
	k := &desk{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	d.Service = d.Name
	k.do(Define{[]Definition{d}})
	return k
}

func (k *desk) do(ev Event) {
	for _, e := range k.m.Step(k.now, ev) {
		switch e := e.(type) {
		case Start:
			k.log = append(k.log, fmt.Sprintf("start %d", e.Run))
			k.do(Started{e.Name, e.Run, 1, k.now})
		case Halt:
			k.log = append(k.log, fmt.Sprintf("halt %d", e.Run))
		case OpenWindow:
			k.do(Connected{Name: e.Name})
		case Told:
			k.log = append(k.log, e.Text)
		case Act:
			k.log = append(k.log, "act: "+e.Why)
		case Removed:
			k.log = append(k.log, "removed")
		}
	}
}

// exit ends the run that goes on.
func (k *desk) exit(code int) {
	i := k.m.Instances[0]
	k.do(Exited{Name: i.Name, Exit: Exit{Run: i.Run, Code: code, At: k.now, Ran: time.Second}})
}

// pass lets time pass, and the plan's timer fire.
func (k *desk) pass(d time.Duration) {
	k.now = k.now.Add(d)
	k.do(Due{Name: k.m.Instances[0].Name, Timer: TimerPlan})
}

func (k *desk) said(t *testing.T, what, want string) {
	t.Helper()
	if got := strings.Join(k.log, ", "); got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
	k.log = nil
}

func TestScheduledRuns(t *testing.T) {
	t.Parallel()
	task := Definition{Name: "tick", Task: true, Schedule: "@every 10s", StopTimeout: time.Second, Policy: restart.Policy{Mode: restart.Never, BackoffFactor: 1}}
	for overlap, wants := range map[schedule.Overlap][2]string{
		schedule.Skip:    {"a run of tick was left out: the one before goes on, a run of tick was left out: the one before goes on", ""},
		schedule.Queue:   {"a run of tick was left out: one is queued already, for when the one before has ended", "start 2"}, // one waits at most
		schedule.Replace: {"halt 1", "start 2"},
	} {
		d := task
		d.Overlap = overlap
		k := newDesk(d)
		k.do(Want{Names: []string{"tick"}})
		k.said(t, "wanted", "")
		if i := k.m.Instances[0]; i.State != Waiting || !i.Idle || !i.PlannedAt.Equal(k.now.Add(10*time.Second)) {
			t.Errorf("planned: %+v", i)
		}
		k.pass(9 * time.Second)
		k.said(t, "too early", "")
		k.pass(time.Second)
		k.said(t, "due", "start 1")
		k.pass(10 * time.Second)
		k.pass(10 * time.Second)
		k.said(t, "due while the last goes on", wants[0])
		k.exit(0)
		k.said(t, "the last one has ended", wants[1])
		if wants[1] != "" {
			k.exit(0)
		}
		if i := k.m.Instances[0]; i.State != Done {
			t.Errorf("%s: %s %s", overlap, i.State, i.Reason)
		}
		k.log = nil
		k.pass(time.Hour) // asleep: what was missed is not made up for
		k.said(t, "missed", "")
		k.pass(10 * time.Second)
		if len(k.log) != 1 {
			t.Errorf("after the sleep: %q", k.log)
		}
		k.exit(1)
		k.log = nil
		k.now = k.now.Add(-2 * time.Hour) // the clock is set back: the plan comes nearer with it
		k.pass(0)
		k.pass(10 * time.Second)
		if len(k.log) != 1 {
			t.Errorf("after the clock was set back: %q", k.log)
		}
		k.exit(0)
		k.log = nil
		k.do(Want{Names: []string{"tick"}})
		k.said(t, "wanted again", "")
		k.do(Want{Names: []string{"tick"}, AtOnce: true})
		if len(k.log) != 1 {
			t.Errorf("named: %q", k.log)
		}
		k.exit(0)
		k.do(Unwant{Names: []string{"tick"}, Why: "stopped by hand"})
		k.log = nil
		k.pass(time.Minute)
		k.said(t, "not wanted", "")
		if i := k.m.Instances[0]; i.State != Stopped {
			t.Errorf("stopped: %s", i.State)
		}
	}
}

func TestATaskThatLosesItsScheduleRuns(t *testing.T) {
	t.Parallel()
	d := Definition{Name: "tick", Service: "tick", Task: true, Schedule: "@every 1h", Policy: restart.Policy{Mode: restart.Never, BackoffFactor: 1}}
	k := newDesk(d)
	k.do(Want{Names: []string{"tick"}})
	k.said(t, "planned", "")
	d.Schedule = ""
	k.do(Define{[]Definition{d}})
	k.said(t, "a task like any other", "start 1")
}

func TestFilesThatChange(t *testing.T) {
	t.Parallel()
	d := Definition{Name: "api", StopTimeout: time.Second, Touched: TouchRestart, Policy: restart.Policy{Mode: restart.OnFailure, MaxRestarts: 1, Delay: time.Second, BackoffFactor: 1}}
	touch := FilesChanged{"api", "a.go changed"}
	k := newDesk(d)
	k.do(touch)
	k.said(t, "not wanted", "")
	k.do(Want{Names: []string{"api"}})
	k.do(touch)
	k.do(touch)
	k.said(t, "changed twice", "start 1, halt 1")
	k.exit(0)
	k.said(t, "it has ended", "start 2")
	if i := k.m.Instances[0]; i.Because != "a.go changed" || i.LastExit().Asked != "a.go changed" || i.Restarts != 1 {
		t.Errorf("%+v", i)
	}
	k.exit(1)
	k.do(touch)
	k.said(t, "changed in backoff", "a.go changed: api starts again, start 3")
	k.exit(1)
	k.do(Due{Name: "api", Timer: TimerRestart, At: k.m.Instances[0].NextAt})
	k.exit(1)
	k.said(t, "given up", "start 4")
	k.do(touch)
	k.said(t, "given up for good", "")
	d.AwaitChange = true
	d.Service = "api"
	k.do(Define{[]Definition{d}})
	k.do(touch)
	k.said(t, "given up until a change", "a.go changed: api starts again, start 5")
	d.Touched = TouchAct
	k.do(Define{[]Definition{d}})
	k.do(touch)
	k.said(t, "told", "act: a.go changed")
	k.do(Remove{[]string{"api"}, "no longer in the config"})
	k.said(t, "removed while it runs", "halt 5")
	k.do(touch)
	k.exit(0)
	k.said(t, "at rest", "removed")
	if len(k.m.Instances) != 0 {
		t.Errorf("left: %+v", k.m.Instances[0])
	}
}

// TestWhatEndsAtOnceIsSlowed: no more than some ten restarts a second, and
// those at once while there are few.
func TestWhatEndsAtOnceIsSlowed(t *testing.T) {
	t.Parallel()
	k := newDesk(Definition{Name: "bomb", Policy: restart.Policy{Mode: restart.Always, MaxRestarts: restart.Unlimited, BackoffFactor: 1}})
	k.do(Want{Names: []string{"bomb"}})
	began, i := k.now, k.m.Instances[0]
	for k.now.Sub(began) < 10*time.Second {
		k.now = k.now.Add(time.Millisecond)
		if i.State == Backoff {
			k.do(Due{Name: "bomb", Timer: TimerRestart, At: i.NextAt})
		}
		if i.Process == ProcessAlive {
			k.exit(0)
		}
		if i.State == Backoff {
			k.now = i.NextAt
		} else if k.now.Sub(began) > 100*time.Millisecond && i.Run <= 9 {
			t.Fatalf("slow from the beginning: run %d after %s", i.Run, k.now.Sub(began))
		}
	}
	if i.Run > 130 || i.Run < 80 {
		t.Errorf("%d runs in ten seconds", i.Run)
	}
}

// TestTasksRunAgainWithWhatTheyWorkOn: a migration of a database that keeps
// nothing is of no use to the next one.
func TestTasksRunAgainWithWhatTheyWorkOn(t *testing.T) {
	t.Parallel()
	policy := restart.Policy{Mode: restart.Always, MaxRestarts: 5, BackoffFactor: 1}
	k := newDesk(Definition{Name: "db", Policy: policy})
	k.do(Define{[]Definition{
		{Name: "migrate", Service: "migrate", Task: true, Policy: restart.Policy{Mode: restart.Never, BackoffFactor: 1}, DependsOn: []Dependency{{"db", WhenReady}}, RestartWith: []string{"db"}},
	}})
	k.do(Want{Names: []string{"db", "migrate"}})
	k.do(Exited{Name: "migrate", Exit: Exit{Run: 1, At: k.now}})
	k.said(t, "done", "start 1, start 1")
	k.exit(1)
	k.said(t, "the database is restarted", "start 2, start 2")
	if i := k.m.Instance("migrate"); i.Because != "again with db" {
		t.Errorf("%+v", i)
	}
}

// TestBackoffWhileTheClockIsSetBack: the timer has run its time.
func TestBackoffWhileTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	k := newDesk(Definition{Name: "api", Policy: restart.Policy{Mode: restart.OnFailure, MaxRestarts: 5, Delay: time.Second, BackoffFactor: 1}})
	k.do(Want{Names: []string{"api"}})
	k.exit(1)
	next := k.m.Instances[0].NextAt
	k.now = k.now.Add(-time.Hour)
	k.do(Due{Name: "api", Timer: TimerRestart, At: next.Add(-time.Minute)}) // one of before
	k.said(t, "another timer", "start 1")
	k.do(Due{Name: "api", Timer: TimerRestart, At: next})
	k.said(t, "its timer", "start 2")
}

// TestARunThatHasNotBegunIsNotCrowded: a task that still waits for what it
// depends on has no run that goes on.
func TestARunThatHasNotBegunIsNotCrowded(t *testing.T) {
	t.Parallel()
	for _, overlap := range []schedule.Overlap{schedule.Skip, schedule.Queue} {
		k := newDesk(Definition{
			Name: "tick", Service: "tick", Task: true, Schedule: "@every 10s", Overlap: overlap, StopTimeout: time.Second,
			DependsOn: []Dependency{{Service: "db", When: WhenReady}}, Policy: restart.Policy{Mode: restart.Never, BackoffFactor: 1},
		})
		k.do(Want{Names: []string{"tick"}})
		k.pass(10 * time.Second)
		k.said(t, "due", "")
		k.pass(10 * time.Second)
		k.said(t, "due again", "a run of tick was left out: the one before has not begun yet")
	}
}
