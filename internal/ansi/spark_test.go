package ansi

import "testing"

func TestSpark(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		cells  int
		floor  float64
		want   string
	}{
		{nil, 3, 0, "   "},
		{[]float64{1}, 0, 0, ""},
		{[]float64{0, 0}, 3, 0, " ▁▁"},
		{[]float64{0, 1, 2, 4, 8}, 5, 0, "▁▂▃▅█"},
		{[]float64{1, 2}, 2, 100, "▁▁"},
		{[]float64{-1, 8, -1}, 3, 0, " █ "},
		{[]float64{1, 8, 1, 1}, 2, 0, "█▂"}, // the highest of what a cell stands for
		{[]float64{8, 1, 1, 1, 1, 1, 8}, 3, 0, "█▂█"},
	} {
		if got := SparkAgainst(c.values, c.cells, c.floor); got != c.want {
			t.Errorf("%v in %d cells against %v: %q, want %q", c.values, c.cells, c.floor, got, c.want)
		}
	}
}
