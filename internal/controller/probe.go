package controller

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"prox/config"
	"prox/internal/ansi"
	"prox/internal/api"
	"prox/internal/health"
	"prox/internal/logstore"
	"prox/internal/machine"
	"prox/metrics"
)

// probe watches a run: until it is ready, and on where there is a healthcheck.
func (c *Controller) probe(e machine.Probe) {
	c.stopProbe(e.Name)
	svc, ok := c.project.Service(c.serviceOf(e.Name))
	s := c.shims[e.Name]
	if !ok || s == nil {
		return
	}
	p := &probe{c: c, name: e.Name, run: e.Run, svc: *svc, root: s.pid}
	if port := c.port(e.Name); port != svc.Port {
		// A copy is asked at its own port.
		if p.svc.Healthcheck.TCP == fmt.Sprintf("localhost:%d", svc.Port) {
			p.svc.Healthcheck.TCP = fmt.Sprintf("localhost:%d", port)
		}
		p.svc.Port = port
	}
	if i := c.machine.Instance(e.Name); i != nil {
		p.began = i.StartedAt
	}
	if p.svc.Healthcheck.Kind() != "" {
		// What a command of its own is given is what the service is.
		p.env = config.Strings(c.gave[e.Name])
		if i := c.machine.Instance(e.Name); p.env == nil && i != nil { // it was started by an earlier controller
			if vars, err := c.environ(i); err == nil {
				p.env = config.Strings(vars)
			}
		}
	}
	p.notify = c.notifies[e.Name]
	delete(c.notifies, e.Name)
	ctx, cancel := context.WithCancel(c.ctx)
	c.probes[e.Name] = cancel
	c.work.Go(func() {
		defer cancel()
		p.watch(ctx)
	})
}

// probe is what watches one run. It tells the controller, and touches nothing
// of it.
type probe struct {
	c      *Controller
	name   string
	run    int
	svc    config.Service
	root   int // pid of the shim
	began  time.Time
	notify *health.Notify
	env    []string
	answer string // the last that was told, in the controller's goroutine
}

func (p *probe) passed() {
	p.c.post(func() {
		p.tell("passed")
		p.c.step(machine.ProbePassed{Name: p.name, Run: p.run})
	})
}

func (p *probe) failed(why string) {
	p.c.post(func() {
		p.tell("failed: " + why)
		p.c.step(machine.ProbeFailed{Name: p.name, Run: p.run, Why: why})
	})
}

// tell makes an event of an answer that is another than the one before: most
// are alike, for hours.
func (p *probe) tell(answer string) {
	if answer == p.answer {
		return
	}
	p.answer = answer
	p.c.events.add(api.Event{Kind: api.EventProbe, Instance: p.name, Service: p.c.serviceOf(p.name), Run: p.run, Reason: answer})
}

func (p *probe) waits(why string) {
	p.c.post(func() { p.c.step(machine.ProbeWaits{Name: p.name, Run: p.run, Why: why}) })
}

func (p *probe) watch(ctx context.Context) {
	h := p.svc.Healthcheck
	switch h.Kind() {
	case "":
		port, root := p.svc.Port, p.root
		if health.Port(ctx, port, func() (bool, string) { return ownsPort(root, port) }, p.waits) == nil {
			p.passed()
		}
	case "log":
		p.watchLog(ctx)
	case "notify":
		p.watchNotify(ctx)
	default:
		schedule := health.Schedule{First: time.Duration(h.StartInterval), Eager: time.Duration(h.StartPeriod), Interval: time.Duration(h.Interval), Timeout: time.Duration(h.Timeout)}
		health.Watch(ctx, p.check(), schedule, func(err error) {
			if err != nil {
				p.failed(err.Error())
				return
			}
			p.passed()
		})
	}
}

// check is the seam from config to health.
func (p *probe) check() health.Check {
	h := p.svc.Healthcheck
	switch h.Kind() {
	case "tcp":
		return health.TCP(h.TCP)
	case "command":
		return health.Command(health.CommandSpec{Text: h.Command.Text, Argv: h.Command.Argv, Dir: p.svc.Dir, Env: p.env})
	}
	spec := health.HTTPSpec{URL: h.HTTPGet, Headers: h.Headers}
	if strings.HasPrefix(spec.URL, "/") {
		spec.URL = fmt.Sprintf("http://localhost:%d%s", p.svc.Port, spec.URL)
	}
	spec.Low, spec.High = h.Statuses()
	if h.Body != "" {
		re, err := regexp.Compile(h.Body)
		if err != nil { // the config was checked
			return func(context.Context) error { return err }
		}
		spec.Body = re
	}
	return health.HTTP(spec)
}

// errFound ends the reading of a log.
var errFound = errors.New("found")

// watchLog waits for a line of the run's output. Once is enough: what has been
// said stays said.
func (p *probe) watchLog(ctx context.Context) {
	h := p.svc.Healthcheck
	re, err := regexp.Compile(h.Log)
	if err != nil { // the config was checked
		p.failed(err.Error())
		return
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	found := make(chan error, 1)
	go func() { // ends with reading, which ends with this function
		q := logstore.Query{Since: p.began.Add(-time.Second), Match: re, Clean: ansi.Plain, Follow: true}
		found <- logstore.Read(reading, []logstore.Source{{Name: p.name, Dir: p.c.logs(p.name)}}, q, func(l logstore.Line) error {
			if l.Run < p.run {
				return nil
			}
			return errFound
		})
	}()
	tick := time.NewTicker(time.Duration(h.Interval))
	defer tick.Stop()
	waiting := fmt.Sprintf("no line of its output matches %q yet", h.Log)
	p.waits(waiting)
	for {
		select {
		case err := <-found:
			if errors.Is(err, errFound) {
				p.passed()
			} else if ctx.Err() == nil {
				p.failed(fmt.Sprintf("its output can't be read: %v", err))
			}
			return
		case <-tick.C:
			p.failed(waiting)
		}
	}
}

// watchNotify listens to what the run says of itself.
func (p *probe) watchNotify(ctx context.Context) {
	n := p.notify
	if n == nil { // it was started by an earlier controller
		var err error
		if n, err = health.ListenNotify(p.c.notifySocket(p.name)); err != nil {
			p.failed(err.Error())
			return
		}
	}
	said := make(chan health.Message, 16)
	listening, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	defer func() { stop(); <-done }()
	go func() {
		defer close(done)
		n.Serve(listening, func(m health.Message) {
			select {
			case said <- m:
			case <-listening.Done():
			}
		})
	}()
	every := time.Duration(p.svc.Healthcheck.Interval)
	tick := time.NewTicker(every)
	defer tick.Stop()
	ready, watched := false, false
	var lived time.Time
	waiting := "it has not said READY=1 yet"
	p.waits(waiting)
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-said:
			if m.Watchdog {
				watched, lived = true, time.Now()
			}
			if m.Status != "" && !ready {
				waiting = m.Status
				p.waits(waiting)
			}
			if m.Ready || m.Watchdog && ready {
				ready = true
				p.passed()
			}
		case <-tick.C:
			switch {
			case !ready:
				p.failed(waiting)
			case watched && time.Since(lived) > every:
				p.failed(fmt.Sprintf("no WATCHDOG=1 for %s", time.Since(lived).Round(time.Millisecond)))
			}
		}
	}
}

// listenNotify makes the socket before the service that is given it runs.
func (c *Controller) listenNotify(name string) {
	svc, ok := c.project.Service(c.serviceOf(name))
	if !ok || !svc.Healthcheck.Notify {
		return
	}
	c.closeNotify(name)
	n, err := health.ListenNotify(c.notifySocket(name))
	if err != nil {
		c.log.Error("cannot listen to a service", "instance", name, "err", err) // the probe tries again, and tells
		return
	}
	c.notifies[name] = n
}

// closeNotify gives up a socket that no probe has taken over.
func (c *Controller) closeNotify(name string) {
	if n := c.notifies[name]; n != nil {
		n.Close()
		delete(c.notifies, name)
	}
}

// notifySocket is where a service says of itself how it is. Instances' names
// are long, and paths of sockets must not be.
func (c *Controller) notifySocket(instance string) string {
	return filepath.Join(c.place.Runtime, fmt.Sprintf("n%08x", crc32.ChecksumIEEE([]byte(instance))))
}

func (c *Controller) stopProbe(name string) {
	if cancel := c.probes[name]; cancel != nil {
		cancel()
		delete(c.probes, name)
	}
}

// ownsPort reports whether the tree below root listens on port, and who does
// otherwise. Where the system doesn't say, a listener is taken for the
// service: better too early than never.
func ownsPort(root, port int) (bool, string) {
	h, err := metrics.PortHolder(port)
	if err != nil || h == nil || h.Pid == 0 {
		return true, ""
	}
	trees, err := metrics.NewSampler().Sample(time.Now(), []int{root})
	if err != nil {
		return true, ""
	}
	for _, p := range trees[root].Procs {
		if p.Pid == h.Pid {
			return true, ""
		}
	}
	return false, fmt.Sprintf("%s (pid %d)", h.Name, h.Pid)
}
