package scroll

import (
	"context"
	"errors"

	"prox/internal/ansi"
	"prox/internal/logstore"
	"prox/internal/trace"
)

// within is how far the beginning and the end of an event are looked for.
const within = 300

// Event is all that was said together with a line: a stack trace with the line
// it was logged with, or the line alone. What is wanted of the log does not
// matter to it.
func (g *Log) Event(ctx context.Context, l Line) ([]Line, error) {
	p, err := g.Around(ctx, Filter{Instances: []string{l.Instance}}, l, within)
	if err != nil {
		return nil, err
	}
	var groups trace.Grouper
	var event []Line
	found := false
	for i := range p.Lines {
		this := &p.Lines[i]
		if this.Stderr != l.Stderr || this.Run != l.Run {
			continue
		}
		if !groups.Continues(ansi.Plain(nil, this.Text)) && !this.Continued {
			if found {
				break
			}
			event = event[:0]
		}
		event = append(event, *this)
		found = found || this.Compare(&l) == 0
	}
	return event, nil
}

// whole is how many bytes of a line are read at most.
const whole = 1 << 20

// Whole is a line with all of its text, up to 1 MiB. Of one that is not kept any
// more it is what is held.
func (g *Log) Whole(ctx context.Context, l Line) (Line, error) {
	sources, err := g.sources(Filter{Instances: []string{l.Instance}})
	if err != nil {
		return l, err
	}
	q := logstore.Query{Since: l.At, Most: whole, Only: func(next *logstore.Line) bool {
		this := named(next)
		return this.Compare(&l) >= 0
	}}
	found := l
	err = logstore.Read(ctx, sources, q, func(next logstore.Line) error {
		if this := named(&next); this.Compare(&l) == 0 {
			found = kept(nil, &next)
		}
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return l, err
	}
	return found, nil
}
