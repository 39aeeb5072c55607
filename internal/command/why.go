package cli

import (
	"context"
	"fmt"
	"prox/internal/ansi"
	"prox/internal/api"
	"time"
)

type whyCmd struct {
	Name string `arg:"" name:"service" help:"The service."`
	JSON bool   `name:"json" help:"Print everything for a program."`
}

// Help is the part of the help below the flags.
func (whyCmd) Help() string {
	return `Tells the state and since when, what a waiting service waits for, how the last
run ended, the last lines it wrote, and what comes next.

Example:
  prox why api`
}

func (c *whyCmd) Run(a *app) error {
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
	x, err := client.Explain(ctx, c.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(x)
	}
	a.explain(x, time.Now())
	return nil
}

func (a *app) explain(x *api.Explanation, now time.Time) {
	i, out := x.Instance, a.out
	out.linef("%s  %s  for %s", out.bold(i.Name), out.state(i.State, symbols[i.State]+" "+string(i.State)), brief(now.Sub(x.Since).Truncate(time.Second)))
	if i.Reason != "" {
		out.line("  " + plain(i.Reason))
	}
	for _, d := range x.WaitsFor {
		out.linef("  waits for %s, which is %s since %s", d.Service, because(api.Instance{State: d.State, Reason: d.Reason}), brief(now.Sub(d.Since).Truncate(time.Second)))
	}
	if i.NextAt != nil {
		out.linef("  next start in %s", brief(max(i.NextAt.Sub(now), 0)))
	}
	field := func(name, value string) {
		if value != "" {
			out.linef("  %s %s", out.faint(fmt.Sprintf("%-9s", name)), value)
		}
	}
	field("command", plain(x.Command))
	field("folder", x.Dir)
	field("restart", x.Policy)
	if i.Pid != nil {
		field("pid", fmt.Sprint(*i.Pid))
	}
	a.story(x)
}

// crash prints a crash report; what can't be had of it is left out.
func (a *app) crash(ctx context.Context, client *api.Client, name string) {
	if x, err := client.Explain(ctx, name); err == nil {
		a.story(x)
	}
}

// story is how the last run ended and what it wrote.
func (a *app) story(x *api.Explanation) {
	if len(x.Exits) == 0 {
		return
	}
	e := x.Exits[len(x.Exits)-1]
	ran := brief(time.Duration(e.RanSeconds * float64(time.Second)))
	a.out.linef("  run %d: %s after %s, at %s", e.Run, plain(e.Text), ran, e.At.Local().Format("15:04:05"))
	for _, l := range x.Lines {
		a.out.line("  " + a.out.faint("│") + " " + string(a.clean(nil, []byte(l))))
	}
}

// clean makes a service's line fit for standard output.
func (a *app) clean(dst, line []byte) []byte {
	if a.out.colours {
		return ansi.Clean(dst, line)
	}
	return ansi.Plain(dst, line)
}
