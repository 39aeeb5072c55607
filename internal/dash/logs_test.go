package dash

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"prox/internal/ansi"
	"prox/internal/api"
	"prox/internal/logstore"
	logs "prox/internal/scroll"
)

// desk is a window with a person at it: commands run, and what they tell comes
// back.
type desk struct {
	t    testing.TB
	m    *model
	v    *logsView
	root string
	copy string

	ctx  context.Context
	msgs chan tea.Msg
	work sync.WaitGroup
}

// newDesk shows the logs under a folder of its own.
func newDesk(t testing.TB, width, height int, st *api.Status) *desk {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	d := &desk{t: t, root: t.TempDir(), ctx: ctx, msgs: make(chan tea.Msg)}
	do := actions{ctx: ctx, Seams: Seams{Logs: d.root, Copy: func(_ context.Context, text string) (string, error) {
		d.copy = text // the test waits for what is told of it
		return "the clipboard", nil
	}}}
	d.m = newModel(do, colorprofile.ANSI256)
	d.v = d.m.views[viewLogs].(*logsView)
	t.Cleanup(func() {
		stop()
		d.work.Wait()
	})
	d.send(tea.WindowSizeMsg{Width: width, Height: height}, seenMsg{at: noon, status: st})
	return d
}

func (d *desk) send(msgs ...tea.Msg) {
	for _, msg := range msgs {
		_, cmd := d.m.Update(msg)
		d.run(cmd)
	}
}

func (d *desk) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	d.work.Go(func() {
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				d.run(c)
			}
		default:
			select {
			case d.msgs <- msg:
			case <-d.ctx.Done():
			}
		}
	})
}

// until takes in what is told until something is so.
func (d *desk) until(what string, so func() bool) {
	d.t.Helper()
	timeout := time.After(deadline)
	for !so() {
		select {
		case msg := <-d.msgs:
			d.send(msg)
		case <-timeout:
			d.t.Fatalf("never: %s\n%s", what, d.screen())
		}
	}
}

func (d *desk) screen() string { return strings.ReplaceAll(seen(d.m), "⏎", "\n") }

func (d *desk) sees(text string) {
	d.t.Helper()
	d.until("the screen shows "+text, func() bool { return strings.Contains(d.screen(), text) })
}

func (d *desk) hides(text string) {
	d.t.Helper()
	d.until("the screen does not show "+text, func() bool { return !strings.Contains(d.screen(), text) })
}

func (d *desk) press(keys string) { d.send(press(keys)...) }

// writer writes what an instance prints.
type writer struct {
	t testing.TB
	w *logstore.Writer
}

func (d *desk) prints(instance string) writer {
	d.t.Helper()
	return prints(d.t, d.root, instance)
}

func prints(t testing.TB, root, instance string) writer {
	t.Helper()
	w, err := logstore.Create(logstore.Folder(root, instance), logstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return writer{t, w}
}

func (w writer) at(when time.Time, text string) {
	w.t.Helper()
	if err := w.w.Append(when, logstore.Stdout, []byte(text)); err != nil {
		w.t.Fatal(err)
	}
	if err := w.w.Flush(); err != nil {
		w.t.Fatal(err)
	}
}

func (w writer) now(text string) {
	w.t.Helper()
	w.at(time.Now(), text)
}

var (
	up    = tea.KeyPressMsg{Code: tea.KeyUp}
	down  = tea.KeyPressMsg{Code: tea.KeyDown}
	left  = tea.KeyPressMsg{Code: tea.KeyLeft}
	right = tea.KeyPressMsg{Code: tea.KeyRight}
	pgUp  = tea.KeyPressMsg{Code: tea.KeyPgUp}
	pgDn  = tea.KeyPressMsg{Code: tea.KeyPgDown}
	esc   = tea.KeyPressMsg{Code: tea.KeyEscape}
	blank = tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
)

func TestLogsAreFollowed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	db := d.prints("db")
	db.now("the first\n")
	d.press("3")
	d.sees("the first")
	if s := d.screen(); !strings.Contains(s, "all services · following") || !strings.Contains(s, "db") {
		t.Errorf("the head, or the name, is not there:\n%s", s)
	}
	db.now("\x1b[32mthe\x1b[0m second\x1b]0;owned\x07\x1b[2J\n")
	d.sees("the second")
	d.prints("日本語サービス").now("a service with a wide name\n")
	d.prints("late").now("an instance that nobody knew\n")
	d.sees("a service with a wide name")
	d.sees("an instance that nobody knew")
	db.now("half a line")
	d.sees("half a line")
	db.now(", the other half\n")
	d.sees("half a line, the other half")
	if s := d.m.View().Content; !strings.Contains(s, "\x1b[32mthe\x1b[0m second") || strings.Contains(s, "owned") {
		t.Errorf("the line has lost its own colours, or kept more than those:\n%q", s)
	}
}

func TestLogsWaitForWhoLooksBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	db := d.prints("db")
	for i := range 40 {
		db.now(fmt.Sprintf("line %d.\n", i))
	}
	d.press("3")
	d.sees("line 39.")
	d.send(up)
	for i := range 1234 {
		db.now(fmt.Sprintf("more %d.\n", i))
	}
	d.sees("paused, 1,234 new lines below · G follows")
	if s := d.screen(); !strings.Contains(s, "line 39.") || strings.Contains(s, "more") {
		t.Errorf("what was looked at has gone:\n%s", s)
	}
	if d.m.selected != "db" {
		t.Errorf("keys act on %q, not on whose line is chosen", d.m.selected)
	}
	d.press("G")
	d.sees("more 1233.")
	d.sees("following")
	d.send(blank)
	d.sees("paused")
	d.send(down)
	d.sees("following")
	db.now("the last\n")
	d.sees("the last")
}

func TestLogsAreFilteredAsOneTypes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	db, web := d.prints("db"), d.prints("web")
	for i := range 300 {
		db.now(fmt.Sprintf("line %d of db\n", i))
	}
	db.now("ERROR a Timeout of db\n")
	web.now("WARN a timeout of web\n")
	web.now("all is well\n")
	d.press("3")
	d.sees("all is well")
	d.press("/timeout")
	d.hides("all is well")
	d.sees("a Timeout of db")
	d.sees("a timeout of web")
	if s := d.m.View().Content; !strings.Contains(s, "\x1b[7mTimeout\x1b[27m") {
		t.Errorf("the match does not stand out:\n%q", s)
	}
	d.send(enter)
	d.sees("/timeout/")
	d.press("e")
	d.sees("level ≥ warn")
	d.press("e")
	d.hides("a timeout of web")
	d.sees("a Timeout of db")
	web.now("ERROR another timeout\n")
	db.now("not that\n")
	d.sees("another timeout")
	d.send(esc)
	d.hides("/timeout/")
	d.press("E")
	d.sees("not that")
	// What was chosen stays while the filter changes: its surroundings are wanted.
	d.press("/line 7 of")
	d.sees("line 7 of db")
	d.hides("not that")
	d.send(enter, up, esc)
	d.sees("line 8 of db")
	d.sees("▸")
	if l, ok := d.v.chosen(); !ok || string(l.Text) != "line 7 of db" {
		t.Errorf("chosen is %q", l.Text)
	}
	d.press("/nosuch")
	d.sees("nothing is like that")
	d.send(esc)
	d.sees("line 7 of db")
}

func TestLogsOfOneInstance(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	d.prints("db").now("of db\n")
	d.prints("api").now("of api\n")
	d.prints("gone").now("of one that is gone\n")
	d.press("l") // db is the first
	d.sees("of db")
	if s := d.screen(); strings.Contains(s, "of api") || !strings.Contains(s, " db · following") {
		t.Errorf("not only db:\n%s", s)
	}
	d.press("f")
	d.sees("of api")
	d.hides("of db")
	d.press("F")
	d.sees("of db")
	d.press("F")
	d.sees("all services")
	d.press("F")
	d.sees("of one that is gone")
	d.hides("of api")
	d.m.selected = "api"
	d.press("l") // within the view
	d.sees("of api")
	d.hides("gone")
}

// Services are chosen by what is typed, several of them and whole groups.
func TestLogsOfWhatIsTyped(t *testing.T) {
	t.Parallel()
	st := shop()
	for k, s := range st.Services {
		if s.Name == "api" || s.Name == "mail" {
			st.Services[k].Groups = []string{"backend"}
		}
	}
	d := newDesk(t, 80, 24, st)
	for _, name := range []string{"db", "api", "mail", "web"} {
		d.prints(name).now("said by " + name + "\n")
	}
	d.press("3")
	d.sees("said by web")
	d.press("@d")
	d.hides("said by web")
	d.sees("said by db")
	d.press("b we")
	d.sees("said by web")
	d.hides("said by api")
	d.send(enter)
	d.sees("db, web · following")
	d.press("@@back")
	d.sees("said by mail")
	d.sees("said by api")
	d.hides("said by db")
	d.press("nosuch")
	d.sees("no service is like that")
	d.sees("said by mail")
	d.send(esc)
	d.sees("db, web · following")
	d.hides("said by mail")
	d.press("@")
	d.send(enter)
	d.sees("all services")
	d.sees("said by mail")
	d.press("@")
	d.press("q") // is typed, and does not leave
	d.sees("no service is like that")
}

// Whoever pages through a long log sees each line, and no more is held than that
// takes.
func TestLogsReachFarBack(t *testing.T) {
	t.Parallel()
	const all = 14_000
	d := newDesk(t, 80, 24, shop())
	var b strings.Builder
	db := d.prints("db")
	for i := range all {
		fmt.Fprintf(&b, "line %d.\n", i)
		if i%7 == 0 { // many at one time
			db.at(noon.Add(time.Duration(i)*time.Millisecond), b.String())
			b.Reset()
		}
	}
	db.at(noon.Add(time.Hour), b.String())
	d.press("3")
	d.sees(fmt.Sprintf("line %d.", all-1))
	numbers := func() (first, last int) {
		first, last = -1, -1
		for _, l := range strings.Split(d.screen(), "\n") {
			var n int
			if _, after, ok := strings.Cut(l, "line "); ok {
				if _, err := fmt.Sscanf(after, "%d.", &n); err == nil {
					if last >= 0 && n != last+1 {
						t.Fatalf("line %d is followed by line %d:\n%s", last, n, d.screen())
					}
					if last = n; first < 0 {
						first = n
					}
				}
			}
		}
		return first, last
	}
	next, _ := numbers() // the lowest that was seen
	for next > 0 {
		d.send(pgUp)
		d.until("lines before", func() bool { return d.v.asking == 0 })
		first, last := numbers()
		if last < next-1 {
			t.Fatalf("from line %d to lines %d to %d", next, first, last)
		}
		next = first
		if n := len(d.v.page.Lines); n > linesHeld+linesAsked {
			t.Fatalf("%d lines are held", n)
		}
	}
	_, next = numbers()
	for next < all-1 {
		d.send(pgDn)
		d.until("lines after", func() bool { return d.v.asking == 0 })
		first, last := numbers()
		if first > next+1 {
			t.Fatalf("from line %d to lines %d to %d", next, first, last)
		}
		next = last
		if n := len(d.v.page.Lines); n > linesHeld+linesAsked {
			t.Fatalf("%d lines are held", n)
		}
	}
	d.press("g")
	d.sees("line 0.")
	d.press("G")
	d.sees(fmt.Sprintf("line %d.", all-1))
	db.now("and on\n")
	d.sees("and on")
}

func TestLogsGoToErrors(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	db := d.prints("db")
	var b strings.Builder
	for i := range 9000 {
		level := "INFO"
		if i == 10 || i == 4000 || i == 8990 {
			level = "ERROR"
		}
		fmt.Fprintf(&b, "%s line %d.\n", level, i)
		if i%100 == 0 {
			db.at(noon.Add(time.Duration(i)*time.Millisecond), b.String())
			b.Reset()
		}
	}
	db.at(noon.Add(time.Hour), b.String())
	d.press("3")
	d.sees("line 8999.")
	for _, want := range []int{8990, 4000, 10} {
		d.press("N")
		d.until(fmt.Sprint("line ", want, " is chosen"), func() bool {
			l, _ := d.v.chosen()
			return string(l.Text) == fmt.Sprintf("ERROR line %d.", want)
		})
		d.sees(fmt.Sprintf("line %d.", want))
	}
	d.press("N")
	d.sees("no error before this one")
	for _, want := range []int{4000, 8990} {
		d.press("n")
		d.until(fmt.Sprint("line ", want, " is chosen"), func() bool {
			l, _ := d.v.chosen()
			return string(l.Text) == fmt.Sprintf("ERROR line %d.", want)
		})
	}
	d.press("n")
	d.sees("no error after this one")
}

func TestLogsShowRecords(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 120, 24, shop())
	d.prints("db").now(`{"time":"2026-05-01T12:00:00Z","level":"error","msg":"no such user","status":404,"stack":"Error: x\n    at f (a.js:1:2)"}` + "\n")
	d.press("3")
	d.sees("E no such user status=404 (+2 lines)")
	d.press("p")
	d.sees(`"msg":"no such user"`)
	d.press("p")
	d.press("w")
	d.sees("at f (a.js:1:2)")
	d.press("w")
	d.hides("at f (a.js:1:2)")
	d.send(enter)
	d.sees("at f (a.js:1:2)")
	d.sees("msg    no such user")
	d.send(esc)
	d.hides("at f (a.js:1:2)")
}

func TestLogsShowAWholeTrace(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	db, web := d.prints("db"), d.prints("web")
	now := time.Now()
	for i, l := range []string{"Traceback (most recent call last):", `  File "a.py", line 1, in f`, "    x()", "ValueError: no"} {
		db.at(now.Add(time.Duration(2*i)*time.Millisecond), l+"\n")
		web.at(now.Add(time.Duration(2*i+1)*time.Millisecond), "between\n")
	}
	d.press("3")
	d.press("/valueerror")
	d.hides("between")
	d.send(enter)
	d.until("the filter is kept", func() bool { return d.v.asking == 0 })
	d.send(enter)
	d.sees("Traceback")
	d.sees("4 lines")
	d.press("y")
	d.sees("all of it is on the clipboard")
	if want := "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x()\nValueError: no\n"; d.copy != want {
		t.Errorf("copied %q, want %q", d.copy, want)
	}
}

func TestEventsAreBetweenTheLines(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	db := d.prints("db")
	db.at(noon, "before\n")
	db.at(noon.Add(2*time.Second), "after\n")
	d.send(seenMsg{at: noon, status: shop(), events: []api.Event{
		{Kind: api.EventExit, Instance: "db", Time: noon.Add(time.Second), Exit: &api.Exit{Code: 3, Text: "exit code 3"}},
		{Kind: api.EventState, Instance: "web", State: api.Ready, Time: noon.Add(3 * time.Second)},
	}})
	d.press("3")
	d.sees("after")
	s := d.screen()
	for _, text := range []string{"before", "db ended: exit code 3", "after", "web ready"} {
		k := strings.Index(s, text)
		if k < 0 {
			t.Fatalf("%q is not next:\n%s", text, s)
		}
		s = s[k:]
	}
	d.press("v")
	d.hides("── db ended")
}

// A flood holds what goes on with what comes, and nothing from before.
func TestAFloodOfLogs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	d.prints("db").now("before the flood\n")
	d.press("3")
	d.sees("before the flood")
	batch := func(from, n, skipped int) logsBatchMsg {
		msg := logsBatchMsg{of: d.v, n: d.v.stream.n}
		msg.batch.Skipped = skipped
		for i := range n {
			msg.batch.Lines = append(msg.batch.Lines, logs.Line{At: time.Now().Add(time.Duration(from+i) * time.Millisecond), Instance: "db", Text: fmt.Appendf(nil, "flood %d.", from+i)})
		}
		return msg
	}
	d.send(batch(0, 100, 5))
	d.sees("flood 99.")
	if n := len(d.v.page.Lines); n != 100 || d.v.page.Begins {
		t.Errorf("%d lines are held", n)
	}
	for k := range 20 {
		d.send(batch(1000+k*1000, 1000, 0))
		if n := len(d.v.page.Lines); n > linesHeld {
			t.Fatalf("%d lines are held", n)
		}
	}
	d.send(up)
	d.send(batch(90_000, 10, 700))
	d.sees("paused, 710 new lines below")
	d.sees("flood 20999.")
}

func TestLogsEndWhenTheyAreNotShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	db := d.prints("db")
	db.now("first\n")
	d.press("3")
	d.sees("first")
	d.press("1")
	ended := make(chan struct{})
	go func() {
		d.work.Wait() // nothing goes on, though the window does
		close(ended)
	}()
	for going := true; going; {
		select {
		case msg := <-d.msgs:
			d.send(msg)
		case <-ended:
			going = false
		}
	}
	db.now("second\n")
	d.press("3")
	d.sees("second")
	db.now("third\n")
	d.sees("third")
}

func TestLogsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	m := at(80, 24, shop(), press("3")...)
	if s := seen(m); !strings.Contains(s, "prox logs shows them") {
		t.Errorf("nothing is said:\n%s", s)
	}
	d := newDesk(t, 80, 24, shop())
	d.press("3")
	d.sees("nothing has been printed yet")
	d.prints("db").now("now\n")
	d.sees("now")
	if os.Getuid() == 0 {
		return // may read all
	}
	d.press("1")
	if err := os.Chmod(d.root, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(d.root, 0o700) })
	d.press("3")
	d.sees("permission denied")
}

func TestLogsFitTheWindow(t *testing.T) {
	t.Parallel()
	for _, keys := range []string{"", "w", "wt", "ttt", "p", "kkk", "k/line", "kkw", "v"} {
		d := newDesk(t, 80, 24, shop())
		db := d.prints("日本語サービス")
		db.now("a line\n" + strings.Repeat("日本語 \x1b[31;1mx\x1b[0m\t", 300) + "\n" + strings.Repeat("x", 1_000_000) + "\n\n\x1b[2J\x1b]0;owned\x07\xff\xfe line\n👩‍👩‍👧‍👧❤️" + strings.Repeat("e\u0301", 90) + "\n")
		d.prints("web").now(`{"level":"error","msg":"` + strings.Repeat("日本", 200) + `","stack":"a\n\tb\n\tc","k":"\u001b[2Jowned"}` + "\n")
		d.press("3")
		d.sees("日本")
		d.press(keys)
		for _, whole := range []bool{false, true} {
			if whole && d.v.editing {
				d.send(enter)
			}
			if whole {
				d.send(enter)
			}
			for _, size := range sizes {
				d.send(size)
				d.until("it has been looked for", func() bool { return d.v.asking == 0 })
				lines := strings.Split(d.m.View().Content, "\n")
				if len(lines) > max(1, size.Height) {
					t.Errorf("%q at %dx%d: %d lines", keys, size.Width, size.Height, len(lines))
				}
				for i, l := range lines {
					if w := ansi.Width(l); w > size.Width || strings.ContainsAny(l, "\t\r") || strings.Contains(l, "\x1b[2J") || strings.Contains(l, "\x1b]") {
						t.Errorf("%q at %dx%d, whole %v: line %d takes %d cells, or holds what it must not: %q", keys, size.Width, size.Height, whole, i, w, l)
					}
				}
			}
		}
	}
}

func TestLogsWithoutColours(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 80, 24, shop())
	d.send(tea.ColorProfileMsg{Profile: colorprofile.ASCII})
	d.prints("db").now("\x1b[31mred\x1b[0m\nERROR bad\n" + `{"level":"warn","msg":"hm","a":1}` + "\n")
	d.press("3")
	d.sees("hm")
	for _, keys := range []string{"", "k", "\n"} {
		d.press(keys)
		if keys == "\n" {
			d.send(enter)
		}
		for _, seq := range strings.Split(d.m.View().Content, "\x1b[")[1:] {
			params, _, _ := strings.Cut(seq, "m")
			for _, p := range strings.Split(params, ";") {
				if len(p) == 2 && (p[0] == '3' || p[0] == '4' || p[0] == '9') {
					t.Fatalf("without colours there is still SGR %q", params)
				}
			}
		}
	}
}

func TestRowsOfALine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line  string
		cells int
		most  int
		want  string
	}{
		{"", 5, 9, ""},
		{"abcdefgh", 3, 9, "abc|def|gh"},
		{"abcdefgh", 3, 2, "abc|def|…"},
		{"日本語", 3, 9, "日|本|語"},
		{"a\x1b[31mbcd\x1b[0mef", 3, 9, "a\x1b[31mbc\x1b[0m|\x1b[31md\x1b[0mef"},
	} {
		rows, all := rowsOf(c.line, c.cells, c.most)
		if !all {
			rows = append(rows, "…")
		}
		if got := strings.Join(rows, "|"); got != c.want {
			t.Errorf("%q in %d cells: %q, want %q", c.line, c.cells, got, c.want)
		}
	}
	if got := without("\x1b[31m日本\x1b[0mx", 3); got != "\x1b[31m \x1b[0mx" {
		t.Errorf("without three cells: %q", got)
	}
	if got := untabbed("a\tb\t\x1b[1mc"); got != "a       b       \x1b[1mc" {
		t.Errorf("tabs: %q", got)
	}
	f := logs.Filter{Text: "b+"}
	if got := highlighted("ab\x1b[1mbc b", f.Expression()); got != "a\x1b[7mb\x1b[1m\x1b[7mb\x1b[27mc \x1b[7mb\x1b[27m" {
		t.Errorf("highlighted: %q", got)
	}
}

func BenchmarkLogs(b *testing.B) {
	for name, keys := range map[string]string{"cut": "", "wrapped": "w", "filtered": "/m.ny"} {
		b.Run(name, func(b *testing.B) {
			d := newDesk(b, 200, 60, shop())
			db := d.prints("db")
			for i := range linesHeld {
				db.at(noon.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf(`{"level":"info","msg":"request %d of many","status":200,"path":"/cart/%d","took_ms":12.5}`+"\n", i, i))
			}
			d.press("3")
			d.sees("request 4999")
			d.press(keys)
			if d.v.editing {
				d.send(enter)
			}
			d.press("g")
			d.sees("request 0 ")
			for len(d.v.page.Lines) < linesHeld {
				d.send(pgDn)
				d.until("lines after", func() bool { return d.v.asking == 0 })
			}
			b.ReportAllocs()
			for b.Loop() {
				_ = d.m.View()
			}
		})
	}
}
