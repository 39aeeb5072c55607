package logstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Limits are what [Keep] holds a folder to.
type Limits struct {
	MaxAge   time.Duration // what came longer ago goes, segment by segment; 0: never
	MaxTotal int64         // in bytes on the disk, oldest segments go first; 0: as many as there are
	// Pack compresses a file, compressed.File for one; nil: none is.
	Pack func(ctx context.Context, from, to string) error
}

// Kept is what [Keep] did.
type Kept struct {
	Packed, Removed int   // segments
	Freed           int64 // bytes
}

// Keep removes and compresses segments of one folder that nobody writes to any
// more. It may run beside a Writer and readers, of any process.
func Keep(ctx context.Context, dir string, l Limits) (Kept, error) {
	var k Kept
	numbers, highest, err := list(dir)
	if err != nil {
		return k, err
	}
	drop := func(n int) error {
		size := sizeOf(dir, n)
		if err := remove(dir, n); err != nil {
			return fmt.Errorf("cannot remove an old log: %w", err)
		}
		k.Removed++
		k.Freed += size
		return nil
	}
	if l.MaxAge > 0 {
		before := time.Now().Add(-l.MaxAge)
		for len(numbers) > 0 {
			n := numbers[0]
			if when, err := changed(dir, n); err != nil || !when.Before(before) || !idle(dir, n) {
				break
			}
			if err := drop(n); err != nil {
				return k, err
			}
			numbers = numbers[1:]
		}
	}
	if l.MaxTotal > 0 {
		var total int64
		for i, n := range slices.Backward(numbers) {
			if total += sizeOf(dir, n); total <= l.MaxTotal || n == highest {
				continue
			}
			for _, n := range numbers[:i+1] {
				if !idle(dir, n) {
					continue
				}
				if err := drop(n); err != nil {
					return k, err
				}
			}
			numbers = numbers[i+1:]
			break
		}
	}
	if l.Pack == nil {
		return k, nil
	}
	for _, n := range numbers {
		if n == highest { // the next writer goes on with it
			continue
		}
		freed, err := pack(ctx, dir, n, l.Pack)
		if err != nil {
			return k, err
		}
		if freed != 0 {
			k.Packed++
			k.Freed += freed
		}
	}
	return k, nil
}

// pack compresses a segment that nobody writes to; it gives what that freed.
func pack(ctx context.Context, dir string, n int, compress func(ctx context.Context, from, to string) error) (int64, error) {
	plain, packed := logPath(dir, n), packedPath(dir, n)
	f, err := os.Open(plain)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // it is compressed
	}
	if err != nil {
		return 0, fmt.Errorf("cannot compress a log: %w", err)
	}
	defer f.Close() // and the lock goes
	if err := lock(f); err != nil {
		return 0, nil // a writer has it still
	}
	before := sizeOf(dir, n)
	if _, err := os.Stat(packed); err != nil {
		if err := compress(ctx, plain, packed); err != nil {
			return 0, err
		}
	}
	// From here on readers find the packed one.
	if err := os.Remove(plain); err != nil {
		return 0, fmt.Errorf("cannot remove a log that was compressed: %w", err)
	}
	return before - sizeOf(dir, n), nil
}

// idle reports whether nobody writes to a segment.
func idle(dir string, n int) bool {
	f, err := os.Open(logPath(dir, n))
	if err != nil {
		return true
	}
	defer f.Close()
	return lock(f) == nil
}

// changed is when the last bytes of a segment came.
func changed(dir string, n int) (time.Time, error) {
	info, err := os.Stat(logPath(dir, n))
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(packedPath(dir, n))
	}
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// KeepTotal removes the oldest segments of several folders until all of them
// take at most so many bytes of the disk. The newest of each folder stays.
func KeepTotal(dirs []string, most int64) (Kept, error) {
	type old struct {
		dir  string
		n    int
		size int64
		when time.Time
	}
	var k Kept
	var olds []old
	var total int64
	for _, dir := range dirs {
		numbers, highest, err := list(dir)
		if err != nil {
			return k, err
		}
		for _, n := range numbers {
			size := sizeOf(dir, n)
			total += size
			if when, err := changed(dir, n); err == nil && n != highest {
				olds = append(olds, old{dir, n, size, when})
			}
		}
	}
	slices.SortStableFunc(olds, func(a, b old) int { return a.when.Compare(b.when) })
	for _, o := range olds {
		if total <= most {
			break
		}
		if !idle(o.dir, o.n) {
			continue
		}
		if err := remove(o.dir, o.n); err != nil {
			return k, fmt.Errorf("cannot remove an old log: %w", err)
		}
		total -= o.size
		k.Removed++
		k.Freed += o.size
	}
	return k, nil
}
