package cli

import (
	"context"
	"time"

	"prox/internal/api"
)

type waitCmd struct {
	Services []string      `completes:"service,instance,group" arg:"" optional:"" name:"service" help:"Services, or @GROUPs; default: all that are up."`
	Ready    bool          `default:"true" help:"Until they are ready, or done; that is what is waited for anyway."`
	Timeout  time.Duration `default:"60s" help:"How long to wait; 0 = without limit."`
}

// Help is printed below the usage.
func (*waitCmd) Help() string {
	return `Nothing is started: what is stopped or has failed, or does so meanwhile, ends the wait.

Examples:
  prox wait api --timeout 30s && npm test
  prox wait @backend        all of a group
  prox wait                 all that are up

Exit codes: 0 ready, 2 no such service, 3 the project is not running, 4 no config, or a bad one, 5 a service did not become ready.`
}

// Run waits.
func (c *waitCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	st, err := client.Status(ctx)
	if err != nil {
		return t.explain(err)
	}
	resp := &api.StartResponse{}
	named, err := pick(st, c.Services)
	if err != nil {
		return err
	}
	for _, i := range named {
		resp.Already = append(resp.Already, i.Name)
	}
	for _, s := range st.Services {
		for _, i := range s.Instances {
			if len(c.Services) == 0 && i.State.Up() {
				resp.Already = append(resp.Already, i.Name)
			}
		}
	}
	_, err = a.follow(ctx, t, client, resp, time.Now(), c.Timeout)
	return err
}
