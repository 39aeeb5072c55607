package dash

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"prox/internal/ansi"
	"prox/internal/api"
	"prox/internal/record"
	logs "prox/internal/scroll"
)

const (
	headRows   = 1
	eventsMost = 4 // between two lines
	narrow     = 60
)

// timeForms are how a line's time is shown, the last one not at all.
var timeForms = []string{time.TimeOnly, "15:04:05.000", "2006-01-02 15:04:05", ""}

func (v *logsView) timesOf(w *world) int {
	switch {
	case v.times >= 0:
		return v.times
	case w.width < narrow:
		return len(timeForms) - 1
	}
	return 0
}

// nameWidth is the same for all lines, whichever are seen.
func (v *logsView) nameWidth(w *world) int {
	if len(v.filter.Instances) == 1 {
		return 0
	}
	width := 0
	for _, r := range w.rows {
		width = max(width, ansi.Width(r.name))
	}
	for _, n := range v.names {
		width = max(width, ansi.Width(tidy(n)))
	}
	return min(max(width, 3), 24, max(3, w.width/5))
}

// colour is that of an instance's name; one that is gone has some.
func (w *world) colour(instance string) lipgloss.Style {
	if r, ok := w.row(instance); ok {
		return w.look.name(r.index)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(instance)) // never fails
	return w.look.name(int(h.Sum32() % 1000))
}

// coloured reports whether the terminal shows colours.
func (t *theme) coloured() bool { return len(t.names) > 1 }

// levelMark is a letter, which says what its colour says.
func (t *theme) levelMark(l record.Level) (string, lipgloss.Style) {
	switch l {
	case record.Fatal:
		return "F", t.bad
	case record.Error:
		return "E", t.bad
	case record.Warn:
		return "W", t.warn
	case record.Info:
		return "I", t.faint
	case record.Debug:
		return "D", t.faint
	case record.Trace:
		return "T", t.faint
	}
	return " ", t.plain
}

// gutter is what stands before a line's text, and how many cells it takes.
func (v *logsView) gutter(w *world, l *logs.Line, level record.Level, chosen bool, on lipgloss.Style) (string, int) {
	var b strings.Builder
	cells := 0
	put := func(style lipgloss.Style, s string) {
		b.WriteString(style.Inherit(on).Render(s))
		cells += ansi.Width(s)
	}
	if chosen {
		put(w.look.mark, "▸")
	} else {
		put(w.look.plain, " ")
	}
	if form := timeForms[v.timesOf(w)]; form != "" {
		put(w.look.faint, l.At.Local().Format(form)+" ")
	}
	if n := v.nameWidth(w); n > 0 {
		put(w.colour(l.Instance), fit(tidy(l.Instance), n, false)+" ")
	}
	mark, style := w.look.levelMark(level)
	put(style, mark+" ")
	return b.String(), cells
}

// said is what is shown of a line: records as a person reads them, in lines.
func (v *logsView) said(w *world, l *logs.Line, chosen bool) ([]string, record.Level) {
	plain := ansi.Plain(nil, l.Text)
	level := record.LevelOf(plain)
	colours := w.look.coloured() && !chosen
	text := plain
	if r, ok := v.record(plain); ok {
		text = bytes.TrimSuffix(untimed(r, colours), []byte("\n"))
	} else if colours {
		text = ansi.Clean(nil, l.Text)
	}
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = untabbed(lines[i])
	}
	if l.Size > len(l.Text) {
		lines[len(lines)-1] += fmt.Sprintf(" … %s in all", size(uint64(l.Size)))
	}
	return lines, level
}

func (v *logsView) record(plain []byte) (record.Record, bool) {
	if v.raw {
		return record.Record{}, false
	}
	r, ok := record.Parse(plain)
	return r, ok && (r.Message != "" || r.Level != record.Unknown)
}

// untimed is a record to be read, without what stands before the line anyhow.
func untimed(r record.Record, colours bool) []byte {
	at, timed := r.Time()
	r.Level = record.Unknown
	text := r.Readable(nil, colours)
	if !timed {
		return text
	}
	when := at.Local().Format("15:04:05.000")
	if colours {
		when = "\x1b[2m" + when + sgrReset
	}
	return bytes.TrimPrefix(bytes.TrimPrefix(text, []byte(when)), []byte(" "))
}

// height is how many rows line k takes.
func (v *logsView) height(w *world, k int) int {
	n := 1
	if v.wrap {
		n = len(v.linesOf(w, k))
	}
	return n + len(v.eventsBy(w, k, false)) + len(v.eventsBy(w, k, true))
}

// most is how many rows a line may take: of a long one the beginning is enough
// to know what it is.
func (v *logsView) most(w *world) int { return max(1, v.room(w)/2) }

// linesOf are the rows of line k itself.
func (v *logsView) linesOf(w *world, k int) []string {
	l := &v.page.Lines[k]
	chosen := v.paused && k == v.cursor
	on := w.look.plain
	if chosen {
		on = w.look.chosen
	}
	said, level := v.said(w, l, chosen)
	gutter, cells := v.gutter(w, l, level, chosen, on)
	width := w.width - cells
	if width < 1 {
		return []string{ansi.Truncate(gutter, w.width, "")}
	}
	re := v.expression()
	if !v.wrap {
		text := said[0]
		if n := len(said) - 1; n > 0 {
			text += fmt.Sprintf(" (+%s)", counted(n, "line"))
		}
		text = ansi.Truncate(without(highlighted(text, re), v.left), width, "…")
		return []string{gutter + finish(text, width, chosen, on)}
	}
	var rows []string
	most, all := v.most(w), true
	for _, line := range said {
		if len(rows) == most {
			all = false
			break
		}
		var more []string
		more, all = rowsOf(highlighted(line, re), width, most-len(rows))
		rows = append(rows, more...)
	}
	if !all {
		rows[len(rows)-1] = ansi.Truncate(rows[len(rows)-1], width-1, "") + "…"
	}
	blank := on.Render(strings.Repeat(" ", cells))
	for i := range rows {
		rows[i] = finish(rows[i], width, chosen, on)
		if i == 0 {
			rows[i] = gutter + rows[i]
		} else {
			rows[i] = blank + rows[i]
		}
	}
	return rows
}

func finish(text string, width int, chosen bool, on lipgloss.Style) string {
	if !chosen {
		return text
	}
	return on.Render(ansi.Pad(string(ansi.Plain(nil, []byte(text))), width))
}

// expression is what is to be seen at once.
func (v *logsView) expression() *regexp.Regexp {
	if v.matched.text != v.filter.Text {
		return v.filter.Expression()
	}
	return v.matched.re
}

// eventsBy are what happened before line k, or after the last one.
func (v *logsView) eventsBy(w *world, k int, after bool) []string {
	if !v.events || v.filter.Text != "" || len(w.events) == 0 {
		return nil
	}
	lines := v.page.Lines
	var from, to time.Time
	switch {
	case after && (k != len(lines)-1 || !v.live):
		return nil
	case after:
		from, to = lines[k].At, time.Time{}
	case k == 0 && !v.page.Begins:
		return nil
	case k == 0:
		to = lines[0].At
	default:
		from, to = lines[k-1].At, lines[k].At
	}
	first := sort.Search(len(w.events), func(i int) bool { return w.events[i].Time.After(from) })
	var texts []string
	for _, ev := range w.events[first:] {
		if !to.IsZero() && ev.Time.After(to) {
			break
		}
		if text := v.event(w, ev); text != "" {
			texts = append(texts, text)
		}
	}
	return texts[max(0, len(texts)-eventsMost):]
}

// event is a row that tells what happened.
func (v *logsView) event(w *world, ev api.Event) string {
	if only := v.filter.Instances; len(only) > 0 && ev.Instance != "" && !slices.Contains(only, ev.Instance) {
		return ""
	}
	if ev.Kind == api.EventProbe || v.filter.Level != record.Unknown && !ev.Bad() {
		return ""
	}
	text := tell(&ev)
	if text == "" {
		return ""
	}
	style := w.look.faint
	if ev.Bad() {
		style = w.look.bad
	}
	when := ""
	if form := timeForms[v.timesOf(w)]; form != "" {
		when = ev.Time.Local().Format(form) + " "
	}
	return style.Render(ansi.Truncate(" "+when+"── "+tidy(text)+" ──", w.width, "…"))
}

// seenRow is a row on the screen, and the line it is of.
type seenRow struct {
	text string
	line int
}

// seen are the rows of the log that are in sight.
func (v *logsView) seen(w *world) []seenRow {
	room := v.room(w)
	var back []seenRow
	for k := min(v.bottom, len(v.page.Lines)-1); k >= 0 && len(back) < room; k-- {
		rows := slices.Concat(v.eventsBy(w, k, false), v.linesOf(w, k), v.eventsBy(w, k, true))
		for _, r := range slices.Backward(rows) {
			back = append(back, seenRow{r, k})
		}
	}
	slices.Reverse(back)
	return back[max(0, len(back)-room):]
}

// footRows are below the lines.
func (v *logsView) footRows(w *world) int {
	if w.height >= 3 && (v.typing() || v.paused || v.trouble != "" || v.gone != "") {
		return 1
	}
	return 0
}

// room is how many rows of the log can be seen.
func (v *logsView) room(w *world) int {
	return max(1, w.height-headRows-v.footRows(w)-v.whole.rows(w))
}

func (v *logsView) draw(w *world) []string {
	if w.do.Logs == "" {
		return []string{w.look.faint.Render(ansi.Truncate(" it is not known here where the logs are: prox logs shows them", w.width, "…"))}
	}
	lines := []string{v.head(w)}
	for _, r := range v.seen(w) {
		lines = append(lines, r.text)
	}
	if len(v.page.Lines) == 0 {
		lines = append(lines, w.look.faint.Render(ansi.Truncate(v.nothing(), w.width, "…")))
	}
	room := v.room(w)
	for len(lines) < headRows+room {
		lines = append(lines, "")
	}
	if v.footRows(w) > 0 {
		lines = append(lines, v.foot(w))
	}
	lines = append(lines, v.whole.draw(w)...)
	return lines[:min(len(lines), max(0, w.height))]
}

// last are the rows of the last lines, as many as there is room for.
func (v *logsView) last(w *world, rows int) []string {
	var back []string
	for k := len(v.page.Lines) - 1; k >= 0 && len(back) < rows; k-- {
		for _, r := range slices.Backward(v.linesOf(w, k)) {
			back = append(back, r)
		}
	}
	if len(back) == 0 {
		return []string{w.look.faint.Render(v.nothing())}
	}
	slices.Reverse(back)
	return back[max(0, len(back)-rows):]
}

func (v *logsView) nothing() string {
	switch {
	case v.asking > 0:
		return " looking …"
	case v.filter.Text != "" || v.filter.Level != record.Unknown:
		return " nothing is like that"
	}
	return " nothing has been printed yet"
}

// head says which lines are shown.
func (v *logsView) head(w *world) string {
	dot := w.look.faint.Render(" · ")
	services := w.look.plain.Render("all services")
	switch n := len(v.filter.Instances); {
	case n > 4:
		services = w.look.bold.Render(fmt.Sprintf("%d services", n))
	case n > 0:
		services = w.colour(v.filter.Instances[0]).Bold(true).Render(tidy(strings.Join(v.filter.Instances, ", ")))
	}
	parts := []string{services}
	if l := v.filter.Level; l != record.Unknown {
		parts = append(parts, w.look.warn.Render("level ≥ "+l.String()))
	}
	if v.filter.Text != "" {
		parts = append(parts, w.look.mark.Render("/"+tidy(v.filter.Text)+"/"))
	}
	state := "following"
	switch {
	case v.asking > 0:
		state = "looking …"
	case v.paused:
		state = "paused"
	}
	parts = append(parts, w.look.faint.Render(state))
	if v.raw {
		parts = append(parts, w.look.faint.Render("as written"))
	}
	if v.left > 0 {
		parts = append(parts, w.look.faint.Render(fmt.Sprintf("from cell %d", v.left+1)))
	}
	return ansi.Truncate(" "+strings.Join(parts, dot), w.width, "…")
}

// foot says what is being typed, or what the person doesn't see.
func (v *logsView) foot(w *world) string {
	switch {
	case v.editing:
		return v.text.draw(&w.look, " / ", w.width)
	case v.picked.on:
		return v.pickFoot(w)
	case v.trouble != "":
		return w.look.bad.Render(ansi.Truncate(" "+v.trouble, w.width, "…"))
	}
	var parts []string
	if v.gone != "" {
		parts = append(parts, v.gone)
	}
	if v.paused {
		paused := "paused"
		if v.fresh > 0 {
			paused += ", " + thousands(v.fresh) + " new " + strings.TrimPrefix(counted(min(v.fresh, 2), "line"), fmt.Sprint(min(v.fresh, 2), " ")) + " below"
		}
		parts = append(parts, paused, "G follows")
	}
	return w.look.warn.Render(ansi.Truncate(" "+strings.Join(parts, " · "), w.width, "…"))
}

// thousands is a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for k := len(s) - 3; k > 0; k -= 3 {
		s = s[:k] + "," + s[k:]
	}
	return s
}
