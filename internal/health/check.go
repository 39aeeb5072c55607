package health

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Check asks once. Nil is the answer that was hoped for; an error says, for
// people and in one line, what came instead.
type Check func(ctx context.Context) error

// Schedule is when a check is asked.
type Schedule struct {
	First    time.Duration // between two asks until the first good answer
	Eager    time.Duration // how long after the beginning that pause is shorter: a tenth of First, and growing
	Interval time.Duration // between two asks from then on
	Timeout  time.Duration // of one ask
}

// Watch asks at once and then by the schedule until ctx ends, and reports every
// answer. Two asks never run at once: one that takes longer than the interval
// delays the next, and none is made up for after the machine has slept.
func Watch(ctx context.Context, check Check, s Schedule, report func(err error)) {
	pause, ready, born := s.First, false, time.Now()
	eager := s.First / 10
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		err := ask(ctx, check, s.Timeout)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil:
			pause, ready = s.Interval, true
		case !ready && time.Since(born) < s.Eager:
			// What comes up fast is seen fast, and what takes its time costs little.
			pause = min(eager, s.First)
			eager += eager / 5
		case !ready:
			pause = s.First
		}
		report(err)
		timer.Reset(max(0, pause-time.Since(began)))
	}
}

func ask(ctx context.Context, check Check, timeout time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := check(limited)
	if err != nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", timeout)
	}
	return err
}
