package cli

import (
	"context"

	"prox/internal/api"
)

type killCmd struct {
	Now bool `help:"Kill at once, without asking first."`
}

// Help is printed below the usage.
func (*killCmd) Help() string {
	return `Stops all services in the reverse order of their dependencies, ends the tmux session and the controller,
and says what it verified.

Examples:
  prox kill
  prox kill --now        at once, without grace

Exit codes: 0 nothing is left, 1 something is left, 3 nothing was running, 4 no config, or a bad one.`
}

// Run ends the project.
func (c *killCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
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
