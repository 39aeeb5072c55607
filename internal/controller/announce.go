package controller

import (
	"context"
	"maps"
	"time"

	"prox/internal/api"
	"prox/internal/machine"
	"prox/mux"
)

const (
	announceEvery = time.Second // at the most, however much happens
	announceWait  = 5 * time.Second
)

// announced is what tmux's own status line says of the project.
type announced struct {
	session string
	seq     uint64 // of the last event that was looked at
	text    string
	bad     map[string]bool // windows that are marked
	busy    bool
	next    time.Time
}

// announce has tmux's status line tell how the project is, and its list of
// windows which services have failed.
func (c *Controller) announce(now time.Time) {
	a := &c.announced
	if a.busy || a.seq == c.events.seq || c.project == nil || c.opening > 0 || now.Before(a.next) {
		return
	}
	seq, session := c.events.seq, c.screen.seen().ID
	if session != a.session { // another one shows nothing yet
		*a = announced{session: session}
	}
	bad := map[string]bool{}
	for _, i := range c.machine.Instances {
		if w := c.windows[i.Name]; w != "" && (i.State == machine.Failed || i.State == machine.Unhealthy) {
			bad[w] = true
		}
	}
	st := c.status()
	text := st.Project + " " + st.Summary()
	a.next = now.Add(announceEvery)
	if text == a.text && maps.Equal(bad, a.bad) {
		a.seq = seq
		return
	}
	marks := map[string]string{}
	if a.bad == nil { // a predecessor may have marked them
		for _, w := range c.windows {
			marks[w] = ""
		}
	}
	for w := range a.bad {
		marks[w] = ""
	}
	for w := range bad {
		marks[w] = api.Failed.Symbol()
	}
	a.busy = true
	c.work.Go(func() {
		ctx, cancel := context.WithTimeout(c.ctx, announceWait)
		defer cancel()
		err := c.screen.announce(ctx, mux.Announcement{Text: text, Marks: marks})
		c.post(func() {
			a.busy = false
			if err != nil {
				c.log.Debug("cannot announce", "err", err)
				a.next = time.Now().Add(30 * announceEvery)
				return
			}
			a.seq, a.text, a.bad = seq, text, bad
		})
	})
}

// announce changes what the session says on tmux's status line.
func (s *screen) announce(ctx context.Context, a mux.Announcement) error {
	s.calls.Lock()
	defer s.calls.Unlock()
	at, tmux, _ := s.known()
	if at.ID == "" {
		return nil
	}
	return tmux.Announce(ctx, at.ID, a)
}
