package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/place"
	"prox/mux"
)

type dashCmd struct {
	At   string `hidden:"" placeholder:"DIR" help:"Runtime folder of the project; for the status window."`
	sort string // of prox top
	Logs string `hidden:"" placeholder:"DIR" help:"Folder with its logs; likewise."`
}

// Help is printed below the usage.
func (*dashCmd) Help() string {
	return `What runs, what it costs, what it prints, what depends on what, and what happened. Arrow keys choose, Enter shows
the whole service, a goes to its window, r restarts, s stops or starts, : runs any command, q leaves; ? tells the rest.

Example:
  prox dash

Exit codes: 0 fine, 1 no terminal, 3 the project is not running, 4 no config, or a bad one.`
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
		w := a.window(within{a}, c.Logs)
		w.Seen = a.seen
		return a.roles.Dash(ctx, client, w)
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
	w := a.window(from{a}, t.place.Logs())
	w.Sort = c.sort
	return a.roles.Dash(ctx, client, w)
}

// dialAt dials the controller whose files are in a runtime folder.
func dialAt(runtime string) func(context.Context) (net.Conn, error) {
	socket := place.Project{Runtime: filepath.Clean(runtime)}.Socket()
	return func(ctx context.Context) (net.Conn, error) { return launch.DialSocket(ctx, socket) }
}

// Jump is how the live table brings a person to a window of the session.
type Jump interface {
	// TakesTerminal reports whether To uses this terminal until the person comes back.
	TakesTerminal(t api.Tmux) bool
	// To shows a window, by its tmux id.
	To(ctx context.Context, t api.Tmux, window string) error
}

// within jumps from the status window, which is in the session.
type within struct{ a *app }

// TakesTerminal is no: the person's client shows another window, and that is all.
func (within) TakesTerminal(api.Tmux) bool { return false }

// To shows a window.
func (w within) To(ctx context.Context, t api.Tmux, window string) error {
	return w.a.server(t).SelectWindow(ctx, window)
}

// seen reports whether somebody can see the pane this runs in. A tmux that
// can't tell must not keep the window from showing anything.
func (a *app) seen(ctx context.Context) bool {
	socket, ok := mux.FromEnv(a.getenv("TMUX"))
	pane := a.getenv("TMUX_PANE")
	if !ok || pane == "" {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	seen, err := mux.New(mux.Options{Socket: socket}).Seen(ctx, pane)
	return err != nil || seen
}

// from jumps from the terminal that a table typed by hand runs on.
type from struct{ a *app }

// TakesTerminal is true where the session must be attached to on this terminal.
func (f from) TakesTerminal(t api.Tmux) bool { return !f.a.inside(t) }

// To switches the client this runs in, or attaches until the person detaches.
func (f from) To(ctx context.Context, t api.Tmux, window string) error {
	if f.a.inside(t) {
		return f.a.server(t).SwitchClient(ctx, t.SessionID, window)
	}
	if err := f.a.checkSession(ctx, t); err != nil {
		return err
	}
	argv, err := f.a.server(t).AttachArgv(t.SessionID, window)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = f.a.outsideTmux()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("tmux: %w", err)
	}
	return nil
}
