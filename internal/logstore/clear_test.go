package logstore

import (
	"fmt"
	"strings"
	"testing"
)

func TestClear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{SegmentSize: 100})
	for k := range 5 {
		put(t, w, at(k), Stdout, fmt.Sprintf("%d %s\n", k, strings.Repeat("x", 98)))
		flush(t, w)
	}
	if freed, err := Clear(dir, true); err != nil || freed < 300 {
		t.Errorf("%d bytes freed: %v", freed, err)
	}
	put(t, w, at(9), Stdout, "goes on\n")
	shut(t, w)
	got := readDir(t, dir, Query{})
	if len(got) == 0 || len(got) > 2 || got[len(got)-1] != "goes on" {
		t.Errorf("left: %q", got)
	}
	if _, err := Clear(dir, false); err != nil {
		t.Error(err)
	}
	same(t, readDir(t, dir, Query{}))
	if numbers, highest, err := list(dir); len(numbers) != 0 || highest != 0 || err != nil {
		t.Errorf("segments %v, %d (%v)", numbers, highest, err)
	}
	if freed, err := Clear(dir+"/none", false); freed != 0 || err != nil {
		t.Errorf("of no folder: %d, %v", freed, err)
	}
	w = create(t, dir, Options{})
	put(t, w, at(10), Stdout, "anew\n")
	shut(t, w)
	same(t, readDir(t, dir, Query{}), "anew")
}
