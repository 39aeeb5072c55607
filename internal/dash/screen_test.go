package dash

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
	"prox/internal/api"
	"prox/internal/proxtest"
)

// screenSocket names the controller of the window that this program shows when
// it is run again.
const screenSocket = "DASH_TEST_SOCKET"

// showScreen is the window as Main shows it, at a time that stands still.
func showScreen(path string) {
	client := api.NewClient(func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	})
	profile := colorprofile.Env(os.Environ())
	do := actions{ctx: context.Background(), client: client, now: func() time.Time { return noon }, Seams: Seams{
		Jump: jump{to: func(context.Context, api.Tmux, string) error { return nil }},
		Logs: os.Getenv("DASH_TEST_LOGS"),
		Commands: []Command{
			{Name: "restart", Usage: "restart [<service> ...]", Help: "Stop services and start them again.", Services: true},
			{Name: "kill", Usage: "kill", Help: "Stop everything and end the tmux session.", Destroys: true},
			{Name: "status", Usage: "status", Help: "Show what runs."},
		},
		Masked: func(_, value string) string { return value },
	}}
	if err := run(do.ctx, newModel(do, profile), client, tea.WithColorProfile(profile)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// busy is a project with something of everything.
func busy() *api.Status {
	st := shop()
	groups := map[string]string{"db": "backend", "api": "backend", "web": "frontend", "mail": "backend"}
	for k := range st.Services {
		s := &st.Services[k]
		if g := groups[s.Name]; g != "" {
			s.Groups = []string{g}
		}
		s.Git = &api.Git{Branch: "feat/cart", Dirty: ref(k%2 == 0)}
	}
	st.Services[0].Instances[0].ReadyAt = ref(noon.Add(-2 * time.Hour))
	st.Services[0].Instances[0].Costs = &api.Costs{Threads: 12, Files: ref(40), Leak: &api.Leak{BytesPerHour: 96e6, Since: noon.Add(-time.Hour), FullAt: ref(noon.Add(3 * time.Hour))}}
	st.Services[1].After = []api.After{{Service: "db", Condition: "ready", Holds: true}}
	st.Services[4].After = []api.After{{Service: "api", Condition: "ready"}, {Service: "db", Condition: "ready", Holds: true}}
	st.Services[5].After = []api.After{{Service: "db", Condition: "ready", Holds: true}}
	return st
}

func screenOf(t *testing.T, b api.Backend, width, height int, env ...string) *proxtest.Screen {
	t.Helper()
	path, _ := socket(t)
	t.Cleanup(serve(t, path, b))
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	db, web := prints(t, root, "db"), prints(t, root, "web")
	for k := range 12 {
		when := noon.Add(time.Duration(k-12) * 5 * time.Second)
		db.at(when, fmt.Sprintf("LOG:  checkpoint complete: wrote %d buffers\n", 40+k))
		web.at(when.Add(time.Second), fmt.Sprintf(`{"level":"info","msg":"GET /cart","status":200,"ms":%d}`+"\n", 3+k))
	}
	web.at(noon.Add(-4*time.Second), "\x1b[31mERROR\x1b[0m upstream api refused the connection\n")
	web.at(noon.Add(-4*time.Second), "    at connect (src/upstream.ts:41)\n")
	env = append([]string{screenSocket + "=" + path, "DASH_TEST_LOGS=" + root, "TZ=UTC", "COLORTERM=", "NO_COLOR="}, env...)
	return proxtest.NewScreen(t, proxtest.ScreenOptions{Width: width, Height: height, Argv: []string{exe}, Env: env})
}

func screenBackend() *telling {
	b := &telling{backend: newBackend(busy()), points: pointsAt(noon, 300), processes: []api.InspectedProcess{
		{Pid: 1234, Name: "postgres", Command: "postgres -D data", MemoryBytes: 50e6, Threads: 1, FilesTotal: 20, CPUPercent: ref(1.5)},
		{Pid: 1240, Parent: 1234, Depth: 1, Name: "postgres", Command: "postgres: checkpointer", MemoryBytes: 8e6, Threads: 1, FilesTotal: 9, CPUPercent: ref(0.0)},
	}}
	for k, ev := range []api.Event{
		{Kind: api.EventState, Instance: "db", State: api.Starting},
		{Kind: api.EventState, Instance: "db", State: api.Ready},
		{Kind: api.EventFiles, Instance: "web", Reason: "src/app.ts"},
		{Kind: api.EventExit, Instance: "日本語サービス", Exit: &api.Exit{Code: 1, Text: "exit code 1"}},
		{Kind: api.EventProbe, Instance: "web", Reason: "failed: no answer"},
		{Kind: api.EventState, Instance: "web", State: api.Unhealthy, Reason: "no answer on /health"},
	} {
		ev.Seq, ev.Time = uint64(k+1), noon.Add(time.Duration(k-20)*time.Second)
		b.events <- ev
	}
	return b
}

// TestScreens compares the window, in a real terminal, with screens that a
// person has looked at.
func TestScreens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		width, height int
		keys          []string
		await         string
		env           []string
	}{
		{"services-80x24", 80, 24, nil, "unhealthy", nil},
		{"services-200x50", 200, 50, nil, "unhealthy", nil},
		{"services-40x20", 40, 20, nil, "unhealthy", nil},
		{"services-no-color", 80, 24, nil, "unhealthy", []string{"NO_COLOR=1"}},
		{"services-16-colours", 80, 24, nil, "unhealthy", []string{"TERM=xterm"}},
		{"services-truecolor", 80, 24, nil, "unhealthy", []string{"COLORTERM=truecolor"}},
		{"services-filtered", 80, 24, []string{"/", "f", "a", "i", "l"}, "/ fail", nil},
		{"services-folded", 80, 24, []string{"Z"}, "▸ backend", nil},
		{"services-sorted", 120, 24, []string{"b", "t", "t"}, "STATE▾", nil},
		{"service-80x24", 80, 24, []string{"Down", "Enter"}, "checkpointer", nil},
		{"service-200x50", 200, 50, []string{"2"}, "checkpointer", nil},
		{"service-log-80x24", 80, 24, []string{"2", "Right"}, "wrote 51 buffers", nil},
		{"logs-80x24", 80, 24, []string{"3"}, "upstream", nil},
		{"logs-200x50", 200, 50, []string{"3"}, "upstream", nil},
		{"logs-filtered", 80, 24, []string{"3", "e", "e"}, "level ≥ error", nil},
		{"logs-whole", 80, 24, []string{"3", "await upstream", "N", "Enter"}, "upstream.ts:41", nil},
		{"graph-80x24", 80, 24, []string{"4"}, "◀", nil},
		{"graph-40x20", 40, 20, []string{"4", "Down", "Down"}, "◀", nil},
		{"events-80x24", 80, 24, []string{"5"}, "src/app.ts", nil},
		{"help-80x24", 80, 24, []string{"?"}, "Everywhere", nil},
		{"palette-80x24", 80, 24, []string{":", "r", "e"}, "Stop services and start", nil},
		{"confirm-80x24", 80, 24, []string{":", "k", "i", "l", "l", "Enter"}, "prox kill?", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := screenOf(t, screenBackend(), c.width, c.height, c.env...)
			s.AwaitText("unhealthy")
			s.Await("the last event", func(text string) bool { return strings.Contains(text, "web unhealthy: no answer") })
			for _, k := range c.keys {
				if text, ok := strings.CutPrefix(k, "await "); ok {
					s.AwaitText(text)
					continue
				}
				s.Keys(k)
			}
			s.AwaitText(c.await)
			s.Golden(c.name)
		})
	}
}

// TestAScreenThroughTrouble resizes wildly, kills the controller and brings
// another, and uses mouse and keys meanwhile.
func TestAScreenThroughTrouble(t *testing.T) {
	t.Parallel()
	path, _ := socket(t)
	stop := serve(t, path, screenBackend())
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := proxtest.NewScreen(t, proxtest.ScreenOptions{Width: 100, Height: 30, Argv: []string{exe}, Env: []string{screenSocket + "=" + path, "TZ=UTC"}})
	s.AwaitText("unhealthy")
	for k, size := range [][2]int{{200, 50}, {20, 5}, {3, 2}, {1, 1}, {300, 80}, {40, 20}, {100, 30}} {
		s.Resize(size[0], size[1])
		s.Keys(fmt.Sprint(k%5+1), "Down", "?", "?")
	}
	s.Keys("1")
	s.AwaitText("unhealthy")
	stop()
	s.AwaitText("does not answer, reconnecting")
	s.Keys("Down") // it goes on showing what it knew
	s.AwaitText("unhealthy")
	other := busy()
	other.Project, other.Controller = "shop2", api.Controller{Pid: 2, StartedAt: noon.Add(time.Hour)}
	t.Cleanup(serve(t, path, newBackend(other)))
	s.AwaitText("the controller is back")
	s.AwaitText("shop2")
	// The mouse: a tab, a row, the wheel.
	var first string
	s.Await("the tabs", func(text string) bool {
		first, _, _ = strings.Cut(text, "\n")
		return strings.Contains(first, "4 Graph")
	})
	s.Click(ansi.Width(first[:strings.Index(first, "4 Graph")]), 0)
	s.AwaitText("u d along")
	s.Keys("1")
	s.AwaitText("NAME")
	row := 0
	for y, l := range strings.Split(s.Text(), "\n") {
		if strings.Contains(l, "migrate") {
			row = y
		}
	}
	s.Click(5, row)
	s.AwaitText("▸ migrate")
	s.Wheel(5, 5, false)
	s.Await("another row", func(text string) bool { return !strings.Contains(text, "▸ migrate") })
	s.Keys("q")
	s.Await("the end", func(string) bool { return s.Ended() })
	if _, err := os.Stat(filepath.Join("testdata", "screens")); err != nil {
		t.Error(err)
	}
}
