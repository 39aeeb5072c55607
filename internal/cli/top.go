package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fatih/color"

	"prox/internal/ansi"
	"prox/internal/api"
)

type topCmd struct {
	Sort string `enum:"cpu,memory,name,restarts,state" default:"cpu" help:"By what: cpu, memory, name, restarts or state."`
	Once bool   `help:"Print the figures once, and end; so it does without a terminal."`
	JSON bool   `help:"Print JSON, once."`
}

// Help is printed below the usage.
func (*topCmd) Help() string {
	return `The live table of prox dash, the costliest service first, on any terminal; q leaves. It needs no tmux around it.

Examples:
  prox top
  prox top --sort memory
  prox top --once

Exit codes: 0 fine, 3 the project is not running, 4 no config, or a bad one.`
}

// Run shows what services cost.
func (c *topCmd) Run(ctx context.Context, a *app) error {
	if !c.Once && !c.JSON && a.stdin && a.print.terminal && a.roles.Dash != nil {
		return (&dashCmd{sort: c.Sort}).Run(ctx, a)
	}
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	st, err := client.Look(ctx)
	if err != nil {
		return t.explain(err)
	}
	if c.JSON {
		return a.printJSON(st)
	}
	a.costs(st, c.Sort)
	return nil
}

// costs prints what instances cost, a line each.
func (a *app) costs(st *api.Status, by string) {
	var all []api.Instance
	for _, s := range st.Services {
		all = append(all, s.Instances...)
	}
	slices.SortStableFunc(all, func(x, y api.Instance) int {
		switch by {
		case "memory":
			return descending(x.MemoryBytes, y.MemoryBytes)
		case "name":
			return strings.Compare(x.Name, y.Name)
		case "restarts":
			return y.Restarts - x.Restarts
		case "state":
			return strings.Compare(string(x.State), string(y.State))
		}
		return descending(x.CPUPercent, y.CPUPercent)
	})
	rows := [][]string{{"NAME", "STATE", "CPU", "MEMORY", "PRIVATE", "PROCESSES", "THREADS", "FILES", "OF LIMIT", "READ/s", "WRITTEN/s", "IN/s", "OUT/s", "PORTS"}}
	for _, i := range all {
		rows = append(rows, costCells(i))
	}
	for k, row := range rows {
		var b strings.Builder
		for col, cell := range row {
			var column []string
			for _, other := range rows {
				column = append(column, other[col])
			}
			if left := widest(column) - ansi.Width(cell); col > 1 && col < len(row)-1 {
				cell = strings.Repeat(" ", left) + cell
			} else {
				cell = pad(cell, widest(column))
			}
			b.WriteString(cell + gap)
		}
		line := strings.TrimRight(b.String(), " ")
		if a.print.width > 0 {
			line = ansi.Truncate(line, a.print.width, "…")
		}
		if k == 0 {
			line = a.print.paint(line, color.Faint)
		}
		a.print.say("%s", line)
	}
}

func descending[T float64 | uint64](x, y *T) int {
	of := func(v *T) float64 {
		if v == nil {
			return -1
		}
		return float64(*v)
	}
	switch a, b := of(x), of(y); {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// costCells are the cells of one line. FILES are those of all its processes, OF
// LIMIT of the process that is nearest to its own.
func costCells(i api.Instance) []string {
	cells := []string{i.Name, i.State.Symbol() + " " + string(i.State), cpuCell(i, time.Time{}), memoryCell(i, time.Time{})}
	if i.Pid == nil {
		return append(cells, "-", "-", "-", "-", "-", "-", "-", "-", "-", portsCell(i, time.Time{}))
	}
	c := i.Costs
	if c == nil {
		c = &api.Costs{}
	}
	limit := "…"
	if c.FullestFiles != nil && c.FileLimit != nil {
		limit = fmt.Sprintf("%d/%d", *c.FullestFiles, *c.FileLimit)
	}
	return append(cells, sizeCell(c.PrivateBytes), countCell(i.Processes), countCell(c.Threads), countCell(value(c.Files)), limit,
		rateCell(c.ReadPerSecond), rateCell(c.WrittenPerSecond), rateCell(c.ReceivedPerSecond), rateCell(c.SentPerSecond), portsCell(i, time.Time{}))
}

// The cells of what isn't known yet are "…".

func sizeCell(n *uint64) string {
	if n == nil {
		return "…"
	}
	return size(*n)
}

func rateCell(perSecond *float64) string {
	if perSecond == nil {
		return "…"
	}
	return size(uint64(max(0, *perSecond)))
}

func countCell(n int) string {
	if n == 0 {
		return "…"
	}
	return fmt.Sprint(n)
}

func value(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
