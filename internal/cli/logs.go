package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"syscall"

	"prox/internal/ansi"
	"prox/internal/logstore"
)

type logsCmd struct {
	Services   []string `arg:"" optional:"" name:"service" help:"Services; default: all."`
	Follow     bool     `short:"f" help:"Go on with what comes, new services too, until Ctrl-C."`
	Lines      string   `short:"n" placeholder:"N" help:"How many of the last lines, of all services together, or 'all'; default: 100, and all with --grep."`
	Grep       string   `placeholder:"RE" help:"Only lines that match a regular expression; (?i) at its beginning ignores case."`
	Raw        bool     `help:"The bytes as the service wrote them, one service after the other."`
	Timestamps bool     `short:"t" help:"When each line came."`
	NoColor    bool     `help:"Without colours."`
}

// Help is printed below the usage.
func (*logsCmd) Help() string {
	return `Works when nothing runs, too: the output of earlier runs is kept.

Examples:
  prox logs -f
  prox logs api web -n 500
  prox logs --grep 'status=5\d\d'
  prox logs api --raw > api.log

Exit codes: 0 fine, 1 failed, 2 no such service, 4 bad config.`
}

// Run shows what services have printed.
func (c *logsCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
	q, err := c.query()
	if err != nil {
		return err
	}
	sources, err := c.sources(t)
	if err != nil {
		return err
	}
	if len(sources) == 0 && !c.Follow {
		if t.bad != nil {
			return t.bad
		}
		a.print.note("nothing has been printed yet")
		return nil
	}
	if c.Raw {
		return c.raw(ctx, a, sources)
	}
	if c.NoColor {
		a.print.color = false
	}
	if q.Follow {
		q.Rescan = func() []logstore.Source {
			now, err := c.sources(t)
			if err != nil {
				return nil // asked again soon
			}
			return now
		}
	}
	m := newMerged(a, a.print.out, c.names(t, sources))
	m.times = c.Timestamps
	err = logstore.Read(ctx, sources, q, m.line)
	if e := m.close(); err == nil {
		err = e
	}
	return quiet(err)
}

// quiet drops the error of an output that nobody reads any more.
func quiet(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

func (c *logsCmd) query() (logstore.Query, error) {
	q := logstore.Query{Follow: c.Follow, Tail: 100, Clean: ansi.Plain}
	if c.Grep != "" {
		re, err := regexp.Compile(c.Grep)
		if err != nil {
			return q, &exitError{code: exitUsage, err: fmt.Errorf("cannot use --grep: %w", err)}
		}
		q.Match, q.Tail = re, 0
	}
	switch n, err := strconv.Atoi(c.Lines); {
	case c.Lines == "":
	case c.Lines == "all":
		q.Tail = 0
	case err != nil || n < 0:
		return q, &exitError{code: exitUsage, err: fmt.Errorf("cannot show %q lines: -n takes a number, or all", c.Lines)}
	case n == 0:
		q.Tail = -1 // none of the past
	default:
		q.Tail = n
	}
	if c.Raw && (c.Follow || c.Grep != "" || c.Lines != "" || c.Timestamps) {
		return q, &exitError{code: exitUsage, err: errors.New("--raw gives everything there is: it goes with no other choice of lines")}
	}
	return q, nil
}

// sources are the folders of the services asked for. A service that the
// config knows may have none yet.
func (c *logsCmd) sources(t *target) ([]logstore.Source, error) {
	all, err := logstore.Sources(t.place.Logs())
	if err != nil || len(c.Services) == 0 {
		return all, err
	}
	var out []logstore.Source
	for _, name := range c.Services {
		found := false
		for _, s := range all {
			if s.Name == name || serviceOf(s.Name) == name { // a service, or one instance of it
				out, found = append(out, s), true
			}
		}
		if found {
			continue
		}
		inConfig := false
		if t.project != nil {
			_, inConfig = t.project.Service(name)
		}
		if !inConfig {
			return nil, unknown(name, known(t, all))
		}
	}
	return out, nil
}

// names are the names to make room for.
func (c *logsCmd) names(t *target, sources []logstore.Source) []string {
	if len(c.Services) > 0 {
		return c.Services
	}
	return known(t, sources)
}

// known are the names of all instances there are, in the config's order.
func known(t *target, sources []logstore.Source) []string {
	var names []string
	if t.project != nil {
		for _, s := range t.project.Services {
			names = append(names, s.Name)
		}
	}
	for _, s := range sources {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

func (c *logsCmd) raw(ctx context.Context, a *app, sources []logstore.Source) error {
	for _, s := range sources {
		if err := logstore.CopyRaw(ctx, s.Dir, a.print.out); err != nil {
			return quiet(fmt.Errorf("cannot show the output of %s: %w", s.Name, err))
		}
	}
	return nil
}
