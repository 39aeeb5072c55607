package shim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"prox/internal/link"
	"prox/internal/logstore"
	"prox/ptyproc"

	"golang.org/x/sys/unix"
)

// run is one life of the service. Its goroutine (follow) reads the output to
// its end, sees to it that nothing is left, and reports.
type run struct {
	number  int
	spec    link.Spec
	process *ptyproc.Process
	pane    *pane
	store   *store
	reports chan<- link.Report
	keys    chan []byte

	mu       sync.Mutex // guards the two below
	stopping chan struct{}
	now      chan struct{}
	stopped  chan ptyproc.StopReport // has one when the stop is through
	nowOnce  sync.Once
}

// begin starts a run's process and the goroutine that follows it.
func begin(s *shim, o link.Start) (*run, error) {
	p, err := s.reaper.Start(ptyproc.Spec{
		Argv:        o.Spec.Argv,
		Dir:         o.Spec.Dir,
		Env:         paneEnv(o.Spec),
		PTY:         o.Spec.PTY,
		Size:        paneSize(),
		StopSignal:  unix.Signal(o.Spec.StopSignal),
		StopTimeout: o.Spec.StopTimeout,
	})
	if err != nil {
		return nil, err
	}
	r := &run{
		number:  o.Run,
		spec:    o.Spec,
		process: p,
		pane:    s.pane,
		store:   s.store,
		reports: s.reports,
		keys:    make(chan []byte, 64),
		now:     make(chan struct{}),
		stopped: make(chan ptyproc.StopReport, 1),
	}
	if o.Run > 1 {
		r.pane.notice(fmt.Sprintf("run %d", o.Run))
	}
	r.pane.blocking(o.Spec.Interactive)
	r.store.started(o.Run)
	if o.Spec.PTY {
		go r.typist()
	}
	go r.follow()
	return r, nil
}

// paneEnv adds what only the pane knows: which terminal it is.
func paneEnv(spec link.Spec) []string {
	env := spec.Env
	if !spec.PTY {
		return env
	}
	out := make([]string, 0, len(env)+3)
	for _, kv := range env {
		if !strings.HasPrefix(kv, "TERM=") && !strings.HasPrefix(kv, "TMUX=") && !strings.HasPrefix(kv, "TMUX_PANE=") {
			out = append(out, kv)
		}
	}
	for _, name := range []string{"TERM", "TMUX", "TMUX_PANE"} {
		if v := os.Getenv(name); v != "" {
			out = append(out, name+"="+v)
		}
	}
	return out
}

func (r *run) phase() link.Phase {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopping != nil {
		return link.Ending
	}
	return link.Running
}

// typed queues keys; a service that reads none loses them, as a terminal's
// own queue does when it is full.
func (r *run) typed(keys []byte) {
	select {
	case r.keys <- keys:
	default:
	}
}

// typist writes keys to the terminal, apart from the loop because a service
// that doesn't read can make the write wait.
func (r *run) typist() {
	for {
		select {
		case k := <-r.keys:
			if _, err := r.process.Write(k); err != nil {
				return
			}
		case <-r.process.Exited():
			return
		}
	}
}

// stop begins the end of the run, or hastens it.
func (r *run) stop(now bool) {
	if now {
		r.nowOnce.Do(func() { close(r.now) })
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopping != nil {
		return
	}
	r.stopping = make(chan struct{})
	go func() { r.stopped <- r.process.Stop(context.Background(), r.spec.StopTimeout, r.now) }()
}

func (r *run) follow() {
	var pumps sync.WaitGroup
	if errs := r.process.Stderr(); errs != nil {
		pumps.Go(func() { r.pump(errs, logstore.Stderr) })
	}
	r.pump(r.process.Stdout(), logstore.Stdout)
	pumps.Wait()
	<-r.process.Exited()
	e := r.process.Exit()
	exit := link.Exit{Code: e.Code, CoreDumped: e.CoreDumped, At: e.At, Ran: e.Ran}
	if e.Signal != 0 {
		exit.Code, exit.Signal = -1, unix.SignalName(e.Signal)
	}
	r.store.ended(r.number, e.Code, int(e.Signal))
	r.pane.end(fmt.Sprintf("%s: %s after %s (run %d)", r.pane.name, e, round(e.Ran), r.number))
	defer r.listenOn()()

	asked := r.phase() == link.Ending
	if !asked {
		left := len(r.process.Remaining())
		if left == 0 {
			r.reports <- link.Report{Run: r.number, Exit: &exit, Gone: true}
			return
		}
		r.reports <- link.Report{Run: r.number, Exit: &exit, Left: left}
		r.pane.notice(fmt.Sprintf("ending %d of its processes that outlived it", left))
		r.stop(false)
	}
	done := <-r.stopped
	report := link.Report{Run: r.number, Gone: true, Forced: processes(done.Forced), Stuck: processes(done.Left)}
	if asked {
		report.Exit = &exit
	}
	r.reports <- report
}

// listenOn goes on reading what others of the tree write while they are being
// ended; what it returns ends that, and gives the terminal back.
func (r *run) listenOn() func() {
	var pumps sync.WaitGroup
	pumps.Go(func() { r.pump(r.process.Stdout(), logstore.Stdout) })
	if errs := r.process.Stderr(); errs != nil {
		pumps.Go(func() { r.pump(errs, logstore.Stderr) })
	}
	return func() {
		r.process.Close()
		pumps.Wait()
	}
}

func processes(members []ptyproc.Member) []link.Process {
	var out []link.Process
	for _, m := range members {
		out = append(out, link.Process{Pid: m.Pid, Start: m.Start, Name: m.Name})
	}
	return out
}

// pump reads one stream to its end: the log first, the pane second.
func (r *run) pump(from io.Reader, stream logstore.Stream) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			r.store.append(stream, buf[:n])
			r.pane.write(buf[:n], !r.spec.PTY)
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.pane.notice(fmt.Sprintf("cannot read its output: %v", err))
			}
			return
		}
	}
}

// round keeps the digits a person reads.
func round(d time.Duration) time.Duration {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond)
	case d < time.Minute:
		return d.Round(100 * time.Millisecond)
	default:
		return d.Round(time.Second)
	}
}
