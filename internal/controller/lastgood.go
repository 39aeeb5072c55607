package controller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"prox/config"
	"prox/internal/api"
	"prox/internal/checkout"
	"prox/internal/machine"
)

// A service that worked a while ago and fails now does so because something is
// other than it was: the code, what it is given, what it depends on. What can
// be known of that is kept for each run, and of the last run that was ready. It
// is not written down: who takes over knows it of the runs that it has seen.

// circumstances are what a run began with.
type circumstances struct {
	run  int
	at   time.Time
	head checkout.Head
	vars []config.Var
	deps map[string]int // the runs of the instances that it depends on
}

// touched is a change of watched files.
type touched struct {
	at    time.Time
	words string
}

// changesKept is how many changes of a service's files are remembered.
const changesKept = 20

// circumstancesNow are those of a run that is about to start.
func (c *Controller) circumstancesNow(i *machine.Instance, dir string, vars []config.Var) circumstances {
	now := circumstances{run: i.Run, at: time.Now(), head: checkout.At(dir), vars: vars, deps: map[string]int{}}
	for _, on := range i.DependsOn {
		for _, d := range c.machine.Of(on.Service) {
			now.deps[d.Name] = d.Run
		}
	}
	return now
}

// wasGood remembers a run that came as far as it should.
func (c *Controller) wasGood(name string) {
	if began, ok := c.began[name]; ok {
		c.good[name] = began
	}
}

// sinceGood says what is other than at the last good run, for an instance that
// had one before the run it is at; nil otherwise.
func (c *Controller) sinceGood(i *machine.Instance) *api.SinceGood {
	good, ok := c.good[i.Name]
	now, began := c.began[i.Name]
	if !ok || !began || now.run == good.run {
		return nil
	}
	since := &api.SinceGood{Run: good.run, At: good.at, Changes: []string{}}
	if a, b := good.head, now.head; a.Commit != b.Commit {
		word := fmt.Sprintf("git HEAD: %s, was %s", b.Short(), a.Short())
		if a.Branch != b.Branch {
			word = fmt.Sprintf("git HEAD: %s (%s), was %s (%s)", b, b.Short(), a, a.Short())
		}
		since.Changes = append(since.Changes, word)
	}
	if files := c.filesSince(i.Service, good.at); files != "" {
		since.Changes = append(since.Changes, "files: "+files)
	}
	if words := changeWords(good.vars, now.vars); words != "" {
		since.Changes = append(since.Changes, "variables: "+words)
	}
	for _, on := range i.DependsOn {
		for _, d := range c.machine.Of(on.Service) {
			if was, ok := good.deps[d.Name]; ok && was != now.deps[d.Name] {
				since.Changes = append(since.Changes, fmt.Sprintf("%s was restarted (run %d, was %d)", d.Name, now.deps[d.Name], was))
			}
		}
	}
	return since
}

// filesSince are the watched files that changed after a time, in words.
func (c *Controller) filesSince(service string, at time.Time) string {
	var words []string
	for _, t := range c.touched[service] {
		w := strings.TrimSuffix(t.words, " changed")
		if t.at.After(at) && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, "; ")
}

func (c *Controller) rememberTouched(service, words string) {
	list := append(c.touched[service], touched{time.Now(), words})
	c.touched[service] = list[max(0, len(list)-changesKept):]
}
