package dash

import (
	"fmt"
	"strings"

	"prox/internal/ansi"
	"prox/internal/api"
)

// placed is a tab, and where on the first line it is.
type placed struct {
	text     string
	x, width int
}

// tabs are the views' names at the right end of the first line, or their
// numbers where there is no room for names.
func (m *model) tabs() []placed {
	for _, long := range []bool{true, false} {
		var tabs []placed
		total := 0
		for k, v := range m.views {
			text := fmt.Sprint(k + 1)
			if long || k == m.shown {
				text += " " + v.name()
			}
			t := placed{text: text, x: total + 1, width: ansi.Width(text)}
			total = t.x + t.width
			tabs = append(tabs, t)
		}
		if left := m.wide - total - 1; left >= m.wide*2/5 || !long {
			for k := range tabs {
				tabs[k].x += max(0, left)
			}
			return tabs
		}
	}
	return nil
}

func (m *model) titleLine() string {
	tabs := m.tabs()
	room := m.wide
	if len(tabs) > 0 {
		room = tabs[0].x - 1
	}
	bar := m.look.bar
	left := " prox"
	detail := ""
	if m.status != nil {
		left = " " + tidy(m.status.Project)
		if m.status.Environment != "" {
			left += " (" + tidy(m.status.Environment) + ")"
		}
		for _, summary := range m.status.Summaries() { // the longest that can be seen whole
			detail = "  " + tidy(summary)
			if ansi.Width(left)+ansi.Width(detail) <= room {
				break
			}
		}
	}
	left = ansi.Truncate(left, max(0, room), "…")
	detail = ansi.Truncate(detail, max(0, room-ansi.Width(left)), "…")
	var b strings.Builder
	b.WriteString(bar.Bold(true).Render(left))
	style := bar
	if m.troubled() {
		style = m.look.bad.Inherit(bar)
	}
	b.WriteString(style.Render(detail))
	used := ansi.Width(left) + ansi.Width(detail)
	for k, t := range tabs {
		if t.x+t.width > m.wide {
			break
		}
		b.WriteString(bar.Render(strings.Repeat(" ", max(0, t.x-used))))
		if k == m.shown {
			b.WriteString(m.look.tabOn.Render(t.text))
		} else {
			b.WriteString(m.look.tab.Render(t.text))
		}
		used = max(used, t.x) + t.width
	}
	b.WriteString(bar.Render(strings.Repeat(" ", max(0, m.wide-used))))
	return b.String()
}

// troubled reports whether something is as nobody wants it.
func (w *world) troubled() bool {
	for _, r := range w.rows {
		if r.State == api.Failed || r.State == api.Unhealthy {
			return true
		}
	}
	return false
}

func (m *model) messageLine() string {
	text, style := m.message, m.look.plain
	if m.trouble {
		style = m.look.bad
	}
	switch {
	case m.lost:
		text, style = "the controller does not answer, reconnecting …", m.look.bad
	case m.status == nil:
		text = "asking the controller …"
	}
	if text == "" {
		return ""
	}
	return style.Render(ansi.Truncate(" "+text, m.wide, "…"))
}

// everywhere are the keys that mean the same in every view.
func everywhere() []keyHelp {
	return []keyHelp{
		{"?", "help", "all keys"},
		{":", "commands", "any command of prox"},
		{"r", "restart", "restart the chosen service"},
		{"s", "stop/start", "stop it, or start it"},
		{"a", "attach", "go to its window, with the real terminal"},
		{"x", "exec", "run a command in its folder and environment"},
		{"o", "open", "open its port in a browser"},
		{"l", "logs", "what it has printed"},
		{"y", "copy", "copy the chosen line"},
		{"+ -", "", "one instance more, one less"},
		{"1 … 5", "", "a view; also Tab and Shift-Tab"},
		{"esc", "", "go back"},
		{"q", "leave", "leave, all keeps running"},
	}
}

// keysLine shows as many keys as there is room for: those of the view, then
// those that go everywhere, and always how to find the rest.
func (m *model) keysLine(own []keyHelp) string {
	all := own
	if m.over == nil && !m.views[m.shown].typing() {
		all = append(append([]keyHelp{}, own...), everywhere()...)
	}
	help := keyHelp{"?", "help", ""}
	var b strings.Builder
	used := 0
	put := func(k keyHelp) {
		b.WriteString(" " + m.look.key.Render(k.keys) + " " + m.look.faint.Render(k.short) + " ")
		used += ansi.Width(k.keys) + ansi.Width(k.short) + 3
	}
	reserve := 0
	if m.over == nil && !m.views[m.shown].typing() {
		reserve = ansi.Width(help.keys) + ansi.Width(help.short) + 3
	}
	for _, k := range all {
		if k.short == "" || k.keys == "?" {
			continue
		}
		if used+ansi.Width(k.keys)+ansi.Width(k.short)+3+reserve > m.wide {
			break
		}
		put(k)
	}
	if reserve > 0 && used+reserve <= m.wide {
		put(help)
	}
	return b.String()
}
