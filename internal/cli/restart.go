package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"prox/internal/api"
)

type restartCmd struct {
	Services   []string      `completes:"service,instance,group" arg:"" optional:"" name:"service" help:"Services, or @GROUPs; default: all."`
	Controller bool          `help:"Replace prox's own process in the background by one of this prox; services run on."`
	Rolling    bool          `help:"One instance after the other, each when the one before is ready."`
	Wait       bool          `default:"true" negatable:"" help:"Return when all is ready again, or at once (--no-wait)."`
	Timeout    time.Duration `default:"60s" help:"How long to wait; 0 = without limit."`
}

// Help is printed below the usage.
func (*restartCmd) Help() string {
	return `The services get the environment of this shell. What is not running is started.

Examples:
  prox restart api
  prox restart            everything
  prox restart api --rolling    of several instances, one after the other
  prox restart --controller     after an upgrade of prox: its controller, and no service

Exit codes: 0 ready again, 1 failed, 2 no such service, 3 the project is not running, 4 no config, or a bad one, 5 a service did not become ready.`
}

// Run restarts services.
func (c *restartCmd) Run(ctx context.Context, a *app) error {
	if c.Controller && (len(c.Services) > 0 || c.Rolling) {
		return &exitError{code: exitUsage, err: errors.New("--controller touches no service: it goes without names and --rolling"), hint: "prox restart --controller"}
	}
	t, err := a.find()
	if err != nil {
		return err
	}
	if c.Controller {
		return a.swap(ctx, t)
	}
	client := a.client(t.place)
	defer client.Close()
	began := time.Now()
	if c.Rolling {
		return c.roll(ctx, a, t, client)
	}
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
	came, err := a.follow(ctx, t, client, resp, began, c.Timeout)
	if err != nil {
		return err
	}
	a.print.say("%s in %s", came, span(time.Since(began)))
	return nil
}

// roll restarts one instance after the other. The first that does not come up
// ends it: the others go on as they were.
func (c *restartCmd) roll(ctx context.Context, a *app, t *target, client *api.Client) error {
	st, err := client.Status(ctx)
	if err != nil {
		return t.explain(err)
	}
	var names []string
	for _, s := range st.Services {
		for _, i := range s.Instances {
			mine := slices.ContainsFunc(c.Services, func(name string) bool { return means(name, &s, i.Name) })
			if mine && i.State.Up() || len(c.Services) == 0 && i.State.Up() {
				names = append(names, i.Name)
			}
		}
	}
	if _, err := pick(st, c.Services); err != nil {
		return err
	}
	began := time.Now()
	for k, name := range names {
		began := time.Now()
		resp, err := client.Restart(ctx, api.RestartRequest{Services: []string{name}, Env: a.personEnv()})
		if err != nil {
			return t.explain(err)
		}
		if _, err := a.follow(ctx, t, client, resp, began, c.Timeout); err != nil {
			if left := names[k+1:]; len(left) > 0 {
				a.print.note("not restarted: %s", strings.Join(left, ", "))
			}
			return err
		}
	}
	a.print.say("%s restarted in %s", count(len(names), "instance"), span(time.Since(began)))
	return nil
}
