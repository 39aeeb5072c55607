package dash

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"prox/internal/ansi"
	"prox/internal/api"
)

// eventsView is what happened, the newest at the bottom.
type eventsView struct {
	kind    int  // of kinds
	mine    bool // only the chosen service's
	service string
	filter  field
	editing bool
	times   int // how times are written

	list   []int // those that are shown, counted from the first that ever came
	upto   int   // so many have been looked at
	cursor int   // in list
	first  int
	follow bool
}

// kind is a choice of events.
type kind struct {
	name string
	fits func(ev *api.Event) bool
}

var kinds = []kind{
	{"all", func(*api.Event) bool { return true }},
	{"problems", func(ev *api.Event) bool {
		return ev.Bad() || ev.Kind == api.EventNotice || ev.Kind == api.EventState && ev.State == api.Backoff
	}},
	{"starts and exits", func(ev *api.Event) bool {
		return ev.Kind == api.EventExit || ev.Kind == api.EventState && (ev.State == api.Starting || ev.State == api.Ready || ev.State == api.Backoff)
	}},
	{"healthchecks", func(ev *api.Event) bool {
		return ev.Kind == api.EventProbe || ev.State == api.Unhealthy
	}},
	{"changed files", func(ev *api.Event) bool { return ev.Kind == api.EventFiles }},
	{"notices", func(ev *api.Event) bool { return ev.Kind == api.EventNotice }},
}

func newEventsView() *eventsView { return &eventsView{follow: true} }

func (v *eventsView) name() string { return "Events" }

func (v *eventsView) typing() bool { return v.editing }

func (v *eventsView) shown(w *world, on bool) tea.Cmd {
	if on && v.mine && v.service != w.selected {
		v.again(w)
	}
	return nil
}

func (v *eventsView) keys() []keyHelp {
	if v.editing {
		return []keyHelp{{"enter", "keep", ""}, {"esc", "all again", ""}}
	}
	return []keyHelp{
		{"↑↓", "move", "scroll; also j and k, PgUp and PgDn, g and G, the mouse"},
		{"f", "kind", "all, problems, starts and exits, healthchecks, changed files, notices"},
		{"/", "filter", "by what is typed"},
		{"m", "mine", "only of the chosen service, or of all"},
		{"t", "times", "when it was, or how long ago"},
		{"enter", "details", "the service that it happened to"},
	}
}

func (v *eventsView) leave() bool {
	if v.filter.String() == "" && v.kind == 0 && !v.mine {
		return false
	}
	v.filter.set("")
	v.kind, v.mine, v.upto, v.list = 0, false, 0, nil
	return true
}

// again lists from the beginning what fits now.
func (v *eventsView) again(w *world) {
	v.list, v.upto, v.service = v.list[:0], 0, w.selected
	v.take(w)
}

// take lists what has come.
func (v *eventsView) take(w *world) {
	gone := 0
	for gone < len(v.list) && v.list[gone] < w.eventsGone {
		gone++
	}
	v.list = v.list[gone:]
	v.cursor, v.first = max(0, v.cursor-gone), max(0, v.first-gone)
	for k := max(v.upto, w.eventsGone); k < w.eventsGone+len(w.events); k++ {
		if v.fits(&w.events[k-w.eventsGone]) {
			v.list = append(v.list, k)
		}
	}
	v.upto = w.eventsGone + len(w.events)
	v.move(w, 0)
}

func (v *eventsView) fits(ev *api.Event) bool {
	if !kinds[v.kind].fits(ev) || v.mine && ev.Instance != v.service {
		return false
	}
	if v.filter.String() == "" {
		return ev.Text() != ""
	}
	return narrowed(v.filter.String(), ev.Who(), ev.Text(), string(ev.Kind))
}

func (v *eventsView) update(w *world, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return v.key(w, msg)
	case tea.PasteMsg:
		if v.editing {
			v.filter.update(msg)
			v.again(w)
		}
		return nil
	case tea.MouseWheelMsg:
		if msg.Button == tea.MouseWheelUp {
			v.move(w, -3)
		} else {
			v.move(w, 3)
		}
		return nil
	case tea.MouseClickMsg:
		if k := v.first + msg.Y - 1; msg.Y > 0 && msg.Y <= v.room(w) && k < len(v.list) {
			v.move(w, k-v.cursor)
		}
		return nil
	case seenMsg:
		v.take(w)
	case tea.WindowSizeMsg:
		v.move(w, 0)
	}
	return nil
}

func (v *eventsView) key(w *world, msg tea.KeyPressMsg) tea.Cmd {
	k := msg.String()
	if v.editing {
		switch k {
		case "esc":
			v.filter.set("")
			v.editing = false
		case "enter":
			v.editing = false
			return nil
		default:
			v.filter.update(msg)
		}
		v.again(w)
		return nil
	}
	switch k {
	case "up", "k":
		v.move(w, -1)
	case "down", "j":
		v.move(w, 1)
	case "pgup", "ctrl+b":
		v.move(w, -v.room(w))
	case "pgdown", "ctrl+f", "space":
		v.move(w, v.room(w))
	case "home", "g":
		v.move(w, -len(v.list))
	case "end", "G":
		v.move(w, len(v.list))
	case "f":
		v.kind = (v.kind + 1) % len(kinds)
		v.again(w)
	case "/":
		v.editing = true
	case "m":
		v.mine = !v.mine
		v.again(w)
	case "t":
		v.times = (v.times + 1) % 2
	case "enter", "y":
		ev := v.chosen(w)
		if ev == nil {
			return nil
		}
		if k == "y" {
			return w.do.copy("the line", fmt.Sprintf("%s %s %s", ev.Time.Format(time.RFC3339), ev.Who(), tidy(ev.Text())))
		}
		if _, ok := w.row(ev.Instance); ok {
			w.selected = ev.Instance
			return details
		}
		w.say(false, orElse(tidy(ev.Who()), "the project")+" is no instance that is there now")
	}
	return nil
}

func (v *eventsView) chosen(w *world) *api.Event {
	if v.cursor >= len(v.list) {
		return nil
	}
	return &w.events[v.list[v.cursor]-w.eventsGone]
}

// move moves the cursor. At the end it follows what comes.
func (v *eventsView) move(w *world, by int) {
	last := len(v.list) - 1
	if by == 0 && v.follow {
		v.cursor = last
	}
	v.cursor = max(0, min(v.cursor+by, last))
	v.follow = v.cursor >= last
	room := v.room(w)
	v.first = max(0, min(v.first, len(v.list)-room))
	v.first = min(max(v.first, v.cursor-room+1), v.cursor)
}

// room is how many events can be shown: the first line and those at the bottom
// tell what is shown.
func (v *eventsView) room(w *world) int { return max(1, w.height-2-v.wholeRows(w)) }

// wholeRows are at the bottom, for all of the chosen event's words.
func (v *eventsView) wholeRows(w *world) int {
	switch {
	case w.height < 12:
		return 0
	case w.width < narrow:
		return 3
	}
	return 2
}

func (v *eventsView) draw(w *world) []string {
	lines := []string{w.look.faint.Render(ansi.Truncate(v.head(), w.width, "…"))}
	names := 4
	for _, r := range w.rows {
		names = max(names, ansi.Width(r.name))
	}
	names = min(names, max(4, w.width/5))
	end := min(v.first+v.room(w), len(v.list))
	for k := v.first; k < end; k++ {
		lines = append(lines, v.line(w, k, names))
	}
	if len(v.list) == 0 && w.status != nil {
		lines = append(lines, w.look.faint.Render(ansi.Truncate(" nothing of that kind has happened since this window was opened", w.width, "…")))
	}
	for len(lines) < v.room(w)+1 {
		lines = append(lines, "")
	}
	return append(append(lines, v.foot(w)), v.whole(w)...)
}

// foot is a line that parts the list from what is told of the chosen event.
func (v *eventsView) foot(w *world) string {
	text, style := " following ", w.look.faint
	switch {
	case v.editing:
		return v.filter.draw(&w.look, " / ", w.width)
	case !v.follow:
		text, style = fmt.Sprintf(" paused, %d newer below · G follows ", len(v.list)-1-v.cursor), w.look.warn
	}
	text = ansi.Truncate(text, w.width, "…")
	if v.wholeRows(w) == 0 {
		return style.Render(text)
	}
	return style.Render(text) + w.look.frame.Render(strings.Repeat("─", max(0, w.width-ansi.Width(text))))
}

// whole is the chosen event in as many rows as there are for it.
func (v *eventsView) whole(w *world) []string {
	most := v.wholeRows(w)
	ev := v.chosen(w)
	if most == 0 || ev == nil {
		return nil
	}
	rows := wrapped(ev.Time.Local().Format(time.DateTime)+"  "+tidy(tell(ev)), w.width-2)
	if len(rows) > most {
		rows = rows[:most]
		rows[most-1] = ansi.Truncate(ansi.Pad(rows[most-1], w.width), w.width-2, "…")
	}
	for k := range rows {
		rows[k] = " " + rows[k]
	}
	return rows
}

func (v *eventsView) head() string {
	parts := []string{kinds[v.kind].name}
	if v.mine {
		parts = append(parts, "of "+tidy(v.service))
	}
	if v.filter.String() != "" {
		parts = append(parts, "/"+v.filter.String()+"/")
	}
	parts = append(parts, counted(len(v.list), "event"), "older ones: prox logs --events")
	return " " + strings.Join(parts, " · ")
}

func (v *eventsView) line(w *world, k, names int) string {
	ev := &w.events[v.list[k]-w.eventsGone]
	on := w.look.plain
	if k == v.cursor {
		on = w.look.chosen
	}
	sign, style := signOf(w, ev)
	at := v.time(w, k, ev)
	who := tidy(ev.Who())
	text := tidy(ev.Text())
	if ev.Kind == api.EventState && ev.State == api.Backoff && ev.NextAt != nil {
		if left := ev.NextAt.Sub(w.at); left > 0 {
			text += ", in " + age(left)
		}
	}
	used := ansi.Width(at) + 2 + names + 6
	room := max(0, w.width-used)
	name := w.look.plain
	if r, ok := w.row(ev.Instance); ok {
		name = w.look.name(r.index)
	}
	words := w.look.plain
	if ev.Bad() {
		words = w.look.bad
	}
	line := on.Render(" ") + w.look.faint.Inherit(on).Render(at) + on.Render(" ") + style.Inherit(on).Render(sign) + on.Render(" ") +
		name.Inherit(on).Render(fit(who, names, false)) + on.Render("  ") + words.Inherit(on).Render(ansi.Truncate(text, room, "…"))
	line = ansi.Truncate(line, w.width, "")
	if left := w.width - ansi.Width(line); k == v.cursor && left > 0 {
		line += on.Render(strings.Repeat(" ", left))
	}
	return line
}

// time writes when it was: of the first event of a day with the day.
func (v *eventsView) time(w *world, k int, ev *api.Event) string {
	if v.times == 1 {
		return fmt.Sprintf("%8s", age(w.at.Sub(ev.Time)))
	}
	at := ev.Time.Local()
	if k > 0 && k > v.first {
		before := w.events[v.list[k-1]-w.eventsGone].Time.Local()
		if before.YearDay() == at.YearDay() && before.Year() == at.Year() {
			return at.Format(time.TimeOnly)
		}
	}
	if now := w.at.Local(); now.YearDay() == at.YearDay() && now.Year() == at.Year() {
		return at.Format(time.TimeOnly)
	}
	return at.Format("02.01 15") // the hour will do
}

// signOf is what an eye that skims sees of an event; the words say the same.
func signOf(w *world, ev *api.Event) (string, lipgloss.Style) {
	switch ev.Kind {
	case api.EventState:
		return ev.State.Symbol(), w.look.state(ev.State)
	case api.EventExit:
		if ev.Bad() {
			return "✗", w.look.bad
		}
		return "■", w.look.faint
	case api.EventFiles:
		return "✎", w.look.first
	case api.EventProbe:
		return "?", w.look.warn
	case api.EventNotice:
		return "!", w.look.warn
	case api.EventRemoved:
		return "–", w.look.faint
	case api.EventKill:
		return "■", w.look.bad
	}
	return "·", w.look.faint
}
