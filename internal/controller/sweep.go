package controller

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"prox/internal/api"
	"prox/internal/machine"
	"prox/metrics"
)

// The markers every process of ours inherits. They find what has left its
// process tree: a daemon whose shim was killed.
const (
	envProject  = "PROX_PROJECT_ID"
	envInstance = "PROX_INSTANCE" // <project id>/<instance>
	envRun      = "PROX_RUN"
)

// sweepGrace is how long a swept process may take to end by itself.
const sweepGrace = time.Second

// sweepLimit bounds a whole sweep.
const sweepLimit = 4 * time.Second

// sweep ends what a run left where no shim can do it.
func (c *Controller) sweep(e machine.Sweep) {
	known := c.costs.members(e.Name)
	c.work.Go(func() {
		forced, left, err := sweep(c.ctx, envInstance, c.place.ID+"/"+e.Name, known, false)
		c.post(func() {
			if err != nil {
				c.log.Error("cannot sweep", "instance", e.Name, "err", err)
			}
			c.forced[e.Name] = append(c.forced[e.Name], named(e.Name, forced)...)
			c.stuck[e.Name] = append(c.stuck[e.Name], named(e.Name, left)...)
			c.step(machine.Gone{Name: e.Name, Run: e.Run})
		})
	})
}

func named(instance string, ps []metrics.Proc) []api.Process {
	var out []api.Process
	for _, p := range ps {
		out = append(out, api.Process{Instance: instance, Pid: p.Pid, Name: p.Name})
	}
	return out
}

// sweep ends every process that carries key=value in its environment, and
// those in known that still are who they were: with SIGTERM first, unless now,
// then with SIGKILL until none is left. It returns those that had to be killed
// and those that could not be.
func sweep(ctx context.Context, key, value string, known []metrics.Proc, now bool) (forced, left []metrics.Proc, err error) {
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()
	find := func() ([]metrics.Proc, error) {
		ps, err := metrics.FindByEnv(key, value)
		if errors.Is(err, metrics.ErrUnsupported) {
			err = nil
		}
		seen := map[int]bool{}
		for _, p := range ps {
			seen[p.Pid] = true
		}
		for _, p := range known {
			if !seen[p.Pid] && metrics.Alive(p.Pid, p.Start) {
				ps = append(ps, p)
			}
		}
		return ps, err
	}
	ps, err := find()
	if err != nil {
		return nil, nil, fmt.Errorf("cannot look for processes that were left behind: %w", err)
	}
	if len(ps) == 0 {
		return nil, nil, nil
	}
	if !now {
		kill(ps, syscall.SIGTERM)
		awaitEnd(ctx, ps, sweepGrace)
	}
	killed := map[int]bool{}
	for {
		if ps, err = find(); err != nil {
			return forced, nil, fmt.Errorf("cannot look for processes that were left behind: %w", err)
		}
		if len(ps) == 0 || ctx.Err() != nil {
			return forced, ps, nil
		}
		for _, p := range ps {
			if !killed[p.Pid] {
				killed[p.Pid] = true
				forced = append(forced, p)
			}
		}
		kill(ps, syscall.SIGKILL)
		awaitEnd(ctx, ps, 100*time.Millisecond)
	}
}

func kill(ps []metrics.Proc, sig syscall.Signal) {
	for _, p := range ps {
		if metrics.Alive(p.Pid, p.Start) {
			// It may end between the look and the kill, which is as well.
			_ = syscall.Kill(p.Pid, sig)
		}
	}
}

// awaitEnd returns when none of ps lives, or after d. They are no children of
// ours, so there is nothing to wait on but a look now and then.
func awaitEnd(ctx context.Context, ps []metrics.Proc, d time.Duration) {
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		living := false
		for _, p := range ps {
			living = living || metrics.Alive(p.Pid, p.Start)
		}
		if !living {
			return
		}
		select {
		case <-tick.C:
		case <-end.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
