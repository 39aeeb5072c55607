package promises

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prox/internal/proxtest"
)

// without drops variables from a project's environment.
func without(p *proxtest.Project, names ...string) {
	var kept []string
	for _, kv := range p.Env {
		keep := true
		for _, n := range names {
			keep = keep && !strings.HasPrefix(kv, n+"=")
		}
		if keep {
			kept = append(kept, kv)
		}
	}
	p.Env = kept
}

const simple = "[services.a]\ncommand = \"pwd; exec sleep 1000\"\n"

func logged(t *testing.T, p *proxtest.Project, service, text string) {
	t.Helper()
	proxtest.Await(t, fmt.Sprintf("%q in the log of %s", text, service), func() bool {
		return strings.Contains(p.Must("logs", service).Out, text)
	})
}

func TestFolderWithSpacesAndQuotes(t *testing.T) {
	t.Parallel()
	dir := `it's a "folder" #{x} $HOME; ümläut`
	p := proxtest.New(t, dir+"/prox.toml", simple)
	p.Dir = filepath.Join(p.Dir, dir)
	p.Must("start")
	logged(t, p, "a", p.Dir)
	if r := p.Must("exec", "a", "pwd"); r.Out != p.Dir+"\n" {
		t.Error(r)
	}
	p.Must("kill")
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := strings.Repeat("long", 30)
	p := proxtest.New(t, dir+"/prox.toml", simple)
	p.Dir = filepath.Join(p.Dir, dir)
	p.Must("start")
	logged(t, p, "a", p.Dir)
	p.Must("kill")
}

func TestLongRuntimeFolder(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", simple)
	long := filepath.Join(p.Root, strings.Repeat("r", 100))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	without(p, "XDG_RUNTIME_DIR")
	p.Env = append(p.Env, "XDG_RUNTIME_DIR="+long)
	p.Must("start")
	logged(t, p, "a", p.Dir)
	p.Must("kill")
}

func TestWithoutHomeAndRuntimeFolder(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", simple)
	without(p, "HOME", "XDG_RUNTIME_DIR")
	p.Must("start")
	logged(t, p, "a", p.Dir)
	p.Must("kill")
}

func TestStateFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", simple)
	file := filepath.Join(p.Root, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	without(p, "XDG_STATE_HOME")
	p.Env = append(p.Env, "XDG_STATE_HOME="+file)
	if r := p.Must("start"); !strings.Contains(r.Err, "until the next reboot") {
		t.Errorf("it does not say where the logs are: %v", r)
	}
	logged(t, p, "a", p.Dir)
	p.Must("kill")
}

func TestWithoutTmux(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", simple)
	bin := filepath.Join(p.Root, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	without(p, "PATH")
	p.Env = append(p.Env, "PATH="+bin)
	r := p.Want(1, "start")
	if !strings.Contains(r.Err, "tmux is not installed") || !strings.Contains(r.Err, "apt install tmux") {
		t.Error(r)
	}
	if r := p.Run("status"); r.Code != 3 {
		t.Errorf("something runs: %v", r)
	}
}

func TestInsideTmux(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", simple)
	p.Tmux("new-session", "-d", "-s", "work", "-x", "100", "-y", "30")
	p.Tmux("send-keys", "-t", "work", proxtest.Binary(t)+" start > out 2>&1; echo $? > code", "Enter")
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := p.TryTmux("capture-pane", "-p", "-t", "work")
			t.Logf("the terminal shows\n%s%s", out, p.Read("out"))
		}
	})
	proxtest.Await(t, "the start", func() bool { return strings.TrimSpace(p.Read("code")) == "0" })
	names := p.Tmux("list-sessions", "-F", "#{session_name}")
	if !strings.Contains(names, "shop\n") || !strings.Contains(names, "work\n") {
		t.Errorf("sessions %q; prox said %s", names, p.Read("out"))
	}
	if env := p.Must("exec", "a", "env").Out; strings.Contains(env, "TMUX_PANE=") {
		t.Errorf("the pane prox was started in shows: %s", env)
	}
	p.Must("kill")
	p.Tmux("has-session", "-t", "=work")
}

func TestAUsersServerThatWouldNotBearItIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "~/.tmux.conf", "set -g exit-unattached on\n", "prox.toml", simple)
	r := p.Must("start")
	if !strings.Contains(r.Err, "exit-unattached") || !strings.Contains(r.Out, "prox attach") {
		t.Errorf("it does not say so: %v", r)
	}
	logged(t, p, "a", p.Dir)
	if r := p.Must("kill"); !strings.Contains(r.Out, "0 processes left") {
		t.Error(r)
	}
}
