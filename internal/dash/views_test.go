package dash

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"prox/internal/ansi"
	"prox/internal/api"
)

// telling is a backend that tells of one service whatever is asked.
type telling struct {
	*backend
	points    []api.Point
	processes []api.InspectedProcess
}

func (b *telling) Series(_ context.Context, r api.SeriesRequest) (*api.Metrics, error) {
	names := r.Instances
	if len(names) == 0 {
		names = []string{"db", "web"}
	}
	m := &api.Metrics{}
	for _, name := range names {
		m.Series = append(m.Series, api.Series{Service: name, Instance: name, Points: b.points})
	}
	return m, nil
}

func (b *telling) Inspect(_ context.Context, name string) (*api.Inspection, error) {
	return &api.Inspection{Instance: name, Processes: b.processes}, nil
}

func (b *telling) Explain(context.Context, string) (*api.Explanation, error) {
	return &api.Explanation{
		Command: "npm\x1b[2J run dev", Dir: "/srv/shop", Policy: "on-failure, at most 5 times", Limits: "memory 512 MB; told when it is more",
		Health:   &api.Health{Check: "http_get /health every 10s", Answer: "500", Failures: 2, Retries: 3},
		WaitsFor: []api.WaitsFor{{Service: "db", State: api.Failed, Reason: "gave up"}},
		Exits:    []api.Exit{{Run: 1, Code: 1, Text: "exit code 1", At: noon, RanSeconds: 63}, {Run: 2, Text: "killed by SIGTERM", Signal: "SIGTERM", Asked: "restarted by hand", At: noon}},
	}, nil
}

func (b *telling) Environment(context.Context, string) (*api.Environment, error) {
	return &api.Environment{Vars: []api.Var{{Name: "HOME", Value: "/root", Origin: "shell"}, {Name: "API_TOKEN", Value: "s3cret", Origin: ".env"}, {Name: "LEVEL", Value: "debug", Origin: ".env"}}}, nil
}

// pointsAt are n points a second apart that end at a time, through two runs and
// a gap.
func pointsAt(end time.Time, n int) []api.Point {
	var out []api.Point
	for k := range n {
		if k > n/3 && k < n/3+n/6 {
			continue
		}
		p := api.Point{At: end.Add(time.Duration(k-n) * time.Second), Seconds: 1, Run: 1 + 2*k/n, MemoryBytes: uint64(100e6 + 40e6*math.Sin(float64(k)/20))}
		p.MemoryMax = p.MemoryBytes
		if k > 0 {
			p.CPUPercent = ref(20 + 15*math.Cos(float64(k)/9))
		}
		out = append(out, p)
	}
	return out
}

// ask shows the service view of an instance and gives it what it asks for.
func ask(t testing.TB, m *model, instance string, keys string) *model {
	t.Helper()
	m.selected = instance
	m, cmd := update(m, tea.KeyPressMsg{Code: '2', Text: "2"})
	take := func(cmd tea.Cmd) {
		if cmd == nil {
			return
		}
		msg := cmd()
		if b, ok := msg.(tea.BatchMsg); ok {
			for _, c := range b {
				if c != nil {
					m, _ = update(m, c())
				}
			}
			return
		}
		m, _ = update(m, msg)
	}
	take(cmd)
	for _, k := range keys {
		msg := tea.KeyPressMsg{Code: k, Text: string(k)}
		if k == '>' {
			msg = tea.KeyPressMsg{Code: tea.KeyRight}
		}
		m, cmd = update(m, msg)
		take(cmd)
	}
	return m
}

func telledModel(t testing.TB, width, height int, b *telling) *model {
	t.Helper()
	path, client := socket(t)
	t.Cleanup(serve(t, path, b))
	do := actions{ctx: t.Context(), client: client, now: time.Now, Seams: Seams{Masked: func(name, value string) string {
		if strings.Contains(name, "TOKEN") {
			return "********"
		}
		return value
	}}}
	m, _ := update(newModel(do, colorprofile.ANSI256), tea.WindowSizeMsg{Width: width, Height: height}, seenMsg{at: noon, status: shop()})
	return m
}

func TestServicePages(t *testing.T) {
	t.Parallel()
	b := &telling{backend: newBackend(shop()), points: pointsAt(time.Now(), 300), processes: []api.InspectedProcess{
		{Pid: 10, Name: "npm", Command: "npm run dev", MemoryBytes: 50e6, Threads: 11, FilesTotal: 20, CPUPercent: ref(1.5)},
		{
			Pid: 11, Parent: 10, Depth: 1, Name: "node", Command: "node \x1b]0;owned\x07server.js", MemoryBytes: 80e6,
			Sockets: []api.Socket{{Proto: "tcp", Local: "127.0.0.1:3000", State: "listening"}, {Proto: "tcp", Local: "a", Remote: "127.0.0.1:5432", State: "established"}, {Proto: "tcp", Local: "b", Remote: "127.0.0.1:5432", State: "established"}},
			Files:   []api.File{{FD: 1, Kind: "terminal", Path: "/dev/pts/3"}},
		},
		{Pid: 12, Parent: 10, Depth: 1, Name: "esbuild"},
	}}
	for keys, wants := range map[string][]string{
		"":       {"web  ▲ unhealthy", "npm run dev", "CPU ", ", highest 35.0%", "Memory ", "highest 140 MB", "PID", "node server.js", "↻"},
		"]":      {"24 h", "-1h"},
		">>":     {"     10   1.5%   50 MB  11    20  npm run dev", "├─ node server.js", "└─ esbuild", "…"},
		">>>":    {"tcp  127.0.0.1:3000", "tcp to 127.0.0.1:5432, established ×2", "terminal  /dev/pts/3"},
		">>>>":   {".env   API_TOKEN=••••", "shell  HOME=••••", "v shows values"},
		">>>>v":  {"API_TOKEN=********", "LEVEL=debug"},
		">>>>V":  {"API_TOKEN=s3cret"},
		">>>>Vn": {"•••"}, // of another service they are hidden again
		">>>>>":  {"waits for db: ✗ failed gave up", "failed: 500, 2 of 3 in a row", "run 1: exit code 1 after 1m", "restarted by hand"},
		"n":      {"mail  ◌ waiting"},
		"p":      {"日本語サービス  ✗ failed"},
	} {
		m := ask(t, telledModel(t, 150, 50, b), "web", keys)
		s := seen(m)
		for _, want := range wants {
			if !strings.Contains(s, want) {
				t.Errorf("%q does not show %q:\n%s", keys, want, strings.ReplaceAll(s, "⏎", "\n"))
			}
		}
		if strings.Contains(m.View().Content, "owned") || strings.Contains(m.View().Content, "\x1b[2J") {
			t.Errorf("%q lets through what a service wrote", keys)
		}
	}
}

// What isn't known yet is said to be collected, and never 0.
func TestServiceWithoutAnswers(t *testing.T) {
	t.Parallel()
	m := at(100, 40, shop(), press("2")...)
	if s := seen(m); !strings.Contains(s, "CPU collecting …") || strings.Contains(s, "CPU 0") {
		t.Errorf("before the first answer:\n%s", s)
	}
	m = at(100, 40, &api.Status{Project: "none"}, press("2")...)
	if s := seen(m); !strings.Contains(s, "no service is chosen") {
		t.Errorf("of nothing:\n%s", s)
	}
}

// Nothing is asked once the view is left, and late answers change nothing.
func TestServiceAsksWhileItIsShown(t *testing.T) {
	t.Parallel()
	b := &telling{backend: newBackend(shop()), points: pointsAt(time.Now(), 30)}
	m := ask(t, telledModel(t, 100, 40, b), "web", "")
	v := m.views[viewService].(*serviceView)
	asked := v.asked
	if cmd := v.update(m.world, serviceTick{asked}); cmd == nil {
		t.Error("it does not ask again")
	}
	if cmd := v.update(m.world, serviceTick{asked}); cmd != nil {
		t.Error("an old tick asks")
	}
	m, _ = update(m, press("1")...)
	if cmd := v.update(m.world, serviceTick{v.asked}); cmd != nil {
		t.Error("it asks though nobody sees it")
	}
	before := v.known.name
	v.update(m.world, serviceMsg{asked: asked, known: serviceKnown{name: "late"}})
	if v.known.name != before {
		t.Error("a late answer was taken")
	}
}

func TestViewsFitTheWindow(t *testing.T) {
	t.Parallel()
	b := &telling{backend: newBackend(shop()), points: pointsAt(time.Now(), 3600)}
	for k := range 300 {
		p := api.InspectedProcess{Pid: 4194000 + k, Parent: 4194000 + k - 1, Depth: min(k, 40), Name: "worker", Command: strings.Repeat("日本", 200)}
		for n := range 40 {
			p.Sockets = append(p.Sockets, api.Socket{Proto: "tcp", Local: "127.0.0.1:1", Remote: fmt.Sprintf("10.0.%d.%d:443", k%3, n), State: "established"})
			p.Files = append(p.Files, api.File{FD: n, Kind: "file", Path: strings.Repeat("x", 300)})
		}
		b.processes = append(b.processes, p)
	}
	var events []api.Event
	for k := range 100 {
		events = append(events, api.Event{Time: noon.Add(time.Duration(k) * time.Hour), Kind: api.EventExit, Instance: "日本語サービス", Exit: &api.Exit{Code: 1, Text: strings.Repeat("long ", k)}})
	}
	m := telledModel(t, 100, 30, b)
	m, _ = update(m, seenMsg{at: noon, status: shop(), events: events})
	for name, set := range map[string]func(){
		"overview":    func() { m = ask(t, m, "web", "") },
		"processes":   func() { m = ask(t, m, "web", ">") },
		"files":       func() { m = ask(t, m, "web", ">") },
		"environment": func() { m = ask(t, m, "web", ">v") },
		"graph":       func() { m, _ = update(m, press("4")...) },
		"events":      func() { m, _ = update(m, press("5")...) },
		"events, up":  func() { m, _ = update(m, press("5kkt/日")...) },
		"palette":     func() { m, _ = update(m, append([]tea.Msg{tea.KeyPressMsg{Code: tea.KeyEscape}}, press("1:r")...)...) },
	} {
		m.over = nil
		set()
		for _, size := range sizes {
			m, _ = update(m, size)
			lines := strings.Split(m.View().Content, "\n")
			if len(lines) > max(1, size.Height) {
				t.Errorf("%s at %dx%d: %d lines", name, size.Width, size.Height, len(lines))
			}
			for i, l := range lines {
				if n := ansi.Width(l); n > size.Width {
					t.Errorf("%s at %dx%d: line %d takes %d cells: %q", name, size.Width, size.Height, i, n, l)
				}
			}
		}
		m, _ = update(m, tea.KeyPressMsg{Code: tea.KeyEscape})
	}
}

func TestGraphView(t *testing.T) {
	t.Parallel()
	st := shop()
	for k, after := range map[int][]api.After{1: {{Service: "db", Condition: "ready", Holds: true}}, 4: {{Service: "api", Condition: "ready"}, {Service: "db", Holds: true}}, 5: {{Service: "gone"}}} {
		st.Services[k].After = after
	}
	m := at(80, 24, st, press("4")...)
	s := strings.ReplaceAll(seen(m), "⏎", "\n")
	for _, want := range []string{"▸ db ", "● ready     ─┐", "◐ running   ◀•─┐", "▲ unhealthy ◀┴╌┘", "db · before api, web"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in\n%s", want, s)
		}
	}
	m, _ = update(m, press("d")...)
	if m.selected != "api" {
		t.Errorf("what comes after db is %q", m.selected)
	}
	m, _ = update(m, press("d")...)
	if s := seen(m); m.selected != "web" || !strings.Contains(s, "web · waits for api to be ready · comes after") {
		t.Errorf("%s is chosen:\n%s", m.selected, s)
	}
	m, _ = update(m, press("u")...)
	if m.selected != "api" {
		t.Errorf("what web comes after is %q", m.selected)
	}
}

func TestEventsView(t *testing.T) {
	t.Parallel()
	var events []api.Event
	add := func(ev api.Event) {
		ev.Time = noon.Add(time.Duration(len(events)) * time.Second)
		events = append(events, ev)
	}
	for range 30 {
		add(api.Event{Kind: api.EventState, Instance: "db", State: api.Ready})
	}
	add(api.Event{Kind: api.EventExit, Instance: "api", Exit: &api.Exit{Code: 3, Text: "exit code 3"}})
	add(api.Event{Kind: api.EventFiles, Instance: "web", Reason: "src/app.ts"})
	add(api.Event{Kind: api.EventProbe, Instance: "web", Reason: "failed: 500"})
	m := at(80, 24, shop(), append([]tea.Msg{seenMsg{at: noon, status: shop(), events: events}}, press("5")...)...)
	shows := func(what string, wants ...string) {
		t.Helper()
		s := strings.ReplaceAll(seen(m), "⏎", "\n")
		for _, want := range wants {
			if !strings.Contains(s, want) {
				t.Errorf("%s: %q is not in\n%s", what, want, s)
			}
		}
	}
	shows("at first", "33 events", "✗ api", "ended: exit code 3", "✎ web", "files changed: src/app.ts", "? web", "healthcheck failed: 500", "following")
	m, _ = update(m, press("kk")...)
	shows("up", "paused, 2 newer below")
	m, _ = update(m, seenMsg{at: noon, status: shop(), events: []api.Event{{Kind: api.EventNotice, Reason: "disk is full", Time: noon}}})
	shows("paused", "paused, 3 newer below")
	m, _ = update(m, press("G")...)
	shows("again", "following", "! ", "disk is full")
	m, _ = update(m, press("f")...)
	shows("problems", "problems · 2 events", "exit code 3")
	m, _ = update(m, press("g")...)
	m, cmd := update(m, enter)
	if cmd == nil || m.selected != "api" {
		t.Errorf("enter chooses %q", m.selected)
	}
	m, _ = update(m, tea.KeyPressMsg{Code: tea.KeyEscape})
	m, _ = update(m, press("/app.ts")...)
	shows("typed", "1 event", "src/app.ts")
}

// Where nothing is known a chart has a gap, and where a program was started
// again a mark.
func TestAChartHasGaps(t *testing.T) {
	t.Parallel()
	end := time.Unix(1_800_000_000, 0)
	var points []api.Point
	for k := range 120 {
		if k < 40 || k >= 80 {
			points = append(points, api.Point{At: end.Add(time.Duration(k-120) * time.Second), Seconds: 1, Run: 1 + k/60, MemoryBytes: 10e6, MemoryMax: 10e6})
		}
	}
	look := newTheme(colorprofile.ASCII, true)
	c := chart{title: "Memory", value: memoryOf, high: memoryMaxOf, limit: 20e6, write: func(v float64) string { return size(uint64(v)) }, style: look.plain}
	got := string(ansi.Plain(nil, []byte(strings.Join(c.draw(&look, points, end.Add(-2*time.Minute), end, 38, 8), "⏎"))))
	want := strings.Join([]string{
		" Memory 10 MB, highest 10 MB, limit 2…",
		" limit ┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
		"       ┤                              ",
		"       ┤                              ",
		"       ┤⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉         ⠈⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉",
		"       ┤                              ",
		"  0 kB ┤                              ",
		"   -2m └───────────────────↻──────────",
	}, "⏎")
	if got != want {
		t.Errorf("\n%s\nwant:\n%s", strings.ReplaceAll(got, "⏎", "\n"), strings.ReplaceAll(want, "⏎", "\n"))
	}
}

// A flood is heard, and what is old is let go.
func TestAFloodOfEvents(t *testing.T) {
	t.Parallel()
	m := at(80, 24, shop(), press("5")...)
	n := 0
	for n < 100_000 {
		var events []api.Event
		for range 1000 {
			events = append(events, api.Event{Seq: uint64(n), Time: noon, Kind: api.EventNotice, Reason: fmt.Sprint("event ", n)})
			n++
		}
		m, _ = update(m, seenMsg{at: noon, status: shop(), events: events})
	}
	if s := seen(m); !strings.Contains(s, "event 99999") || len(m.events) > 2*eventsKept {
		t.Errorf("%d are held:\n%s", len(m.events), s)
	}
	// The chosen one stays, though others before it go.
	more := func() {
		var events []api.Event
		for range 1000 {
			events = append(events, api.Event{Time: noon, Kind: api.EventNotice, Reason: fmt.Sprint("event ", n)})
			n++
		}
		m, _ = update(m, seenMsg{at: noon, status: shop(), events: events})
	}
	for len(m.events) < 2*eventsKept-1000 {
		more()
	}
	m, _ = update(m, press("kkkkkkkk")...)
	chosen := m.views[viewEvents].(*eventsView).chosen(m.world).Reason
	for before := 0; before < len(m.events); {
		before = len(m.events)
		more()
	}
	if got := m.views[viewEvents].(*eventsView).chosen(m.world).Reason; got != chosen {
		t.Errorf("%s is chosen, and was %s", got, chosen)
	}
	m, _ = update(m, press("g")...)
	if s := seen(m); !strings.Contains(s, fmt.Sprint("event ", n-len(m.events))) {
		t.Errorf("the first that is held is not at the top:\n%s", s)
	}
}

func BenchmarkViews(b *testing.B) {
	backend := &telling{backend: newBackend(many(100)), points: pointsAt(time.Now(), 3600)}
	m := telledModel(b, 200, 50, backend)
	st := many(100)
	for k := range st.Services {
		for on := 1; on <= 3 && on <= k; on++ {
			st.Services[k].After = append(st.Services[k].After, api.After{Service: st.Services[k/on-1+1-min(1, k/on)].Name, Holds: true})
		}
	}
	var events []api.Event
	for range 100_000 {
		events = append(events, api.Event{Time: noon, Kind: api.EventState, Instance: "svc-01", State: api.Ready})
	}
	m, _ = update(m, seenMsg{at: noon, status: st, events: events})
	for k, name := range []string{"services", "service", "logs", "graph", "events"} {
		m, _ = update(m, press(fmt.Sprint(k+1))...)
		if k == viewService {
			m = ask(b, m, "svc-05", "")
		}
		down := tea.KeyPressMsg{Code: 'j', Text: "j"}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = m.Update(down)
				_ = m.View()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16e6, "of-16ms")
		})
	}
}

// The log of one service is a page of it: followed, searched, and that of the
// next service when the person goes on to that.
func TestAServiceShowsItsLog(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 100, 30, shop())
	db := d.prints("db")
	db.now("of db\n")
	d.prints("api").now("of api\n")
	d.press("2")
	d.sees("of db") // below the charts
	d.send(right)
	d.sees("db · following")
	d.hides("Memory")
	db.now("one more\n")
	d.sees("one more")
	d.press("/more")
	d.hides("of db")
	d.send(enter)
	d.sees("/more/")
	d.press("ff") // of no other service
	d.send(esc)
	d.sees("of db")
	if s := d.screen(); strings.Contains(s, "of api") {
		t.Errorf("another's lines:\n%s", s)
	}
	d.send(left)
	d.sees("Memory")
	d.press("n")
	d.sees("of api")
	d.hides("of db")
	d.send(right)
	d.sees("api · following")
	d.press("1")
	if v := d.m.views[viewService].(*serviceView); v.tail.stream.stop != nil || v.tail.asked.stop != nil {
		t.Error("it goes on reading when it is not shown")
	}
}
