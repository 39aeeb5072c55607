package cli

import (
	"context"
	"errors"
	"fmt"

	"prox/config"
	"prox/internal/api"
	"prox/internal/launch"
)

type graphCmd struct {
	Services []string `completes:"service,group" arg:"" optional:"" name:"service" help:"Only these and what they depend on; default: all."`
	Format   string   `enum:"text,dot,mermaid,json" default:"text" help:"text, dot (Graphviz), mermaid or json."`
	JSON     bool     `help:"The same as --format json."`
}

// Help is printed below the usage.
func (*graphCmd) Help() string {
	return `Services stand in the order in which they start; those of one step can start together. Each comes with
its state, when the project runs, and with what it comes after; what is not there yet is marked and first.

Examples:
  prox graph
  prox graph api
  prox graph --format dot | dot -Tsvg >graph.svg
  prox graph --format mermaid >>README.md

Exit codes: 0 fine, also when nothing runs, 2 no such service, 4 no config, or a bad one.`
}

// graph is what depends on what, in the order in which it starts.
type graph struct {
	Project  string       `json:"project"`
	Running  bool         `json:"running"`
	Services []graphEntry `json:"services"`
}

// graphEntry is one service.
type graphEntry struct {
	Name  string      `json:"name"`
	Step  int         `json:"step"`            // from 1; what is of one step can start together
	State api.State   `json:"state,omitempty"` // "" when nothing runs
	Ready int         `json:"ready"`           // how many instances are ready, or done
	Of    int         `json:"instances"`
	Task  bool        `json:"task"`
	After []graphEdge `json:"depends_on"`
}

// graphEdge is a dependency.
type graphEdge struct {
	Service   string `json:"service"`
	Condition string `json:"condition"`
	Holds     bool   `json:"holds"`
}

// Run prints the graph.
func (c *graphCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	st, err := client.Status(ctx)
	if err != nil && !errors.Is(err, launch.ErrNotRunning) {
		return err
	}
	if st == nil && t.bad != nil {
		return t.bad
	}
	if t.bad != nil { // what runs knows names only, and the output would pass for all that is known
		a.print.note("the config has mistakes since this was started, so that tasks and conditions of dependencies are not known: prox check")
	}
	p := graphProject(t.project, st)
	names := c.Services
	for k, name := range names {
		names[k] = serviceOf(name)
	}
	if len(names) > 0 {
		all, err := p.Select(names...)
		if err != nil {
			return err
		}
		names = all
	}
	g := newGraph(p, names, st)
	g.Project = t.place.Name
	switch {
	case c.JSON || c.Format == "json":
		return a.printJSON(g)
	case c.Format == "dot":
		fmt.Fprint(a.print.out, g.dot())
	case c.Format == "mermaid":
		fmt.Fprint(a.print.out, g.mermaid())
	default:
		a.drawGraph(g)
	}
	return nil
}

// graphProject is the config, with what runs besides. Where the config can't be
// read, what runs is all there is, and each dependency is taken for the usual.
func graphProject(p *config.Project, st *api.Status) *config.Project {
	out := &config.Project{}
	if p != nil {
		out.Services = append(out.Services, p.Services...)
	}
	if st == nil {
		return out
	}
	for _, s := range st.Services {
		if _, ok := out.Service(s.Name); ok {
			continue
		}
		svc := config.Service{Name: s.Name}
		for _, on := range s.DependsOn {
			svc.DependsOn = append(svc.DependsOn, config.Dependency{Service: on, Condition: config.Ready})
		}
		out.Services = append(out.Services, svc)
	}
	return out
}

// newGraph puts the services called names, or all, in their order.
func newGraph(p *config.Project, names []string, st *api.Status) graph {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	live := map[string]api.Service{}
	if st != nil {
		for _, s := range st.Services {
			live[s.Name] = s
		}
	}
	g := graph{Running: st != nil, Services: []graphEntry{}}
	for step, layer := range p.Layers() {
		for _, name := range layer {
			if len(names) > 0 && !wanted[name] {
				continue
			}
			s, _ := p.Service(name)
			e := graphEntry{Name: name, Step: step + 1, Task: s.Task, Of: max(1, s.Instances), After: []graphEdge{}}
			if l, ok := live[name]; ok {
				e.State, e.Ready, e.Of = summary(l), 0, len(l.Instances)
				for _, i := range l.Instances {
					if i.State == api.Ready || i.State == api.Done {
						e.Ready++
					}
				}
			}
			for _, on := range s.DependsOn {
				e.After = append(e.After, graphEdge{on.Service, on.Condition, holds(live[on.Service], on.Condition)})
			}
			g.Services = append(g.Services, e)
		}
	}
	return g
}

// summary is the state of a service: that of the instance which is least well.
func summary(s api.Service) api.State {
	order := []api.State{
		api.Failed, api.Unhealthy, api.Backoff, api.Stopping, api.Waiting, api.Starting, api.Running, api.Ready, api.Done, api.Stopped,
	}
	for _, state := range order {
		for _, i := range s.Instances {
			if i.State == state {
				return state
			}
		}
	}
	return s.State
}

// holds reports whether a dependency is met, as the controller sees it.
func holds(s api.Service, condition string) bool {
	for _, i := range s.Instances {
		switch {
		case i.State == api.Done:
		case condition == config.Started && (i.State == api.Running || i.State == api.Ready || i.State == api.Unhealthy):
		case condition == config.Ready && i.State == api.Ready:
		default:
			return false
		}
	}
	return len(s.Instances) > 0
}
