package dash

import (
	"context"
	"regexp"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
	"prox/internal/record"
	logs "prox/internal/scroll"
)

const (
	linesHeld  = 5000 // of the log, around what is seen
	linesAsked = 500  // at a time
	linesTold  = 1000 // of a flood, at a time

	typingWait = 120 * time.Millisecond // after a key, until what was typed is looked for
)

// logsView shows what the services have printed, merged, as it comes or far
// back. It holds a stretch of the log; what is above and below is loaded when
// the person gets there.
type logsView struct {
	on    bool
	log   *logs.Log
	names []string // instances that have printed something

	filter  logs.Filter
	text    field // of the filter, as it is typed
	editing bool
	before  string // what the text was when the typing began
	keyed   int    // keys of it so far
	picked  picking

	page   logs.Page // what is held
	live   bool      // what comes goes on with it
	cursor int       // the chosen line
	bottom int       // the lowest that is seen
	paused bool
	fresh  int // lines that came since

	stale   bool   // the filter is not that of the page
	asking  int    // questions that are not answered
	trouble string // what went wrong
	gone    string // what was not found
	asked   flow   // questions about the log
	stream  flow   // what comes

	times   int // how the time is shown, see timesOf; -1: as there is room
	wrap    bool
	raw     bool // records as they were written
	events  bool
	left    int // cells that are left out
	matched matched
	whole   *wholeLine
	one     bool // only one instance's lines, whichever keys are pressed
	looked  flow // for the whole line
}

// matched is the expression of a text, made once.
type matched struct {
	text string
	re   *regexp.Regexp
}

// flow is work that goes on beside the model. Answers carry its number: those
// of one that was stopped mean nothing.
type flow struct {
	n    int
	stop context.CancelFunc
}

// begin ends what was before.
func (f *flow) begin(w *world) (context.Context, int) {
	f.end()
	base := w.do.ctx
	if base == nil {
		base = context.Background()
	}
	ctx, stop := context.WithCancel(base)
	f.stop = stop
	return ctx, f.n
}

func (f *flow) end() {
	f.n++
	if f.stop != nil {
		f.stop()
	}
	f.stop = nil
}

func newLogsView() *logsView {
	return &logsView{times: -1, events: true}
}

// newTail is for another view that shows one instance's.
func newTail() *logsView {
	return &logsView{times: -1, one: true}
}

func (v *logsView) name() string { return "Logs" }

func (v *logsView) typing() bool { return v.editing || v.picked.on }

func (v *logsView) shown(w *world, on bool) tea.Cmd {
	v.on = on
	if !on {
		v.stale = v.stale || !v.paused
		v.asked.end()
		v.stream.end()
		v.looked.end()
		v.asking, v.live = 0, false
		return nil
	}
	if w.do.Logs == "" {
		return nil
	}
	if v.log == nil {
		v.log = logs.Open(w.do.Logs)
		v.stale = true
	}
	if v.stale {
		return v.load(w)
	}
	return v.continued(w)
}

// only shows what one instance has printed.
func (v *logsView) only(_ *world, instance string) {
	v.paused, v.whole = false, nil
	v.text.set("")
	v.change(logs.Filter{Instances: []string{instance}})
}

// change is for who can give no command: what is awaited ends, and that is told.
func (v *logsView) change(f logs.Filter) {
	v.filter, v.stale = f, true
	if v.asked.stop != nil {
		v.asked.stop()
	}
	if v.stream.stop != nil {
		v.stream.stop()
	}
}

func (v *logsView) leave() bool {
	switch {
	case v.whole != nil:
		v.whole = nil
	case v.filter.Text != "":
		v.text.set("")
		f := v.filter
		f.Text = ""
		v.change(f)
	default:
		return false
	}
	return true
}

func (v *logsView) keys() []keyHelp {
	switch {
	case v.typing():
		return []keyHelp{{"enter", "keep", ""}, {"esc", "as before", ""}}
	case v.whole != nil:
		return []keyHelp{{"↑↓", "other lines", ""}, {"J K", "scroll", "scroll what is below"}, {"y", "copy", "copy all of it"}, {"enter", "close", ""}}
	}
	keys := []keyHelp{
		{"/", "filter", "lines that match, as you type: a regular expression or a text; in small letters it is meant in any case"},
		{"f", "service", "only the next service's lines; F the one before"},
		{"@", "services", "only those of services, as you type: parts of names and @groups; nothing for all"},
		{"e", "level", "all lines, warnings and worse, errors; E all again"},
		{"N n", "errors", "the error before the chosen line, and the one after it"},
		{"G", "follow", "go to the end and follow; space stops there, or follows again"},
		{"↑↓", "", "choose a line, which stops there; also j and k, PgUp and PgDn, the wheel; g the very first line"},
		{"enter", "whole", "the whole line, its fields, its stack trace"},
		{"w", "wrap", "long lines in several rows, or ← and → to see the rest"},
		{"t", "times", "time, with milliseconds, with the date, none"},
		{"p", "", "JSON and logfmt as they were written, or readable"},
		{"v", "", "starts and exits between the lines, or not"},
	}
	if v.one {
		keys = slices.DeleteFunc(keys, func(k keyHelp) bool { return k.keys == "f" || k.keys == "@" })
	}
	return keys
}

func (v *logsView) update(w *world, msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		cmd = v.key(w, msg)
	case tea.PasteMsg:
		if v.editing {
			v.text.update(msg)
			cmd = v.typed()
		} else if v.picked.on {
			v.pickKey(w, msg)
		}
	case tea.MouseWheelMsg:
		if msg.Button == tea.MouseWheelUp {
			v.slide(w, -3)
		} else {
			v.slide(w, 3)
		}
	case tea.MouseClickMsg:
		v.click(w, msg.Y)
	case logsPageMsg:
		if msg.of == v {
			cmd = v.answered(w, msg)
		}
	case logsBatchMsg:
		if msg.of == v && msg.n == v.stream.n {
			cmd = v.came(w, msg)
		}
	case logsEndMsg:
		if msg.of == v && msg.n == v.stream.n && msg.err != nil && !v.stale {
			v.trouble = tidy(msg.err.Error())
		}
	case logsTypedMsg:
		if msg.of == v && msg.n == v.keyed && v.text.String() != v.filter.Text {
			v.filter.Text = v.text.String()
			v.stale = true
		}
	case logsWholeMsg:
		if v.whole != nil && v.whole == msg.of {
			v.whole.take(w, msg)
		}
	}
	if !v.on || v.log == nil {
		return cmd
	}
	if v.stale {
		return tea.Batch(cmd, v.load(w))
	}
	v.settle(w)
	return tea.Batch(cmd, v.more(w), v.inspect(w))
}

func (v *logsView) key(w *world, msg tea.KeyPressMsg) tea.Cmd {
	if v.editing {
		return v.edit(w, msg)
	}
	if v.picked.on {
		v.pickKey(w, msg)
		return nil
	}
	v.gone = ""
	switch msg.String() {
	case "up", "k":
		v.move(w, -1)
	case "down", "j":
		v.move(w, 1)
	case "pgup", "ctrl+b":
		v.turn(w, true)
	case "pgdown", "ctrl+f":
		v.turn(w, false)
	case "home", "g":
		if v.pause(w); !v.paused {
			return nil
		}
		return v.ask(w, pageFirst, logs.Line{})
	case "end", "G":
		return v.resume(w)
	case "space":
		if v.paused {
			return v.resume(w)
		}
		v.pause(w)
	case "left":
		v.left = max(0, v.left-w.width/3)
	case "right":
		if !v.wrap && v.left < logs.Most {
			v.left += w.width / 3
		}
	case "/":
		v.editing, v.before = true, v.filter.Text
		v.text.set(v.filter.Text)
	case "f", "F":
		if !v.one {
			v.cycle(w, msg.String() == "F")
		}
	case "@":
		if !v.one {
			v.pick()
		}
	case "e", "E":
		v.filter.Level, v.stale = nextLevel(v.filter.Level, msg.String() == "E"), true
	case "n", "N":
		return v.nextError(w, msg.String() == "N")
	case "w":
		v.wrap, v.left = !v.wrap, 0
	case "t":
		v.times = (v.timesOf(w) + 1) % len(timeForms)
	case "p":
		v.raw = !v.raw
	case "v":
		v.events = !v.events
	case "J":
		v.whole.scroll(1)
	case "K":
		v.whole.scroll(-1)
	case "enter":
		v.open(w)
	case "y":
		if v.whole != nil {
			return w.do.copy("all of it", v.whole.text())
		}
		if l, ok := v.chosen(); ok {
			return w.do.copy("the line of "+tidy(l.Instance), string(ansi.Plain(nil, l.Text)))
		}
	}
	return nil
}

func (v *logsView) edit(w *world, msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc":
		v.editing = false
		v.text.set(v.before)
	case "enter":
		v.editing = false
	case "up", "down", "pgup", "pgdown":
		v.editing = false
		cmd := v.key(w, msg)
		v.editing = true
		return cmd
	default:
		v.text.update(msg)
		return v.typed()
	}
	if v.text.String() != v.filter.Text {
		v.filter.Text, v.stale = v.text.String(), true
	}
	return nil
}

// typed looks for what was typed when nothing more is for a moment.
func (v *logsView) typed() tea.Cmd {
	v.keyed++
	n := v.keyed
	return tea.Tick(typingWait, func(time.Time) tea.Msg { return logsTypedMsg{v, n} })
}

// levels are those that e goes through.
var levels = []record.Level{record.Unknown, record.Warn, record.Error}

func nextLevel(l record.Level, all bool) record.Level {
	if all {
		return record.Unknown
	}
	return levels[(slices.Index(levels, l)+1)%len(levels)]
}

// cycle goes on to the next instance; after the last come all.
func (v *logsView) cycle(w *world, back bool) {
	names := v.instances(w)
	k := -1
	if len(v.filter.Instances) > 0 {
		k = slices.Index(names, v.filter.Instances[0])
	}
	if back {
		if k--; k < -1 {
			k = len(names) - 1
		}
	} else if k++; k == len(names) {
		k = -1
	}
	v.filter.Instances = nil
	if k >= 0 {
		v.filter.Instances = []string{names[k]}
		if _, ok := w.row(names[k]); ok {
			w.selected = names[k]
		}
	}
	v.stale = true
}

// instances are all whose lines can be shown, those that are gone last.
func (v *logsView) instances(w *world) []string {
	var names []string
	for _, r := range w.rows {
		names = append(names, r.Name)
	}
	for _, n := range v.names {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

func (v *logsView) chosen() (logs.Line, bool) {
	if v.cursor < 0 || v.cursor >= len(v.page.Lines) {
		return logs.Line{}, false
	}
	return v.page.Lines[v.cursor], true
}

// pause stops where the person is looking.
func (v *logsView) pause(w *world) {
	if !v.paused && len(v.page.Lines) > 0 {
		v.paused, v.fresh = true, 0
		v.cursor, v.bottom = len(v.page.Lines)-1, len(v.page.Lines)-1
		v.settle(w)
	}
}

// resume goes to the end, and follows.
func (v *logsView) resume(w *world) tea.Cmd {
	v.paused, v.fresh = false, 0
	if v.live {
		return nil
	}
	return v.load(w)
}

// move chooses another line; beyond the last one it follows.
func (v *logsView) move(w *world, by int) {
	if by > 0 && v.cursor+by >= len(v.page.Lines) && v.live {
		v.paused, v.fresh = false, 0
		return
	}
	v.pause(w)
	v.choose(w, v.cursor+by)
}

func (v *logsView) choose(w *world, k int) {
	v.cursor = max(0, min(k, len(v.page.Lines)-1))
	if l, ok := v.chosen(); ok {
		if _, ok := w.row(l.Instance); ok {
			w.selected = l.Instance // what r, s, x are for
		}
	}
	v.settle(w)
}

// slide moves what is seen by so many lines.
func (v *logsView) slide(w *world, by int) {
	if by > 0 && v.bottom+by >= len(v.page.Lines) && v.live {
		v.paused, v.fresh = false, 0
		return
	}
	v.pause(w)
	if len(v.page.Lines) == 0 {
		return
	}
	v.bottom = max(0, min(v.bottom+by, len(v.page.Lines)-1))
	v.fill(w)
	v.choose(w, max(v.top(w), min(v.cursor, v.bottom)))
}

// turn moves by a page, of which a line stays.
func (v *logsView) turn(w *world, back bool) {
	v.pause(w)
	if len(v.page.Lines) == 0 {
		return
	}
	if back {
		v.bottom = v.top(w)
		v.fill(w)
		v.choose(w, v.top(w))
		return
	}
	if v.live && v.bottom >= len(v.page.Lines)-1 {
		v.paused, v.fresh = false, 0
		return
	}
	used, room := 0, v.room(w)
	k := v.bottom
	for ; k < len(v.page.Lines); k++ {
		if used += v.height(w, k); used > room && k > v.bottom {
			break
		}
	}
	v.bottom = min(k, len(v.page.Lines)) - 1
	v.choose(w, v.bottom)
}

func (v *logsView) click(w *world, y int) {
	y -= headRows
	if y < 0 || y >= v.room(w) {
		return
	}
	for _, r := range v.seen(w) {
		if y--; y < 0 {
			v.pause(w)
			if again := r.line == v.cursor; again && v.whole == nil {
				v.open(w)
			}
			v.choose(w, r.line)
			break
		}
	}
}

// settle keeps the chosen line in sight.
func (v *logsView) settle(w *world) {
	last := len(v.page.Lines) - 1
	if !v.paused || last < 0 {
		v.cursor, v.bottom = last, last
		return
	}
	v.cursor = max(0, min(v.cursor, last))
	v.bottom = max(0, min(v.bottom, last))
	if v.bottom < v.cursor {
		v.bottom = v.cursor
	}
	v.fill(w)
	if v.cursor >= v.top(w) {
		return
	}
	// Above what is seen: it comes to the top.
	used, room := 0, v.room(w)
	k := v.cursor
	for ; k <= last; k++ {
		if used += v.height(w, k); used > room && k > v.cursor {
			break
		}
	}
	v.bottom = k - 1
}

// fill lets nothing stay empty below the first lines.
func (v *logsView) fill(w *world) {
	used, room := 0, v.room(w)
	for k := v.bottom; k >= 0; k-- {
		if used += v.height(w, k); used >= room {
			return
		}
	}
	for v.bottom+1 < len(v.page.Lines) {
		if used += v.height(w, v.bottom+1); used > room {
			return
		}
		v.bottom++
	}
}

// top is the first line that is seen as a whole.
func (v *logsView) top(w *world) int {
	used, room := 0, v.room(w)
	for k := v.bottom; k >= 0; k-- {
		if used += v.height(w, k); used > room {
			return min(k+1, v.bottom)
		}
	}
	return 0
}
