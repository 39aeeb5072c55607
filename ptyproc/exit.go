package ptyproc

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Exit is how the leader of a tree ended.
type Exit struct {
	Code       int            // -1 when a signal ended it
	Signal     syscall.Signal // 0 when it exited by itself
	CoreDumped bool
	At         time.Time
	Ran        time.Duration
	UserTime   time.Duration // CPU of the leader and of the children it has waited for
	SystemTime time.Duration
	MaxRSS     uint64 // bytes, the largest of those processes
}

// String says how the process ended: "exit code 1", "killed by SIGSEGV
// (segmentation fault), core dumped".
func (e Exit) String() string {
	if e.Signal == 0 {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	s := e.Signal.String()
	if name := unix.SignalName(e.Signal); name != "" {
		s = name + " (" + s + ")"
	}
	s = "killed by " + s
	if e.CoreDumped {
		s += ", core dumped"
	}
	return s
}

func exitOf(ws syscall.WaitStatus, ru syscall.Rusage, started time.Time) Exit {
	now := time.Now()
	e := Exit{
		Code:       ws.ExitStatus(), // -1 for a signal
		At:         now,
		Ran:        now.Sub(started),
		UserTime:   time.Duration(ru.Utime.Nano()),
		SystemTime: time.Duration(ru.Stime.Nano()),
		MaxRSS:     uint64(ru.Maxrss) * rssUnit,
	}
	if ws.Signaled() {
		e.Signal, e.CoreDumped = ws.Signal(), ws.CoreDump()
	}
	return e
}
