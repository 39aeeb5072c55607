package ansi

import "strings"

// eighths of a cell; the first stands for a value that is known to be next to
// nothing.
var eighths = []rune("▁▂▃▄▅▆▇█")

// Spark draws the course of values in so many cells, the oldest at the left,
// against the highest of them. A cell shows the highest of the values that it
// stands for; one below 0 isn't known, and leaves its cell blank.
func Spark(values []float64, cells int) string {
	return SparkAgainst(values, cells, 0)
}

// SparkAgainst draws against floor at the least, so that noise around nothing
// stays low.
func SparkAgainst(values []float64, cells int, floor float64) string {
	if cells <= 0 || len(values) == 0 {
		return strings.Repeat(" ", max(0, cells))
	}
	n := min(cells, len(values))
	tops := make([]float64, n)
	highest := floor
	for k := range tops {
		tops[k] = -1
		for _, v := range values[k*len(values)/n : (k+1)*len(values)/n] {
			tops[k] = max(tops[k], v)
		}
		highest = max(highest, tops[k])
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", cells-n))
	for _, v := range tops {
		if v < 0 {
			b.WriteByte(' ')
			continue
		}
		k := 0
		if highest > 0 {
			k = min(len(eighths)-1, int(v/highest*float64(len(eighths))))
		}
		b.WriteRune(eighths[k])
	}
	return b.String()
}
