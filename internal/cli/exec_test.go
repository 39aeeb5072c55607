package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prox/internal/api"
)

func TestExecInTheEnvironmentOfWhatRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.app.environ = append(w.app.environ, "TERM=xterm", "A=mine")
	w.serve(&fake{environ: func(name string) (*api.Environment, error) {
		if name != "db" {
			t.Errorf("asked about %q", name)
		}
		return &api.Environment{Dir: w.app.dir, Vars: []api.Var{{Name: "PATH", Value: "/usr/bin:/bin"}, {Name: "A", Value: "its"}, {Name: "TERM", Value: "dumb"}, {Name: "PROX_RUN", Value: "3"}, {Name: "PROX_ENV", Value: "e"}, {Name: "PORT", Value: "5432"}}}, nil
	}})
	w.run(exitFailed, "exec", "db", "sh", "-c", "exit 3", "--flag", "--", "-x")
	if want := []string{w.app.dir, "/usr/bin/sh", "sh", "-c", "exit 3", "--flag", "--", "-x"}; !slices.Equal(w.execd, want) {
		t.Errorf("executed %q, want %q", w.execd, want)
	}
	if want := []string{"PATH=/usr/bin:/bin", "A=its", "PROX_ENV=e", "PORT=5432", "PWD=" + w.app.dir, "TERM=xterm"}; !slices.Equal(w.env, want) {
		t.Errorf("environment %q, want %q", w.env, want)
	}
}

func TestExecWhenNothingRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.app.environ = append(w.app.environ, "PROX_RUN=3", "TMUX_PANE=%1")
	w.run(exitFailed, "exec", "db", "--", "echo hello && exit 3")
	if len(w.execd) != 5 || w.execd[2] != "/bin/sh" && w.execd[2] != "sh" || w.execd[4] != "echo hello && exit 3" {
		t.Errorf("executed %q", w.execd)
	}
	env := strings.Join(w.env, "\n")
	wants(t, env, "DB=1", "PORT=5432")
	wantNot(t, env, "PROX_")
	w.run(exitUsage, "exec", "dv", "true")
	wants(t, w.err.String(), `"dv"`, `did you mean db?`)
}

func TestExecOfWhatCannotBeRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig, "data", "x")
	w.run(127, "exec", "db", "no-such-command")
	wants(t, w.err.String(), "prox: cannot run no-such-command: command not found", "hint: looked in the service's PATH: /usr/bin:/bin")
	w.run(126, "exec", "db", "./data")
	wants(t, w.err.String(), "data: it is not executable")
	w.run(127, "exec", "db", "./nothing")
	if w.execd != nil {
		t.Errorf("executed %q", w.execd)
	}
	if err := os.Chmod(filepath.Join(w.app.dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.run(exitFailed, "exec", "db", "./data") // relative to the service's folder
	if w.execd[1] != filepath.Join(w.app.dir, "data") {
		t.Errorf("executed %q", w.execd)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"psql":             "psql",
		"npm test":         "npm|test",
		"a 'b c'":          "a|b c",
		"two|words with":   "/bin/sh|-c|two|words with",
		"./my-script --x":  "./my-script|--x",
		"echo $HOME":       "/bin/sh|-c|exec echo $HOME",
		"cd x; ls | wc -l": "/bin/sh|-c|cd x; ls | wc -l",
	} {
		got, err := commandLine([]string{in})
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("commandLine(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	if got, err := commandLine([]string{"a b", "$c"}); err != nil || len(got) != 2 {
		t.Errorf("several words are a vector: %q, %v", got, err)
	}
}
