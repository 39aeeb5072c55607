package controller

import (
	"context"
	"fmt"
	"time"

	"prox/internal/health"
	"prox/internal/machine"
	"prox/metrics"
)

// probe watches a run's declared port until it is ready.
func (c *Controller) probe(e machine.Probe) {
	c.stopProbe(e.Name)
	svc, ok := c.project.Service(c.serviceOf(e.Name))
	s := c.shims[e.Name]
	if !ok || s == nil {
		return
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.probes[e.Name] = cancel
	port, root := svc.Port, s.pid
	c.work.Go(func() {
		defer cancel()
		err := health.Port(ctx, port,
			func() (bool, string) { return ownsPort(root, port) },
			func(why string) { c.post(func() { c.step(machine.ProbeWaits{Name: e.Name, Run: e.Run, Why: why}) }) })
		if err == nil {
			c.post(func() { c.step(machine.ProbePassed{Name: e.Name, Run: e.Run}) })
		}
	})
}

func (c *Controller) stopProbe(name string) {
	if cancel := c.probes[name]; cancel != nil {
		cancel()
		delete(c.probes, name)
	}
}

// ownsPort reports whether the tree below root listens on port, and who does
// otherwise. Where the system doesn't say, a listener is taken for the
// service: better too early than never.
func ownsPort(root, port int) (bool, string) {
	h, err := metrics.PortHolder(port)
	if err != nil || h == nil || h.Pid == 0 {
		return true, ""
	}
	trees, err := metrics.NewSampler().Sample(time.Now(), []int{root})
	if err != nil {
		return true, ""
	}
	for _, p := range trees[root].Procs {
		if p.Pid == h.Pid {
			return true, ""
		}
	}
	return false, fmt.Sprintf("%s (pid %d)", h.Name, h.Pid)
}
