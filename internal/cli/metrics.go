package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fatih/color"

	"prox/internal/ansi"
	"prox/internal/api"
)

type metricsCmd struct {
	Services []string `completes:"service,instance,group" arg:"" optional:"" name:"service" help:"Services, instances or @GROUPs; default: all."`
	Since    string   `placeholder:"TIME" default:"5m" help:"From then on: 5m, 1h, 24h, 14:30, RFC 3339; a day is kept."`
	Until    string   `placeholder:"TIME" help:"Up to then."`
	Step     string   `placeholder:"TIME" help:"One figure for each so long: 10s, 1m; default: as they are kept, a second for an hour and a minute for a day."`
	JSON     bool     `help:"Print JSON: every figure."`
}

// Help is printed below the usage.
func (*metricsCmd) Help() string {
	return `CPU is of one core, memory is resident, both of whole process trees. While nobody looks there is a figure every
ten seconds, else one every second.

Examples:
  prox metrics
  prox metrics api --since 1h
  prox metrics @backend
  prox metrics api --since 1h --json | jq '.series[].points[] | [.at, .memory_bytes]'

Exit codes: 0 fine, 1 failed, 2 usage or no such service, 3 the project is not running, 4 no config, or a bad one.`
}

// Run shows what services cost over a time.
func (c *metricsCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
	now := time.Now()
	r := api.SeriesRequest{Instances: c.Services}
	if r.Since, err = momentFlag("--since", c.Since, now); err != nil {
		return err
	}
	if r.Until, err = momentFlag("--until", c.Until, now); err != nil {
		return err
	}
	if c.Step != "" {
		d, ok := longAgo(c.Step)
		if !ok || d < time.Second {
			return &exitError{code: exitUsage, err: fmt.Errorf("cannot use --step %q: a duration of a second or more is expected, such as 10s or 1m", c.Step)}
		}
		r.Step = d
	}
	client := a.client(t.place)
	defer client.Close()
	m, err := client.Series(ctx, r)
	if err != nil {
		return t.explain(err)
	}
	if c.JSON {
		return a.printJSON(m)
	}
	a.figures(m)
	return nil
}

// course is how many cells the course of a value is drawn in.
const course = 20

// figures prints a line for each instance.
func (a *app) figures(m *api.Metrics) {
	head := []string{"NAME", "CPU", "MEAN", "MAX", "MEMORY", "MEAN", "MAX", "FILES", "THREADS", "FIGURES"}
	if a.print.terminal {
		head = append(head, "MEMORY'S COURSE")
	}
	rows := [][]string{head}
	for _, s := range m.Series {
		row := append([]string{s.Instance}, figuresOf(s.Points)...)
		if a.print.terminal {
			var memory []float64
			for _, p := range s.Points {
				memory = append(memory, float64(p.MemoryMax))
			}
			row = append(row, ansi.Spark(memory, course))
		}
		rows = append(rows, row)
	}
	for k, row := range rows {
		var b strings.Builder
		for col, cell := range row {
			var column []string
			for _, other := range rows {
				column = append(column, other[col])
			}
			room := widest(column)
			switch {
			case col == 0 || col == len(figuresOf(nil))+1:
				cell = pad(cell, room)
			default:
				cell = strings.Repeat(" ", room-ansi.Width(cell)) + cell
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

// figuresOf are the cells of one line: of the last point, of all, and how many
// there are.
func figuresOf(points []api.Point) []string {
	out := []string{"-", "-", "-", "-", "-", "-", "-", "-", "0"}
	if len(points) == 0 {
		return out
	}
	var cpu, cpuWeight, cpuMax, memory, weight float64
	var memoryMax uint64
	for _, p := range points {
		w := max(1, p.Seconds)
		if p.CPUPercent != nil {
			cpu, cpuWeight = cpu+*p.CPUPercent*w, cpuWeight+w
		}
		if p.CPUMax != nil {
			cpuMax = max(cpuMax, *p.CPUMax)
		}
		memory, weight, memoryMax = memory+float64(p.MemoryBytes)*w, weight+w, max(memoryMax, p.MemoryMax)
	}
	last := points[len(points)-1]
	if last.CPUPercent != nil {
		out[0] = fmt.Sprintf("%.1f%%", *last.CPUPercent)
	}
	if cpuWeight > 0 {
		out[1], out[2] = fmt.Sprintf("%.1f%%", cpu/cpuWeight), fmt.Sprintf("%.1f%%", cpuMax)
	}
	out[3], out[4], out[5] = size(last.MemoryBytes), size(uint64(memory/weight)), size(memoryMax)
	if last.Files != nil {
		out[6] = fmt.Sprint(*last.Files)
	}
	if last.Threads > 0 {
		out[7] = fmt.Sprint(last.Threads)
	}
	out[8] = fmt.Sprint(len(points))
	return out
}
