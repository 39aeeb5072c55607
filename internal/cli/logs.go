package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"

	"prox/internal/ansi"
	"prox/internal/launch"
	"prox/internal/logstore"
)

type logsCmd struct {
	Services     []string `completes:"logged,group" arg:"" optional:"" name:"service" help:"Services, or @GROUPs; default: all."`
	Follow       bool     `short:"f" help:"Go on with what comes, new services too, until Ctrl-C."`
	Lines        string   `words:"all" short:"n" placeholder:"N" help:"How many of the last lines, of all services together, or 'all'; default: 100, and all with --grep."`
	Grep         string   `placeholder:"RE" help:"Only lines that match a regular expression."`
	IgnoreCase   bool     `short:"i" help:"Of --grep: upper and lower case are alike."`
	Invert       bool     `short:"v" help:"Of --grep: only lines that do not match."`
	Fixed        bool     `short:"F" help:"Of --grep: it is a text, and no regular expression."`
	Context      string   `words:"trace" placeholder:"N" help:"Of --grep: N lines of the same service before and after each match, too, or 'trace': all lines of the stack trace that it is in; also -C N."`
	Since        string   `placeholder:"TIME" help:"Only lines from then on: 5m, 2h, 3d, 14:30, 'yesterday 9:00', 2026-01-31, RFC 3339."`
	Until        string   `placeholder:"TIME" help:"Only lines up to then."`
	SinceRestart bool     `help:"Only since the run that goes on began, or the last one."`
	Of           *int     `completes:"run" name:"run" placeholder:"N" help:"Only one run: by its number, or -1 for the one before the last."`
	JSON         bool     `help:"A JSON object for each line: time, service, run, stream, text."`
	Level        string   `words:"trace,debug,info,warn,error,fatal" placeholder:"LEVEL" help:"Only lines of this level or a worse one: trace, debug, info, warn, error, fatal."`
	Field        []string `sep:"none" placeholder:"COND" help:"Only JSON and logfmt lines whose field is so: status>=500, user=ann, path~^/api. May be repeated."`
	Path         bool     `help:"Print where the files are, for other programs."`
	Raw          bool     `help:"The bytes as the service wrote them, one service after the other."`
	Timestamps   bool     `short:"t" help:"When each line came."`
	NoColor      bool     `help:"Without colours."`
	Format       string   `enum:"text,line,json" default:"text" help:"text; line: JSON and logfmt as they came, on a terminal too; json: the same as --json."`
	Clear        bool     `help:"Remove what is kept; of a project that runs, all but the newest file of each service."`
	Edit         bool     `help:"Open the newest of the files in $EDITOR."`
	Events       bool     `help:"Also what happened to the services, between the lines: starts, exits, restarts, healthchecks, changed files."`
	Copy         bool     `name:"copy-last-error" help:"Copy the last error, with its trace, to the clipboard."`

	around int // lines around a match
}

// Help is printed below the usage.
func (*logsCmd) Help() string {
	return `Works when nothing runs, too: the output of earlier runs is kept.

Examples:
  prox logs -f
  prox logs api web -n 500
  prox logs @backend -f
  prox logs --grep 'status=5\d\d' -C 3
  prox logs --grep NullPointer -C trace
  prox logs api --since 5m
  prox logs --level error --field 'status>=500'
  prox logs api --run -1             what led to the crash
  prox logs --events --since 10m     and what prox did meanwhile
  prox logs api --raw > api.log
  rg panic $(prox logs --path api)

On a terminal what is more than a screenful goes to PROX_PAGER, PAGER or less.

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
	if c.Services, err = t.members(c.Services); err != nil {
		return err
	}
	if err := c.checkEvents(); err != nil {
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
	if c.Edit {
		return c.edit(a, sources)
	}
	if c.Clear {
		return c.clear(ctx, a, t, sources)
	}
	c.JSON = c.JSON || c.Format == "json"
	if c.Path {
		return c.paths(a, sources)
	}
	if c.Raw {
		return c.raw(ctx, a, sources)
	}
	if c.NoColor {
		a.print.color = false
	}
	q.Damaged = func(source string, err error) {
		a.print.note("a part of the output of %s is left out: %v", source, err)
	}
	if len(sources) > 1 || q.Follow {
		q.Together = together
	}
	if c.Copy {
		return c.copyLastError(ctx, a, sources, q)
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
	if c.Events {
		sources = append(sources, logstore.Source{Name: eventsSource, Dir: t.place.Events()})
		q.Together = nil // a trace would go over what happened within it
	}
	if err := c.onlyRun(&q, sources); err != nil {
		return err
	}
	if err := c.onlyFields(&q); err != nil {
		return err
	}
	out := a.print.out
	if !c.Follow {
		if p := a.page(ctx); p != nil {
			out = p
			defer func() { _ = p.end() }() // what was not read is nobody's loss
		}
	}
	m := newMerged(a, out, c.names(t, sources))
	m.times = c.Timestamps
	m.readable = a.print.terminal && c.Format == "text"
	show := m.line
	if c.JSON {
		show = m.record
	}
	if c.Grep != "" && !c.Invert {
		m.highlight = q.Match
	}
	if c.Events {
		show = c.withEvents(m, show, &q, sources)
	}
	switch {
	case q.Match == nil:
	case c.Context == contextTrace:
		show = c.withTraces(m, show, &q).line
	case c.around > 0:
		show = c.surrounded(m, show, &q).line
	}
	err = logstore.Read(ctx, sources, q, show)
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
	var err error
	now := time.Now()
	if q.Since, err = momentFlag("--since", c.Since, now); err != nil {
		return q, err
	}
	if q.Until, err = momentFlag("--until", c.Until, now); err != nil {
		return q, err
	}
	if !q.Since.IsZero() && !q.Until.IsZero() && q.Until.Before(q.Since) {
		return q, &exitError{code: exitUsage, err: fmt.Errorf("--until %s is before --since %s", q.Until.Format(time.RFC3339), q.Since.Format(time.RFC3339))}
	}
	if !q.Since.IsZero() || !q.Until.IsZero() {
		q.Tail = 0
	}
	if err := c.pattern(&q); err != nil {
		return q, err
	}
	switch n, nerr := strconv.Atoi(c.Lines); {
	case c.Lines == "":
	case c.Lines == "all":
		q.Tail = 0
	case nerr != nil || n < 0:
		return q, &exitError{code: exitUsage, err: fmt.Errorf("cannot show %q lines: -n takes a number, or all", c.Lines)}
	case n == 0:
		q.Tail = -1 // none of the past
	default:
		q.Tail = n
	}
	if c.Raw && (c.Follow || c.Grep != "" || c.Lines != "" || c.Timestamps || c.Since != "" || c.Until != "") {
		return q, &exitError{code: exitUsage, err: errors.New("--raw gives everything there is: it goes with no other choice of lines")}
	}
	return q, nil
}

// pattern reads what --grep and its kin want.
func (c *logsCmd) pattern(q *logstore.Query) error {
	if c.Grep == "" {
		if c.IgnoreCase || c.Invert || c.Fixed || c.Context != "" {
			return &exitError{code: exitUsage, err: errors.New("-i, -v, -F and -C are about what --grep finds, and there is none"), hint: "prox logs --grep ERROR -C 3"}
		}
		return nil
	}
	if n, err := strconv.Atoi(c.Context); c.Context != "" && c.Context != contextTrace {
		if err != nil || n < 0 {
			return &exitError{code: exitUsage, err: fmt.Errorf("cannot show %q lines around a match: -C takes a number, or trace", c.Context)}
		}
		c.around = n
	}
	if c.Context != "" && c.Lines != "" {
		return &exitError{code: exitUsage, err: errors.New("-C shows what is around every match: it does not go with -n"), hint: "--since 5m"}
	}
	text := c.Grep
	if c.Fixed {
		text = regexp.QuoteMeta(text)
	}
	if c.IgnoreCase {
		text = "(?i)" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return &exitError{code: exitUsage, err: fmt.Errorf("cannot use --grep: %w", err), hint: "-F takes it as a text"}
	}
	q.Match, q.Invert, q.Tail = re, c.Invert, 0
	return nil
}

// surrounded takes the match out of the query: the lines around it are wanted
// too.
func (c *logsCmd) surrounded(m *merged, show func(logstore.Line) error, q *logstore.Query) *around {
	x := &around{
		match: q.Match, invert: q.Invert, lines: c.around, clean: ansi.Plain, of: map[string]*surroundings{},
		out: func(l logstore.Line, _ bool) error { return show(l) },
		gap: m.gap,
	}
	if c.JSON {
		x.gap = func() error { return nil }
	}
	q.Match, q.Invert = nil, false
	return x
}

// clear removes what is kept.
func (c *logsCmd) clear(ctx context.Context, a *app, t *target, sources []logstore.Source) error {
	client := a.client(t.place)
	defer client.Close()
	_, err := client.Status(ctx)
	runs := !errors.Is(err, launch.ErrNotRunning) // or nobody knows
	var freed int64
	for _, s := range sources {
		n, err := logstore.Clear(s.Dir, runs)
		if freed += n; err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	kept := ""
	if runs {
		kept = "; the newest file of each service stays, for the project runs"
	}
	a.print.say("%s of output removed%s", size(uint64(max(freed, 0))), kept)
	return nil
}

// edit becomes the person's editor.
func (c *logsCmd) edit(a *app, sources []logstore.Source) error {
	editor := orElse(a.getenv("VISUAL"), a.getenv("EDITOR"))
	if editor == "" {
		return &exitError{code: exitUsage, err: errors.New("no editor is set"), hint: "export EDITOR=vi, or prox logs --path"}
	}
	var newest []string
	for _, s := range sources {
		files, err := logstore.Files(s.Dir)
		if err != nil {
			return err
		}
		if len(files) > 0 {
			newest = append(newest, files[len(files)-1])
		}
	}
	if len(newest) == 0 {
		a.print.note("nothing has been printed yet")
		return nil
	}
	// The shell takes EDITOR="code --wait" apart.
	return a.exec(a.dir, "/bin/sh", append([]string{"sh", "-c", "exec " + editor + ` "$@"`, editor}, newest...), a.environ)
}

// paths prints the files, oldest first.
func (c *logsCmd) paths(a *app, sources []logstore.Source) error {
	for _, s := range sources {
		files, err := logstore.Files(s.Dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			a.print.say("%s", f)
		}
	}
	return nil
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
	if len(c.Services) == 0 {
		return known(t, sources)
	}
	names := slices.Clone(c.Services)
	for _, s := range sources {
		names = append(names, s.Name)
	}
	return names
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
