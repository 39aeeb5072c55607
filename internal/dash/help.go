package dash

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"prox/internal/ansi"
	"prox/internal/api"
)

// help lies over a view and lists all keys, and what the signs mean.
type help struct{ scroll scroll }

func newHelp() *help { return &help{} }

func (h *help) keys() []keyHelp { return []keyHelp{{"any key", "goes back", ""}} }

func (h *help) update(m *model, msg tea.Msg) (tea.Cmd, bool) {
	if h.scroll.update(msg, len(h.lines(m)), m.height) {
		return nil, false
	}
	_, key := msg.(tea.KeyPressMsg)
	_, click := msg.(tea.MouseClickMsg)
	return nil, key || click
}

func (h *help) draw(m *model) []string { return h.scroll.part(h.lines(m), m.height) }

func (h *help) lines(m *model) []string {
	var lines []string
	put := func(s string) { lines = append(lines, ansi.Truncate(s, m.width, "…")) }
	wide := 12
	if m.width < narrow {
		wide = 6
	}
	// The words stand beside what they explain, in as many rows as they need.
	explain := func(style lipgloss.Style, what, words string) {
		for k, row := range wrapped(words, max(8, m.width-wide-4)) {
			if k > 0 {
				what = ""
			}
			put("  " + style.Render(ansi.Pad(what, wide)) + " " + row)
		}
	}
	list := func(title string, keys []keyHelp) {
		put(m.look.bold.Render(" " + title))
		for _, k := range keys {
			explain(m.look.key, k.keys, orElse(k.long, k.short))
		}
		put("")
	}
	list("In "+m.views[m.shown].name(), m.views[m.shown].keys())
	list("Everywhere", everywhere())
	put(m.look.bold.Render(" States"))
	var states []string
	for _, s := range []api.State{api.Waiting, api.Starting, api.Running, api.Ready, api.Unhealthy, api.Stopping, api.Stopped, api.Backoff, api.Failed, api.Done} {
		states = append(states, m.look.state(s).Render(s.Symbol()+" "+string(s)))
	}
	line := ""
	for _, s := range states {
		if line != "" && ansi.Width(line)+ansi.Width(s)+4 > m.width {
			put("  " + line)
			line = ""
		}
		line += s + "  "
	}
	put("  " + strings.TrimRight(line, " "))
	put("")
	put(m.look.bold.Render(" Figures"))
	for _, f := range [][2]string{
		{"CPU", "share of one core, the whole tree of processes"},
		{"MEMORY", "resident, the whole tree"},
		{"RST", "restarts by themselves"},
		{"…", "not known yet"},
		{"leak", "memory that keeps growing, and how fast"},
		{"*", "behind a branch: something is not committed"},
	} {
		explain(m.look.plain, f[0], f[1])
	}
	return lines
}

// scroll is how far a text has been scrolled.
type scroll struct{ first int }

// update takes in what scrolls; false when the message is something else.
func (s *scroll) update(msg tea.Msg, lines, height int) bool {
	var by int
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		by = 3
		if msg.Button == tea.MouseWheelUp {
			by = -3
		}
	case tea.KeyPressMsg:
		switch msg.String() {
		case "up", "k":
			by = -1
		case "down", "j":
			by = 1
		case "pgup", "ctrl+b":
			by = -height
		case "pgdown", "ctrl+f", "space":
			by = height
		case "home", "g":
			by = -lines
		case "end", "G":
			by = lines
		default:
			return false
		}
	default:
		return false
	}
	s.first = max(0, min(s.first+by, lines-height))
	return true
}

// part is what of the lines is seen.
func (s *scroll) part(lines []string, height int) []string {
	first := max(0, min(s.first, len(lines)-height))
	return lines[first:min(len(lines), first+height)]
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
