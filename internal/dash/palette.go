package dash

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
)

// palette is a command line of prox, with what it knows below it.
type palette struct {
	text   field
	chosen int
}

func newPalette(*model) *palette { return &palette{} }

func (p *palette) keys() []keyHelp {
	return []keyHelp{{"enter", "run", ""}, {"tab", "complete", ""}, {"↑↓", "choose", ""}, {"esc", "leave it", ""}}
}

// found is what the palette offers for what was typed so far.
type found struct{ text, help string }

// offers are the commands that fit, or the services once a command about
// services has been typed.
func (p *palette) offers(m *model) []found {
	var out []found
	name, rest, more := strings.Cut(p.text.String(), " ")
	if !more {
		for _, c := range m.do.Commands {
			if narrowed(name, c.Name, c.Help) {
				out = append(out, found{c.Usage, c.Help})
			}
		}
		slices.SortStableFunc(out, func(a, b found) int { // what begins with it comes first
			return btoi(strings.HasPrefix(b.text, name)) - btoi(strings.HasPrefix(a.text, name))
		})
		return out
	}
	c, ok := m.command(name)
	if !ok || !c.Services {
		return nil
	}
	words := strings.Split(rest, " ")
	last := words[len(words)-1]
	for _, r := range m.rows {
		if strings.HasPrefix(r.Name, last) && !strings.HasPrefix(last, "-") {
			out = append(out, found{r.name, string(r.State)})
		}
	}
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (m *model) command(name string) (Command, bool) {
	for _, c := range m.do.Commands {
		if c.Name == name {
			return c, true
		}
	}
	return Command{}, false
}

func (p *palette) update(m *model, msg tea.Msg) (tea.Cmd, bool) {
	offers := p.offers(m)
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "esc":
			return nil, true
		case "up", "ctrl+p":
			p.chosen = max(0, p.chosen-1)
			return nil, false
		case "down", "ctrl+n":
			p.chosen = max(0, min(p.chosen+1, len(offers)-1))
			return nil, false
		case "tab":
			p.complete(offers)
			return nil, false
		case "enter":
			typed := strings.TrimSpace(p.text.String())
			name, _, more := strings.Cut(typed, " ")
			if _, known := m.command(name); !known && !more && p.chosen < len(offers) {
				p.complete(offers) // a part of a name was typed: now it is whole
				if c, ok := m.command(strings.TrimSpace(p.text.String())); !ok || strings.Contains(c.Usage, "<") {
					return nil, false
				}
			}
			return m.runTyped(p.text.String()), true
		}
	}
	if p.text.update(msg) {
		p.chosen = 0
	}
	return nil, false
}

// complete takes over the chosen offer.
func (p *palette) complete(offers []found) {
	if p.chosen >= len(offers) {
		return
	}
	words := strings.Split(p.text.String(), " ")
	first, _, _ := strings.Cut(offers[p.chosen].text, " ")
	words[len(words)-1] = first
	p.text.set(strings.Join(words, " ") + " ")
	p.chosen = 0
}

func (p *palette) draw(m *model) []string {
	offers := p.offers(m)
	room := min(len(offers), max(0, min(12, m.height-2)))
	first := max(0, min(p.chosen-room/2, len(offers)-room))
	width := 0
	for _, o := range offers {
		width = max(width, ansi.Width(o.text))
	}
	width = min(width, m.width/2)
	lines := []string{m.look.frame.Render(strings.Repeat("─", m.width))}
	for k := first; k < first+room; k++ {
		o := offers[k]
		mark, style, faint := "  ", m.look.plain, m.look.faint
		if k == p.chosen {
			mark, style, faint = m.look.mark.Inherit(m.look.chosen).Render("▸ "), m.look.chosen, m.look.faint.Inherit(m.look.chosen)
		}
		text := ansi.Pad(ansi.Truncate(o.text, width, "…"), width)
		line := mark + style.Render(text+"  ") + faint.Render(ansi.Truncate(o.help, max(0, m.width-width-5), "…"))
		lines = append(lines, ansi.Truncate(line, m.width, ""))
	}
	return bottom(m, append(lines, p.text.draw(&m.look, ":", m.width))...)
}

// runTyped runs a command line of prox. What would destroy something is asked
// for first.
func (m *model) runTyped(text string) tea.Cmd {
	args := strings.Fields(text)
	if len(args) > 0 && args[0] == "prox" {
		args = args[1:]
	}
	if len(args) == 0 {
		return nil
	}
	c, ok := m.command(args[0])
	if !ok {
		m.say(true, fmt.Sprintf("there is no command %q: ? shows the keys, : the commands", args[0]))
		return nil
	}
	run := m.run(c, args)
	if c.Destroys || slices.Contains(args, "--clear") {
		ask := "prox " + strings.Join(args, " ") + "?"
		if c.Destroys {
			ask = "prox " + strings.Join(args, " ") + "? " + c.Help
		}
		m.over = &confirm{ask: ask, then: run}
		return nil
	}
	if !c.Terminal {
		m.say(false, running("prox "+strings.Join(args, " ")))
	}
	return run
}
