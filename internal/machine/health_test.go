package machine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"prox/restart"
)

// play gives a machine events, a second apart, and returns the effects of the
// last one.
type play struct {
	m   Machine
	now time.Time
}

func (p *play) step(events ...Event) []Effect {
	var last []Effect
	for _, e := range events {
		p.now = p.now.Add(time.Second)
		last = p.m.Step(p.now, e)
	}
	return last
}

// up brings a service to where its process lives.
func (p *play) up(name string) {
	p.step(Want{Names: []string{name}}, Connected{Name: name})
	p.now = p.now.Add(time.Second)
	p.m.Step(p.now, Started{Name: name, Run: p.m.Instance(name).Run, Pid: 7, At: p.now})
}

func checked(c Check) Definition {
	return Definition{
		Name: "api", Service: "api", Probed: true, Check: &c, StopTimeout: time.Second,
		Policy: restart.Policy{Mode: restart.OnFailure, MaxRestarts: 3, Delay: time.Second, BackoffFactor: 2},
	}
}

func newPlay(defs ...Definition) *play {
	p := &play{now: time.Unix(1000, 0)}
	p.step(Define{defs})
	return p
}

func (p *play) is(t *testing.T, name string, s State, reason string) {
	t.Helper()
	if i := p.m.Instance(name); i.State != s || i.Reason != reason {
		t.Errorf("%s is %s (%q), not %s (%q)", name, i.State, i.Reason, s, reason)
	}
}

func TestFailuresInTheStartPeriodDoNotCount(t *testing.T) {
	t.Parallel()
	p := newPlay(checked(Check{Retries: 2, StartPeriod: 10 * time.Second, Restart: true}))
	p.up("api")
	for range 9 {
		p.step(ProbeFailed{"api", 1, "refused"})
	}
	p.is(t, "api", Running, "refused")
	p.step(ProbePassed{"api", 1})
	p.is(t, "api", Ready, "")
	p.step(ProbeFailed{"api", 1, "refused"})
	p.is(t, "api", Ready, "")
	p.step(ProbePassed{"api", 1}, ProbeFailed{"api", 1, "refused"})
	p.is(t, "api", Ready, "")
}

func TestUnhealthyIsRestartedByThePolicy(t *testing.T) {
	t.Parallel()
	p := newPlay(checked(Check{Retries: 2, Restart: true}))
	p.up("api")
	p.step(ProbePassed{"api", 1}, ProbeFailed{"api", 1, "status 503"})
	effects := p.step(ProbeFailed{"api", 1, "status 503"})
	p.is(t, "api", Stopping, "unhealthy: status 503")
	if !slices.Contains(effects, Effect(Halt{Name: "api", Run: 1})) || !slices.Contains(effects, Effect(StopProbe{"api"})) {
		t.Errorf("what is done is %+v", effects)
	}
	// Its clean end is a failure all the same.
	p.step(Exited{"api", Exit{Run: 1, Code: 0, At: p.now.Add(time.Second), Ran: time.Second}, 0})
	p.is(t, "api", Backoff, "unhealthy: status 503, restarting in 1s (1 of 3)")
	if got := p.m.Instance("api").LastExit().String(); got != "unhealthy: status 503" {
		t.Errorf("its exit is told as %q", got)
	}
}

func TestNeverReadyIsUnhealthyAfterTheStartPeriod(t *testing.T) {
	t.Parallel()
	p := newPlay(checked(Check{Retries: 3, StartPeriod: 2 * time.Second, Restart: true}))
	p.up("api")
	for range 3 {
		p.step(ProbeFailed{"api", 1, "refused"})
	}
	p.is(t, "api", Running, "refused")
	p.step(ProbeFailed{"api", 1, "refused"})
	p.is(t, "api", Stopping, "unhealthy: refused")
}

func TestUnhealthyCanBeOnlyTold(t *testing.T) {
	t.Parallel()
	p := newPlay(checked(Check{Retries: 1}))
	p.up("api")
	p.step(ProbePassed{"api", 1}, ProbeFailed{"api", 1, "slow"})
	p.is(t, "api", Unhealthy, "slow")
	p.step(ProbeFailed{"api", 1, "slower"})
	p.is(t, "api", Unhealthy, "slower")
	p.step(ProbePassed{"api", 1})
	p.is(t, "api", Ready, "")
	if n := p.m.Instance("api").Restarts; n != 0 {
		t.Errorf("%d restarts", n)
	}
}

func TestAStopByHandBeatsAnUnhealthyEnd(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		p := newPlay(checked(Check{Retries: 1, Restart: true}))
		p.up("api")
		p.step(ProbePassed{"api", 1}, ProbeFailed{"api", 1, "slow"}, Unwant{Names: []string{"api"}, Why: "by hand"})
		want := Stopped
		if again {
			p.step(Want{Names: []string{"api"}})
			want = Starting // afresh, with no backoff
		}
		p.step(Exited{"api", Exit{Run: 1, Code: 0, At: p.now}, 0})
		if i := p.m.Instance("api"); i.State != want {
			t.Errorf("it is %s, not %s", i.State, want)
		}
	}
}

func TestAnswersOfAnotherRunAreNothing(t *testing.T) {
	t.Parallel()
	p := newPlay(checked(Check{Retries: 1, Restart: true}))
	p.up("api")
	p.step(ProbePassed{"api", 1}, ProbeFailed{"api", 2, "slow"}, ProbeFailed{"api", 0, "slow"})
	p.is(t, "api", Ready, "")
}

func TestReadyAfter(t *testing.T) {
	t.Parallel()
	p := newPlay(Definition{Name: "api", Service: "api", ReadyAfter: 3 * time.Second})
	p.up("api")
	p.step(Due{Name: "api", Timer: TimerReady})
	p.is(t, "api", Running, "") // one of a run before
	p.step(Due{Name: "api", Timer: TimerReady}, Due{Name: "api", Timer: TimerReady})
	p.is(t, "api", Ready, "")
}

func TestConditionsOfDependencies(t *testing.T) {
	t.Parallel()
	never := restart.Policy{Mode: restart.Never, BackoffFactor: 1}
	db := checked(Check{Retries: 1})
	db.Name, db.Service = "db", "db"
	p := newPlay(db,
		Definition{Name: "migrate", Service: "migrate", Task: true, Policy: never, DependsOn: []Dependency{{"db", WhenReady}}},
		Definition{Name: "watch", Service: "watch", DependsOn: []Dependency{{"db", WhenStarted}}},
		Definition{Name: "api", Service: "api", DependsOn: []Dependency{{"migrate", WhenCompleted}}},
	)
	p.step(Want{Names: []string{"db", "migrate", "watch", "api"}},
		Connected{Name: "db"}, Connected{Name: "migrate"}, Connected{Name: "watch"}, Connected{Name: "api"})
	p.is(t, "watch", Waiting, "waiting for db")
	p.step(Started{"db", 1, 7, p.now}, ProbeFailed{"db", 1, "tcp localhost:5432: refused"})
	p.is(t, "watch", Starting, "")
	p.is(t, "migrate", Waiting, "waiting for db (tcp localhost:5432: refused)")
	p.step(ProbePassed{"db", 1})
	p.is(t, "migrate", Starting, "")
	p.step(Started{"migrate", 1, 8, p.now})
	p.is(t, "migrate", Running, "")
	p.is(t, "api", Waiting, "waiting for migrate to be done")
	p.step(Exited{"migrate", Exit{Run: 1, Code: 1, At: p.now}, 0})
	if i := p.m.Instance("api"); i.State != Waiting || !strings.HasPrefix(i.Reason, "waiting for migrate, which failed: exit code 1") {
		t.Errorf("api is %s (%q)", i.State, i.Reason)
	}
	p.step(Want{Names: []string{"migrate"}}, Started{"migrate", 2, 9, p.now}, Exited{"migrate", Exit{Run: 2, At: p.now}, 0})
	p.is(t, "migrate", Done, "") // it did what it was started for: there is nothing to explain
	p.is(t, "api", Starting, "")
}

func TestRestartWithADependency(t *testing.T) {
	t.Parallel()
	db := Definition{Name: "db", Service: "db", Policy: restart.Policy{Mode: restart.OnFailure, MaxRestarts: 1, BackoffFactor: 1}}
	on := []Dependency{{"db", WhenReady}}
	p := newPlay(db,
		Definition{Name: "api", Service: "api", DependsOn: on, RestartWith: []string{"db"}},
		Definition{Name: "web", Service: "web", DependsOn: on})
	p.up("db")
	p.up("api")
	p.up("web")
	effects := p.step(Exited{"db", Exit{Run: 1, Code: 1, At: p.now}, 0})
	p.is(t, "api", Stopping, "restart with db")
	p.is(t, "web", Ready, "")
	if !slices.Contains(effects, Effect(Halt{Name: "api", Run: 1})) {
		t.Errorf("what is done is %+v", effects)
	}
	p.step(Started{"db", 2, 8, p.now})
	p.step(Exited{"api", Exit{Run: 1, Signal: "SIGTERM", At: p.now}, 0})
	if i := p.m.Instance("api"); i.State != Starting || i.Run != 2 || i.Restarts != 1 {
		t.Errorf("api is %s, run %d, restarts %d", i.State, i.Run, i.Restarts)
	}
	// Given up, it takes nobody along: there is nothing to come back with.
	p.step(Started{"api", 2, 9, p.now}, Exited{"db", Exit{Run: 2, Code: 1, At: p.now}, 0})
	p.is(t, "api", Ready, "")
}

// TestALostRunSaysSo: it has no exit code that would tell anything.
func TestALostRunSaysSo(t *testing.T) {
	t.Parallel()
	p := newPlay(Definition{
		Name: "api", Service: "api", StopTimeout: time.Second,
		Policy: restart.Policy{Mode: restart.OnFailure, MaxRestarts: 1, Delay: 5 * time.Second, BackoffFactor: 2},
	})
	p.up("api")
	p.step(Lost{Name: "api", Why: "its shim (pid 7) was killed"}, Gone{Name: "api", Run: 1})
	p.is(t, "api", Backoff, "its shim (pid 7) was killed, restarting in 5s (1 of 1)")
	p.step(Due{Name: "api", Timer: TimerRestart, At: p.m.Instance("api").NextAt}, Connected{Name: "api"})
	p.now = p.now.Add(time.Second)
	p.m.Step(p.now, Started{Name: "api", Run: 2, Pid: 8, At: p.now})
	p.step(Lost{Name: "api", Why: "its shim (pid 9) was killed"}, Gone{Name: "api", Run: 2})
	p.is(t, "api", Failed, "gave up after 1 restart: its shim (pid 9) was killed each time")
}

// TestATaskThatEndedWellIsDone: only a code that is not the usual one is told.
func TestATaskThatEndedWellIsDone(t *testing.T) {
	t.Parallel()
	for mode, task := range map[restart.Mode]bool{restart.Never: true, restart.OnFailure: true, "service": false} {
		for code, want := range map[int]string{0: "", 3: "exit code 3"} {
			policy := restart.Policy{Mode: mode, MaxRestarts: 3, BackoffFactor: 1, SuccessCodes: []int{3}}
			if !task {
				policy.Mode = restart.Never
				want = map[int]string{0: "exit code 0, never restarted", 3: "exit code 3, never restarted"}[code]
			}
			p := newPlay(Definition{Name: "job", Service: "job", Task: task, StopTimeout: time.Second, Policy: policy})
			p.up("job")
			p.step(Exited{"job", Exit{Run: 1, Code: code, At: p.now}, 0})
			p.is(t, "job", Done, want)
		}
	}
}
