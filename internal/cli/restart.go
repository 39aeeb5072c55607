package cli

import (
	"context"
	"time"

	"prox/internal/api"
)

type restartCmd struct {
	Services []string      `arg:"" optional:"" name:"service" help:"Services; default: all."`
	Wait     bool          `default:"true" negatable:"" help:"Return when all is ready again, or at once (--no-wait)."`
	Timeout  time.Duration `default:"60s" help:"How long to wait; 0 = without limit."`
}

// Help is printed below the usage.
func (*restartCmd) Help() string {
	return `The services get the environment of this shell. What is not running is started.

Examples:
  prox restart api
  prox restart            everything

Exit codes: 0 ready again, 1 failed, 2 no such service, 3 the project is not running, 4 no config, or a bad one, 5 a service did not become ready.`
}

// Run restarts services.
func (c *restartCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	began := time.Now()
	resp, err := client.Restart(ctx, api.RestartRequest{Services: c.Services, Env: a.personEnv()})
	if err != nil {
		return t.explain(err)
	}
	for _, n := range resp.Notices {
		a.print.note("%s", plain(n))
	}
	if !c.Wait {
		a.print.say("%s restarting", count(len(resp.Started), "service"))
		return nil
	}
	ready, err := a.follow(ctx, t, client, resp, began, c.Timeout)
	if err != nil {
		return err
	}
	a.print.say("%s ready in %s", count(ready, "service"), span(time.Since(began)))
	return nil
}
