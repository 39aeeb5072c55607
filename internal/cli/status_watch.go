package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"prox/internal/api"
	"prox/internal/launch"
)

// watchEvery is how often --watch looks.
const watchEvery = time.Second

// watch shows the status again and again, until Ctrl-C or the project's end: on
// a terminal in place, in a pipe when a state has changed, as JSON a line each
// second.
func (c *statusCmd) watch(ctx context.Context, a *app, client *api.Client, t *target) error {
	c1, stop := a.interrupts()
	defer stop()
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	screen := &inPlace{a: a}
	said, lost := "", false
	for {
		st, err := c.ask(ctx, client)
		switch {
		case errors.Is(err, launch.ErrNotRunning):
			return t.explain(err)
		case err != nil && !lost && said == "":
			return t.explain(err) // it was wrong from the beginning
		case err != nil:
			if !lost {
				screen.forget()
				a.print.note("the controller does not answer: %v", err)
			}
			lost = true
		default:
			lost = false
			if said, err = c.show(a, screen, st, said); err != nil {
				return quiet(err)
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c1:
			return nil
		case <-ticks.C:
		}
	}
}

// ask asks for the status, of one service if one was named.
func (c *statusCmd) ask(ctx context.Context, client *api.Client) (*api.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	st, err := client.Watch(ctx)
	if err != nil {
		return nil, err
	}
	return st, c.only(st)
}

// show shows one look, and returns what tells whether the next is another.
func (c *statusCmd) show(a *app, screen *inPlace, st *api.Status, said string) (string, error) {
	now := time.Now()
	if c.JSON {
		b, err := json.Marshal(st)
		if err != nil {
			return "", fmt.Errorf("cannot print as JSON: %w", err)
		}
		_, err = fmt.Fprintf(a.print.out, "%s\n", b)
		return "json", err
	}
	if a.print.terminal {
		return "shown", screen.draw(func(p *app) { p.table(st, now) })
	}
	states := statesOf(st)
	if states == said {
		return said, nil
	}
	if said != "" {
		a.print.say("")
	}
	a.print.say("%s", now.Format(time.RFC3339))
	a.table(st, now)
	return states, nil
}

// statesOf changes when something of the status does that isn't a figure.
func statesOf(st *api.Status) string {
	var b strings.Builder
	for _, s := range st.Services {
		for _, i := range s.Instances {
			fmt.Fprintf(&b, "%s %s %d %d %s %v\n", i.Name, i.State, i.Restarts, i.Run, i.Reason, i.Ports)
		}
	}
	return b.String()
}

// inPlace draws over what it has drawn before.
type inPlace struct {
	a     *app
	lines int // drawn the last time
}

// forget leaves what is drawn where it is.
func (s *inPlace) forget() { s.lines = 0 }

// draw draws what fn prints.
func (s *inPlace) draw(fn func(a *app)) error {
	own, p := *s.a, *s.a.print
	var text bytes.Buffer
	p.out = &text
	if f, ok := s.a.print.out.(*os.File); ok {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil {
			p.width, p.height = w, h
		}
	}
	own.print = &p
	fn(&own)
	lines := strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	if most := p.height - 1; p.height > 1 && len(lines) > most {
		hidden := len(lines) - most + 1
		lines = append(lines[:most-1], fmt.Sprintf("… %d more lines: a higher terminal shows them, and prox dash scrolls", hidden))
	}
	var out strings.Builder
	if s.lines > 0 {
		fmt.Fprintf(&out, "\x1b[%dA", s.lines)
	}
	for _, l := range lines {
		out.WriteString("\r" + l + "\x1b[K\n")
	}
	out.WriteString("\x1b[J")
	s.lines = len(lines)
	_, err := s.a.print.out.Write([]byte(out.String()))
	return err
}
