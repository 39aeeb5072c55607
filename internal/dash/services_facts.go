package dash

import (
	"fmt"
	"slices"
	"strings"

	"prox/internal/ansi"
)

// details says of the chosen instance what may have found no room.
func (v *servicesView) details(w *world) []string {
	if v.editing || v.filter.String() != "" && v.detailLines(w) == 1 {
		return append(make([]string, v.detailLines(w)-1), v.filter.draw(&w.look, " / ", w.width))
	}
	right := ""
	if room := v.room(w); room < len(v.items) {
		right = fmt.Sprintf("%d–%d of %d ", v.first+1, min(v.first+room, len(v.items)), len(v.items))
	}
	rule := ""
	if v.filter.String() != "" {
		rule = " / " + v.filter.String() + " "
	}
	trend := v.trend(w)
	rule = ansi.Truncate(rule, max(0, w.width-ansi.Width(trend)-ansi.Width(right)), "…")
	rule = w.look.frame.Render(rule + strings.Repeat("─", max(0, w.width-ansi.Width(rule)-ansi.Width(trend)-ansi.Width(right))))
	rule = ansi.Truncate(rule+trend+w.look.frame.Render(right), w.width, "")
	facts := v.facts(w)
	if v.detailLines(w) == 1 {
		return []string{w.look.faint.Render(ansi.Truncate(" "+facts[0], w.width, "…"))}
	}
	return []string{
		rule,
		ansi.Truncate(" "+facts[0], w.width, "…"),
		w.look.faint.Render(ansi.Truncate(" "+facts[1], w.width, "…")),
	}
}

// trend is what the chosen instance cost lately, where the table has no room
// for that.
func (v *servicesView) trend(w *world) string {
	r, ok := w.chosen()
	if !ok || v.group != "" || w.width < trendFrom || slices.ContainsFunc(v.columns(w), func(c column) bool { return c.title == "" }) {
		return ""
	}
	cpu := w.spark(r, sparkWidth, func(t *trend) []float64 { return t.cpu }, 5)
	memory := w.spark(r, sparkWidth, func(t *trend) []float64 { return t.memory }, 0)
	if cpu == "" || memory == "" {
		return ""
	}
	return w.look.faint.Render(" cpu ") + w.look.first.Render(fit(cpu, sparkWidth, false)) + w.look.faint.Render(" mem ") + w.look.first.Render(fit(memory, sparkWidth, false)) + w.look.frame.Render(" ─")
}

// facts are two lines on what is chosen.
func (v *servicesView) facts(w *world) [2]string {
	if v.group != "" {
		return [2]string{"group " + v.group + " · enter folds", "prox restart @" + v.group + " acts on all of it"}
	}
	r, ok := w.chosen()
	if !ok || len(v.items) == 0 {
		return [2]string{}
	}
	first := []string{r.name + " " + string(r.State)}
	if why := w.why(r); why != "" {
		first = append(first, brief(why, w.width-1-ansi.Width(first[0])-ansi.Width(" · ")))
	} else if r.Exit != nil && r.Pid == nil {
		first = append(first, tidy(r.Exit.Text))
	}
	var second []string
	if r.Pid != nil {
		second = append(second, fmt.Sprintf("pid %d", *r.Pid))
	}
	if r.Processes > 1 {
		second = append(second, counted(r.Processes, "process"))
	}
	if c := r.Costs; c != nil && c.Threads > 0 {
		second = append(second, counted(c.Threads, "thread"))
	}
	if c := r.Costs; c != nil && c.Files != nil {
		second = append(second, counted(*c.Files, "open file"))
	}
	if len(r.Ports) > 0 {
		second = append(second, "listens on "+ports(r.Ports, w.width/2))
	}
	if r.Restarts > 0 {
		second = append(second, counted(r.Restarts, "restart"))
	}
	if g := gitWords(r); g != "" {
		second = append(second, g)
	}
	if w.status.Environment != "" {
		second = append(second, "environment "+tidy(w.status.Environment))
	}
	if r.service != nil && len(r.service.Groups) > 0 {
		second = append(second, "in "+tidy(strings.Join(r.service.Groups, ", ")))
	}
	return [2]string{strings.Join(first, " · "), strings.Join(second, " · ")}
}

func counted(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "s"):
		return fmt.Sprintf("%d %ses", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// gitWords is the branch, with a mark when something is not committed.
func gitWords(r row) string {
	if r.service == nil || r.service.Git == nil {
		return ""
	}
	s := tidy(r.service.Git.Branch)
	if d := r.service.Git.Dirty; d != nil && *d {
		s += "*"
	}
	return s
}
