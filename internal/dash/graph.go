package dash

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"prox/internal/ansi"
	"prox/internal/api"
	"prox/internal/diagram"
)

// graphView draws what depends on what: each service below what it comes
// after, with an arrow from each of those.
type graphView struct {
	drawing diagram.Drawing
	of      string // what the drawing was made of
	cursor  int    // line
	first   int
	left    int // cells of the lanes that are scrolled away
}

func newGraphView() *graphView { return &graphView{} }

func (v *graphView) name() string { return "Graph" }

func (v *graphView) typing() bool { return false }

func (v *graphView) shown(w *world, _ bool) tea.Cmd {
	v.take(w)
	return nil
}

func (v *graphView) keys() []keyHelp {
	return []keyHelp{
		{"↑↓", "select", "choose a service; also j and k, g and G, the mouse"},
		{"u d", "along", "to what it comes after, to what comes after it"},
		{"←→", "", "scroll the arrows"},
		{"enter", "details", "the whole service"},
	}
}

// take draws the graph anew when it is another one, and keeps the cursor on
// the chosen service.
func (v *graphView) take(w *world) {
	if w.status == nil {
		return
	}
	var nodes []diagram.Node
	var of strings.Builder
	for k := range w.status.Services {
		s := &w.status.Services[k]
		n := diagram.Node{Name: s.Name}
		of.WriteString("\n" + s.Name)
		for _, on := range afterOf(s) {
			n.After = append(n.After, diagram.Edge{To: on.Service, Broken: !on.Holds})
			of.WriteString(" " + on.Service)
			if !on.Holds {
				of.WriteString("!")
			}
		}
		nodes = append(nodes, n)
	}
	if of.String() != v.of {
		v.drawing, v.of = diagram.Draw(nodes), of.String()
	}
	if r, ok := w.chosen(); ok && r.service != nil {
		v.cursor = slices.Index(v.drawing.Names, r.service.Name)
	}
	v.settle(w)
}

// afterOf are a service's dependencies; of an older controller only names are
// known.
func afterOf(s *api.Service) []api.After {
	if len(s.After) > 0 || len(s.DependsOn) == 0 {
		return s.After
	}
	var out []api.After
	for _, name := range s.DependsOn {
		out = append(out, api.After{Service: name, Holds: true})
	}
	return out
}

func (v *graphView) service(w *world, name string) *api.Service {
	for k := range w.status.Services {
		if w.status.Services[k].Name == name {
			return &w.status.Services[k]
		}
	}
	return nil
}

func (v *graphView) room(w *world) int { return max(1, w.height-2) }

func (v *graphView) settle(w *world) {
	n := len(v.drawing.Names)
	v.cursor = max(0, min(v.cursor, n-1))
	room := v.room(w)
	v.first = max(0, min(v.first, n-room))
	v.first = min(max(v.first, v.cursor-room+1), v.cursor)
	v.left = max(0, min(v.left, 2*v.drawing.Lanes-4))
}

func (v *graphView) choose(w *world, line int) {
	if len(v.drawing.Names) == 0 {
		return
	}
	v.cursor = max(0, min(line, len(v.drawing.Names)-1))
	if s := v.service(w, v.drawing.Names[v.cursor]); s != nil && len(s.Instances) > 0 {
		if r, ok := w.chosen(); !ok || r.service == nil || r.service.Name != s.Name {
			w.selected = s.Instances[0].Name
		}
	}
	v.settle(w)
}

func (v *graphView) update(w *world, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return v.key(w, msg.String())
	case tea.MouseWheelMsg:
		if msg.Button == tea.MouseWheelUp {
			v.choose(w, v.cursor-3)
		} else {
			v.choose(w, v.cursor+3)
		}
	case tea.MouseClickMsg:
		if k := v.first + msg.Y; msg.Y < v.room(w) && k < len(v.drawing.Names) {
			again := k == v.cursor
			v.choose(w, k)
			if again {
				return details
			}
		}
	case seenMsg, tea.WindowSizeMsg:
		v.take(w)
	}
	return nil
}

func (v *graphView) key(w *world, k string) tea.Cmd {
	switch k {
	case "up", "k":
		v.choose(w, v.cursor-1)
	case "down", "j":
		v.choose(w, v.cursor+1)
	case "pgup", "ctrl+b":
		v.choose(w, v.cursor-v.room(w))
	case "pgdown", "ctrl+f":
		v.choose(w, v.cursor+v.room(w))
	case "home", "g":
		v.choose(w, 0)
	case "end", "G":
		v.choose(w, len(v.drawing.Names))
	case "left", "h":
		v.left -= 4
		v.settle(w)
	case "right":
		v.left += 4
		v.settle(w)
	case "u", "d":
		v.along(w, k == "u")
	case "enter":
		if len(v.drawing.Names) > 0 {
			return details
		}
	case "y":
		if v.cursor < len(v.drawing.Names) {
			return w.do.copy("the line", strings.TrimSpace(v.words(w, v.drawing.Names[v.cursor])))
		}
	}
	return nil
}

// along goes to the next service that the chosen one comes after, or that
// comes after it.
func (v *graphView) along(w *world, up bool) {
	if v.cursor >= len(v.drawing.Names) {
		return
	}
	needs, needed := v.around(w, v.drawing.Names[v.cursor])
	to := needed
	if up {
		to = needs
	}
	if len(to) > 0 {
		v.choose(w, slices.Index(v.drawing.Names, to[0]))
	}
}

// around are the services that one comes after, and those that come after it,
// of both the nearest line first.
func (v *graphView) around(w *world, name string) (needs, needed []string) {
	for _, other := range v.drawing.Names {
		s := v.service(w, other)
		if s == nil {
			continue
		}
		for _, on := range afterOf(s) {
			if other == name && slices.Contains(v.drawing.Names, on.Service) {
				needs = append(needs, on.Service)
			}
			if on.Service == name {
				needed = append(needed, other)
			}
		}
	}
	slices.SortFunc(needs, func(a, b string) int {
		return slices.Index(v.drawing.Names, b) - slices.Index(v.drawing.Names, a)
	})
	return needs, needed
}

func (v *graphView) draw(w *world) []string {
	if w.status == nil || len(v.drawing.Names) == 0 {
		return []string{w.look.faint.Render(ansi.Truncate(" no services", w.width, "…"))}
	}
	width := 4
	for _, name := range v.drawing.Names {
		width = max(width, ansi.Width(tidy(name)))
	}
	width = min(width, max(6, w.width/3))
	chosen := v.drawing.Names[min(v.cursor, len(v.drawing.Names)-1)]
	needs, needed := v.around(w, chosen)
	var lines []string
	for k := v.first; k < min(v.first+v.room(w), len(v.drawing.Names)); k++ {
		lines = append(lines, v.line(w, k, width, chosen, needs, needed))
	}
	for len(lines) < v.room(w) {
		lines = append(lines, "")
	}
	return append(lines, w.look.frame.Render(strings.Repeat("─", w.width)), ansi.Truncate(" "+v.words(w, chosen), w.width, "…"))
}

// line is a service with its state, and the arrows beside it.
func (v *graphView) line(w *world, k, width int, chosen string, needs, needed []string) string {
	name := v.drawing.Names[k]
	s := v.service(w, name)
	if s == nil {
		return " " + tidy(name)
	}
	on, mark := w.look.plain, "  "
	if name == chosen {
		on, mark = w.look.chosen, "▸ "
	}
	style := w.look.plain
	switch {
	case slices.Contains(needs, name), slices.Contains(needed, name):
		style = w.look.bold
	case name == chosen:
		style = w.look.mark
	}
	state, words := s.State, s.State.Symbol()+" "+string(s.State)
	if n := len(s.Instances); n > 1 {
		ready := 0
		for _, i := range s.Instances {
			if i.State == api.Ready || i.State == api.Done {
				ready++
			}
		}
		words = fmt.Sprintf("%s %d of %d", s.State.Symbol(), ready, n)
	}
	room := max(0, w.width-gap-width-2-stateWidth-1)
	var b strings.Builder
	b.WriteString(w.look.mark.Inherit(on).Render(mark))
	b.WriteString(style.Inherit(on).Render(fit(tidy(name), width, false) + "  "))
	b.WriteString(w.look.state(state).Inherit(on).Render(fit(words, stateWidth, false)) + " ")
	cells := v.drawing.Cells(k)
	cells = cells[min(v.left, len(cells)):]
	cut := len(cells) > room
	cells = cells[:max(0, min(len(cells), room))]
	for i := 0; i < len(cells); {
		j := i + 1
		for j < len(cells) && v.cellStyle(cells[j].Of, name, chosen, needs) == v.cellStyle(cells[i].Of, name, chosen, needs) && cells[j].Broken == cells[i].Broken {
			j++
		}
		var text strings.Builder
		for _, c := range cells[i:j] {
			text.WriteRune(c.Rune)
		}
		b.WriteString(v.look(w, v.cellStyle(cells[i].Of, name, chosen, needs), cells[i].Broken).Render(text.String()))
		i = j
	}
	line := b.String()
	if cut && room > 0 {
		line = ansi.Truncate(line, w.width-1, "") + w.look.faint.Render("›")
	}
	return ansi.Truncate(line, w.width, "")
}

// cellStyle tells how much a cell has to do with the chosen service: it is of
// its lane, or of one that leads to it.
func (v *graphView) cellStyle(of, line, chosen string, needs []string) int {
	switch {
	case of == chosen:
		return 2
	case line == chosen && slices.Contains(needs, of):
		return 1
	}
	return 0
}

func (v *graphView) look(w *world, near int, broken bool) lipgloss.Style {
	switch {
	case broken:
		return w.look.warn
	case near > 0:
		return w.look.mark
	}
	return w.look.frame
}

// words say what is drawn of one service.
func (v *graphView) words(w *world, name string) string {
	needs, needed := v.around(w, name)
	s := v.service(w, name)
	parts := []string{tidy(name)}
	if s != nil {
		var waits []string
		for _, on := range afterOf(s) {
			if !on.Holds {
				waits = append(waits, tidy(on.Service)+" to be "+tidy(orElse(on.Condition, "ready")))
			}
		}
		if len(waits) > 0 {
			parts = append(parts, "waits for "+strings.Join(waits, ", "))
		}
	}
	if len(needs) > 0 {
		parts = append(parts, "comes after "+tidy(strings.Join(needs, ", ")))
	}
	if len(needed) > 0 {
		parts = append(parts, "before "+tidy(strings.Join(needed, ", ")))
	}
	if len(parts) == 1 {
		parts = append(parts, "depends on nothing, and nothing on it")
	}
	return strings.Join(parts, " · ")
}
