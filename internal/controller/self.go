package controller

import (
	"time"

	"golang.org/x/sys/unix"
)

// ownTime is how much of a core this process has used.
func ownTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(unix.TimevalToNsec(u.Utime) + unix.TimevalToNsec(u.Stime))
}

// usage is what the controller itself has used lately.
type usage struct {
	marks  []usageMark
	events uint64 // number of the last event of its predecessors
}

type usageMark struct {
	at   time.Time
	used time.Duration
}

// usageWindow is how far back the figure of now goes, in ticks of a second.
const usageWindow = 10

func (u *usage) tick(now time.Time) {
	u.marks = append(u.marks, usageMark{now, ownTime()})
	if len(u.marks) > usageWindow+1 {
		u.marks = append(u.marks[:0], u.marks[1:]...)
	}
}

// percent is of one core; nil until there are two ticks.
func (u *usage) percent() *float64 {
	if len(u.marks) < 2 {
		return nil
	}
	first, last := u.marks[0], u.marks[len(u.marks)-1]
	p := 100 * float64(last.used-first.used) / float64(last.at.Sub(first.at))
	return &p
}
