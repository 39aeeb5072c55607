package promises

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"prox/internal/proxtest"
)

// windowOf opens the status window of a project as a person does.
func windowOf(t *testing.T, p *proxtest.Project, width, height int, env ...string) *proxtest.Screen {
	t.Helper()
	return proxtest.NewScreen(t, proxtest.ScreenOptions{
		Width: width, Height: height, Env: append(append([]string{}, p.Env...), env...),
		Argv: []string{"/bin/sh", "-c", "cd " + p.Dir + " && exec " + proxtest.Binary(t) + " dash"},
	})
}

// TestTheWindowActsOnWhatRuns presses its keys and looks at what came of it,
// also when the controller dies meanwhile.
func TestTheWindowActsOnWhatRuns(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.api]
command = '''exec perl -e 'use IO::Socket::INET; $| = 1; $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1:0") or die; print "port ", $s->sockport, "\n"; sleep 1000' '''
env = { FRUIT = "apple" }
`)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.org"}, args...)...)
		cmd.Dir, cmd.Env = p.Dir, append(os.Environ(), p.Env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	git("init", "-q", "-b", "feat/cart")
	git("add", "-A")
	git("commit", "-q", "-m", "x")
	p.Must("start")
	var port string
	proxtest.Await(t, "the port to be printed", func() bool {
		found := regexp.MustCompile(`port (\d+)`).FindStringSubmatch(p.Must("logs", "api").Out)
		if found == nil {
			return false
		}
		port = found[1]
		return true
	})

	opened := filepath.Join(p.Root, "opened")
	p.Write("browse", "#!/bin/sh\necho \"$@\" >"+opened+"\n")
	if err := os.Chmod(filepath.Join(p.Dir, "browse"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := windowOf(t, p, 120, 30, "BROWSER="+filepath.Join(p.Dir, "browse"))
	s.AwaitText("api")
	s.AwaitText(":" + port) // no config names it
	s.AwaitText("feat/cart*")
	s.Keys("o")
	proxtest.Await(t, "the browser", func() bool {
		b, err := os.ReadFile(opened)
		return err == nil && strings.Contains(string(b), "http://localhost:"+port)
	})

	s.Keys("x")
	s.Type("echo an $FRUIT")
	s.Keys("Enter")
	s.AwaitText("an apple")
	s.AwaitText("Enter goes back")
	s.Keys("Enter")
	s.Await("the services again", func(text string) bool { return !strings.Contains(text, "an apple") })

	before, _ := p.Status()
	s.Keys("r")
	pid := 0
	proxtest.Await(t, "the second run", func() bool {
		i := p.Instance("api")
		pid = i.Pid
		return i.Run == 2 && i.State == "ready" && pid != before.Services[0].Instances[0].Pid
	})
	s.AwaitText(fmt.Sprintf("pid %d ", pid))
	s.Keys("s")
	s.AwaitText("○ stopped")
	s.Keys("s")
	s.AwaitText("● ready")

	s.Keys(":")
	s.Type("scale api 2")
	s.Keys("Enter")
	s.AwaitText("api has 2 instances")
	s.Keys("Escape")
	s.AwaitText("api.1  ● ready")

	st, _ := p.Status()
	if err := syscall.Kill(st.Controller.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	proxtest.Await(t, "a successor", func() bool {
		again, _ := p.Status()
		return again.Controller.Pid != st.Controller.Pid
	})
	s.AwaitText("api.1  ● ready") // its services never stopped
	p.Must("stop", "api.2")
	s.AwaitText("api.2  ○ stopped") // the window follows the successor
	s.Keys("q")
	s.Await("the end", func(string) bool { return s.Ended() })
	p.Must("kill")
}

// TestTheWindowLivesThroughAFlood: a line of a megabyte, and lines as fast as
// they come.
func TestTheWindowLivesThroughAFlood(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.flood]
command = '''perl -e '$| = 0; print "start", "x" x 1_000_000, "\n"; print "line $_ of the flood\n" for 1 .. 100_000; print "the last\n"' && sleep 1000'''
`)
	p.Must("start")
	s := windowOf(t, p, 80, 24)
	s.AwaitText("flood")
	s.Keys("3")
	s.AwaitText("the last")
	s.Keys("g")
	s.AwaitText("startxxxx") // the very first
	s.Keys("w", "Down", "Enter", "G", "/")
	s.Type("line 77777 ")
	s.Keys("Enter")
	s.AwaitText("line 77777 of")
	s.Await("only that", func(text string) bool { return !strings.Contains(text, "the last") })
	s.Keys("q")
	s.Await("the end", func(string) bool { return s.Ended() })
	p.Must("kill")
}
