package controller

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"prox/config"
	"prox/metrics"
)

func TestExcess(t *testing.T) {
	t.Parallel()
	// Each story is a value a second against a limit of 10 for 3 s; ! stands
	// behind those at which it counts as exceeded.
	for _, story := range []string{
		"9 10 10 10 10 10",
		"11 11 11 11! 11 99 11",
		"11 11 10 11 11 11 11! 11",
		"11 11 11 11! 5 11 11 11 11! 11",
		"0 0 11 0 11 0 11 11 11 99!",
	} {
		var x excess
		now := time.Unix(1000, 0)
		for k, word := range strings.Fields(story) {
			var value float64
			if _, err := fmt.Sscan(strings.TrimSuffix(word, "!"), &value); err != nil {
				t.Fatal(err)
			}
			now = now.Add(time.Second)
			if got := x.over(now, value, 10, 3*time.Second); got != strings.HasSuffix(word, "!") {
				t.Errorf("%s: at %d it is %t", story, k, got)
			}
		}
	}
	var x excess
	now := time.Unix(1000, 0)
	if !x.over(now, 11, 10, 0) || x.over(now, 11, 10, 0) {
		t.Error("a limit for 0s counts at once, and once")
	}
	if x = (excess{}); x.over(now, 11, 0, 0) {
		t.Error("there is no limit, and it is exceeded")
	}
}

func TestLimitsOfARun(t *testing.T) {
	t.Parallel()
	limits := config.Limits{Memory: 512 << 20, CPU: 150, For: config.Duration(2 * time.Second)}
	began := time.Unix(1000, 0)
	var w watchOf
	at := func(second int, run int, memory uint64, cpu float64, want ...string) {
		t.Helper()
		tree := metrics.Tree{MemoryBytes: memory, CPUPercent: cpu, CPUKnown: cpu > 0}
		var got []string
		for _, v := range w.take(began.Add(time.Duration(second)*time.Second), began, run, tree, limits) {
			got = append(got, v.uses+" of "+v.limit)
		}
		if !slices.Equal(got, want) {
			t.Errorf("after %d s: %q, want %q", second, got, want)
		}
	}
	at(1, 1, 600<<20, 900)
	at(3, 1, 600<<20, 900, "600 MiB of memory of 512 MiB")
	at(4, 1, 600<<20, 900) // what the run before it has used is in the mean no more
	at(5, 1, 600<<20, 180)
	at(6, 1, 700<<20, 180.4, "180% of a core of 150%")
	at(7, 1, 700<<20, 0)
	at(8, 1, 500<<20, 180)
	at(9, 1, 513<<20, 180)
	at(10, 1, 513<<20, 180, "180% of a core of 150%")
	at(11, 2, 513<<20, 180) // another run begins afresh
	at(13, 2, 513<<20, 180, "513 MiB of memory of 512 MiB", "180% of a core of 150%")
	limits = config.Limits{}
	at(14, 2, 1<<40, 9000)
}

func TestSizesAreToldAsTheLimitIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n     uint64
		limit config.Bytes
		want  string
	}{
		{640e6, 512e6, "640 MB"},
		{512_300_000, 512e6, "512.3 MB"},
		{999_999_999, 512e6, "1 GB"},
		{600 << 20, 512 << 20, "600 MiB"},
		{3 << 29, 1 << 30, "1.5 GiB"},
		{1000 << 20, 1 << 30, "1000 MiB"},
		{12, 1e3, "12 B"},
		{1 << 60, 1 << 40, "1048576 TiB"},
	} {
		if got := sizeLike(c.n, c.limit); got != c.want {
			t.Errorf("%d is told as %s, not %s", c.n, got, c.want)
		}
	}
}
