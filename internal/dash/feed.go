package dash

import (
	"context"
	"errors"
	"sync"
	"time"

	"prox/internal/api"
)

const (
	interval   = time.Second            // between two looks at the controller
	unseen     = 2 * time.Second        // between two looks at whether anybody can see them
	settle     = 100 * time.Millisecond // between two looks, however much happens
	patience   = 5 * time.Second        // for one answer
	backoffMin = 100 * time.Millisecond
	backoffMax = 2 * time.Second

	firstTrend = 5 * time.Minute // of what things cost, at the beginning
	heardMost  = eventsKept      // events that wait to be told
)

// seenMsg is what a look at the controller gave.
type seenMsg struct {
	at     time.Time
	status *api.Status
	series []api.Series // what came since the last look
	events []api.Event  // likewise, oldest first
}

// lostMsg tells that the controller does not answer. It is sent once.
type lostMsg struct{ err error }

// feed follows a controller through its deaths.
type feed struct {
	client *api.Client
	seen   func(context.Context) bool
	tell   func(any)
	wake   chan struct{} // holds one token when something may have changed
	told   time.Time     // the newest point that was told
	now    func() time.Time

	mu    sync.Mutex
	heard []api.Event // not told yet
}

func newFeed(client *api.Client, seen func(context.Context) bool, tell func(any)) *feed {
	if seen == nil {
		seen = func(context.Context) bool { return true }
	}
	return &feed{client: client, seen: seen, tell: tell, now: time.Now, wake: make(chan struct{}, 1)}
}

// run tells until ctx ends; when it returns nothing of it is left.
func (f *feed) run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { f.follow(ctx) })
	f.look(ctx)
	work.Wait()
}

// look asks for the status, once a second and when it is woken, as long as
// somebody can see what it says.
func (f *feed) look(ctx context.Context) {
	lost, first := false, true
	wait := backoff{}
	for ctx.Err() == nil {
		if !first && !f.seen(ctx) {
			sleep(ctx, unseen)
			continue
		}
		status, err := f.status(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !lost {
				lost = true
				f.tell(lostMsg{err})
			}
			sleep(ctx, wait.next())
			continue
		}
		lost, first = false, false
		wait = backoff{}
		f.tell(seenMsg{at: f.now(), status: status, series: f.series(ctx), events: f.take()})
		sleep(ctx, settle)
		timer := time.NewTimer(interval - settle)
		select {
		case <-ctx.Done():
		case <-f.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// series asks for what things cost since the last time. Without an answer the
// window shows no trend, and all else.
func (f *feed) series(ctx context.Context) []api.Series {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	since := f.told.Add(time.Millisecond)
	if f.told.IsZero() {
		since = time.Now().Add(-firstTrend)
	}
	m, err := f.client.Series(ctx, api.SeriesRequest{Since: since, Watching: true})
	if err != nil {
		return nil
	}
	for _, s := range m.Series {
		if n := len(s.Points); n > 0 && s.Points[n-1].At.After(f.told) {
			f.told = s.Points[n-1].At
		}
	}
	return m.Series
}

// follow hears of events, again and again.
func (f *feed) follow(ctx context.Context) {
	var seq uint64
	var of api.Controller
	wait := backoff{}
	for ctx.Err() == nil {
		status, err := f.status(ctx)
		if err == nil {
			if c := status.Controller; c.Pid != of.Pid || !c.StartedAt.Equal(of.StartedAt) {
				seq, of = 0, c // another controller counts from the beginning
			}
			err = f.client.Events(ctx, seq, func(ev api.Event) error {
				seq = ev.Seq
				wait = backoff{}
				f.hear(ev)
				return nil
			})
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			f.poke() // look at once whether it is gone
		}
		sleep(ctx, wait.next())
	}
}

func (f *feed) status(ctx context.Context) (*api.Status, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("it does not answer"))
	defer cancel()
	return f.client.Watch(ctx)
}

// hear keeps an event until the next look; of a flood the newest.
func (f *feed) hear(ev api.Event) {
	f.mu.Lock()
	f.heard = append(f.heard, ev)
	if len(f.heard) > 2*heardMost {
		f.heard = append(f.heard[:0], f.heard[len(f.heard)-heardMost:]...)
	}
	f.mu.Unlock()
	f.poke()
}

func (f *feed) take() []api.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	heard := f.heard
	f.heard = nil
	return heard
}

func (f *feed) poke() {
	select {
	case f.wake <- struct{}{}:
	default: // it is going to look already
	}
}

// backoff grows from backoffMin to backoffMax.
type backoff struct{ d time.Duration }

func (b *backoff) next() time.Duration {
	b.d = min(max(2*b.d, backoffMin), backoffMax)
	return b.d
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
