package controller

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prox/metrics"
)

// seriesEnd is how a file of a series ends, behind the instance's name.
const seriesEnd = ".series"

// seriesFiles are the series of all instances, a file for each. What is added
// is in its file at once: a controller that is killed loses none of it.
type seriesFiles struct {
	dir  string
	open map[string]*metrics.Series
}

func (f *seriesFiles) path(name string) string { return filepath.Join(f.dir, name+seriesEnd) }

// add keeps a point.
func (f *seriesFiles) add(name string, p metrics.Point) error {
	s := f.open[name]
	if s == nil {
		if err := os.MkdirAll(f.dir, 0o700); err != nil {
			return fmt.Errorf("what %s costs is not kept: %w", name, err)
		}
		var err error
		if s, err = metrics.OpenSeries(f.path(name)); err != nil {
			return fmt.Errorf("what %s costs is not kept: %w", name, err)
		}
		f.open[name] = s
	}
	if err := s.Add(p); err != nil {
		return fmt.Errorf("what %s costs is not kept: %w", name, err)
	}
	return nil
}

// keep closes the files of all instances but these.
func (f *seriesFiles) keep(names map[string]bool) {
	for name, s := range f.open {
		if !names[name] {
			_ = s.Close() // all of it is written
			delete(f.open, name)
		}
	}
}

// size is how much all files hold on the disk.
func (f *seriesFiles) size() (n int64) {
	_ = filepath.WalkDir(f.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // what can't be looked at is not counted
		}
		if i, err := d.Info(); err == nil {
			n += i.Size()
		}
		return nil
	})
	return n
}

// tidySeries removes files that have nothing of the last day.
func tidySeries(dir string, now time.Time) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot look through what services cost: %w", err)
	}
	var failed error
	for _, e := range entries {
		if i, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), seriesEnd) && now.Sub(i.ModTime()) > 25*time.Hour {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				failed = errors.Join(failed, fmt.Errorf("cannot remove what a service cost: %w", err))
			}
		}
	}
	return failed
}

// point is the seam from a sample to a series.
func point(now time.Time, every time.Duration, run int, t metrics.Tree, d metrics.Detail, known bool) metrics.Point {
	p := metrics.Point{
		At: now, Span: every, Run: run,
		CPU: math.NaN(), CPUMax: math.NaN(),
		Memory: t.MemoryBytes, MemoryMax: t.MemoryBytes, Processes: len(t.Procs), Threads: t.Threads,
		Files: -1, Read: math.NaN(), Written: math.NaN(), Received: math.NaN(), Sent: math.NaN(),
	}
	if t.CPUKnown {
		p.CPU, p.CPUMax = t.CPUPercent, t.CPUPercent
	}
	if known {
		p.Private = d.PrivateBytes
	}
	if known && d.Files > 0 { // else the system doesn't tell
		p.Files = d.Files
	}
	if known && d.IOKnown {
		p.Read, p.Written = d.ReadPerSecond, d.WrittenPerSecond
	}
	if known && d.TrafficKnown {
		p.Received, p.Sent = d.ReceivedPerSecond, d.SentPerSecond
	}
	return p
}

// leakEvery is how often it is looked whether memory keeps growing.
const leakEvery = 30 * time.Second

// leak is what is known of an instance's memory.
type leak struct {
	run   int
	next  time.Time // when it is looked at again
	found bool
	metrics.Leak
	full time.Time // when its limit is reached; zero = it has none
}

// leak looks whether the memory of a run keeps growing.
func (f *seriesFiles) leak(now time.Time, x subject) leak {
	l := x.leak
	if l.run != x.run {
		l = leak{run: x.run, next: now.Add(leakEvery)}
	}
	if now.Before(l.next) {
		return l
	}
	l.next = now.Add(leakEvery)
	points, err := f.open[x.name].Range(later(x.began, now.Add(-time.Hour)), now, 0)
	if err != nil {
		return l // told when it was added
	}
	readings := make([]metrics.Reading, 0, len(points))
	for _, p := range points {
		if p.Run == x.run {
			readings = append(readings, metrics.Reading{At: p.At, Bytes: p.Memory})
		}
	}
	l.Leak, l.found = metrics.LeakWatch{}.Find(x.began, readings)
	l.full = time.Time{}
	if l.found {
		if at, ok := l.Reaches(x.limit, now); ok {
			l.full = at
		}
	}
	return l
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// leaked tells when memory begins to be seen growing, once in a run.
func (c *Controller) leaked(name string, before, now leak) {
	if !now.found || before.found && before.run == now.run {
		return
	}
	text := fmt.Sprintf("the memory of %s keeps growing, by %s an hour since %s", name,
		sizeLike(uint64(max(0, now.BytesPerSecond*3600)), 0), now.Since.Local().Format("15:04"))
	if !now.full.IsZero() {
		text += fmt.Sprintf("; it reaches its limit at %s", now.full.Local().Format("15:04"))
	}
	c.log.Warn(text)
	c.tellInstance(name, text)
}
