package machine

import (
	"slices"
	"testing"
	"time"
)

const over = "640 MB of memory"

func TestWhatIsOverItsLimitIsRestartedByThePolicy(t *testing.T) {
	t.Parallel()
	d := checked(Check{Retries: 2, Restart: true})
	p := newPlay(d)
	p.up("api")
	p.step(ProbePassed{"api", 1})
	effects := p.step(Exceeded{"api", 1, over})
	p.is(t, "api", Stopping, "over its limit: "+over)
	if !slices.Contains(effects, Effect(Halt{Name: "api", Run: 1})) || !slices.Contains(effects, Effect(StopProbe{"api"})) {
		t.Errorf("what is done is %+v", effects)
	}
	if again := p.step(Exceeded{"api", 1, over}); len(again) > 0 {
		t.Errorf("what is done a second time is %+v", again)
	}
	// Its clean end is a failure all the same.
	p.step(Exited{"api", Exit{Run: 1, At: p.now.Add(time.Second), Ran: time.Second}, 0})
	p.is(t, "api", Backoff, "over its limit: "+over+", restarting in 1s (1 of 3)")
	if got := p.m.Instance("api").LastExit().String(); got != "over its limit: "+over {
		t.Errorf("its exit is told as %q", got)
	}
	// The next run has none of it.
	p.now = p.now.Add(time.Second)
	p.step(Due{Name: "api", Timer: TimerRestart}, Started{"api", 2, 8, p.now}, Exceeded{"api", 1, over})
	p.is(t, "api", Running, "")
	p.step(Exited{"api", Exit{Run: 2, Code: 1, At: p.now}, 0})
	if got := p.m.Instance("api").LastExit().String(); got != "exit code 1" {
		t.Errorf("its second exit is told as %q", got)
	}
}

func TestATaskOverItsLimitHasFailed(t *testing.T) {
	t.Parallel()
	p := newPlay(Definition{Name: "api", Service: "api", Task: true})
	p.up("api")
	p.step(Exceeded{"api", 1, over}, Exited{"api", Exit{Run: 1, At: p.now}, 0})
	if i := p.m.Instance("api"); i.State != Failed {
		t.Errorf("it is %s (%s)", i.State, i.Reason)
	}
}

func TestAStopByHandBeatsALimit(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		p := newPlay(checked(Check{Retries: 1}))
		p.up("api")
		p.step(Exceeded{"api", 1, over}, Unwant{Names: []string{"api"}, Why: "by hand"})
		want := Stopped
		if again {
			p.step(Want{Names: []string{"api"}})
			want = Starting // afresh, with no backoff
		}
		p.step(Exited{"api", Exit{Run: 1, At: p.now}, 0})
		if i := p.m.Instance("api"); i.State != want {
			t.Errorf("it is %s, not %s", i.State, want)
		}
	}
	// What is on its way out anyhow is not told to go for another reason.
	p := newPlay(checked(Check{Retries: 1}))
	p.up("api")
	p.step(Again{[]string{"api"}}, Exceeded{"api", 1, over})
	p.is(t, "api", Stopping, "restart by hand")
}
