package cli

import (
	"context"
	"time"

	"github.com/fatih/color"

	"prox/internal/api"
)

type reloadCmd struct {
	Env     string        `completes:"environment" placeholder:"NAME" help:"Change to this environment; default: the one in force."`
	DryRun  bool          `short:"n" help:"Only print the plan."`
	JSON    bool          `help:"Print the plan as JSON."`
	Wait    bool          `default:"true" negatable:"" help:"Return when all is ready again, or at once (--no-wait)."`
	Timeout time.Duration `default:"60s" help:"How long to wait; 0 = without limit."`
}

// Help is printed below the usage.
func (*reloadCmd) Help() string {
	return `Compares the config and its files of variables with what runs: what has changed is restarted, what is
new is started, what is gone is stopped, and the rest is left alone. Keys that need no new process (a
restart policy, a healthcheck, watched files) take effect at once. The plan is printed first. A config
with mistakes changes nothing.

Examples:
  prox reload
  prox reload --dry-run
  prox reload --env staging

Exit codes: 0 ready again, 1 failed (a port is taken, say), 3 the project is not running, 4 no config, or a bad one, 5 a service did not become ready.`
}

// Run reloads the config.
func (c *reloadCmd) Run(ctx context.Context, a *app) error {
	a.environment = c.Env
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	if _, err := client.Status(ctx); err != nil {
		return t.explain(err)
	}
	if t.bad != nil {
		return t.bad
	}
	r := api.ReloadRequest{Config: t.file, Dir: t.place.Dir, Environment: c.Env, DryRun: true}
	planned, err := client.Reload(ctx, r)
	if err != nil {
		return t.explain(err)
	}
	if c.JSON {
		if err := a.printJSON(planned.Plan); err != nil {
			return err
		}
	} else {
		a.plan(planned.Plan)
	}
	if c.DryRun || len(planned.Plan) == 0 {
		return nil
	}
	r.DryRun = false
	began := time.Now()
	resp, err := client.Reload(ctx, r)
	if err != nil {
		return t.explain(err)
	}
	if !c.Wait {
		return nil
	}
	if len(resp.Started) > 0 {
		if _, err := a.follow(ctx, t, client, &api.StartResponse{Started: resp.Started, Seq: resp.Seq}, began, c.Timeout); err != nil {
			return err
		}
	}
	if err := a.awaitGone(ctx, t, client, resp.Stopped, c.Timeout); err != nil {
		return err
	}
	if !c.JSON {
		a.print.say("reloaded in %s", span(time.Since(began)))
	}
	return nil
}

// plan prints what a reload does.
func (a *app) plan(steps []api.PlanStep) {
	if len(steps) == 0 {
		a.print.say("nothing has changed")
		return
	}
	sign := map[string]string{api.PlanStart: "+", api.PlanRestart: "↻", api.PlanStop: "-", api.PlanUpdate: "·"}
	colors := map[string]color.Attribute{api.PlanStart: color.FgGreen, api.PlanRestart: color.FgYellow, api.PlanStop: color.FgRed, api.PlanUpdate: color.Faint}
	var names []string
	for _, s := range steps {
		names = append(names, s.Service)
	}
	for _, s := range steps {
		a.print.say("%s %s  %s  %s", a.print.paint(sign[s.Action], colors[s.Action]), pad(s.Service, widest(names)), pad(s.Action, 7), plain(s.Why))
	}
}
