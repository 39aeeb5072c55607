package dash

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"prox/internal/api"
)

func TestTheCursorStaysWithItsService(t *testing.T) {
	t.Parallel()
	m := at(80, 24, shop(), press("jj")...)
	name := m.selected
	if name != "payments-gateway-of-the-northern-region" {
		t.Fatalf("two down is %q", name)
	}
	st := shop()
	slices.Reverse(st.Services)
	m, _ = update(m, seenMsg{at: noon, status: st})
	if got := cursorOn(m); got != name {
		t.Errorf("after the order changed the cursor is on %q, want %q", got, name)
	}
	m, _ = update(m, seenMsg{at: noon, status: many(3)}) // it is gone
	if m.selected != "svc-02" {
		t.Errorf("after it went the selected one is %q, want the nearest row's, svc-02", m.selected)
	}
	m, _ = update(m, seenMsg{at: noon, status: &api.Status{}})
	m, _ = update(m, append(press("jkrs"), enter)...) // nothing to act on, nothing happens
	m, _ = update(m, seenMsg{at: noon, status: many(3)})
	if cursorOn(m) != m.selected {
		t.Errorf("selected %q, but the cursor is on %q", m.selected, cursorOn(m))
	}
}

func TestWhatIsSaid(t *testing.T) {
	t.Parallel()
	clock := noon.Local().Format(time.TimeOnly)
	event := func(ev api.Event) tea.Msg {
		ev.Time = noon
		return seenMsg{at: noon, status: shop(), events: []api.Event{ev}}
	}
	noticed := shop()
	noticed.Notices = []string{"port 3000 is not taken any more"}
	for _, c := range []struct {
		name string
		msg  tea.Msg
		want string
		bad  bool
	}{
		{"a state", event(api.Event{Kind: api.EventState, Instance: "api", State: api.Ready}), clock + " api ready", false},
		{"a failure", event(api.Event{Kind: api.EventState, Instance: "api", State: api.Failed, Reason: "exit code 1"}), clock + " api failed: exit code 1", true},
		{"an exit", event(api.Event{Kind: api.EventExit, Instance: "api", Exit: &api.Exit{Signal: "SIGSEGV", Text: "killed by SIGSEGV"}}), clock + " api ended: killed by SIGSEGV", true},
		{"a good exit", event(api.Event{Kind: api.EventExit, Service: "seed", Exit: &api.Exit{Text: "exit code 0"}}), clock + " seed ended: exit code 0", false},
		{"what is gone", event(api.Event{Kind: api.EventRemoved, Instance: "api.3", Reason: "api.3 is gone"}), clock + " api.3 is gone", false},
		{"a notice about one", event(api.Event{Kind: api.EventNotice, Instance: "api", Reason: "api: its shim was killed"}), clock + " api its shim was killed", false},
		{"a notice", event(api.Event{Kind: api.EventNotice, Reason: "disk\x1b[2J is full"}), clock + " disk is full", false},
		{"the end", event(api.Event{Kind: api.EventKill}), clock + " the project ends", false},
		{"a notice of the status", seenMsg{at: noon, status: noticed}, "port 3000 is not taken any more", false},
		{"an error", doneMsg{err: errors.New("cannot stop api: no")}, "cannot stop api: no", true},
		{"a success", doneMsg{text: "api stopped"}, "api stopped", false},
	} {
		m := at(80, 24, shop(), c.msg)
		if m.message != c.want || m.trouble != c.bad {
			t.Errorf("%s: says %q (trouble %v), want %q (%v)", c.name, m.message, m.trouble, c.want, c.bad)
		}
	}
}

func TestTheControllerGoesAndComesBack(t *testing.T) {
	t.Parallel()
	m := at(80, 24, shop(), lostMsg{errors.New("gone")})
	if s := seen(m); !strings.Contains(s, "does not answer, reconnecting") || !strings.Contains(s, "unhealthy") {
		t.Errorf("the window does not say that the controller is gone, or forgot what it knew:\n%s", s)
	}
	// What it tells at once is not all that is new.
	m, _ = update(m, seenMsg{at: noon, status: shop(), events: []api.Event{{Kind: api.EventState, Instance: "api", State: api.Ready, Time: noon}}})
	if s := seen(m); strings.Contains(s, "reconnecting") || !strings.Contains(s, "the controller is back") {
		t.Errorf("the window does not say that it is back:\n%s", s)
	}
}

// A command that has ended is not said to be running.
func TestACommandEnds(t *testing.T) {
	t.Parallel()
	do := actions{ctx: t.Context(), Seams: Seams{
		Commands: []Command{{Name: "kill", Help: "Stop everything.", Destroys: true}, {Name: "status"}},
		Prox: func(ctx context.Context, _ *api.Status, args ...string) *exec.Cmd {
			return exec.CommandContext(ctx, "echo", args...)
		},
	}}
	m, _ := update(newModel(do, colorprofile.ANSI256), seenMsg{at: noon, status: shop()})
	m, cmd := update(m, append(press(":status"), enter)...)
	if m.message != "prox status …" {
		t.Errorf("meanwhile it says %q", m.message)
	}
	if m, _ = update(m, cmd()); m.message != "" {
		t.Errorf("afterwards it says %q", m.message)
	}
	m, _ = update(m, append([]tea.Msg{enter}, append(press(":kill"), enter)...)...)
	if s := seen(m); !strings.Contains(s, "prox kill? Stop everything. [y/N]") {
		t.Errorf("it does not say what is destroyed:\n%s", s)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	m := at(80, 24, shop(), press("?")...)
	if s := seen(m); !strings.Contains(s, "stop it, or start it") {
		t.Errorf("no help:\n%s", s)
	}
	m, cmd := update(m, press("r")...) // leaves the help, restarts nothing
	if cmd != nil || m.over != nil {
		t.Errorf("a key in the help did more than leaving it")
	}
	m, cmd = update(m, press("?q")...)
	if cmd != nil || m.over != nil {
		t.Errorf("q in the help did more than leaving it")
	}
	if _, cmd = update(m, press("q")...); cmd == nil {
		t.Error("q does not leave")
	} else if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Error("q does something else than leaving")
	}
}

// jump is a way to a window for tests.
type jump struct {
	takes bool
	to    func(context.Context, api.Tmux, string) error
}

func (j jump) TakesTerminal(api.Tmux) bool { return j.takes }

func (j jump) To(ctx context.Context, t api.Tmux, window string) error { return j.to(ctx, t, window) }

func TestActions(t *testing.T) {
	t.Parallel()
	path, client := socket(t)
	b := newBackend(shop())
	defer serve(t, path, b)()
	var visited []string
	do := actions{ctx: t.Context(), client: client, now: time.Now, Seams: Seams{Jump: jump{to: func(_ context.Context, tm api.Tmux, w string) error {
		visited = append(visited, tm.SessionID+" "+w)
		return nil
	}}}}
	m := newModel(do, colorprofile.ANSI256)
	m, _ = update(m, seenMsg{at: noon, status: shop()})
	act := func(keys ...tea.Msg) {
		t.Helper()
		next, cmd := update(m, keys...)
		if cmd == nil {
			t.Fatalf("%v: nothing is done", keys)
		}
		m, _ = update(next, cmd())
	}
	says := func(want string, bad bool) {
		t.Helper()
		if m.message != want || m.trouble != bad {
			t.Errorf("says %q (trouble %v), want %q (%v)", m.message, m.trouble, want, bad)
		}
	}
	act(press("r")...)
	says("restarting db …", false)
	act(press("s")...)
	says("db stopped, had to kill pid 7 (node)", false)
	act(press("ja")...)
	m.selected = "jobs"
	act(append([]tea.Msg{tea.WindowSizeMsg{Width: 80, Height: 24}}, press("s")...)...)
	says("starting jobs …", false)
	b.mu.Lock()
	if want := []string{"restart[db]", "stop[db]", "restart[jobs]"}; !slices.Equal(b.asked, want) {
		t.Errorf("the controller was asked for %q, want %q", b.asked, want)
	}
	b.fail = &api.Error{Kind: api.KindBusy, Message: "the project is ending", HintText: "prox start"}
	b.mu.Unlock()
	act(press("r")...)
	says("cannot restart jobs: the project is ending (prox start)", true)
	if want := []string{"$1 @2"}; !slices.Equal(visited, want) {
		t.Errorf("jumped to %q, want %q", visited, want)
	}
	for instance, want := range map[string]string{"mail": "mail has no window yet", "cache": "cache is being stopped already"} {
		m.selected = instance
		var msgs []tea.Msg
		if instance == "mail" {
			msgs = append([]tea.Msg{tea.WindowSizeMsg{Width: 80, Height: 24}}, press("a")...)
		} else {
			msgs = append([]tea.Msg{tea.WindowSizeMsg{Width: 80, Height: 24}}, press("s")...)
		}
		next, cmd := update(m, msgs...)
		if cmd != nil || next.message != want {
			t.Errorf("%s: says %q, want %q and nothing done", instance, next.message, want)
		}
	}
}

func TestAnActionThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	cmd := actions{ctx: t.Context()}.ask(time.Millisecond, "cannot stop api", func(ctx context.Context) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	})
	if got := cmd().(doneMsg); got.err == nil || got.err.Error() != "cannot stop api: no answer within 1ms" {
		t.Errorf("got %v", got.err)
	}
}

// cursorOn is the instance that the cursor of the services is on.
func cursorOn(m *model) string {
	v := m.views[viewServices].(*servicesView)
	if v.cursor >= len(v.items) {
		return ""
	}
	return v.items[v.cursor].row.Name
}
