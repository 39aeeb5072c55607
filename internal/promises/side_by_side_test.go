package promises

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"prox/internal/proxtest"
)

func TestTheUsersTmuxStaysAsItWas(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "~/.tmux.conf", "set -g base-index 1\nset -g mouse on\nset -g destroy-unattached off\nsetw -g remain-on-exit on\nset -g renumber-windows on\nbind x display-message hi\nset-hook -g after-new-window 'rename-window mine'\n",
		"prox.toml", "[services.a]\ncommand = \"sleep 1000\"\n[services.b]\ncommand = \"sleep 1000\"\n")
	p.Tmux("new-session", "-d", "-s", "shop", "-n", "vim", "sleep 1000")
	look := func() string {
		var b strings.Builder
		for _, args := range [][]string{
			{"show-options", "-g"},
			{"show-options", "-gw"},
			{"show-options", "-s"},
			{"list-keys"},
			{"show-hooks", "-g"},
			{"show-environment", "-g"},
			{"list-panes", "-s", "-t", "=shop:", "-F", "#{session_id} #{session_name} #{window_id} #{window_name} #{pane_id} #{pane_pid}"},
		} {
			b.WriteString(p.Tmux(args...))
		}
		return b.String()
	}
	before := look()
	if r := p.Must("start"); !strings.Contains(r.Err+r.Out, "shop-2") {
		t.Errorf("it does not say what the session is called: %v", r)
	}
	windows := strings.Fields(p.Tmux("list-windows", "-t", "=shop-2:", "-F", "#{window_name}"))
	if strings.Join(windows, " ") != "prox a b" {
		t.Errorf("the windows are %v", windows)
	}
	if after := look(); after != before {
		t.Errorf("before:\n%s\nafter the start:\n%s", before, after)
	}
	p.Must("kill")
	if after := look(); after != before {
		t.Errorf("before:\n%s\nafter the kill:\n%s", before, after)
	}
}

func TestTwoStartsAtOnceStartOnce(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", "[services.a]\ncommand = \"echo up >> up; exec sleep 1000\"\n")
	var wait sync.WaitGroup
	results := make([]proxtest.Result, 6)
	for k := range results {
		wait.Go(func() { results[k] = p.Run("start") })
	}
	wait.Wait()
	for _, r := range results {
		if r.Code != 0 {
			t.Error(r)
		}
	}
	controllers := 0
	for _, l := range p.Left() {
		if strings.Contains(l, " controller --runtime") {
			controllers++
		}
	}
	if controllers != 1 || strings.Count(p.Read("up"), "up") != 1 {
		t.Errorf("%d controllers, %d copies", controllers, strings.Count(p.Read("up"), "up"))
	}
	if sessions := strings.Count(p.Tmux("list-sessions"), "\n"); sessions != 1 {
		t.Errorf("%d sessions", sessions)
	}
}

func TestTwoWorktreesRunSideBySide(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "one/prox.toml", "name = \"shop\"\n[services.a]\ncommand = \"sleep 1000\"\n", "two/prox.toml", "name = \"shop\"\n[services.a]\ncommand = \"sleep 1000\"\n")
	p.Must("-C", "one", "start")
	p.Must("-C", "two", "start")
	p.Must("-C", "one", "kill")
	if r := p.Must("-C", "two", "status"); !strings.Contains(r.Out, "ready") {
		t.Error(r)
	}
	p.Must("-C", "two", "kill")
}

func TestFiftyServices(t *testing.T) {
	t.Parallel()
	var config strings.Builder
	for k := range 50 {
		fmt.Fprintf(&config, "[services.s%d]\ncommand = \"sleep 1000\"\n", k)
		if k > 0 {
			fmt.Fprintf(&config, "depends_on = [\"s%d\"]\n", k/2)
		}
	}
	p := proxtest.New(t, "prox.toml", strings.Replace(config.String(), "depends_on = [\"s0\"]\n", "", 1))
	if r := p.Must("start"); !strings.Contains(r.Out, "50 services ready") {
		t.Error(r)
	}
	if r := p.Must("kill"); !strings.Contains(r.Out, "50 services stopped, 0 processes left") {
		t.Error(r)
	}
}

// TestARefusedStartLeavesNothing: not even a controller, and a start that
// meets the end of one does not suffer for it.
func TestARefusedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := proxtest.New(t, "prox.toml", fmt.Sprintf("[services.a]\ncommand = \"exec sleep 1000\"\n[services.web]\ncommand = \"exec sleep 1000\"\nport = %d\n", l.Addr().(*net.TCPAddr).Port))
	gone := func() {
		proxtest.Await(t, "the controller ends", func() bool { return len(p.Left()) == 0 })
	}
	p.Want(1, "start")
	gone()
	if r := p.Want(3, "status"); !strings.Contains(r.Err, "not running") {
		t.Error(r)
	}
	for range 3 {
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				for range 3 {
					if r := p.Run("start", "web"); r.Code != 1 || !strings.Contains(r.Err, "is taken by") {
						t.Errorf("refused: %v", r)
					}
				}
			})
		}
		for range 2 {
			wait.Go(func() {
				if r := p.Run("start", "a"); r.Code != 0 {
					t.Errorf("not refused: %v", r)
				}
			})
		}
		wait.Wait()
		if i := p.Instance("a"); i.State != "ready" {
			t.Errorf("what was started is %+v", i)
		}
		p.Must("kill")
		gone()
	}
}

func TestPortThatIsTakenIsNamedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	p := proxtest.New(t, "prox.toml", fmt.Sprintf("[services.first]\ncommand = \"touch started; sleep 1000\"\n[services.web]\ncommand = \"sleep 1000\"\nport = %d\n", port))
	r := p.Want(1, "start")
	if !strings.Contains(r.Err, fmt.Sprintf("port %d", port)) || !strings.Contains(r.Err, fmt.Sprintf("pid %d", os.Getpid())) || !strings.Contains(r.Err, "web") {
		t.Error(r)
	}
	if p.Read("started") != "" {
		t.Error("something was started")
	}
	if _, err := os.Stat(filepath.Join(p.Dir, "started")); err == nil {
		t.Error("something was started")
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-swordfish"
	p := proxtest.New(t, "prox.toml", "[services.a]\ncommand = \"sleep 1000\"\nenv = { PASSWORD = \""+secret+"\" }\n")
	p.Env = append(p.Env, "TOKEN="+secret)
	p.Must("start")
	if r := p.Must("exec", "a", "echo $PASSWORD $TOKEN"); r.Out != secret+" "+secret+"\n" {
		t.Errorf("the service does not get it: %v", r)
	}
	for what, text := range map[string]string{
		"status":      p.Must("status", "--json").Out,
		"why":         p.Must("why", "a").Out,
		"tmux":        p.Tmux("list-panes", "-a", "-F", "#{pane_start_command}") + p.Tmux("show-environment", "-t", "=shop:"),
		"the command": strings.Join(p.Left(), "\n"),
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows it: %s", what, text)
		}
	}
	for _, dir := range []string{"run", "state"} {
		err := filepath.WalkDir(filepath.Join(p.Root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			fi, err := d.Info()
			if err != nil {
				return err
			}
			if path != filepath.Join(p.Root, dir) && d.IsDir() && fi.Mode().Perm()&0o077 != 0 && filepath.Base(filepath.Dir(path)) == "prox" {
				t.Errorf("%s is open to others: %s", path, fi.Mode())
			}
			if fi.Mode().IsRegular() && fi.Mode().Perm()&0o077 != 0 {
				if b, err := os.ReadFile(path); err == nil && strings.Contains(string(b), secret) {
					t.Errorf("%s holds it and has mode %s", path, fi.Mode())
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestCrashLoopIsGivenUpWithItsStory(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.bad]
command = "echo cannot open the ledger >&2; exit 9"
restart = { max_restarts = 2, delay = "10ms" }
[services.waits]
command = "sleep 1000"
depends_on = ["bad"]
port = 1
`)
	p.Must("start", "--no-wait", "bad")
	bad := p.AwaitState("bad", "failed")
	if bad.Run != 3 || bad.Restarts != 2 || bad.Exit.Code != 9 || bad.Reason != "gave up after 2 restarts: exit code 9, the same way each time" {
		t.Errorf("%+v", bad)
	}
	if r := p.Must("why", "bad"); !strings.Contains(r.Out, "gave up after 2 restarts") || !strings.Contains(r.Out, "cannot open the ledger") {
		t.Error(r)
	}
	pane := p.Tmux("capture-pane", "-p", "-t", bad.Window)
	if !strings.Contains(pane, "exit code 9") || !strings.Contains(pane, "gave up after 2 restarts") {
		t.Errorf("the pane shows\n%s", pane)
	}
}
