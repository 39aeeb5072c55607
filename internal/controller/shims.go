package controller

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"prox/internal/api"
	"prox/internal/link"
	"prox/internal/logstore"
	"prox/internal/machine"
	"prox/metrics"
)

type reader = *bufio.Reader

// shim is one instance's shim, while it is connected.
type shim struct {
	line  *link.Conn
	pid   int
	start uint64 // its start time in ticks: pids are used again
	seen  uint64 // the last report taken
}

// redial bounds how long a shim that lives may be without a line before it is
// given up: it redials every half second at most.
const redial = 10 * time.Second

// serveShim reads one shim's frames until its line ends.
func (c *Controller) serveShim(conn net.Conn, r *bufio.Reader) {
	l := link.New(conn, r)
	defer func() { _ = l.Close() }()
	var first link.FromShim
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return
	}
	if err := l.Receive(&first); err != nil || first.Hello == nil {
		c.log.Warn("a shim did not say hello", "err", err)
		return
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return
	}
	h := *first.Hello
	start, err := metrics.StartTicks(h.Pid)
	if err != nil {
		start = 0 // where the system doesn't tell, the pid must do
	}
	s := &shim{line: l, pid: h.Pid, start: start}
	if !c.post(func() { c.hello(s, h) }) {
		return
	}
	for {
		var m link.FromShim
		if err := l.Receive(&m); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				c.log.Warn("lost the line to a shim", "instance", h.Instance, "err", err)
			}
			c.post(func() { c.hungUp(s, h.Instance) })
			return
		}
		if !c.post(func() { c.heard(s, h.Instance, m) }) {
			return
		}
	}
}

func (c *Controller) hello(s *shim, h link.Hello) {
	if c.machine.Instance(h.Instance) == nil {
		c.log.Warn("a shim of an unknown instance is sent away", "instance", h.Instance)
		_ = s.line.Send(link.ToShim{Leave: true})
		return
	}
	if old := c.shims[h.Instance]; old != nil && old.pid != s.pid && h.Phase == link.Idle && metrics.Alive(old.pid, old.start) {
		// Its window was ordered for an instance that was removed, and defined
		// again meanwhile: one shim is enough.
		_ = s.line.Send(link.ToShim{Leave: true})
		return
	}
	if old := c.shims[h.Instance]; old != nil {
		s.seen = old.seen
		if old.pid != s.pid {
			s.seen = 0
		}
		_ = old.line.Close()
	}
	c.shims[h.Instance] = s
	phase := map[link.Phase]machine.Process{link.Running: machine.ProcessAlive, link.Ending: machine.ProcessLeaving}[h.Phase]
	if h.Phase == link.Ending {
		// Its process may still live; that it is ending is what the machine
		// must know, and Gone will come.
		phase = machine.ProcessLeaving
	}
	pending := false
	for _, r := range h.Pending {
		pending = pending || r.Run == h.Run && r.Gone
	}
	c.step(machine.Connected{Name: h.Instance, Phase: phase, Run: h.Run, Pid: h.ChildPid, StartedAt: h.StartedAt, Pending: pending})
	for _, r := range h.Pending {
		c.report(s, h.Instance, r)
	}
}

func (c *Controller) heard(s *shim, name string, m link.FromShim) {
	if c.shims[name] != s {
		return
	}
	switch {
	case m.Started != nil:
		c.step(machine.Started{Name: name, Run: m.Started.Run, Pid: m.Started.Pid, At: m.Started.At})
	case m.Report != nil:
		c.report(s, name, *m.Report)
	case m.Loss != nil && m.Loss.Bytes == 0:
		c.notice(fmt.Sprintf("%s: its output is not being kept: %s", name, m.Loss.Why))
	case m.Loss != nil:
		c.notice(fmt.Sprintf("%s: %d bytes of output could not be kept: %s", name, m.Loss.Bytes, m.Loss.Why))
	case m.Mended != "":
		c.notice(name + ": " + m.Mended)
	case m.Wish != nil && m.Wish.Start:
		c.step(machine.Want{Names: []string{name}})
	}
}

// report takes a report once, and acknowledges it however often it comes.
func (c *Controller) report(s *shim, name string, r link.Report) {
	if r.Seq > s.seen {
		s.seen = r.Seq
		c.take(name, r)
	}
	c.acks = append(c.acks, ack{s, name, r.Seq})
}

// ack is a report that is to be acknowledged.
type ack struct {
	to   *shim
	name string
	seq  uint64
}

// acknowledge lets the shims forget what they have reported, once it has been
// written down: of many at one time, all in one.
func (c *Controller) acknowledge() {
	if len(c.acks) == 0 || len(c.inbox) > 0 && len(c.acks) < cap(c.inbox) {
		return
	}
	c.remember()
	for _, a := range c.acks {
		if c.shims[a.name] == a.to {
			c.tell(a.name, link.ToShim{Ack: a.seq})
		}
	}
	c.acks = c.acks[:0]
}

func (c *Controller) take(name string, r link.Report) {
	for _, p := range r.Forced {
		c.forced[name] = append(c.forced[name], api.Process{Instance: name, Pid: p.Pid, Name: p.Name})
	}
	for _, p := range r.Stuck {
		c.stuck[name] = append(c.stuck[name], api.Process{Instance: name, Pid: p.Pid, Name: p.Name})
	}
	if r.Closed {
		c.step(machine.Closed{Name: name, Why: "its window was closed"})
	}
	if r.Exit != nil {
		e := machine.Exit{
			Run: r.Run, Code: r.Exit.Code, Signal: r.Exit.Signal, CoreDumped: r.Exit.CoreDumped,
			Error: r.Exit.Error, Hint: r.Exit.Hint, Hopeless: r.Exit.Error != "", At: r.Exit.At, Ran: r.Exit.Ran,
		}
		left := r.Left
		if !r.Gone {
			left = max(left, 1)
		}
		if e.Code != 0 || e.Signal != "" {
			e.Ending = c.lastWords(name, r.Run)
		}
		c.step(machine.Exited{Name: name, Exit: e, Left: left})
	}
	if r.Gone {
		c.step(machine.Gone{Name: name, Run: r.Run})
	}
}

// hungUp is a line's end. A shim that lives redials; one that is dead has left
// a process without a terminal.
func (c *Controller) hungUp(s *shim, name string) {
	if c.shims[name] != s {
		return
	}
	if !metrics.Alive(s.pid, s.start) {
		c.lost(s, name)
		return
	}
	// The process may be on its way out, with its sockets closed already.
	time.AfterFunc(20*time.Millisecond, func() {
		c.post(func() {
			if c.shims[name] == s && !metrics.Alive(s.pid, s.start) {
				c.lost(s, name)
			}
		})
	})
	time.AfterFunc(redial, func() {
		c.post(func() {
			if c.shims[name] == s {
				c.lost(s, name)
			}
		})
	})
}

func (c *Controller) lost(s *shim, name string) {
	delete(c.shims, name)
	delete(c.windows, name)
	i := c.machine.Instance(name)
	if i == nil {
		return
	}
	if !i.AtRest() && !c.ending {
		// Its story keeps it; a lasting notice would be told again by every command.
		c.events.add(api.Event{Kind: api.EventNotice, Instance: name, Reason: fmt.Sprintf("%s: its shim (pid %d) was killed; what it ran is being cleaned up", name, s.pid)})
	}
	c.step(machine.Lost{Name: name, Why: fmt.Sprintf("its shim (pid %d) was killed", s.pid)})
	c.checkSession()
}

// lastWords are the last lines of a run, by which its end is told from others.
// The shim has written all of them before it reports the exit.
func (c *Controller) lastWords(name string, run int) string {
	lines, err := logstore.Tail(c.logs(name), crashLines)
	if err != nil {
		return "" // it counts as one that said nothing
	}
	var text strings.Builder
	for _, l := range lines {
		if l.Run == run {
			text.Write(l.Text)
			text.WriteByte('\n')
		}
	}
	return text.String()
}
