package controller

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"prox/internal/api"
	"prox/internal/health"
	"prox/internal/link"
	"prox/internal/machine"
	"prox/internal/watch"

	"golang.org/x/sys/unix"
)

// watching is one service's watcher.
type watching struct {
	options watch.Options
	cancel  context.CancelFunc
}

// watchFiles sees to it that the files of every wanted service are watched,
// and of no other. It runs in Run's goroutine, after whatever may have changed
// who is wanted.
func (c *Controller) watchFiles() {
	if c.project == nil {
		return
	}
	wanted := map[string]watch.Options{}
	for _, s := range c.project.Services {
		if len(s.Watch) == 0 {
			continue
		}
		for _, i := range c.machine.Of(s.Name) {
			if i.Wanted {
				wanted[s.Name] = watch.Options{Root: s.Dir, Patterns: s.Watch, Ignore: s.WatchIgnore}
			}
		}
	}
	for service, w := range c.watches {
		if o, ok := wanted[service]; !ok || !reflect.DeepEqual(o, w.options) {
			w.cancel()
			delete(c.watches, service)
		}
	}
	for service, o := range wanted {
		if c.watches[service] != nil {
			continue
		}
		ctx, cancel := context.WithCancel(c.ctx)
		c.watches[service] = &watching{options: o, cancel: cancel}
		c.work.Go(func() {
			defer cancel()
			c.follow(ctx, service, o)
		})
	}
}

// follow reports what changes until ctx ends.
func (c *Controller) follow(ctx context.Context, service string, o watch.Options) {
	w, err := watch.New(ctx, o)
	if err == nil {
		for change := range w.Changes() {
			c.post(func() { c.filesChanged(service, change) })
		}
		err = w.Err()
	}
	if err != nil && ctx.Err() == nil {
		c.post(func() { c.notice(fmt.Sprintf("the files of %s are not watched: %v", service, err)) })
	}
}

func (c *Controller) filesChanged(service string, change watch.Change) {
	why := fileWords(change)
	c.rememberTouched(service, why)
	c.events.add(api.Event{Kind: api.EventFiles, Service: service, Reason: why})
	for _, i := range c.machine.Of(service) {
		if !i.Wanted {
			continue
		}
		c.changedFiles[service] = change.Files
		if svc, ok := c.project.Service(service); ok && svc.WatchAction.Restarts() && i.Process == machine.ProcessAlive && !i.Halting {
			c.tell(i.Name, link.ToShim{Notice: &link.Notice{Text: why + ": restarting"}})
		}
		c.step(machine.FilesChanged{Name: i.Name, Why: why})
	}
}

// mostFiles is how many files are told by name.
const mostFiles = 3

func fileWords(change watch.Change) string {
	files := change.Files
	more := change.More
	if extra := len(files) - mostFiles; extra > 0 {
		files, more = files[:mostFiles], more+extra
	}
	words := strings.Join(files, ", ")
	if more > 0 {
		words += fmt.Sprintf(" and %d more", more)
	}
	return words + " changed"
}

// actTime bounds a command that is run because files have changed.
const actTime = time.Minute

// act does what is to be done about changed files, in place of a restart.
func (c *Controller) act(e machine.Act) {
	i := c.machine.Instance(e.Name)
	svc, ok := c.project.Service(c.serviceOf(e.Name))
	if i == nil || !ok {
		return
	}
	if name := svc.WatchAction.Signal; name != "" {
		c.tell(e.Name, link.ToShim{Signal: int(unix.SignalNum(name))})
		c.tellInstance(e.Name, fmt.Sprintf("%s: %s is sent %s", e.Why, e.Name, name))
		return
	}
	spec := health.CommandSpec{
		Text: svc.WatchAction.Command.Text, Argv: svc.WatchAction.Command.Argv, Dir: svc.Dir,
		Env: append(c.hookEnviron(i.Name), "PROX_CHANGED="+strings.Join(c.changedFiles[svc.Name], "\n")),
	}
	c.tellInstance(e.Name, fmt.Sprintf("%s: running %s", e.Why, spec.Text))
	c.work.Go(func() {
		ctx, cancel := context.WithTimeoutCause(c.ctx, actTime, fmt.Errorf("it took longer than %s", actTime))
		defer cancel()
		err := health.Command(spec)(ctx)
		if err == nil || c.ctx.Err() != nil {
			return
		}
		if cause := context.Cause(ctx); cause != nil {
			err = fmt.Errorf("%s: %w", spec.Text, cause)
		}
		c.post(func() { c.tellInstance(e.Name, err.Error()) })
	})
}
