// Package launch finds a project's controller, or starts one, and dials it.
//
// One file lock decides who is the controller, and the lock is handed on: the
// process that starts a controller takes the lock, binds the socket, and gives
// both to the new process as open files. So there is no moment at which two
// controllers could exist, no stale socket to delete by hand (who holds the
// lock may replace it), and nothing to wait for: a connection made before the
// controller has come up stands in the socket's queue.
//
// The package imports no HTTP, because every shim links it.
package launch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"prox/internal/place"

	"golang.org/x/sys/unix"
)

// The files a controller inherits.
const (
	ListenerFD = 3
	LockFD     = 4
)

// patience bounds how long Ensure waits for a controller that is coming up or
// going down in another process.
const patience = 10 * time.Second

// ErrNotRunning says that a project has no controller.
var ErrNotRunning = errors.New("not running")

// Dial connects to the project's controller; ErrNotRunning when it has none.
func Dial(ctx context.Context, p place.Project) (net.Conn, error) {
	return DialSocket(ctx, p.Socket())
}

// DialSocket connects to the controller behind a socket's path.
func DialSocket(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		return c, nil
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, ErrNotRunning
	}
	return nil, fmt.Errorf("cannot reach the controller at %s: %w", path, err)
}

// Starter runs fn, which makes a new process that must not become part of the
// caller's process tree. A shim passes its reaper's Detach.
type Starter func(fn func() error) error

// Ensure dials the project's controller and starts one first where there is
// none. It returns ErrNotRunning never, and an error after ten seconds.
func Ensure(ctx context.Context, p place.Project) (net.Conn, error) {
	return ensure(ctx, p, func(files []*os.File) error { return spawn(p, files) })
}

// EnsureDetached is Ensure for a process that adopts orphans: the controller
// is started by a double fork within start.
func EnsureDetached(ctx context.Context, p place.Project, start Starter) (net.Conn, error) {
	return ensure(ctx, p, func(files []*os.File) error {
		return start(func() error { return spawnOrphan(p, files) })
	})
}

func ensure(ctx context.Context, p place.Project, spawn func([]*os.File) error) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience,
		fmt.Errorf("cannot reach the controller: the process that holds %s does not answer", p.Lock()))
	defer cancel()
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		c, err := Dial(ctx, p)
		if !errors.Is(err, ErrNotRunning) {
			return c, err
		}
		if err := p.Prepare(); err != nil {
			return nil, err
		}
		lock, err := tryLock(p.Lock())
		if err != nil {
			return nil, err
		}
		if lock != nil {
			c, err := begin(ctx, p, lock, spawn)
			_ = lock.Close() // the controller holds the lock through its own copy
			return c, err
		}
		// Somebody has the lock and no socket yet, or no more: both pass soon.
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// tryLock returns nil, nil when another process holds the lock.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lock: %w", err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("cannot lock %s: %w", path, err)
}

// begin binds the socket and starts the controller; the caller has the lock.
func begin(ctx context.Context, p place.Project, lock *os.File, spawn func([]*os.File) error) (net.Conn, error) {
	if c, err := Dial(ctx, p); err == nil { // it came up while we asked for the lock
		return c, nil
	}
	if err := p.Save(); err != nil {
		return nil, err
	}
	if err := os.Remove(p.Socket()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot remove a stale socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: p.Socket(), Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("cannot open the controller's socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // the controller goes on with it
	defer func() { _ = l.Close() }()
	file, err := l.File()
	if err != nil {
		return nil, fmt.Errorf("cannot hand the controller its socket: %w", err)
	}
	defer func() { _ = file.Close() }()
	if err := spawn([]*os.File{file, lock}); err != nil {
		return nil, err
	}
	return Dial(ctx, p)
}

// argv is the controller's command line; no secret stands in it.
func argv(p place.Project) []string {
	return []string{Executable(), "controller", "--runtime", p.Runtime}
}

// Environ is base without what belongs to one tmux pane or one instance of
// prox: a controller, and whatever it starts, must not seem part of either.
func Environ(base []string) []string {
	out := make([]string, 0, len(base))
	for _, kv := range base {
		name, _, _ := strings.Cut(kv, "=")
		if name == "TMUX" || name == "TMUX_PANE" || name == "PROX_PROJECT_ID" || name == "PROX_INSTANCE" || name == "PROX_RUN" {
			continue
		}
		out = append(out, kv)
	}
	return out
}

func stdio(p place.Project) (null, log *os.File, err error) {
	null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot start a controller: %w", err)
	}
	log, err = os.OpenFile(p.ControllerLog(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		log = null // a full or read-only disk must not stop the project
	}
	return null, log, nil
}

// spawn starts the controller as a session of its own.
func spawn(p place.Project, files []*os.File) error {
	null, log, err := stdio(p)
	if err != nil {
		return err
	}
	defer func() { _ = null.Close(); _ = log.Close() }()
	args := argv(p)
	proc, err := os.StartProcess(args[0], args, &os.ProcAttr{
		Dir:   "/",
		Env:   Environ(os.Environ()),
		Files: append([]*os.File{null, log, log}, files...),
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fmt.Errorf("cannot start a controller: %w", err)
	}
	return proc.Release()
}

// spawnOrphan starts the controller through a shell that ends at once, and
// returns when the shell has ended: only then has the controller got its new
// parent, and that must happen while the caller adopts no orphans.
func spawnOrphan(p place.Project, files []*os.File) error {
	null, log, err := stdio(p)
	if err != nil {
		return err
	}
	defer func() { _ = null.Close(); _ = log.Close() }()
	args := append([]string{"/bin/sh", "-c", `"$0" "$@" &`}, argv(p)...)
	fds := []uintptr{null.Fd(), log.Fd(), log.Fd()}
	for _, f := range files {
		fds = append(fds, f.Fd())
	}
	pid, err := syscall.ForkExec(args[0], args, &syscall.ProcAttr{
		Dir:   "/",
		Env:   Environ(os.Environ()),
		Files: fds,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fmt.Errorf("cannot start a controller: %w", err)
	}
	awaitEnd(pid)
	return nil
}
