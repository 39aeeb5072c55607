package dash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"prox/internal/api"
)

const (
	quick = 10 * time.Second // for what only has to be set in motion
	slow  = time.Minute      // for a stop, which waits for processes

	// lending is how long the terminal is lent at the least. A renderer that is
	// started again sooner may never draw: the goroutine of the one before stops
	// the ticker both use (bubbletea 2.1.1, its issue 1778).
	lending = 100 * time.Millisecond
)

// actions is what can be done. Each is a command: it runs beside the model and
// comes back as a doneMsg.
type actions struct {
	ctx    context.Context // of the window: an action ends with it
	client *api.Client
	now    func() time.Time
	Seams
}

// doneMsg tells how an action ended.
type doneMsg struct {
	text string // what was done, "" when the table tells it
	err  error
}

func (a actions) restart(instance string) tea.Cmd {
	return a.ask(quick, "cannot restart "+instance, func(ctx context.Context) (string, error) {
		_, err := a.client.Restart(ctx, api.RestartRequest{Services: []string{instance}})
		return "", err
	})
}

// start is a restart of something that is down: the controller knows config
// and environment of the project, the status window does not.
func (a actions) start(instance string) tea.Cmd {
	return a.ask(quick, "cannot start "+instance, func(ctx context.Context) (string, error) {
		_, err := a.client.Restart(ctx, api.RestartRequest{Services: []string{instance}})
		return "", err
	})
}

func (a actions) stop(instance string) tea.Cmd {
	return a.ask(slow, "cannot stop "+instance, func(ctx context.Context) (string, error) {
		resp, err := a.client.Stop(ctx, api.StopRequest{Services: []string{instance}})
		if err != nil {
			return "", err
		}
		if len(resp.Left) > 0 {
			return "", fmt.Errorf("%s could not be killed", processes(resp.Left))
		}
		if len(resp.Forced) > 0 {
			return fmt.Sprintf("%s stopped, had to kill %s", instance, processes(resp.Forced)), nil
		}
		return instance + " stopped", nil
	})
}

func (a actions) scale(service string, count int) tea.Cmd {
	return a.ask(quick, "cannot scale "+service, func(ctx context.Context) (string, error) {
		_, err := a.client.Scale(ctx, api.ScaleRequest{Service: service, Count: count})
		return fmt.Sprintf("%s: %s", service, counted(count, "instance")), err
	})
}

func processes(ps []api.Process) string {
	var out []string
	for _, p := range ps {
		out = append(out, fmt.Sprintf("pid %d (%s)", p.Pid, p.Name))
	}
	return strings.Join(out, ", ")
}

// attach brings the person to an instance's window. Where that takes the
// terminal, it is lent out.
func (a actions) attach(t api.Tmux, instance, window string) tea.Cmd {
	walk := func(ctx context.Context) error { return a.Jump.To(ctx, t, window) }
	if !a.Jump.TakesTerminal(t) {
		return a.ask(quick, "cannot go to "+instance, func(ctx context.Context) (string, error) { return "", walk(ctx) })
	}
	return tea.Exec(borrowed(func() error { return walk(a.ctx) }), func(err error) tea.Msg {
		return done("cannot go to "+instance, "", err)
	})
}

func (a actions) browse(address string) tea.Cmd {
	if a.Browse == nil {
		return nil
	}
	return a.ask(quick, "cannot open "+address, func(ctx context.Context) (string, error) {
		return "opened " + address, a.Browse(ctx, address)
	})
}

func (a actions) copy(what, text string) tea.Cmd {
	if a.Copy == nil {
		return nil
	}
	return a.ask(quick, "cannot copy "+what, func(ctx context.Context) (string, error) {
		where, err := a.Copy(ctx, text)
		return what + " is on " + where, err
	})
}

func (a actions) ask(limit time.Duration, trouble string, do func(context.Context) (string, error)) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(a.ctx, limit)
		defer cancel()
		text, err := do(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %v", limit)
		}
		return done(trouble, text, err)
	}
}

func done(trouble, text string, err error) doneMsg {
	if err == nil {
		return doneMsg{text: text}
	}
	err = fmt.Errorf("%s: %w", trouble, err)
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		err = fmt.Errorf("%w (%s)", err, h.Hint())
	}
	return doneMsg{err: err}
}

// borrowed is a function that uses the terminal.
type borrowed func() error

func (b borrowed) Run() error {
	settled := time.After(lending)
	defer func() { <-settled }()
	return b()
}

func (b borrowed) SetStdin(io.Reader)  {}
func (b borrowed) SetStdout(io.Writer) {}
func (b borrowed) SetStderr(io.Writer) {}
