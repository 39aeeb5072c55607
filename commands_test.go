package main_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"prox/internal/proxtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	proxtest.CleanUp()
	os.Exit(code)
}

// TestCommands types whole commands: each script has a home, a runtime folder
// and a tmux server of its own, and is killed at its end.
func TestCommands(t *testing.T) {
	t.Parallel()
	bin := filepath.Dir(proxtest.Binary(t))
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/commands",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// Short: the paths of sockets have little room.
			root, err := os.MkdirTemp("/tmp", "pc")
			if err != nil {
				return err
			}
			for _, v := range []struct{ name, dir string }{
				{"HOME", "home"},
				{"XDG_RUNTIME_DIR", "run"},
				{"XDG_STATE_HOME", "state"},
				{"TMUX_TMPDIR", "tmux"},
			} {
				dir := filepath.Join(root, v.dir)
				if err := os.Mkdir(dir, 0o700); err != nil {
					return err
				}
				env.Setenv(v.name, dir)
			}
			env.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			env.Setenv("SHELL", "/bin/sh")
			env.Setenv("TERM", "xterm-256color")
			env.Setenv("FREE_PORT", freePort())
			work := env.WorkDir
			vars := env.Vars
			env.Defer(func() {
				end(work, vars)
				_ = os.RemoveAll(root)
			})
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code":  code,
			"await": await,
		},
	})
}

// end kills whatever a script has left, in every folder with a config.
func end(work string, vars []string) {
	run := func(dir string, argv ...string) {
		cmd := exec.Command(lookPath(vars, argv[0]), argv[1:]...)
		cmd.Dir, cmd.Env = dir, vars
		_ = cmd.Run() // as a rule nothing runs any more
	}
	_ = filepath.WalkDir(work, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			run(path, "prox", "kill", "--now")
		}
		return nil
	})
	run(work, "tmux", "kill-server")
}

func lookPath(vars []string, name string) string {
	for _, kv := range vars {
		if list, ok := strings.CutPrefix(kv, "PATH="); ok {
			for _, dir := range filepath.SplitList(list) {
				if path := filepath.Join(dir, name); exists(path) {
					return path
				}
			}
		}
	}
	return name
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func freePort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "0"
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// code runs a command and checks its exit code: code 4 prox check.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		got = -1
		var exit interface{ ExitCode() int }
		if e, ok := err.(interface{ ExitCode() int }); ok {
			exit = e
			got = exit.ExitCode()
		}
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit code %d, not %s", got, args[0])
	}
}

// await runs a command until its output holds a text: await TEXT command...
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await TEXT command...")
	}
	for end := time.Now().Add(proxtest.Patience); ; time.Sleep(20 * time.Millisecond) {
		_ = ts.Exec(args[1], args[2:]...) // it may fail until it is time
		if strings.Contains(ts.ReadFile("stdout")+ts.ReadFile("stderr"), args[0]) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("waited in vain for %q", args[0])
		}
	}
}
