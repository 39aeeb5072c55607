package ptyproc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// typeTimeout bounds a write to a terminal whose program reads nothing.
const typeTimeout = time.Second

// Process is one tree: the leader that was started, and all that comes of it.
type Process struct {
	reaper  *Reaper
	spec    Spec
	pid     int
	started time.Time
	master  *os.File // nil with pipes
	out     *output
	err     *output

	exited chan struct{}
	exit   Exit // valid once exited is closed

	stop stopping
}

// childFiles are the files the child gets as 0, 1 and 2; ours to close once it
// has been started.
type childFiles struct{ in, out, err *os.File }

func (f childFiles) fds() []uintptr { return []uintptr{f.in.Fd(), f.out.Fd(), f.err.Fd()} }

func (f childFiles) close() {
	// Nothing was written to these; there is nothing to lose.
	_ = f.in.Close()
	if f.out != f.in {
		_ = f.out.Close()
		_ = f.err.Close()
	}
}

func (p *Process) connect() (childFiles, error) {
	if p.spec.PTY {
		return p.openTerminal()
	}
	return p.openPipes()
}

func (p *Process) openTerminal() (childFiles, error) {
	m, tty, err := pty.Open()
	if err != nil {
		return childFiles{}, fmt.Errorf("cannot open a pseudo-terminal: %w", err)
	}
	// The library leaves the master in blocking mode, where no deadline works
	// and Close does not end a Read: a nonblocking copy has both.
	fd, err := unix.FcntlInt(m.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	_ = m.Close()
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		_ = tty.Close()
		return childFiles{}, fmt.Errorf("cannot use the pseudo-terminal: %w", err)
	}
	p.master = os.NewFile(uintptr(fd), "pty")
	p.out = newOutput(p.master)
	if p.spec.Size.Rows > 0 && p.spec.Size.Cols > 0 {
		if err := p.Resize(p.spec.Size); err != nil {
			_ = tty.Close()
			_ = p.master.Close()
			return childFiles{}, err
		}
	}
	return childFiles{tty, tty, tty}, nil
}

func (p *Process) openPipes() (childFiles, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDONLY, 0)
	if err != nil {
		return childFiles{}, fmt.Errorf("cannot give the process something to read: %w", err)
	}
	out, outw, err := os.Pipe()
	if err != nil {
		_ = null.Close()
		return childFiles{}, fmt.Errorf("cannot make a pipe: %w", err)
	}
	errs, errw, err := os.Pipe()
	if err != nil {
		_ = null.Close()
		_ = out.Close()
		_ = outw.Close()
		return childFiles{}, fmt.Errorf("cannot make a pipe: %w", err)
	}
	widen(out)
	p.out, p.err = newOutput(out), newOutput(errs)
	return childFiles{null, outw, errw}, nil
}

// Pid is the leader's.
func (p *Process) Pid() int { return p.pid }

// StartedAt is when the leader was started.
func (p *Process) StartedAt() time.Time { return p.started }

// Stdout reads what the tree writes to its terminal, or to its standard
// output. It gives io.EOF when the last writer has gone, or, since somebody
// who outlives the leader may keep the terminal open for ever, when after the
// leader's exit nothing has come for 100 ms, or at the latest 300 ms after it:
// what the leader wrote has been read then. After that first io.EOF one may
// read on, and gets what the others write, until Close.
func (p *Process) Stdout() io.Reader { return p.out }

// Stderr is like Stdout; nil on a terminal, where both are one.
func (p *Process) Stderr() io.Reader {
	if p.err == nil {
		return nil
	}
	return p.err
}

// Write types on the terminal. It gives up after a second with a program that
// reads nothing; ErrNoTerminal on pipes.
func (p *Process) Write(b []byte) (int, error) {
	if p.master == nil {
		return 0, ErrNoTerminal
	}
	if err := p.master.SetWriteDeadline(time.Now().Add(typeTimeout)); err != nil {
		return 0, fmt.Errorf("cannot type: %w", err)
	}
	n, err := p.master.Write(b)
	if err != nil {
		return n, fmt.Errorf("cannot type: %w", err)
	}
	return n, nil
}

// Resize changes the terminal's size, which sends SIGWINCH to the program in
// front; ErrNoTerminal on pipes.
func (p *Process) Resize(s Size) error {
	if p.master == nil {
		return ErrNoTerminal
	}
	raw, err := p.master.SyscallConn() // Fd would make it blocking again
	if err != nil {
		return fmt.Errorf("cannot resize the terminal: %w", err)
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		inner = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: s.Rows, Col: s.Cols, Xpixel: s.XPixel, Ypixel: s.YPixel})
	})
	if err = errors.Join(err, inner); err != nil {
		return fmt.Errorf("cannot resize the terminal: %w", err)
	}
	return nil
}

// Exited is closed when the leader has ended; its output may not be read yet.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Exit is how the leader ended; valid once Exited is closed.
func (p *Process) Exit() Exit { return p.exit }

// ended is called by the reaper, once.
func (p *Process) ended(e Exit) {
	p.exit = e
	close(p.exited)
	p.out.leaderEnded(e.At)
	if p.err != nil {
		p.err.leaderEnded(e.At)
	}
}

// Close gives up the terminal or the pipes, whoever may still use them; a Read
// under way ends.
func (p *Process) Close() {
	// A descriptor that was only read has nothing to lose at its close.
	_ = p.out.f.Close()
	if p.err != nil {
		_ = p.err.f.Close()
	}
}
