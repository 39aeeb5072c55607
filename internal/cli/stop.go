package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prox/internal/api"
	"prox/internal/launch"
)

type stopCmd struct {
	Services []string `completes:"service,instance,group" arg:"" optional:"" name:"service" help:"Services, or @GROUPs; default: all."`
	Now      bool     `help:"Kill at once, without asking first."`
}

// Help is printed below the usage.
func (*stopCmd) Help() string {
	return `Each service is asked with its stop signal, given its time, and then killed; what it started goes with it.
What depends on it goes on. Ctrl-C while waiting, twice: kill at once.

Examples:
  prox stop web
  prox stop --now        all services, without grace

Exit codes: 0 stopped (or it was not running), 1 something is left, 2 no such service, 3 the project is not running, 4 no config, or a bad one.`
}

// Run stops services.
func (c *stopCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	resp, err := a.stopping(ctx, client.Stop, api.StopRequest{Services: c.Services, Now: c.Now})
	if err != nil {
		return t.explain(err)
	}
	return a.stopped(resp)
}

// stopping sends a request to stop. Ctrl-C says that the person grows
// impatient, a second one that they have: then nothing gets more time. A third
// one leaves the controller to it.
func (a *app) stopping(ctx context.Context, stop func(context.Context, api.StopRequest) (*api.StopResponse, error), r api.StopRequest) (*api.StopResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	signals, quiet := a.interrupts()
	defer quiet()
	type answer struct {
		resp *api.StopResponse
		err  error
	}
	done := make(chan answer, 1)
	go func() { // ends with ctx at the latest
		resp, err := stop(ctx, r)
		done <- answer{resp, err}
	}()
	slow := time.NewTimer(time.Second)
	defer slow.Stop()
	for pressed := 0; ; {
		select {
		case got := <-done:
			return got.resp, got.err
		case <-slow.C:
			if a.print.terminal && pressed == 0 {
				a.print.note("stopping; Ctrl-C twice kills at once")
			}
		case <-signals:
			switch pressed++; pressed {
			case 1:
				a.print.note("still stopping; Ctrl-C again kills at once")
			case 2:
				a.print.note("killing at once")
				now := r
				now.Now = true
				go func() { _, _ = stop(ctx, now) }() // the first request tells the result
			default:
				return nil, &exitError{code: exitInterrupted, err: errors.New("no longer waiting; the controller goes on")}
			}
		}
	}
}

// stopped says what a stop has come to.
func (a *app) stopped(resp *api.StopResponse) error {
	for _, n := range resp.Notices {
		a.print.note("%s", plain(n))
	}
	for _, name := range resp.NotRunning {
		if len(resp.Stopped) == 0 || len(resp.NotRunning) < 4 {
			a.print.say("%s was not running", name)
		}
	}
	for _, p := range resp.Forced {
		a.print.say("had to kill %s", process(p))
	}
	for _, p := range resp.Left {
		a.print.note("could not kill %s", process(p))
	}
	summary := fmt.Sprintf("%s stopped, %s left", count(len(resp.Stopped), "service"), count(len(resp.Left), "process"))
	if len(resp.Left) > 0 {
		return &exitError{code: exitFailed, err: errors.New(summary)}
	}
	a.print.say("%s", summary)
	return nil
}

// process names a process: pid 123 (node) of api.
func process(p api.Process) string {
	s := fmt.Sprintf("pid %d", p.Pid)
	if p.Name != "" {
		s += " (" + plain(p.Name) + ")"
	}
	if p.Instance != "" {
		s += " of " + p.Instance
	}
	return s
}

// gone waits until a project's controller no longer answers, so that the next
// command finds it gone.
func gone(ctx context.Context, t *target) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	for {
		c, err := launch.Dial(ctx, t.place)
		if err != nil {
			return
		}
		_ = c.Close()
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
}
