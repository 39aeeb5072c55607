package dash

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
	"prox/internal/api"
)

// servicesView is the table of all instances.
type servicesView struct {
	items  []item // what is listed, folded and filtered
	cursor int
	first  int    // item at the top
	group  string // whose head the cursor is on, "" = it is on an instance
	on     bool   // it is shown

	sort    int
	reverse bool

	filter  field
	editing bool

	grouped bool
	folded  map[string]bool
}

// item is a line of the table: an instance, or the head of a group.
type item struct {
	row   row
	group string // "" for an instance
	rows  []row  // of the group
}

// order is a way to sort.
type order struct {
	name string
	less func(w *world, a, b row) int
}

// orders are the ways to sort. Within what is equal the config's order stays.
var orders = []order{
	{"", nil},
	{"NAME", func(_ *world, a, b row) int { return strings.Compare(a.name, b.name) }},
	{"STATE", func(_ *world, a, b row) int { return urgency(a.State) - urgency(b.State) }},
	{"RST", func(_ *world, a, b row) int { return b.Restarts - a.Restarts }},
	{"CPU", func(_ *world, a, b row) int { return cmp.Compare(known(b.CPUPercent), known(a.CPUPercent)) }},
	{"MEMORY", func(_ *world, a, b row) int { return cmp.Compare(known(b.MemoryBytes), known(a.MemoryBytes)) }},
}

func known[T float64 | uint64](v *T) float64 {
	if v == nil {
		return -1
	}
	return float64(*v)
}

// urgency puts first what a person should look at first.
func urgency(s api.State) int {
	return slices.Index([]api.State{api.Failed, api.Unhealthy, api.Backoff, api.Stopping, api.Waiting, api.Starting, api.Running, api.Ready, api.Done, api.Stopped}, s)
}

func newServicesView(sort string) *servicesView {
	v := &servicesView{grouped: sort == "", folded: map[string]bool{}}
	v.sort = max(0, slices.IndexFunc(orders, func(o order) bool { return sort != "" && strings.EqualFold(o.name, sort) }))
	if sort == "restarts" {
		v.sort = slices.IndexFunc(orders, func(o order) bool { return o.name == "RST" })
	}
	return v
}

func (v *servicesView) name() string { return "Services" }

func (v *servicesView) typing() bool { return v.editing }

func (v *servicesView) shown(w *world, on bool) tea.Cmd {
	v.on = on
	if on {
		v.group = ""
	}
	v.list(w)
	return nil
}

func (v *servicesView) keys() []keyHelp {
	if v.editing {
		return []keyHelp{{"enter", "keep", ""}, {"esc", "all again", ""}}
	}
	return []keyHelp{
		{"↑↓", "select", "choose a service; also j and k, PgUp and PgDn, g and G, the mouse"},
		{"enter", "details", "the whole service"},
		{"/", "filter", "by name, state, group, port or branch"},
		{"t", "sort", "sort by the next column; T the other way round"},
		{"z", "", "fold or unfold the group; Z all of them"},
		{"b", "", "by group, or in the config's order"},
	}
}

func (v *servicesView) leave() bool {
	if v.filter.String() == "" {
		return false
	}
	v.filter.set("")
	return true
}

func (v *servicesView) update(w *world, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return v.key(w, msg)
	case tea.PasteMsg:
		if v.editing {
			v.filter.update(msg)
		}
	case tea.MouseWheelMsg:
		if msg.Button == tea.MouseWheelUp {
			v.move(w, -3)
		} else {
			v.move(w, 3)
		}
		return nil
	case tea.MouseClickMsg:
		return v.click(w, msg.Y)
	}
	v.list(w)
	return nil
}

func (v *servicesView) click(w *world, y int) tea.Cmd {
	k := v.first + y - 1 // below the head
	if y < 1 || y > v.room(w) || k >= len(v.items) {
		return nil
	}
	again := k == v.cursor
	v.choose(w, k)
	if it := v.items[k]; it.group != "" {
		v.fold(it.group)
		v.list(w)
	} else if again {
		return details
	}
	return nil
}

func (v *servicesView) key(w *world, msg tea.KeyPressMsg) tea.Cmd {
	k := msg.String()
	if v.editing {
		switch k {
		case "esc":
			v.filter.set("")
			v.editing = false
		case "enter":
			v.editing = false
		case "up", "down":
			v.move(w, map[string]int{"up": -1, "down": 1}[k])
		default:
			v.filter.update(msg)
		}
		v.list(w)
		return nil
	}
	switch k {
	case "up", "k":
		v.move(w, -1)
	case "down", "j":
		v.move(w, 1)
	case "pgup", "ctrl+b":
		v.move(w, -v.room(w))
	case "pgdown", "ctrl+f":
		v.move(w, v.room(w))
	case "home", "g":
		v.move(w, -len(v.items))
	case "end", "G":
		v.move(w, len(v.items))
	case "/":
		v.editing = true
	case "t":
		v.sort = (v.sort + 1) % len(orders)
	case "T":
		v.reverse = !v.reverse
	case "b":
		v.grouped = !v.grouped
	case "z", "left", "right", "h":
		if g := v.groupAt(); g != "" {
			v.fold(g)
		}
	case "Z":
		v.foldAll(w)
	case "y":
		if r, ok := w.chosen(); ok {
			return w.do.copy("the line of "+r.name, strings.TrimSpace(string(ansi.Plain(nil, []byte(v.line(w, item{row: r}, v.columns(w), false))))))
		}
	case "enter":
		if v.group != "" {
			v.fold(v.group)
			break
		}
		if _, ok := w.chosen(); ok {
			return details
		}
	}
	v.list(w)
	return nil
}

// groupOf is the group that an instance is listed in.
func groupOf(r row) string {
	if r.service != nil && len(r.service.Groups) > 0 {
		return r.service.Groups[0]
	}
	return ""
}

// groupAt is the group that the cursor is in.
func (v *servicesView) groupAt() string {
	if v.cursor >= len(v.items) {
		return ""
	}
	if it := v.items[v.cursor]; it.group != "" {
		return it.group
	}
	return groupOf(v.items[v.cursor].row)
}

func (v *servicesView) fold(group string) {
	v.folded[group] = !v.folded[group]
	if v.folded[group] { // the cursor stays in sight: on the head
		v.group = group
	}
}

func (v *servicesView) foldAll(w *world) {
	open := false
	for _, r := range w.rows {
		if g := groupOf(r); g != "" && !v.folded[g] {
			open = true
		}
	}
	for _, r := range w.rows {
		if g := groupOf(r); g != "" {
			v.folded[g] = open
		}
	}
	if g := v.groupAt(); open && g != "" {
		v.group = g
	}
}

// list makes the items of what is known, and keeps the cursor on what it was on.
func (v *servicesView) list(w *world) {
	var rows []row
	for _, r := range w.rows {
		if v.fits(r) {
			rows = append(rows, r)
		}
	}
	if less := orders[v.sort].less; less != nil {
		slices.SortStableFunc(rows, func(a, b row) int { return less(w, a, b) })
	}
	if v.reverse {
		slices.Reverse(rows)
	}
	v.items = v.items[:0]
	if !v.grouped || !slices.ContainsFunc(rows, func(r row) bool { return groupOf(r) != "" }) {
		for _, r := range rows {
			v.items = append(v.items, item{row: r})
		}
	} else {
		v.listGroups(rows)
	}
	v.settle(w)
}

// listGroups lists the groups in the order of their first rows; what is in
// none comes last.
func (v *servicesView) listGroups(rows []row) {
	var names []string
	of := map[string][]row{}
	for _, r := range rows {
		g := groupOf(r)
		if _, ok := of[g]; !ok && g != "" {
			names = append(names, g)
		}
		of[g] = append(of[g], r)
	}
	for _, g := range names {
		v.items = append(v.items, item{group: g, rows: of[g]})
		if v.folded[g] && v.filter.String() == "" {
			continue
		}
		for _, r := range of[g] {
			v.items = append(v.items, item{row: r})
		}
	}
	for _, r := range of[""] {
		v.items = append(v.items, item{row: r})
	}
}

func (v *servicesView) fits(r row) bool {
	of := []string{r.name, string(r.State)}
	if r.service != nil {
		of = append(of, r.service.Groups...)
		if r.service.Git != nil {
			of = append(of, r.service.Git.Branch)
		}
	}
	for _, p := range r.Ports {
		of = append(of, fmt.Sprintf(":%d", p))
	}
	return narrowed(v.filter.String(), of...)
}

// settle puts the cursor on what was chosen, and into sight.
func (v *servicesView) settle(w *world) {
	at := slices.IndexFunc(v.items, func(it item) bool {
		if v.group != "" {
			return it.group == v.group
		}
		return it.group == "" && it.row.Name == w.selected
	})
	if at < 0 && !v.on { // another view has chosen what is hidden here
		return
	}
	if at < 0 { // it is gone, or hidden
		at = max(0, min(v.cursor, len(v.items)-1))
	}
	v.choose(w, at)
}

func (v *servicesView) move(w *world, by int) {
	v.choose(w, v.cursor+by)
}

func (v *servicesView) choose(w *world, k int) {
	v.cursor = max(0, min(k, len(v.items)-1))
	v.group = ""
	if v.cursor < len(v.items) {
		it := v.items[v.cursor]
		if v.group = it.group; v.group == "" {
			w.selected = it.row.Name
		}
	}
	room := v.room(w)
	v.first = max(0, min(v.first, len(v.items)-room))
	v.first = min(max(v.first, v.cursor-room+1), v.cursor)
}

// detailLines are below the table, where there is room.
func (v *servicesView) detailLines(w *world) int {
	if w.height >= 12 {
		return 3
	}
	return 1
}

// room is how many items can be shown.
func (v *servicesView) room(w *world) int { return max(1, w.height-1-v.detailLines(w)) }

func (v *servicesView) draw(w *world) []string {
	cols := v.columns(w)
	lines := []string{v.head(w, cols)}
	room := v.room(w)
	end := min(v.first+room, len(v.items))
	for k := v.first; k < end; k++ {
		lines = append(lines, v.line(w, v.items[k], cols, k == v.cursor))
	}
	if len(v.items) == 0 && w.status != nil {
		text := " no services"
		if v.filter.String() != "" {
			text = " nothing is like that"
		}
		lines = append(lines, w.look.faint.Render(ansi.Truncate(text, w.width, "…")))
	}
	for len(lines) < room+1 {
		lines = append(lines, "")
	}
	return append(lines, v.details(w)...)
}
