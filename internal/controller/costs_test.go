package controller

import (
	"testing"
	"time"
)

func TestDetailsTakeASmallShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		watching bool
		took     time.Duration
		want     time.Duration
	}{
		{true, 0, 5 * time.Second},
		{true, 20 * time.Millisecond, 5 * time.Second},
		{true, 100 * time.Millisecond, 20 * time.Second},
		{false, 100 * time.Millisecond, 30 * time.Second},
		{false, time.Second, 200 * time.Second},
	} {
		if got := detailsPause(c.watching, c.took); got != c.want {
			t.Errorf("watching %t, took %s: %s, want %s", c.watching, c.took, got, c.want)
		}
	}
}
