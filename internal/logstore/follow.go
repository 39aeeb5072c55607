package logstore

import (
	"context"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	quiet     = 200 * time.Millisecond // a line without an end is shown after this long
	gather    = 5 * time.Millisecond   // what comes within is merged together
	pollEvery = 200 * time.Millisecond // without notification
	lookEvery = time.Second            // with it: it isn't told of everything on every file system
)

// watch wakes when a folder changes. A nil one is never asked to.
type watch struct {
	w       *fsnotify.Watcher // nil: polling
	dirs    map[string]bool   // all folders
	pending []string          // folders that don't exist yet
}

func newWatch() *watch {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return &watch{}
	}
	return &watch{w: w, dirs: map[string]bool{}}
}

func (w *watch) add(dir string) {
	if w == nil || w.w == nil {
		return
	}
	w.dirs[dir] = true
	if err := w.w.Add(dir); err != nil {
		w.pending = append(w.pending, dir)
	}
}

func (w *watch) retry() {
	dirs := w.pending
	w.pending = nil
	for _, dir := range dirs {
		w.add(dir)
	}
}

func (w *watch) every() time.Duration {
	if w.w == nil || len(w.pending) > 0 {
		return pollEvery
	}
	return lookEvery
}

func (w *watch) close() {
	if w.w != nil {
		w.w.Close()
	}
}

// wait returns when something changed or d is over.
func (w *watch) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	var events chan fsnotify.Event
	var errs chan error
	if w.w != nil {
		events, errs = w.w.Events, w.w.Errors
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	case err := <-errs:
		_ = err // too much at once: everything is looked at anyhow
	case e := <-events:
		w.seen(e)
	}
	// More of the same follows closely.
	more := time.NewTimer(gather)
	defer more.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-events:
			w.seen(e)
		case err := <-errs:
			_ = err // likewise
		case <-more.C:
			return nil
		}
	}
}

// seen watches a folder again that was removed, for when it comes back.
func (w *watch) seen(e fsnotify.Event) {
	if w.dirs[e.Name] && (e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)) {
		w.pending = append(w.pending, e.Name)
	}
}

// follow gives out what comes, until the context ends.
func (r *reader) follow(ctx context.Context, w *watch) error {
	known := map[string]bool{}
	for _, s := range r.scanners {
		known[s.src.Dir] = true
	}
	grown := make(map[*scanner]time.Time) // when it last did; absent: its line without an end was seen to
	for _, s := range r.scanners {
		grown[s] = time.Time{}
	}
	scanned := time.Now()
	for {
		now := time.Now()
		if r.q.Rescan != nil && now.Sub(scanned) >= pollEvery {
			scanned = now
			for _, src := range r.q.Rescan() {
				if !known[src.Dir] {
					known[src.Dir] = true
					w.add(src.Dir)
					r.scanners = append(r.scanners, r.newScanner(src))
				}
			}
		}
		w.retry()
		for _, s := range r.scanners {
			if err := s.freeze(); err != nil {
				return sourceError(s.src, err)
			}
			s.moved = false
		}
		if err := r.merge(ctx); err != nil {
			return err
		}
		d := w.every()
		if r.q.Rescan != nil {
			d = pollEvery
		}
		for _, s := range r.scanners {
			if s.moved {
				grown[s] = now
			}
			at, ok := grown[s]
			if !ok {
				continue
			}
			if left := quiet - now.Sub(at); left > 0 {
				d = min(d, left)
				continue
			}
			delete(grown, s)
			if err := r.parts(s); err != nil {
				return err
			}
		}
		if err := w.wait(ctx, d); err != nil {
			return err
		}
	}
}

// parts gives out the wanted lines that have no end yet.
func (r *reader) parts(s *scanner) error {
	for i := range s.parts {
		p := &s.parts[i]
		if !s.unended(Stream(i)) {
			continue
		}
		l := s.line(Stream(i), p.text)
		l.Partial, l.Continued, l.refused = true, p.shown, p.refused
		if !r.wants(&l) {
			continue
		}
		p.shown, p.seg, p.at = true, s.seg, s.pos
		l.Text = r.shortened(l.Text)
		if err := r.fn(l); err != nil {
			return err
		}
		p.text = p.text[:0]
	}
	return nil
}
