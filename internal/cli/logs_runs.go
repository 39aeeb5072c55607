package cli

import (
	"fmt"
	"time"

	"prox/internal/logstore"
)

// stretch is the part of an instance's log that belongs to one run.
type stretch struct {
	run  int
	from time.Time
	to   time.Time // when the next run began; zero for the last
}

// stretches finds for each source the run that is asked for: 0 is the last one
// that began, -1 the one before it, and so on; a positive one is a run's number.
// A source without such a run is left out.
func stretches(sources []logstore.Source, run int) (map[string]stretch, error) {
	found := map[string]stretch{}
	for _, src := range sources {
		n := 0
		if run <= 0 {
			n = 1 - run
		}
		runs, err := logstore.Runs(src.Dir, n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", src.Name, err)
		}
		for k := len(runs) - 1; k >= 0; k-- {
			if run > 0 && runs[k].Number != run || run <= 0 && len(runs)-1-k != -run {
				continue
			}
			s := stretch{run: runs[k].Number, from: runs[k].Began}
			if k+1 < len(runs) {
				s.to = runs[k+1].Began
			}
			found[src.Name] = s
			break
		}
	}
	return found, nil
}

// holds reports whether a line is of the run. Numbers begin anew with a project
// that was ended: the times settle which run it is.
func (s stretch) holds(l *logstore.Line) bool {
	return (l.Run == s.run || l.Run == 0) && !l.Time.Before(s.from) && (s.to.IsZero() || l.Time.Before(s.to))
}

// onlyRun makes the query one for the run that was asked for.
func (c *logsCmd) onlyRun(q *logstore.Query, sources []logstore.Source) error {
	run := 0
	switch {
	case c.Of == nil && !c.SinceRestart:
		return nil
	case c.Of != nil:
		run = *c.Of
	}
	found, err := stretches(sources, run)
	if err != nil {
		return err
	}
	if len(found) == 0 && !c.Follow {
		what := fmt.Sprintf("no run %d", run)
		if run <= 0 {
			what = fmt.Sprintf("no run %d before the last", -run)
		}
		return &exitError{code: exitFailed, err: fmt.Errorf("%s is kept of what was asked for", what), hint: "prox logs --run -1 is the run before the last"}
	}
	first := time.Time{}
	for _, s := range found {
		if first.IsZero() || s.from.Before(first) {
			first = s.from
		}
	}
	if q.Since.Before(first) {
		q.Since = first
	}
	if c.Lines == "" {
		q.Tail = 0
	}
	current := c.Of == nil
	q.Only = func(l *logstore.Line) bool {
		s, ok := found[l.Source]
		if !ok {
			return current // it began after it was looked for
		}
		if current {
			return !l.Time.Before(s.from)
		}
		return s.holds(l)
	}
	return nil
}
