package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fatih/color"

	"prox/internal/ansi"
	"prox/internal/api"
)

// How often a person sees what is still waited for: on a terminal the lines
// stand below the others and are drawn anew, in a pipe they are printed when
// nothing has happened for long.
const (
	waitingTick  = 250 * time.Millisecond
	waitingQuiet = 10 * time.Second
)

// mostWaiting is how many services the lines on a terminal name.
const mostWaiting = 6

// watch listens to events, and shows meanwhile what is waited for.
func (p *progress) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	shown := make(chan struct{})
	go func() { // ends with ctx, which ends with this function
		defer close(shown)
		p.show(ctx)
	}()
	err := p.listen(ctx)
	cancel(nil)
	<-shown
	p.screen.clear()
	return err
}

func (p *progress) show(ctx context.Context) {
	pause := waitingTick
	if !p.a.print.terminal {
		pause = waitingQuiet
	}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		st, err := p.client.Status(ctx)
		if err != nil {
			continue // who listens to the events finds out what it is
		}
		p.mu.Lock()
		lines := p.waiting(st)
		if p.a.print.terminal {
			p.screen.draw(lines)
		} else {
			for _, l := range lines {
				p.a.print.say("%s", l)
			}
		}
		p.mu.Unlock()
	}
}

// waiting are the lines about what is not settled yet.
func (p *progress) waiting(st *api.Status) []string {
	live := map[string][]api.Instance{}
	for _, s := range st.Services {
		live[s.Name] = s.Instances
	}
	var lines []string
	for _, name := range p.order {
		t := p.tracks[name]
		if t.fine() || t.bad() || t.state == "" {
			continue
		}
		text := string(t.state)
		at := slices.IndexFunc(live[t.service], func(i api.Instance) bool { return i.Name == name })
		switch {
		case t.state == api.Waiting:
			var on []string
			for _, service := range p.deps[t.service] {
				for _, d := range live[service] {
					if d.State != api.Ready && d.State != api.Done {
						on = append(on, d.Name+asked(d))
					}
				}
			}
			if len(on) > 0 {
				text = "waiting for " + strings.Join(on, ", ")
			} else if t.reason != "" {
				text = t.reason
			}
		case at >= 0:
			text += asked(live[t.service][at])
		}
		lines = append(lines, fmt.Sprintf("%s %s  %s", p.a.print.paint("◌", color.FgCyan), pad(name, p.nameLen), plain(text)))
	}
	return lines
}

// asked says by what a service that runs is known to be ready, and how often
// it was asked: " (tcp :5432, 3 tries)".
func asked(i api.Instance) string {
	switch {
	case i.Check == "" || i.State != api.Running && i.State != api.Unhealthy:
		return ""
	case i.Tries == 0:
		return " (" + i.Check + ")"
	case i.Tries == 1:
		return " (" + i.Check + ", 1 try)"
	}
	return fmt.Sprintf(" (%s, %d tries)", i.Check, i.Tries)
}

// live is a few lines at the end of a terminal that are drawn again and again.
type live struct {
	a     *app
	lines int
}

// clear takes them away.
func (l *live) clear() {
	if l.lines > 0 {
		fmt.Fprintf(l.a.print.out, "\x1b[%dA\x1b[J", l.lines)
		l.lines = 0
	}
}

// draw puts others in their place, each in one row of the screen.
func (l *live) draw(lines []string) {
	l.clear()
	if extra := len(lines) - mostWaiting; extra > 0 {
		lines = append(lines[:mostWaiting:mostWaiting], fmt.Sprintf("  … and %d more", extra))
	}
	for _, line := range lines {
		l.a.print.say("%s", ansi.Truncate(line, max(1, l.a.print.width-1), "…"))
	}
	l.lines = len(lines)
}
