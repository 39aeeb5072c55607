package controller

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"prox/internal/api"
	"prox/internal/link"
	"prox/internal/machine"
)

// step gives the machine an event and carries out what it decides.
func (c *Controller) step(ev machine.Event) {
	var open []string
	effects := c.machine.Step(time.Now(), ev)
	c.occur(effects) // first: what is carried out may be a step of its own
	for _, e := range effects {
		switch e := e.(type) {
		case machine.OpenWindow:
			open = append(open, e.Name)
		case machine.Start:
			c.order(e)
		case machine.Halt:
			c.tell(e.Name, link.ToShim{Stop: &link.Stop{Run: e.Run, Now: e.Now}})
		case machine.Sweep:
			c.sweep(e)
		case machine.Arm:
			c.arm(e)
		case machine.Disarm:
			c.disarm(e)
		case machine.Probe:
			c.probe(e)
		case machine.StopProbe:
			c.stopProbe(e.Name)
		case machine.Changed:
			c.changed(e)
		case machine.Ended:
			c.ended(e)
		case machine.Act:
			c.act(e)
		case machine.Told:
			c.tellInstance(e.Name, e.Text)
		case machine.Removed:
			c.removed(e.Name)
		}
	}
	if len(open) > 0 {
		c.openWindows(open)
	}
	switch ev.(type) { // what may change who is wanted
	case machine.Want, machine.Unwant, machine.Again, machine.Closed, machine.Remove, machine.Define, machine.Restored:
		c.watchFiles()
	case machine.ProbePassed, machine.ProbeFailed, machine.ProbeWaits:
		if len(effects) == 0 {
			return // of every second's answers nothing is worth writing down
		}
	}
	c.memory.changed = true
}

func (c *Controller) arm(e machine.Arm) {
	key := timerKey{e.Name, e.Timer}
	if t := c.timers[key]; t != nil {
		t.Stop()
	}
	c.timers[key] = time.AfterFunc(time.Until(e.At), func() {
		c.post(func() { c.step(machine.Due{Name: e.Name, Timer: e.Timer, At: e.At}) })
	})
}

func (c *Controller) disarm(e machine.Disarm) {
	key := timerKey{e.Name, e.Timer}
	if t := c.timers[key]; t != nil {
		t.Stop()
		delete(c.timers, key)
	}
}

// order sends a run to its shim.
func (c *Controller) order(e machine.Start) {
	spec, err := c.spec(e.Name, e.Run)
	if err != nil {
		c.step(machine.Exited{Name: e.Name, Exit: machine.Exit{Run: e.Run, Code: -1, Error: err.Error(), Hopeless: true, At: time.Now()}})
		return
	}
	c.listenNotify(e.Name)
	c.tell(e.Name, link.ToShim{Start: &link.Start{Run: e.Run, Spec: spec}})
}

// tell sends to an instance's shim; one that can't be reached says hello
// again, and is told anew what still holds.
func (c *Controller) tell(name string, m link.ToShim) {
	s := c.shims[name]
	if s == nil {
		return
	}
	if err := s.line.Send(m); err != nil {
		c.log.Warn("cannot reach a shim", "instance", name, "err", err)
		_ = s.line.Close()
	}
}

// changed makes an event of a new state, and a line in the pane.
func (c *Controller) changed(e machine.Changed) {
	ev := api.Event{Kind: api.EventState, Instance: e.Name, Service: c.serviceOf(e.Name), State: api.State(e.State), Reason: e.Reason, Run: e.Run}
	if !e.NextAt.IsZero() {
		ev.NextAt = &e.NextAt
	} else if i := c.machine.Instance(e.Name); i != nil && i.Idle {
		ev.NextAt = &i.PlannedAt
	}
	c.events.add(ev)
	text := ""
	switch e.State {
	case machine.Ready:
		c.wasGood(e.Name)
	case machine.Backoff:
		text = e.Reason
	case machine.Failed:
		text = "failed: " + e.Reason + "; press r to start it again"
	case machine.Stopped:
		text = e.Reason + "; press r to start it again"
	case machine.Done:
		c.wasGood(e.Name)
		text = cmp.Or(e.Reason, "done") + "; press r to run it again"
	case machine.Waiting:
		text = e.Reason
	}
	if text != "" {
		c.tell(e.Name, link.ToShim{Notice: &link.Notice{State: string(e.State), Text: text, Next: e.NextAt}})
	}
}

// removed lets go of an instance that is no longer defined.
func (c *Controller) removed(name string) {
	c.tell(name, link.ToShim{Leave: true})
	delete(c.shims, name) // it goes; who comes next under this name is another
	c.closeNotify(name)
	for _, m := range []map[string][]api.Process{c.forced, c.stuck} {
		delete(m, name)
	}
	c.hooks.forget(name)
	delete(c.excesses, name)
	delete(c.gave, name)
	delete(c.shells, name)
	delete(c.began, name)
	delete(c.good, name)
	delete(c.windows, name)
	c.events.add(api.Event{Kind: api.EventRemoved, Instance: name, Reason: name + " is gone"})
}

func (c *Controller) ended(e machine.Ended) {
	exit := wireExit(e.Exit)
	c.events.add(api.Event{Kind: api.EventExit, Instance: e.Name, Service: c.serviceOf(e.Name), Run: e.Exit.Run, Exit: &exit})
	c.log.Debug("run ended", "instance", e.Name, "run", e.Exit.Run, "how", e.Exit.String())
}

func (c *Controller) serviceOf(name string) string {
	if i := c.machine.Instance(name); i != nil {
		return i.Service
	}
	return ""
}

// notice tells everybody something they should know, once.
func (c *Controller) notice(text string) {
	for _, n := range c.notices {
		if n == text {
			return
		}
	}
	c.notices = append(c.notices, text)
	c.events.add(api.Event{Kind: api.EventNotice, Reason: text})
}

// openWindows makes windows outside Run's goroutine; tmux takes its time.
func (c *Controller) openWindows(names []string) {
	c.opening++
	c.work.Go(func() {
		ctx, cancel := context.WithTimeoutCause(c.ctx, 20*time.Second, fmt.Errorf("tmux did not answer within 20s"))
		defer cancel()
		ids, notices, err := c.screen.open(ctx, names)
		c.post(func() {
			c.opening--
			for _, n := range notices {
				c.notice(n)
			}
			for _, name := range c.screen.tookAway() { // told once: nobody has to know it for long
				text := fmt.Sprintf("ended the tmux session %s, which an earlier run of this project had left", name)
				c.tellOnce = append(c.tellOnce, text)
				c.events.add(api.Event{Kind: api.EventNotice, Reason: text})
			}
			for name, id := range ids {
				c.windows[name] = id
			}
			c.memory.changed = true
			c.remember() // a successor must find the session
			if err == nil {
				return
			}
			c.log.Error("cannot open windows", "err", err)
			for _, name := range names {
				if _, ok := ids[name]; !ok {
					c.step(machine.WindowFailed{Name: name, Why: "cannot open its window: " + err.Error()})
				}
			}
		})
	})
}
