package dash

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"prox/internal/ansi"
	"prox/internal/api"
)

const (
	gap       = 2 // blanks between two columns
	blanks    = "  "
	minReason = 15 // "6s, exit 7, 3/5"

	stateWidth = 11 // a symbol, a blank and "unhealthy"
	sparkWidth = 10
	sparkSpan  = 60 // values that a spark shows, at a second each while somebody looks
	roomy      = 140
	trendFrom  = 60 // cells from which the chosen instance's trend is below the table
)

// column is one column of the table. Widths follow from the window and the
// names alone: nothing moves sideways while values change.
type column struct {
	title string
	width int
	right bool // numbers
	rank  int  // the lowest goes first when there is no room
	cell  func(w *world, r row, width int) string
}

// columns returns those that fit into the window, the last one being as wide
// as what is left.
func (v *servicesView) columns(w *world) []column {
	name, branch := len("NAME"), 0
	for _, r := range w.rows {
		name = max(name, ansi.Width(r.name))
		branch = max(branch, ansi.Width(gitWords(r)))
	}
	name = min(name, max(12, w.width/5), max(4, w.width-2*gap-stateWidth)) // the state always finds room
	portsWidth, sparkWidth := 8, sparkWidth-2
	if w.width >= roomy {
		portsWidth, sparkWidth = 12, sparkWidth+2
	}
	cols := []column{
		{"NAME", name, false, 20, func(_ *world, r row, _ int) string { return r.name }},
		{"STATE", stateWidth, false, 19, func(_ *world, r row, _ int) string { return r.State.Symbol() + " " + tidy(string(r.State)) }},
		{"READY", 6, true, 14, readySince},
		{"RST", 3, true, 11, func(_ *world, r row, _ int) string { return strconv.Itoa(r.Restarts) }},
		{"CPU", 6, true, 17, cpu},
		{"", sparkWidth, false, 6, func(w *world, r row, width int) string {
			return w.spark(r, width, func(t *trend) []float64 { return t.cpu }, 5)
		}},
		{"MEMORY", 7, true, 16, memory},
		{"", sparkWidth, false, 5, func(w *world, r row, width int) string {
			return w.spark(r, width, func(t *trend) []float64 { return t.memory }, 0)
		}},
		{"PORTS", portsWidth, false, 13, listening},
	}
	if branch > 0 {
		cols = append(cols, column{"BRANCH", max(len("BRANCH"), min(branch, 16)), false, 4, func(_ *world, r row, _ int) string { return gitWords(r) }})
	}
	cols = append(cols, column{"WHY", minReason, false, 15, func(w *world, r row, width int) string { return brief(w.why(r), width) }})
	for taken(cols) > w.width && len(cols) > 1 {
		least := 0
		for i, c := range cols {
			if c.rank < cols[least].rank {
				least = i
			}
		}
		cols = append(cols[:least], cols[least+1:]...)
	}
	last := &cols[len(cols)-1]
	if left := w.width - taken(cols); left < 0 || last.title == "WHY" {
		last.width = max(0, last.width+left)
	}
	return cols
}

// taken is how many cells the columns need, with the mark before them.
func taken(cols []column) int {
	n := gap
	for i, c := range cols {
		if i > 0 {
			n += c.gap()
		}
		n += c.width
	}
	return n
}

// gap is what stands before a column: a spark belongs to the number before it.
func (c column) gap() int {
	if c.title == "" {
		return 1
	}
	return gap
}

// fit puts s into exactly width cells.
func fit(s string, width int, right bool) string {
	s = ansi.Truncate(s, width, "…")
	if n := width - ansi.Width(s); right && n > 0 {
		return strings.Repeat(" ", n) + s
	}
	return ansi.Pad(s, width)
}

func (v *servicesView) head(w *world, cols []column) string {
	var b strings.Builder
	b.WriteString(blanks)
	mark := "▾"
	if v.reverse {
		mark = "▴"
	}
	marked := false // the gap that follows holds the mark
	for i, c := range cols {
		room := ""
		if i > 0 {
			room = blanks[:c.gap()]
		}
		if marked {
			room = mark + room[1:]
		}
		title := c.title
		marked = false
		if title != "" && title == orders[v.sort].name {
			switch {
			case !c.right && ansi.Width(title) < c.width:
				title += mark
			case !c.right:
				marked = true
			case ansi.Width(title) < c.width:
				title = mark + title
			default: // in the gap before it
				room = room[:len(room)-1] + mark
			}
		}
		b.WriteString(room + fit(title, c.width, c.right))
	}
	return w.look.faint.Render(ansi.Truncate(strings.TrimRight(b.String(), " "), w.width, ""))
}

func (v *servicesView) line(w *world, it item, cols []column, selected bool) string {
	if w.width <= gap { // hardly a window
		return ""
	}
	on := w.look.plain
	if selected {
		on = w.look.chosen
	}
	if it.group != "" {
		return v.groupLine(w, it, on, selected)
	}
	r := it.row
	var b strings.Builder
	mark := on.Render(blanks)
	if selected {
		mark = w.look.mark.Inherit(on).Render("▸") + on.Render(" ")
	}
	b.WriteString(mark)
	used := gap
	for i, c := range cols {
		if i > 0 {
			b.WriteString(on.Render(blanks[:c.gap()]))
			used += c.gap()
		}
		s := fit(c.cell(w, r, c.width), c.width, c.right)
		used += c.width
		b.WriteString(v.cellStyle(w, c, i, r, selected).Inherit(on).Render(s))
	}
	if selected && used < w.width {
		b.WriteString(on.Render(strings.Repeat(" ", w.width-used)))
	}
	return b.String()
}

func (v *servicesView) cellStyle(w *world, c column, i int, r row, selected bool) lipgloss.Style {
	switch c.title {
	case "NAME":
		if selected {
			return w.look.mark
		}
	case "STATE":
		return w.look.state(r.State)
	case "READY", "RST", "BRANCH":
		return w.look.faint
	case "":
		if i > 0 && r.State == api.Unhealthy {
			return w.look.warn
		}
		return w.look.first
	case "MEMORY":
		if leaks(r) {
			return w.look.warn
		}
	case "WHY":
		switch {
		case r.State == api.Failed || r.State == api.Unhealthy:
			return w.look.plain
		case leaks(r):
			return w.look.warn
		}
		return w.look.faint
	}
	return w.look.plain
}

// groupLine is the head of a group, with what is within counted.
func (v *servicesView) groupLine(w *world, it item, on lipgloss.Style, selected bool) string {
	ready, memory, cpu := 0, 0.0, 0.0
	bad := map[api.State]int{}
	for _, r := range it.rows {
		if r.State == api.Ready || r.State == api.Done {
			ready++
		}
		if r.State == api.Failed || r.State == api.Unhealthy || r.State == api.Backoff {
			bad[r.State]++
		}
		memory += max(0, known(r.MemoryBytes))
		cpu += max(0, known(r.CPUPercent))
	}
	sign := "▾ "
	if v.folded[it.group] && v.filter.String() == "" {
		sign = "▸ "
	}
	text := fmt.Sprintf("%s%s  %d/%d ready", sign, tidy(it.group), ready, len(it.rows))
	for _, s := range []api.State{api.Failed, api.Unhealthy, api.Backoff} {
		if bad[s] > 0 {
			text += fmt.Sprintf(" · %s %d %s", s.Symbol(), bad[s], s)
		}
	}
	text += fmt.Sprintf(" · %s · %s", percent(cpu), size(uint64(memory)))
	text = ansi.Pad(ansi.Truncate(text, w.width, "…"), w.width)
	style := w.look.bold
	if selected {
		style = w.look.mark
	}
	return style.Inherit(on).Render(text)
}

// spark draws one value of an instance's trend. What has no process has none.
func (w *world) spark(r row, width int, of func(*trend) []float64, floor float64) string {
	t := w.trends[r.Name]
	if t == nil || r.Pid == nil {
		return ""
	}
	values := of(t)
	return ansi.SparkAgainst(values[max(0, len(values)-sparkSpan):], width, floor)
}

// readySince is for how long it has been ready.
func readySince(w *world, r row, _ int) string {
	switch {
	case r.ReadyAt != nil && (r.State == api.Ready || r.State == api.Unhealthy):
		return age(w.at.Sub(*r.ReadyAt))
	}
	return none
}

// cpu and memory of what has no process are nothing; of what has one they are
// not known at first.
func cpu(_ *world, r row, _ int) string {
	switch {
	case r.CPUPercent != nil:
		return percent(*r.CPUPercent)
	case r.Pid != nil:
		return unknown
	}
	return none
}

func memory(_ *world, r row, width int) string {
	switch {
	case r.MemoryBytes != nil && leaks(r):
		return fit("↗"+size(*r.MemoryBytes), width, true)
	case r.MemoryBytes != nil:
		return size(*r.MemoryBytes)
	case r.Pid != nil:
		return unknown
	}
	return none
}

func listening(_ *world, r row, width int) string {
	switch {
	case len(r.Ports) > 0:
		return ports(r.Ports, width)
	case r.Ports == nil && r.Pid != nil:
		return unknown
	}
	return none
}

func leaks(r row) bool { return r.Costs != nil && r.Costs.Leak != nil }

// why is the reason for the state, with what is left of a wait; of what has
// none, what its last start was for.
func (w *world) why(r row) string {
	if r.State == api.Backoff && r.NextAt != nil {
		if left := r.NextAt.Sub(w.at); left > 0 {
			left = (left + time.Second - 1).Truncate(time.Second)
			return strings.TrimSuffix(fmt.Sprintf("in %s: %s", age(left), w.backoffWords(r)), ": ")
		}
	}
	switch {
	case r.Schedule != "" && r.State != api.Stopped && r.NextAt != nil:
		return fmt.Sprintf("%s, next in %s", tidy(r.Schedule), age(r.NextAt.Sub(w.at)))
	case r.reason != "":
		return r.reason
	case leaks(r):
		return leakWords(r.Costs.Leak, w.at)
	case r.Because != "" && r.StartedAt != nil:
		ago := fmt.Sprintf("%s ago: %s", age(w.at.Sub(*r.StartedAt)), tidy(r.Because))
		if !strings.HasPrefix(r.Because, "restarted ") {
			ago = "restarted " + ago
		}
		return ago
	}
	return tidy(r.Because)
}

// backoffWords are the reason without the wait, which is counted down.
func (w *world) backoffWords(r row) string {
	before, rest, ok := strings.Cut(r.reason, ", restarting in ")
	if !ok {
		return r.reason
	}
	if _, count, ok := strings.Cut(rest, " ("); ok {
		return before + " (" + count
	}
	return before
}

// leakWords say how fast memory grows, and when that ends.
func leakWords(l *api.Leak, now time.Time) string {
	text := fmt.Sprintf("memory grows by %s an hour", size(uint64(max(0, l.BytesPerHour))))
	if l.FullAt != nil {
		text += ", at its limit in " + age(l.FullAt.Sub(now))
	}
	return text
}
