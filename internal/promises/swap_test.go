package promises

import (
	"context"
	"maps"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"prox/internal/proxtest"
)

// swapped is a project that an old prox has started, and that a new one looks
// at from then on.
func swapped(t *testing.T) (p *proxtest.Project, oldBin string) {
	t.Helper()
	p = proxtest.New(t, "prox.toml", `
[services.web]
command = "sleep 1000"
[services.api]
command = "sleep 1000"
instances = 2
[services.late]
command = "while [ ! -e go ]; do sleep 0.02; done; exit 7"
restart = { mode = "never" }
`)
	p.Must("start")
	p.Bin = proxtest.OtherVersion(t)
	return p, proxtest.Binary(t)
}

// processes are the pids of what runs, and the windows it runs in.
func processes(p *proxtest.Project) (pids map[string]int, windows string) {
	pids = map[string]int{}
	st, _ := p.Status()
	for _, s := range st.Services {
		for _, i := range s.Instances {
			if i.Pid != 0 {
				pids[i.Name] = i.Pid
			}
		}
	}
	return pids, p.Tmux("list-windows", "-a", "-F", "#{window_id} #{window_name} #{pane_pid}")
}

// TestANewProxSwapsTheControllerOfAnOld: and every process, window and exit is
// what it was.
func TestANewProxSwapsTheControllerOfAnOld(t *testing.T) {
	t.Parallel()
	p, oldBin := swapped(t)
	pids, windows := processes(p)
	before, _ := p.Status()
	const said = "this is prox " + proxtest.OtherNumber + ": prox restart --controller swaps it"
	for _, args := range [][]string{{"status"}, {"start"}} {
		if r := p.Must(args...); strings.Count(r.Err, said) != 1 {
			t.Errorf("the other version is not told in one line: %v", r)
		}
	}
	s := windowOf(t, p, 100, 30)
	s.AwaitText("● ready")

	r := p.Must("restart", "--controller")
	if !strings.Contains(r.Out, "controller swapped: prox "+before.Controller.Version+" (pid ") || !strings.Contains(r.Out, "→ prox "+proxtest.OtherNumber+" (pid ") || !strings.Contains(r.Out, "4 services run on") {
		t.Errorf("it does not say what it did: %v", r)
	}
	after, _ := p.Status()
	if after.Controller.Version != proxtest.OtherNumber || after.Controller.Pid == before.Controller.Pid || len(after.Controller.Awaited) > 0 {
		t.Errorf("the controller is %+v", after.Controller)
	}
	nowPids, nowWindows := processes(p)
	if !maps.Equal(pids, nowPids) || windows != nowWindows {
		t.Errorf("services were touched: %v, now %v\n%s\nnow\n%s", pids, nowPids, windows, nowWindows)
	}
	if r := p.Must("status"); r.Err != "" {
		t.Errorf("something is said of a controller of this prox: %v", r)
	}
	p.Must("stop", "api")
	s.AwaitText("○ stopped") // the status window has found the new one

	r = p.Must("restart", "--controller")
	if !strings.Contains(r.Out, "of the same version") || !strings.Contains(r.Out, "2 services run on") {
		t.Errorf("of a controller of the same version it says: %v", r)
	}
	p.Bin = oldBin
	if r := p.Must("restart", "--controller"); !strings.Contains(r.Out, "controller swapped: prox "+proxtest.OtherNumber) {
		t.Errorf("on the way back it says: %v", r)
	}
	p.Must("kill")
	p.Want(3, "restart", "--controller")
}

// TestAControllerThatHangsIsSwapped: and how a service ended meanwhile is not
// lost.
func TestAControllerThatHangsIsSwapped(t *testing.T) {
	t.Parallel()
	p, _ := swapped(t)
	pids, _ := processes(p)
	st, _ := p.Status()
	if err := syscall.Kill(st.Controller.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p.Write("go", "")
	proxtest.Await(t, "the end of late", func() bool { return syscall.Kill(pids["late"], 0) != nil })
	r := p.Must("restart", "--controller")
	if !strings.Contains(r.Err, "does not answer") || !strings.Contains(r.Out, "3 services run on") {
		t.Errorf("it does not say what it did: %v", r)
	}
	i := p.AwaitState("late", "failed")
	if i.Exit == nil || i.Exit.Code != 7 || i.Run != 1 {
		t.Errorf("the end of late is told as %+v", i)
	}
	delete(pids, "late")
	if now, _ := processes(p); !maps.Equal(pids, now) {
		t.Errorf("services were touched: %v, now %v", pids, now)
	}
}

// TestAKillInTheMiddleOfASwapEndsWell: of the command, or of whatever
// controller there is, at any moment of it.
func TestAKillInTheMiddleOfASwapEndsWell(t *testing.T) {
	t.Parallel()
	p, oldBin := swapped(t)
	pids, windows := processes(p)
	bins := []string{oldBin, p.Bin}
	for round := range 12 {
		p.Bin = bins[round%2]
		ctx, cancel := context.WithTimeout(t.Context(), proxtest.Patience)
		cmd := p.Command(ctx, "restart", "--controller")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		moment := time.NewTimer(time.Duration(rand.IntN(150)) * time.Millisecond)
		<-moment.C
		if round%3 == 2 {
			if st, ok := p.Status(); ok {
				_ = syscall.Kill(st.Controller.Pid, syscall.SIGKILL) // it may have ended by itself
			}
		} else {
			_ = cmd.Process.Kill() // it may have ended by itself
		}
		_ = cmd.Wait()
		cancel()
		proxtest.Await(t, "every service", func() bool {
			st, ok := p.Status()
			return ok && len(st.Services) == 3 && len(st.Controller.Awaited) == 0
		})
		if now, nowWindows := processes(p); !maps.Equal(pids, now) || windows != nowWindows {
			t.Fatalf("round %d: services were touched: %v, now %v\n%s\nnow\n%s", round, pids, now, windows, nowWindows)
		}
	}
	p.Bin = bins[1]
	p.Must("restart", "--controller")
	if st, _ := p.Status(); st.Controller.Version != proxtest.OtherNumber {
		t.Errorf("the controller is %+v", st.Controller)
	}
	if now, _ := processes(p); !maps.Equal(pids, now) {
		t.Errorf("services were touched: %v, now %v", pids, now)
	}
}
