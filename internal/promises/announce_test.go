package promises

import (
	"strings"
	"syscall"
	"testing"

	"prox/internal/proxtest"
)

// TestTheStatusLineOfTmuxTellsHowTheProjectIs: on the session's own line, and
// nowhere else, also when a controller died while something was bad.
func TestTheStatusLineOfTmuxTellsHowTheProjectIs(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.db]
command = "exec sleep 1000"
[services.api]
command = "test -e good && exec sleep 1000"
restart = { mode = "never" }
`)
	p.Tmux("new-session", "-d", "-s", "own", "sleep 1000")
	p.Tmux("set-option", "-g", "status-right", "mine")
	p.Run("start") // it fails now, or a moment later
	session := ""
	for _, s := range strings.Fields(p.Tmux("list-sessions", "-F", "#{session_name}")) {
		if s != "own" {
			session = s
		}
	}
	line := func() string { return p.Tmux("display-message", "-p", "-t", "="+session+":", "#{T:status-right}") }
	list := func() string {
		return p.Tmux("list-windows", "-t", "="+session+":", "-F", "#{window_name} #{T:window-status-format}")
	}
	proxtest.Await(t, "the line to tell of the failure", func() bool { return strings.Contains(line(), "1/2 ready · api failed mine") })
	for l := range strings.Lines(list()) {
		if marked := strings.Contains(l, "✗"); marked != strings.HasPrefix(l, "api ") {
			t.Errorf("in the list of windows: %s", l)
		}
	}
	st, _ := p.Status()
	if err := syscall.Kill(st.Controller.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.Write("good", "")
	p.Must("restart", "api")
	proxtest.Await(t, "the line to tell that all is well", func() bool { return strings.Contains(line(), "2/2 ready mine") })
	if l := list(); strings.Contains(l, "✗") {
		t.Errorf("still marked: %s", l)
	}
	if own := p.Tmux("display-message", "-p", "-t", "=own:", "#{T:status-right}"); strings.TrimSpace(own) != "mine" {
		t.Errorf("another session's line has %q", own)
	}
	p.Must("kill")
}
