package controller

import (
	"context"
	"slices"
	"time"

	"prox/internal/api"
	"prox/internal/checkout"
)

const (
	branchFor  = 2 * time.Second  // how long what git has checked out is taken as it was
	dirtyFor   = 10 * time.Second // likewise whether something isn't committed
	dirtyShare = 50               // git may run for one of so many parts of the time
	dirtyWait  = 20 * time.Second // for git
)

// gits is what git says of the services' folders. Branches are read when they
// are asked for; git itself runs only while somebody looks.
type gits struct {
	of   map[string]*git
	busy bool
}

type git struct {
	head  checkout.Head
	read  time.Time
	dirty *bool
	next  time.Time // when git is run again
}

// git tells what is checked out in a folder; nil when it is in none.
func (c *Controller) git(dir string, now time.Time) *api.Git {
	if dir == "" {
		return nil
	}
	if c.gits.of == nil {
		c.gits.of = map[string]*git{}
	}
	g := c.gits.of[dir]
	if g == nil {
		g = &git{}
		c.gits.of[dir] = g
	}
	if now.Sub(g.read) > branchFor {
		g.head, g.read = checkout.At(dir), now
	}
	if g.head == (checkout.Head{}) {
		return nil
	}
	return &api.Git{Branch: g.head.String(), Dirty: g.dirty}
}

// lookForChanges has git tell what isn't committed, in one folder at a time.
func (c *Controller) lookForChanges() {
	now := time.Now()
	if c.gits.busy || c.project == nil || !c.costs.watching(now) {
		return
	}
	var dirs []string
	for _, i := range c.machine.Instances {
		if svc, ok := c.project.Service(i.Service); ok && !slices.Contains(dirs, svc.Dir) {
			dirs = append(dirs, svc.Dir)
		}
	}
	for _, dir := range dirs {
		g := c.gits.of[dir]
		if g == nil || g.head == (checkout.Head{}) || now.Before(g.next) {
			continue
		}
		c.gits.busy = true
		c.work.Go(func() {
			ctx, cancel := context.WithTimeout(c.ctx, dirtyWait)
			defer cancel()
			began := time.Now()
			dirty, err := checkout.Dirty(ctx, dir)
			took := time.Since(began)
			c.post(func() {
				c.gits.busy = false
				g.next = time.Now().Add(max(dirtyFor, dirtyShare*took))
				g.dirty = nil
				if err != nil {
					c.log.Debug("git", "dir", dir, "err", err)
					return
				}
				g.dirty = &dirty
			})
		})
		return
	}
}
