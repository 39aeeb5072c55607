package controller

import (
	"context"
	"fmt"

	"prox/internal/api"
	"prox/internal/machine"
)

// mostInstances is how many copies of a service there may be.
const mostInstances = 200

// Scale asks for a number of instances of a service.
func (c *Controller) Scale(ctx context.Context, r api.ScaleRequest) (*api.ScaleResponse, error) {
	resp := &api.ScaleResponse{Started: []string{}, Already: []string{}, Stopped: []string{}}
	err := c.do(ctx, func() error { return c.scale(r, resp) })
	if err != nil {
		return nil, err
	}
	if err := c.awaitSession(ctx); err != nil {
		return nil, err
	}
	return resp, nil
}

func (c *Controller) scale(r api.ScaleRequest, resp *api.ScaleResponse) error {
	if c.ending {
		return errGone
	}
	names, err := c.instances([]string{r.Service})
	if err != nil {
		return err
	}
	svc, ok := c.project.Service(c.serviceOf(names[0]))
	switch {
	case !ok:
		return &api.Error{Kind: api.KindNoService, Message: fmt.Sprintf("service %q is no longer in the config", r.Service)}
	case svc.Task:
		return &api.Error{Kind: api.KindUsage, Message: fmt.Sprintf("%s is a task: it runs once", svc.Name)}
	case r.Count < 1 || r.Count > mostInstances:
		return &api.Error{
			Kind: api.KindUsage, Message: fmt.Sprintf("expected from 1 to %d instances, found %d", mostInstances, r.Count),
			HintText: "prox stop " + svc.Name + " stops it",
		}
	}
	if n, numbered := c.wantedInstances(*svc); n == 1 && r.Count == 1 && !numbered {
		resp.Already = names
		return nil
	}
	if err := c.givePorts(c.project, *svc, r.Count, true); err != nil {
		return &api.Error{Kind: api.KindPortTaken, Message: fmt.Sprintf("cannot scale %s: %s", svc.Name, err), HintText: "change the port in the config, or start fewer"}
	}
	before, had := c.scales[svc.Name]
	c.scales[svc.Name] = r.Count
	var fresh []string
	for _, d := range c.definitions(*svc) {
		if i := c.machine.Instance(d.Name); i == nil || i.AtRest() {
			fresh = append(fresh, d.Name)
		}
	}
	if err := c.checkPorts(c.project, nil, fresh); err != nil {
		if c.scales[svc.Name] = before; !had {
			delete(c.scales, svc.Name)
		}
		return err
	}
	resp.Seq = c.events.seq
	c.step(machine.Define{Definitions: c.definitions(*svc)})
	resp.Stopped = c.surplus(*svc)
	c.step(machine.Remove{Names: resp.Stopped, Why: "scaled down"})
	var want []string
	for _, d := range c.definitions(*svc) {
		i := c.machine.Instance(d.Name)
		want = append(want, d.Name)
		if i.Wanted && api.State(i.State).Up() {
			resp.Already = append(resp.Already, d.Name)
		} else {
			resp.Started = append(resp.Started, d.Name)
		}
	}
	c.memory.changed = true
	if err := c.memory.save(c.snapshot); err != nil {
		return err
	}
	c.step(machine.Want{Names: want})
	return nil
}
