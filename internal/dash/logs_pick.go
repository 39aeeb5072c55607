package dash

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// picking is the choice of the services whose lines are shown, by what is typed:
// parts of names and of groups, "api web @back".
type picking struct {
	on     bool
	text   field
	before []string // the choice when the typing began
	none   bool     // nothing is like what is typed
}

// pick begins to choose services.
func (v *logsView) pick() {
	v.picked = picking{on: true, before: v.filter.Instances}
}

// pickKey takes in a key while services are chosen.
func (v *logsView) pickKey(w *world, msg tea.Msg) {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "esc":
			v.picked.on = false
			v.choice(w, v.picked.before)
			return
		case "enter":
			if v.picked.on = false; v.picked.text.String() == "" {
				v.choice(w, nil)
			}
			return
		}
	}
	if v.picked.text.update(msg) {
		v.choice(w, v.picks(w))
	}
}

// choice shows the lines of some instances, or of all for nil.
func (v *logsView) choice(w *world, names []string) {
	if slices.Equal(names, v.filter.Instances) {
		return
	}
	v.filter.Instances, v.stale = names, true
	if len(names) > 0 {
		if _, ok := w.row(names[0]); ok {
			w.selected = names[0]
		}
	}
}

// picks are the instances that are like what is typed. While none is, what was
// shown stays.
func (v *logsView) picks(w *world) []string {
	words := strings.Fields(strings.ReplaceAll(strings.ToLower(v.picked.text.String()), ",", " "))
	v.picked.none = false
	if len(words) == 0 {
		return nil
	}
	var out []string
	for _, name := range v.instances(w) {
		of := []string{strings.ToLower(name)}
		if r, ok := w.row(name); ok && r.service != nil {
			for _, g := range r.service.Groups {
				of = append(of, "@"+strings.ToLower(g))
			}
		}
		if slices.ContainsFunc(words, func(word string) bool {
			return slices.ContainsFunc(of, func(s string) bool { return strings.Contains(s, word) })
		}) {
			out = append(out, name)
		}
	}
	if v.picked.none = len(out) == 0; v.picked.none {
		return v.filter.Instances
	}
	return out
}

// pickFoot is the line that is typed.
func (v *logsView) pickFoot(w *world) string {
	line := v.picked.text.draw(&w.look, " services: ", w.width)
	if v.picked.none {
		line += w.look.warn.Render(" no service is like that")
	}
	return line
}
