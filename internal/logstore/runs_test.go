package logstore

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{SegmentSize: 400}) // a run or two in a segment
	var want []string
	for run := 1; run <= 6; run++ {
		if err := w.MarkStart(at(10*run), run); err != nil {
			t.Fatal(err)
		}
		put(t, w, at(10*run+1), Stdout, strings.Repeat("x", 150)+"\n")
		line := fmt.Sprintf("%d %d", run, 10*run)
		if run < 6 {
			if err := w.MarkExit(at(10*run+2), run, run, 0); err != nil {
				t.Fatal(err)
			}
			line += fmt.Sprintf(" %d %d", 10*run+2, run)
		}
		want = append(want, line)
	}
	shut(t, w)
	words := func(n int) string {
		runs, err := Runs(dir, n)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range runs {
			line := fmt.Sprintf("%d %d", r.Number, r.Began.Sub(at(0)).Milliseconds())
			if !r.Ended.IsZero() {
				line += fmt.Sprintf(" %d %d", r.Ended.Sub(at(0)).Milliseconds(), r.Code)
			}
			out = append(out, line)
		}
		return strings.Join(out, "|")
	}
	if got := words(0); got != strings.Join(want, "|") {
		t.Errorf("%s\nwant\n%s", got, strings.Join(want, "|"))
	}
	if got := words(2); got != strings.Join(want[4:], "|") {
		t.Errorf("the last two: %s", got)
	}
	if numbers, _, err := list(dir); err != nil || len(numbers) < 2 {
		t.Fatalf("segments %v (%v): the test is about several", numbers, err)
	}
	if err := os.Remove(idxPath(dir, 1)); err != nil {
		t.Fatal(err)
	}
	if got := words(0); !strings.HasSuffix(got, want[5]) {
		t.Errorf("without the first index: %s", got)
	}
	if runs, err := Runs(t.TempDir()+"/none", 0); err != nil || len(runs) != 0 {
		t.Errorf("of no folder: %v, %v", runs, err)
	}
}
