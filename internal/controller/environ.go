package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"prox/config"
	"prox/internal/api"
	"prox/internal/link"
	"prox/internal/machine"
)

// environ is what an instance is to be given now: files of variables are read
// anew.
func (c *Controller) environ(i *machine.Instance) ([]config.Var, error) {
	given := c.given
	given.Port = c.port(i.Name)
	return c.project.Environ(i.Service, given)
}

// passing are variables that a shell changes by itself: that they are others
// is no news.
var passing = []string{"_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES"}

// give is what an instance is given for a run that is about to start. What has
// changed since its last one is told. A file that can't be read any more must
// not keep a service down that crashed: it is given what it had.
func (c *Controller) give(i *machine.Instance) ([]config.Var, error) {
	before, ran := c.gave[i.Name]
	vars, err := c.environ(i)
	switch {
	case err != nil && ran:
		c.tellInstance(i.Name, fmt.Sprintf("%s starts with the variables it had before: %s", i.Name, err))
		return before, nil
	case err != nil:
		return nil, err
	}
	if ran {
		if words := changeWords(before, vars); words != "" {
			c.tellInstance(i.Name, fmt.Sprintf("%s starts with other variables: %s", i.Name, words))
		}
	}
	c.gave[i.Name], c.shells[i.Name] = vars, c.given.Shell
	return vars, nil
}

// tellInstance says something about an instance to all who watch, and in its
// window.
func (c *Controller) tellInstance(name, text string) {
	c.events.add(api.Event{Kind: api.EventNotice, Instance: name, Service: c.serviceOf(name), Reason: text})
	c.tell(name, link.ToShim{Notice: &link.Notice{Text: text}})
}

// mostChanges is how many changed variables are told of one by one.
const mostChanges = 5

// changeWords says what is other about an environment; secrets only that they
// are.
func changeWords(before, after []config.Var) string {
	var words []string
	for _, ch := range config.Changes(before, after) {
		if slices.Contains(passing, ch.Name) {
			continue
		}
		switch {
		case ch.New == nil:
			words = append(words, ch.Name+" is no longer set")
		case config.Secret(ch.Name):
			words = append(words, fmt.Sprintf("%s is another (%s)", ch.Name, ch.New.Origin))
		case ch.Old == nil:
			words = append(words, fmt.Sprintf("%s=%s (%s)", ch.Name, config.Masked(ch.Name, ch.New.Value), ch.New.Origin))
		default:
			words = append(words, fmt.Sprintf("%s=%s, was %s (%s)", ch.Name, config.Masked(ch.Name, ch.New.Value), config.Masked(ch.Name, ch.Old.Value), ch.New.Origin))
		}
	}
	if more := len(words) - mostChanges; more > 0 {
		words = append(words[:mostChanges], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, "; ")
}

// checkEnviron finds out whether services can be given what they are to get,
// before anything is started.
func checkEnviron(p *config.Project, names []string, g config.Given) error {
	for _, name := range names {
		if _, err := p.Environ(name, g); err != nil {
			return badConfig(err)
		}
	}
	return nil
}

// Environment tells what a service was given, or would be, without the markers
// by which prox finds its own: what a person runs in it is not prox's to stop.
func (c *Controller) Environment(ctx context.Context, service string) (*api.Environment, error) {
	var env *api.Environment
	err := c.do(ctx, func() error {
		names, err := c.instances([]string{service})
		if err != nil {
			return err
		}
		i := c.machine.Instance(names[0])
		svc, ok := c.project.Service(i.Service)
		if !ok {
			return &api.Error{Kind: api.KindNoService, Message: fmt.Sprintf("service %q is no longer in the config", service)}
		}
		now, err := c.environ(i)
		before, ran := c.gave[i.Name]
		env = &api.Environment{Dir: svc.Dir, Environment: c.project.Environment}
		switch {
		case err != nil && !ran:
			return badConfig(err)
		case err != nil:
			env.Stale = err.Error()
		case ran && !i.AtRest():
			for _, ch := range config.Changes(before, now) {
				if !slices.Contains(passing, ch.Name) {
					env.Changes = append(env.Changes, ch.Name)
				}
			}
		}
		vars := now
		if ran && (err != nil || !i.AtRest()) {
			vars = before
		}
		for _, v := range vars {
			env.Vars = append(env.Vars, api.Var{Name: v.Name, Value: v.Value, Origin: v.Origin})
		}
		return nil
	})
	return env, err
}
