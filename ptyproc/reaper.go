package ptyproc

import (
	"errors"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Reaper starts processes and collects every child of this one.
type Reaper struct {
	sigs chan os.Signal
	quit chan struct{}
	done chan struct{}

	mu      sync.Mutex // guards what follows, and makes start and wait one
	closed  bool
	leaders map[int]*Process
	none    bool          // wait4 said that there is no child
	changed chan struct{} // closed and replaced whenever a child was collected
}

// NewReaper takes over the children of this process, and makes it a subreaper
// where the system has that. Files that this process was itself started with,
// beyond the standard three, are not handed on from then.
func NewReaper() (*Reaper, error) {
	keepInherited()
	if err := adoptOrphans(true); err != nil {
		return nil, err
	}
	r := &Reaper{
		sigs:    make(chan os.Signal, 1),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
		leaders: map[int]*Process{},
		changed: make(chan struct{}),
	}
	signal.Notify(r.sigs, syscall.SIGCHLD)
	go r.collect()
	return r, nil
}

// Close gives the children of this process back. Processes that run go on.
func (r *Reaper) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	r.mu.Unlock()
	signal.Stop(r.sigs)
	close(r.quit)
	<-r.done
	// It was possible to switch it on, so it is to switch it off.
	_ = adoptOrphans(false)
}

// Detach runs fn while orphans are not adopted: a process that fn starts by a
// double fork, and that has lost its parent when fn returns, is not of the
// tree. No child is collected meanwhile, so fn may wait for its own, and is to
// be short. Signals that the caller ignores are not ignored by what fn starts.
func (r *Reaper) Detach(fn func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := adoptOrphans(false); err != nil {
		return err
	}
	var err error
	hearing(func() { err = fn() })
	return errors.Join(err, adoptOrphans(true))
}

func (r *Reaper) collect() {
	defer close(r.done)
	for {
		select {
		case <-r.sigs:
			r.reap()
		case <-r.quit:
			return
		}
	}
}

// reap collects all that have ended. One SIGCHLD may stand for several.
func (r *Reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var ws syscall.WaitStatus
		var ru syscall.Rusage
		pid, err := syscall.Wait4(-1, &ws, syscall.WNOHANG, &ru)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		r.none = errors.Is(err, syscall.ECHILD)
		if err != nil || pid == 0 {
			break
		}
		if p := r.leaders[pid]; p != nil && (ws.Exited() || ws.Signaled()) {
			delete(r.leaders, pid)
			p.ended(exitOf(ws, ru, p.started))
		}
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// look reports whether no child is left, and a channel that is closed when
// that may have changed.
func (r *Reaper) look() (none bool, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.none, r.changed
}

// running lists the leaders that have not been collected.
func (r *Reaper) running() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.leaders))
}

// Start runs a process. The error is a *StartError where the command or the
// folder is at fault.
func (r *Reaper) Start(s Spec) (*Process, error) {
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		return nil, &StartError{Path: "a process", Why: "there is no command", code: 127}
	}
	if s.StopSignal == 0 {
		s.StopSignal = syscall.SIGTERM
	}
	if s.StopTimeout == 0 {
		s.StopTimeout = 10 * time.Second
	}
	if err := checkDir(s.Dir); err != nil {
		return nil, err
	}
	path, err := find(s)
	if err != nil {
		return nil, err
	}
	p := &Process{reaper: r, spec: s, exited: make(chan struct{})}
	files, err := p.connect()
	if err != nil {
		return nil, err
	}
	defer files.close()

	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		p.Close()
		return nil, ErrClosed
	}
	hearing(func() { p.pid, err = fork(path, s, files) })
	if err != nil {
		p.Close()
		return nil, refused(s.Argv[0], path, err)
	}
	p.started = time.Now()
	r.leaders[p.pid] = p
	r.none = false
	return p, nil
}

// hearing runs fn while no signal is ignored: exec resets a handler, but a
// signal that is ignored stays so in the new program, which would then not
// hear a Ctrl-C that its starter has no use for. Until fn has returned these
// signals are caught and dropped, which is as good as ignored.
func hearing(fn func()) {
	var ignored []os.Signal
	for sig := syscall.Signal(1); sig < 32; sig++ {
		if signal.Ignored(sig) {
			ignored = append(ignored, sig)
		}
	}
	if len(ignored) > 0 {
		signal.Notify(make(chan os.Signal, 1), ignored...)
		defer signal.Ignore(ignored...)
	}
	fn()
}

// keepInherited marks the files beyond the standard three as not to be handed
// on. All that Go opens is marked already; others are from whoever started us.
func keepInherited() {
	files, err := os.ReadDir("/dev/fd")
	if err != nil {
		return // no such folder here: nothing but ours, at the most likely
	}
	for _, f := range files {
		if fd, err := strconv.Atoi(f.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

func fork(path string, s Spec, files childFiles) (int, error) {
	attr := &syscall.ProcAttr{
		Dir:   s.Dir,
		Env:   s.Env,
		Files: files.fds(),
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: s.PTY},
	}
	pid, err := syscall.ForkExec(path, s.Argv, attr)
	if errors.Is(err, syscall.ENOEXEC) { // a script without a first line; execvp gives it to the shell
		pid, err = syscall.ForkExec("/bin/sh", append([]string{"sh", path}, s.Argv[1:]...), attr)
	}
	return pid, err
}
