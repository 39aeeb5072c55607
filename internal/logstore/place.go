package logstore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
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

// seekTime goes to a place before which nothing came at t or later, and not
// far before t.
func (s *scanner) seekTime(t time.Time) error {
	numbers, _, err := list(s.src.Dir)
	if err != nil {
		return err
	}
	numbers = slices.DeleteFunc(numbers, func(n int) bool { return n > s.endSeg })
	ns := t.UnixNano()
	for i := len(numbers) - 1; i >= 0; i-- {
		err := s.open(numbers[i])
		if os.IsNotExist(err) {
			return nil // deleted meanwhile: what is later was looked at
		}
		if err != nil {
			return fmt.Errorf("cannot read the log: %w", err)
		}
		n, err := s.find(func(r record) bool { return r.time >= ns })
		if err != nil {
			return err
		}
		if n == 0 && i > 0 {
			continue
		}
		// From the last chunk of each stream before t on: what began before t
		// is known to have.
		var at [2]int64
		var have [2]bool
		left := 4096
		if n > 0 {
			err = s.back(n, func(r record) bool {
				if r.mark == markChunk && !have[r.stream] {
					at[r.stream], have[r.stream] = r.offset, true
				}
				left--
				return left > 0 && !(have[0] && have[1])
			})
			if err != nil {
				return err
			}
		}
		from := int64(0)
		switch {
		case have[0] && have[1]:
			from = min(at[0], at[1])
		case have[0]:
			from = at[0]
		case have[1]:
			from = at[1]
		}
		if from > 0 && !(have[0] && have[1]) {
			// The other stream said nothing for long: what it says next is a line's beginning.
			other := 0
			if have[0] {
				other = 1
			}
			err = s.seek(numbers[i], from)
			s.parts[other].synced = true
			return err
		}
		return s.seek(numbers[i], from)
	}
	return nil
}

// seekLines goes to a place that has at least n line ends after it, and is
// true when that is the very beginning.
func (s *scanner) seekLines(n int) (bool, error) {
	numbers, _, err := list(s.src.Dir)
	if err != nil {
		return false, err
	}
	numbers = slices.DeleteFunc(numbers, func(n int) bool { return n > s.endSeg })
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
			return false, fmt.Errorf("cannot read the log: %w", err)
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
	f, err := os.Open(logPath(s.src.Dir, number))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	end := info.Size()
	if number == s.endSeg {
		end = min(end, s.endSize)
	}
	for end > 0 {
		b := buf[:min(end, int64(len(buf)))]
		end -= int64(len(b))
		if _, err := f.ReadAt(b, end); err != nil {
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
