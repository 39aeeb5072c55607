package metrics

import (
	"math"
	"slices"
	"time"
)

// Reading is what a tree held at a time.
type Reading struct {
	At    time.Time
	Bytes uint64
}

// LeakWatch says how a leak is looked for. The zero value is a good one for
// services of a developer's machine: a service of 200 MB that grows by 1 MB a
// minute is told after half an hour, one that doubles each minute after eight.
type LeakWatch struct {
	WarmUp time.Duration // after a run's start, left out; 0 = 2 min, negative = none
	Window time.Duration // looked at, up to the newest reading; 0 = 30 min

	// MinSpan is how long the shortest growth is that is told; 0 = a tenth of
	// Window. It also says how dense the readings must be: where some twelfths
	// of it have none, only longer growths can be told.
	MinSpan time.Duration

	// MinGrowth (in bytes) and MinShare (of the level that the growth began
	// at) are how much growth in a whole Window is worth telling: both must be
	// reached. What has grown for a part of Window only must have grown by
	// more, by (Window/part)^1.5 times: nearly three times as much in a half
	// of it, 32 times in a tenth. So what fills up in some minutes is mostly
	// full before it is taken for a leak.
	MinGrowth uint64  // 0 = 8 MB
	MinShare  float64 // 0 = 0.1
}

// Leak is memory that keeps growing.
type Leak struct {
	BytesPerSecond float64
	Since          time.Time // the growth was seen from; it may have begun earlier
	Bytes          uint64    // level at the newest reading, by the fit: what stays, below the peaks between collections
}

// What a growth must look like. The values were chosen by the series of
// BenchmarkLeakWatch.
const (
	buckets    = 12   // of MinSpan
	fewBuckets = 7    // of long spans, so that they are wide
	topBuckets = 24   // are too many: there are half as many of twice the width
	pastMost   = 8192 // buckets are looked at, the narrowest: 34 hours by default

	minTau     = 0.7  // Kendall's: 85 % of all pairs of buckets rise
	minZ       = 2.9  // of Mann and Kendall: one in 500 by chance, if buckets were independent
	firstSlope = 0.2  // of the whole: the first third grows at least so fast, or the growth began later
	lastSlope  = 0.5  // of the whole: the last third grows at least so fast
	newestPart = 0.13 // of the span: in that there must be some growth, at least half of its share
	largest    = 0.25 // of the growth: no single step is larger
	twoLargest = 0.4  // nor two together
	sameSlope  = 0.8  // a longer span that grows no slower than this is the same growth
)

func (w LeakWatch) filled() LeakWatch {
	if w.WarmUp == 0 {
		w.WarmUp = 2 * time.Minute
	}
	w.WarmUp = max(w.WarmUp, 0)
	if w.Window <= 0 {
		w.Window = 30 * time.Minute
	}
	if w.MinSpan <= 0 {
		w.MinSpan = w.Window / 10
	}
	w.MinSpan = max(min(w.MinSpan, w.Window), buckets)
	if w.MinGrowth == 0 {
		w.MinGrowth = 8 << 20
	}
	if !(w.MinShare > 0) {
		w.MinShare = 0.1
	}
	return w
}

// worth is the least growth from a level on, in bytes, that is told when it
// took span.
func (w LeakWatch) worth(level float64, span time.Duration) float64 {
	times := float64(w.Window) / float64(span)
	return times * math.Sqrt(times) * max(float64(w.MinGrowth), w.MinShare*level)
}

// Find tells whether memory keeps growing, at the time of the newest reading.
// The readings are those of one run, which began at began, in order of time;
// they may be irregular and have gaps. It is good to give more than a Window of
// them: what was held before and given back is not taken for a leak when it is
// held again, be it by a collector that is slow, a load that comes and goes, or
// the day's rhythm. That is also why a leak is told only once it rises above
// all that the readings have seen to last. Who thins out old readings must keep
// the least of each minute or so, not any.
//
// It looks at spans of several lengths that end now, each cut into some dozen
// buckets of time, and takes the least reading of every bucket: what remains
// after garbage was collected. By these, a span grows if
//
//   - they have a trend by the test of Mann and Kendall (Mann, Nonparametric
//     Tests Against Trend, Econometrica 13, 1945; Kendall, Rank Correlation
//     Methods, 1975), with the variance corrected for ties. It takes nothing but
//     independence for granted, but that is not given here, and alone it gives
//     many false alarms (Machida et al., On the Effectiveness of Mann-Kendall
//     Test for Detection of Software Aging, ISSREW 2013); so tau must be large
//     as well, and all that follows must hold
//   - the median of the slopes between any two of them, which a few outliers
//     don't change (Theil, A rank-invariant method of linear and polynomial
//     regression analysis, 1950; Sen, Estimates of the Regression Coefficient
//     Based on Kendall's Tau, JASA 63, 1968), makes a growth that is worth
//     telling, see [LeakWatch], and as much above all earlier buckets
//   - it goes on: the last third is not much slower, and the newest readings
//     don't stand still, as they do once a cache is full
//   - it is made of many steps, unlike a big load, or a heap that doubles.
//
// A cache that fills for long, steadily, is a leak until it is full, by all
// that its size tells; then it is no longer one. Its first rise is all that is
// seen of a collector that runs less than once in a Window.
func (w LeakWatch) Find(began time.Time, readings []Reading) (Leak, bool) {
	if len(readings) == 0 {
		return Leak{}, false
	}
	w = w.filled()
	from, now := began.Add(w.WarmUp), readings[len(readings)-1].At
	if now.Sub(from) < w.MinSpan {
		return Leak{}, false
	}
	width := w.MinSpan / buckets
	floors := floorsOf(readings, from, now, width)
	s := sight{watch: w, now: now, fine: width}
	s.floors = slices.Clone(floors)
	var found Leak
	for ; len(floors) >= fewBuckets; floors, width = halve(floors), 2*width {
		for n := fewBuckets; n < topBuckets && n <= len(floors); n++ {
			span := time.Duration(n) * width
			if span > w.Window {
				break
			}
			if n < buckets && (n%2 == 0 || span < w.Window/5*3) || n > buckets && n%3 != 0 {
				continue // enough lengths are looked at
			}
			l, ok := s.judge(floors, n, width)
			if ok && l.BytesPerSecond >= sameSlope*found.BytesPerSecond {
				found = l
			}
		}
	}
	return found, found.BytesPerSecond > 0
}

// floorsOf is the least of every bucket of time, the newest first, all of them
// whole; infinite where there is no reading.
func floorsOf(readings []Reading, from, now time.Time, width time.Duration) []float64 {
	floors := make([]float64, min(now.Sub(from)/width, pastMost))
	for i := range floors {
		floors[i] = math.Inf(1)
	}
	for _, r := range slices.Backward(readings) {
		k := now.Sub(r.At) / width
		if k >= time.Duration(len(floors)) {
			break
		}
		k = max(k, 0) // a clock that was put back
		floors[k] = min(floors[k], float64(r.Bytes))
	}
	return floors
}

// halve makes buckets of twice the width, in place.
func halve(floors []float64) []float64 {
	for i := range len(floors) / 2 {
		floors[i] = min(floors[2*i], floors[2*i+1])
	}
	return floors[:len(floors)/2]
}

// sight is what the judgements of all spans have in common.
type sight struct {
	watch  LeakWatch
	now    time.Time
	fine   time.Duration // width of the narrowest buckets
	floors []float64     // of them, the newest first
}

// judge looks at the newest n buckets, and at those before for what was held
// then.
func (s *sight) judge(floors []float64, n int, width time.Duration) (Leak, bool) {
	// A bucket is said to be where it begins: that is where its least is, if
	// it grows. Now is 0.
	var room [2][topBuckets]float64
	x, y := room[0][:0], room[1][:0]
	lowest, highest := math.Inf(1), 0.0
	for i := n - 1; i >= 0; i-- {
		if f := floors[i]; !math.IsInf(f, 1) {
			x, y = append(x, float64(-i-1)), append(y, f)
			lowest, highest = min(lowest, f), max(highest, f)
		}
	}
	span := time.Duration(n) * width
	// Most are done here, which is quick.
	if len(y) < (3*n+3)/4 || highest-lowest < s.watch.worth(lowest, span)/2 {
		return Leak{}, false
	}
	z, tau := mannKendall(y)
	if z < minZ || tau < minTau {
		return Leak{}, false
	}
	slope := theilSen(x, y)
	third := len(y) / 3
	old := len(y) - third
	start := max(lowest, fit(x[:third], y[:third], slope, float64(-n)))
	level := fit(x[old:], y[old:], slope, 0)
	growth := level - start
	wide := int(width / s.fine)
	before := max(start, s.lasted(n*wide, wide))
	if slope <= 0 || level-before < s.watch.worth(start, span) || level < s.lasted((n-third)*wide, wide) {
		return Leak{}, false
	}
	if theilSen(x[old:], y[old:]) < lastSlope*slope || theilSen(x[:third], y[:third]) < firstSlope*slope || s.still(span, growth) {
		return Leak{}, false
	}
	if one, two := steps(y); one > largest*growth || one+two > twoLargest*growth {
		return Leak{}, false
	}
	return Leak{
		BytesPerSecond: slope / width.Seconds(),
		Since:          s.now.Add(-span),
		Bytes:          uint64(min(level, math.MaxInt64)),
	}, true
}

// lasted is the most that was held for as long as so many of the narrowest
// buckets, from of them ago and earlier.
func (s *sight) lasted(from, wide int) float64 {
	most := 0.0
	for i := from; i+wide <= len(s.floors); i++ {
		if f := slices.Min(s.floors[i : i+wide]); !math.IsInf(f, 1) {
			most = max(most, f)
		}
	}
	return most
}

// still tells whether the newest part of a span doesn't grow, by the narrowest
// buckets: wide ones would show it only minutes later.
func (s *sight) still(span time.Duration, growth float64) bool {
	n := min(int(newestPart*float64(span/s.fine)), len(s.floors))
	if n < 2 {
		return false
	}
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, f := range s.floors[:n] {
		if !math.IsInf(f, 1) {
			lowest, highest = min(lowest, f), max(highest, f)
		}
	}
	return highest-lowest < newestPart/2*growth
}

// steps are the two largest. A step is what lies between two buckets and the
// two before, so that one that is off makes none.
func steps(y []float64) (one, two float64) {
	for i := 1; i < len(y); i++ {
		to, from := y[i], y[i-1]
		if i+1 < len(y) {
			to = min(to, y[i+1])
		}
		if i > 1 {
			from = max(from, y[i-2])
		}
		if d := to - from; d > one {
			one, two = d, one
		} else {
			two = max(two, d)
		}
	}
	return one, two
}

// fit is the height at a time of the line with a slope that has as many points
// above as below.
func fit(x, y []float64, slope, at float64) float64 {
	var room [topBuckets]float64
	v := room[:0]
	for i := range x {
		v = append(v, y[i]+slope*(at-x[i]))
	}
	return median(v)
}

// theilSen is the median of the slopes between any two points.
func theilSen(x, y []float64) float64 {
	var room [topBuckets * (topBuckets - 1) / 2]float64
	v := room[:0]
	for i := range x {
		for j := range i {
			v = append(v, (y[i]-y[j])/(x[i]-x[j]))
		}
	}
	return median(v)
}

// median sorts v, which is not empty.
func median(v []float64) float64 {
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// mannKendall tells how surely (z, in standard deviations) and how much (tau,
// from -1 to 1) y rises.
func mannKendall(y []float64) (z, tau float64) {
	n, s := float64(len(y)), 0.0
	variance := n * (n - 1) * (2*n + 5)
	for i := range y {
		same := 0.0 // earlier ones of the same height
		for j := range i {
			switch {
			case y[i] > y[j]:
				s++
			case y[i] < y[j]:
				s--
			default:
				same++
			}
		}
		// The i-th of a tie of t takes the difference of two t(t-1)(2t+5).
		variance -= (same+1)*same*(2*same+7) - same*(same-1)*(2*same+5)
	}
	tau = s / (n * (n - 1) / 2)
	if variance <= 0 || s == 0 {
		return 0, tau
	}
	return (s - math.Copysign(1, s)) / math.Sqrt(variance/18), tau // 1: of a step function, by a continuous one
}

// farthest is how far ahead a leak is followed: few runs last longer, and few
// leaks are that even.
const farthest = 30 * 24 * time.Hour

// Reaches tells when a limit, in bytes, is reached if it goes on: now, if it
// already is. now is the time of the newest reading, or soon after. False if the
// limit is 0, or is reached more than 30 days from now, or never. What is
// collected in between is not counted: peaks reach the limit earlier.
func (l Leak) Reaches(limit uint64, now time.Time) (time.Time, bool) {
	if limit == 0 || !(l.BytesPerSecond > 0) {
		return time.Time{}, false
	}
	if l.Bytes >= limit {
		return now, true
	}
	seconds := float64(limit-l.Bytes) / l.BytesPerSecond
	if seconds > farthest.Seconds() {
		return time.Time{}, false
	}
	return now.Add(time.Duration(seconds * float64(time.Second))), true
}
