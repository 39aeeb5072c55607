package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"prox/config"
	"prox/internal/api"
	"prox/internal/machine"
)

// Reload reads the config again and makes what runs like it: what has changed
// is restarted, what is new is started, what is gone is stopped. A config with
// mistakes changes nothing.
func (c *Controller) Reload(ctx context.Context, r api.ReloadRequest) (*api.ReloadResponse, error) {
	start := api.StartRequest{Config: r.Config, Dir: r.Dir, Environment: r.Environment}
	err := c.do(ctx, func() error {
		if c.project == nil {
			return &api.Error{Kind: api.KindNoService, Message: "nothing has been started yet", HintText: "prox start"}
		}
		start.Env = c.given.Shell // another shell's variables are no change of the config
		if start.Environment == "" {
			start.Environment = c.project.Environment
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	project, given, err := c.read(ctx, start)
	if err != nil {
		return nil, err
	}
	resp := &api.ReloadResponse{Started: []string{}, Stopped: []string{}}
	err = c.do(ctx, func() error {
		if c.ending {
			return errGone
		}
		return c.reload(project, given, r.DryRun, resp)
	})
	if err != nil {
		return nil, err
	}
	return resp, c.awaitSession(ctx)
}

func (c *Controller) reload(p *config.Project, given config.Given, dry bool, resp *api.ReloadResponse) error {
	for _, s := range c.project.Services {
		if _, ok := p.Service(s.Name); !ok && s.AdHoc {
			p.Services = append(p.Services, s)
		}
	}
	resp.Plan = c.plan(p, given)
	var start, restart, stop []string
	for _, step := range resp.Plan {
		switch step.Action {
		case api.PlanStart:
			start = append(start, step.Service)
		case api.PlanRestart:
			restart = append(restart, step.Service)
		case api.PlanStop:
			stop = append(stop, step.Service)
		}
	}
	if len(start) > 0 {
		all, err := p.Select(start...)
		if err != nil {
			return noService(err)
		}
		start = all
	}
	if err := checkEnviron(p, slices.Concat(start, restart), given); err != nil {
		return err
	}
	if err := c.checkPorts(p, slices.Concat(start, c.moved(p, restart)), nil); err != nil {
		return err
	}
	if dry {
		return nil
	}
	for _, name := range slices.Concat(start, restart) {
		s, _ := p.Service(name)
		n, numbered := c.wantedInstances(*s)
		if err := c.givePorts(p, *s, n, numbered); err != nil {
			return &api.Error{Kind: api.KindPortTaken, Message: "cannot reload: " + err.Error(), HintText: "change a port in the config; nothing was changed"}
		}
	}
	return c.carryOut(p, given, start, restart, stop, resp)
}

// carryOut makes what was planned so.
func (c *Controller) carryOut(p *config.Project, given config.Given, start, restart, stop []string, resp *api.ReloadResponse) error {
	before := c.project
	c.project, c.given, c.known = p, given, namesOf(p)
	resp.Seq = c.events.seq
	c.define(p)
	var gone, again, want []string
	for _, name := range stop {
		delete(c.scales, name)
		delete(c.ran, name)
		for _, i := range c.machine.Of(name) {
			gone = append(gone, i.Name)
		}
	}
	for _, s := range p.Services {
		if !c.up(s.Name) {
			delete(c.ran, s.Name)
		}
		gone = append(gone, c.surplus(s)...)
		wanted := slices.Contains(start, s.Name)
		for _, i := range c.machine.Of(s.Name) {
			wanted = wanted || i.Wanted
		}
		for _, i := range c.machine.Of(s.Name) {
			switch {
			case slices.Contains(gone, i.Name) || !wanted:
			case slices.Contains(restart, s.Name) && i.Wanted:
				again = append(again, i.Name)
			case !i.Wanted:
				want = append(want, i.Name)
			}
		}
	}
	resp.Stopped = gone
	resp.Started = append(resp.Started, slices.Concat(again, want)...)
	c.memory.changed = true
	if err := c.memory.save(c.snapshot); err != nil {
		c.project = before
		return err
	}
	c.step(machine.Remove{Names: gone, Why: "no longer in the config"})
	c.step(machine.Again{Names: again})
	c.step(machine.Want{Names: want})
	c.probeAnew(before)
	return nil
}

func namesOf(p *config.Project) []string {
	var names []string
	for _, s := range p.Services {
		names = append(names, s.Name)
	}
	return names
}

// probeAnew asks what runs on as its new healthcheck says.
func (c *Controller) probeAnew(before *config.Project) {
	for _, s := range c.project.Services {
		old, ok := before.Service(s.Name)
		if !ok || !slices.Contains(old.Changed(&s), "healthcheck") {
			continue
		}
		for _, i := range c.machine.Of(s.Name) {
			if i.Process != machine.ProcessAlive || i.Halting || i.Again || !i.Wanted {
				continue
			}
			c.stopProbe(i.Name)
			if i.Probed && (i.Check != nil || i.State == machine.Running) {
				c.probe(machine.Probe{Name: i.Name, Run: i.Run})
			}
		}
	}
}

// moved are those of the services that get another port: that one must be
// free, while the old one is their own.
func (c *Controller) moved(p *config.Project, services []string) []string {
	var out []string
	for _, name := range services {
		s, _ := p.Service(name)
		if old := c.ranAs(name); old == nil || old.Port != s.Port {
			out = append(out, name)
		}
	}
	return out
}

// ranAs is a service as its last process was made from it; nil when none was.
func (c *Controller) ranAs(name string) *config.Service {
	if s, ok := c.ran[name]; ok {
		return &s
	}
	if s, ok := c.project.Service(name); ok {
		return s
	}
	return nil
}

// plan says what a reload would do about each service, in words too.
func (c *Controller) plan(p *config.Project, given config.Given) []api.PlanStep {
	steps := []api.PlanStep{}
	for i := range p.Services {
		s := &p.Services[i]
		if !slices.Contains(c.known, s.Name) && !s.AdHoc && !c.up(s.Name) {
			action, why := api.PlanStart, "new"
			if !s.Autostart {
				action, why = api.PlanUpdate, "new, and started only when asked for"
			}
			steps = append(steps, api.PlanStep{Service: s.Name, Action: action, Why: why})
			continue
		}
		if step, ok := c.planChanged(p, s, given); ok {
			steps = append(steps, step)
		}
	}
	for _, s := range c.project.Services {
		if _, ok := p.Service(s.Name); !ok {
			steps = append(steps, api.PlanStep{Service: s.Name, Action: api.PlanStop, Why: "no longer in the config"})
		}
	}
	return steps
}

// planChanged compares a service with how it runs.
func (c *Controller) planChanged(p *config.Project, s *config.Service, given config.Given) (api.PlanStep, bool) {
	old := c.ranAs(s.Name)
	if old == nil { // it is just being added by hand
		return api.PlanStep{}, false
	}
	// What only a new process has is compared with what the last one was made
	// from; the rest took effect when it was last read.
	keys := slices.DeleteFunc(old.Changed(s), func(k string) bool { return !config.NeedsRestart([]string{k}) })
	if known, ok := c.project.Service(s.Name); ok {
		keys = append(keys, slices.DeleteFunc(known.Changed(s), func(k string) bool { return config.NeedsRestart([]string{k}) })...)
	}
	if n, numbered := c.wantedInstances(*s); numbered && !slices.Contains(keys, "instances") && n != len(c.machine.Of(s.Name)) {
		keys = append(keys, "instances")
	}
	words := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return k == "healthcheck.notify" })
	if env := c.changedVariables(p, s.Name, given); env != "" {
		words = slices.DeleteFunc(words, func(k string) bool { return k == "env" || k == "env_file" })
		words = append(words, env)
		keys = append(keys, "env")
	}
	if len(words) == 0 {
		return api.PlanStep{}, false
	}
	step := api.PlanStep{Service: s.Name, Action: api.PlanUpdate, Why: strings.Join(words, ", ") + " changed"}
	if c.up(s.Name) && config.NeedsRestart(keys) {
		step.Action = api.PlanRestart
	}
	return step, true
}

// changedVariables names the variables that a service would be given otherwise
// than it was.
func (c *Controller) changedVariables(p *config.Project, service string, given config.Given) string {
	var names []string
	for _, i := range c.machine.Of(service) {
		before, ok := c.gave[i.Name]
		if !ok || i.AtRest() {
			continue
		}
		// Another shell's variables are no change of the project.
		given.Port, given.Shell = c.port(i.Name), c.shells[i.Name]
		after, err := p.Environ(service, given)
		if err != nil {
			return "" // the check that follows tells
		}
		for _, ch := range config.Changes(before, after) {
			// What a port is, its own key says.
			if ch.Name != "PORT" && !slices.Contains(passing, ch.Name) && !slices.Contains(names, ch.Name) {
				names = append(names, ch.Name)
			}
		}
	}
	if more := len(names) - mostChanges; more > 0 {
		names = append(names[:mostChanges], fmt.Sprintf("%d more", more))
	}
	if len(names) == 0 {
		return ""
	}
	return "env (" + strings.Join(names, ", ") + ")"
}

// drift says what a reload would do about services that a start leaves alone.
func (c *Controller) drift(p *config.Project, given config.Given, gone []string) string {
	var words []string
	for _, step := range c.plan(p, given) {
		if step.Action == api.PlanRestart {
			words = append(words, step.Service+" ("+step.Why+")")
		}
	}
	for _, name := range gone {
		words = append(words, name+" (no longer in the config)")
	}
	if len(words) == 0 {
		return ""
	}
	return "runs as it was before the config changed: " + strings.Join(words, "; ") + "; prox reload makes it so"
}
