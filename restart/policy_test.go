package restart

import (
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var base = Policy{Mode: OnFailure, MaxRestarts: 5, Delay: time.Second, MaxDelay: 30 * time.Second, BackoffFactor: 2}

func with(change func(*Policy)) Policy {
	p := base
	change(&p)
	return p
}

// run asks about one exit after another, each starting when it may, until the
// policy says no or there are none left.
func run(p Policy, exits ...Exit) (d Decision, h History) {
	now := t0
	for _, e := range exits {
		now = now.Add(max(0, e.Ran))
		e.At = now
		if d, h = p.Decide(h, e); !d.Restart {
			break
		}
		now = d.At
	}
	return d, h
}

func TestSuccessCodes(t *testing.T) {
	t.Parallel()
	p := with(func(p *Policy) { p.SuccessCodes = []int{3, 143} })
	for _, c := range []struct {
		e    Exit
		want bool
	}{
		{Exit{}, true},
		{Exit{Code: 3}, true},
		{Exit{Code: 143}, true},
		{Exit{Code: 1}, false},
		{Exit{Code: 3, Signal: "SIGTERM"}, false},
		{Exit{Code: 3, Unhealthy: "no answer"}, false},
		{Exit{Code: 3, Over: "2 GB of memory"}, false},
		{Exit{Over: "2 GB of memory"}, false},
	} {
		if got := p.Success(c.e); got != c.want {
			t.Errorf("%v: success is %v", c.e, got)
		}
		if d, _ := p.Decide(History{}, c.e); d.Restart == c.want {
			t.Errorf("%v: restart is %v", c.e, d.Restart)
		}
	}
	if base.Success(Exit{Code: 3}) {
		t.Error("code 3 is a success without being listed")
	}
	p.Mode = Always
	if d, _ := p.Decide(History{}, Exit{Code: 3}); !d.Restart {
		t.Error("always means after a success too")
	}
}

func TestJitterStaysInItsBoundsAndSpreads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		delay     time.Duration
		jitter    float64
		low, high time.Duration
	}{
		{"±20 %", 10 * time.Second, 0.2, 8 * time.Second, 12 * time.Second},
		{"±100 %", 10 * time.Second, 1, 0, 20 * time.Second},
		{"below the cap", 30 * time.Second, 0.2, 24 * time.Second, 30 * time.Second},
	} {
		p := with(func(p *Policy) { p.Delay, p.Jitter = c.delay, c.jitter })
		const buckets = 8
		var hits [buckets]int
		for n := range 4000 {
			// Neighbours in time, as what dies together is.
			e := Exit{Code: 1, At: t0.Add(time.Duration(n) * time.Microsecond)}
			d, _ := p.Decide(History{}, e)
			if d.Delay < c.low || d.Delay > c.high || !d.At.Equal(e.At.Add(d.Delay)) {
				t.Fatalf("%s: %+v", c.name, d)
			}
			hits[min(buckets-1, int(buckets*(d.Delay-c.low)/(c.high-c.low)))]++
		}
		for b, n := range hits {
			if n < 400 || n > 600 { // 500 expected
				t.Errorf("%s: %d of 4000 in bucket %d: %v", c.name, n, b, hits)
			}
		}
	}
}

func TestJitterIsTheSameForTheSameExit(t *testing.T) {
	t.Parallel()
	p := with(func(p *Policy) { p.Jitter = 0.5 })
	e := Exit{Code: 1, At: t0}
	a, h := p.Decide(History{Seed: 1}, e)
	b, _ := p.Decide(History{Seed: 1}, e)
	if a != b {
		t.Errorf("got %+v, then %+v", a, b)
	}
	if h.Seed != 1 {
		t.Errorf("the seed is lost: %+v", h)
	}
	if c, _ := p.Decide(History{Seed: 2}, e); c.Delay == a.Delay {
		t.Errorf("another seed has the same delay %s", c.Delay)
	}
	read := regexp.MustCompile(`restarting in \d{1,3}(\.\d)?m?s \(1 of 5\)$`)
	for seed := range uint64(50) { // on both sides of a second
		if d, _ := p.Decide(History{Seed: seed}, e); !read.MatchString(d.Reason) {
			t.Errorf("more digits than anybody reads: %s", d.Reason)
		}
	}
	p.Delay = 0
	if d, _ := p.Decide(History{}, e); d.Delay != 0 {
		t.Errorf("at once became %s", d.Delay)
	}
}

func TestJitterDoesNotOverflow(t *testing.T) {
	t.Parallel()
	p := Policy{Mode: Always, MaxRestarts: Unlimited, Delay: math.MaxInt64, BackoffFactor: 2, Jitter: 1}
	for n := range 1000 {
		if d, _ := p.Decide(History{Restarts: n}, Exit{At: t0}); d.Delay < 0 {
			t.Fatalf("delay %s", d.Delay)
		}
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	p := with(func(p *Policy) { p.Window, p.Delay, p.BackoffFactor = time.Minute, time.Second, 1 })
	crash := func(ran time.Duration) []Exit { return slices.Repeat([]Exit{{Code: 1, Ran: ran}}, 40) }

	d, h := run(p, crash(5*time.Second)...)
	if want := "gave up after 5 restarts within 1m: exit code 1 each time"; d.Restart || !d.CrashLoop || d.Reason != want {
		t.Errorf("every 6 s: %+v, want %q", d, want)
	}
	if len(h.Exits) != 6 {
		t.Errorf("%d runs", len(h.Exits))
	}
	// Three in a minute are fewer than five.
	if d, h = run(p, crash(19*time.Second)...); !d.Restart || d.Attempt != 4 || d.Reason != "exit code 1, restarting in 1s (4 of 5 within 1m)" {
		t.Errorf("every 20 s: %+v", d)
	}
	if len(h.Recent) > 5 {
		t.Errorf("%d restarts are remembered", len(h.Recent))
	}
	// In a row it would have been given up long before.
	if d, _ = run(base, crash(19*time.Second)...); d.Restart {
		t.Errorf("without a window: %+v", d)
	}
	// What Validate would not have taken has an end too.
	lax := p
	lax.MaxRestarts, lax.Delay = 1000, 0
	if d, h = run(lax, slices.Repeat([]Exit{{Code: 1}}, 200)...); !d.CrashLoop || len(h.Recent) != MaxInWindow {
		t.Errorf("%d restarts, %+v", len(h.Recent), d)
	}
	// A run that lasts does not empty a window longer than it.
	p.Window = 10 * time.Minute
	if d, _ = run(p, crash(90*time.Second)...); d.Restart || !d.CrashLoop {
		t.Errorf("every 91 s, within 10m: %+v", d)
	}
	if d, _ = run(with(func(p *Policy) { p.MaxRestarts, p.Window = Unlimited, time.Minute }), crash(0)...); d.Attempt != 40 {
		t.Errorf("without a limit a window means nothing: %+v", d)
	}
}

func TestTheDelayGrowsAlsoWithAWindow(t *testing.T) {
	t.Parallel()
	p := with(func(p *Policy) { p.Window = 2 * time.Second })
	d, _ := run(p, slices.Repeat([]Exit{{Code: 1}}, 5)...)
	if !d.Restart || d.Delay != 16*time.Second || d.Attempt > 2 {
		t.Errorf("got %+v", d)
	}
}

func TestAlike(t *testing.T) {
	t.Parallel()
	recognise := with(func(p *Policy) { p.SameEndings = DefaultSameEndings })
	early := with(func(p *Policy) { p.SameEndings, p.GiveUpAlike = 3, 3 })
	only := with(func(p *Policy) { p.GiveUpAlike = 2 })
	same := func(n int, e Exit) []Exit { return slices.Repeat([]Exit{e}, n) }
	bad := Exit{Code: 1, Ending: "12:00:01 [4711] cannot open db"}
	late := Exit{Code: 1, Ending: "12:00:09 [4799] cannot open db", Ran: time.Second}
	for _, c := range []struct {
		name   string
		policy Policy
		exits  []Exit
		alike  int
		loop   bool
		reason string
	}{
		{"off", base, same(4, bad), 0, false, "exit code 1, restarting in 8s (4 of 5)"},
		{"two may be chance", recognise, same(2, bad), 0, false, "exit code 1, restarting in 2s (2 of 5)"},
		{"three", recognise, []Exit{bad, late, bad}, 3, false, "exit code 1, 3 times, the same way each time, restarting in 4s (3 of 5)"},
		{"and none left", recognise, same(6, bad), 6, true, "gave up after 5 restarts: exit code 1, the same way each time"},
		{"the last of them", recognise, append(same(2, Exit{Code: 2}), same(4, bad)...), 4, true, "gave up after 5 restarts: exit code 1, the last 4 times the same way each time"},
		{"other words", recognise, []Exit{bad, {Code: 1, Ending: "cannot open the log"}, bad, late}, 0, false, "exit code 1, restarting in 8s (4 of 5)"},
		{"other codes", recognise, []Exit{bad, {Code: 2, Ending: bad.Ending}, bad, late}, 0, false, "exit code 1, restarting in 8s (4 of 5)"},
		{"not fast", recognise, []Exit{bad, {Code: 1, Ending: bad.Ending, Ran: Fast}, bad, late}, 0, false, "exit code 1, restarting in 8s (4 of 5)"},
		{"who knows how fast", recognise, []Exit{bad, {Code: 1, Ending: bad.Ending, Ran: -1}, bad, late}, 0, false, "exit code 1, restarting in 8s (4 of 5)"},
		{"no words at all", recognise, same(3, Exit{Signal: "SIGSEGV"}), 3, false, "killed by SIGSEGV, 3 times, the same way each time, restarting in 4s (3 of 5)"},
		{"unhealthy", recognise, []Exit{{Unhealthy: "no answer in 5s"}, {Unhealthy: "no answer in 6s"}, {Unhealthy: "no answer in 5s"}}, 3, false, "unhealthy: no answer in 5s, 3 times, the same way each time, restarting in 4s (3 of 5)"},
		{"over a limit", recognise, []Exit{{Over: "640 MB of memory"}, {Over: "641 MB of memory"}, {Over: "700 MB of memory"}}, 3, false, "over its limit: 700 MB of memory, 3 times, the same way each time, restarting in 4s (3 of 5)"},
		{"over another limit", recognise, []Exit{{Over: "640 MB of memory"}, {Over: "200% of a core"}, {Over: "640 MB of memory"}}, 0, false, "over its limit: 640 MB of memory, restarting in 4s (3 of 5)"},
		{"unhealthy for another reason", recognise, []Exit{{Unhealthy: "no answer"}, {Unhealthy: "refused"}, {Unhealthy: "no answer"}}, 0, false, "unhealthy: no answer, restarting in 4s (3 of 5)"},
		{"success is no loop", with(func(p *Policy) { p.Mode, p.GiveUpAlike = Always, 3 }), same(4, Exit{}), 0, false, "exit code 0, restarting in 8s (4 of 5)"},
		{"given up early", early, same(9, bad), 3, true, "gave up after 2 restarts: exit code 1, the same way each time"},
		{"given up early, unlike at first", early, append([]Exit{{Code: 2}}, same(9, bad)...), 3, true, "gave up after 3 restarts: exit code 1, the last 3 times the same way each time"},
		{"given up early, nothing else", only, same(9, bad), 2, true, "gave up after 1 restart: exit code 1, the same way each time"},
		{"no limit but this", with(func(p *Policy) { p.MaxRestarts, p.GiveUpAlike = Unlimited, 4 }), same(9, bad), 4, true, "gave up after 3 restarts: exit code 1, the same way each time"},
		{"out of the window", with(func(p *Policy) { p.Window, p.GiveUpAlike = time.Millisecond, 3 }), same(9, late), 3, true, "gave up: exit code 1, the same way each time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := c.policy.Validate(); err != nil {
				t.Fatal(err)
			}
			d, _ := run(c.policy, c.exits...)
			if d.Alike != c.alike || d.CrashLoop != c.loop || d.Restart == c.loop || d.Reason != c.reason {
				t.Errorf("got  %+v\nwant %+v", d, c)
			}
		})
	}
}

func TestEndingsAreKeptNormalisedAndOnlyWhenCompared(t *testing.T) {
	t.Parallel()
	e := Exit{Code: 1, At: t0, Ending: "pid 4711"}
	if _, h := base.Decide(History{}, e); h.Exits[0].Ending != "" {
		t.Errorf("kept %q for nothing", h.Exits[0].Ending)
	}
	p := with(func(p *Policy) { p.SameEndings = 2 })
	if _, h := p.Decide(History{}, e); h.Exits[0].Ending != "pid #" {
		t.Errorf("kept %q", h.Exits[0].Ending)
	}
}

func TestAClockThatJumps(t *testing.T) {
	t.Parallel()
	window := with(func(p *Policy) { p.Window, p.Delay, p.BackoffFactor, p.Jitter = time.Minute, time.Second, 1, 0.2 })
	for _, p := range []Policy{base, window} {
		for _, jump := range []time.Duration{-100 * 365 * 24 * time.Hour, -5 * time.Hour, -time.Second, time.Second, 5 * time.Hour, 100 * 365 * 24 * time.Hour} {
			var h History
			var d Decision
			now := t0
			for n := range 40 {
				if n == 3 {
					now = now.Add(jump)
				}
				now = now.Add(time.Second)
				d, h = p.Decide(h, Exit{Code: 1, Ran: time.Second, At: now})
				if !d.Restart {
					break
				}
				if d.Delay < 0 || d.At.Before(now) || d.At.Sub(now) > 30*time.Second {
					t.Fatalf("jump %s: %+v at %s", jump, d, now)
				}
				now = d.At
			}
			if d.Restart {
				t.Errorf("jump %s: never given up: %+v", jump, d)
			}
		}
	}
}

func TestAClockSetBackNeitherForgetsTheWindowNorMakesItEndless(t *testing.T) {
	t.Parallel()
	p := with(func(p *Policy) { p.Window, p.Delay = time.Minute, 0 })
	var h History
	for n := range 5 {
		_, h = p.Decide(h, Exit{Code: 1, At: t0.Add(time.Duration(n) * time.Second)})
	}
	back := t0.Add(-3 * time.Hour)
	if d, _ := p.Decide(h, Exit{Code: 1, Ran: time.Second, At: back}); !d.CrashLoop {
		t.Errorf("five restarts in as many seconds are forgotten: %+v", d)
	}
	// The run has lasted for longer than the window, so it is empty.
	if d, h := p.Decide(h, Exit{Code: 1, Ran: 2 * time.Minute, At: back}); !d.Restart || d.Attempt != 1 || len(h.Recent) != 1 {
		t.Errorf("got %+v, %+v", d, h)
	}
	// They grow old as they would have without the jump: the last is as old as
	// the run, the first four seconds older.
	if d, _ := p.Decide(h, Exit{Code: 1, Ran: 56*time.Second + 1, At: back}); !d.Restart || d.Attempt != 5 {
		t.Errorf("got %+v", d)
	}
	// Out of order, by whatever hand.
	h = History{Recent: []time.Time{t0.Add(9 * time.Hour), t0}}
	if _, h = p.Decide(h, Exit{Code: 1, At: t0}); h.Recent[0].After(t0) {
		t.Errorf("a restart that is to come counts until then: %v", h.Recent)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	d := Decision{Restart: true, At: t0.Add(10 * time.Second), Delay: 10 * time.Second}
	for _, c := range []struct{ passed, want time.Duration }{
		{0, 10 * time.Second},
		{4 * time.Second, 6 * time.Second},
		{11 * time.Second, 0},
		{5 * time.Hour, 0},
		{-5 * time.Hour, 10 * time.Second},
	} {
		if got := d.Wait(t0.Add(c.passed)); got != c.want {
			t.Errorf("%s after the exit: %s, want %s", c.passed, got, c.want)
		}
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", time.Minute: "1m", time.Hour: "1h", 90 * time.Second: "1m30s", 20 * time.Minute: "20m",
		10 * time.Second: "10s", 90 * time.Minute: "1h30m", time.Hour + 5*time.Second: "1h0m5s", 10 * time.Hour: "10h",
	} {
		if got := short(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

func TestValidateNewFields(t *testing.T) {
	t.Parallel()
	good := with(func(p *Policy) {
		p.Jitter, p.Window, p.SameEndings, p.GiveUpAlike, p.SuccessCodes = 0.2, time.Minute, 2, 20, []int{3, 255}
	})
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Policy){
		"jitter is 1.5":          func(p *Policy) { p.Jitter = 1.5 },
		"jitter is -0.1":         func(p *Policy) { p.Jitter = -0.1 },
		"jitter is NaN":          func(p *Policy) { p.Jitter = math.NaN() },
		"window is":              func(p *Policy) { p.Window = -1 },
		"max_restarts is 101":    func(p *Policy) { p.MaxRestarts = 101 },
		"same_endings is 1":      func(p *Policy) { p.SameEndings = 1 },
		"same_endings is 21":     func(p *Policy) { p.SameEndings = 21 },
		"give_up_alike is 1":     func(p *Policy) { p.GiveUpAlike = 1 },
		"give_up_alike is -1":    func(p *Policy) { p.GiveUpAlike = -1 },
		"success_codes has 256":  func(p *Policy) { p.SuccessCodes = []int{256} },
		"success_codes has -1; ": func(p *Policy) { p.SuccessCodes = []int{-1} },
	} {
		p := good
		change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestZeroFieldsAreNotWritten(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(base)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"mode":"on-failure","max_restarts":5,"delay":1000000000,"max_delay":30000000000,"backoff_factor":2}`; string(b) != want {
		t.Errorf("got %s", b)
	}
}

// anyPolicy is one that Validate takes.
func anyPolicy(t *rapid.T) Policy {
	upTo := func(most time.Duration, name string) time.Duration {
		return time.Duration(rapid.Int64Range(0, int64(most)).Draw(t, name))
	}
	p := Policy{
		Mode:          rapid.SampledFrom([]Mode{Always, OnFailure, Never}).Draw(t, "mode"),
		MaxRestarts:   rapid.IntRange(-1, 50).Draw(t, "max"),
		Delay:         upTo(time.Hour, "delay"),
		BackoffFactor: rapid.Float64Range(1, 1e6).Draw(t, "factor"),
		ResetAfter:    upTo(time.Hour, "reset"),
		SuccessCodes:  rapid.SliceOfN(rapid.IntRange(0, 3), 0, 2).Draw(t, "codes"),
		Jitter:        rapid.SampledFrom([]float64{0, 0, 0.2, 1}).Draw(t, "jitter"),
		Window:        rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour}).Draw(t, "window"),
		SameEndings:   rapid.SampledFrom([]int{0, 2, 3}).Draw(t, "same"),
		GiveUpAlike:   rapid.SampledFrom([]int{0, 0, 2, 5}).Draw(t, "alike"),
	}
	if rapid.Bool().Draw(t, "capped") {
		p.MaxDelay = p.Delay + upTo(time.Hour, "room")
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

// anyExit is one on a clock that may jump.
func anyExit(t *rapid.T) Exit {
	return Exit{
		Code:      rapid.IntRange(0, 2).Draw(t, "code"),
		Signal:    rapid.SampledFrom([]string{"", "", "SIGKILL"}).Draw(t, "signal"),
		Unhealthy: rapid.SampledFrom([]string{"", "", "no answer"}).Draw(t, "unhealthy"),
		Over:      rapid.SampledFrom([]string{"", "", "2 GB of memory"}).Draw(t, "over"),
		Ran:       time.Duration(rapid.Int64Range(-1, int64(2*time.Hour)).Draw(t, "ran")),
		At:        t0.Add(time.Duration(rapid.Int64Range(-int64(24*time.Hour), int64(24*time.Hour)).Draw(t, "at"))),
		Ending:    rapid.SampledFrom([]string{"", "x 1", "x 2", "y"}).Draw(t, "ending"),
	}
}

func TestWhateverHappensThePolicyHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyPolicy(t)
		reset := p.ResetAfter
		if reset == 0 {
			reset = DefaultResetAfter
		}
		var h History
		row := 0
		for range 60 {
			e := anyExit(t)
			before, err := json.Marshal(h)
			if err != nil {
				t.Fatal(err)
			}
			d, next := p.Decide(h, e)
			if after, _ := json.Marshal(h); string(after) != string(before) {
				t.Fatalf("the history given was changed from %s to %s", before, after)
			}
			if d2, again := p.Decide(h, e); d2 != d || !reflect.DeepEqual(again, next) {
				t.Fatalf("asked twice: %+v, then %+v", d, d2)
			}
			if e.Ran >= reset {
				row = 0
			}
			h = next
			switch {
			case d.Reason == "" || d.Max != p.MaxRestarts:
				t.Fatalf("%+v", d)
			case len(h.Exits) > kept || len(h.Recent) > max(0, p.MaxRestarts):
				t.Fatalf("%d exits and %d restarts are kept", len(h.Exits), len(h.Recent))
			case d.Alike == 1 || d.Alike > len(h.Exits) || d.Alike > 0 && p.SameEndings+p.GiveUpAlike == 0:
				t.Fatalf("alike: %+v", d)
			case d.Restart && (p.Mode == Never || p.Mode == OnFailure && p.Success(e) || d.CrashLoop):
				t.Fatalf("restart: %+v", d)
			case d.CrashLoop && h.Restarts == 0 && len(h.Recent) == 0 && d.Alike == 0:
				t.Fatalf("a loop of one: %+v", d)
			}
			for i, r := range h.Recent {
				if r.After(e.At.Add(d.Delay)) || i > 0 && r.Before(h.Recent[i-1]) || e.At.Sub(r) >= p.Window {
					t.Fatalf("window %v at %s", h.Recent, e.At)
				}
			}
			if !d.Restart {
				continue
			}
			row++
			if p.MaxRestarts >= 0 && (d.Attempt > p.MaxRestarts || p.Window == 0 && row > p.MaxRestarts) {
				t.Fatalf("restart %d of %d: %+v", row, p.MaxRestarts, d)
			}
			plain := p
			plain.Jitter = 0
			exact := plain.delay(row)
			switch {
			case d.Delay < 0 || p.MaxDelay > 0 && d.Delay > p.MaxDelay || !d.At.Equal(e.At.Add(d.Delay)):
				t.Fatalf("delay: %+v", d)
			case p.Jitter == 0 && d.Delay != exact:
				t.Fatalf("delay %s in place of %s", d.Delay, exact)
			case math.Abs(float64(d.Delay-exact)) > p.Jitter*float64(exact)*(1+1e-9)+1:
				t.Fatalf("delay %s is too far from %s", d.Delay, exact)
			}
			if w := d.Wait(anyExit(t).At); w < 0 || w > d.Delay {
				t.Fatalf("wait %s of %s", w, d.Delay)
			}
		}
	})
}

func TestDelaysGrowUpToTheCap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyPolicy(t)
		last := time.Duration(0)
		for n := range 100 {
			d := p.delay(n + 1)
			if d < last || d < min(p.Delay, p.limit()) || d > p.limit() {
				t.Fatalf("restart %d waits %s after %s: %+v", n+1, d, last, p)
			}
			last = d
		}
	})
}
