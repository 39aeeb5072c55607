package metrics

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func openSeries(t testing.TB, path string) *Series {
	t.Helper()
	s, err := OpenSeries(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// noonish is a whole minute not long ago: what is fine and what is coarse goes
// by how long ago something was.
func noonish() time.Time { return time.Unix(time.Now().Unix()/60*60, 0) }

func pointAt(at time.Time, cpu float64, memory uint64) Point {
	return Point{At: at, Span: time.Second, Run: 1, CPU: cpu, CPUMax: cpu, Memory: memory, MemoryMax: memory, Processes: 2, Threads: 3, Files: 4, Read: 5, Written: 6, Received: 7, Sent: 8}
}

func ranged(t testing.TB, s *Series, since, until time.Time, step time.Duration) []Point {
	t.Helper()
	points, err := s.Range(since, until, step)
	if err != nil {
		t.Fatal(err)
	}
	return points
}

func TestASeriesGivesBackWhatItWasGiven(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	s := openSeries(t, path)
	at := noonish()
	p := Point{At: at, Span: 10 * time.Second, Run: 7, CPU: 12.5, CPUMax: 50, Memory: 3 << 20, MemoryMax: 4 << 20, Private: 1 << 20, Processes: 9, Threads: 70, Files: 300, Read: 1.5, Written: math.NaN(), Received: math.NaN(), Sent: 2.5}
	if err := s.Add(p); err != nil {
		t.Fatal(err)
	}
	unknown := pointAt(at.Add(time.Second), math.NaN(), 1<<20)
	unknown.Files, unknown.Read = -1, math.NaN()
	if err := s.Add(unknown); err != nil {
		t.Fatal(err)
	}
	for _, read := range []func() ([]Point, error){
		func() ([]Point, error) { return s.Range(at, at.Add(time.Minute), 0) },
		func() ([]Point, error) { return ReadSeries(path, at, at.Add(time.Minute), 0) },
	} {
		got, err := read()
		if err != nil || len(got) != 2 {
			t.Fatalf("%v: %+v", err, got)
		}
		if g := got[0]; !math.IsNaN(g.Written) || g.Read != p.Read || !math.IsNaN(g.Received) || g.Sent != p.Sent || g.CPU != p.CPU || g.CPUMax != p.CPUMax || g.Memory != p.Memory || g.MemoryMax != p.MemoryMax ||
			g.Private != p.Private || g.Processes != p.Processes || g.Threads != p.Threads || g.Files != p.Files || g.Run != p.Run || !g.At.Equal(p.At) || g.Span != p.Span {
			t.Errorf("got %+v, want %+v", g, p)
		}
		if g := got[1]; !math.IsNaN(g.CPU) || !math.IsNaN(g.CPUMax) || g.Files != -1 || !math.IsNaN(g.Read) {
			t.Errorf("of what isn't known it says %+v", g)
		}
	}
	if err := s.Add(Point{At: time.Time{}}); err == nil {
		t.Error("a point of the year 1 was kept")
	}
}

// What a series gives is compared with what a list of all points gives, through
// gaps, several turns of the rings, and another process that goes on.
func TestASeriesAgainstAList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		path := filepath.Join(dir, strconv.Itoa(runs))
		s, err := OpenSeries(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		now := time.Now().Unix()
		at := now - int64(rapid.IntRange(100, 26*3600).Draw(t, "begin"))
		var all []Point
		for at <= now && len(all) < 3000 {
			p := pointAt(time.Unix(at, 0), float64(rapid.IntRange(0, 400).Draw(t, "cpu")), uint64(rapid.IntRange(1, 1000).Draw(t, "MiB"))<<20)
			all = append(all, p)
			if err := s.Add(p); err != nil {
				t.Fatal(err)
			}
			at += int64(rapid.SampledFrom([]int{1, 1, 1, 10, 10, 61, 3600}).Draw(t, "gap"))
			if rapid.IntRange(0, 200).Draw(t, "again") == 0 {
				_ = s.Close()
				if s, err = OpenSeries(path); err != nil {
					t.Fatal(err)
				}
			}
		}
		since, until := now-int64(rapid.IntRange(0, 25*3600).Draw(t, "since")), now
		fine := max(since, now-fineSlots+2) // the clock goes on meanwhile
		got, err := s.Range(time.Unix(fine, 0), time.Unix(until, 0), 0)
		if err != nil {
			t.Fatal(err)
		}
		var want []Point
		for _, p := range all {
			if p.At.Unix() >= fine && p.At.Unix() <= until {
				want = append(want, p)
			}
		}
		if !slices.EqualFunc(got, want, func(a, b Point) bool {
			return a.At.Equal(b.At) && a.CPU == b.CPU && a.Memory == b.Memory
		}) {
			t.Fatalf("the last hour has %d points, want %d", len(got), len(want))
		}
		// Whole minutes of the day, by their means.
		got, err = s.Range(time.Unix(max(since, now-coarseSlots*60+60), 0), time.Unix(until, 0), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for k, p := range got[:max(0, len(got)-1)] { // the first and last may be cut
			if k == 0 {
				continue
			}
			var cpu, n float64
			var memory uint64
			for _, a := range all {
				if a.At.Unix()/60 == p.At.Unix()/60 {
					cpu, n, memory = cpu+a.CPU, n+1, max(memory, a.Memory)
				}
			}
			if n == 0 || math.Abs(p.CPU-cpu/n) > 0.01 || p.MemoryMax != memory {
				t.Fatalf("minute %v: cpu %v, want %v of %v; memory %d, want %d", p.At, p.CPU, cpu/n, n, p.MemoryMax, memory)
			}
		}
	})
}

func TestAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	s := openSeries(t, filepath.Join(t.TempDir(), "s"))
	at := noonish().Add(-30 * time.Minute)
	for k := range 600 {
		if err := s.Add(pointAt(at.Add(time.Duration(k)*time.Second), 1, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	back := at.Add(2 * time.Minute)
	for k := range 10 {
		if err := s.Add(pointAt(back.Add(time.Duration(k)*time.Second), 2, 2<<20)); err != nil {
			t.Fatal(err)
		}
	}
	got := ranged(t, s, at, at.Add(time.Hour), 0)
	if len(got) != 130 || got[len(got)-1].CPU != 2 {
		t.Errorf("%d points, the last one %+v: what was later than the new time would pass for news", len(got), got[len(got)-1])
	}
	for k := 1; k < len(got); k++ {
		if !got[k].At.After(got[k-1].At) {
			t.Fatalf("point %d is of %v, after one of %v", k, got[k].At, got[k-1].At)
		}
	}
	// A successor doesn't know what its predecessor's clock showed.
	other := openSeries(t, s.file.Name())
	if err := other.Add(pointAt(at, 3, 3<<20)); err != nil {
		t.Fatal(err)
	}
	if got := ranged(t, other, at, at.Add(time.Hour), 0); len(got) != 1 || got[0].CPU != 3 {
		t.Errorf("%d points after a successor with another clock", len(got))
	}
}

func TestWhatIsNoSeriesIsBegunAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	for name, content := range map[string][]byte{
		"foreign": []byte(strings.Repeat("x", fileSize)),
		"short":   []byte(magic),
		"empty":   nil,
		"longer":  append([]byte(magic), make([]byte, fileSize)...),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		at := noonish()
		if got, err := ReadSeries(path, at.Add(-time.Hour), at, 0); err != nil || len(got) != 0 {
			t.Errorf("%s: %d points, %v", name, len(got), err)
		}
		s := openSeries(t, path)
		if err := s.Add(pointAt(at, 1, 1)); err != nil {
			t.Fatal(err)
		}
		if got := ranged(t, s, at.Add(-24*time.Hour), at, 0); len(got) != 1 {
			t.Errorf("%s: %d points after one was added", name, len(got))
		}
	}
	if got, err := ReadSeries(filepath.Join(path, "..", "none"), time.Time{}, time.Now(), 0); err != nil || got != nil {
		t.Errorf("of no file: %v, %v", got, err)
	}
	if _, err := OpenSeries(t.TempDir()); err == nil {
		t.Error("a folder was opened as a series")
	}
}

const seriesWriter = "METRICS_TEST_SERIES"

func init() { roles["write a series"] = writeSeries }

// TestAWriterThatIsKilled kills a process that writes, again and again; each
// point that it had told to be written must be there, and no other.
func TestAWriterThatIsKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	begin := time.Now().Unix() - fineSlots + 100
	next := begin
	for range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), role+"=write a series", seriesWriter+"="+path, "METRICS_TEST_FROM="+strconv.FormatInt(next, 10))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 20 + rand.IntN(100); n > 0 && lines.Scan(); n-- {
			last, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			next = last + 1
		}
		_ = cmd.Process.Kill()
		for lines.Scan() { // what it had said before
			last, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err == nil {
				next = last + 1
			}
		}
		_ = cmd.Wait()
	}
	got, err := ReadSeries(path, time.Unix(begin, 0), time.Unix(next-1, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(got)) != next-begin {
		t.Errorf("%d points of %d", len(got), next-begin)
	}
	for k, p := range got {
		if at := begin + int64(k); p.At.Unix() != at || p.CPU != float64(at%100) || p.Memory != uint64(at)<<10 {
			t.Fatalf("point %d is %+v", k, p)
		}
	}
}

// writeSeries is what the killed process does.
func writeSeries() {
	s, err := OpenSeries(os.Getenv(seriesWriter))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	at, _ := strconv.ParseInt(os.Getenv("METRICS_TEST_FROM"), 10, 64)
	for n := 0; n < 400; at, n = at+1, n+1 {
		if err := s.Add(pointAt(time.Unix(at, 0), float64(at%100), uint64(at)<<10)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(at)
	}
	select {} // until it is killed
}

func TestReadingASeriesWhileItIsWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	s := openSeries(t, path)
	begin := noonish().Add(-20 * time.Minute)
	var work sync.WaitGroup
	done := make(chan struct{})
	work.Go(func() {
		defer close(done)
		for k := range 1000 {
			if err := s.Add(pointAt(begin.Add(time.Duration(k)*time.Second), float64(k), uint64(k)<<10)); err != nil {
				t.Error(err)
			}
		}
	})
	for range 3 {
		work.Go(func() {
			for {
				got, err := ReadSeries(path, begin, begin.Add(time.Hour), 0)
				if err != nil {
					t.Error(err)
				}
				for k, p := range got {
					if p.Memory != uint64(p.CPU)<<10 || k > 0 && !p.At.After(got[k-1].At) {
						t.Errorf("a torn point: %+v", p)
						return
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	work.Wait()
}

func FuzzSeries(f *testing.F) {
	var one [slotSize]byte
	slotOf(pointAt(time.Unix(1_700_000_000, 0), 1, 1<<20)).pack(one[:])
	f.Add(one[:], int64(1_700_000_000), int64(10))
	f.Add([]byte{1, 2, 3}, int64(0), int64(0))
	f.Add([]byte(strings.Repeat("\xff", slotSize)), int64(math.MaxUint32), int64(math.MaxInt64))
	image := make([]byte, fileSize)
	f.Fuzz(func(t *testing.T, b []byte, at, step int64) {
		at = min(max(0, at), math.MaxUint32)
		for _, place := range []int64{finePlace(at), coarsePlace(at)} {
			n := copy(image[place:], b)
			defer clear(image[place : place+int64(n)])
		}
		for _, span := range []time.Duration{0, time.Minute, 24 * time.Hour} {
			until := time.Unix(at, 0)
			points, err := readRange(bytes.NewReader(image), until.Add(-span), until, time.Duration(step))
			if err != nil || len(points) > fineSlots+coarseSlots {
				t.Fatal(len(points), err)
			}
		}
	})
}

func BenchmarkSeries(b *testing.B) {
	dir := b.TempDir()
	s := openSeries(b, filepath.Join(dir, "s"))
	now := time.Now()
	for k := range 3600 {
		if err := s.Add(pointAt(now.Add(time.Duration(k-3600)*time.Second), 1, 1<<20)); err != nil {
			b.Fatal(err)
		}
	}
	plain, err := os.Create(filepath.Join(dir, "plain"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = plain.Close() })
	ratio := func(name string, ours, yardstick func()) {
		b.Run(name, func(b *testing.B) {
			var a, z time.Duration
			b.ReportAllocs()
			for b.Loop() {
				began := time.Now()
				ours()
				a += time.Since(began)
				began = time.Now()
				yardstick()
				z += time.Since(began)
			}
			b.ReportMetric(float64(a.Nanoseconds())/float64(b.N), "ns/own")
			b.ReportMetric(a.Seconds()/z.Seconds(), "x-plain")
		})
	}
	var block [slotSize]byte
	at := now
	ratio("add", func() {
		at = at.Add(time.Second)
		_ = s.Add(pointAt(at, 1, 1<<20))
	}, func() { _, _ = plain.WriteAt(block[:], 4096) })
	readAll := func() { _, _ = os.ReadFile(s.file.Name()) }
	ratio("last-second", func() { _, _ = s.Range(at.Add(-time.Second), at, 0) }, readAll)
	ratio("hour", func() { _, _ = s.Range(now.Add(-time.Hour), now, 0) }, readAll)
	ratio("day", func() { _, _ = s.Range(now.Add(-24*time.Hour), now, 10*time.Minute) }, readAll)
}
