package controller

import (
	"encoding/json"
	"fmt"
	"time"

	"prox/internal/api"
	"prox/internal/logstore"
)

// journalKept is how many events are kept for who comes later.
const journalKept = 2000

// journal is the project's events, and who listens. It belongs to the
// controller's goroutine; a listener that doesn't keep up is let go, and comes
// back with the number it has seen.
type journal struct {
	seq       uint64
	store     *logstore.Writer // nil: what happens is not kept
	kept      []api.Event
	listeners map[chan api.Event]struct{}
}

func (j *journal) add(ev api.Event) {
	j.seq++
	ev.Seq, ev.Time = j.seq, time.Now()
	j.write(ev)
	j.kept = append(j.kept, ev)
	if len(j.kept) > 2*journalKept {
		j.kept = append(j.kept[:0], j.kept[len(j.kept)-journalKept:]...)
	}
	for l := range j.listeners {
		select {
		case l <- ev:
		default:
			j.leave(l)
		}
	}
}

// listen returns a channel with what is kept after seq and all that comes.
func (j *journal) listen(seq uint64) chan api.Event {
	var past []api.Event
	for _, ev := range j.kept {
		if ev.Seq > seq {
			past = append(past, ev)
		}
	}
	l := make(chan api.Event, len(past)+1024)
	for _, ev := range past {
		l <- ev
	}
	if j.listeners == nil {
		j.listeners = map[chan api.Event]struct{}{}
	}
	j.listeners[l] = struct{}{}
	return l
}

func (j *journal) leave(l chan api.Event) {
	if _, ok := j.listeners[l]; ok {
		delete(j.listeners, l)
		close(l)
	}
}

// keep makes what happens from now on last. The error says why it doesn't.
func (j *journal) keep(dir string) error {
	w, err := logstore.Create(dir, logstore.Options{SegmentSize: 1 << 20, MaxTotal: 16 << 20})
	if err != nil {
		return fmt.Errorf("what happens is not kept: %w", err)
	}
	j.store = w
	return nil
}

func (j *journal) write(ev api.Event) {
	if j.store == nil {
		return
	}
	b, err := json.Marshal(ev)
	if err != nil {
		return // there is no such event
	}
	// A full disk is told by the services' own logs.
	_ = j.store.Append(ev.Time, logstore.Stdout, append(b, '\n'))
}

func (j *journal) close() {
	if j.store != nil {
		_ = j.store.Close() // as above
		j.store = nil
	}
	for l := range j.listeners {
		j.leave(l)
	}
}

// last returns the newest n events.
func (j *journal) last(n int) []api.Event {
	return j.kept[max(0, len(j.kept)-n):]
}
