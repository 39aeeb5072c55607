package dash

import (
	"math"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/graph"

	"prox/internal/ansi"
	"prox/internal/api"
)

// chart is the course of one value over a time, drawn in braille.
type chart struct {
	title       string
	value, high func(api.Point) float64 // NaN = not known; high is the most within a point
	floor       float64                 // the scale reaches so far at the least
	limit       float64                 // a line at this height; 0 = none
	write       func(float64) string    // how a value is written
	ended       bool                    // nothing is running: the last value is not that of now
	style       lipgloss.Style
}

const (
	axisWidth = 8 // of the labels at the left
	gapFactor = 3 // points farther apart than so many of what they stand for are not joined
)

// draw draws points from one time to another in so many cells: a title, the
// curve, and a line of time with the restarts.
func (c *chart) draw(t *theme, points []api.Point, from, to time.Time, width, height int) []string {
	rows, columns := height-2, width-axisWidth
	if rows < 1 || columns < 4 || !to.After(from) {
		return nil
	}
	top, last := c.floor, math.NaN()
	for _, p := range points {
		if v := c.high(p); !math.IsNaN(v) {
			top = max(top, v)
		}
		if v := c.value(p); !math.IsNaN(v) {
			last = v
		}
	}
	highest := top
	if c.limit > 0 && c.limit < 4*top { // a limit far away would flatten the curve
		top = max(top, c.limit)
	}
	top *= 1.05
	title := c.title + " "
	switch {
	case c.ended:
		title += "none, it has no process"
	case math.IsNaN(last):
		title += "collecting …"
	default:
		title += c.write(last)
	}
	if !math.IsNaN(last) {
		title += ", highest " + c.write(highest)
	}
	if c.limit > 0 {
		title += ", limit " + c.write(c.limit)
	}
	out := []string{t.bold.Render(ansi.Truncate(" "+title, width, "…"))}
	if c.ended && math.IsNaN(last) { // an empty chart takes room from what tells more
		return out
	}
	grid := graph.NewBrailleGrid(columns, rows, float64(from.Unix()), float64(to.Unix()), 0, max(top, 1e-9))
	c.plot(grid, points, from, to)
	limitRow := -1
	if c.limit > 0 && c.limit <= top {
		limitRow = min(rows-1, int((1-c.limit/top)*float64(rows)))
	}
	for k, pattern := range grid.BraillePatterns() {
		label := ""
		switch {
		case math.IsNaN(last): // there is no scale
		case k == limitRow:
			label = "limit"
		case k == 0:
			label = c.write(top)
		case k == rows-1:
			label = c.write(0)
		case rows >= 7 && k == rows/2:
			label = c.write(top * (1 - (float64(k)+0.5)/float64(rows)))
		}
		line := string(pattern)
		if k == limitRow {
			line = strings.ReplaceAll(line, "\u2800", "╌")
		}
		line = strings.ReplaceAll(line, "\u2800", " ")
		out = append(out, t.faint.Render(fit(label, axisWidth-2, true))+t.frame.Render(" ┤")+c.style.Render(line))
	}
	return append(out, timeLine(t, points, from, to, columns))
}

// plot joins points that follow one another.
func (c *chart) plot(grid *graph.BrailleGrid, points []api.Point, from, to time.Time) {
	var before *canvas.Point
	var beforeAt time.Time
	for _, p := range points {
		v := c.value(p)
		if math.IsNaN(v) || p.At.Before(from) || p.At.After(to) {
			before = nil
			continue
		}
		at := grid.GridPoint(canvas.Float64Point{X: float64(p.At.Unix()), Y: v})
		span := time.Duration(max(1, p.Seconds) * float64(time.Second))
		if before != nil && p.At.Sub(beforeAt) <= gapFactor*span {
			for _, q := range graph.GetLinePoints(*before, at) {
				grid.Set(q)
			}
		}
		grid.Set(at)
		before, beforeAt = &at, p.At
	}
}

// timeLine is below a chart: how long ago its left end is, a mark for each
// restart, and now.
func timeLine(t *theme, points []api.Point, from, to time.Time, columns int) string {
	cells := []rune(strings.Repeat("─", columns))
	run := 0
	for _, p := range points {
		if p.At.Before(from) || p.At.After(to) {
			continue
		}
		if run != 0 && p.Run != run {
			k := int(float64(columns-1) * float64(p.At.Sub(from)) / float64(to.Sub(from)))
			cells[max(0, min(columns-1, k))] = '↻'
		}
		run = p.Run
	}
	left := fit("-"+age(to.Sub(from)), axisWidth-2, true)
	return t.faint.Render(left) + t.frame.Render(" └"+string(cells))
}

func cpuOf(p api.Point) float64 {
	if p.CPUPercent == nil {
		return math.NaN()
	}
	return *p.CPUPercent
}

func cpuMaxOf(p api.Point) float64 {
	if p.CPUMax == nil {
		return cpuOf(p)
	}
	return *p.CPUMax
}

func memoryOf(p api.Point) float64 { return float64(p.MemoryBytes) }

func memoryMaxOf(p api.Point) float64 { return float64(max(p.MemoryBytes, p.MemoryMax)) }
