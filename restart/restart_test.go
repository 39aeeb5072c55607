package restart

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestDecide(t *testing.T) {
	t.Parallel()
	five := Policy{Mode: OnFailure, MaxRestarts: 5, Delay: time.Second, MaxDelay: 30 * time.Second, BackoffFactor: 2}
	always := five
	always.Mode = Always
	endless := five
	endless.MaxRestarts = Unlimited
	none := five
	none.MaxRestarts = 0
	for _, c := range []struct {
		name   string
		policy Policy
		h      History
		exit   Exit
		want   Decision
	}{
		{"first failure", five, History{}, Exit{Code: 1, At: t0}, Decision{Restart: true, Delay: time.Second, Attempt: 1, Max: 5, Reason: "exit code 1, restarting in 1s (1 of 5)"}},
		{"third failure", five, History{Restarts: 2}, Exit{Code: 1, At: t0}, Decision{Restart: true, Delay: 4 * time.Second, Attempt: 3, Max: 5, Reason: "exit code 1, restarting in 4s (3 of 5)"}},
		{"capped", endless, History{Restarts: 40}, Exit{Signal: "SIGSEGV", Code: -1, At: t0}, Decision{Restart: true, Delay: 30 * time.Second, Attempt: 41, Max: -1, Reason: "killed by SIGSEGV, restarting in 30s (41 in a row)"}},
		{"given up", five, History{Restarts: 5, Exits: []Exit{{Code: 1}, {Code: 1}, {Code: 1}, {Code: 1}, {Code: 1}}}, Exit{Code: 1, At: t0}, Decision{Max: 5, CrashLoop: true, Reason: "gave up after 5 restarts: exit code 1 each time"}},
		{"given up, unlike", five, History{Restarts: 5, Exits: []Exit{{Code: 2}}}, Exit{Code: 1, At: t0}, Decision{Max: 5, CrashLoop: true, Reason: "gave up after 5 restarts: exit code 1, at last"}},
		{"a long run forgives", five, History{Restarts: 5}, Exit{Code: 1, Ran: time.Minute, At: t0}, Decision{Restart: true, Delay: time.Second, Attempt: 1, Max: 5, Reason: "exit code 1, restarting in 1s (1 of 5)"}},
		{"clean exit", five, History{}, Exit{At: t0}, Decision{Max: 5, Reason: "exit code 0, restarted only on failure"}},
		{"clean exit, always", always, History{}, Exit{At: t0}, Decision{Restart: true, Delay: time.Second, Attempt: 1, Max: 5, Reason: "exit code 0, restarting in 1s (1 of 5)"}},
		{"signal with code 0 is a failure", five, History{}, Exit{Signal: "SIGTERM", At: t0}, Decision{Restart: true, Delay: time.Second, Attempt: 1, Max: 5, Reason: "killed by SIGTERM, restarting in 1s (1 of 5)"}},
		{"lost", five, History{}, Exit{Code: -1, Error: "its shim was killed", At: t0}, Decision{Restart: true, Delay: time.Second, Attempt: 1, Max: 5, Reason: "its shim was killed, restarting in 1s (1 of 5)"}},
		{"lost is no success, whatever the code", five, History{}, Exit{Error: "its end was not seen", At: t0}, Decision{Restart: true, Delay: time.Second, Attempt: 1, Max: 5, Reason: "its end was not seen, restarting in 1s (1 of 5)"}},
		{"never", Policy{Mode: Never}, History{}, Exit{Code: 3, At: t0}, Decision{Reason: "exit code 3, never restarted"}},
		{"none allowed", none, History{}, Exit{Code: 3, At: t0}, Decision{Reason: "exit code 3, and no restart is allowed (max_restarts = 0)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, h := c.policy.Decide(c.h, c.exit)
			if c.want.Restart {
				c.want.At = c.exit.At.Add(c.want.Delay)
			}
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if n := len(h.Exits); n == 0 || h.Exits[n-1] != c.exit {
				t.Errorf("the exit is not in the history: %+v", h)
			}
		})
	}
}

func TestNoDelayRestartsAtOnce(t *testing.T) {
	t.Parallel()
	d, _ := Policy{Mode: Always, MaxRestarts: 3, BackoffFactor: 2}.Decide(History{}, Exit{At: t0})
	if !d.Restart || d.Delay != 0 || !d.At.Equal(t0) || d.Reason != "exit code 0, restarting (1 of 3)" {
		t.Errorf("got %+v", d)
	}
}

func TestTheLongestDelayDoesNotOverflow(t *testing.T) {
	t.Parallel()
	p := Policy{Mode: Always, MaxRestarts: Unlimited, Delay: math.MaxInt64, BackoffFactor: 2}
	for _, n := range []int{0, 1, math.MaxInt - 1} {
		if d, _ := p.Decide(History{Restarts: n}, Exit{At: t0}); d.Delay != math.MaxInt64 {
			t.Errorf("after %d restarts: %s", n, d.Delay)
		}
	}
}

func TestWhateverThePolicyItEndsAndNeverOverflows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{
			Mode:          rapid.SampledFrom([]Mode{Always, OnFailure, Never}).Draw(t, "mode"),
			MaxRestarts:   rapid.IntRange(-1, 50).Draw(t, "max"),
			Delay:         time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "delay")),
			BackoffFactor: rapid.Float64Range(1, 1e6).Draw(t, "factor"),
		}
		if rapid.Bool().Draw(t, "capped") {
			p.MaxDelay = p.Delay + time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "room"))
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		var h History
		var last time.Duration
		row := 0
		for range 100 {
			e := Exit{Code: rapid.IntRange(0, 1).Draw(t, "code"), At: t0}
			var d Decision
			d, h = p.Decide(h, e)
			if len(h.Exits) > kept {
				t.Fatalf("%d exits are kept", len(h.Exits))
			}
			if !d.Restart {
				if d.Reason == "" {
					t.Fatal("no reason")
				}
				return
			}
			row++
			if d.Delay < last || d.Delay < p.Delay || p.MaxDelay > 0 && d.Delay > p.MaxDelay {
				t.Fatalf("delay %s after %s, policy %+v", d.Delay, last, p)
			}
			if d.At.Before(e.At) {
				t.Fatalf("restart at %s, before the exit", d.At)
			}
			if p.MaxRestarts >= 0 && row > p.MaxRestarts {
				t.Fatalf("restart %d of %d", row, p.MaxRestarts)
			}
			last = d.Delay
		}
	})
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := Policy{Mode: Always, MaxRestarts: 5, Delay: 1, MaxDelay: 2, BackoffFactor: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Policy){
		"mode":         func(p *Policy) { p.Mode = "sometimes" },
		"max_restarts": func(p *Policy) { p.MaxRestarts = -2 },
		"delay":        func(p *Policy) { p.Delay = -1 },
		"max_delay":    func(p *Policy) { p.MaxDelay = -1 },
		"cap":          func(p *Policy) { p.Delay = 3 },
		"factor":       func(p *Policy) { p.BackoffFactor = 0.5 },
		"NaN":          func(p *Policy) { p.BackoffFactor = math.NaN() },
		"reset":        func(p *Policy) { p.ResetAfter = -1 },
	} {
		p := good
		change(&p)
		if p.Validate() == nil {
			t.Errorf("%s: %+v was taken", name, p)
		}
	}
}

func TestHistoryIsJSON(t *testing.T) {
	t.Parallel()
	_, h := Policy{Mode: Always, MaxRestarts: 3, Delay: time.Second, BackoffFactor: 2}.Decide(History{}, Exit{Code: 2, Ran: time.Second, At: t0})
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var back History
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.Restarts != 1 || len(back.Exits) != 1 || back.Exits[0] != h.Exits[0] {
		t.Errorf("got %+v, want %+v", back, h)
	}
}

func ExamplePolicy_Decide() {
	p := Policy{Mode: OnFailure, MaxRestarts: 2, Delay: time.Second, MaxDelay: time.Minute, BackoffFactor: 2}
	var h History
	for range 3 {
		var d Decision
		d, h = p.Decide(h, Exit{Code: 1, Ran: time.Second, At: t0})
		fmt.Println(d.Reason)
	}
	// Output:
	// exit code 1, restarting in 1s (1 of 2)
	// exit code 1, restarting in 2s (2 of 2)
	// gave up after 2 restarts: exit code 1 each time
}
