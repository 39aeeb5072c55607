package logstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Clear removes what is kept in one instance's folder, and returns how many
// bytes that were. With keepNewest the newest segment stays: somebody may be
// writing to it.
func Clear(dir string, keepNewest bool) (int64, error) {
	numbers, highest, err := list(dir)
	if err != nil {
		return 0, err
	}
	last := highest + 1
	if keepNewest && len(numbers) > 0 {
		last = numbers[len(numbers)-1]
	}
	var freed int64
	// Indexes without their bytes go too. The oldest goes first: whoever reads
	// meanwhile finds a log that begins later.
	for n := 1; n < last; n++ {
		size := sizeOf(dir, n)
		if err := remove(dir, n); err != nil {
			return freed, fmt.Errorf("cannot clear the log: %w", err)
		}
		freed += size
	}
	return freed, nil
}

// paths are all files that a segment may have, its bytes first.
func paths(dir string, n int) [3]string {
	return [...]string{logPath(dir, n), packedPath(dir, n), idxPath(dir, n)}
}

// sizeOf is what a segment takes of the disk.
func sizeOf(dir string, n int) int64 {
	var total int64
	for _, path := range paths(dir, n) {
		if info, err := os.Stat(path); err == nil {
			total += info.Size()
		}
	}
	return total
}

// remove deletes a segment: its bytes first, for without them readers don't see
// the index. A reader that has it open keeps it.
func remove(dir string, n int) error {
	var failed error
	for _, path := range paths(dir, n) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) && failed == nil {
			failed = err
		}
	}
	return failed
}
