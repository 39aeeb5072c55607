package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"prox/internal/api"
)

type scaleCmd struct {
	Service string        `completes:"service" arg:"" help:"The service."`
	Count   int           `arg:"" help:"How many instances there are to be."`
	Wait    bool          `default:"true" negatable:"" help:"Return when all are ready, or at once (--no-wait)."`
	Timeout time.Duration `default:"60s" help:"How long to wait; 0 = without limit."`
}

// Help is printed below the usage.
func (*scaleCmd) Help() string {
	return `The instances are called api.1, api.2 and so on, each with a window, a log and a PORT of its own: the
service's port, and those that follow (or, of port = "auto", other free ones). What was one without a
number makes way for the first. Scaled down, the newest go first, one after the other. It holds until
prox kill.

Examples:
  prox scale api 4
  prox restart api --rolling     one after the other
  prox stop api.3                only this one

Exit codes: 0 ready, 1 failed (a port is taken, say), 2 no such service, 3 the project is not running, 4 no config, or a bad one, 5 an instance did not become ready.`
}

// Run scales a service.
func (c *scaleCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	began := time.Now()
	resp, err := client.Scale(ctx, api.ScaleRequest{Service: c.Service, Count: c.Count})
	if err != nil {
		return t.explain(err)
	}
	if len(resp.Stopped) > 0 {
		a.print.say("%s", stoppingWords(resp.Stopped))
	}
	if !c.Wait {
		return nil
	}
	if len(resp.Started) == 0 && len(resp.Stopped) == 0 {
		a.print.say("%s has %s already", c.Service, count(c.Count, "instance"))
		return nil
	}
	wait := &api.StartResponse{Started: resp.Started, Seq: resp.Seq}
	if _, err := a.follow(ctx, t, client, wait, began, c.Timeout); err != nil {
		return err
	}
	if err := a.awaitGone(ctx, t, client, resp.Stopped, c.Timeout); err != nil {
		return err
	}
	a.print.say("%s has %s, in %s", c.Service, count(c.Count, "instance"), span(time.Since(began)))
	return nil
}

func stoppingWords(names []string) string { return "stopping " + strings.Join(names, ", ") }

// awaitGone waits until instances that are to go have gone.
func (a *app) awaitGone(ctx context.Context, t *target, client *api.Client, names []string, timeout time.Duration) error {
	if len(names) == 0 {
		return nil
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	for {
		st, err := client.Status(ctx)
		if err != nil && ctx.Err() == nil {
			return t.explain(err)
		}
		var left []string
		if st != nil {
			for _, s := range st.Services {
				for _, i := range s.Instances {
					if slices.Contains(names, i.Name) {
						left = append(left, i.Name)
					}
				}
			}
		}
		if err == nil && len(left) == 0 {
			return nil
		}
		select {
		case <-time.After(redial):
		case <-ctx.Done():
			return &exitError{code: exitFailed, err: fmt.Errorf("still there after %s: %s", timeout, strings.Join(left, ", ")), hint: "prox status"}
		}
	}
}
