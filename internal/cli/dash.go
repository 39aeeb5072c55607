package cli

import (
	"context"
	"errors"
	"net"
	"path/filepath"

	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/place"
)

type dashCmd struct {
	At string `hidden:"" placeholder:"DIR" help:"Runtime folder of the project; for the status window."`
}

// Help is printed below the usage.
func (*dashCmd) Help() string {
	return `Arrow keys choose, r restarts, s stops or starts, Enter goes to the service's window, q leaves; ? tells the rest.

Example:
  prox dash

Exit codes: 0 fine, 1 no terminal, 3 the project is not running.`
}

// Run shows the live table.
func (c *dashCmd) Run(ctx context.Context, a *app) error {
	if a.roles.Dash == nil {
		return errors.New("this build has no dash")
	}
	if !a.stdin || !a.print.terminal {
		return &exitError{code: exitFailed, err: errors.New("cannot show the table: this is not a terminal"), hint: "prox status works anywhere"}
	}
	if c.At != "" {
		client := api.NewClient(dialAt(c.At))
		defer client.Close()
		return a.roles.Dash(ctx, client, a.jumpWithin)
	}
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	if _, err := client.Status(ctx); err != nil {
		return t.explain(err)
	}
	return a.roles.Dash(ctx, client, a.jump)
}

// dialAt dials the controller whose files are in a runtime folder.
func dialAt(runtime string) func(context.Context) (net.Conn, error) {
	socket := place.Project{Runtime: filepath.Clean(runtime)}.Socket()
	return func(ctx context.Context) (net.Conn, error) { return launch.DialSocket(ctx, socket) }
}

// jumpWithin shows another window of the session that this one is in.
func (a *app) jumpWithin(ctx context.Context, t api.Tmux, window string) error {
	return a.server(t).SelectWindow(ctx, window)
}

// jump shows a window of the project's session in the client this runs in.
func (a *app) jump(ctx context.Context, t api.Tmux, window string) error {
	if !a.inside(t) {
		return errors.New("this terminal is not in the project's tmux: prox attach goes there")
	}
	return a.server(t).SwitchClient(ctx, t.SessionID, window)
}
