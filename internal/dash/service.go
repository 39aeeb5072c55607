package dash

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
	"prox/internal/api"
)

// serviceView is one instance whole: pages on what it costs, its processes,
// what it has open, what it is given, and what became of it.
type serviceView struct {
	on    bool
	asked int    // counts: an answer to an earlier question is dropped
	of    string // the instance that is shown

	page   int
	span   int
	scroll scroll
	show   int // of values of variables: 0 none, 1 those that are no secrets, 2 all

	known serviceKnown
	tail  *logsView // what it prints

	charts    []string // as they were drawn last
	chartsFor chartsKey
}

// serviceKnown is what was answered about one instance.
type serviceKnown struct {
	name        string
	at          time.Time
	series      api.Series
	inspection  *api.Inspection
	explanation *api.Explanation
	environment *api.Environment
	trouble     string
}

// serviceMsg brings answers.
type serviceMsg struct {
	asked int
	known serviceKnown
}

// serviceTick is when the view asks again.
type serviceTick struct{ asked int }

// The pages of the view.
const (
	pageOverview = iota
	pageLog
	pageProcesses
	pageFiles
	pageEnvironment
	pageHistory
)

var pages = []string{"Overview", "Log", "Processes", "Files", "Environment", "History"}

// pageNames are the names as there is room for them: in a narrow window those
// of the pages that are not shown are short.
func pageNames(width, shown int) []string {
	if 1+len(strings.Join(pages, blanks)) <= width {
		return pages
	}
	names := []string{"Over", "Log", "Proc", "File", "Env", "Hist"}
	if 1+len(strings.Join(names, blanks))+len(pages[shown])-len(names[shown]) <= width {
		names[shown] = pages[shown]
	}
	return names
}

// timeSpan is how far back the charts go.
type timeSpan struct {
	name string
	of   time.Duration
	step time.Duration
}

var spans = []timeSpan{{"5 min", 5 * time.Minute, 0}, {"1 h", time.Hour, 10 * time.Second}, {"24 h", 24 * time.Hour, 4 * time.Minute}}

const (
	askEvery = 2 * time.Second
	twoWide  = 110 // cells from which two charts stand side by side
)

func newServiceView() *serviceView { return &serviceView{tail: newTail()} }

func (v *serviceView) name() string { return "Service" }

func (v *serviceView) typing() bool { return v.page == pageLog && v.tail.typing() }

func (v *serviceView) leave() bool { return v.page == pageLog && v.tail.leave() }

func (v *serviceView) keys() []keyHelp {
	page := keyHelp{"←→", "page", "overview, log, processes, files, environment, history"}
	if v.page == pageLog {
		if v.tail.typing() || v.tail.whole != nil {
			return v.tail.keys()
		}
		return append([]keyHelp{page}, v.tail.keys()...)
	}
	own := []keyHelp{
		page,
		{"n p", "next", "the next service, or the one before"},
		{"[ ]", "span", "5 minutes, an hour, a day"},
		{"↑↓", "scroll", "scroll; also j and k, PgUp and PgDn, the mouse"},
	}
	if v.page == pageEnvironment {
		own = append([]keyHelp{{"v", "values", "show values; V those of secrets too"}}, own...)
	}
	return own
}

func (v *serviceView) shown(w *world, on bool) tea.Cmd {
	v.on = on
	v.asked++
	v.show = 0
	if !on {
		return v.tail.shown(v.inner(w), false)
	}
	return tea.Batch(v.ask(w), v.tail.shown(v.inner(w), true))
}

// inner is the world as the log of this view sees it: below the heads.
func (v *serviceView) inner(w *world) *world {
	in := *w
	in.height, in.y = v.room(w), w.y+v.headLines(w)
	return &in
}

// ask asks all about the chosen instance.
func (v *serviceView) ask(w *world) tea.Cmd {
	v.asked++
	if v.of != w.selected {
		v.of, v.scroll, v.show = w.selected, scroll{}, 0
		v.tail.only(w, v.of)
	}
	r, ok := w.chosen()
	if !ok || w.do.client == nil {
		return nil
	}
	asked, do, page, span := v.asked, w.do, v.page, spans[v.span]
	known := serviceKnown{name: r.Name}
	service := r.Name
	if r.service != nil {
		service = r.service.Name
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(do.ctx, quick)
		defer cancel()
		known.at = do.now()
		m, err := do.client.Series(ctx, api.SeriesRequest{Instances: []string{known.name}, Since: known.at.Add(-span.of), Step: span.step, Watching: true})
		if err == nil && len(m.Series) > 0 {
			known.series = m.Series[0]
		}
		if err == nil && (page == pageOverview || page == pageProcesses || page == pageFiles) {
			known.inspection, err = do.client.Inspect(ctx, known.name)
		}
		if err == nil {
			known.explanation, err = do.client.Explain(ctx, known.name)
		}
		if err == nil && page == pageEnvironment {
			known.environment, err = do.client.Environment(ctx, service)
		}
		if err != nil {
			known.trouble = tidy(err.Error())
		}
		return serviceMsg{asked, known}
	}
}

func (v *serviceView) update(w *world, msg tea.Msg) tea.Cmd {
	log := v.updateTail(w, msg)
	if v.on && v.of != w.selected {
		return tea.Batch(log, v.ask(w), v.tail.update(v.inner(w), nil))
	}
	return tea.Batch(log, v.updatePage(w, msg))
}

// updateTail gives the log what it is told, and the keys and the mouse while it
// is the page.
func (v *serviceView) updateTail(w *world, msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyPressMsg:
		if k := m.String(); v.page != pageLog || !v.tail.typing() && (k == "left" || k == "right") {
			return nil
		}
	case tea.PasteMsg, tea.MouseWheelMsg:
		if v.page != pageLog {
			return nil
		}
	case tea.MouseClickMsg:
		if v.page != pageLog {
			return nil
		}
		m.Y -= v.headLines(w)
		msg = m
	}
	return v.tail.update(v.inner(w), msg)
}

func (v *serviceView) updatePage(w *world, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case serviceMsg:
		if msg.asked != v.asked || !v.on {
			return nil
		}
		v.known = msg.known
		return tea.Tick(askEvery, func(time.Time) tea.Msg { return serviceTick{msg.asked} })
	case serviceTick:
		if msg.asked == v.asked && v.on {
			return v.ask(w)
		}
	case tea.KeyPressMsg:
		return v.key(w, msg)
	case tea.MouseWheelMsg:
		if v.page != pageLog {
			v.scroll.update(msg, len(v.body(w)), v.room(w))
		}
	case tea.MouseClickMsg:
		if msg.Y == v.headLines(w)-1 {
			return v.clickPage(w, msg.X)
		}
	}
	return nil
}

func (v *serviceView) clickPage(w *world, x int) tea.Cmd {
	at := 1
	for k, p := range pageNames(w.width, v.page) {
		if x >= at && x < at+len(p) {
			return v.turn(w, k)
		}
		at += len(p) + gap
	}
	return nil
}

func (v *serviceView) turn(w *world, page int) tea.Cmd {
	v.page, v.scroll = (page+len(pages))%len(pages), scroll{}
	return tea.Batch(v.ask(w), v.tail.resume(v.inner(w)))
}

func (v *serviceView) key(w *world, msg tea.KeyPressMsg) tea.Cmd {
	k := msg.String()
	if v.page == pageLog && (v.tail.typing() || k != "left" && k != "right") {
		return nil // it has gone to the log
	}
	switch k {
	case "left", "h":
		return v.turn(w, v.page-1)
	case "right":
		return v.turn(w, v.page+1)
	case "n", "p":
		return v.step(w, map[string]int{"n": 1, "p": -1}[k])
	case "[", "]":
		v.span = (v.span + len(spans) + map[string]int{"[": -1, "]": 1}[k]) % len(spans)
		return v.ask(w)
	case "v", "V":
		level := map[string]int{"v": 1, "V": 2}[k]
		if v.show == level {
			level = 0
		}
		v.show = level
	case "y":
		body := v.body(w)
		if k := v.scroll.first; k < len(body) {
			return w.do.copy("the first line", strings.TrimSpace(string(ansi.Plain(nil, []byte(body[k])))))
		}
	default:
		v.scroll.update(msg, len(v.body(w)), v.room(w))
	}
	return nil
}

// step goes to the next service, or to the one before.
func (v *serviceView) step(w *world, by int) tea.Cmd {
	for k, r := range w.rows {
		if r.Name == w.selected {
			w.selected = w.rows[(k+by+len(w.rows))%len(w.rows)].Name
			return v.ask(w)
		}
	}
	return nil
}

// headLines are above the page: what it is, why, and the pages.
func (v *serviceView) headLines(*world) int { return 4 }

func (v *serviceView) room(w *world) int { return max(1, w.height-v.headLines(w)) }

func (v *serviceView) draw(w *world) []string {
	r, ok := w.chosen()
	if !ok {
		return []string{w.look.faint.Render(ansi.Truncate(" no service is chosen", w.width, "…"))}
	}
	lines := v.head(w, r)
	if v.page == pageLog {
		lines = append(lines, v.tail.draw(v.inner(w))...)
	}
	lines = append(lines, v.scroll.part(v.body(w), v.room(w))...)
	for k, l := range lines {
		lines[k] = ansi.Truncate(l, w.width, "…")
	}
	return lines[:min(len(lines), max(1, w.height))]
}

func (v *serviceView) head(w *world, r row) []string {
	state := w.look.state(r.State).Render(r.State.Symbol() + " " + string(r.State))
	first := " " + w.look.bold.Render(r.name) + "  " + state
	if why := w.why(r); why != "" {
		first += "  " + brief(why, w.width-ansi.Width(first)-gap)
	}
	var facts []string
	if since := readySince(w, r, 0); since != none {
		facts = append(facts, "ready for "+since)
	}
	if r.Pid != nil {
		facts = append(facts, fmt.Sprintf("pid %d", *r.Pid))
	}
	facts = append(facts, fmt.Sprintf("run %d", r.Run), counted(r.Restarts, "restart"))
	if len(r.Ports) > 0 {
		facts = append(facts, "listens on "+ports(r.Ports, 24))
	}
	if g := gitWords(r); g != "" {
		facts = append(facts, "branch "+g)
	}
	if leaks(r) && !strings.Contains(first, "memory grows") {
		facts = append(facts, leakWords(r.Costs.Leak, w.at))
	}
	var tabs strings.Builder
	tabs.WriteString(" ")
	for k, p := range pageNames(w.width, v.page) {
		style := w.look.faint
		if k == v.page {
			style = w.look.mark.Underline(true)
		}
		tabs.WriteString(style.Render(p) + blanks)
	}
	third := ""
	if x := v.about(r.Name).explanation; x != nil {
		third = " " + tidy(x.Command)
	}
	return []string{first, w.look.faint.Render(ansi.Truncate(" "+strings.Join(facts, " · "), w.width, "…")), w.look.faint.Render(ansi.Truncate(third, w.width, "…")), tabs.String()}
}

// about is what was answered, if it was about this instance.
func (v *serviceView) about(name string) *serviceKnown {
	if v.known.name != name {
		return &serviceKnown{name: name}
	}
	return &v.known
}

// body is the page, all of it.
func (v *serviceView) body(w *world) []string {
	r, ok := w.chosen()
	if !ok {
		return nil
	}
	k := v.about(r.Name)
	var lines []string
	if k.trouble != "" {
		lines = append(lines, w.look.bad.Render(" "+k.trouble))
	}
	switch v.page {
	case pageOverview:
		lines = append(lines, v.chartLines(w, r, k)...)
		lines = append(lines, w.look.bold.Render(" Processes"))
		lines = append(lines, processLines(w, k, max(3, w.height/5))...)
		lines = append(lines, w.look.bold.Render(" History"))
		lines = append(lines, historyLines(w, r, k, 5)...)
		title := " Log"
		if t := v.tail.filter.Text; t != "" {
			title += " /" + tidy(t) + "/"
		}
		lines = append(lines, w.look.bold.Render(title))
		lines = append(lines, v.tail.last(v.inner(w), max(3, v.room(w)-len(lines)))...)
	case pageProcesses:
		if shared := sharedLine(r); shared != "" {
			lines = append(lines, shared)
		}
		lines = append(lines, processLines(w, k, 1000)...)
	case pageFiles:
		lines = append(lines, openLines(w, r, k)...)
	case pageEnvironment:
		lines = append(lines, environmentLines(w, k, v.show)...)
	case pageHistory:
		lines = append(lines, historyLines(w, r, k, 100)...)
	}
	return lines
}

// chartsKey is what the charts depend on.
type chartsKey struct {
	name                string
	pid                 bool
	at                  time.Time
	span, width, height int
	look                string
}

// chartLines are the two charts, drawn again only when something has changed.
func (v *serviceView) chartLines(w *world, r row, k *serviceKnown) []string {
	height := max(5, min(14, (w.height-v.headLines(w))/3))
	key := chartsKey{name: r.Name, pid: r.Pid != nil, at: k.at, span: v.span, width: w.width, height: height, look: w.look.first.Render("x")}
	if key == v.chartsFor && v.charts != nil {
		return v.charts
	}
	to := k.at
	if to.IsZero() {
		to = w.at
	}
	from := to.Add(-spans[v.span].of)
	cpu := chart{title: "CPU", value: cpuOf, high: cpuMaxOf, floor: 5, write: percent, style: w.look.first}
	memory := chart{title: "Memory", value: memoryOf, high: memoryMaxOf, write: func(v float64) string { return size(uint64(max(0, v))) }, style: w.look.second}
	cpu.ended, memory.ended = r.Pid == nil, r.Pid == nil
	if l := k.series.CPULimit; l != nil {
		cpu.limit = *l
	}
	if l := k.series.MemoryLimit; l != nil {
		memory.limit = float64(*l)
	}
	var names []string
	for i, s := range spans {
		style := w.look.faint
		if i == v.span {
			style = w.look.mark
		}
		names = append(names, style.Render(s.name))
	}
	lines := []string{" " + strings.Join(names, "  ")}
	if w.width >= twoWide {
		half := w.width / 2
		a, b := cpu.draw(&w.look, k.series.Points, from, to, half-1, height), memory.draw(&w.look, k.series.Points, from, to, w.width-half, height)
		for i := range max(len(a), len(b)) {
			left, right := "", ""
			if i < len(a) {
				left = a[i]
			}
			if i < len(b) {
				right = b[i]
			}
			lines = append(lines, ansi.Pad(left, half)+right)
		}
	} else {
		lines = append(lines, cpu.draw(&w.look, k.series.Points, from, to, w.width, height)...)
		lines = append(lines, memory.draw(&w.look, k.series.Points, from, to, w.width, height)...)
	}
	v.charts, v.chartsFor = lines, key
	return lines
}
