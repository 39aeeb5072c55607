package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"prox/internal/api"
	"prox/internal/launch"
	"strings"
	"syscall"
	"time"
)

type stopCmd struct {
	Names []string `arg:"" optional:"" name:"service" help:"Services; all when none is named."`
	Now   bool     `help:"Do not wait for a service to end by itself: SIGKILL at once."`
}

// Help is the part of the help below the flags.
func (stopCmd) Help() string {
	return `Examples:
  prox stop web
  prox stop --now            everything, at once

What depends on a service goes on without it. A second Ctrl-C is --now.`
}

func (c *stopCmd) Run(a *app) error {
	return a.stopping(c.Names, c.Now, (*api.Client).Stop)
}

type killCmd struct {
	Now bool `help:"Do not wait for a service to end by itself: SIGKILL at once."`
}

// Help is the part of the help below the flags.
func (killCmd) Help() string {
	return `Stops all services in the reverse order of dependency, ends the tmux session
and verifies that no process is left. A second Ctrl-C is --now.

Exit codes: 0 nothing is left, 1 something is, 3 not running.`
}

func (c *killCmd) Run(a *app) error {
	return a.stopping(nil, c.Now, (*api.Client).Kill)
}

type stopFunc func(*api.Client, context.Context, api.StopRequest) (*api.StopResponse, error)

// stopping sends a stop or a kill; Ctrl-C during the wait sends it again, with
// now.
func (a *app) stopping(names []string, now bool, send stopFunc) error {
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
	return a.stopWith(ctx, client, api.StopRequest{Services: names, Now: now}, send)
}

func (a *app) stopWith(ctx context.Context, client *api.Client, req api.StopRequest, send stopFunc) error {
	sigs := make(chan os.Signal, 2)
	signal.Notify(sigs, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(sigs)
	type answer struct {
		resp *api.StopResponse
		err  error
	}
	answers := make(chan answer, 2)
	began := time.Now()
	ask := func(r api.StopRequest) {
		resp, err := send(client, ctx, r)
		answers <- answer{resp, err}
	}
	go ask(req)
	for {
		select {
		case <-sigs:
			if req.Now {
				return errInterrupted
			}
			req.Now = true
			a.err.line("prox: killing at once")
			hurry := req
			go func() { _, _ = send(client, ctx, hurry) }() // the first request answers for both
		case got := <-answers:
			if got.err != nil {
				return got.err
			}
			return a.stopped(got.resp, time.Since(began))
		}
	}
}

// stopped prints what was verified.
func (a *app) stopped(r *api.StopResponse, took time.Duration) error {
	for _, p := range r.Forced {
		a.out.linef("had to kill pid %d (%s)%s", p.Pid, p.Name, of(p.Instance))
	}
	for _, n := range r.Notices {
		a.err.line("prox: " + n)
	}
	for _, p := range r.Left {
		a.err.linef("%s pid %d (%s)%s could not be killed", a.err.red("prox:"), p.Pid, p.Name, of(p.Instance))
	}
	if len(r.Stopped) == 0 && len(r.NotRunning) > 0 {
		a.out.linef("%s not running", strings.Join(r.NotRunning, ", "))
		return nil
	}
	a.out.linef("%s, %s left, in %s", count(len(r.Stopped), "stopped"), processes(len(r.Left)), brief(took))
	if len(r.Left) > 0 {
		return codeError(exitFailed)
	}
	return nil
}

func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}

func of(instance string) string {
	if instance == "" {
		return ""
	}
	return " of " + instance
}

type restartCmd struct {
	Names   []string      `arg:"" optional:"" name:"service" help:"Services; all when none is named."`
	Timeout time.Duration `default:"60s" help:"How long to wait until they are ready."`
	Wait    bool          `default:"true" negatable:"" help:"Wait until everything is ready."`
}

// Help is the part of the help below the flags.
func (restartCmd) Help() string {
	return `Examples:
  prox restart api
  prox restart               everything

Exit codes as for start.`
}

func (c *restartCmd) Run(a *app) error {
	p, err := a.project(false)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	began := time.Now()
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	resp, err := client.Restart(ctx, api.RestartRequest{Services: c.Names, Env: environ()})
	if err != nil {
		return err
	}
	w := newWaiting(a, p, client, resp, began)
	if !c.Wait {
		w.summary()
		return nil
	}
	return w.run(ctx, c.Timeout)
}

// isNotRunning reports whether there is no controller.
func isNotRunning(err error) bool { return errors.Is(err, launch.ErrNotRunning) }
