package ptyproc

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func alive(pid int) bool {
	m, state, err := stat(pid)
	return err == nil && m.Pid == pid && state != 'Z'
}

func TestStopIsGentleFirst(t *testing.T) {
	p := start(t, sh("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done"))
	readUntil(t, p, "ready")
	r := p.Stop(t.Context(), 10*time.Second, nil)
	if len(r.Forced)+len(r.Left) > 0 {
		t.Errorf("got %+v", r)
	}
	if got := readAll(t, p); !strings.Contains(got, "bye") || p.Exit().Code != 0 {
		t.Errorf("exit %s, output %q", p.Exit(), got)
	}
}

func TestStopSignalIsTheSpecs(t *testing.T) {
	s := sh("trap 'exit 9' INT; trap '' TERM; echo ready; while :; do sleep 0.01; done")
	s.StopSignal = syscall.SIGINT
	p := start(t, s)
	readUntil(t, p, "ready")
	p.Stop(t.Context(), 10*time.Second, nil)
	if p.Exit().Code != 9 {
		t.Errorf("exit %s", p.Exit())
	}
}

func TestStopForcesWhatIgnoresIt(t *testing.T) {
	p := start(t, sh("trap '' TERM INT HUP; echo ready; while :; do sleep 1; done"))
	readUntil(t, p, "ready")
	r := p.Stop(t.Context(), 50*time.Millisecond, nil)
	if len(r.Left) > 0 || len(r.Forced) == 0 || r.Forced[0].Pid != p.Pid() || r.Forced[0].Name != "sh" {
		t.Errorf("got %+v", r)
	}
	await(t, p)
	if e := p.Exit(); e.Signal != syscall.SIGKILL {
		t.Errorf("exit %s", e)
	}
}

func TestStopCanBeHastened(t *testing.T) {
	now := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	never := func() {}
	for name, c := range map[string]struct {
		ctx    context.Context
		hasten func()
		second bool // by another call
	}{
		"by now":          {t.Context(), func() { close(now) }, false},
		"by context":      {ctx, cancel, false},
		"by another call": {t.Context(), never, true},
	} {
		p := start(t, sh("trap '' TERM; echo ready; while :; do echo asked; sleep 0.05; done"))
		readUntil(t, p, "ready")
		first, mine := make(chan StopReport, 1), now
		if name != "by now" {
			mine = nil
		}
		go func() { first <- p.Stop(c.ctx, time.Hour, mine) }()
		for !p.stopBegan() {
			time.Sleep(time.Millisecond)
		}
		select {
		case r := <-first:
			t.Errorf("%s: it did not wait: %+v", name, r)
			continue
		case <-time.After(50 * time.Millisecond):
		}
		c.hasten()
		if c.second {
			at := make(chan struct{})
			close(at)
			if r := p.Stop(t.Context(), time.Hour, at); len(r.Forced) == 0 {
				t.Errorf("%s: %+v", name, r)
			}
		}
		select {
		case r := <-first:
			if len(r.Forced) == 0 || r.Forced[0].Pid != p.Pid() {
				t.Errorf("%s: %+v", name, r)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: it goes on waiting", name)
		}
	}
}

func (p *Process) stopBegan() bool {
	p.stop.mu.Lock()
	defer p.stop.mu.Unlock()
	return p.stop.done != nil
}

func TestStopNowIsNotGentle(t *testing.T) {
	now := make(chan struct{})
	close(now)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, stop := range map[string]func(*Process) StopReport{
		"now":     func(p *Process) StopReport { return p.Stop(t.Context(), time.Hour, now) },
		"context": func(p *Process) StopReport { return p.Stop(ended, time.Hour, nil) },
	} {
		for range 10 {
			p := start(t, sh("echo ready; exec sleep 30")) // any signal ends it
			readUntil(t, p, "ready")
			r := stop(p)
			await(t, p)
			if len(r.Forced) == 0 || p.Exit().Signal != syscall.SIGKILL {
				t.Fatalf("%s: exit %s, %+v", name, p.Exit(), r)
			}
		}
	}
}

func TestZombiesAreNotCounted(t *testing.T) {
	// The child ends when the shell, which would have reaped it, has become sleep, which waits for no child.
	p := start(t, sh("(until grep -q sleep /proc/$$/comm; do :; done) & echo ready; exec sleep 30"))
	readUntil(t, p, "ready")
	for end := time.Now().Add(10 * time.Second); ; {
		c, err := children(p.Pid(), nil)
		if err != nil || len(c) != 1 || time.Now().After(end) {
			t.Fatalf("%v, %v", c, err)
		}
		if _, state, err := stat(c[0]); err == nil && state == 'Z' {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if r := p.Remaining(); len(r) != 1 || r[0].Pid != p.Pid() {
		t.Errorf("got %+v", r)
	}
}

func TestGraceOfTheSpec(t *testing.T) {
	s := sh("trap '' TERM; echo ready; while :; do sleep 1; done")
	s.StopTimeout = 30 * time.Millisecond
	p := start(t, s)
	readUntil(t, p, "ready")
	if r := p.Stop(t.Context(), -1, nil); len(r.Forced) == 0 || r.Took < s.StopTimeout || r.Took > 5*time.Second {
		t.Errorf("got %+v", r)
	}
}

func TestTreeIsFoundWithoutTheListsOfChildren(t *testing.T) {
	p := start(t, sh("echo ready; sleep 30 & wait"))
	readUntil(t, p, "ready")
	want, err := children(os.Getpid(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := scanChildren(os.Getpid(), nil); err != nil || !slices.Equal(got, want) || !slices.Contains(got, p.Pid()) {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
}

func TestALaterProcessOfTheSamePidIsLeftAlone(t *testing.T) {
	p := start(t, sh("exec sleep 30"))
	m, _, err := stat(p.Pid())
	if err != nil {
		t.Fatal(err)
	}
	m.Start--
	if err := kill(m, syscall.SIGKILL, false); err != nil {
		t.Error(err)
	}
	time.Sleep(20 * time.Millisecond)
	if !alive(p.Pid()) {
		t.Error("it was killed for another")
	}
}

func TestStoppedProcessIsStoppedAllTheSame(t *testing.T) {
	p := start(t, sh("trap 'exit 5' TERM; echo ready; kill -STOP $$; while :; do sleep 0.01; done"))
	readUntil(t, p, "ready")
	for _, state, err := stat(p.Pid()); state != 'T' && err == nil; _, state, err = stat(p.Pid()) {
		time.Sleep(time.Millisecond)
	}
	p.Stop(t.Context(), 10*time.Second, nil)
	if p.Exit().Code != 5 {
		t.Errorf("exit %s", p.Exit())
	}
}

// daemon starts, as daemons do, a process in a session of its own whose parent
// is gone, and which ignores what can be ignored.
const daemon = `setsid sh -c 'trap "" TERM HUP INT; echo daemon $$; while :; do sleep 0.2; done' & `

func daemonPid(t *testing.T, p *Process) int {
	t.Helper()
	out := readUntil(t, p, "daemon ")
	for !strings.Contains(out[strings.Index(out, "daemon "):], "\n") {
		out += readUntil(t, p, "\n")
	}
	var pid int
	if _, err := fmt.Sscanf(out[strings.Index(out, "daemon "):], "daemon %d", &pid); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	return pid
}

func TestDaemonIsFoundAndEnded(t *testing.T) {
	p := start(t, sh("("+daemon+"); sleep 0.1; exit 0"))
	pid := daemonPid(t, p)
	await(t, p)
	left := p.Remaining()
	if len(left) == 0 || !alive(pid) {
		t.Fatalf("the daemon (pid %d) is not among what remains: %v", pid, left)
	}
	r := p.Stop(t.Context(), 50*time.Millisecond, nil)
	if alive(pid) || len(r.Left) > 0 || len(r.Forced) == 0 {
		t.Errorf("got %+v", r)
	}
}

func TestTreeThatForksWhileItIsKilled(t *testing.T) {
	p := start(t, sh(`trap '' TERM HUP; echo ready
		spawn() { while :; do (trap '' TERM; sleep 0.02; exec sleep 5) & sleep 0.005; done; }
		spawn & spawn & spawn & wait`))
	readUntil(t, p, "ready")
	r := p.Stop(t.Context(), 100*time.Millisecond, nil)
	if len(r.Left) > 0 || len(p.Remaining()) > 0 || r.Took > 5*time.Second {
		t.Errorf("%d left, after %s", len(r.Left), r.Took)
	}
}

// TestTreeThatIsNeverTheSame has processes that live a millisecond each: every
// one starts its successor and ends.
func TestTreeThatIsNeverTheSame(t *testing.T) {
	p := start(t, sh(`trap '' TERM HUP; next() { (next) & }; next; echo ready; exit 3`))
	readUntil(t, p, "ready")
	await(t, p)
	r := p.Stop(t.Context(), 50*time.Millisecond, nil)
	if len(r.Left) > 0 || len(p.Remaining()) > 0 || !p.gone() || p.Exit().Code != 3 {
		t.Errorf("exit %s, %d left after %s", p.Exit(), len(r.Left), r.Took)
	}
}

func TestSignalReachesTheWholeTree(t *testing.T) {
	p := start(t, sh(`trap 'echo one' USR1; (trap 'echo two' USR1; echo ready; while :; do sleep 0.01; done) & while :; do sleep 0.01; done`))
	readUntil(t, p, "ready")
	// sleep itself dies of USR1, as it may.
	if err := p.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	out := readUntil(t, p, "one")
	if !strings.Contains(out, "two") {
		readUntil(t, p, "two")
	}
}

func TestDetachedProcessIsNotOfTheTree(t *testing.T) {
	p := start(t, sh("echo ready; sleep 30"))
	readUntil(t, p, "ready")
	dir := t.TempDir()
	err := reaper.Detach(func() error {
		null, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		defer null.Close()
		pid, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", "sh -c 'echo $$ > " + dir + "/new; mv " + dir + "/new " + dir + "/pid; exec sleep 30' &"},
			&syscall.ProcAttr{Env: environ(), Files: []uintptr{null.Fd(), null.Fd(), null.Fd()}})
		if err != nil {
			return err
		}
		for alive(pid) { // until the one in between has ended
			time.Sleep(time.Millisecond)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for end := time.Now().Add(10 * time.Second); len(b) == 0 && time.Now().Before(end); b, _ = os.ReadFile(dir + "/pid") {
		time.Sleep(time.Millisecond)
	}
	var pid int
	if _, err := fmt.Sscan(string(b), &pid); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
	p.Stop(t.Context(), time.Second, nil)
	if !alive(pid) {
		t.Error("it was ended with the tree")
	}
}
