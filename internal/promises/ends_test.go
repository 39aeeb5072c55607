package promises

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"prox/internal/proxtest"
)

func TestKillLeavesNothingAndSaysWhatItForced(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "d.sh", daemon, "prox.toml", `
[services.d]
command = "./d.sh"
stop = { timeout = "200ms" }
[services.polite]
command = "sleep 1000"
`)
	p.Must("start")
	pid := pidFile(t, p, "daemon.pid")
	r := p.Must("kill")
	if alive(pid) || !strings.Contains(r.Out+r.Err, fmt.Sprintf("pid %d (sh) of d", pid)) || !strings.Contains(r.Out, "2 services stopped, 0 processes left") {
		t.Errorf("daemon %d alive: %t; %v", pid, alive(pid), r)
	}
	if left := p.Left(); len(left) > 0 && strings.Contains(strings.Join(left, "\n"), "sleep") {
		t.Errorf("left: %v", left)
	}
	if out, err := p.TryTmux("list-sessions"); err == nil && out != "" {
		t.Errorf("the session is still there: %s", out)
	}
	p.Want(3, "status")
	p.Want(3, "kill")
}

func TestKillOfACrashLoopAtFullSpeedEnds(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.loop]
command = "false"
restart = { mode = "always", max_restarts = -1, delay = "0s", backoff_factor = 1.0 }
[services.other]
command = "sleep 1000"
`)
	p.Must("start", "--no-wait")
	proxtest.Await(t, "some restarts", func() bool { return p.Instance("loop").Restarts > 20 })
	within(t, 10*time.Second, "the kill", func() { p.Must("kill") })
}

func TestKillGoesOnWithoutWhoAskedForIt(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.stubborn]
command = "trap '' TERM; echo up; while :; do sleep 0.1; done"
stop = { timeout = "1s" }
`)
	p.Must("start")
	proxtest.Await(t, "its output", func() bool { return strings.Contains(p.Run("logs").Out, "up") }) // the trap is set
	cmd := p.Command(t.Context(), "kill")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	proxtest.Await(t, "the stop to begin", func() bool { return p.Instance("stubborn").State == "stopping" })
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	proxtest.Await(t, "the end", func() bool { _, up := p.Status(); return !up })
}

func TestStopNowDoesNotWait(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.stubborn]
command = "trap '' TERM; echo up; while :; do sleep 0.1; done"
stop = { timeout = "1h" }
`)
	p.Must("start")
	proxtest.Await(t, "its output", func() bool { return strings.Contains(p.Run("logs").Out, "up") }) // the trap is set
	within(t, 15*time.Second, "the stop", func() {
		if r := p.Must("stop", "--now", "stubborn"); !strings.Contains(r.Out+r.Err, "(sh) of stubborn") {
			t.Error(r)
		}
	})
	if i := p.Instance("stubborn"); i.State != "stopped" {
		t.Errorf("it is %+v", i)
	}
}

func TestStopIsInReverseOrderAndStartInOrder(t *testing.T) {
	t.Parallel()
	line := func(name string) string {
		return fmt.Sprintf(`"echo +%s >> order; trap 'echo -%s >> order; exit 0' TERM; while :; do sleep 0.02; done"`, name, name)
	}
	p := proxtest.New(t, "prox.toml", fmt.Sprintf(`
[services.web]
command = %s
depends_on = ["api"]
[services.api]
command = %s
depends_on = ["db"]
[services.db]
command = %s
`, line("web"), line("api"), line("db")))
	p.Must("start")
	proxtest.Await(t, "all to be up", func() bool { return strings.Count(p.Read("order"), "+") == 3 })
	// Ready is, of a service without a port, that it was executed: its first
	// words may come after those of the next.
	db, api, web := p.Instance("db").StartedAt, p.Instance("api").StartedAt, p.Instance("web").StartedAt
	if !db.Before(*api) || !api.Before(*web) {
		t.Errorf("db was started at %s, api at %s, web at %s", db, api, web)
	}
	p.Must("kill")
	if got := strings.Fields(p.Read("order")); strings.Join(got[3:], " ") != "-web -api -db" {
		t.Errorf("the order was %v", got)
	}
}

func TestControllerIsKilled(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.a]
command = "sleep 1000"
[services.dies]
command = "while [ ! -f die ]; do sleep 0.01; done; exit 42"
restart = { mode = "never" }
`)
	p.Must("start")
	a, old := p.Instance("a"), controller(t, p)
	kill9(t, old)
	p.Write("die", "") // its exit falls into the time without a controller
	// Nobody types anything: a shim brings a new one.
	sockets := func() int {
		for _, l := range p.Left() {
			var pid int
			if _, err := fmt.Sscan(l, &pid); err == nil && strings.Contains(l, " controller --runtime") && pid != old {
				return pid
			}
		}
		return 0
	}
	proxtest.Await(t, "a new controller", func() bool { return sockets() != 0 })
	dies := p.AwaitState("dies", "failed")
	if dies.Exit == nil || dies.Exit.Code != 42 || dies.Run != 1 {
		t.Errorf("the exit meanwhile: %+v", dies)
	}
	proxtest.Await(t, "the other to be known again", func() bool { return p.Instance("a").State == "ready" })
	if now := p.Instance("a"); now.Pid != a.Pid || now.Run != 1 || now.Restarts != 0 {
		t.Errorf("it was %+v and is %+v", a, now)
	}
	if r := p.Must("kill"); !strings.Contains(r.Out, "0 processes left") {
		t.Error(r)
	}
}

func TestControllerIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.counts]
command = "echo $PROX_RUN >> runs; sleep 0.15; exit 1"
restart = { mode = "always", max_restarts = -1, delay = "0s", backoff_factor = 1.0 }
[services.a]
command = "sleep 1000"
`)
	p.Must("start")
	a := p.Instance("a").Pid
	for range 5 {
		proxtest.Await(t, "a controller", func() bool { _, up := p.Status(); return up })
		kill9(t, controller(t, p))
	}
	if i := p.AwaitState("a", "ready"); i.Pid != a {
		t.Errorf("pid %d became %d", a, i.Pid)
	}
	p.Must("kill")
	seen := map[string]bool{}
	for _, run := range strings.Fields(p.Read("runs")) {
		if seen[run] {
			t.Errorf("run %s was started twice", run)
		}
		seen[run] = true
	}
}

func TestShimIsKilled(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "d.sh", daemon, "prox.toml", `
[services.d]
command = "./d.sh"
stop = { timeout = "200ms" }
restart = { delay = "10ms" }
`)
	p.Must("start")
	first, pid := p.Instance("d"), pidFile(t, p, "daemon.pid")
	if err := os.Remove(p.Dir + "/daemon.pid"); err != nil {
		t.Fatal(err)
	}
	kill9(t, parent(t, first.Pid))
	proxtest.Await(t, "the second run", func() bool { i := p.Instance("d"); return i.Run == 2 && i.State == "ready" })
	if alive(pid) || alive(first.Pid) {
		t.Errorf("of the first run: daemon alive %t, leader alive %t", alive(pid), alive(first.Pid))
	}
	if r := p.Must("why", "d"); !strings.Contains(r.Err+r.Out, "shim") || !strings.Contains(r.Err+r.Out, "killed") {
		t.Errorf("it does not say what happened: %v", r)
	}
}

func TestTmuxServerEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, p *proxtest.Project){
		"killed": func(t *testing.T, p *proxtest.Project) {
			var pid int
			if _, err := fmt.Sscan(p.Tmux("display-message", "-p", "#{pid}"), &pid); err != nil {
				t.Fatal(err)
			}
			kill9(t, pid)
		},
		"kill-server":  func(_ *testing.T, p *proxtest.Project) { p.Tmux("kill-server") },
		"kill-session": func(_ *testing.T, p *proxtest.Project) { p.Tmux("kill-session", "-t", "=shop") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := proxtest.New(t, "d.sh", daemon, "prox.toml", `
[services.d]
command = "./d.sh"
stop = { timeout = "200ms" }
[services.a]
command = "sleep 1000"
`)
			p.Must("start")
			a, pid := p.Instance("a").Pid, pidFile(t, p, "daemon.pid")
			end(t, p)
			proxtest.Await(t, "the project to end", func() bool { _, up := p.Status(); return !up })
			if alive(a) || alive(pid) {
				t.Errorf("a alive %t, daemon alive %t", alive(a), alive(pid))
			}
			if r := p.Want(3, "status"); !strings.Contains(r.Err, "tmux") {
				t.Errorf("it does not say how it ended: %v", r)
			}
			p.Must("start") // and it can be started again
		})
	}
}

func TestWindowClosedByHandIsAStopOfThatInstance(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.a]
command = "sleep 1000"
restart = { mode = "always" }
[services.b]
command = "sleep 1000"
`)
	p.Must("start")
	a, b := p.Instance("a"), p.Instance("b")
	p.Tmux("kill-window", "-t", a.Window)
	p.AwaitState("a", "stopped")
	if alive(a.Pid) || p.Instance("b").Pid != b.Pid {
		t.Errorf("a alive %t, b was %+v and is %+v", alive(a.Pid), b, p.Instance("b"))
	}
	p.Must("start", "a")
	if now := p.AwaitState("a", "ready"); now.Window == a.Window || now.Window == "" {
		t.Errorf("it has window %q again", now.Window)
	}
}
