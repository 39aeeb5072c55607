package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// life is how memory goes in a run: bytes at steps of a time. leaks is the
// step from which on it leaks, -1 for never; settled is from when on what does
// not leak is at rest: whatever fills for some minutes is a leak until then,
// by all that can be seen.
type life struct {
	bytes   []float64
	leaks   int
	settled int
}

const (
	mb   = 1 << 20
	step = 10 * time.Second // between two readings
)

func between(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

// scale is a random number whose logarithm is evenly spread.
func scale(r *rand.Rand, lo, hi float64) float64 { return lo * math.Pow(hi/lo, r.Float64()) }

// kind makes lives of n steps. t is in minutes.
type kind struct {
	name  string
	leaks bool
	make  func(r *rand.Rand, n int) life
}

const perMinute = float64(time.Minute / step)

// each is a life by a function of minutes, with the noise that all have.
func each(r *rand.Rand, n int, noise float64, f func(t float64) float64) life {
	l := life{bytes: make([]float64, n), leaks: -1}
	for i := range l.bytes {
		v := f(float64(i) / perMinute)
		l.bytes[i] = max(mb, v*(1+noise*r.NormFloat64()))
	}
	return l
}

// base has a level of 30 MB to 2 GB.
func base(r *rand.Rand) float64 { return scale(r, 30, 2000) * mb }

// rate is of a leak, in bytes per minute: 20 % to 600 % of the level in half an
// hour, and at least 20 MB.
func rate(r *rand.Rand, level float64) float64 {
	return max(scale(r, 0.2, 6)*level, 20*mb) / 30
}

// tooth rises from 0 to 1 in every period.
func tooth(t, period, phase float64) float64 {
	_, f := math.Modf(t/period + phase)
	return f
}

var kinds = []kind{
	{"linear", true, func(r *rand.Rand, n int) life {
		l0 := base(r)
		k := rate(r, l0)
		l := each(r, n, scale(r, 0.0001, 0.01), func(t float64) float64 { return l0 + k*t })
		l.leaks = 0
		return l
	}},
	{"staircase", true, func(r *rand.Rand, n int) life {
		l0 := base(r)
		k, every := rate(r, l0), scale(r, 0.2, 4)
		l := each(r, n, scale(r, 0.0001, 0.005), func(t float64) float64 { return l0 + k*every*math.Floor(t/every) })
		l.leaks = 0
		return l
	}},
	{"noisy", true, func(r *rand.Rand, n int) life {
		l0 := base(r)
		k := rate(r, l0)
		l := each(r, n, between(r, 0.02, 0.08), func(t float64) float64 { return l0 + k*t })
		l.leaks = 0
		return l
	}},
	{"under-saw", true, func(r *rand.Rand, n int) life {
		l0 := base(r)
		k, amp, period, ph := rate(r, l0), l0*between(r, 0.1, 0.8), scale(r, 0.1, 6), r.Float64()
		l := each(r, n, scale(r, 0.0001, 0.01), func(t float64) float64 { return l0 + k*t + amp*tooth(t, period, ph) })
		l.leaks = 0
		return l
	}},
	{"after-flat", true, func(r *rand.Rand, n int) life {
		l0 := base(r)
		k, start := rate(r, l0), between(r, 20, 300)
		l := each(r, n, scale(r, 0.0001, 0.02), func(t float64) float64 { return l0 + k*max(0, t-start) })
		l.leaks = int(start * perMinute)
		return l
	}},
	{"bursts", true, func(r *rand.Rand, n int) life { // leaks with the requests, which come and go
		l0 := base(r)
		k, held, busy := rate(r, l0)*2, l0, true
		l := each(r, n, scale(r, 0.0001, 0.01), func(float64) float64 {
			if r.Float64() < 1/perMinute { // once a minute
				busy = r.Float64() < 0.5
			}
			if busy {
				held += k / perMinute * r.ExpFloat64()
			}
			return held
		})
		l.leaks = 0
		return l
	}},

	{"flat", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		return each(r, n, 0, func(float64) float64 { return l0 })
	}},
	{"noise", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		return each(r, n, scale(r, 0.001, 0.2), func(float64) float64 { return l0 })
	}},
	{"fills", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		size, start, lasts := l0*scale(r, 0.1, 3), between(r, 0, 120), scale(r, 0.2, 15)
		l := each(r, n, scale(r, 0.0001, 0.02), func(t float64) float64 {
			return l0 + size*min(1, max(0, t-start)/lasts)
		})
		l.settled = int((start + lasts) * perMinute)
		return l
	}},
	{"saturates", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		size, start, tau := l0*scale(r, 0.1, 3), between(r, 0, 120), scale(r, 0.2, 10)
		l := each(r, n, scale(r, 0.0001, 0.02), func(t float64) float64 {
			return l0 + size*(1-math.Exp(-max(0, t-start)/tau))
		})
		l.settled = int((start + 2*tau) * perMinute) // 86 % full
		return l
	}},
	{"saw", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		amp, period, ph, rough := l0*scale(r, 0.05, 2), scale(r, 0.1, 30), r.Float64(), between(r, 0, 0.3)
		at, top := ph, 1.0
		l := each(r, n, scale(r, 0.0001, 0.02), func(float64) float64 {
			if at += 1 / (period * perMinute); at > top {
				at, top = 0, 1+rough*(2*r.Float64()-1)
			}
			return l0 + amp*at
		})
		l.settled = int(period * (1 + rough) * perMinute) // the first tooth is a leak, by all that can be seen
		return l
	}},
	{"heap-steps", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		steps, every, start := float64(1+r.IntN(6)), scale(r, 0.5, 8), between(r, 0, 120)
		size := l0 * scale(r, 0.1, 1)
		amp, period := size*between(r, 0, 0.5), scale(r, 0.1, 2)
		l := each(r, n, scale(r, 0.0001, 0.02), func(t float64) float64 {
			return l0 + size*min(steps, math.Floor(max(0, t-start)/every)) + amp*tooth(t, period, 0)
		})
		l.settled = int((start + steps*every) * perMinute)
		return l
	}},
	{"one-step", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		size, start := l0*scale(r, 0.05, 5), between(r, 0, 600)
		return each(r, n, scale(r, 0.0001, 0.02), func(t float64) float64 {
			if t > start {
				return l0 + size
			}
			return l0
		})
	}},
	{"start-up", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		lasts := scale(r, 0.1, 4)
		l := each(r, n, scale(r, 0.0001, 0.02), func(t float64) float64 { return l0 * (0.05 + 0.95*min(1, t/lasts)) })
		l.settled = int(lasts * perMinute)
		return l
	}},
	{"load-and-back", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		size := l0 * scale(r, 0.1, 5)
		busy, left := false, 0.0
		return each(r, n, scale(r, 0.0001, 0.02), func(float64) float64 {
			if left--; left < 0 {
				if busy = !busy; busy {
					left = scale(r, 0.2, 20) * perMinute
				} else {
					left = scale(r, 5, 200) * perMinute
				}
			}
			if busy {
				return l0 + size
			}
			return l0
		})
	}},
	{"walk", false, func(r *rand.Rand, n int) life { // Ornstein-Uhlenbeck
		l0 := base(r)
		sd, back := scale(r, 0.005, 0.15), scale(r, 0.5, 30)
		a := math.Exp(-1 / (back * perMinute))
		x := r.NormFloat64()
		return each(r, n, 0, func(float64) float64 {
			x = a*x + math.Sqrt(1-a*a)*r.NormFloat64()
			return l0 * math.Exp(sd*x)
		})
	}},
	{"daily", false, func(r *rand.Rand, n int) life {
		l0 := base(r)
		amp, ph := between(r, 0.05, 0.4), r.Float64()
		return each(r, n, scale(r, 0.0001, 0.02), func(t float64) float64 {
			return l0 * (1 + amp*math.Sin(2*math.Pi*(t/1440+ph)))
		})
	}},
}

// leastSquares is the yardstick: a straight line by least squares through the
// whole window, with the same minimum of growth.
func leastSquares(w LeakWatch, began time.Time, readings []Reading) bool {
	w = w.filled()
	now := readings[len(readings)-1].At
	from := began.Add(w.WarmUp)
	if at := now.Add(-w.Window); at.After(from) {
		from = at
	}
	span := now.Sub(from)
	if span < w.MinSpan {
		return false
	}
	i, _ := slices.BinarySearchFunc(readings, from, func(r Reading, t time.Time) int { return r.At.Compare(t) })
	var n, sx, sy, sxx, sxy float64
	for _, r := range readings[i:] {
		x, y := r.At.Sub(from).Seconds(), float64(r.Bytes)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	slope := (n*sxy - sx*sy) / (n*sxx - sx*sx)
	start := max(0, (sy-slope*sx)/n)
	return slope*span.Seconds() >= w.worth(start, span)
}

// lived is what a watch said in a life.
type lived struct {
	judged, early, late int           // judgements; those that are false while it still settled, and after
	told                time.Duration // since the leak began; 0 = never
}

// live judges a life once a minute, by at most 1800 readings.
func live(l life, find func(began time.Time, readings []Reading) bool) lived {
	const every, kept = 6, 1800
	began := time.Unix(1e9, 0)
	readings := make([]Reading, len(l.bytes))
	for i, b := range l.bytes {
		readings[i] = Reading{began.Add(time.Duration(i) * step), uint64(b)}
	}
	var got lived
	for i := 0; i < len(readings); i += every {
		got.judged++
		if !find(began, readings[max(0, i+1-kept):i+1]) {
			continue
		}
		switch {
		case l.leaks >= 0 && i >= l.leaks:
			got.told = max(1, time.Duration(i-l.leaks)*step)
			return got
		case l.leaks < 0 && i < l.settled:
			got.early++
		default:
			got.late++
		}
	}
	return got
}

// outcome is what a watch said in many lives of a kind.
type outcome struct {
	lives, judged int
	early, late   int // false judgements
	alarmed       int // lives with any
	missed        int
	told          []float64 // minutes
}

func (o *outcome) add(leaks bool, l lived) {
	o.lives++
	o.judged += l.judged
	o.early += l.early
	o.late += l.late
	if l.early+l.late > 0 {
		o.alarmed++
	}
	if !leaks {
		return
	}
	if l.told == 0 {
		o.missed++
	} else {
		o.told = append(o.told, l.told.Minutes())
	}
}

// tell runs through the lives of a kind with seeds from first on: a day of what
// doesn't leak, an hour of what does.
func (k kind) tell(first, n int, find func(began time.Time, readings []Reading) bool) outcome {
	const hour, day = 360, 8640
	var o outcome
	for seed := first; seed < first+n; seed++ {
		steps := day
		if k.leaks {
			steps = 6 * hour
		}
		l := k.make(rand.New(rand.NewPCG(uint64(seed), 7)), steps)
		if k.leaks {
			l.bytes = l.bytes[:l.leaks+hour+1]
		}
		o.add(k.leaks, live(l, find))
	}
	return o
}

func found(began time.Time, readings []Reading) bool {
	_, ok := LeakWatch{}.Find(began, readings)
	return ok
}

func fitted(began time.Time, readings []Reading) bool {
	return leastSquares(LeakWatch{}, began, readings)
}

func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return v[int(q*float64(len(v)-1))]
}

// BenchmarkLeakWatch counts false alarms and misses: of judgements once a
// minute in days that don't leak (those while something still fills are counted
// apart as "filling"), and of leaks that aren't told within an hour. "ls" is
// plain least squares with the same minimum of growth. Each iteration is 60
// lives of every kind; the seeds are fixed.
func BenchmarkLeakWatch(b *testing.B) {
	const lives = 60
	var leaks, rests [2]outcome
	for _, k := range kinds {
		b.Run(k.name, func(b *testing.B) {
			var sum [2]outcome
			first := 1000
			for b.Loop() {
				for who, find := range []func(time.Time, []Reading) bool{found, fitted} {
					sum[who].merge(k.tell(first, lives, find))
				}
				first += lives
			}
			report(b, k.leaks, sum)
			for who := range sum {
				if k.leaks {
					leaks[who].merge(sum[who])
				} else {
					rests[who].merge(sum[who])
				}
			}
		})
	}
	for name, sum := range map[string][2]outcome{"all-leaks": leaks, "all-others": rests} {
		if sum[0].lives > 0 {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					continue // the sum is there
				}
				report(b, name == "all-leaks", sum)
			})
		}
	}
}

func (o *outcome) merge(p outcome) {
	o.lives += p.lives
	o.judged += p.judged
	o.early += p.early
	o.late += p.late
	o.alarmed += p.alarmed
	o.missed += p.missed
	o.told = append(o.told, p.told...)
}

func report(b *testing.B, leaks bool, sum [2]outcome) {
	for who, prefix := range []string{"", "ls-"} {
		o := sum[who]
		lives := float64(o.lives)
		if leaks {
			b.ReportMetric(1000*float64(o.missed)/lives, prefix+"misses/1000")
			b.ReportMetric(quantile(o.told, 0.5), prefix+"minutes-to-tell")
			b.ReportMetric(quantile(o.told, 0.9), prefix+"minutes-to-tell-p90")
		} else {
			b.ReportMetric(1000*float64(o.late)/float64(o.judged), prefix+"false-alarms/1000")
			b.ReportMetric(1000*float64(o.early)/float64(o.judged), prefix+"filling/1000")
			b.ReportMetric(1000*float64(o.alarmed)/lives, prefix+"alarmed-days/1000")
		}
	}
	b.ReportMetric(float64(sum[0].lives), "lives")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFind tells what a judgement costs, by 1800 readings 10 s apart.
func BenchmarkFind(b *testing.B) {
	for _, k := range kinds {
		switch k.name {
		case "flat", "noise", "saw", "linear", "under-saw":
		default:
			continue
		}
		b.Run(k.name, func(b *testing.B) {
			began := time.Unix(1e9, 0)
			var readings []Reading
			for i, v := range k.make(rand.New(rand.NewPCG(1, 7)), 1800).bytes {
				readings = append(readings, Reading{began.Add(time.Duration(i) * step), uint64(v)})
			}
			b.ReportAllocs()
			for b.Loop() {
				found(began, readings)
			}
		})
	}
}
