// Package proxtest gives a test a project of its own: its own home, state and
// runtime folders, and its own default tmux server (TMUX_TMPDIR), so that the
// person's server is never touched. It runs the real program, built once for
// each test process, and looks afterwards for anything that was left alive.
package proxtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Patience bounds every wait of a test; it is far more than anything takes.
const Patience = 30 * time.Second

var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("PROX_TEST_BINARY"); path != "" {
		return path, nil
	}
	if err := touchSources(); err != nil {
		return "", err
	}
	return buildAs("-s -w")
})

// buildAs builds prox and its shim into a folder of their own.
func buildAs(ldflags string) (string, error) {
	dir, err := os.MkdirTemp("", "prox-bin")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "prox")
	for _, program := range [][2]string{{"prox", path}, {"prox/internal/prox-shim", path + "-shim"}} {
		cmd := exec.CommandContext(context.Background(), "go", "build", "-ldflags", ldflags, "-o", program[1], program[0])
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("cannot build %s: %w\n%s", program[0], err, out)
		}
	}
	return path, nil
}

// touchSources looks at every source file, so that the go command, which keeps
// a test's result until a file it has looked at changes, runs it again when
// prox has changed.
func touchSources() error {
	mod, err := exec.CommandContext(context.Background(), "go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("cannot find the sources of prox: %w", err)
	}
	return filepath.WalkDir(filepath.Dir(strings.TrimSpace(string(mod))), func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			_, err = os.Stat(path)
		}
		return err
	})
}

// Binary is the path of prox, built from this tree on first use. A test
// binary that uses it ends with CleanUp in its TestMain.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// OtherNumber is the version of the prox that OtherVersion builds.
const OtherNumber = "v9.9.9-other"

var buildOther = sync.OnceValues(func() (string, error) { return buildAs("-s -w -X prox/internal/version.number=" + OtherNumber) })

// OtherVersion is the path of a prox, with its shim, that is the same as Binary
// and says that it is of another version.
func OtherVersion(t testing.TB) string {
	t.Helper()
	path, err := buildOther()
	if err != nil {
		t.Fatal(err)
	}
	otherBuilt.Store(true)
	return path
}

// otherBuilt tells CleanUp not to build it.
var otherBuilt atomic.Bool

// CleanUp removes what Binary and OtherVersion built.
func CleanUp() {
	if otherBuilt.Load() {
		if path, err := buildOther(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
	if os.Getenv("PROX_TEST_BINARY") != "" {
		return
	}
	if path, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
}

// Project is one project in folders of its own.
type Project struct {
	t    testing.TB
	Root string // holds everything below
	Dir  string // the project's folder
	Env  []string
	Bin  string // the prox that is run; "" = Binary
}

// New makes a project whose folder holds the files given as name, content
// pairs. At the test's end it is killed, its tmux server too, and the test
// fails if a process of it is left.
func New(t testing.TB, files ...string) *Project {
	t.Helper()
	// Short: a Unix socket's path has little room.
	root, err := os.MkdirTemp("/tmp", "px")
	if err != nil {
		t.Fatal(err)
	}
	p := &Project{t: t, Root: root, Dir: filepath.Join(root, "shop")}
	for _, dir := range []string{"home", "run", "state", "tmux", "shop"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for k := 0; k+1 < len(files); k += 2 {
		p.Write(files[k], files[k+1])
	}
	p.Env = []string{
		"HOME=" + p.path("home"), "XDG_RUNTIME_DIR=" + p.path("run"), "XDG_STATE_HOME=" + p.path("state"),
		"XDG_CONFIG_HOME=" + p.path("home/.config"), "TMUX_TMPDIR=" + p.path("tmux"),
		"PATH=" + filepath.Dir(Binary(t)) + ":" + os.Getenv("PATH"),
		"TERM=xterm-256color", "LANG=C.UTF-8", "SHELL=/bin/sh", "GOTRACEBACK=all",
	}
	t.Cleanup(p.end)
	return p
}

func (p *Project) path(name string) string { return filepath.Join(p.Root, name) }

// Write puts a file into the project's folder; "~/name" puts it into its home.
func (p *Project) Write(name, content string) {
	p.t.Helper()
	path := filepath.Join(p.Dir, name)
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		path = filepath.Join(p.path("home"), rest)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	mode := os.FileMode(0o644)
	if strings.HasPrefix(content, "#!") {
		mode = 0o755
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		p.t.Fatal(err)
	}
}

// Read gives a file of the project's folder; "" when it is not there.
func (p *Project) Read(name string) string {
	b, err := os.ReadFile(filepath.Join(p.Dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		p.t.Fatal(err)
	}
	return string(b)
}

// Result is how a command ended.
type Result struct {
	Args   []string
	Out    string
	Err    string
	Code   int
	Took   time.Duration
	Signal string
}

func (r Result) String() string {
	return fmt.Sprintf("prox %s: exit code %d after %s\n--- stdout\n%s--- stderr\n%s", strings.Join(r.Args, " "), r.Code, r.Took.Round(time.Millisecond), r.Out, r.Err)
}

// Command prepares prox with arguments in the project's folder.
func (p *Project) Command(ctx context.Context, args ...string) *exec.Cmd {
	bin := p.Bin
	if bin == "" {
		bin = Binary(p.t)
	}
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir, cmd.Env = p.Dir, p.Env
	return cmd
}

// Run runs prox, whatever its exit code.
func (p *Project) Run(args ...string) Result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*Patience)
	defer cancel()
	cmd := p.Command(ctx, args...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	began := time.Now()
	e := cmd.Run()
	r := Result{Args: args, Out: out.String(), Err: err.String(), Code: cmd.ProcessState.ExitCode(), Took: time.Since(began)}
	var exit *exec.ExitError
	if e != nil && !errors.As(e, &exit) {
		p.t.Fatalf("cannot run prox: %v", e)
	}
	return r
}

// Must runs prox and fails the test unless it ends with 0.
func (p *Project) Must(args ...string) Result {
	p.t.Helper()
	return p.Want(0, args...)
}

// Want runs prox and fails the test unless it ends with code.
func (p *Project) Want(code int, args ...string) Result {
	p.t.Helper()
	r := p.Run(args...)
	if r.Code != code {
		p.t.Fatalf("exit code %d was wanted of %v%s", code, r, p.ControllerLog())
	}
	return r
}

// ControllerLog is what the controllers of this project wrote.
func (p *Project) ControllerLog() string {
	logs, _ := filepath.Glob(p.path("state/prox/*/controller.log"))
	var b strings.Builder
	for _, path := range logs {
		if text, err := os.ReadFile(path); err == nil {
			fmt.Fprintf(&b, "--- %s\n%s", filepath.Base(filepath.Dir(path)), text)
		}
	}
	return b.String()
}

// Tmux runs tmux against the project's own default server.
func (p *Project) Tmux(args ...string) string {
	p.t.Helper()
	out, err := p.TryTmux(args...)
	if err != nil {
		p.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// TryTmux is Tmux for a command that may fail.
func (p *Project) TryTmux(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "tmux", args...)
	cmd.Dir, cmd.Env = p.Dir, p.Env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Status is what `prox status --json` prints.
type Status struct {
	Project    string `json:"project"`
	Dir        string `json:"dir"`
	Session    string `json:"session"`
	Controller struct {
		Pid     int      `json:"pid"`
		Version string   `json:"version"`
		Awaited []string `json:"awaited"`
	} `json:"controller"`
	Tmux struct {
		Status string `json:"status_window"`
	} `json:"tmux"`
	Services []struct {
		Name      string     `json:"name"`
		State     string     `json:"state"`
		Instances []Instance `json:"instances"`
	} `json:"services"`
}

// Instance is one instance in a Status.
type Instance struct {
	Name     string `json:"name"`
	Pid      int    `json:"pid"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Restarts int    `json:"restarts"`
	Run      int    `json:"run"`
	Exit     *struct {
		Code   int    `json:"code"`
		Signal string `json:"signal"`
		Error  string `json:"error"`
	} `json:"exit"`
	CPU    *float64 `json:"cpu_percent"`
	Memory *uint64  `json:"memory_bytes"`
	Ports  []int    `json:"ports"`
	Window string   `json:"window"`

	StartedAt *time.Time `json:"started_at"`
}

// Status asks prox; ok is false when nothing runs.
func (p *Project) Status() (Status, bool) {
	p.t.Helper()
	r := p.Run("status", "--json")
	var s Status
	if r.Code == 3 {
		return s, false
	}
	if err := json.Unmarshal([]byte(r.Out), &s); err != nil {
		p.t.Fatalf("cannot read the status: %v\n%v", err, r)
	}
	return s, true
}

// Instance gives one instance of the status.
func (p *Project) Instance(name string) Instance {
	p.t.Helper()
	s, _ := p.Status()
	for _, svc := range s.Services {
		for _, i := range svc.Instances {
			if i.Name == name {
				return i
			}
		}
	}
	return Instance{}
}

// Await waits until cond holds, and fails the test when it does not.
func Await(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !cond(); {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain for %s", Patience, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// AwaitState waits until an instance is in a state.
func (p *Project) AwaitState(name, state string) Instance {
	p.t.Helper()
	var i Instance
	for end := time.Now().Add(Patience); ; time.Sleep(20 * time.Millisecond) {
		if i = p.Instance(name); i.State == state {
			return i
		}
		if time.Now().After(end) {
			p.t.Fatalf("waited %s in vain for %s to be %s; it is %+v\n%s", Patience, name, state, i, p.ControllerLog())
		}
	}
}

// Left lists processes that belong to the project: by the marker every one of
// them inherits, or by its runtime folder on the command line. It needs /proc.
func (p *Project) Left() []string {
	if runtime.GOOS != "linux" {
		return nil
	}
	var left []string
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		dir := filepath.Join("/proc", e.Name())
		cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || len(cmdline) == 0 {
			continue
		}
		env, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil {
			continue
		}
		line := strings.ReplaceAll(string(cmdline), "\x00", " ")
		ours := bytes.Contains(env, []byte("PROX_PROJECT_ID=")) && bytes.Contains(env, []byte(p.Root)) ||
			strings.Contains(line, p.path("run")) && !strings.HasPrefix(line, "tmux")
		if ours && e.Name() != fmt.Sprint(os.Getpid()) {
			left = append(left, e.Name()+" "+line)
		}
	}
	return left
}

// end kills the project and looks for what is left.
func (p *Project) end() {
	r := p.Run("kill", "--now")
	if p.t.Failed() {
		p.t.Logf("controller log:\n%s", p.ControllerLog())
	}
	if r.Code != 0 && r.Code != 3 && r.Code != 4 { // 4: the test has its configs elsewhere
		p.t.Errorf("the project could not be killed: %v", r)
	}
	_, _ = p.TryTmux("kill-server") // this project's own server
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left := p.Left()
		if len(left) == 0 {
			break
		}
		if time.Now().After(end) {
			p.t.Errorf("left alive:\n%s", strings.Join(left, "\n"))
			for _, l := range left {
				pid := 0
				if _, err := fmt.Sscan(l, &pid); err == nil {
					if proc, err := os.FindProcess(pid); err == nil {
						_ = proc.Kill()
					}
				}
			}
			break
		}
	}
	if err := os.RemoveAll(p.Root); err != nil {
		p.t.Errorf("cannot remove the project: %v", err)
	}
}
