package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fatih/color"

	"prox/internal/ansi"
	"prox/internal/api"
)

type statusCmd struct {
	Service string `completes:"service,instance,group" arg:"" optional:"" help:"Tell all about one service: its config in force, its health, every restart. Of a @GROUP: the table of its services."`
	JSON    bool   `help:"Print JSON."`
	Watch   bool   `short:"w" help:"Again every second, until Ctrl-C; in a pipe when a state has changed."`
	Self    bool   `help:"What prox itself costs."`
}

// Help is printed below the usage.
func (*statusCmd) Help() string {
	return `CPU is of one core and of the whole process tree; "…" until it is known.

Examples:
  prox status
  prox status api
  prox status @backend
  prox status --watch
  prox status --json | jq -r '.services[] | select(.state == "failed") | .name'

Exit codes: 0 the project runs, 2 no such service, 3 it does not run, 4 no config, or a bad one.`
}

// Run shows what runs.
func (c *statusCmd) Run(ctx context.Context, a *app) error {
	if c.Self && (c.Watch || c.Service != "") {
		return &exitError{code: exitUsage, err: errors.New("--self is about prox itself: it goes with --json only")}
	}
	if c.Service != "" && !strings.HasPrefix(c.Service, "@") && !c.JSON && !c.Watch {
		return (&whyCmd{Name: c.Service, whole: true}).Run(ctx, a)
	}
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	switch {
	case c.Self:
		return c.self(ctx, a, client, t)
	case c.Watch:
		return c.watch(ctx, a, client, t)
	}
	st, err := client.Status(ctx)
	if err != nil {
		return t.explain(err)
	}
	if err := c.only(st); err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(st)
	}
	a.table(st, time.Now())
	for _, n := range st.Notices {
		a.print.note("%s", plain(n))
	}
	a.noteOtherVersion(st.Controller)
	if t.bad != nil {
		a.print.note("the config has mistakes since this was started: prox check")
	}
	return nil
}

// column is one column of the table.
type column struct {
	title string
	right bool
	drop  int // dropped first when the terminal is narrow; 0 = never
	cell  func(i api.Instance, now time.Time) string
}

var columns = []column{
	{title: "NAME", cell: func(i api.Instance, _ time.Time) string { return i.Name }},
	{title: "STATE", cell: func(i api.Instance, _ time.Time) string { return i.State.Symbol() + " " + string(i.State) }},
	{title: "PID", right: true, drop: 3, cell: pidCell},
	{title: "UPTIME", right: true, drop: 4, cell: uptimeCell},
	{title: "RESTARTS", right: true, drop: 1, cell: func(i api.Instance, _ time.Time) string { return fmt.Sprint(i.Restarts) }},
	{title: "CPU", right: true, drop: 6, cell: cpuCell},
	{title: "MEMORY", right: true, drop: 5, cell: memoryCell},
	{title: "PORTS", drop: 2, cell: portsCell},
	{title: "REASON", cell: func(i api.Instance, now time.Time) string { return reason(i, now) }},
}

func pidCell(i api.Instance, _ time.Time) string {
	if i.Pid == nil {
		return "-"
	}
	return fmt.Sprint(*i.Pid)
}

func uptimeCell(i api.Instance, now time.Time) string {
	if i.Pid == nil || i.StartedAt == nil {
		return "-"
	}
	return span(now.Sub(*i.StartedAt))
}

func cpuCell(i api.Instance, _ time.Time) string {
	switch {
	case i.CPUPercent != nil:
		return fmt.Sprintf("%.1f%%", *i.CPUPercent)
	case i.Pid != nil:
		return "…"
	}
	return "-"
}

func memoryCell(i api.Instance, _ time.Time) string {
	switch {
	case i.MemoryBytes != nil:
		return size(*i.MemoryBytes)
	case i.Pid != nil:
		return "…"
	}
	return "-"
}

func portsCell(i api.Instance, _ time.Time) string {
	if len(i.Ports) == 0 {
		return "-"
	}
	var out []string
	for _, p := range i.Ports {
		out = append(out, fmt.Sprint(p))
	}
	return strings.Join(out, ",")
}

// reason is why an instance is in its state, with the time that is left.
func reason(i api.Instance, now time.Time) string {
	r := plain(orElse(i.Reason, orElse(leakWords(i.Costs, now), i.Because)))
	if i.Schedule != "" {
		return scheduleWords(i, r, now)
	}
	if i.State == api.Backoff && i.NextAt != nil {
		if left := i.NextAt.Sub(now); left > 0 {
			r += ": " + span(left) + " left"
		}
	}
	return r
}

// leakWords say how fast memory keeps growing, and when its limit is reached; ""
// when it doesn't grow.
func leakWords(c *api.Costs, now time.Time) string {
	if c == nil || c.Leak == nil {
		return ""
	}
	text := fmt.Sprintf("memory grows by %s an hour", size(uint64(max(0, c.Leak.BytesPerHour))))
	if at := c.Leak.FullAt; at != nil {
		text += ", at its limit in " + span(at.Sub(now))
	}
	return text
}

// scheduleWords say when a scheduled task ran last, and runs next.
func scheduleWords(i api.Instance, why string, now time.Time) string {
	words := []string{plain(i.Schedule)}
	if i.NextAt != nil {
		words = append(words, "next in "+span(i.NextAt.Sub(now)))
	}
	if i.Exit != nil && i.Pid == nil {
		words = append(words, fmt.Sprintf("last %s ago: %s", span(now.Sub(i.Exit.At)), plain(i.Exit.Text)))
	}
	if i.State == api.Backoff || i.State == api.Stopped {
		words = append([]string{why}, words...)
	}
	return strings.Join(words, ", ")
}

// gap stands between columns.
const gap = "  "

// table prints the instances, within the terminal's width if there is one.
func (a *app) table(st *api.Status, now time.Time) {
	var all []api.Instance
	for _, s := range st.Services {
		all = append(all, s.Instances...)
	}
	if a.print.terminal {
		head := plain(st.Project) + gap + a.print.paint(plain(st.Dir), color.Faint)
		if st.Environment != "" {
			head += gap + a.print.paint("environment "+plain(st.Environment), color.FgYellow)
		}
		if st.Session != "" {
			head += gap + a.print.paint("tmux session "+plain(st.Session), color.Faint)
		}
		a.print.say("%s", head)
	}
	if len(all) == 0 {
		a.print.say("no service has been started")
		return
	}
	cells := make([][]string, len(columns))
	widths := make([]int, len(columns))
	for c, col := range columns {
		cells[c] = append(cells[c], col.title)
		for _, i := range all {
			cells[c] = append(cells[c], col.cell(i, now))
		}
		widths[c] = widest(cells[c])
	}
	shown := fit(widths, a.print.width)
	for row := range len(all) + 1 {
		var state api.State
		if row > 0 {
			state = all[row-1].State
		}
		a.print.say("%s", a.row(cells, widths, shown, row, state))
	}
}

func (a *app) row(cells [][]string, widths []int, shown []bool, row int, state api.State) string {
	var b strings.Builder
	used := 0
	for c, col := range columns {
		if !shown[c] {
			continue
		}
		if used > 0 {
			b.WriteString(gap)
			used += len(gap)
		}
		text := cells[c][row]
		w := ansi.Width(text)
		fill := strings.Repeat(" ", max(0, widths[c]-w))
		last := c == len(columns)-1
		switch {
		case last:
			if a.print.width > 0 {
				text = ansi.Truncate(text, max(0, a.print.width-used), "…")
			}
			fill = ""
		case col.right:
			text, fill = fill+text, ""
		}
		switch {
		case row == 0:
			text = a.print.paint(text, color.Faint)
		case col.title == "STATE":
			text = a.print.paint(text, stateColor(state))
		}
		b.WriteString(text + fill)
		used += widths[c]
	}
	return strings.TrimRight(b.String(), " ")
}

// reasonRoom is how much of the reasons is to be seen before columns are kept.
const reasonRoom = 24

// fit says which columns there is room for; width 0 has room for all.
func fit(widths []int, width int) []bool {
	shown := make([]bool, len(columns))
	total := -len(gap)
	for c := range columns {
		shown[c] = true
		w := widths[c]
		if c == len(columns)-1 {
			w = min(w, reasonRoom)
		}
		total += w + len(gap)
	}
	if width <= 0 {
		return shown
	}
	for drop := 1; total > width && drop <= len(columns); drop++ {
		for c, col := range columns {
			if col.drop == drop {
				shown[c] = false
				total -= widths[c] + len(gap)
			}
		}
	}
	return shown
}
