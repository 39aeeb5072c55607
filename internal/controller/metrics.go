package controller

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prox/config"
	"prox/internal/api"
	"prox/metrics"
)

// costsOf is the seam from what a look has found to the wire.
func (c *Controller) costsOf(name string) *api.Costs {
	t, ok := c.costs.trees[name]
	if !ok {
		return nil
	}
	out := &api.Costs{Threads: t.Threads}
	if d, ok := c.costs.details[name]; ok {
		if d.Files > 0 {
			out.Files = ref(d.Files)
		}
		if d.FileLimit > 0 {
			out.FileLimit, out.FullestFiles = ref(d.FileLimit), ref(d.FullestFiles)
		}
		if d.PrivateBytes > 0 {
			out.PrivateBytes = ref(d.PrivateBytes)
		}
		if d.IOKnown {
			out.ReadPerSecond, out.WrittenPerSecond = ref(d.ReadPerSecond), ref(d.WrittenPerSecond)
		}
		if d.TrafficKnown {
			out.ReceivedPerSecond, out.SentPerSecond = ref(d.ReceivedPerSecond), ref(d.SentPerSecond)
		}
	}
	if l := c.costs.leaks[name]; l.found {
		out.Leak = &api.Leak{BytesPerHour: l.BytesPerSecond * 3600, Since: l.Since}
		if !l.full.IsZero() {
			out.Leak.FullAt = ref(l.full)
		}
	}
	return out
}

// Series tells what instances cost over a time, of those that have ended too.
func (c *Controller) Series(ctx context.Context, r api.SeriesRequest) (*api.Metrics, error) {
	type wanted struct {
		service, instance string
		limits            config.Limits
		groups            []string
	}
	means := func(asked string, w wanted) bool {
		group, isGroup := strings.CutPrefix(asked, "@")
		return asked == w.instance || asked == w.service || isGroup && slices.Contains(w.groups, group)
	}
	var names []wanted
	err := c.do(ctx, func() error {
		for _, i := range c.machine.Instances {
			w := wanted{service: i.Service, instance: i.Name}
			if svc, ok := c.project.Service(i.Service); ok {
				w.limits, w.groups = svc.Limits, svc.Groups
			}
			if len(r.Instances) == 0 || slices.ContainsFunc(r.Instances, func(asked string) bool { return means(asked, w) }) {
				names = append(names, w)
			}
		}
		for _, asked := range r.Instances {
			if !slices.ContainsFunc(names, func(w wanted) bool { return means(asked, w) }) {
				return c.noService(asked)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r.Until.IsZero() {
		r.Until = time.Now()
	}
	if r.Since.IsZero() {
		r.Since = r.Until.Add(-24 * time.Hour)
	}
	out := &api.Metrics{Series: []api.Series{}}
	for _, w := range names {
		points, err := metrics.ReadSeries(filepath.Join(c.place.Metrics(), w.instance+seriesEnd), r.Since, r.Until, r.Step)
		if err != nil {
			return nil, fmt.Errorf("cannot read what %s cost: %w", w.instance, err)
		}
		s := api.Series{Service: w.service, Instance: w.instance, Points: make([]api.Point, 0, len(points))}
		for _, p := range points {
			s.Points = append(s.Points, wirePoint(p))
		}
		if m := w.limits.Memory; m > 0 {
			s.MemoryLimit = ref(uint64(m))
		}
		if p := w.limits.CPU; p > 0 {
			s.CPULimit = ref(float64(p))
		}
		out.Series = append(out.Series, s)
	}
	return out, nil
}

// wirePoint is the seam for points.
func wirePoint(p metrics.Point) api.Point {
	out := api.Point{
		At: p.At, Seconds: p.Span.Seconds(), Run: p.Run,
		CPUPercent: told(p.CPU), CPUMax: told(p.CPUMax),
		MemoryBytes: p.Memory, MemoryMax: p.MemoryMax,
		Processes: p.Processes, Threads: p.Threads,
		ReadPerSecond: told(p.Read), WrittenPerSecond: told(p.Written),
		ReceivedPerSecond: told(p.Received), SentPerSecond: told(p.Sent),
	}
	if p.Private > 0 {
		out.PrivateBytes = ref(p.Private)
	}
	if p.Files >= 0 {
		out.Files = ref(p.Files)
	}
	return out
}

func told(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// Inspect looks at the processes of one instance; a service's name means its
// first.
func (c *Controller) Inspect(ctx context.Context, name string) (*api.Inspection, error) {
	var tree metrics.Tree
	err := c.do(ctx, func() error {
		names, err := c.instances([]string{name})
		if err != nil {
			return err
		}
		name = names[0]
		tree = c.costs.trees[name]
		return nil
	})
	if err != nil {
		return nil, err
	}
	pids := make([]int, len(tree.Procs))
	costs := map[int]metrics.Cost{}
	for k, p := range tree.Procs {
		pids[k] = p.Pid
		costs[p.Pid] = tree.Costs[k]
	}
	seen, err := metrics.Inspect(pids)
	if err != nil {
		c.log.Warn("cannot list sockets", "err", err)
	}
	out := &api.Inspection{Instance: name, At: time.Now(), Processes: []api.InspectedProcess{}}
	depth := map[int]int{}
	for _, p := range seen {
		if d, ok := depth[p.PPid]; ok {
			depth[p.Pid] = d + 1
		} else {
			depth[p.Pid] = 0
		}
		out.Processes = append(out.Processes, wireProcess(p, costs[p.Pid], depth[p.Pid]))
	}
	return out, nil
}

// wireProcess is the seam for processes that are looked at.
func wireProcess(p metrics.Process, cost metrics.Cost, depth int) api.InspectedProcess {
	out := api.InspectedProcess{
		Pid: p.Pid, Parent: p.PPid, Depth: depth, Name: p.Name, Command: p.Cmdline, Dir: p.Cwd, State: p.State,
		MemoryBytes: cost.MemoryBytes, Threads: p.Threads, FilesTotal: p.FilesTotal, FileLimit: p.FileLimit,
	}
	if cost.CPUKnown {
		out.CPUPercent = ref(cost.CPUPercent)
	}
	if p.PrivateBytes > 0 {
		out.PrivateBytes = ref(p.PrivateBytes)
	}
	for _, f := range p.Files {
		out.Files = append(out.Files, api.File{FD: f.FD, Kind: f.Kind, Path: f.Path})
	}
	for _, s := range p.Sockets {
		out.Sockets = append(out.Sockets, api.Socket{Proto: s.Proto, Local: s.Local, Remote: s.Remote, State: s.State})
	}
	return out
}

// Self tells what prox itself costs.
func (c *Controller) Self(ctx context.Context) (*api.Self, error) {
	var s *api.Self
	err := c.do(ctx, func() error {
		k := &c.costs
		s = &api.Self{
			Controller: c.identity(), CPUSeconds: ownTime().Seconds(), CPUNow: c.usage.percent(),
			Shims: len(c.shims), ShimsMemory: k.shims.MemoryBytes,
			SampleEvery: k.every.Seconds(), SampleTook: k.took.Seconds(), SampleReason: k.why,
			Events: c.events.seq - c.usage.events, Listeners: len(c.events.listeners),
		}
		if k.shims.CPUKnown {
			s.ShimsCPUPercent = ref(k.shims.CPUPercent)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if up := time.Since(s.Controller.StartedAt); up > 0 {
		s.CPUPercent = 100 * s.CPUSeconds / up.Seconds()
	}
	if p, err := metrics.Inspect([]int{os.Getpid()}); err == nil && len(p) == 1 {
		s.MemoryBytes = p[0].PrivateBytes
	}
	files := seriesFiles{dir: c.place.Metrics()}
	s.SeriesBytes = files.size()
	return s, nil
}

// noService is the error about a name that is no instance's and no service's.
func (c *Controller) noService(name string) error {
	_, err := c.instances([]string{name})
	if err == nil {
		err = &api.Error{Kind: api.KindNoService, Message: fmt.Sprintf("there is no service %s", strings.TrimSpace(name))}
	}
	return err
}
