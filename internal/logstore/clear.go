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
		for _, path := range []string{logPath(dir, n), idxPath(dir, n)} {
			info, err := os.Stat(path)
			if err == nil {
				err = os.Remove(path)
			}
			switch {
			case err == nil:
				freed += info.Size()
			case !errors.Is(err, fs.ErrNotExist):
				return freed, fmt.Errorf("cannot clear the log: %w", err)
			}
		}
	}
	return freed, nil
}
