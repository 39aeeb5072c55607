package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"prox/internal/place"
)

const (
	// lockPause is how often the lock is asked for while a controller ends. It
	// is far less than what a shim waits before it starts one itself.
	lockPause = time.Millisecond
	// endPatience is how long a controller may take to end before it is killed.
	endPatience = 5 * time.Second
)

// Replace ends a project's controller, and starts one of this prox in its
// place; what the services' shims have to report they keep until then. Another
// process that misses the controller may be quicker: then its controller is
// the one that is dialled, and the caller finds out by asking it.
//
// It must not be called before CheckMemory has said that the new one can take
// up what the old one leaves.
func Replace(ctx context.Context, p place.Project, old *os.Process) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, endPatience+patience,
		fmt.Errorf("cannot replace the controller: process %d does not end", old.Pid))
	defer cancel()
	before, _ := os.Stat(p.Socket()) // nil is told from any other
	if err := signal(old, syscall.SIGTERM); err != nil {
		return nil, fmt.Errorf("cannot end the controller (pid %d): %w", old.Pid, err)
	}
	kill := time.NewTimer(endPatience)
	defer kill.Stop()
	for {
		lock, err := tryLock(p.Lock())
		if err != nil {
			return nil, err
		}
		if lock != nil {
			c, err := begin(ctx, p, lock, func(files []*os.File) error { return spawn(p, files) })
			_ = lock.Close() // the controller holds the lock through its own copy
			return c, err
		}
		if now, err := os.Stat(p.Socket()); err == nil && !sameSocket(before, now) {
			return Ensure(ctx, p)
		}
		select {
		case <-time.After(lockPause):
		case <-kill.C:
			if err := signal(old, syscall.SIGKILL); err != nil {
				return nil, fmt.Errorf("cannot kill the controller (pid %d): %w", old.Pid, err)
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// signal sends a signal; that the process has ended is no error.
func signal(p *os.Process, s syscall.Signal) error {
	if err := p.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// sameSocket tells a socket from one that was bound anew: a number of the file
// system's may be given twice.
func sameSocket(a, b os.FileInfo) bool {
	return a != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime())
}
