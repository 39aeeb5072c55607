package logstore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sort"
	"time"
)

// seekEnd goes to the frozen end.
func (s *scanner) seekEnd() error {
	if s.endSeg == 0 {
		return nil
	}
	err := s.seek(s.endSeg, s.endSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted since it was listed
	}
	return err
}

// place is somewhere in the bytes of a source.
type place struct {
	seg int // 0: nowhere
	at  int64
}

// seekTime goes to where the first bytes are that came at t or later. Lines
// that began before are given with cut set.
func (s *scanner) seekTime(t time.Time) error {
	ns := t.UnixNano()
	p, err := s.placeOf(func(r record) bool { return r.time >= ns })
	if err != nil || p.seg == 0 {
		return err
	}
	return s.seek(p.seg, p.at)
}

// stopAfter makes the first bytes that came later than t what lastOf takes as
// the end.
func (s *scanner) stopAfter(t time.Time) (err error) {
	s.until = t.UnixNano()
	s.top, err = s.placeOf(func(r record) bool { return r.time > s.until })
	return err
}

// beyondTop reports whether all lines have been given that began before the top.
func (s *scanner) beyondTop() (bool, error) {
	if s.top.seg == 0 || s.seg < s.top.seg || s.seg == s.top.seg && s.pos < s.top.at {
		return false, nil
	}
	for i := range s.parts {
		if p := &s.parts[i]; p.open && p.synced && (p.seg < s.top.seg || p.seg == s.top.seg && p.at < s.top.at) {
			return false, nil // its end is still to come
		}
	}
	// Marks have no bytes.
	r, ok, err := s.peek()
	return !ok || r.offset > s.pos || r.time > s.until, err
}

// placeOf is where the first bytes are whose record f is true for, if f is false
// for all before and true for all after; the frozen end when for none.
func (s *scanner) placeOf(f func(record) bool) (place, error) {
	numbers, _, err := list(s.src.Dir)
	if err != nil {
		return place{}, err
	}
	numbers = slices.DeleteFunc(numbers, func(n int) bool { return n > s.endSeg })
	for i := len(numbers) - 1; i >= 0; i-- {
		err := s.open(numbers[i])
		if os.IsNotExist(err) {
			return place{}, nil // deleted meanwhile: what is later was looked at
		}
		if _, _, ok := damage(err); ok && i > 0 {
			continue // told when it is come by
		}
		if err != nil {
			return place{}, readError(err)
		}
		n, err := s.find(f)
		if err != nil {
			return place{}, err
		}
		if n == 0 && i > 0 {
			continue
		}
		from := s.size // all of it came before
		if count, err := s.count(); err != nil {
			return place{}, err
		} else if n < count || count == 0 {
			from = 0
			if n > 0 {
				if from, err = s.offsetOf(n); err != nil {
					return place{}, err
				}
			}
		}
		return place{numbers[i], min(from, s.size)}, nil
	}
	return place{}, nil
}

func (s *scanner) offsetOf(n int) (int64, error) {
	var b [recordSize]byte
	if _, err := s.idx.ReadAt(b[:], headerSize+int64(n)*recordSize); err != nil {
		return 0, fmt.Errorf("cannot read the log's index: %w", err)
	}
	r, _ := parseRecord(b[:])
	return max(r.offset, 0), nil
}

// seekLines goes to a place that has at least n line ends after it, before the
// top if there is one, and is true when that is the very beginning.
func (s *scanner) seekLines(n int) (bool, error) {
	numbers, _, err := list(s.src.Dir)
	if err != nil {
		return false, err
	}
	last := s.endSeg
	if s.top.seg != 0 {
		last = min(last, s.top.seg)
	}
	numbers = slices.DeleteFunc(numbers, func(n int) bool { return n > last })
	if len(numbers) == 0 {
		return true, nil
	}
	buf := make([]byte, 64<<10)
	for i := len(numbers) - 1; i >= 0; i-- {
		at, err := s.countBack(numbers[i], &n, buf)
		if os.IsNotExist(err) {
			// Deleted meanwhile, and so is everything before.
			if i+1 < len(numbers) {
				return true, s.seek(numbers[i+1], 0)
			}
			return true, nil
		}
		if err != nil {
			return false, readError(err)
		}
		if n < 0 {
			return false, s.seek(numbers[i], at)
		}
	}
	return true, s.seek(numbers[0], 0)
}

// countBack takes the line ends of segment number off n, from the end. When
// n gets below 0, the offset after that line end is returned.
func (s *scanner) countBack(number int, n *int, buf []byte) (int64, error) {
	f, err := openContents(s.src.Dir, number)
	if _, _, ok := damage(err); ok {
		return 0, nil // told when it is come by
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	end, err := f.Size()
	if err != nil {
		return 0, err
	}
	if number == s.endSeg {
		end = min(end, s.endSize)
	}
	if number == s.top.seg {
		end = min(end, s.top.at)
	}
	for end > 0 {
		b := buf[:min(end, int64(len(buf)))]
		end -= int64(len(b))
		if _, err := f.ReadAt(b, end); err != nil {
			if from, _, ok := damage(err); ok {
				end = min(end, from)
				continue
			}
			return 0, err
		}
		for {
			i := bytes.LastIndexByte(b, '\n')
			if i < 0 {
				break
			}
			b = b[:i]
			if *n--; *n < 0 {
				return end + int64(i) + 1, nil
			}
		}
	}
	return 0, nil
}

// seek goes to offset at of segment n. Lines whose beginning lies before are
// given with cut set.
func (s *scanner) seek(n int, at int64) error {
	if err := s.open(n); err != nil {
		return readError(err)
	}
	s.sync(at == 0)
	s.pos, s.run = at, 0
	if at == 0 {
		return nil
	}
	i, err := s.find(func(r record) bool { return r.offset >= at })
	if err != nil {
		return err
	}
	s.idxPos = headerSize + int64(i)*recordSize
	// Back to the chunk that the byte before is in, and for each stream to
	// where it last said something.
	var haveChunk bool
	var known [2]bool
	end := at
	left := lookBack
	err = s.back(i, func(r record) bool {
		switch r.mark {
		case markChunk:
			if !haveChunk {
				s.cur, haveChunk = r, true
				s.ofRun(r)
			}
			if !known[r.stream] && r.offset < end {
				known[r.stream] = true
				s.parts[r.stream].synced = s.endsLine(end)
			}
		case MarkStarted, MarkExited:
			for k := range known {
				s.parts[k].synced = s.parts[k].synced || !known[k]
				known[k] = true
			}
			if !haveChunk && s.run == 0 && r.mark == MarkStarted {
				s.run = int(r.value)
			}
		}
		end = r.offset
		left--
		return left > 0 && !(haveChunk && known[0] && known[1])
	})
	if err != nil {
		return err
	}
	if i == 0 {
		s.parts[Stdout].synced = s.endsLine(at)
		known[Stdout] = true
	}
	for k := range known {
		// It said nothing for long, or in this segment. That it left a line
		// without an end before is too rare to look there.
		s.parts[k].synced = s.parts[k].synced || !known[k]
	}
	return nil
}

// endsLine says whether the byte before at ends a line.
func (s *scanner) endsLine(at int64) bool {
	var b [1]byte
	_, err := s.log.ReadAt(b[:], at-1)
	return err == nil && b[0] == '\n'
}

// count is how many whole records the index has.
func (s *scanner) count() (int, error) {
	if s.idx == nil {
		return 0, nil
	}
	info, err := s.idx.Stat()
	if err != nil {
		return 0, fmt.Errorf("cannot read the log's index: %w", err)
	}
	return int(max(info.Size()-headerSize, 0) / recordSize), nil
}

// find gives the number of the first record for which f holds, if f is false
// for all before and true for all after; the count of records when for none.
// Damaged records take after what stands before them.
func (s *scanner) find(f func(record) bool) (int, error) {
	n, err := s.count()
	if err != nil {
		return 0, err
	}
	return sort.Search(n, func(i int) bool {
		var b [recordSize]byte
		if _, e := s.idx.ReadAt(b[:], headerSize+int64(i)*recordSize); e != nil {
			err = fmt.Errorf("cannot read the log's index: %w", e)
			return true
		}
		r, ok := parseRecord(b[:])
		return ok && f(r)
	}), err
}

// back calls f with the sound records before number i, last first, while it
// returns true.
func (s *scanner) back(i int, f func(record) bool) error {
	b := make([]byte, 256*recordSize)
	for i > 0 {
		n := min(i, 256)
		if _, err := s.idx.ReadAt(b[:n*recordSize], headerSize+int64(i-n)*recordSize); err != nil {
			return fmt.Errorf("cannot read the log's index: %w", err)
		}
		for k := n - 1; k >= 0; k-- {
			if r, ok := parseRecord(b[k*recordSize:]); ok && !f(r) {
				return nil
			}
		}
		i -= n
	}
	return nil
}
