package shim

import (
	"context"
	"net"
	"time"

	"prox/internal/launch"
	"prox/internal/link"
)

// redialMax is the longest pause between two attempts to find a controller.
const redialMax = 500 * time.Millisecond

// connect finds the controller and hands the line to the loop. After patience
// without one it starts a new one; the first connection of a shim has none to
// wait for, since the controller that opened its window is there.
func (s *shim) connect(ctx context.Context, patience time.Duration) {
	began := time.Now()
	forgotten := time.Time{} // since when nobody remembers the project
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, redialMax) {
		c, err := launch.Dial(ctx, s.place)
		if err != nil && time.Since(began) >= patience {
			// Only what was not ended on purpose is brought back.
			if launch.Remembered(s.place) {
				forgotten = time.Time{}
				c, err = launch.EnsureDetached(ctx, s.place, s.reaper.Detach)
			} else if forgotten.IsZero() {
				forgotten = time.Now()
			} else if time.Since(forgotten) > forgetAfter {
				s.orphan(ctx)
				return
			}
		}
		if err == nil && s.hand(ctx, c) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// forgetAfter is how long a project may have neither a controller nor a
// memory before its shims take it for ended.
const forgetAfter = 3 * time.Second

// orphan ends the shim: nobody will ever ask for it.
func (s *shim) orphan(ctx context.Context) {
	select {
	case s.orphaned <- struct{}{}:
	case <-ctx.Done():
	}
}

func (s *shim) hand(ctx context.Context, c net.Conn) bool {
	up, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	l, err := link.Upgrade(up, c)
	if err != nil {
		_ = c.Close()
		return false
	}
	select {
	case s.lines <- l:
		return true
	case <-ctx.Done():
		_ = l.Close()
		return true
	}
}
