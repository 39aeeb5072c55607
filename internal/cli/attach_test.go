package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prox/internal/api"
)

func TestAttachNeedsATerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.run(exitFailed, "attach")
	wants(t, w.err.String(), "cannot attach: this is not a terminal", "hint: prox logs")
}

// tmux starts a tmux server of the test's own with one session, and returns
// its socket.
func tmux(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux")
	}
	dir, err := os.MkdirTemp("/tmp", "pxt")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	run := func(args ...string) {
		if out, err := exec.Command("tmux", append([]string{"-f", os.DevNull, "-S", socket}, args...)...).CombinedOutput(); err != nil {
			t.Errorf("tmux %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	run("new-session", "-d", "-s", "shop", "sleep 1000")
	run("new-window", "-t", "=shop:", "sleep 1000")
	t.Cleanup(func() {
		run("kill-server")
		_ = os.RemoveAll(dir)
	})
	return socket
}

func TestAttachBecomesTmux(t *testing.T) {
	t.Parallel()
	st := shop(api.Ready, api.Ready)
	st.Tmux = api.Tmux{Socket: tmux(t), Private: true, SessionID: "$0", Status: "@0"}
	w := newWorld(t, "prox.toml", shopConfig)
	w.app.stdin, w.app.print.terminal = true, true
	w.app.environ = append(w.app.environ, "TMUX=/tmp/other,1,0", "TMUX_PANE=%4")
	w.serve(&fake{status: statusOf(st)})
	w.run(exitFailed, "attach", "db") // errExec
	got := strings.Join(w.execd[1:], " ")
	wants(t, got, "tmux", "-S "+st.Tmux.Socket, "-f /dev/null", "@1", "attach-session -t $0")
	wantNot(t, strings.Join(w.env, "\n"), "TMUX")
	wants(t, w.err.String(), "another server than the project's")

	w.run(exitUsage, "attach", "wbe")
	wants(t, w.err.String(), `did you mean web?`)

	st.Services[1].Instances[0].Window = ""
	w.run(exitFailed, "attach", "web")
	wants(t, w.err.String(), "web has no window: it is ready", "hint: prox start web")

	st.Tmux.SessionID = "$77"
	w.run(exitFailed, "attach")
	wants(t, w.err.String(), "the tmux session is gone", "hint: prox start")
}

func TestAttachInsideSwitches(t *testing.T) {
	t.Parallel()
	socket := tmux(t)
	st := shop(api.Ready, api.Ready)
	st.Tmux = api.Tmux{Socket: socket, SessionID: "$0"}
	w := newWorld(t, "prox.toml", shopConfig)
	w.app.stdin, w.app.print.terminal = true, true
	w.app.environ = append(os.Environ(), "TMUX="+socket+",1,0")
	w.serve(&fake{status: statusOf(st)})
	w.run(exitFailed, "attach", "db") // nobody is attached to this server
	if w.execd != nil {
		t.Errorf("executed %q", w.execd)
	}
	wants(t, w.err.String(), "client")
}

func TestDash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.app.roles.Dash = func(ctx context.Context, c *api.Client, win Window) error {
		jump := win.Jump
		st, err := c.Status(ctx)
		if err != nil {
			return err
		}
		w.app.print.say("dash of %s", st.Project)
		w.app.print.say("jump on the terminal %v: %v", jump.TakesTerminal(api.Tmux{Socket: "/nowhere"}), jump.To(ctx, api.Tmux{Socket: "/nowhere", SessionID: "$0"}, "@1"))
		return nil
	}
	w.run(exitFailed, "dash")
	wants(t, w.err.String(), "not a terminal")
	w.app.stdin, w.app.print.terminal = true, true
	w.run(exitNotRunning, "dash")
	w.serve(&fake{status: statusOf(shop(api.Ready, api.Ready))})
	w.run(0, "dash")
	wants(t, w.out.String(), "jump on the terminal true: the tmux session is gone\n")
	runtime := w.place().Runtime
	w.app.dir = t.TempDir() // the status window needs no config
	w.run(0, "dash", "--at", runtime)
	wants(t, w.out.String(), "jump on the terminal false: cannot select tmux window @1") // it is in the session, and tries
	if n := strings.Count(w.out.String(), "dash of shop"); n != 2 {
		t.Errorf("%d tables", n)
	}
}
