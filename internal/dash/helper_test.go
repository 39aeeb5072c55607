package dash

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"prox/internal/api"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func ref[T any](v T) *T { return &v }

// shop is a project with an instance in every state, and strings that no
// table expects.
func shop() *api.Status {
	st := &api.Status{
		Project: "shop", Session: "shop",
		Controller: api.Controller{Pid: 1, StartedAt: noon},
		Tmux:       api.Tmux{SessionID: "$1"},
	}
	add := func(i api.Instance) {
		st.Services = append(st.Services, api.Service{Name: i.Name, State: i.State, Instances: []api.Instance{i}})
	}
	add(api.Instance{Name: "db", State: api.Ready, Pid: ref(1234), StartedAt: ref(noon.Add(-3 * time.Hour)), CPUPercent: ref(0.3), MemoryBytes: ref(uint64(212e6)), Ports: []int{5432}, Window: "@1", Processes: 7})
	add(api.Instance{Name: "api", State: api.Running, Pid: ref(4194304), StartedAt: ref(noon.Add(-4 * time.Second)), Reason: "waits for port 3000", Window: "@2", Run: 1})
	add(api.Instance{Name: "payments-gateway-of-the-northern-region", State: api.Backoff, Restarts: 3, NextAt: ref(noon.Add(1500 * time.Millisecond)), Reason: "exit code 1, restarting in 2s (3 of 5)", Window: "@3"})
	add(api.Instance{Name: "日本語サービス", State: api.Failed, Restarts: 5, Reason: "gave up after 5 restarts: exit code 1 each time", Exit: &api.Exit{Code: 1, Text: "exit code 1"}})
	add(api.Instance{Name: "web", State: api.Unhealthy, Pid: ref(77), StartedAt: ref(noon.Add(-25 * time.Hour)), CPUPercent: ref(123.4), MemoryBytes: ref(uint64(5e9)), Ports: []int{3000, 3001, 9229, 9230, 9231}, Reason: "\x1b]0;owned\x07no answer\x1b[31m on\r\n/health\u202e", Window: "@5"})
	add(api.Instance{Name: "mail", State: api.Waiting, Reason: "for db"})
	add(api.Instance{Name: "jobs", State: api.Stopped})
	add(api.Instance{Name: "migrate", State: api.Done})
	add(api.Instance{Name: "cache", State: api.Stopping, Pid: ref(99), Ports: []int{}})
	add(api.Instance{Name: "seed", State: api.Starting})
	return st
}

// many is a project of n ready services.
func many(n int) *api.Status {
	st := &api.Status{Project: "many"}
	for i := range n {
		in := api.Instance{Name: fmt.Sprintf("svc-%02d", i), State: api.Ready, Pid: ref(100 + i), StartedAt: ref(noon), CPUPercent: ref(1.0), MemoryBytes: ref(uint64(1 << 20)), Window: fmt.Sprintf("@%d", i)}
		st.Services = append(st.Services, api.Service{Name: in.Name, State: in.State, Instances: []api.Instance{in}})
	}
	return st
}

// update sends messages to m, and returns what became of it with the last
// command.
func update(m *model, msgs ...tea.Msg) (*model, tea.Cmd) {
	var cmd tea.Cmd
	for _, msg := range msgs {
		_, cmd = m.Update(msg)
	}
	return m, cmd
}

func press(keys string) []tea.Msg {
	var out []tea.Msg
	for _, k := range keys {
		out = append(out, tea.KeyPressMsg{Code: k, Text: string(k)})
	}
	return out
}

var enter = tea.KeyPressMsg{Code: tea.KeyEnter}

// backend is a controller without a project behind it.
type backend struct {
	mu     sync.Mutex
	status *api.Status
	asked  []string // acts that were asked for
	fail   error    // what acts fail with
	events chan api.Event
	since  []uint64 // what Events was asked for
}

func newBackend(st *api.Status) *backend {
	return &backend{status: st, events: make(chan api.Event, 16)}
}

func (b *backend) set(st *api.Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = st
}

func (b *backend) act(what string, names []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, fmt.Sprint(what, names))
	return b.fail
}

func (b *backend) Status(context.Context) (*api.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status, nil
}

func (b *backend) Start(_ context.Context, r api.StartRequest) (*api.StartResponse, error) {
	return &api.StartResponse{}, b.act("start", r.Services)
}

func (b *backend) Stop(_ context.Context, r api.StopRequest) (*api.StopResponse, error) {
	return &api.StopResponse{Stopped: r.Services, Forced: []api.Process{{Pid: 7, Name: "node"}}}, b.act("stop", r.Services)
}

func (b *backend) Restart(_ context.Context, r api.RestartRequest) (*api.StartResponse, error) {
	if len(r.Env) > 0 {
		return nil, errors.New("the status window's environment is not the person's")
	}
	return &api.StartResponse{}, b.act("restart", r.Services)
}

func (b *backend) Kill(context.Context, api.StopRequest) (*api.StopResponse, error) {
	return nil, errors.New("not here")
}

func (b *backend) Explain(context.Context, string) (*api.Explanation, error) {
	return nil, errors.New("not here")
}

func (b *backend) Environment(context.Context, string) (*api.Environment, error) {
	return nil, errors.New("not here")
}

func (b *backend) Events(ctx context.Context, seq uint64) (<-chan api.Event, error) {
	b.mu.Lock()
	b.since = append(b.since, seq)
	b.mu.Unlock()
	return b.events, nil
}

func (b *backend) Shim(c net.Conn, _ *bufio.Reader) { _ = c.Close() }

// serve serves b on the socket at path, until the function it returns is
// called. That waits for what is being answered: a stream that has not noticed
// its end yet would take the next event from the one that follows it.
func serve(t testing.TB, path string, b api.Backend) (stop func()) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	handler := api.NewHandler(b)
	var answering sync.RWMutex
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answering.RLock()
		defer answering.RUnlock()
		handler.ServeHTTP(w, r)
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(api.Guard{UnixListener: l})
	}()
	return func() {
		_ = srv.Close()
		<-ended
		answering.Lock()
		defer answering.Unlock()
	}
}

// socket returns a path short enough for a socket, and a client of it.
func socket(t testing.TB) (string, *api.Client) {
	t.Helper()
	dir, err := os.MkdirTemp("", "dash")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "ctl.sock")
	c := api.NewClient(func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	})
	t.Cleanup(c.Close)
	return path, c
}

func (b *backend) Scale(context.Context, api.ScaleRequest) (*api.ScaleResponse, error) {
	return nil, errors.ErrUnsupported
}

func (b *backend) Reload(context.Context, api.ReloadRequest) (*api.ReloadResponse, error) {
	return nil, errors.ErrUnsupported
}

func (b *backend) Series(context.Context, api.SeriesRequest) (*api.Metrics, error) {
	return &api.Metrics{}, nil
}

func (b *backend) Inspect(context.Context, string) (*api.Inspection, error) {
	return nil, errors.ErrUnsupported
}

func (b *backend) Self(context.Context) (*api.Self, error) { return nil, errors.ErrUnsupported }

func (b *backend) Look(context.Context) error { return nil }

func (b *backend) Watched() {}
