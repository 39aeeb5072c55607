package shim

import (
	"context"
	"fmt"
	"os"
	"time"

	"prox/internal/link"
	"prox/internal/place"
	"prox/internal/version"
	"prox/ptyproc"
)

// farewell bounds how long a shim whose pane is gone tries to tell the
// controller how its run ended.
const farewell = 3 * time.Second

// shim is owned by the goroutine in loop.
type shim struct {
	place    place.Project
	instance string
	reaper   *ptyproc.Reaper
	pane     *pane
	store    *store

	line    *link.Conn // nil while there is no controller
	pending []link.Report
	seq     uint64

	run    *run // nil while nothing runs
	last   int  // number of the last run
	closed bool // the pane is gone
	leave  bool // the controller has nothing more for us

	typed   chan []byte
	gone    chan struct{} // closed by the keyboard when the pane is gone
	frames  chan frame
	lines   chan *link.Conn
	reports chan link.Report
	losses  chan link.Loss

	orphaned chan struct{} // the project has been ended without us
}

// frame is what came over a line; an old line's frames are told by it.
type frame struct {
	from *link.Conn
	msg  link.ToShim
	err  error
}

func newShim(p place.Project, instance string, reaper *ptyproc.Reaper) *shim {
	s := &shim{
		place:    p,
		instance: instance,
		reaper:   reaper,
		pane:     newPane(os.Stdout, instance, int(paneSize().Rows)),
		typed:    make(chan []byte),
		gone:     make(chan struct{}),
		frames:   make(chan frame),
		lines:    make(chan *link.Conn),
		reports:  make(chan link.Report),
		losses:   make(chan link.Loss, 1),
		orphaned: make(chan struct{}),
	}
	return s
}

// loop lives as long as the shim does. The goroutines it starts end with the
// process: none of them holds anything that must be put away.
func (s *shim) loop(hup, winch <-chan os.Signal) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go s.connect(ctx, 0)
	go keyboard(s.typed, func() { close(s.gone) })
	defer func() { s.store.close() }()
	gone := s.gone
	var late <-chan time.Time
	for {
		select {
		case c := <-s.lines:
			s.greet(c)
		case f := <-s.frames:
			if f.from != s.line {
				continue
			}
			if f.err != nil {
				_ = s.line.Close()
				s.line = nil
				go s.connect(ctx, time.Second)
				continue
			}
			s.obey(f.msg)
		case r := <-s.reports:
			s.took(r)
		case l := <-s.losses:
			s.send(link.FromShim{Loss: &l})
		case <-s.orphaned:
			s.obey(link.ToShim{Leave: true})
		case keys := <-s.typed:
			s.key(keys)
		case <-winch:
			s.resize()
		case <-hup:
			s.close()
			late = time.After(farewell + s.grace())
		case <-gone:
			gone = nil
			s.close()
			late = time.After(farewell + s.grace())
		case <-late:
			return
		}
		if s.leave && s.run == nil {
			s.pane.drain(100 * time.Millisecond)
			return
		}
		if s.closed && s.run == nil && len(s.pending) == 0 {
			return
		}
	}
}

// grace is how long the run under way may take to end.
func (s *shim) grace() time.Duration {
	if s.run == nil {
		return 0
	}
	return s.run.spec.StopTimeout
}

// greet tells a controller everything, and takes the line into use.
func (s *shim) greet(c *link.Conn) {
	h := link.Hello{
		Instance: s.instance,
		Version:  version.String(),
		Pid:      os.Getpid(),
		Pane:     os.Getenv("TMUX_PANE"),
		Phase:    link.Idle,
		Run:      s.last,
		Pending:  s.pending,
	}
	if r := s.run; r != nil {
		h.Phase, h.ChildPid, h.StartedAt = r.phase(), r.process.Pid(), r.process.StartedAt()
	}
	s.line = c
	s.send(link.FromShim{Hello: &h})
	go func() {
		for {
			var m link.ToShim
			err := c.Receive(&m)
			s.frames <- frame{c, m, err}
			if err != nil {
				return
			}
		}
	}()
}

// send is best effort: what must arrive is in pending too.
func (s *shim) send(m link.FromShim) {
	if s.line != nil {
		// A broken line is noticed by its reader.
		_ = s.line.Send(m)
	}
}

func (s *shim) obey(m link.ToShim) {
	switch {
	case m.Start != nil:
		s.start(*m.Start)
	case m.Stop != nil:
		if s.run != nil && s.run.number == m.Stop.Run {
			s.run.stop(m.Stop.Now)
		}
	case m.Signal != 0:
		s.signal(m.Signal)
	case m.Notice != nil:
		s.pane.notice(m.Notice.Text)
	case m.Ack != 0:
		for len(s.pending) > 0 && s.pending[0].Seq <= m.Ack {
			s.pending = s.pending[1:]
		}
	case m.Leave:
		s.leave = true
		if s.run != nil {
			s.run.stop(false)
		}
	}
}

func (s *shim) start(o link.Start) {
	if o.Run <= s.last || s.run != nil || s.closed {
		return // an order that was repeated
	}
	s.last = o.Run
	if s.store == nil {
		s.store = openStore(o.Spec, s.losses)
		if s.store.err != nil {
			s.pane.notice(fmt.Sprintf("output is not being kept: %v", s.store.err))
			s.send(link.FromShim{Loss: &link.Loss{Why: s.store.err.Error()}})
		}
		if mended := s.store.mended(); mended != "" {
			s.pane.notice(mended)
			s.send(link.FromShim{Mended: mended})
		}
	} else {
		s.store.limit(o.Spec)
	}
	r, err := begin(s, o)
	if err != nil {
		exit := link.Exit{Code: -1, At: time.Now(), Error: err.Error()}
		if h, ok := err.(interface{ Hint() string }); ok {
			exit.Hint = h.Hint()
		}
		s.pane.notice(err.Error())
		if exit.Hint != "" {
			s.pane.notice(exit.Hint)
		}
		s.took(link.Report{Run: o.Run, Exit: &exit, Gone: true})
		return
	}
	s.run = r
	s.send(link.FromShim{Started: &link.Started{Run: o.Run, Pid: r.process.Pid(), At: r.process.StartedAt()}})
}

// took numbers a report, keeps it until it is acknowledged, and sends it.
func (s *shim) took(r link.Report) {
	if r.Gone && s.run != nil && s.run.number == r.Run {
		s.run = nil
	}
	s.seq++
	r.Seq = s.seq
	s.pending = append(s.pending, r)
	s.send(link.FromShim{Report: &r})
}

// close is the pane's end: the run ends, and then the shim.
func (s *shim) close() {
	if s.closed {
		return
	}
	s.closed = true
	s.pane.lose()
	s.took(link.Report{Run: s.last, Closed: true})
	if s.run != nil {
		s.run.stop(false)
	}
}

func (s *shim) resize() {
	size := paneSize()
	s.pane.resize(int(size.Rows))
	if s.run != nil {
		// A service that has just ended has no terminal left to resize.
		_ = s.run.process.Resize(size)
	}
}
