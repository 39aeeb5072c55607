package promises

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"prox/internal/proxtest"
)

// orderly says when it begins and when it is told to end.
const orderly = `#!/bin/sh
trap 'echo $1 >>ends; exit 0' TERM
echo $1 >>begins
echo up
sleep 1000 &
wait
`

func TestADiamondOfTwentyBeginsAndEndsInOrder(t *testing.T) {
	t.Parallel()
	var c strings.Builder
	middle := []string{}
	for k := range 20 {
		name := fmt.Sprintf("s%d", k)
		fmt.Fprintf(&c, "[services.%s]\ncommand = \"./orderly.sh %s\"\nhealthcheck = { log = \"up\" }\n", name, name)
		switch {
		case k == 19:
			fmt.Fprintf(&c, "depends_on = [%s]\n", strings.Join(middle, ", "))
		case k > 0:
			c.WriteString("depends_on = [\"s0\"]\n")
			middle = append(middle, fmt.Sprintf("%q", name))
		}
	}
	p := proxtest.New(t, "prox.toml", c.String(), "orderly.sh", orderly)
	p.Must("start")
	var begins []string
	proxtest.Await(t, "all to begin", func() bool { begins = strings.Fields(p.Read("begins")); return len(begins) == 20 })
	if begins[0] != "s0" || begins[19] != "s19" {
		t.Errorf("begun in the order %v", begins)
	}
	p.Must("stop")
	if ends := strings.Fields(p.Read("ends")); len(ends) != 20 || ends[0] != "s19" || ends[19] != "s0" {
		t.Errorf("ended in the order %v", ends)
	}
	p.Must("kill")
}

// several is a project in which everything takes its time.
const several = `
[services.db]
command = "./orderly.sh db"
ready_after = "100ms"
[services.api]
command = "./orderly.sh api"
depends_on = ["db"]
restart_with = ["db"]
ready_after = "100ms"
[services.task]
command = "sleep 0.2"
task = true
depends_on = ["db"]
[services.tick]
command = "sleep 0.3"
task = true
every = "1s"
[services.loop]
command = "exit 1"
restart = { max_restarts = -1, delay = "50ms", backoff_factor = 1.0 }
[services.slow]
command = "trap 'sleep 0.2; exit' TERM; while :; do sleep 0.05; done"
depends_on = { task = "completed" }
`

func TestKillDuringEverything(t *testing.T) {
	t.Parallel()
	for _, action := range [][]string{
		{"start", "--timeout", "5s"}, {"stop"}, {"restart", "--timeout", "5s"}, {"reload", "--timeout", "5s"}, {"scale", "api", "3", "--timeout", "5s"}, {"stop", "db", "--now"},
	} {
		t.Run(strings.Join(action, " "), func(t *testing.T) {
			t.Parallel()
			p := proxtest.New(t, "prox.toml", several, "orderly.sh", orderly)
			for _, pause := range []time.Duration{0, 5 * time.Millisecond, 40 * time.Millisecond, 150 * time.Millisecond} {
				p.Write("prox.toml", several)
				if action[0] != "start" {
					p.Must("start", "--no-wait")
				}
				p.Write("prox.toml", strings.ReplaceAll(several, "sleep 0.3", fmt.Sprintf("sleep 0.%d", 4+pause.Milliseconds()%3)))
				var work sync.WaitGroup
				work.Go(func() { p.Run(action...) }) // however it ends, it must end
				time.Sleep(pause)                    // what is tried is this moment
				within(t, 15*time.Second, "the kill", func() { p.Run("kill") })
				work.Wait()
				within(t, 15*time.Second, "the kill of what came after it", func() { p.Run("kill") })
				proxtest.Await(t, "nothing to be left", func() bool { return len(p.Left()) == 0 })
			}
		})
	}
}

func TestStopAndStartMeetHalfWay(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", several, "orderly.sh", orderly)
	p.Must("start", "--no-wait")
	for k := range 6 {
		pause := time.Duration(k*30) * time.Millisecond
		time.Sleep(pause)
		within(t, 15*time.Second, "a stop during the start", func() { p.Must("stop") })
		for _, name := range []string{"db", "api", "slow", "loop"} {
			if i := p.Instance(name); i.State != "stopped" || i.Pid != 0 {
				t.Fatalf("after a stop %s after the start: %+v", pause, i)
			}
		}
		p.Must("start", "--no-wait")
	}
	p.Must("kill")
}

func TestAStopIsOvertakenByAStart(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.slow]
command = "trap 'while [ ! -e go ]; do sleep 0.05; done; exit' TERM; echo up; while :; do sleep 0.05; done"
healthcheck = { log = "up" }
`)
	p.Must("start")
	var work sync.WaitGroup
	work.Go(func() {
		if r := p.Run("stop", "slow"); r.Code != 0 || !strings.Contains(r.Err, "slow was started again meanwhile") {
			t.Error(r)
		}
	})
	proxtest.Await(t, "the stop to begin", func() bool { return p.Instance("slow").State == "stopping" })
	p.Must("start", "--no-wait", "slow")
	work.Wait() // it is not waited for what ends only to begin again
	p.Write("go", "")
	proxtest.Await(t, "the next run", func() bool { i := p.Instance("slow"); return i.State == "ready" && i.Run == 2 })
	p.Must("kill")
}

func TestByHandBeatsBackoff(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.a]
command = "test -e good && exec sleep 1000; exit 1"
restart = { delay = "1h", max_delay = "1h" }
`)
	p.Must("start", "--no-wait")
	p.AwaitState("a", "backoff")
	p.Must("stop")
	if i := p.Instance("a"); i.State != "stopped" {
		t.Errorf("%+v", i)
	}
	p.Must("start", "--no-wait")
	p.AwaitState("a", "backoff")
	p.Write("good", "")
	p.Must("restart", "a")
	if i := p.Instance("a"); i.State != "ready" || i.Restarts != 0 {
		t.Errorf("%+v", i)
	}
	p.Must("kill")
}

func TestAStrangerOnACopysPort(t *testing.T) {
	t.Parallel()
	// Two free ports side by side.
	var port int
	var stranger net.Listener
	for stranger == nil {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port = l.Addr().(*net.TCPAddr).Port
		stranger, _ = (&net.ListenConfig{}).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
		_ = l.Close()
	}
	defer stranger.Close()
	p := proxtest.New(t, "prox.toml", fmt.Sprintf("[services.a]\ncommand = \"exec sleep 1000\"\nport = %d\nhealthcheck = { command = \"true\" }\n", port))
	p.Must("start")
	before := p.Instance("a")
	if r := p.Want(1, "scale", "a", "3"); !strings.Contains(r.Err, fmt.Sprintf("port %d of service \"a.2\" is taken by", port+1)) {
		t.Error(r)
	}
	if after := p.Instance("a"); after.Pid != before.Pid || after.State != "ready" {
		t.Errorf("%+v, was %+v", after, before)
	}
	p.Must("kill")
}

func TestASuccessorGoesOnAsTold(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.api]
command = "exec sleep 1000"
[services.tick]
command = "echo x >>ticks"
task = true
every = "1s"
[services.late]
command = "exit 1"
restart = { delay = "2s" }
`)
	p.Must("start", "--no-wait")
	p.Must("scale", "api", "3")
	p.AwaitState("late", "backoff")
	s, _ := p.Status()
	if err := syscall.Kill(s.Controller.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	proxtest.Await(t, "a successor", func() bool { now, ok := p.Status(); return ok && now.Controller.Pid != s.Controller.Pid })
	done := len(strings.Fields(p.Read("ticks")))
	proxtest.Await(t, "what is scheduled to go on", func() bool { return len(strings.Fields(p.Read("ticks"))) > done+1 })
	proxtest.Await(t, "the restart that was due", func() bool { return p.Instance("late").Run > 1 })
	for k := range 3 {
		p.AwaitState(fmt.Sprintf("api.%d", k+1), "ready")
	}
	p.Must("scale", "api", "4")
	if i := p.Instance("api.4"); i.State != "ready" {
		t.Errorf("%+v", i)
	}
	p.Must("kill")
}

func TestAWatchedFolderComesBack(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "src/a.txt", "1", "prox.toml", `
[services.a]
command = "exec sleep 1000"
watch = ["src/**/*.txt"]
`)
	p.Must("start")
	if err := os.RemoveAll(filepath.Join(p.Dir, "src")); err != nil {
		t.Fatal(err)
	}
	proxtest.Await(t, "a restart for the loss", func() bool { return p.Instance("a").Restarts == 1 })
	for k := range 400 { // a burst: a checkout
		p.Write(fmt.Sprintf("src/deep/%d.txt", k), "2")
	}
	proxtest.Await(t, "a restart for the return", func() bool { return p.Instance("a").Restarts == 2 })
	p.Write("src/deep/1.txt", "3")
	proxtest.Await(t, "a restart for one file", func() bool {
		i := p.Instance("a")
		return i.Restarts == 3 && strings.Contains(p.Run("why", "a").Out, "src/deep/1.txt changed")
	})
	p.Must("kill")
}

func TestReloadWhileItStarts(t *testing.T) {
	t.Parallel()
	const before = `
[services.db]
command = "./orderly.sh db"
ready_after = "300ms"
[services.api]
command = "./orderly.sh old"
depends_on = ["db"]
`
	p := proxtest.New(t, "prox.toml", before, "orderly.sh", orderly)
	p.Must("start", "--no-wait")
	p.Write("prox.toml", strings.Replace(before, "old", "new", 1)+"[services.more]\ncommand = \"./orderly.sh more\"\ndepends_on = [\"api\"]\n")
	p.Must("reload")
	for _, name := range []string{"db", "api", "more"} {
		p.AwaitState(name, "ready")
	}
	proxtest.Await(t, "all to begin", func() bool { return strings.Contains(p.Read("begins"), "more") })
	if begins := p.Read("begins"); strings.Contains(begins, "old") || !strings.Contains(begins, "new") || strings.Count(begins, "db") != 1 {
		t.Errorf("begun: %q", begins)
	}
	p.Must("kill")
}

func TestAStartDoesNotWaitForWhatIsTakenAway(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", "[services.never]\ncommand = \"exec sleep 1000\"\nhealthcheck = { command = \"false\" }\n[services.other]\ncommand = \"exec sleep 1000\"\n")
	p.Must("start", "other")
	var work sync.WaitGroup
	work.Go(func() {
		within(t, 15*time.Second, "the start", func() {
			if r := p.Run("start", "--timeout", "30s", "never"); r.Code != 5 || !strings.Contains(r.Out, "never  no longer in the config") {
				t.Error(r)
			}
		})
	})
	proxtest.Await(t, "it to run", func() bool { return p.Instance("never").State == "running" })
	p.Write("prox.toml", "[services.other]\ncommand = \"exec sleep 1000\"\n")
	p.Must("reload")
	work.Wait()
	p.Must("kill")
}

func TestScaledDownAndUpAgainAtOnce(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", "[services.api]\ncommand = \"exec sleep 1000\"\n")
	p.Must("start")
	p.Must("scale", "api", "3")
	for range 4 {
		p.Must("scale", "api", "1", "--no-wait")
		p.Must("scale", "api", "3")
		for k := range 3 {
			if i := p.Instance(fmt.Sprintf("api.%d", k+1)); i.State != "ready" {
				t.Fatalf("%+v", i)
			}
		}
	}
	if windows := strings.Fields(p.Tmux("list-windows", "-t", "=shop", "-F", "#W")); len(windows) != 4 {
		t.Errorf("windows: %v", windows)
	}
	p.Must("kill")
}
