package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"prox/internal/api"
	"prox/mux"
)

// server is the tmux server that the project's session is in.
func (a *app) server(t api.Tmux) *mux.Server {
	o := mux.Options{Socket: t.Socket, Env: a.environ}
	if t.Private {
		o.Config = os.DevNull
	}
	return mux.New(o)
}

// defaultSocket is where a plain tmux command finds its server.
func defaultSocket(a *app) string {
	dir := orElse(a.getenv("TMUX_TMPDIR"), "/tmp")
	return filepath.Join(dir, fmt.Sprintf("tmux-%d", os.Getuid()), "default")
}

// isDefaultServer reports whether a plain `tmux attach`, typed here, reaches
// the server.
func isDefaultServer(a *app, socket string) bool {
	plainly := defaultSocket(a)
	if s, ok := mux.FromEnv(a.getenv("TMUX")); ok {
		plainly = s
	}
	return socket == "" && plainly == defaultSocket(a) || socket != "" && same(socket, plainly)
}

// inside reports whether this command runs in a pane of the server.
func (a *app) inside(t api.Tmux) bool {
	here, ok := mux.FromEnv(a.getenv("TMUX"))
	if !ok {
		return false
	}
	return same(orElse(t.Socket, defaultSocket(a)), here)
}

// errSessionGone says that there is nothing to attach to.
var errSessionGone = &exitError{code: exitFailed, err: errors.New("the tmux session is gone"), hint: "prox start"}

// checkSession makes sure that the session lives.
func (a *app) checkSession(ctx context.Context, t api.Tmux) error {
	if t.SessionID == "" {
		return errSessionGone
	}
	has, err := a.server(t).HasSession(ctx, t.SessionID)
	if err != nil {
		return err
	}
	if !has {
		return errSessionGone
	}
	return nil
}

// sessionPatience is how long a session that is not known may still be coming.
const sessionPatience = 500 * time.Millisecond

// statusWithSession asks for the status. Services can be up before tmux has
// told the controller which session they are in: that moment is waited for.
func statusWithSession(ctx context.Context, client *api.Client) (*api.Status, error) {
	for end := time.Now().Add(sessionPatience); ; {
		st, err := client.Status(ctx)
		if err != nil || st.Tmux.SessionID != "" || time.Now().After(end) {
			return st, err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
