package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"prox/config"
	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/place"
)

// patience bounds every wait of a test.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "controller" {
		os.Exit(reborn())
	}
	root, err := os.MkdirTemp("/tmp", "pxc") // short: a socket's path has little room
	if err != nil {
		panic(err)
	}
	for name, dir := range map[string]string{"XDG_RUNTIME_DIR": "run", "XDG_STATE_HOME": "state", "TMPDIR": "tmp", "TMUX_TMPDIR": "tmux"} {
		path := filepath.Join(root, dir)
		if err := os.Mkdir(path, 0o700); err != nil {
			panic(err)
		}
		if err := os.Setenv(name, path); err != nil {
			panic(err)
		}
	}
	_ = os.Unsetenv("TMUX")
	code := m.Run()
	_ = os.RemoveAll(root)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// reborn is the controller that launch.Ensure starts out of this binary: it
// answers one kill, and ends.
func reborn() int {
	l, err := net.FileListener(os.NewFile(launch.ListenerFD, "listener"))
	if err != nil {
		return 1
	}
	time.AfterFunc(patience, func() { os.Exit(1) })
	f := &fake{}
	srv := &http.Server{Handler: api.NewHandler(f)}
	done := make(chan struct{})
	f.kill = func(api.StopRequest) (*api.StopResponse, error) {
		go func() { defer close(done); _ = srv.Shutdown(context.Background()) }() // after the answer
		return &api.StopResponse{Stopped: []string{"api", "web"}}, nil
	}
	_ = srv.Serve(l)
	<-done
	return 0
}

// fake is a controller whose answers a test chooses.
type fake struct {
	status  func() (*api.Status, error)
	start   func(api.StartRequest) (*api.StartResponse, error)
	stop    func(api.StopRequest) (*api.StopResponse, error)
	restart func(api.RestartRequest) (*api.StartResponse, error)
	kill    func(api.StopRequest) (*api.StopResponse, error)
	explain func(string) (*api.Explanation, error)
	environ func(string) (*api.Environment, error)
	events  func(ctx context.Context, seq uint64) (<-chan api.Event, error)

	looks int    // how often it was asked to look
	stays bool   // it goes on after a kill, until the test ends it
	leave func() // ends it, once its answers are given
}

var errUnexpected = errors.New("the test did not expect this request")

func (f *fake) Status(context.Context) (*api.Status, error) {
	if f.status == nil {
		return nil, errUnexpected
	}
	return f.status()
}

func (f *fake) Start(_ context.Context, r api.StartRequest) (*api.StartResponse, error) {
	if f.start == nil {
		return nil, errUnexpected
	}
	return f.start(r)
}

func (f *fake) Stop(_ context.Context, r api.StopRequest) (*api.StopResponse, error) {
	if f.stop == nil {
		return nil, errUnexpected
	}
	return f.stop(r)
}

func (f *fake) Restart(_ context.Context, r api.RestartRequest) (*api.StartResponse, error) {
	if f.restart == nil {
		return nil, errUnexpected
	}
	return f.restart(r)
}

func (f *fake) Kill(_ context.Context, r api.StopRequest) (*api.StopResponse, error) {
	if f.kill == nil {
		return nil, errUnexpected
	}
	if f.leave != nil && !r.Now {
		defer f.leave()
	}
	return f.kill(r)
}

func (f *fake) Explain(_ context.Context, name string) (*api.Explanation, error) {
	if f.explain == nil {
		return nil, errUnexpected
	}
	return f.explain(name)
}

func (f *fake) Environment(_ context.Context, name string) (*api.Environment, error) {
	if f.environ == nil {
		return nil, errUnexpected
	}
	return f.environ(name)
}

func (f *fake) Events(ctx context.Context, seq uint64) (<-chan api.Event, error) {
	if f.events == nil {
		return nil, errUnexpected
	}
	return f.events(ctx, seq)
}

func (f *fake) Shim(c net.Conn, _ *bufio.Reader) { _ = c.Close() }

// script gives events as they would come: those after the number asked for,
// then nothing more.
func script(events ...api.Event) func(context.Context, uint64) (<-chan api.Event, error) {
	return func(_ context.Context, seq uint64) (<-chan api.Event, error) {
		c := make(chan api.Event, len(events))
		for i, ev := range events {
			ev.Seq = uint64(i + 1)
			if ev.Time.IsZero() {
				ev.Time = time.Now()
			}
			if ev.Seq > seq {
				c <- ev
			}
		}
		return c, nil
	}
}

// to is an event: an instance enters a state.
func to(instance string, s api.State, reason string) api.Event {
	return api.Event{Kind: api.EventState, Service: instance, Instance: instance, State: s, Reason: reason}
}

// world is a project's folder and a person in front of it.
type world struct {
	t       *testing.T
	app     *app
	out     *syncBuffer
	err     *syncBuffer
	signals chan os.Signal
	execd   []string // folder, path, argv..., as exec was called
	env     []string
}

// syncBuffer can be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var errExec = errors.New("this process would have been replaced")

// newWorld makes a project whose folder holds the files given as name, content
// pairs.
func newWorld(t *testing.T, files ...string) *world {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, out: &syncBuffer{}, err: &syncBuffer{}, signals: make(chan os.Signal, 4)}
	w.app = &app{
		print:   &printer{out: w.out, err: w.err},
		dir:     dir,
		environ: []string{"PATH=/usr/bin:/bin", "HOME=/root"},
		exec: func(dir, path string, argv, env []string) error {
			w.execd, w.env = append([]string{dir, path}, argv...), env
			return errExec
		},
		interrupts: func() (<-chan os.Signal, func()) { return w.signals, func() {} },
	}
	for k := 0; k+1 < len(files); k += 2 {
		w.write(files[k], files[k+1])
	}
	return w
}

func (w *world) write(name, content string) {
	w.t.Helper()
	path := filepath.Join(w.app.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// place is where the project's files are; its name is the folder's.
func (w *world) place() place.Project {
	w.t.Helper()
	p, err := place.For("shop", w.app.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := p.Prepare(); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// serve answers for the project's controller until the test ends or the
// returned function is called.
func (w *world) serve(f *fake) (end func()) {
	w.t.Helper()
	return w.serveAt(w.place(), f)
}

func (w *world) serveAt(p place.Project, f *fake) (end func()) {
	w.t.Helper()
	_ = os.Remove(p.Socket())
	l, err := net.Listen("unix", p.Socket())
	if err != nil {
		w.t.Fatal(err)
	}
	srv := &http.Server{Handler: api.NewHandler(f)}
	if !f.stays {
		f.leave = func() { go func() { _ = srv.Shutdown(context.Background()) }() }
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = srv.Serve(l) }()
	end = sync.OnceFunc(func() {
		_ = srv.Close()
		<-served
	})
	w.t.Cleanup(end)
	return end
}

// remember leaves what a living controller would.
func (w *world) remember(p place.Project, file string) {
	w.t.Helper()
	b, err := json.Marshal(map[string]string{"dir": p.Dir, "config": file})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(p.Memory(), b, 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := p.Save(); err != nil {
		w.t.Fatal(err)
	}
}

// run runs a command line and wants its exit code.
func (w *world) run(code int, args ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if got := w.app.run(ctx, args); got != code {
		w.t.Fatalf("prox %s: exit code %d, want %d\n--- stdout\n%s--- stderr\n%s", strings.Join(args, " "), got, code, w.out, w.err)
	}
}

// wants fails the test unless text holds all parts, in their order.
func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, p := range parts {
		at := strings.Index(rest, p)
		if at < 0 {
			t.Fatalf("%q is missing, or not in its place, in:\n%s", p, text)
		}
		rest = rest[at+len(p):]
	}
}

func wantNot(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(text, p) {
			t.Fatalf("%q should not be in:\n%s", p, text)
		}
	}
}

// await waits until text holds part.
func await(t *testing.T, b *syncBuffer, part string) {
	t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(b.String(), part); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %q in:\n%s", part, b)
		}
	}
}

func ref[T any](v T) *T { return &v }

// shop is a project of two services in the given states.
func shop(db, web api.State) *api.Status {
	return &api.Status{
		Project: "shop", Dir: "/src/shop", Session: "shop",
		Controller: api.Controller{Pid: 41},
		Tmux:       api.Tmux{SessionID: "$3", Status: "@0"},
		Services: []api.Service{
			{Name: "db", State: db, Instances: []api.Instance{{Name: "db", State: db, Pid: ref(123), Port: 5432, Window: "@1"}}},
			{Name: "web", State: web, DependsOn: []string{"db"}, Instances: []api.Instance{{Name: "web", State: web, Window: "@2"}}},
		},
	}
}

func statusOf(st *api.Status) func() (*api.Status, error) {
	return func() (*api.Status, error) { return st, nil }
}

const shopConfig = `
[services.db]
command = "db --serve"
port = 5432
env = { DB = "1" }
[services.web]
command = "web"
depends_on = ["db"]
`

func TestRolesGoBeforeEverything(t *testing.T) {
	t.Parallel()
	var got []string
	roles := Roles{
		Controller: func(args []string) int { got = append([]string{"controller"}, args...); return 7 },
		Shim:       func(args []string) int { got = append([]string{"shim"}, args...); return 8 },
	}
	if code := Main([]string{"controller", "--runtime", "/x"}, roles); code != 7 || strings.Join(got, " ") != "controller --runtime /x" {
		t.Errorf("controller: code %d, args %q", code, got)
	}
	if code := Main([]string{"shim", "--help"}, roles); code != 8 || strings.Join(got, " ") != "shim --help" {
		t.Errorf("shim: code %d, args %q", code, got)
	}
}

func TestHelpOfEveryCommandHasExamplesAndExitCodes(t *testing.T) {
	t.Parallel()
	names := []string{"ps"}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[commands]()) { // none can be forgotten
		if _, ok := f.Tag.Lookup("cmd"); ok {
			names = append(names, strings.ToLower(f.Name))
		}
	}
	for _, name := range names {
		w := newWorld(t)
		w.run(0, name, "--help")
		wants(t, w.out.String(), "Usage: prox ", "Exit code")
		wants(t, w.out.String(), "Example", "prox "+strings.Replace(name, "ps", "status", 1))
		wantNot(t, w.err.String(), "prox:")
	}
}

func TestNothingTypedIsHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(0)
	wants(t, w.out.String(), "Usage: prox <command>", "start", "demo")
	wantNot(t, w.out.String(), "--at")
}

func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"stop-it":           "prox --help",
		"start --bogus":     "hint: prox start --help",
		"exec":              "hint: prox exec --help",
		"-C /nowhere start": "cannot go to folder /nowhere: no such file",
		"start -- --debug":  "belong to a file",
		"logs -n few":       "-n takes a number, or all",
		"logs --grep (":     "cannot use --grep",
		"logs --raw -f":     "--raw gives everything",
		"run w":             "expected",
		"run a.b -- true":   `"a-b"`,
	} {
		w := newWorld(t, "prox.toml", shopConfig)
		w.run(exitUsage, strings.Fields(line)...)
		wants(t, w.err.String(), "prox: ", want)
		if w.out.String() != "" {
			t.Errorf("prox %s printed a result: %s", line, w.out)
		}
	}
}

func TestSplitRest(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"start app.js -- --port 1":     "start app.js|--port 1",
		"-C start start a -- b -- c":   "-C start start a|b -- c",
		"exec api sh -c x -- start":    "exec api sh -c x -- start|",
		"run w -- make start":          "run w -- make start|",
		"start a":                      "start a|",
		"--config x start -f a.py --":  "--config x start -f a.py|",
		"-c start exec start -- start": "-c start exec start -- start|",
	} {
		own, rest := splitRest(strings.Fields(line))
		if got := strings.Join(own, " ") + "|" + strings.Join(rest, " "); got != want {
			t.Errorf("splitRest(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		code int
		text string
	}{
		{nil, 0, ""},
		{errors.New("cannot do it"), 1, "prox: cannot do it\n"},
		{errors.New("first\nsecond"), 1, "prox: first\n  second\n"},
		{fmt.Errorf("x: %w", launch.ErrNotRunning), 3, "prox: x: not running\n"},
		{&api.Error{Kind: api.KindPortTaken, Message: "port 1 is taken", HintText: "end it"}, 1, "prox: port 1 is taken\nprox: hint: end it\n"},
		{&api.Error{Kind: api.KindBadConfig, Message: "x", Problems: []string{"a", "b"}}, 4, "prox: cannot use the config: 2 mistakes\n  a\n  b\n"},
		{&config.UnknownServiceError{Name: "wbe", Near: "web"}, 2, "prox: hint: did you mean"},
		{&exitError{code: 9}, 9, ""},
		{&exitError{code: 5, err: errors.New("x"), hint: "a\nb"}, 5, "prox: x\nprox: hint: a\nprox: hint: b\n"},
		{fmt.Errorf("x: %w", context.Canceled), 130, ""},
	} {
		var b bytes.Buffer
		if code := report(&b, c.err); code != c.code || !strings.Contains(b.String(), c.text) || c.text == "" && c.code < 10 && b.Len() > 0 {
			t.Errorf("report(%v) = %d, %q; want %d, %q", c.err, code, b.String(), c.code, c.text)
		}
	}
}

func (f *fake) Scale(context.Context, api.ScaleRequest) (*api.ScaleResponse, error) {
	return nil, errors.ErrUnsupported
}

func (f *fake) Reload(context.Context, api.ReloadRequest) (*api.ReloadResponse, error) {
	return nil, errors.ErrUnsupported
}

func (f *fake) Series(context.Context, api.SeriesRequest) (*api.Metrics, error) {
	return &api.Metrics{}, nil
}

func (f *fake) Inspect(context.Context, string) (*api.Inspection, error) {
	return nil, errors.ErrUnsupported
}

func (f *fake) Self(context.Context) (*api.Self, error) { return nil, errors.ErrUnsupported }

func (f *fake) Look(context.Context) error {
	f.looks++
	return nil
}

func (f *fake) Watched() {}
