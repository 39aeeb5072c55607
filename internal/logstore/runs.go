package logstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Run is one run of an instance, as its log knows it.
type Run struct {
	Number int
	Began  time.Time
	Ended  time.Time // zero while it goes on, or when its end was not written
	Code   int       // of its end, or minus the signal
}

// Runs gives the last runs that have left a mark in a folder, oldest first, n
// at most; n <= 0 means all. Only indexes are read: it takes about a hundredth
// of what reading the lines would.
func Runs(dir string, n int) ([]Run, error) {
	numbers, _, err := list(dir)
	if err != nil {
		return nil, err
	}
	var runs []Run // the last one first
	var end *record
	for _, number := range slices.Backward(numbers) {
		b, err := os.ReadFile(idxPath(dir, number))
		if errors.Is(err, fs.ErrNotExist) {
			continue // its bytes are there, and no marks
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read the log's index: %w", err)
		}
		if len(b) < headerSize {
			continue
		}
		b = b[headerSize:]
		for k := len(b)/recordSize - 1; k >= 0; k-- {
			r, ok := parseRecord(b[k*recordSize : (k+1)*recordSize])
			switch {
			case !ok:
			case r.mark == MarkExited:
				end = &r
			case r.mark == MarkStarted:
				run := Run{Number: int(r.value), Began: time.Unix(0, r.time)}
				if end != nil {
					run.Ended, run.Code = time.Unix(0, end.time), int(end.value)
				}
				end = nil
				if runs = append(runs, run); n > 0 && len(runs) == n {
					slices.Reverse(runs)
					return runs, nil
				}
			}
		}
	}
	slices.Reverse(runs)
	return runs, nil
}
