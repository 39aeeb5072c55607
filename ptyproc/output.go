package ptyproc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Times of the end of output; see Stdout.
const (
	quiet   = 100 * time.Millisecond
	atLast  = 300 * time.Millisecond
	backlog = 2 << 20 // bytes: more than a terminal or a pipe can hold
)

// output reads one stream to its end.
type output struct {
	f    *os.File
	wait func([]byte) (int, error) // reads, until the deadline
	have func([]byte) (int, error) // reads what is there

	mu    sync.Mutex // guards what follows
	ended time.Time  // the leader's exit; zero while it lives
	since int        // bytes read after that
	told  bool       // the first io.EOF has been given
}

func newOutput(f *os.File) *output {
	o := &output{f: f, wait: f.Read}
	o.have = o.readNow
	return o
}

// surely reads, and takes the end of a terminal for one only when it is
// reported twice. Linux looks for bytes first and for the close of the other
// side second, so that what is written, and closed, in between is reported as
// EIO while the bytes are on their way (n_tty_read; about once in a hundred
// exits on a busy machine). The second read begins after the close, which
// nothing was written after, and sees them all.
func surely(read func([]byte) (int, error), b []byte) (int, error) {
	n, err := read(b)
	if errors.Is(err, syscall.EIO) {
		n, err = read(b)
	}
	return n, err
}

// leaderEnded wakes a Read that waits.
func (o *output) leaderEnded(at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = at
	o.setDeadline(at)
}

// setDeadline fails only on a file that is closed, whose Read says so itself.
func (o *output) setDeadline(now time.Time) {
	d := now.Add(quiet)
	if last := o.ended.Add(atLast); d.After(last) {
		d = last
	}
	_ = o.f.SetReadDeadline(d)
}

func (o *output) Read(b []byte) (int, error) {
	n, err := surely(o.wait, b)
	if err == nil {
		o.got(n)
		return n, nil
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return o.late(b)
	case errors.Is(err, syscall.EIO) || errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed):
		return 0, io.EOF
	}
	return 0, fmt.Errorf("cannot read the output: %w", err)
}

func (o *output) got(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended.IsZero() || o.told {
		return
	}
	o.since += n
	o.setDeadline(time.Now())
}

// late reads what is there when the time is up: a reader that was slow has not
// seen all that the leader wrote.
func (o *output) late(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since < backlog && len(b) > 0 {
		if n, err := surely(o.have, b); err == nil && n > 0 {
			o.since += n
			return n, nil
		}
	}
	o.told = true
	_ = o.f.SetReadDeadline(time.Time{})
	return 0, io.EOF
}

// readNow reads without waiting, whatever the deadline.
func (o *output) readNow(b []byte) (int, error) {
	raw, err := o.f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var n int
	var inner error
	err = raw.Control(func(fd uintptr) {
		for {
			if n, inner = unix.Read(int(fd), b); !errors.Is(inner, unix.EINTR) {
				return
			}
		}
	})
	return n, errors.Join(err, inner)
}
