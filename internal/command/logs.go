package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"prox/internal/ansi"
	"prox/internal/logstore"
	"regexp"
	"slices"
	"sync"
	"time"
)

type logsCmd struct {
	Names      []string `arg:"" optional:"" name:"service" help:"Services; all when none is named."`
	Follow     bool     `short:"f" help:"Go on with what comes."`
	Grep       string   `short:"g" placeholder:"RE" help:"Only lines that match."`
	Lines      int      `short:"n" default:"100" help:"How many of the last lines; 0 = all."`
	Raw        bool     `help:"The bytes exactly as one service wrote them."`
	Timestamps bool     `short:"t" help:"When each line began."`
	NoColor    bool     `name:"no-color" help:"Without colours."`
}

// Help is the part of the help below the flags.
func (logsCmd) Help() string {
	return `Examples:
  prox logs                  the last 100 lines of all services, merged by time
  prox logs api -f
  prox logs --grep 'ERROR|WARN' -n 0
  prox logs api --raw > api.log

Works when nothing runs: the log is on disk. Colours are kept on a terminal;
every other control sequence is dropped.`
}

func (c *logsCmd) Run(a *app) error {
	p, err := a.project(false)
	if err != nil {
		return err
	}
	if c.NoColor {
		a.out.colours = false
	}
	sources, err := chosen(p, c.Names)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	if c.Raw {
		if len(sources) != 1 {
			return &usageError{err: errors.New("--raw gives one service's bytes: name one"), hint: "prox logs SERVICE --raw"}
		}
		return logstore.CopyRaw(ctx, sources[0].Dir, a.out)
	}
	q := logstore.Query{Tail: c.Lines, Follow: c.Follow, Clean: ansi.Plain}
	if c.Grep != "" {
		if q.Match, err = regexp.Compile(c.Grep); err != nil {
			return &usageError{err: fmt.Errorf("cannot read --grep: %w", err), hint: "the syntax is RE2's: https://golang.org/s/re2syntax"}
		}
	}
	if c.Follow {
		q.Rescan = func() []logstore.Source {
			s, err := chosen(p, c.Names)
			if err != nil {
				return nil // not there yet
			}
			return s
		}
	}
	m := a.newMerged(sources, c.Timestamps)
	defer m.flush()
	err = logstore.Read(ctx, sources, q, m.line)
	if errors.Is(err, errInterrupted) || errors.Is(context.Cause(ctx), errInterrupted) {
		return nil
	}
	return err
}

// chosen are the instances' logs that are meant.
func chosen(p *project, names []string) ([]logstore.Source, error) {
	all, err := logstore.Sources(p.place.Logs())
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return all, nil
	}
	var out []logstore.Source
	for _, name := range names {
		k := slices.IndexFunc(all, func(s logstore.Source) bool { return s.Name == name })
		if k < 0 {
			if p.config != nil {
				if _, err := p.config.Closure(name); err != nil {
					return nil, err
				}
			}
			out = append(out, logstore.Source{Name: name, Dir: logstore.Folder(p.place.Logs(), name)})
			continue
		}
		out = append(out, all[k])
	}
	return out, nil
}

// merged prints lines of several services with their names before them.
type merged struct {
	a     *app
	times bool
	alone bool

	mu    sync.Mutex // guards what follows; a timer flushes
	w     *bufio.Writer
	order map[string]int
	width int
	buf   []byte
	timer *time.Timer
}

func (a *app) newMerged(sources []logstore.Source, times bool) *merged {
	m := &merged{a: a, times: times, alone: len(sources) == 1, w: bufio.NewWriterSize(a.out, 64<<10), order: map[string]int{}}
	for _, s := range sources {
		m.order[s.Name] = len(m.order)
		m.width = max(m.width, ansi.Width(s.Name))
	}
	return m
}

func (m *merged) line(l logstore.Line) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, ok := m.order[l.Source]
	if !ok {
		n = len(m.order)
		m.order[l.Source] = n
		m.width, m.alone = max(m.width, ansi.Width(l.Source)), false
	}
	b := m.buf[:0]
	if m.times {
		b = append(b, m.a.out.faint(l.Time.Local().Format("15:04:05.000"))...)
		b = append(b, ' ')
	}
	if !m.alone {
		b = append(b, m.a.out.service(n, ansi.Pad(l.Source, m.width)+" |")...)
		b = append(b, ' ')
	}
	b = m.a.clean(b, l.Text)
	b = append(b, '\n')
	m.buf = b
	if _, err := m.w.Write(b); err != nil {
		return fmt.Errorf("cannot print: %w", err)
	}
	if m.timer == nil {
		m.timer = time.AfterFunc(20*time.Millisecond, m.flush)
	}
	return nil
}

// flush shows what has been gathered.
func (m *merged) flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timer = nil
	_ = m.w.Flush() // the next line tells
}
