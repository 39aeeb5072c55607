package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/fatih/color"

	"prox/internal/api"
	"prox/internal/launch"
)

type killCmd struct {
	Now bool `help:"Kill at once, without asking first."`
	All bool `help:"Every project of yours that runs on this machine."`
}

// Help is printed below the usage.
func (*killCmd) Help() string {
	return `Stops all services in the reverse order of their dependencies, ends the tmux session and the controller,
and says what it verified.

Examples:
  prox kill
  prox kill --now        at once, without grace
  prox kill --all        every project that prox list shows

Exit codes: 0 nothing is left, 1 something is left, 3 nothing was running, 4 no config, or a bad one.`
}

// Run ends the project.
func (c *killCmd) Run(ctx context.Context, a *app) error {
	if c.All {
		return c.everything(ctx, a)
	}
	t, err := a.find()
	if err != nil {
		return err
	}
	return c.one(ctx, a, t)
}

// everything ends all projects, one after the other: what one had to force, or
// could not, is told below its name.
func (c *killCmd) everything(ctx context.Context, a *app) error {
	running := a.running(ctx)
	if len(running) == 0 {
		a.print.say("no project runs")
		return nil
	}
	var failed []error
	for _, r := range running {
		a.print.say("%s  %s", a.print.paint(plain(r.Project), color.Bold), plain(r.Dir))
		err := c.one(ctx, a, &target{place: r.place})
		if errors.Is(err, launch.ErrNotRunning) {
			continue // it ended meanwhile
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", r.Project, err))
		}
	}
	return errors.Join(failed...)
}

// one ends one project.
func (c *killCmd) one(ctx context.Context, a *app, t *target) error {
	client := a.client(t.place)
	defer client.Close()
	resp, err := a.stopping(ctx, client.Kill, api.StopRequest{Now: c.Now})
	if err != nil {
		return t.explain(err)
	}
	client.Close()
	gone(ctx, t)
	resp.NotRunning = nil // that is what was asked for
	return a.stopped(resp)
}
