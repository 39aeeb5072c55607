package dash

import (
	"context"
	"errors"
	"sync"
	"time"

	"prox/internal/api"
)

const (
	interval   = time.Second           // between two looks at the controller
	settle     = 50 * time.Millisecond // between two looks, however much happens
	patience   = 5 * time.Second       // for one answer
	backoffMin = 100 * time.Millisecond
	backoffMax = 2 * time.Second
)

// seenMsg is what a look at the controller gave.
type seenMsg struct {
	at     time.Time
	status *api.Status
	event  *api.Event // the last thing that happened since the look before, nil for nothing
}

// lostMsg tells that the controller does not answer. It is sent once.
type lostMsg struct{ err error }

// feed follows a controller through its deaths.
type feed struct {
	client *api.Client
	tell   func(any)
	wake   chan struct{} // holds one token when something may have changed

	mu   sync.Mutex
	last *api.Event // not told yet
}

func newFeed(client *api.Client, tell func(any)) *feed {
	return &feed{client: client, tell: tell, wake: make(chan struct{}, 1)}
}

// run tells until ctx ends; when it returns nothing of it is left.
func (f *feed) run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { f.follow(ctx) })
	f.look(ctx)
	work.Wait()
}

// look asks for the status, once a second and when it is woken.
func (f *feed) look(ctx context.Context) {
	lost := false
	wait := backoff{}
	for ctx.Err() == nil {
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
		lost = false
		wait = backoff{}
		f.tell(seenMsg{at: time.Now(), status: status, event: f.take()})
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
				f.heard(ev)
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
	return f.client.Status(ctx)
}

func (f *feed) heard(ev api.Event) {
	f.mu.Lock()
	f.last = &ev
	f.mu.Unlock()
	f.poke()
}

func (f *feed) take() *api.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	ev := f.last
	f.last = nil
	return ev
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
