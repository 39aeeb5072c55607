package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"prox/internal/proxtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	proxtest.CleanUp()
	os.Exit(code)
}

// TestCommands runs testdata/commands: every command with its exit codes, every
// kind of config, and odd surroundings, as a user meets them. A script that
// leaves a process behind fails.
func TestCommands(t *testing.T) {
	t.Parallel()
	bin := filepath.Dir(proxtest.Binary(t))
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/commands",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { return scriptHome(t, env, bin) },
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await":   awaitCmd,
			"code":    code,
			"fill":    fillCmd,
			"json":    jsonCmd,
			"listen":  listenCmd,
			"mount":   mountCmd,
			"pathdir": pathdirCmd,
			"setenv":  setenvCmd,
			"tty":     ttyCmd, "type": typeCmd,
			"within": withinCmd,
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "mount": // a script may mount a small disk
				return runtime.GOOS == "linux" && canMount(), nil
			case "nobody": // a script may be another user
				_, err := exec.LookPath("setpriv")
				return os.Getuid() == 0 && err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// scriptHome gives a script a home, runtime, state and tmux folder of its own,
// in a short path: a socket's has little room. They are in $ROOT.
func scriptHome(t *testing.T, env *testscript.Env, bin string) error {
	root, err := os.MkdirTemp("/tmp", "ps")
	if err != nil {
		return err
	}
	env.Setenv("ROOT", root)
	for name, dir := range map[string]string{
		"HOME": "home", "XDG_RUNTIME_DIR": "run", "XDG_STATE_HOME": "state",
		"XDG_CONFIG_HOME": "config", "TMUX_TMPDIR": "tmux", "TMPDIR": "tmp",
	} {
		path := filepath.Join(root, dir)
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		env.Setenv(name, path)
	}
	env.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	env.Setenv("SHELL", "/bin/sh")
	env.Setenv("TERM", "xterm-256color")
	env.Setenv("LANG", "C.UTF-8")
	env.Setenv("FREE_PORT", freePort())
	work, vars := env.WorkDir, env.Vars
	env.Defer(func() {
		end(work, vars) // also ends the script's own tmux server
		for _, left := range survivors(root) {
			t.Errorf("%s: left alive: %s", filepath.Base(work), left)
		}
		for _, dir := range []string{"disk", "state"} { // mounted, perhaps
			_ = unmount(filepath.Join(root, dir))
		}
		if err := os.RemoveAll(root); err != nil {
			t.Errorf("%s: %v", filepath.Base(work), err)
		}
	})
	return nil
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
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = -1
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			got = exit.ExitCode()
		}
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit code %d, not %s", got, args[0])
	}
}

// survivors waits for the processes of a script to be gone, and ends those
// that are not. They are known by the folder that is only theirs.
func survivors(root string) []string {
	for limit := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		pids := processesOf(root)
		if len(pids) == 0 || time.Now().After(limit) {
			var left []string
			for pid, line := range pids {
				left = append(left, fmt.Sprint(pid, " ", line))
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			return left
		}
	}
}

func processesOf(root string) map[int]string {
	pids := map[int]string{}
	entries, _ := os.ReadDir("/proc") // none on macOS
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err != nil || !bytes.Contains(env, []byte(root+"/")) {
			continue
		}
		if line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline")); err == nil && len(line) > 0 {
			pids[pid] = strings.ReplaceAll(string(line), "\x00", " ")
		}
	}
	return pids
}

// fillCmd writes the values of variables into files: fill FILE..., where a
// file has @NAME@.
func fillCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fill FILE...")
	}
	for _, name := range args {
		path := ts.MkAbs(name)
		parts := strings.Split(ts.ReadFile(name), "@")
		for i := 1; i < len(parts); i += 2 {
			parts[i] = ts.Getenv(parts[i])
		}
		ts.Check(os.WriteFile(path, []byte(strings.Join(parts, "")), 0o644))
	}
}

// setenvCmd sets a variable to what the last command printed: setenv NAME.
func setenvCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: setenv NAME")
	}
	ts.Setenv(args[0], strings.TrimSuffix(ts.ReadFile("stdout"), "\n"))
}

// listenCmd opens a port in this process: listen NAME sets NAME to the port
// and NAME_PID to the process.
func listenCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listen NAME")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	ts.Setenv(args[0]+"_PID", fmt.Sprint(os.Getpid()))
}

// jsonCmd looks into what the last command printed: json PATH KIND, or json
// PATH =VALUE. A path is a.0.b; a kind is string, number, bool, null, list or
// table, kinds may be joined with |. Negated, there must be no such path.
func jsonCmd(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 && (!neg || len(args) != 1) {
		ts.Fatalf("usage: json PATH KIND|=VALUE")
	}
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &v); err != nil {
		ts.Fatalf("not JSON: %v", err)
	}
	v, ok := lookUp(v, strings.Split(args[0], "."))
	if neg {
		if ok {
			ts.Fatalf("there is %s: %v", args[0], v)
		}
		return
	}
	if !ok {
		ts.Fatalf("there is no %s", args[0])
	}
	if want, ok := strings.CutPrefix(args[1], "="); ok {
		if got := fmt.Sprint(v); got != want {
			ts.Fatalf("%s is %s, not %s", args[0], got, want)
		}
		return
	}
	got := "null"
	if v != nil {
		got = map[reflect.Kind]string{
			reflect.String: "string", reflect.Float64: "number", reflect.Bool: "bool",
			reflect.Slice: "list", reflect.Map: "table",
		}[reflect.TypeOf(v).Kind()]
	}
	for kind := range strings.SplitSeq(args[1], "|") {
		if kind == got {
			return
		}
	}
	ts.Fatalf("%s is a %s, not a %s: %v", args[0], got, args[1], v)
}

func lookUp(v any, path []string) (any, bool) {
	for _, key := range path {
		switch x := v.(type) {
		case map[string]any:
			next, ok := x[key]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(x) {
				return nil, false
			}
			v = x[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// ttyCmd runs a command on a terminal of 100 columns, and prints what came
// out: tty CODE COMMAND...
func ttyCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: tty CODE COMMAND...")
	}
	onTerminal(ts, args[0], "", args[1:])
}

// typeCmd is tty for a command that asks: what is typed is waiting for it.
// type CODE TEXT COMMAND..., where \n in the text is Enter.
func typeCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: type CODE TEXT COMMAND...")
	}
	onTerminal(ts, args[0], strings.ReplaceAll(args[1], `\n`, "\n"), args[2:])
}

func onTerminal(ts *testscript.TestScript, code, typed string, argv []string) {
	cmd := command(ts, argv)
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 30, Cols: 100})
	ts.Check(err)
	defer master.Close()
	kill := time.AfterFunc(proxtest.Patience, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	_, err = io.WriteString(master, typed)
	ts.Check(err)
	var out bytes.Buffer
	_, _ = io.Copy(&out, master) // ends in EIO, when nobody has it open any more
	_ = cmd.Wait()
	_, _ = io.Copy(ts.Stdout(), &out)
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); got != code {
		ts.Fatalf("exit code %s, not %s", got, code)
	}
}

// awaitCmd runs a command again and again until its output holds a text, and
// shows only the last of it: await TEXT COMMAND...
func awaitCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await TEXT COMMAND...")
	}
	for limit := time.Now().Add(proxtest.Patience); ; time.Sleep(20 * time.Millisecond) {
		out, err := command(ts, args[1:]).CombinedOutput() // it may fail until it is time
		found := bytes.Contains(out, []byte(args[0]))
		if !found && time.Now().Before(limit) {
			continue
		}
		_, _ = ts.Stdout().Write(out)
		if !found {
			ts.Fatalf("waited in vain for %q: %v", args[0], err)
		}
		return
	}
}

// command prepares a command as exec would.
func command(ts *testscript.TestScript, argv []string) *exec.Cmd {
	path := argv[0]
	if !strings.Contains(path, "/") {
		path = lookPath([]string{"PATH=" + ts.Getenv("PATH")}, path)
	}
	cmd := exec.Command(path, argv[1:]...)
	cmd.Args[0] = argv[0]
	cmd.Dir = ts.MkAbs(".")
	// What a script can set is what it may be given; the rest is the host's.
	for _, name := range []string{
		"HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "TMUX_TMPDIR", "TMPDIR",
		"PATH", "SHELL", "TERM", "LANG", "NO_COLOR", "TMUX", "PAGER",
	} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	return cmd
}

// withinCmd runs a command that must end, with 0, within a time: within 3s
// COMMAND...
func withinCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: within DURATION COMMAND...")
	}
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	began := time.Now()
	ts.Check(ts.Exec(args[1], args[2:]...))
	if took := time.Since(began); took > limit {
		ts.Fatalf("took %s, more than %s", took.Round(time.Millisecond), limit)
	}
}

// pathdirCmd makes a folder with links to some programs, to be a PATH of its
// own: pathdir DIR PROGRAM...
func pathdirCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: pathdir DIR PROGRAM...")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	for _, name := range args[1:] {
		ts.Check(os.Symlink(lookPath([]string{"PATH=" + ts.Getenv("PATH")}, name), filepath.Join(dir, name)))
	}
}

// mountCmd puts a small disk where a folder is: mount DIR size=1m, or mount DIR
// ro. Only $ROOT/state and $ROOT/disk are taken away at the end.
func mountCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mount DIR OPTIONS")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(mountSmall(dir, args[1]))
}

var canMount = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "prox-mount")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	return mountSmall(dir, "size=4k") == nil && unmount(dir) == nil
})

func mountSmall(dir, how string) error {
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "mode=700,"+how, "tmpfs", dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot mount: %w\n%s", err, out)
	}
	return nil
}

func unmount(dir string) error { return exec.Command("umount", "-l", dir).Run() }
