package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"prox/internal/api"
)

type attachCmd struct {
	Service string `completes:"service,instance" arg:"" optional:"" help:"Service to show; default: the window that was last in front."`
}

// Help is printed below the usage.
func (*attachCmd) Help() string {
	return `Ctrl-b d leaves again (or your own tmux prefix, then d). Inside tmux this switches instead of nesting.

Examples:
  prox attach
  prox attach api

Exit codes: 0 fine, 1 no terminal or no session, 2 no such service, 3 the project is not running, 4 no config, or a bad one.`
}

// Run attaches.
func (c *attachCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
	if !a.stdin || !a.print.terminal {
		return &exitError{code: exitFailed, err: errors.New("cannot attach: this is not a terminal"), hint: "prox logs shows output anywhere"}
	}
	client := a.client(t.place)
	defer client.Close()
	st, err := statusWithSession(ctx, client)
	if err != nil {
		return t.explain(err)
	}
	window, err := windowOf(st, c.Service)
	if err != nil {
		return err
	}
	if err := a.checkSession(ctx, st.Tmux); err != nil {
		return err
	}
	server := a.server(st.Tmux)
	if a.inside(st.Tmux) {
		return server.SwitchClient(ctx, st.Tmux.SessionID, window)
	}
	if a.getenv("TMUX") != "" {
		a.print.note("this tmux is another server than the project's: attaching inside it; your prefix typed twice reaches the inner one")
	}
	argv, err := server.AttachArgv(st.Tmux.SessionID, window)
	if err != nil {
		return err
	}
	return a.exec(a.dir, argv[0], argv, a.outsideTmux())
}

// outsideTmux is the environment without what keeps tmux from being nested.
func (a *app) outsideTmux() []string {
	var env []string
	for _, kv := range a.environ {
		if !strings.HasPrefix(kv, "TMUX=") && !strings.HasPrefix(kv, "TMUX_PANE=") {
			env = append(env, kv)
		}
	}
	return env
}

// windowOf finds a service's window; "" for no service.
func windowOf(st *api.Status, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	i, err := instanceOf(st, name)
	if err != nil {
		return "", err
	}
	if i.Window == "" {
		return "", &exitError{code: exitFailed, err: fmt.Errorf("%s has no window: it is %s", i.Name, i.State), hint: "prox start " + name}
	}
	return i.Window, nil
}

// instanceOf finds an instance by its own name or its service's.
func instanceOf(st *api.Status, name string) (api.Instance, error) {
	var names []string
	for _, s := range st.Services {
		for _, i := range s.Instances {
			if i.Name == name || s.Name == name {
				return i, nil
			}
		}
		names = append(names, s.Name)
	}
	return api.Instance{}, unknown(name, names)
}
