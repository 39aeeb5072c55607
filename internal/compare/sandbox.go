package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
)

const (
	marker    = "COMPARE_RUN"    // a variable that everything inherits which a sandbox starts
	patience  = 20 * time.Second // for what must come
	settling  = 4 * time.Second  // for what may come, or not
	glance    = 5 * time.Millisecond
	shellName = "compare-terminal" // $0 of the shell that a tool is typed into
)

// sandbox is a project in folders of its own, for one measurement with one tool.
type sandbox struct {
	root, dir string
	id        string
	env       []string
	terminals []*terminal
}

func newSandbox(bins []string, scripts map[string]string) (*sandbox, error) {
	root, err := os.MkdirTemp("/tmp", "cmp") // short: a Unix socket's path has little room
	if err != nil {
		return nil, err
	}
	s := &sandbox{root: root, dir: filepath.Join(root, "shop"), id: filepath.Base(root)}
	for _, dir := range []string{"home", "run", "state", "tmux", "tmp", "shop"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
			return nil, err
		}
	}
	for name, text := range scripts {
		if err := s.write(name, text); err != nil {
			return nil, err
		}
	}
	s.env = []string{
		marker + "=" + s.id,
		"HOME=" + s.path("home"), "XDG_RUNTIME_DIR=" + s.path("run"), "XDG_STATE_HOME=" + s.path("state"),
		"XDG_CONFIG_HOME=" + s.path("home/.config"), "TMUX_TMPDIR=" + s.path("tmux"), "TMPDIR=" + s.path("tmp"),
		"PM2_HOME=" + s.path("state/pm2"), "PC_SOCKET_PATH=" + s.path("run/pc.sock"),
		"PATH=" + strings.Join(bins, ":") + ":" + os.Getenv("PATH"),
		"TERM=xterm-256color", "LANG=C.UTF-8", "SHELL=/bin/sh",
	}
	return s, nil
}

func (s *sandbox) path(name string) string { return filepath.Join(s.root, name) }

func (s *sandbox) write(name, text string) error {
	return os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644)
}

// read returns a file's trimmed content, "" if there is none.
func (s *sandbox) read(name string) string {
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil { // not there yet, or never
		return ""
	}
	return strings.TrimSpace(string(b))
}

// run runs a command to its end, off any terminal, and returns what it printed
// and its exit code.
func (s *sandbox) run(ctx context.Context, argv ...string) (string, int) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Path = s.lookup(argv[0])
	cmd.Err = nil
	cmd.Dir, cmd.Env = s.dir, s.env
	cmd.WaitDelay = time.Second // what it leaves behind may hold its output open
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		return fmt.Sprint(err), -1
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// lookup finds a program on the sandbox's own PATH.
func (s *sandbox) lookup(name string) string {
	for _, v := range s.env {
		if list, ok := strings.CutPrefix(v, "PATH="); ok {
			for dir := range strings.SplitSeq(list, ":") {
				if fi, err := os.Stat(filepath.Join(dir, name)); err == nil && fi.Mode()&0o111 != 0 && !fi.IsDir() {
					return filepath.Join(dir, name)
				}
			}
		}
	}
	return name
}

// terminal is a command on a terminal of its own, as a person would have it:
// typed into a shell, which stays when the command ends.
type terminal struct {
	tty    *os.File
	shell  *exec.Cmd
	code   string // the file with the command's exit code
	closed chan struct{}
	output *lockedBuffer
	broken error // of the reading
}

func (s *sandbox) open(argv ...string) (*terminal, error) {
	t := &terminal{code: s.path(fmt.Sprintf("code%d", len(s.terminals))), closed: make(chan struct{}), output: &lockedBuffer{}}
	const script = `trap : INT; "$@"; echo $? >"$CODE.new"; mv "$CODE.new" "$CODE"; while :; do sleep 1000; done`
	t.shell = exec.Command("/bin/sh", append([]string{"-c", script, shellName}, argv...)...) //nolint:noctx // it lives until the sandbox ends, which kills it by its pid
	t.shell.Dir, t.shell.Env = s.dir, append(slices.Clone(s.env), "CODE="+t.code)
	tty, err := pty.StartWithSize(t.shell, &pty.Winsize{Rows: 30, Cols: 120})
	if err != nil {
		return nil, err
	}
	t.tty = tty
	s.terminals = append(s.terminals, t)
	go func() {
		defer close(t.closed)
		_, t.broken = io.Copy(t.output, tty) // EIO at the end, as terminals do
	}()
	return t, nil
}

func (t *terminal) key(text string) {
	_, _ = t.tty.WriteString(text) // one that is gone takes no keys, and what follows tells that
}

// drawn waits until the screen has not changed for a while.
func (t *terminal) drawn() {
	const quiet = 500 * time.Millisecond
	last, since := -1, time.Now()
	await(3*quiet, func() bool {
		if now := len(t.output.String()); now != last {
			last, since = now, time.Now()
		}
		return last > 0 && time.Since(since) > quiet
	})
}

// exit is the command's exit code once it has ended.
func (t *terminal) exit() (int, bool) {
	b, err := os.ReadFile(t.code)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	return n, err == nil
}

func (t *terminal) ended() bool { _, ok := t.exit(); return ok }

// process is one that a sandbox has started.
type process struct {
	pid  int
	argv []string
}

func (p process) line() string { return strings.Join(p.argv, " ") }

// processes are all that carry the sandbox's mark, wherever they hang.
func (s *sandbox) processes() []process {
	var all []process
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	mark := []byte(marker + "=" + s.id + "\x00")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		env, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err != nil || !bytes.Contains(append(env, 0), mark) {
			continue // another's, or gone meanwhile
		}
		line, err := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if err != nil || len(line) == 0 {
			continue // gone meanwhile, or dead and not waited for
		}
		all = append(all, process{pid, strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")})
	}
	return all
}

// named are the pids of the processes with a command line.
func (s *sandbox) named(line string) []int {
	var pids []int
	for _, p := range s.processes() {
		if p.line() == line {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// overhead is the memory of everything but the services, in KiB: what is shared
// counts in part for each that shares it.
func (s *sandbox) overhead() int {
	total := 0
	for _, p := range s.processes() {
		if p.argv[0] == "sleep" || slices.Contains(p.argv, shellName) {
			continue
		}
		total += pss(p.pid)
	}
	return total
}

func pss(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil { // gone meanwhile
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "Pss:" {
			n, _ := strconv.Atoi(f[1]) // the kernel writes numbers
			return n
		}
	}
	return 0
}

// ppid is the parent of a process; 0 when there is no such process.
func ppid(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])) // a name may hold anything
	n, _ := strconv.Atoi(f[1])                                     // the kernel writes numbers
	return n
}

// end kills, by pid, whatever the sandbox has started, and removes its folders.
func (s *sandbox) end() error {
	for deadline := time.Now().Add(patience); ; {
		left := s.processes()
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("cannot end %v", left)
		}
		for _, p := range left {
			_ = syscall.Kill(p.pid, syscall.SIGKILL) // gone meanwhile is as well
		}
		time.Sleep(glance)
	}
	for _, t := range s.terminals {
		err := t.shell.Wait()
		var killed *exec.ExitError
		if err != nil && !errors.As(err, &killed) {
			return err
		}
		t.tty.Close()
		<-t.closed
	}
	return os.RemoveAll(s.root)
}

// await waits until a condition holds, and reports whether it came to that.
func await(long time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(long); ; {
		if holds() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(glance)
	}
}
