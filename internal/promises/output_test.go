package promises

import (
	"fmt"
	"strings"
	"testing"

	"prox/internal/proxtest"
)

func TestLastLineBeforeACrashIsNeverLost(t *testing.T) {
	t.Parallel()
	const services = 20
	var config strings.Builder
	for k := range services {
		fmt.Fprintf(&config, "[services.s%d]\ncommand = \"awk 'BEGIN { for (i = 0; i < 20000; i++) print \\\"line \\\" i; printf \\\"LAST %d\\\" }'; exit 3\"\nrestart = { mode = \"never\" }\n", k, k)
	}
	p := proxtest.New(t, "prox.toml", config.String())
	for round := 1; round <= 3; round++ {
		p.Want(0, "start", "--no-wait")
		for k := range services {
			name := fmt.Sprintf("s%d", k)
			proxtest.Await(t, name+" to end", func() bool { i := p.Instance(name); return i.Run == round && i.State == "failed" })
			raw := p.Must("logs", name, "--raw").Out
			if n := strings.Count(raw, "\n"); n < 20000*round || !strings.HasSuffix(raw, fmt.Sprintf("line 19999\r\nLAST %d", k)) {
				t.Fatalf("round %d, %s: %d lines, the end is %q", round, name, n, raw[max(0, len(raw)-60):])
			}
			if r := p.Must("why", name); !strings.Contains(r.Out, fmt.Sprintf("LAST %d", k)) || !strings.Contains(r.Out, "exit code 3") {
				t.Fatal(r)
			}
		}
	}
}

func TestOddOutputIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "odd.py", `
import os, sys, time
out = lambda b: os.write(1, b)
for b in "grüße 🚀\n".encode():          # one byte at a time
    out(bytes([b])); time.sleep(0.002)
os.write(1, b"x" * 1000000 + b"\n") if False else [out((b"x" * 1000000 + b"\n")[i:i+65536]) for i in range(0, 1000001, 65536)]
out(b"\xff\xfe not UTF-8\n")
out(b"no newline at the end")
`, "prox.toml", `
[services.odd]
command = "stty raw; exec python3 odd.py"
restart = { mode = "never" }
[services.piped]
command = "python3 odd.py"
pty = false
`)
	p.Must("start", "--no-wait")
	want := "grüße 🚀\n" + strings.Repeat("x", 1000000) + "\n\xff\xfe not UTF-8\nno newline at the end"
	for _, name := range []string{"odd", "piped"} {
		p.AwaitState(name, "done")
		if got := p.Must("logs", name, "--raw").Out; got != want {
			t.Errorf("%s: %d bytes of %d, the end is %q", name, len(got), len(want), got[max(0, len(got)-60):])
		}
		if r := p.Must("logs", name, "-n", "2"); !strings.Contains(r.Out, "no newline at the end\n") || strings.Contains(r.Out, "\xff") {
			t.Errorf("%s: %v", name, r)
		}
	}
}

func TestFloodIsWholeInTheLogThoughNobodyLooks(t *testing.T) {
	t.Parallel()
	const size = 30 << 20
	p := proxtest.New(t, "prox.toml", fmt.Sprintf(`
[services.flood]
command = "yes 'a line of a flood, not a long one' | head -c %d"
restart = { mode = "never" }
`, size))
	p.Must("start", "--no-wait")
	p.AwaitState("flood", "done")
	raw := p.Must("logs", "flood", "--raw").Out
	if got := len(raw) - strings.Count(raw, "\r\n"); got != size {
		t.Errorf("%d bytes of %d", got, size)
	}
	shown := p.Tmux("capture-pane", "-p", "-t", p.Instance("flood").Window)
	if !strings.Contains(shown, "exit code 0") {
		t.Errorf("the pane does not show the end:\n%s", shown)
	}
}

func TestFullScreenProgramThatDiesLeavesAUsablePane(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.full]
command = "stty raw -echo; printf '\\033[?1049h\\033[?25l\\033[?1000hFULL'; while [ ! -f die ]; do sleep 0.01; done; kill -SEGV $$"
restart = { mode = "never" }
`)
	p.Must("start")
	i := p.Instance("full")
	proxtest.Await(t, "the full screen", func() bool {
		return strings.Contains(p.Tmux("capture-pane", "-p", "-t", i.Window), "FULL") &&
			strings.HasPrefix(p.Tmux("display-message", "-p", "-t", i.Window, "#{alternate_on}"), "1")
	})
	p.Write("die", "")
	failed := p.AwaitState("full", "failed")
	if failed.Exit == nil || failed.Exit.Signal != "SIGSEGV" {
		t.Errorf("%+v", failed)
	}
	proxtest.Await(t, "the report in a pane as it should be", func() bool {
		return strings.Contains(p.Tmux("capture-pane", "-p", "-t", i.Window), "SIGSEGV") &&
			strings.HasPrefix(p.Tmux("display-message", "-p", "-t", i.Window, "#{alternate_on} #{cursor_flag} #{mouse_any_flag}"), "0 1 0")
	})
}

func TestKeysReachTheService(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.cat]
command = "cat"
[services.trap]
command = "trap 'echo INTERRUPTED' INT; echo up; while :; do sleep 0.05; done"
[services.once]
command = "echo ran >> ran; exit 1"
restart = { mode = "never" }
`)
	p.Must("start", "--no-wait")
	cat := p.AwaitState("cat", "ready").Window
	p.Tmux("send-keys", "-t", cat, "hello", "Enter")
	proxtest.Await(t, "the echo and the answer", func() bool {
		return strings.Count(p.Tmux("capture-pane", "-p", "-t", cat), "hello") == 2
	})
	trap := p.AwaitState("trap", "ready").Window
	proxtest.Await(t, "the trap to be set", func() bool { return strings.Contains(p.Tmux("capture-pane", "-p", "-t", trap), "up") })
	p.Tmux("send-keys", "-t", trap, "C-c")
	proxtest.Await(t, "the interrupt", func() bool {
		return strings.Contains(p.Tmux("capture-pane", "-p", "-t", trap), "INTERRUPTED")
	})
	once := p.AwaitState("once", "failed").Window
	p.Tmux("send-keys", "-t", once, "r")
	proxtest.Await(t, "a second run by key", func() bool { return strings.Count(p.Read("ran"), "ran") == 2 })
}
