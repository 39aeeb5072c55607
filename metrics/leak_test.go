package metrics

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var t0 = time.Unix(1e9, 0)

// readingsOf are of a function of minutes, some apart, to an end; jitter is how
// much of the time between two they are off.
func readingsOf(apart, end time.Duration, jitter float64, f func(t float64) float64) []Reading {
	r := rand.New(rand.NewPCG(3, 3))
	var readings []Reading
	for at := time.Duration(0); at <= end; at += apart {
		d := max(0, at+time.Duration(jitter*(r.Float64()-0.5)*float64(apart)))
		readings = append(readings, Reading{t0.Add(d), uint64(f(d.Minutes()) * mb)})
	}
	return readings
}

// firstTold is how old the run is when a leak is told.
func firstTold(w LeakWatch, readings []Reading) (time.Duration, Leak) {
	for i := range readings {
		if l, ok := w.Find(t0, readings[:i+1]); ok {
			return readings[i].At.Sub(t0), l
		}
	}
	return 0, Leak{}
}

func TestLeaksAreTold(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		apart  time.Duration
		f      func(t float64) float64
		from   float64 // minutes
		within float64 // minutes
		rate   float64 // MB a minute
	}{
		"slow":                {10 * time.Second, func(t float64) float64 { return 200 + t }, 0, 30.5, 1},
		"quick":               {10 * time.Second, func(t float64) float64 { return 200 + 200*t }, 0, 8.5, 200},
		"very quick":          {time.Second, func(t float64) float64 { return 50 + 400*t }, 0, 8.5, 400},
		"small":               {10 * time.Second, func(t float64) float64 { return 10 + t }, 0, 20.5, 1},
		"every second":        {time.Second, func(t float64) float64 { return 200 + t }, 0, 30.5, 1},
		"every minute":        {time.Minute, func(t float64) float64 { return 200 + 2*t }, 0, 30, 2},
		"staircase":           {10 * time.Second, func(t float64) float64 { return 100 + 6*math.Floor(t/3) }, 0, 29, 2},
		"noisy":               {10 * time.Second, func(t float64) float64 { return 200 + 3*t + 10*r.NormFloat64() }, 0, 30, 3},
		"under a saw-tooth":   {10 * time.Second, func(t float64) float64 { return 200 + 3*t + 150*tooth(t, 0.9, 0) }, 0, 30, 3},
		"under a slow one":    {10 * time.Second, func(t float64) float64 { return 200 + 4*t + 150*tooth(t, 4, 0) }, 0, 40, 4},
		"after a long flat":   {10 * time.Second, func(t float64) float64 { return 200 + 3*max(0, t-200) }, 200, 22, 3},
		"after a big load":    {10 * time.Second, func(t float64) float64 { return 200 + 100*min(1, max(0, t-10)) + 5*max(0, t-60) }, 60, 20, 5},
		"with outliers":       {10 * time.Second, func(t float64) float64 { return 200 + 3*t + 800*math.Floor(1.02*r.Float64()) }, 0, 30, 3},
		"and slower a little": {10 * time.Second, func(t float64) float64 { return 200 + 60*math.Pow(t, 0.8)/math.Pow(30, 0.8) }, 0, 36, 2},
	} {
		t.Run(name, func(t *testing.T) {
			end := time.Duration((c.from + 60) * float64(time.Minute))
			for _, jitter := range []float64{0, 0.8} {
				readings := readingsOf(c.apart, end, jitter, c.f)
				told, l := firstTold(LeakWatch{}, readings)
				if m := told.Minutes(); m < c.from+2 || m > c.from+c.within {
					t.Errorf("jitter %.1f: told after %s", jitter, told)
					continue
				}
				if got := l.BytesPerSecond * 60 / mb; got < 0.7*c.rate || got > 1.3*c.rate {
					t.Errorf("jitter %.1f: %.2f MB a minute", jitter, got)
				}
				since := l.Since.Sub(t0).Minutes()
				if since < 2 || since < c.from-10 || l.Since.After(t0.Add(told-3*time.Minute)) {
					t.Errorf("since %.1f min", since)
				}
				now := told.Minutes()
				want := c.f(math.Floor(now)) // about
				if got := float64(l.Bytes) / mb; got > want*1.15 || got < 0.5*want {
					t.Errorf("%.0f MB instead of %.0f", got, want)
				}
			}
		})
	}
}

func TestTheLevelIsThatOfTheFit(t *testing.T) {
	t.Parallel()
	readings := readingsOf(10*time.Second, 40*time.Minute, 0, func(t float64) float64 { return 200 + 10*t })
	readings[len(readings)-1].Bytes = 5000 * mb // no one reading counts
	l, ok := LeakWatch{}.Find(t0, readings)
	if got := float64(l.Bytes) / mb; !ok || got < 595 || got > 605 {
		t.Errorf("%v, %.0f MB", ok, got)
	}
	if got := l.BytesPerSecond * 60 / mb; math.Abs(got-10) > 0.1 {
		t.Errorf("%.2f MB a minute", got)
	}
	if got := l.Since.Sub(t0); got < 10*time.Minute || got > 13*time.Minute {
		t.Errorf("since %s", got)
	}
}

func TestWhatDoesNotLeakIsNotTold(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	walk := 0.0
	for name, f := range map[string]func(t float64) float64{
		"nothing":                func(float64) float64 { return 0 },
		"flat":                   func(float64) float64 { return 200 },
		"noisy":                  func(float64) float64 { return 200 + 20*r.NormFloat64() },
		"too slow":               func(t float64) float64 { return 200 + 0.5*t },
		"too little":             func(t float64) float64 { return 10 + 0.2*t },
		"fills and stays":        func(t float64) float64 { return 200 + 200*min(1, max(0, t-20)/5) },
		"saturates":              func(t float64) float64 { return 200 + 150*(1-math.Exp(-t/5)) },
		"saw-tooth":              func(t float64) float64 { return 200 + 150*tooth(t, 1.3, 0) },
		"large saw-tooth":        func(t float64) float64 { return 100 + 900*tooth(t, 3.1, 0) },
		"slow saw-tooth":         func(t float64) float64 { return 200 + 100*tooth(t, 14, 0.6) },
		"very slow, once known":  func(t float64) float64 { return 200 + 200*tooth(t, 60, 0.8) },
		"heap by steps":          func(t float64) float64 { return 256 * math.Pow(2, min(3, math.Floor(t/4))) },
		"single step":            func(t float64) float64 { return 200 + 800*math.Floor(min(1, t/40)) },
		"two steps":              func(t float64) float64 { return 200 + 100*math.Floor(min(2, t/10)) },
		"start-up":               func(t float64) float64 { return 20 + 300*min(1, t/3) },
		"released":               func(t float64) float64 { return 600 - 10*min(40, t) },
		"up and back":            func(t float64) float64 { return 200 + 100*math.Max(0, math.Sin(t/2)) },
		"daily":                  func(t float64) float64 { return 200 + 60*math.Sin(2*math.Pi*t/1440) },
		"around a level":         func(float64) float64 { walk = 0.98*walk + 2*r.NormFloat64(); return 200 + walk },
		"held before and freed":  func(t float64) float64 { return 200 + 10*math.Abs(t-60) },
		"outliers, now and then": func(float64) float64 { return 200 + 800*math.Floor(1.05*r.Float64()) },
	} {
		t.Run(name, func(t *testing.T) {
			end := 5 * time.Hour
			if name == "held before and freed" {
				end = 115 * time.Minute // it is let go before it is more than ever
			}
			for _, jitter := range []float64{0, 0.8} {
				if told, l := firstTold(LeakWatch{}, readingsOf(10*time.Second, end, jitter, f)); told > 0 {
					t.Errorf("jitter %.1f: told after %s: %+v", jitter, told, l)
				}
			}
		})
	}
}

func TestALeakEndsWhenItStops(t *testing.T) {
	t.Parallel()
	readings := readingsOf(10*time.Second, 2*time.Hour, 0, func(t float64) float64 { return 200 + 3*min(60, t) })
	at := func(m int) bool { _, ok := LeakWatch{}.Find(t0, readings[:m*6+1]); return ok }
	if !at(59) {
		t.Error("not told while it grows")
	}
	for m := 65; m <= 120; m++ {
		if at(m) {
			t.Errorf("told %d minutes after it stopped", m-60)
		}
	}
}

func TestWhatWasHeldBeforeIsNoGrowth(t *testing.T) {
	t.Parallel()
	f := func(t float64) float64 { // half an hour at 500 MB, then a leak from 200 MB on
		if t < 30 {
			return 500
		}
		return 200 + 10*(t-30)
	}
	all := readingsOf(10*time.Second, 2*time.Hour, 0, f)
	if told, _ := firstTold(LeakWatch{}, all); told < time.Hour || told > 75*time.Minute {
		t.Errorf("told after %s, 500 MB are reached after 1h0m0s", told)
	}
	// Who doesn't give the past has it told earlier.
	if _, ok := (LeakWatch{}).Find(t0, all[40*6:55*6]); !ok {
		t.Error("not told without the past")
	}
}

func TestWarmUpIsLeftOut(t *testing.T) {
	t.Parallel()
	readings := readingsOf(10*time.Second, 12*time.Minute, 0, func(t float64) float64 { return 50 + 100*t })
	if _, ok := (LeakWatch{WarmUp: 10 * time.Minute}).Find(t0, readings); ok {
		t.Error("told by the start alone")
	}
	none, _ := firstTold(LeakWatch{WarmUp: -1}, readings)
	two, _ := firstTold(LeakWatch{}, readings)
	if none == 0 || two <= none {
		t.Errorf("told after %s without a warm-up, after %s with one", none, two)
	}
}

func TestGaps(t *testing.T) {
	t.Parallel()
	// The machine slept for eight hours: what grew before and after is a leak
	// once there is enough on one side.
	var readings []Reading
	for i := range 720 {
		at := time.Duration(i) * 10 * time.Second
		grown := 3 * at.Minutes()
		if i >= 40 {
			at += 8 * time.Hour
		}
		readings = append(readings, Reading{t0.Add(at), uint64((200 + grown) * mb)})
	}
	told, l := firstTold(LeakWatch{}, readings)
	if told < 8*time.Hour+20*time.Minute || told > 8*time.Hour+40*time.Minute {
		t.Errorf("told after %s", told)
	}
	if l.Since.Before(t0.Add(8 * time.Hour)) {
		t.Errorf("since %s", l.Since.Sub(t0))
	}
	// A few that are lost change nothing.
	r := rand.New(rand.NewPCG(1, 1))
	readings = readingsOf(10*time.Second, time.Hour, 0, func(t float64) float64 { return 200 + 3*t })
	var left []Reading
	for _, one := range readings {
		if r.Float64() < 0.7 {
			left = append(left, one)
		}
	}
	if _, ok := (LeakWatch{}).Find(t0, left); !ok {
		t.Error("not told")
	}
}

func TestRandomLives(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	judged, alarms := 0, 0
	for _, k := range kinds {
		n := 3
		if k.leaks {
			n = 30
		}
		o := k.tell(0, n, found)
		judged, alarms = judged+o.judged, alarms+o.late
		switch k.name {
		case "flat", "noise", "one-step", "start-up", "load-and-back", "daily": // never look like one
			if o.early+o.late > 0 {
				t.Errorf("%s: %d false alarms", k.name, o.early+o.late)
			}
		}
		if o.missed > 1 {
			t.Errorf("%s: %d of %d missed", k.name, o.missed, n)
		}
		if m := quantile(o.told, 0.5); k.leaks && m > 25 {
			t.Errorf("%s: told after %.1f minutes", k.name, m)
		}
	}
	if alarms*1000 > judged {
		t.Errorf("%d false alarms in %d judgements", alarms, judged)
	}
}

func TestMannKendall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		y      []float64
		z, tau float64
	}{
		{[]float64{1, 2, 3, 4, 5, 6, 7}, 20 / math.Sqrt(7*6*19./18), 1},
		{[]float64{4, 3, 2, 1}, -5 / math.Sqrt(4*3*13./18), -1},
		{[]float64{1, 1, 2, 3}, 4 / math.Sqrt((4*3*13-2*1*9)/18.), 5. / 6},
		{[]float64{2, 1, 2, 3, 2}, 2 / math.Sqrt((5*4*15-3*2*11)/18.), 0.3},
		{[]float64{1, 1, 1}, 0, 0},
	} {
		if z, tau := mannKendall(c.y); math.Abs(z-c.z) > 1e-9 || math.Abs(tau-c.tau) > 1e-9 {
			t.Errorf("%v: %g, %g instead of %g, %g", c.y, z, tau, c.z, c.tau)
		}
	}
}

func TestReaches(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		leak  Leak
		limit uint64
		in    time.Duration
		ok    bool
	}{
		"soon":      {Leak{BytesPerSecond: mb, Bytes: 100 * mb}, 160 * mb, time.Minute, true},
		"already":   {Leak{BytesPerSecond: mb, Bytes: 100 * mb}, 100 * mb, 0, true},
		"no limit":  {Leak{BytesPerSecond: mb, Bytes: 100 * mb}, 0, 0, false},
		"never":     {Leak{Bytes: 100 * mb}, 160 * mb, 0, false},
		"falls":     {Leak{BytesPerSecond: -1, Bytes: 100 * mb}, 160 * mb, 0, false},
		"no number": {Leak{BytesPerSecond: math.NaN(), Bytes: 100 * mb}, 160 * mb, 0, false},
		"29 days":   {Leak{BytesPerSecond: 1}, 29 * 86400, 29 * 24 * time.Hour, true},
		"31 days":   {Leak{BytesPerSecond: 1}, 31 * 86400, 0, false},
		"absurd":    {Leak{BytesPerSecond: 1e-300}, math.MaxUint64, 0, false},
	} {
		at, ok := c.leak.Reaches(c.limit, t0)
		if ok != c.ok || ok && !at.Equal(t0.Add(c.in)) {
			t.Errorf("%s: %v, %v", name, at, ok)
		}
	}
}

// FuzzFind takes readings of any order and size: pairs of the milliseconds to
// the next and of a level.
func FuzzFind(f *testing.F) {
	seed := func(f func(i int) (uint32, uint64)) (b []byte) {
		for i := range 40 {
			apart, level := f(i)
			b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(b, apart), level)
		}
		return b
	}
	f.Add(int64(0), int64(0), int64(0), seed(func(i int) (uint32, uint64) { return 60_000, uint64(i) << 24 }))
	f.Add(int64(-1), int64(12), int64(1), seed(func(i int) (uint32, uint64) { return 1, uint64(i) << 58 }))
	f.Add(int64(1), int64(math.MaxInt64), int64(math.MaxInt64), seed(func(i int) (uint32, uint64) { return math.MaxUint32, math.MaxUint64 }))
	f.Fuzz(func(t *testing.T, warmUp, window, minSpan int64, data []byte) {
		w := LeakWatch{WarmUp: time.Duration(warmUp), Window: time.Duration(window), MinSpan: time.Duration(minSpan)}
		var readings []Reading
		at := t0
		for ; len(data) >= 12; data = data[12:] {
			at = at.Add(time.Duration(int32(binary.LittleEndian.Uint32(data))) * time.Millisecond)
			readings = append(readings, Reading{at, binary.LittleEndian.Uint64(data[4:])})
		}
		for _, began := range []time.Time{t0, {}, t0.Add(time.Hour)} {
			l, ok := w.Find(began, readings)
			if ok != (l.BytesPerSecond > 0) || math.IsInf(l.BytesPerSecond, 0) || ok && !l.Since.Before(at) {
				t.Errorf("%v, %+v", ok, l)
			}
			if when, ok := l.Reaches(math.MaxUint64, at); ok && when.Before(at) {
				t.Errorf("reached at %v", when)
			}
		}
	})
}
