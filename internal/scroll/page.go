package scroll

import (
	"context"
	"errors"
	"slices"
	"time"

	"prox/internal/logstore"
	"prox/internal/record"
)

// A store gives a line when it has its end, and the order is by when it began:
// lines of standard output and error can change places. So more lines are read
// than are wanted.
const (
	unsure     = 64
	unsureTime = time.Second // likewise, of what comes after a line,
	unsureMost = 1024        // or so many
)

// Page is a stretch of the log, in order.
type Page struct {
	Lines []Line
	// Begins: nothing is before it.
	Begins bool
	// Asked is a moment before the reading began: what is not in the page and
	// came before is kept further back, or does not pass the filter.
	Asked time.Time
}

var errEnough = errors.New("enough was read")

// Last are the last n lines.
func (g *Log) Last(ctx context.Context, f Filter, n int) (Page, error) {
	return g.past(ctx, f, nil, n, unsure)
}

// Before are the last n lines before another.
func (g *Log) Before(ctx context.Context, f Filter, first Line, n int) (Page, error) {
	return g.past(ctx, f, &first, n, unsure)
}

func (g *Log) past(ctx context.Context, f Filter, before *Line, n, unsure int) (Page, error) {
	p := Page{Asked: time.Now()}
	sources, err := g.sources(f)
	if err != nil || n <= 0 {
		return p, err
	}
	q := f.query(func(l *logstore.Line) bool {
		if before == nil {
			return true
		}
		this := named(l)
		return this.Compare(before) < 0
	})
	q.Tail = n + unsure
	if before != nil {
		q.Until = before.At
	}
	err = logstore.Read(ctx, sources, q, func(l logstore.Line) error {
		p.Lines = append(p.Lines, kept(nil, &l))
		return nil
	})
	if err != nil {
		return Page{}, err
	}
	inOrder(p.Lines)
	p.Begins = len(p.Lines) <= n
	p.Lines = slices.Clone(p.Lines[max(0, len(p.Lines)-n):])
	return p, nil
}

// After are the next n lines after another. Fewer mean that there are no more
// yet.
func (g *Log) After(ctx context.Context, f Filter, last Line, n int) (Page, error) {
	return g.future(ctx, f, last, n, func(lines []Line, next *logstore.Line) bool {
		return len(lines) >= n+unsureMost || len(lines) >= n+unsure && next.Time.Sub(lines[n-1].At) > unsureTime
	})
}

func (g *Log) future(ctx context.Context, f Filter, last Line, n int, enough func(lines []Line, next *logstore.Line) bool) (Page, error) {
	p := Page{Asked: time.Now()}
	sources, err := g.sources(f)
	if err != nil || n <= 0 {
		return p, err
	}
	q := f.query(func(l *logstore.Line) bool {
		this := named(l)
		return this.Compare(&last) > 0
	})
	q.Since = last.At
	err = logstore.Read(ctx, sources, q, func(l logstore.Line) error {
		if p.Lines = append(p.Lines, kept(nil, &l)); enough(p.Lines, &l) {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Page{}, err
	}
	inOrder(p.Lines)
	p.Lines = slices.Clone(p.Lines[:min(len(p.Lines), n)])
	return p, nil
}

// NextError finds the nearest line of level error or worse that passes the
// filter, before or after another; false when there is none.
func (g *Log) NextError(ctx context.Context, f Filter, from Line, back bool) (Line, bool, error) {
	f.Level = max(f.Level, record.Error)
	var p Page
	var err error
	if back {
		p, err = g.past(ctx, f, &from, 1, 0)
	} else {
		p, err = g.future(ctx, f, from, 1, func([]Line, *logstore.Line) bool { return true })
	}
	if err != nil || len(p.Lines) == 0 {
		return Line{}, false, err
	}
	return p.Lines[0], true, nil
}

// Around is a line with what is before and after it, n lines each.
func (g *Log) Around(ctx context.Context, f Filter, at Line, n int) (Page, error) {
	before, err := g.Before(ctx, f, at, n)
	if err != nil {
		return Page{}, err
	}
	after, err := g.After(ctx, f, at, n)
	if err != nil {
		return Page{}, err
	}
	before.Lines = append(append(before.Lines, at), after.Lines...)
	return before, nil
}
