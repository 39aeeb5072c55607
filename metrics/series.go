package metrics

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"
)

// Point is what a tree cost in the span of time that ends at At. Of what isn't
// known floats are NaN and Files is -1.
type Point struct {
	At   time.Time     // to the second
	Span time.Duration // to the second
	Run  int           // of the program that the tree is of, so that restarts are seen

	CPU, CPUMax       float64 // percent of one core: the mean, and the highest sample
	Memory, MemoryMax uint64  // bytes resident: the mean, and the highest sample
	Private           uint64  // bytes, shared ones in parts (PSS); 0 = not known

	Processes, Threads, Files int
	Read, Written             float64 // bytes of disk per second
	Received, Sent            float64 // bytes of connections per second
}

// The two rings of a series.
const (
	fineSlots   = 3600 // of a second: an hour
	coarseSlots = 1440 // of a minute: a day
)

// Series keeps what a tree cost: the last hour as it came, a second apart at
// the closest, and minutes of the last day, each the mean of its points. Both
// are rings in one small file, and each point is written into its place at
// once, so that nothing is lost with the process that writes, and next to
// nothing is held in memory. A Series is not for concurrent use; a file has one
// writer and any number of readers (ReadSeries).
type Series struct {
	file   *os.File
	newest int64 // unix second of the newest point
	minute slot  // that is being added up
	begun  bool  // a point has been added
}

// OpenSeries opens a file to add to, and makes it where there is none. One
// that is no series, or is torn, is begun anew: what it held was figures.
func OpenSeries(path string) (*Series, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot keep a series: %w", err)
	}
	if !isSeries(f) {
		if err := begin(f); err != nil {
			_ = f.Close() // the error that counts is the first
			return nil, fmt.Errorf("cannot begin a series: %w", err)
		}
	}
	return &Series{file: f}, nil
}

// Close closes the file.
func (s *Series) Close() error {
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("cannot close a series: %w", err)
	}
	return nil
}

// Add writes a point. Where the clock was set back, what is later than the
// point is forgotten: it would pass for news once its time comes again.
func (s *Series) Add(p Point) error {
	at := p.At.Unix()
	if at <= 0 || at > math.MaxUint32 {
		return fmt.Errorf("cannot keep a point of %v: only times from 1970 to 2106 can be", p.At)
	}
	if !s.begun || at < s.newest {
		if err := s.forgetAfter(at); err != nil {
			return err
		}
		s.begun = true
		s.minute = slot{}
		var b [slotSize]byte
		if _, err := s.file.ReadAt(b[:], coarsePlace(at)); err == nil {
			if m, ok := unpack(b[:]); ok && int64(m.at)/60 == at/60 && int64(m.at) <= at {
				s.minute = m // its beginning was written by a predecessor
			}
		}
	}
	s.newest = at
	one := slotOf(p)
	if err := s.write(one, finePlace(at)); err != nil {
		return err
	}
	if int64(s.minute.at)/60 != at/60 {
		s.minute = slot{}
	}
	s.minute = s.minute.with(one)
	return s.write(s.minute, coarsePlace(at))
}

func (s *Series) write(v slot, place int64) error {
	var b [slotSize]byte
	v.pack(b[:])
	if _, err := s.file.WriteAt(b[:], place); err != nil {
		return fmt.Errorf("cannot keep a point: %w", err)
	}
	return nil
}

// forgetAfter empties the slots of times after at.
func (s *Series) forgetAfter(at int64) error {
	buf := make([]byte, (fineSlots+coarseSlots)*slotSize)
	n, err := s.file.ReadAt(buf, headerSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("cannot read a series: %w", err)
	}
	var empty [slotSize]byte
	for k := 0; k+slotSize <= n; k += slotSize {
		if v, ok := unpack(buf[k : k+slotSize]); ok && int64(v.at) > at {
			if _, err := s.file.WriteAt(empty[:], int64(headerSize+k)); err != nil {
				return fmt.Errorf("cannot keep a point: %w", err)
			}
		}
	}
	return nil
}

// Range is ReadSeries of what was added so far.
func (s *Series) Range(since, until time.Time, step time.Duration) ([]Point, error) {
	return readRange(s.file, since, until, step)
}

// ReadSeries reads the points from since to until, both included, oldest
// first, also while another process adds some. With a step there is one point
// for each step of time that has any. Older than an hour there are minutes
// only. A file that doesn't exist, or is no series, has no points.
func ReadSeries(path string, since, until time.Time, step time.Duration) ([]Point, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read a series: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if !isSeries(f) {
		return nil, nil
	}
	return readRange(f, since, until, step)
}

func readRange(f io.ReaderAt, since, until time.Time, step time.Duration) ([]Point, error) {
	from, to := max(since.Unix(), 1), min(until.Unix(), math.MaxUint32)
	if since.Nanosecond() > 0 {
		from++
	}
	if to < from {
		return nil, nil
	}
	fineFrom := max(from, min(to, time.Now().Unix())-fineSlots+1)
	var slots []slot
	if from < fineFrom {
		minutes, err := readRing(f, headerSize+fineSlots*slotSize, coarseSlots, 60, from, fineFrom-1)
		if err != nil {
			return nil, err
		}
		slots = minutes
	}
	if fineFrom <= to {
		seconds, err := readRing(f, headerSize, fineSlots, 1, fineFrom, to)
		if err != nil {
			return nil, err
		}
		slots = append(slots, seconds...)
	}
	slices.SortStableFunc(slots, func(a, b slot) int { return int(int64(a.at) - int64(b.at)) })
	return points(slots, step), nil
}

// readRing reads the slots of times from to to in one ring, whose slots stand
// for so many seconds each.
func readRing(f io.ReaderAt, base int64, count, seconds, from, to int64) ([]slot, error) {
	first, last := from/seconds, to/seconds
	if last-first >= count {
		first = last - count + 1
	}
	var slots []slot
	for first <= last {
		at := first % count
		n := min(last-first+1, count-at)
		buf := make([]byte, n*slotSize)
		got, err := f.ReadAt(buf, base+at*slotSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("cannot read a series: %w", err)
		}
		for k := 0; k+slotSize <= got; k += slotSize {
			if v, ok := unpack(buf[k : k+slotSize]); ok && int64(v.at) >= from && int64(v.at) <= to {
				slots = append(slots, v)
			}
		}
		first += n
	}
	return slots, nil
}

// points makes one point of all slots of a step, or one of each without.
func points(slots []slot, step time.Duration) []Point {
	out := make([]Point, 0, len(slots))
	every := int64(step / time.Second)
	var sum slot
	for k, v := range slots {
		if every <= 1 {
			out = append(out, v.point())
			continue
		}
		sum = sum.with(v)
		if k+1 == len(slots) || int64(slots[k+1].at)/every != int64(v.at)/every {
			p := sum.point()
			p.Span = step
			out = append(out, p)
			sum = slot{}
		}
	}
	return out
}
