package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"prox/internal/api"
	"prox/internal/link"
	"prox/internal/machine"
)

// stopSlack is added to what the services' own timeouts allow a stop to take.
const stopSlack = 10 * time.Second

// leaveTime bounds how long shims with nothing to do may take to end.
const leaveTime = 2 * time.Second

// Stop asks for services to be down, and answers when they are.
func (c *Controller) Stop(ctx context.Context, r api.StopRequest) (*api.StopResponse, error) {
	names, resp, err := c.beginStop(ctx, r, "stopped by hand")
	if err != nil {
		return nil, err
	}
	err = c.awaitRest(ctx, names)
	c.fill(ctx, names, resp)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// beginStop tells the machine, and what of it runs.
func (c *Controller) beginStop(ctx context.Context, r api.StopRequest, why string) ([]string, *api.StopResponse, error) {
	resp := &api.StopResponse{Stopped: []string{}}
	var names []string
	err := c.do(ctx, func() error {
		var err error
		if names, err = c.instances(r.Services); err != nil {
			return err
		}
		for _, name := range names {
			i := c.machine.Instance(name)
			if i.AtRest() && !(i.Wanted && (api.State(i.State).Up() || i.Schedule != "")) {
				resp.NotRunning = append(resp.NotRunning, name)
				continue
			}
			resp.Stopped = append(resp.Stopped, name)
			if !i.Halting {
				delete(c.forced, name)
				delete(c.stuck, name)
			}
		}
		c.step(machine.Unwant{Names: names, Now: r.Now, Why: why})
		c.tellDependents(names)
		return c.memory.save(c.snapshot)
	})
	return names, resp, err
}

// tellDependents says which services go on without what they depend on.
func (c *Controller) tellDependents(names []string) {
	for _, i := range c.machine.Instances {
		if !i.Wanted || i.AtRest() || slices.Contains(names, i.Name) {
			continue
		}
		for _, d := range i.Needs() {
			for _, of := range c.machine.Of(d) {
				if slices.Contains(names, of.Name) {
					c.events.add(api.Event{Kind: api.EventNotice, Instance: i.Name, Reason: fmt.Sprintf("%s goes on without %s, which it depends on", i.Name, d)})
				}
			}
		}
	}
}

// awaitRest waits until none of the instances has a process, for as long as
// their timeouts allow at the most.
func (c *Controller) awaitRest(ctx context.Context, names []string) error {
	limit := stopSlack
	err := c.do(ctx, func() error {
		for _, name := range names {
			if i := c.machine.Instance(name); i != nil && !i.AtRest() {
				limit += i.StopTimeout // the worst case: a chain, one after the other
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = c.await(wait, func() bool { return len(c.unrest(names)) == 0 })
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		var late []string
		_ = c.do(ctx, func() error { late = c.unrest(names); return nil })
		return &api.Error{
			Kind:     api.KindInternal,
			Message:  fmt.Sprintf("cannot stop %s within %s", strings.Join(late, ", "), limit),
			HintText: "prox kill --now",
		}
	}
	return err
}

// unrest lists the instances that still end. One that somebody has started again
// meanwhile is not waited for.
func (c *Controller) unrest(names []string) []string {
	var out []string
	for _, name := range names {
		if i := c.machine.Instance(name); i != nil && !i.AtRest() && !i.Wanted {
			out = append(out, fmt.Sprintf("%s (%s: %s)", name, i.State, i.Reason))
		}
	}
	return out
}

// fill adds what a stop had to force, and what it could not.
func (c *Controller) fill(ctx context.Context, names []string, resp *api.StopResponse) {
	// When the controller ends meanwhile there is nothing more to know.
	_ = c.do(ctx, func() error {
		for _, name := range names {
			resp.Left = append(resp.Left, c.stuck[name]...)
			if i := c.machine.Instance(name); i != nil && i.State == machine.Stopped && slices.Contains(resp.NotRunning, name) {
				continue // it was told to whoever stopped it
			}
			resp.Forced = append(resp.Forced, c.forced[name]...)
		}
		resp.Notices = slices.Clone(c.notices)
		for _, name := range resp.Stopped {
			if i := c.machine.Instance(name); i != nil && i.Wanted {
				resp.Notices = append(resp.Notices, name+" was started again meanwhile")
			}
		}
		return nil
	})
}

// killing is a kill under way: one, however many ask for it.
type killing struct {
	done chan struct{}
	resp *api.StopResponse // these two are valid when done is closed
	err  error
}

// Kill stops everything, sends the shims away, ends the session, verifies that
// nothing is left, and ends the controller. It goes on when who asked for it
// has gone; who asks again joins it, and may hasten it.
func (c *Controller) Kill(ctx context.Context, r api.StopRequest) (*api.StopResponse, error) {
	var k *killing
	err := c.do(ctx, func() error {
		if k = c.kill; k != nil {
			if r.Now {
				c.step(machine.Unwant{Names: c.names(), Now: true, Why: killReason(r)})
			}
			return nil
		}
		k = &killing{done: make(chan struct{})}
		c.kill, c.ending = k, true
		c.work.Go(func() {
			k.resp, k.err = c.killAll(c.ctx, r)
			if k.err != nil {
				// It can be tried again.
				c.post(func() { c.kill, c.ending = nil, false })
			}
			close(k.done)
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-k.done:
		return k.resp, k.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// killReason is what the services of a killed project say of their end.
func killReason(r api.StopRequest) string {
	if r.By != "" {
		return "ended by " + r.By
	}
	return "killed by hand"
}

func (c *Controller) names() []string {
	var all []string
	for _, i := range c.machine.Instances {
		all = append(all, i.Name)
	}
	return all
}

func (c *Controller) killAll(ctx context.Context, r api.StopRequest) (*api.StopResponse, error) {
	resp := &api.StopResponse{Stopped: []string{}}
	var names []string
	var err error
	if c.has(ctx) {
		if names, resp, err = c.beginStop(ctx, api.StopRequest{Now: r.Now}, killReason(r)); err != nil {
			return nil, err
		}
		if err := c.awaitRest(ctx, names); err != nil {
			return nil, err
		}
	}
	c.awaitHooks(ctx, r.Now)
	c.fill(ctx, names, resp)
	c.sendAway(ctx)
	if err := c.screen.close(ctx); err != nil {
		resp.Notices = append(resp.Notices, fmt.Sprintf("cannot end the tmux session: %v", err))
	}
	// Shims have vouched for their trees; this finds what no tree holds.
	forced, left, err := sweep(ctx, envProject, c.place.ID, nil, r.Now)
	if err != nil {
		resp.Notices = append(resp.Notices, err.Error())
	}
	resp.Forced = append(resp.Forced, named("", forced)...)
	resp.Left = append(resp.Left, named("", left)...)
	return resp, c.do(ctx, func() error { return c.end("ended by " + cmp.Or(r.By, "prox kill")) })
}

func (c *Controller) has(ctx context.Context) bool {
	some := false
	_ = c.do(ctx, func() error { some = c.project != nil; return nil })
	return some
}

// sendAway ends all shims and waits for them.
func (c *Controller) sendAway(ctx context.Context) {
	wait, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	_ = c.do(wait, func() error {
		for name := range c.shims {
			c.tell(name, link.ToShim{Leave: true})
		}
		return nil
	})
	if err := c.await(wait, func() bool { return len(c.shims) == 0 }); err != nil {
		c.log.Warn("some shims did not leave in time; their windows will be closed", "err", err)
	}
}

// end ends the project and the controller. It runs in Run's goroutine.
func (c *Controller) end(reason string) error {
	c.events.add(api.Event{Kind: api.EventKill, Reason: reason})
	c.writeLast(reason)
	err := c.memory.forget()
	c.cancel(errEnded)
	return err
}

// endUnused ends a controller that has nothing to hold together, because the
// start that it was made for was refused. The story of the project's last end
// stays as it is. A start that comes now is told that it is too late, and so
// asks a new controller; one that is being answered is waited for.
func (c *Controller) endUnused() {
	if c.ending || c.project != nil || len(c.shims) > 0 || c.starts.Load() > 0 {
		return
	}
	c.ending = true
	c.log.Info("nothing was started")
	c.cancel(errEnded)
}

// checkSession ends the project when its session is gone and nothing runs: it
// was closed by hand, or tmux died.
func (c *Controller) checkSession() {
	if c.ending || c.project == nil {
		return
	}
	c.work.Go(func() {
		ctx, cancel := context.WithTimeout(c.ctx, 5*time.Second)
		defer cancel()
		alive, err := c.screen.alive(ctx)
		if err != nil || alive {
			return
		}
		c.post(func() {
			if c.ending || len(c.shims) > 0 {
				return
			}
			for _, i := range c.machine.Instances {
				if !i.AtRest() || i.Wanted && api.State(i.State).Up() {
					return
				}
			}
			c.ending = true
			c.log.Info("the tmux session is gone")
			c.work.Go(func() {
				c.awaitHooks(c.ctx, false)
				c.post(func() {
					if err := c.end("the tmux session was closed, or the tmux server died; all services were stopped"); err != nil {
						c.log.Error("cannot end in good order", "err", err)
					}
				})
			})
		})
	})
}
