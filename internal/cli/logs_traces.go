package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"regexp"

	"prox/internal/ansi"
	"prox/internal/clipboard"
	"prox/internal/logstore"
	"prox/internal/record"
	"prox/internal/trace"
)

// contextTrace is what -C is given to see the whole of the event that a match
// is in.
const contextTrace = "trace"

// events says of one instance's lines, in their order, which go on with the
// event that the line before is part of: each stream has its own.
type events [2]struct {
	grouper trace.Grouper
	line    []byte
}

func (e *events) continues(l *logstore.Line) bool {
	switch {
	case l.Mark != 0:
		for i := range e {
			e[i].grouper.Reset()
		}
		return false
	case l.Continued:
		return true
	}
	x := &e[l.Stream]
	x.line = ansi.Plain(x.line[:0], l.Text)
	return x.grouper.Continues(x.line)
}

// failing reports whether the event that a line is part of is an error.
func (e *events) failing(l *logstore.Line) bool {
	x := &e[l.Stream]
	return x.grouper.Failing() || record.LevelOf(x.line) >= record.Error
}

// together keeps the lines of a trace next to each other.
func together() func(*logstore.Line) bool { return new(events).continues }

// eventMatches shows the whole of each event that a line of matches.
type eventMatches struct {
	match  *regexp.Regexp
	invert bool
	out    func(logstore.Line) error
	gap    func() error

	of    map[string]*event // by instance
	shown bool
	buf   []byte
}

// event is what was last said by one instance.
type event struct {
	events
	lines   []logstore.Line // not shown yet
	matched bool
}

// withTraces takes the match out of the query: the rest of the event is wanted
// too.
func (c *logsCmd) withTraces(m *merged, show func(logstore.Line) error, q *logstore.Query) *eventMatches {
	x := &eventMatches{match: q.Match, invert: q.Invert, out: show, gap: m.gap, of: map[string]*event{}}
	if c.JSON {
		x.gap = func() error { return nil }
	}
	q.Match, q.Invert = nil, false
	return x
}

func (t *eventMatches) line(l logstore.Line) error {
	e := t.of[l.Source]
	if e == nil {
		e = &event{}
		t.of[l.Source] = e
	}
	if !e.continues(&l) {
		e.lines, e.matched = e.lines[:0], false
	}
	if !e.matched {
		t.buf = ansi.Plain(t.buf[:0], l.Text)
		if t.match.Match(t.buf) == t.invert {
			l.Text = bytes.Clone(l.Text)
			e.lines = append(e.lines, l)
			return nil
		}
		e.matched = true
		if t.shown {
			if err := t.gap(); err != nil {
				return err
			}
		}
		t.shown = true
		for _, before := range e.lines {
			if err := t.out(before); err != nil {
				return err
			}
		}
		e.lines = e.lines[:0]
	}
	return t.out(l)
}

// lastError is the last event that is an error, of all instances.
type lastError struct {
	of   map[string]*failure
	last *failure
}

// failure is an instance's last event, and its last that was an error.
type failure struct {
	events
	lines [][]byte
	bad   bool
	error [][]byte
	name  string
}

func (x *lastError) line(l logstore.Line) error {
	f := x.of[l.Source]
	if f == nil {
		f = &failure{name: l.Source}
		x.of[l.Source] = f
	}
	if !f.continues(&l) {
		f.lines, f.bad = nil, false
	}
	f.lines = append(f.lines, ansi.Plain(nil, l.Text))
	if f.bad = f.bad || f.failing(&l); f.bad {
		f.error, x.last = f.lines, f
	}
	return nil
}

// enough is how many of the last lines are looked at for an error, first; all
// of them when there is none.
const enough = 5000

// copyLastError puts the last error on the clipboard.
func (c *logsCmd) copyLastError(ctx context.Context, a *app, sources []logstore.Source, q logstore.Query) error {
	if c.Follow || c.Clear || c.JSON || c.Lines != "" {
		return &exitError{code: exitUsage, err: errors.New("--copy-last-error takes services, --grep, --since and --until only")}
	}
	match := q.Match
	q.Match = nil
	var x *lastError
	for _, q.Tail = range []int{enough, 0} {
		x = &lastError{of: map[string]*failure{}}
		if err := logstore.Read(ctx, sources, q, func(l logstore.Line) error {
			if match != nil && match.Match(ansi.Plain(nil, l.Text)) == q.Invert {
				return nil
			}
			return x.line(l)
		}); err != nil {
			return err
		}
		if x.last != nil {
			break
		}
	}
	if x.last == nil {
		return &exitError{code: exitFailed, err: errors.New("there is no error in what is kept"), hint: "prox logs --level warn"}
	}
	text := append(bytes.Join(x.last.error, []byte("\n")), '\n')
	o := clipboard.Options{Env: a.lookupEnv, Environ: a.environ}
	if a.print.terminal {
		o.Terminal = os.Stdout
	}
	way, err := clipboard.Copy(ctx, text, o)
	if err != nil {
		return err
	}
	a.print.say("%d lines of %s are on the clipboard, by %s:", len(x.last.error), x.last.name, way)
	for _, line := range x.last.error[:min(len(x.last.error), 3)] {
		a.print.say("  %s", line)
	}
	return nil
}
