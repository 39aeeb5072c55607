package scroll

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"prox/internal/logstore"
)

const (
	every  = 50 * time.Millisecond // between two batches
	gather = 3 * time.Millisecond  // what comes within goes with the first of a batch
	late   = 3 * time.Second       // what came may not be on the disk for so long
)

// Batch is what came since the last one.
type Batch struct {
	Lines   []Line // the last of it, not quite in order
	Skipped int    // lines before those
}

// Follow tells of lines that are not in a page and come after its first, or where
// it Begins before that, and of Partial ones again, which may have gone on. tell is called by one goroutine,
// every 50 ms at most; of a flood, and of what comes while it takes its time, it
// is given the last keep lines. An instance that comes to be is followed as well.
// Follow returns when ctx ends, with its error, and tell is not called any more.
func (g *Log) Follow(ctx context.Context, f Filter, p Page, keep int, tell func(Batch)) error {
	sources, err := g.sources(f)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	b := &batches{keep: max(1, keep), some: make(chan struct{}, 1)}
	var work sync.WaitGroup
	work.Go(func() { b.run(ctx, tell) })
	defer work.Wait()
	defer cancel()

	fresh := news(p)
	q := f.query(func(l *logstore.Line) bool {
		b.pace(ctx, l.Time)
		return fresh(l)
	})
	q.Since, q.Follow = p.Asked.Add(-late), true
	q.Rescan = func() []logstore.Source {
		now, err := g.sources(f)
		if err != nil {
			return nil // asked again soon
		}
		return now
	}
	return logstore.Read(ctx, sources, q, func(l logstore.Line) error {
		b.add(&l)
		return nil
	})
}

// news says which lines are not those of a page, nor before it.
func news(p Page) func(*logstore.Line) bool {
	type place struct {
		instance string
		segment  int
		offset   int64
		at       int64
	}
	of := func(l *Line) place { return place{l.Instance, l.segment, l.offset, l.At.UnixNano()} }
	held := map[place]bool{}
	var last time.Time
	for i := range p.Lines {
		if l := &p.Lines[i]; !l.At.Before(p.Asked.Add(-late)) {
			last = l.At
			if !l.Partial {
				held[of(l)] = true
			}
		}
	}
	return func(l *logstore.Line) bool {
		if len(p.Lines) == 0 || l.Time.After(last) && !l.Time.Before(p.Lines[0].At) {
			return true
		}
		this := named(l)
		return (p.Begins || this.Compare(&p.Lines[0]) >= 0) && !held[of(&this)]
	}
}

// batches holds what has come until it is told.
type batches struct {
	keep int
	some chan struct{} // holds one token when there is something
	rest atomic.Int64  // until then nothing is told; ns since 1970

	mu      sync.Mutex // guards all below
	lines   []Line     // a ring when it is full, that begins at next
	next    int
	skipped int
}

func (b *batches) run(ctx context.Context, tell func(Batch)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.some:
		}
		pause(ctx, gather)
		if ctx.Err() != nil {
			return
		}
		if batch := b.take(); len(batch.Lines) > 0 {
			tell(batch)
			b.rest.Store(time.Now().Add(every).UnixNano())
			pause(ctx, every)
		}
	}
}

// pace lets the reading wait while nothing is told anyhow, unless it has fallen
// behind: it is woken by each write, and costs more each time than a line does.
func (b *batches) pace(ctx context.Context, at time.Time) {
	rest := b.rest.Load()
	if rest == 0 {
		return
	}
	now := time.Now()
	if left := rest - now.UnixNano(); left > 0 && now.Sub(at) < every {
		pause(ctx, time.Duration(left))
	}
}

func (b *batches) add(l *logstore.Line) {
	b.mu.Lock()
	if len(b.lines) < b.keep {
		b.lines = append(b.lines, kept(nil, l))
	} else {
		b.lines[b.next] = kept(b.lines[b.next].Text[:0], l)
		b.next = (b.next + 1) % b.keep
		b.skipped++
	}
	b.mu.Unlock()
	select {
	case b.some <- struct{}{}:
	default: // it is going to be taken already
	}
}

func (b *batches) take() Batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := Batch{Lines: append(b.lines[b.next:len(b.lines):len(b.lines)], b.lines[:b.next]...), Skipped: b.skipped}
	b.lines, b.next, b.skipped = nil, 0, 0
	return out
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
