package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"prox/internal/api"
	"prox/mux"
	"strings"
	"syscall"

	"golang.org/x/term"
)

type attachCmd struct {
	Name string `arg:"" optional:"" name:"service" help:"The service; the status window when none is named."`
}

// Help is the part of the help below the flags.
func (attachCmd) Help() string {
	return `Examples:
  prox attach                the session, at the status window
  prox attach api            the terminal of api

Leave with Ctrl-b d, as any tmux session. Inside tmux the session is switched
to instead of nested.`
}

func (c *attachCmd) Run(a *app) error {
	p, err := a.project(false)
	if err != nil {
		return err
	}
	ctx := context.Background()
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	st, err := client.Status(ctx)
	if err != nil {
		return err
	}
	window := st.Tmux.Status
	if c.Name != "" {
		if window, err = windowOf(st, c.Name); err != nil {
			return err
		}
	}
	if st.Tmux.SessionID == "" {
		return &hintedError{"the project has no tmux session", "prox start"}
	}
	return a.attach(ctx, st.Tmux, window)
}

// hintedError is a plain error with a next step.
type hintedError struct{ text, hint string }

func (e *hintedError) Error() string { return e.text }

// Hint tells the person what to do.
func (e *hintedError) Hint() string { return e.hint }

func windowOf(st *api.Status, name string) (string, error) {
	var names []string
	for _, s := range st.Services {
		for _, i := range s.Instances {
			if s.Name != name && i.Name != name {
				names = append(names, i.Name)
				continue
			}
			if i.Window == "" {
				return "", &hintedError{fmt.Sprintf("%s has no window: it is %s", name, because(i)), "prox start " + name}
			}
			return i.Window, nil
		}
	}
	return "", &usageError{err: fmt.Errorf("no service %q runs here", name), hint: "there are " + strings.Join(names, ", ")}
}

func insideTmux() (socket string, ok bool) { return mux.FromEnv(os.Getenv("TMUX")) }

func muxOf(t api.Tmux) *mux.Server {
	o := mux.Options{Socket: t.Socket}
	if t.Private {
		o.Config = os.DevNull
	}
	return mux.New(o)
}

// sameServer reports whether this terminal is a client of the session's
// server.
func sameServer(t api.Tmux) bool {
	inside, ok := insideTmux()
	if !ok {
		return false
	}
	if t.Socket == "" {
		return strings.HasSuffix(inside, fmt.Sprintf("/tmux-%d/default", os.Getuid()))
	}
	here, err1 := os.Stat(inside)
	there, err2 := os.Stat(t.Socket)
	return err1 == nil && err2 == nil && os.SameFile(here, there)
}

// attach shows a window in this terminal, in place of this program.
func (a *app) attach(ctx context.Context, t api.Tmux, window string) error {
	server := muxOf(t)
	if sameServer(t) {
		return server.SwitchClient(ctx, t.SessionID, window)
	}
	if !term.IsTerminal(0) || !term.IsTerminal(1) {
		return &hintedError{"attach needs a terminal", "prox logs shows what services write"}
	}
	argv, err := server.AttachArgv(t.SessionID, window)
	if err != nil {
		return err
	}
	if _, ok := insideTmux(); ok {
		a.err.line("prox: the session lives on another tmux server: this is tmux within tmux (press the prefix twice)")
	}
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "TMUX=") {
			env = append(env, kv)
		}
	}
	if err := syscall.Exec(argv[0], argv, env); err != nil {
		return fmt.Errorf("cannot run tmux: %w", err)
	}
	return nil
}

type dashCmd struct {
	At string `hidden:"" placeholder:"DIR"`
}

// Help is the part of the help below the flags.
func (dashCmd) Help() string {
	return `Keys: ↑ ↓ choose, Enter goes to the terminal, r restarts, s stops or starts,
? help, q leaves (the services go on).`
}

func (c *dashCmd) Run(a *app) error {
	at := c.At
	if at == "" {
		p, err := a.project(false)
		if err != nil {
			return err
		}
		at = p.place.Runtime
	}
	client := dashClient(at)
	defer client.Close()
	jump := func(ctx context.Context, t api.Tmux, window string) error {
		server := muxOf(t)
		if sameServer(t) {
			return server.SwitchClient(ctx, t.SessionID, window)
		}
		return errors.New("not inside the project's tmux session; prox attach NAME goes there")
	}
	ctx, stop := interruptible()
	defer stop()
	return a.roles.Dash(ctx, client, jump)
}
