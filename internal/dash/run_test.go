package dash

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/creack/pty"
	"go.uber.org/goleak"

	"prox/internal/api"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(screenSocket); path != "" {
		showScreen(path)
		return
	}
	goleak.VerifyTestMain(m)
}

const deadline = 20 * time.Second

// told collects what a feed tells.
type told chan any

func (c told) next(t *testing.T, what string, want func(any) bool) {
	t.Helper()
	timeout := time.After(deadline)
	for {
		select {
		case v := <-c:
			if want(v) {
				return
			}
		case <-timeout:
			t.Fatalf("never told: %s", what)
		}
	}
}

func TestFeedFollowsAControllerThroughItsDeath(t *testing.T) {
	path, client := socket(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := make(told, 64)
	var work sync.WaitGroup
	work.Go(func() { newFeed(client, nil, func(v any) { c <- v }).run(ctx) })
	defer work.Wait()
	defer cancel()

	c.next(t, "that nobody is there", func(v any) bool { _, ok := v.(lostMsg); return ok })

	first := newBackend(many(1))
	stop := serve(t, path, first)
	c.next(t, "the first status", func(v any) bool { s, ok := v.(seenMsg); return ok && s.status.Project == "many" })
	first.set(shop())
	begin := time.Now()
	first.events <- api.Event{Seq: 41, Kind: api.EventState, Instance: "db", State: api.Ready}
	c.next(t, "an event, with the status after it", func(v any) bool {
		s, ok := v.(seenMsg)
		return ok && has(s, 41) && s.status.Project == "shop"
	})
	if took := time.Since(begin); took > interval/2 {
		t.Errorf("an event was shown after %v: as if nobody had listened", took)
	}
	stop()
	c.next(t, "that it is gone", func(v any) bool { _, ok := v.(lostMsg); return ok })

	// Another controller counts its events from the beginning.
	other := shop()
	other.Controller = api.Controller{Pid: 2, StartedAt: noon.Add(time.Hour)}
	second := newBackend(other)
	defer serve(t, path, second)()
	c.next(t, "the second controller", func(v any) bool { s, ok := v.(seenMsg); return ok && s.status.Controller.Pid == 2 })
	second.events <- api.Event{Seq: 1, Kind: api.EventNotice, Reason: "hello"}
	c.next(t, "its event", func(v any) bool { s, ok := v.(seenMsg); return ok && has(s, 1) })
	second.mu.Lock()
	defer second.mu.Unlock()
	for _, seq := range second.since {
		if seq != 0 {
			t.Errorf("the second controller was asked for events after %d, which is the first one's number", seq)
		}
	}
}

func has(s seenMsg, seq uint64) bool {
	return slices.ContainsFunc(s.events, func(ev api.Event) bool { return ev.Seq == seq })
}

// The stream may break while the controller lives: nothing is missed then.
func TestFeedGoesOnWhereTheStreamBroke(t *testing.T) {
	path, client := socket(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := make(told, 64)
	b := newBackend(shop())
	stop := serve(t, path, b)
	var work sync.WaitGroup
	work.Go(func() { newFeed(client, nil, func(v any) { c <- v }).run(ctx) })
	defer work.Wait()
	defer cancel()
	b.events <- api.Event{Seq: 7, Kind: api.EventKill}
	c.next(t, "the event", func(v any) bool { s, ok := v.(seenMsg); return ok && len(s.events) > 0 })
	stop()
	defer serve(t, path, b)()
	b.events <- api.Event{Seq: 8, Kind: api.EventKill}
	c.next(t, "the event after the break", func(v any) bool { s, ok := v.(seenMsg); return ok && has(s, 8) })
	b.mu.Lock()
	defer b.mu.Unlock()
	if last := b.since[len(b.since)-1]; last != 7 {
		t.Errorf("went on after event %d, want 7", last)
	}
}

func TestBackoff(t *testing.T) {
	var b backoff
	var got []time.Duration
	for range 7 {
		got = append(got, b.next())
	}
	if got[0] != backoffMin || got[1] != 2*backoffMin || got[6] != backoffMax {
		t.Errorf("waits %v", got)
	}
}

// screen is a terminal that only counts.
type screen struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *screen) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *screen) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func (o *screen) await(t *testing.T, s string) {
	t.Helper()
	for begin := time.Now(); !strings.Contains(o.text(), s); time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > deadline {
			t.Fatalf("%q never appeared in %q", s, o.text())
		}
	}
}

// The whole window, from the socket to the terminal and back from a key.
func TestWindow(t *testing.T) {
	path, client := socket(t)
	defer serve(t, path, newBackend(shop()))()
	var out screen
	keys, typed := io.Pipe()
	defer func() { _ = typed.Close() }()
	ended := make(chan error, 1)
	go func() {
		m := newModel(actions{ctx: t.Context(), client: client, now: time.Now}, colorprofile.ASCII)
		ended <- run(t.Context(), m, client, tea.WithInput(keys), tea.WithOutput(&out), tea.WithWindowSize(100, 20), tea.WithoutSignals(),
			tea.WithEnvironment([]string{"TERM=xterm-256color"}))
	}()
	out.await(t, "unhealthy")
	// One second later nothing has changed but the time: next to nothing may
	// be drawn.
	before := len(out.text())
	time.Sleep(interval + 4*settle)
	if n := len(out.text()) - before; n > 200 {
		t.Errorf("a quiet second draws %d bytes: %q", n, out.text()[before:])
	}
	if regexp.MustCompile(`\x1b\[([0-9;]*;)?[349][0-7][0-9;]*m`).MatchString(out.text()) {
		t.Errorf("colours in spite of NO_COLOR: %q", out.text())
	}
	_, _ = typed.Write([]byte("r"))
	out.await(t, "restarting db")
	_, _ = typed.Write([]byte("q"))
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(deadline):
		t.Fatal("q does not leave")
	}
}

// Without tmux around it the window lends its terminal to the jump, and takes
// it back.
func TestWindowLendsTheTerminal(t *testing.T) {
	path, client := socket(t)
	defer serve(t, path, newBackend(shop()))()
	person, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(person, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	var out screen
	var work sync.WaitGroup
	work.Go(func() { _, _ = io.Copy(&out, person) })
	defer work.Wait()
	defer func() { _, _ = terminal.Close(), person.Close() }()

	ended := make(chan error, 1)
	go func() {
		do := actions{ctx: t.Context(), client: client, now: time.Now, Seams: Seams{Jump: jump{takes: true, to: func(_ context.Context, _ api.Tmux, w string) error {
			_, _ = fmt.Fprintln(terminal, "this is tmux")
			return fmt.Errorf("%s is nowhere", w)
		}}}}
		ended <- run(t.Context(), newModel(do, colorprofile.ASCII), client, tea.WithInput(terminal), tea.WithOutput(terminal), tea.WithoutSignals())
	}()
	out.await(t, "unhealthy")
	_, _ = person.Write([]byte("a"))
	out.await(t, "cannot go to db: @1 is nowhere")
	if _, lent, _ := strings.Cut(out.text(), "\x1b[?1049l"); !strings.Contains(lent, "this is tmux") {
		t.Errorf("the jump ran on the window's own screen: %q", out.text())
	}
	_, _ = person.Write([]byte("q"))
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(deadline):
		t.Fatal("q does not leave")
	}
}

// When the window is closed from outside that is no failure, and nothing of it
// stays, also while the controller is away.
func TestWindowEndsWithItsContext(t *testing.T) {
	_, client := socket(t)
	var out screen
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, newModel(actions{ctx: ctx, client: client, now: time.Now}, colorprofile.ASCII), client, tea.WithInput(nil), tea.WithOutput(&out), tea.WithWindowSize(80, 24), tea.WithoutSignals())
	}()
	out.await(t, "reconnecting")
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(deadline):
		t.Fatal("the window outlives its context")
	}
}
