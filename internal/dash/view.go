package dash

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	xansi "github.com/charmbracelet/x/ansi"

	"prox/internal/ansi"
	"prox/internal/api"
)

// around is how many lines are not rows: title, head, a detail line, the
// message and the keys.
const around = 5

// styles are the few ways to write. Colour never says anything that a word
// does not say too.
type styles struct {
	title, head, faint, mark, bad style
	good, busy, plain             style
}

func newStyles(noColour bool) styles {
	var none style
	s := styles{
		title: none.bold(),
		head:  none.faint(),
		faint: none.faint(),
		mark:  none.bold(),
		bad:   none.bold(),
	}
	if !noColour {
		s.bad = s.bad.colour(xansi.Red)
		s.good = s.good.colour(xansi.Green)
		s.busy = s.busy.colour(xansi.Yellow)
		s.mark = s.mark.colour(xansi.Cyan)
	}
	return s
}

func (s *styles) state(st api.State) style {
	switch st {
	case api.Ready, api.Done:
		return s.good
	case api.Failed, api.Unhealthy:
		return s.bad
	case api.Waiting, api.Starting, api.Running, api.Stopping, api.Backoff:
		return s.busy
	case api.Stopped:
		return s.faint
	}
	return s.plain
}

// room is how many rows can be shown.
func (m model) room() int { return max(1, m.height-around) }

// View draws the window, full and no more than full.
func (m model) View() tea.View {
	v := tea.NewView(strings.Join(m.lines(), "\n"))
	v.AltScreen = true
	return v
}

func (m model) lines() []string {
	var lines []string
	if m.help {
		lines = m.helpLines()
	} else {
		cols := m.columns()
		lines = append(lines, m.titleLine(), m.head(cols))
		end := min(m.first+m.room(), len(m.rows))
		for i := m.first; i < end; i++ {
			lines = append(lines, m.line(m.rows[i], cols, i == m.cursor))
		}
		for i := end - m.first; i < m.room(); i++ {
			lines = append(lines, "")
		}
		lines = append(lines, m.detailLine(), m.messageLine(), m.keysLine())
	}
	return lines[:min(len(lines), max(1, m.height))] // too low a window keeps its top
}

// across puts left and right at the two ends of a line, left first when there
// is no room for both.
func (m *model) across(left, right string) (string, string) {
	left = ansi.Truncate(left, m.width, "…")
	space := m.width - ansi.Width(left) - ansi.Width(right)
	if space < gap {
		return left, ""
	}
	return left, strings.Repeat(" ", space) + right
}

func (m *model) titleLine() string {
	if m.status == nil {
		left, _ := m.across("prox", "")
		return m.style.title.Render(left)
	}
	left := tidy(m.status.Project) + "  " + m.summary()
	if m.status.Environment != "" {
		left = tidy(m.status.Project) + " (" + tidy(m.status.Environment) + ")  " + m.summary()
	}
	right := ""
	if m.room() < len(m.rows) {
		right = fmt.Sprintf("%d-%d of %d", m.first+1, min(m.first+m.room(), len(m.rows)), len(m.rows))
	}
	left, right = m.across(left, right)
	return m.style.title.Render(left) + right
}

// summary counts, the bad news first.
func (m *model) summary() string {
	n := map[api.State]int{}
	for _, r := range m.rows {
		n[r.State]++
	}
	if len(m.rows) > 0 && n[api.Ready] == len(m.rows) {
		return fmt.Sprintf("all %d ready", len(m.rows))
	}
	var parts []string
	for _, s := range []api.State{api.Failed, api.Unhealthy, api.Backoff, api.Waiting, api.Starting, api.Running, api.Stopping, api.Ready, api.Done, api.Stopped} {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
	}
	if len(parts) == 0 {
		return "no services"
	}
	return strings.Join(parts, ", ")
}

// detailLine says of the selected instance what may have found no room.
func (m *model) detailLine() string {
	if len(m.rows) == 0 {
		return ""
	}
	r := m.rows[m.cursor]
	parts := []string{r.name + " " + string(r.State)}
	if why := m.why(r); why != "" {
		parts = append(parts, why)
	} else if r.Exit != nil && r.Pid == nil {
		parts = append(parts, tidy(r.Exit.Text))
	}
	if r.Pid != nil {
		parts = append(parts, fmt.Sprintf("pid %d", *r.Pid))
	}
	if len(r.Ports) > 0 {
		parts = append(parts, "listens on "+ports(r.Ports, m.width/2))
	}
	if r.Restarts > 0 {
		parts = append(parts, counted(r.Restarts, "restart"))
	}
	if r.Processes > 1 {
		parts = append(parts, fmt.Sprintf("%d processes", r.Processes))
	}
	return m.style.faint.Render(ansi.Truncate(strings.Join(parts, " · "), m.width, "…"))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (m *model) messageLine() string {
	text, style := m.message, m.style.plain
	if m.trouble {
		style = m.style.bad
	}
	switch {
	case m.lost:
		text, style = "the controller does not answer, reconnecting …", m.style.bad
	case m.status == nil:
		text = "asking the controller …"
	}
	if text == "" {
		return ""
	}
	return style.Render(ansi.Truncate(text, m.width, "…"))
}

// keysLine shows as many keys as there is room for; the last ones count most.
func (m *model) keysLine() string {
	keys := []string{"↑↓ select", "enter window", "r restart", "s stop/start", "? help", "q leave"}
	for len(keys) > 1 && ansi.Width(strings.Join(keys, " · ")) > m.width {
		keys = keys[1:]
	}
	return m.style.faint.Render(ansi.Truncate(strings.Join(keys, " · "), m.width, ""))
}

var helpText = [][2]string{
	{"↑ ↓ k j", "select a service"},
	{"PgUp PgDn g G", "a page, first, last"},
	{"enter", "go to its window"},
	{"r", "restart it"},
	{"s", "stop it, or start it"},
	{"?", "this help"},
	{"q", "leave, all keeps running"},
	{"", ""},
	{"CPU", "of one core, with all its children"},
	{"MEMORY", "resident, with all its children"},
	{"RST", "restarts by themselves"},
	{"…", "not known yet"},
}

func (m *model) helpLines() []string {
	lines := []string{m.style.title.Render(ansi.Truncate("Keys", m.width, "")), ""}
	for _, h := range helpText {
		lines = append(lines, ansi.Truncate(strings.TrimRight(blanks+ansi.Pad(h[0], 14)+h[1], " "), m.width, "…"))
	}
	return append(lines, "", m.style.faint.Render(ansi.Truncate("any key goes back", m.width, "")))
}
