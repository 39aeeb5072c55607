package controller

import (
	"time"

	"prox/internal/api"
)

// journalKept is how many events are kept for who comes later.
const journalKept = 2000

// journal is the project's events, and who listens. It belongs to the
// controller's goroutine; a listener that doesn't keep up is let go, and comes
// back with the number it has seen.
type journal struct {
	seq       uint64
	kept      []api.Event
	listeners map[chan api.Event]struct{}
}

func (j *journal) add(ev api.Event) {
	j.seq++
	ev.Seq, ev.Time = j.seq, time.Now()
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

func (j *journal) close() {
	for l := range j.listeners {
		j.leave(l)
	}
}

// last returns the newest n events.
func (j *journal) last(n int) []api.Event {
	return j.kept[max(0, len(j.kept)-n):]
}
