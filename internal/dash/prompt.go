package dash

import (
	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
)

// prompt asks for a line of text at the bottom of the view.
type prompt struct {
	ask  string
	text field
	then func(string) tea.Cmd
}

func newPrompt(ask string, then func(string) tea.Cmd) *prompt { return &prompt{ask: ask, then: then} }

// with has a text to begin with.
func (p *prompt) with(text string) *prompt {
	p.text.set(text)
	return p
}

func (p *prompt) keys() []keyHelp {
	return []keyHelp{{"enter", "do it", ""}, {"esc", "leave it", ""}}
}

func (p *prompt) update(_ *model, msg tea.Msg) (tea.Cmd, bool) {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "esc":
			return nil, true
		case "enter":
			if p.text.String() == "" {
				return nil, true
			}
			return p.then(p.text.String()), true
		}
	}
	p.text.update(msg)
	return nil, false
}

func (p *prompt) draw(m *model) []string {
	return bottom(m, p.text.draw(&m.look, " "+p.ask, m.width))
}

// bottom puts lines over the last of what the view shows.
func bottom(m *model, lines ...string) []string {
	body := m.views[m.shown].draw(m.world)
	for len(body) < m.height {
		body = append(body, "")
	}
	return append(body[:max(0, m.height-len(lines)):max(0, m.height-len(lines))], lines...)
}

// confirm asks before something is destroyed.
type confirm struct {
	ask  string
	then tea.Cmd
}

func (c *confirm) keys() []keyHelp {
	return []keyHelp{{"y", "yes", ""}, {"any other key", "no", ""}}
}

func (c *confirm) update(_ *model, msg tea.Msg) (tea.Cmd, bool) {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	if k.String() == "y" || k.String() == "Y" {
		return c.then, true
	}
	return nil, true
}

func (c *confirm) draw(m *model) []string {
	const answers = " [y/N] "
	return bottom(m, m.look.warn.Render(ansi.Truncate(" "+c.ask, max(0, m.width-ansi.Width(answers)), "…")+answers))
}
