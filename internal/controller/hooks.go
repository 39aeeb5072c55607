package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"prox/config"
	"prox/internal/api"
	"prox/internal/health"
	"prox/internal/machine"
)

// The hooks, by their keys.
const (
	onReady   = "on_ready"
	onExit    = "on_exit"
	onRestart = "on_restart"
	onFailed  = "on_failed"
)

// hooksWaiting is how many hooks of one instance may wait for the one that
// runs. A service that dies faster than its hooks work must not heap them up.
const hooksWaiting = 16

// How long an end of the project waits for hooks.
const (
	hooksPatience    = 10 * time.Second
	hooksPatienceNow = time.Second
)

// hooks are the commands that are run when something becomes of a service: of
// one instance one after the other, in the order of what happened. They begin
// only when what they are run for is written down. So a controller that dies
// may lose some, and its successor runs none again.
type hooks struct {
	seen    map[string]*seenOf
	of      map[string]config.Service // by instance, as it was last in the config
	fresh   []hookRun                 // not yet written down
	running map[string]*hookQueue
}

// hookQueue is what waits while a hook of an instance runs.
type hookQueue struct{ waiting []hookRun }

func newHooks() hooks {
	return hooks{seen: map[string]*seenOf{}, of: map[string]config.Service{}, running: map[string]*hookQueue{}}
}

func (h *hooks) idle() bool { return len(h.fresh) == 0 && len(h.running) == 0 }

// seenOf is what hooks know of an instance's past. It is kept for a successor.
type seenOf struct {
	State  machine.State `json:"state,omitempty"`
	Reason string        `json:"reason,omitempty"`
	Ready  int           `json:"ready,omitempty"` // the last run that was ready
	Ended  *machine.Exit `json:"ended,omitempty"` // a run's end of which it is open what follows
}

// occasion is something that a hook may be run for.
type occasion struct {
	hook   string
	name   string
	run    int
	state  machine.State
	reason string
	exit   *machine.Exit // of the run that it is about, nil when that goes on, or there was none
}

// occasions finds them in what a step of the machine has led to.
func occasions(seen map[string]*seenOf, effects []machine.Effect) []occasion {
	var out []occasion
	of := func(name string) *seenOf {
		if seen[name] == nil {
			seen[name] = &seenOf{}
		}
		return seen[name]
	}
	for k, e := range effects {
		switch e := e.(type) {
		case machine.Ended:
			s := of(e.Name)
			s.Ended = &e.Exit
			// What it leads to is mostly known at once.
			next := nextState(effects[k+1:], e.Name, machine.Changed{State: s.State, Reason: s.Reason, Run: e.Exit.Run})
			out = append(out, occasion{onExit, e.Name, e.Exit.Run, next.State, s.why(next), &e.Exit})
		case machine.Changed:
			s := of(e.Name)
			about := occasion{"", e.Name, e.Run, e.State, s.why(e), s.Ended}
			switch e.State {
			case machine.Ready:
				if s.Ready != e.Run {
					s.Ready, about.hook = e.Run, onReady
				}
			case machine.Waiting, machine.Backoff:
				if s.Ended != nil {
					about.hook = onRestart
				}
				s.Ended = nil
			case machine.Failed:
				if s.State != machine.Failed { // else it is only another reason
					about.hook = onFailed
				}
				s.Ended = nil
			case machine.Stopped, machine.Done:
				s.Ended = nil
			}
			s.State, s.Reason = e.State, e.Reason
			if about.hook != "" {
				out = append(out, about)
			}
		}
	}
	return out
}

func nextState(effects []machine.Effect, name string, otherwise machine.Changed) machine.Changed {
	for _, e := range effects {
		if c, ok := e.(machine.Changed); ok && c.Name == name {
			return c
		}
	}
	return otherwise
}

// why is the reason of a new state. One that has none of its own comes of what
// was before it: "restart by hand", "exit code 1".
func (s *seenOf) why(c machine.Changed) string {
	switch {
	case c.Reason != "" || s.Ended == nil:
		return c.Reason
	case s.State == machine.Stopping && s.Reason != "":
		return s.Reason
	}
	return s.Ended.String()
}

// hookRun is a hook that is to be run.
type hookRun struct {
	hook    string
	name    string // of the instance
	spec    health.CommandSpec
	timeout time.Duration
}

// occur takes note of the hooks that a step calls for.
func (c *Controller) occur(effects []machine.Effect) {
	for _, e := range effects {
		if e, ok := e.(machine.Changed); ok {
			c.know(e.Name)
		}
	}
	for _, o := range occasions(c.hooks.seen, effects) {
		svc, ok := c.hooks.of[o.name]
		if !ok {
			continue
		}
		command := hookCommand(svc.Hooks, o.hook)
		if len(command.Argv) == 0 {
			continue
		}
		restarts, port := 0, cmp.Or(c.port(o.name), svc.Port)
		if i := c.machine.Instance(o.name); i != nil {
			restarts = i.Restarts
		}
		c.hooks.fresh = append(c.hooks.fresh, hookRun{
			hook: o.hook,
			name: o.name,
			spec: health.CommandSpec{
				Text: command.Text, Argv: command.Argv, Dir: svc.Dir,
				Env: append(c.hookEnviron(o.name), o.facts(svc.Name, port, restarts)...),
			},
			timeout: time.Duration(svc.Hooks.Timeout),
		})
	}
}

// know keeps what the service of an instance is: when it is taken out of the
// config, or scaled away, its last end still is to be told.
func (c *Controller) know(name string) {
	if svc, ok := c.project.Service(c.serviceOf(name)); ok {
		c.hooks.of[name] = *svc
	}
}

// forget lets go of an instance that is no longer defined.
func (h *hooks) forget(name string) {
	delete(h.seen, name)
	delete(h.of, name)
}

func hookCommand(h config.Hooks, hook string) config.Command {
	switch hook {
	case onReady:
		return h.OnReady
	case onExit:
		return h.OnExit
	case onRestart:
		return h.OnRestart
	}
	return h.OnFailed
}

// hookEnviron is what the instance's run was given, with the project's marker,
// by which a kill finds what a hook has left, and without the instance's: a
// hook is no part of the service, and is not to be ended with it.
func (c *Controller) hookEnviron(name string) []string {
	vars := c.gave[name]
	if i := c.machine.Instance(name); vars == nil && i != nil { // it was started by an earlier controller, or could not be
		if now, err := c.environ(i); err == nil {
			vars = now
		}
	}
	env := slices.DeleteFunc(config.Strings(vars), func(kv string) bool {
		return strings.HasPrefix(kv, envInstance+"=")
	})
	return append(env, envProject+"="+c.place.ID)
}

// facts are what a hook is told of its occasion.
func (o occasion) facts(service string, port, restarts int) []string {
	facts := []string{
		"PROX_HOOK=" + o.hook,
		"PROX_SERVICE=" + service,
		"PROX_INSTANCE_NAME=" + o.name,
		"PROX_STATE=" + string(o.state),
		"PROX_REASON=" + strings.ReplaceAll(o.reason, "\x00", ""),
		envRun + "=" + strconv.Itoa(o.run),
		"PROX_RESTARTS=" + strconv.Itoa(restarts),
	}
	if port != 0 {
		facts = append(facts, "PROX_PORT="+strconv.Itoa(port))
	}
	if e := o.exit; e != nil {
		facts = append(facts, fmt.Sprintf("PROX_RAN_SECONDS=%.3f", e.Ran.Seconds()))
		switch {
		case e.Signal != "":
			facts = append(facts, "PROX_SIGNAL="+e.Signal)
		case e.Error == "":
			facts = append(facts, "PROX_EXIT_CODE="+strconv.Itoa(e.Code))
		}
	}
	return facts
}

// runHooks begins the hooks that were called for, once a successor knows of
// it: of many at one time, all in one.
func (c *Controller) runHooks() {
	if len(c.hooks.fresh) == 0 || len(c.inbox) > 0 && len(c.hooks.fresh) < cap(c.inbox) {
		return
	}
	c.remember()
	fresh := c.hooks.fresh
	c.hooks.fresh = nil
	for _, r := range fresh {
		q := c.hooks.running[r.name]
		switch {
		case q == nil:
			c.hooks.running[r.name] = &hookQueue{waiting: []hookRun{r}}
			c.nextHook(r.name)
		case len(q.waiting) < hooksWaiting:
			q.waiting = append(q.waiting, r)
		default:
			c.tellHook(r, fmt.Errorf("was not run: %d wait before it", hooksWaiting))
		}
	}
}

// nextHook runs the next one of an instance outside Run's goroutine.
func (c *Controller) nextHook(name string) {
	q := c.hooks.running[name]
	if len(q.waiting) == 0 {
		delete(c.hooks.running, name)
		return
	}
	r := q.waiting[0]
	q.waiting = q.waiting[1:]
	c.work.Go(func() {
		err := r.do(c.ctx)
		c.post(func() {
			if err != nil {
				c.tellHook(r, err)
			}
			c.nextHook(name)
		})
	})
}

func (r hookRun) do(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	err := health.Command(r.spec)(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("took more than %s: %w", r.timeout, err)
	}
	return fmt.Errorf("failed: %w", err)
}

// tellHook tells what went wrong with a hook. It is no lasting notice: every
// command would tell it again.
func (c *Controller) tellHook(r hookRun, err error) {
	text := fmt.Sprintf("%s: its %s hook %v", r.name, r.hook, err)
	c.log.Warn(text)
	c.events.add(api.Event{Kind: api.EventNotice, Instance: r.name, Service: c.serviceOf(r.name), Reason: text})
}

// awaitHooks waits for hooks before the project ends, which kills those that
// still run.
func (c *Controller) awaitHooks(ctx context.Context, now bool) {
	limit := hooksPatience
	if now {
		limit = hooksPatienceNow
	}
	wait, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("they take more than %s", limit))
	defer cancel()
	if err := c.await(wait, c.hooks.idle); err != nil {
		c.log.Warn("hooks are not waited for any longer", "err", cmp.Or(context.Cause(wait), err))
	}
}
