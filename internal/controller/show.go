package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"prox/config"
	"prox/internal/api"
	"prox/internal/logstore"
	"prox/internal/machine"
	"prox/internal/schedule"
)

// crashLines is how many of the last lines a crash report shows.
const crashLines = 20

// Status tells the whole project.
func (c *Controller) Status(ctx context.Context) (*api.Status, error) {
	var st *api.Status
	err := c.do(ctx, func() error { st = c.status(); return nil })
	return st, err
}

func (c *Controller) status() *api.Status {
	at := c.screen.seen()
	st := &api.Status{
		Project:     c.place.Name,
		Dir:         c.place.Dir,
		Config:      c.configFile(),
		Environment: c.environment(),
		Session:     at.Name,
		Controller:  c.identity(),
		Tmux:        c.screen.wire(),
		Notices:     slices.Clone(c.notices),
		Services:    []api.Service{},
	}
	st.Controller.Awaited = c.awaited()
	byName := map[string]int{}
	now := time.Now()
	for _, i := range c.machine.Instances {
		k, ok := byName[i.Service]
		if !ok {
			k = len(st.Services)
			byName[i.Service] = k
			st.Services = append(st.Services, c.service(i, now))
		}
		st.Services[k].Instances = append(st.Services[k].Instances, c.instance(i))
	}
	return st
}

// service is the seam for what instances of a service have in common.
func (c *Controller) service(i *machine.Instance, now time.Time) api.Service {
	out := api.Service{Name: i.Service, State: api.State(i.State), DependsOn: i.Needs()}
	for _, on := range i.DependsOn {
		holds := true
		for _, d := range c.machine.Instances {
			holds = holds && (d.Service != on.Service || on.Holds(d))
		}
		out.After = append(out.After, api.After{Service: on.Service, Condition: string(on.When), Holds: holds})
	}
	if svc, ok := c.project.Service(i.Service); ok {
		out.Groups, out.Dir, out.Task = svc.Groups, svc.Dir, svc.Task
		out.Git = c.git(svc.Dir, now)
	}
	return out
}

// configFile is the config in force, "" when there is none.
func (c *Controller) configFile() string {
	if c.project == nil {
		return ""
	}
	return c.project.File
}

// environment is the name of the one in force, "" for none.
func (c *Controller) environment() string {
	if c.project == nil {
		return ""
	}
	return c.project.Environment
}

// instance is the seam from machine and metrics to the wire.
func (c *Controller) instance(i *machine.Instance) api.Instance {
	out := api.Instance{
		Name:     i.Name,
		State:    api.State(i.State),
		Reason:   i.Reason,
		Because:  i.Because,
		Restarts: i.Restarts,
		Run:      i.Run,
		Window:   c.windows[i.Name],
	}
	if e := i.LastExit(); e != nil {
		exit := wireExit(*e)
		out.Exit = &exit
	}
	if !i.NextAt.IsZero() {
		out.NextAt = ref(i.NextAt)
	}
	if svc, ok := c.project.Service(i.Service); ok && i.Probed {
		out.Check, out.Tries = askedWords(svc.Healthcheck, c.port(i.Name)), i.Tries
	}
	if i.Schedule != "" {
		if s, err := schedule.Parse(i.Schedule); err == nil {
			out.Schedule = s.Describe()
		}
		if out.NextAt == nil && !i.PlannedAt.IsZero() {
			out.NextAt = ref(i.PlannedAt)
		}
	}
	if svc, ok := c.project.Service(i.Service); ok {
		out.Port = svc.Port
		if svc.Port != 0 {
			out.Port = c.port(i.Name)
		}
	}
	if i.AtRest() {
		return out
	}
	if i.Pid != 0 {
		out.Pid, out.StartedAt = ref(i.Pid), ref(i.StartedAt)
	}
	if !i.ReadyAt.IsZero() {
		out.ReadyAt = ref(i.ReadyAt)
	}
	if t, ok := c.costs.trees[i.Name]; ok {
		out.MemoryBytes, out.Processes = ref(t.MemoryBytes), len(t.Procs)
		if t.CPUKnown {
			out.CPUPercent = ref(t.CPUPercent)
		}
	}
	out.Ports = c.costs.ports[i.Name]
	out.Costs = c.costsOf(i.Name)
	if i.State == machine.Ready && c.costs.silent[i.Name] == i.Run {
		out.Reason = c.silence(i.Name)
	}
	if over := c.excesses[i.Name].above(i.Run); i.State == machine.Ready && over != "" {
		out.Reason = over
	}
	return out
}

func ref[T any](v T) *T { return &v }

// wireExit is the seam for exits.
func wireExit(e machine.Exit) api.Exit {
	return api.Exit{
		Run: e.Run, Code: e.Code, Signal: e.Signal, CoreDumped: e.CoreDumped, Error: e.Error,
		Asked: e.Asked, At: e.At, RanSeconds: e.Ran.Seconds(), Text: e.String(),
	}
}

// Explain tells the story of one instance; a service's name means its first.
func (c *Controller) Explain(ctx context.Context, name string) (*api.Explanation, error) {
	var x *api.Explanation
	var hint, path string
	err := c.do(ctx, func() error {
		names, err := c.instances([]string{name})
		if err != nil {
			return err
		}
		i := c.machine.Instance(names[0])
		x, path = c.explain(i), c.pathOf(i.Name)
		if e := i.LastExit(); e != nil {
			hint = e.Hint
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// Reading the log takes its time: outside the goroutine that owns all.
	lines, err := logstore.Tail(c.logs(x.Instance.Name), crashLines)
	if err != nil {
		x.Lines = []string{fmt.Sprintf("(its output can't be read: %v)", err)}
	}
	for _, l := range lines {
		if e := x.Instance.Exit; e != nil && x.Instance.Pid == nil && l.Run != 0 && l.Run < e.Run {
			continue // of an earlier run: they are not what led to this end
		}
		x.Lines = append(x.Lines, string(l.Text))
	}
	x.Advice = c.advice(ctx, x, hint, path)
	return x, nil
}

func (c *Controller) explain(i *machine.Instance) *api.Explanation {
	x := &api.Explanation{
		Instance:    c.instance(i),
		Service:     i.Service,
		Since:       i.Since,
		DependsOn:   i.Needs(),
		Policy:      policyWords(i),
		MaxRestarts: i.Policy.MaxRestarts,
	}
	if svc, ok := c.project.Service(i.Service); ok {
		x.Command, x.Dir = svc.Command.Text, svc.Dir
		for _, s := range svc.Settings() {
			x.Config = append(x.Config, api.Setting{Key: s.Key, Value: s.Value})
		}
		x.Limits = limitWords(svc)
		if i.Check != nil {
			x.Health = &api.Health{
				Check:    checkWords(svc.Healthcheck),
				Passed:   !i.ReadyAt.IsZero() && !i.AtRest() && i.Answer == "",
				Answer:   i.Answer,
				Failures: i.Failures,
				Retries:  i.Check.Retries,
			}
		}
	}
	x.SinceGood = c.sinceGood(i)
	for _, e := range i.Exits {
		x.Exits = append(x.Exits, wireExit(e))
	}
	if !i.AtRest() || i.State == machine.Waiting {
		x.WaitsFor = c.missing("", i, map[string]bool{i.Service: true})
	}
	return x
}

// missing lists what is not ready of all that an instance depends on, nearest
// first.
func (c *Controller) missing(by string, i *machine.Instance, seen map[string]bool) []api.WaitsFor {
	var out, below []api.WaitsFor
	for _, on := range i.DependsOn {
		if seen[on.Service] {
			continue
		}
		seen[on.Service] = true
		for _, of := range c.machine.Of(on.Service) {
			if !on.Holds(of) {
				out = append(out, api.WaitsFor{By: by, Service: on.Service, State: api.State(of.State), Reason: of.Reason, Since: of.Since})
			}
			below = append(below, c.missing(on.Service, of, seen)...)
		}
	}
	return append(out, below...)
}

// askedWords says in few words by what a service is known to be ready.
func askedWords(h config.Healthcheck, port int) string {
	switch h.Kind() {
	case "http_get":
		return "http_get " + h.HTTPGet
	case "tcp":
		return "tcp " + strings.TrimPrefix(h.TCP, "localhost")
	case "command":
		return h.Command.Text
	case "log":
		return fmt.Sprintf("log %q", h.Log)
	case "notify":
		return "notify"
	}
	return fmt.Sprintf("port %d", port)
}

// checkWords says what a healthcheck asks.
func checkWords(h config.Healthcheck) string {
	asked := map[string]string{"http_get": h.HTTPGet, "tcp": h.TCP, "command": h.Command.Text, "log": fmt.Sprintf("%q", h.Log), "notify": "READY=1"}
	words := h.Kind() + " " + asked[h.Kind()]
	if h.Kind() == "log" || h.Kind() == "notify" {
		return words
	}
	return words + " every " + h.Interval.String()
}

func policyWords(i *machine.Instance) string {
	p := i.Policy
	if p.Mode == "never" {
		return "never restarted"
	}
	words := []string{string(p.Mode)}
	switch {
	case p.MaxRestarts == 0:
		return string(p.Mode) + ", but no restart is allowed (max_restarts = 0)"
	case p.MaxRestarts == 1:
		words = append(words, "at most once")
	case p.MaxRestarts > 0:
		words = append(words, fmt.Sprintf("at most %d times", p.MaxRestarts))
	}
	switch {
	case p.Delay == 0:
		words = append(words, "at once")
	case p.BackoffFactor == 1, p.MaxRestarts == 1 && p.Window == 0:
		words = append(words, fmt.Sprintf("after %s", p.Delay))
	default:
		words = append(words, fmt.Sprintf("after %s, then each time %g times as long, %s at most", p.Delay, p.BackoffFactor, p.MaxDelay.Round(time.Millisecond)))
	}
	return strings.Join(words, ", ")
}

// Events gives what happened after seq, then what happens.
func (c *Controller) Events(ctx context.Context, seq uint64) (<-chan api.Event, error) {
	var l chan api.Event
	if err := c.do(ctx, func() error { l = c.events.listen(seq); return nil }); err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { c.post(func() { c.events.leave(l) }) })
	return l, nil
}
