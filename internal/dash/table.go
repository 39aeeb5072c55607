package dash

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"prox/internal/ansi"
	"prox/internal/api"
)

const (
	gap       = 2  // blanks between two columns
	minReason = 11 // "exit code 1"

	stateWidth = 11 // a symbol, a blank and "unhealthy"
	wide       = 110
)

// column is one column of the table. Widths follow from the window and the
// names alone: nothing moves sideways while values change.
type column struct {
	title string
	width int
	right bool // numbers
	rank  int  // the lowest goes first when there is no room
	cell  func(m *model, r row, width int) string
}

// columns returns those that fit into the window, the last one being as wide
// as what is left.
func (m *model) columns() []column {
	name := len("NAME")
	for _, r := range m.rows {
		name = max(name, ansi.Width(r.name))
	}
	name = min(name, max(12, m.width/5), max(4, m.width-2*gap-stateWidth)) // the state always finds room
	restarts, portsWide := column{title: "RST", width: 3}, 8
	if m.width >= wide {
		restarts, portsWide = column{title: "RESTARTS", width: 8}, 16
	}
	restarts.right, restarts.rank = true, 3
	restarts.cell = func(_ *model, r row, _ int) string { return strconv.Itoa(r.Restarts) }
	cols := []column{
		{"NAME", name, false, 10, func(_ *model, r row, _ int) string { return r.name }},
		{"STATE", stateWidth, false, 9, func(_ *model, r row, _ int) string { return r.State.Symbol() + " " + tidy(string(r.State)) }},
		{"PID", 7, true, 1, pid},
		{"UPTIME", 6, true, 8, uptime},
		restarts,
		{"CPU", 6, true, 7, cpu},
		{"MEMORY", 7, true, 6, memory},
		{"PORTS", portsWide, false, 4, listening},
		{"REASON", minReason, false, 5, func(m *model, r row, _ int) string { return m.why(r) }},
	}
	for taken(cols) > m.width && len(cols) > 1 {
		least := 0
		for i, c := range cols {
			if c.rank < cols[least].rank {
				least = i
			}
		}
		cols = append(cols[:least], cols[least+1:]...)
	}
	last := &cols[len(cols)-1]
	if left := m.width - taken(cols); left < 0 || last.title == "REASON" {
		last.width = max(0, last.width+left)
	}
	return cols
}

// taken is how many cells the columns need, with the mark before them.
func taken(cols []column) int {
	n := gap
	for i, c := range cols {
		if i > 0 {
			n += gap
		}
		n += c.width
	}
	return n
}

// fit puts s into exactly width cells.
func fit(s string, width int, right bool) string {
	s = ansi.Truncate(s, width, "…")
	if n := width - ansi.Width(s); right && n > 0 {
		return strings.Repeat(" ", n) + s
	}
	return ansi.Pad(s, width)
}

func (m *model) head(cols []column) string {
	cells := []string{}
	for _, c := range cols {
		cells = append(cells, fit(c.title, c.width, c.right))
	}
	return m.style.head.Render(ansi.Truncate(strings.TrimRight(blanks+strings.Join(cells, blanks), " "), m.width, ""))
}

const blanks = "  " // gap of them

func (m *model) line(r row, cols []column, selected bool) string {
	var b strings.Builder
	mark := blanks
	if selected {
		mark = m.style.mark.Render("▸") + " "
	}
	b.WriteString(mark)
	for i, c := range cols {
		if i > 0 {
			b.WriteString(blanks)
		}
		s := fit(c.cell(m, r, c.width), c.width, c.right)
		if i == len(cols)-1 {
			s = strings.TrimRight(s, " ")
		}
		switch c.title {
		case "NAME":
			if selected {
				s = m.style.mark.Render(s)
			}
		case "STATE":
			s = m.style.state(r.State).Render(s)
		case "REASON":
			s = m.style.faint.Render(s)
		}
		b.WriteString(s)
	}
	if m.width <= gap { // hardly a window
		return ""
	}
	return b.String()
}

func pid(_ *model, r row, _ int) string {
	if r.Pid == nil {
		return none
	}
	return strconv.Itoa(*r.Pid)
}

func uptime(m *model, r row, _ int) string {
	if r.StartedAt == nil {
		return none
	}
	return age(m.at.Sub(*r.StartedAt))
}

// cpu and memory of what has no process are nothing; of what has one they are
// not known at first.
func cpu(_ *model, r row, _ int) string {
	switch {
	case r.CPUPercent != nil:
		return percent(*r.CPUPercent)
	case r.Pid != nil:
		return unknown
	}
	return none
}

func memory(_ *model, r row, _ int) string {
	switch {
	case r.MemoryBytes != nil:
		return size(*r.MemoryBytes)
	case r.Pid != nil:
		return unknown
	}
	return none
}

func listening(_ *model, r row, width int) string {
	switch {
	case len(r.Ports) > 0:
		return ports(r.Ports, width)
	case r.Ports == nil && r.Pid != nil:
		return unknown
	}
	return none
}

// why is the reason, with what is left of the wait for the next try.
func (m *model) why(r row) string {
	if r.State == api.Backoff && r.NextAt != nil {
		if left := r.NextAt.Sub(m.at); left > 0 {
			left = (left + time.Second - 1).Truncate(time.Second)
			return strings.TrimSuffix(fmt.Sprintf("in %s: %s", age(left), r.reason), ": ")
		}
	}
	switch {
	case r.Schedule != "" && r.State != api.Stopped && r.NextAt != nil:
		return fmt.Sprintf("%s, next in %s", tidy(r.Schedule), age(r.NextAt.Sub(m.at)))
	case r.reason == "":
		return tidy(r.Because)
	}
	return r.reason
}
