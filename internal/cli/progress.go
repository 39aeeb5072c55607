package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fatih/color"

	"prox/internal/api"
	"prox/internal/launch"
)

// redial is how long to wait before a controller that went away is asked
// again; the shims bring it back within a second or so.
const redial = 100 * time.Millisecond

var (
	errSettled = errors.New("everything is settled")
	errEnded   = errors.New("the project was ended meanwhile")
)

// progress follows instances until each is ready or will not be.
type progress struct {
	screen  live
	a       *app
	target  *target
	client  *api.Client
	began   time.Time
	seq     uint64
	order   []string // instances that are waited for
	tracks  map[string]*track
	deps    map[string][]string // service -> services
	nameLen int
	noted   []string   // what the answer to the start said already
	mu      sync.Mutex // guards all of it while the events and the ticks come
}

// track is what has been seen of one instance.
type track struct {
	name, service string
	port          int
	state         api.State // "" until the first event
	reason        string
	since         time.Time
	starting      time.Time // when this run began
	planned       bool      // it waits for the time of its next run
	told          bool      // its first crash has been shown with its last lines
}

// bad reports that the instance will not be ready by itself.
func (t *track) bad() bool { return t.state == api.Failed || t.state == api.Stopped }

// fine reports that it can be used.
func (t *track) fine() bool {
	return t.state == api.Ready || t.state == api.Done || t.state == api.Waiting && t.planned
}

// notReadyError names what did not become ready.
type notReadyError struct {
	names   []string
	timeout time.Duration // 0: they have failed
	first   string
}

func (e *notReadyError) Error() string {
	what := strings.Join(e.names, ", ")
	if e.timeout > 0 {
		return fmt.Sprintf("not ready after %s: %s; what runs goes on", e.timeout, what)
	}
	return "not ready: " + what
}

// Hint names the command that tells more.
func (e *notReadyError) Hint() string { return "prox why " + e.first }

// follow prints a line for each instance as it becomes ready, until all of
// them are settled. It returns how many came how far.
func (a *app) follow(ctx context.Context, t *target, client *api.Client, resp *api.StartResponse, began time.Time, timeout time.Duration) (tally, error) {
	p := &progress{a: a, target: t, client: client, began: began, seq: resp.Seq, tracks: map[string]*track{}, deps: map[string][]string{}, noted: resp.Notices}
	p.screen.a = a
	if err := p.begin(ctx, resp); err != nil {
		return tally{}, err
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, &notReadyError{timeout: timeout})
		defer cancel()
	}
	ctx, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	signals, stop := a.interrupts()
	defer stop()
	go func() { // ends with ctx, which ends with this function
		select {
		case <-signals:
			interrupt(errInterrupted)
		case <-ctx.Done():
		}
	}()
	err := p.watch(ctx)
	return p.tally(), p.verdict(ctx, err)
}

// errInterrupted is the cause of a context that Ctrl-C has ended.
var errInterrupted = errors.New("interrupted")

// begin learns what is to be waited for, and says what runs already.
func (p *progress) begin(ctx context.Context, resp *api.StartResponse) error {
	st, err := p.client.Status(ctx)
	if err != nil {
		return p.target.explain(err)
	}
	var mine []string
	var already []api.Instance
	for _, s := range st.Services {
		p.deps[s.Name] = s.DependsOn
		for _, i := range s.Instances {
			started := slices.Contains(resp.Started, i.Name)
			if !started && !slices.Contains(resp.Already, i.Name) {
				continue
			}
			mine = append(mine, i.Name)
			t := &track{name: i.Name, service: s.Name, port: i.Port, starting: p.began}
			if !started {
				t.state, t.reason, t.since, t.planned = i.State, i.Reason, p.began, i.Schedule != "" && i.NextAt != nil
				if t.fine() {
					already = append(already, i)
					continue
				}
			}
			p.tracks[i.Name] = t
			p.order = append(p.order, i.Name)
		}
	}
	p.nameLen = widest(mine)
	for _, i := range already {
		p.already(i)
	}
	return nil
}

func (p *progress) already(i api.Instance) {
	pid := ""
	if i.Pid != nil {
		pid = fmt.Sprintf(" (pid %d)", *i.Pid)
	}
	if i.State == api.Waiting && i.NextAt != nil {
		p.line("·", color.Faint, i.Name, "next run at "+clock(*i.NextAt, time.Now()))
		return
	}
	if i.State == api.Done {
		p.line("·", color.Faint, i.Name, "done already")
		return
	}
	p.line("·", color.Faint, i.Name, "runs already"+pid)
}

// line prints one line about an instance.
func (p *progress) line(sign string, c color.Attribute, name, text string) {
	p.screen.clear()
	p.a.print.say("%s %s  %s", p.a.print.paint(sign, c), pad(name, p.nameLen), text)
}

// listen takes in events until all is settled. A controller that dies
// meanwhile is asked again: it comes back with what it knew.
func (p *progress) listen(ctx context.Context) error {
	for !p.allSettled() {
		err := p.client.Events(ctx, p.seq, func(ev api.Event) error { return p.take(ctx, ev) })
		switch {
		case errors.Is(err, errSettled):
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errEnded):
			return err
		case errors.Is(err, launch.ErrNotRunning):
			return errEnded
		}
		select {
		case <-time.After(redial):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := p.resync(ctx); err != nil {
			return err
		}
	}
	return nil
}

// resync asks for the states, because events may have been missed.
func (p *progress) resync(ctx context.Context) error {
	st, err := p.client.Status(ctx)
	switch {
	case errors.Is(err, launch.ErrNotRunning):
		return errEnded
	case err != nil:
		st = &api.Status{} // it is coming up: the next look will tell
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range st.Services {
		for _, i := range s.Instances {
			if t := p.tracks[i.Name]; t != nil && t.state != i.State {
				p.enter(t, api.Event{State: i.State, Reason: i.Reason, Time: time.Now(), NextAt: i.NextAt})
			}
		}
	}
	return nil
}

// take takes in one event.
func (p *progress) take(ctx context.Context, ev api.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq = ev.Seq
	switch ev.Kind {
	case api.EventKill:
		return errEnded
	case api.EventNotice:
		if slices.Contains(p.noted, ev.Reason) {
			return nil // the answer had it
		}
		p.screen.clear()
		p.a.print.note("%s", plain(ev.Reason))
	case api.EventState:
		if t := p.tracks[ev.Instance]; t != nil {
			p.enter(t, ev)
			if t.state == api.Backoff && !t.told {
				t.told = true
				p.lastWords(ctx, t.name)
			}
		}
	}
	if p.settled() {
		return errSettled
	}
	return nil
}

// lastWordsKept is how many lines a first crash is shown with: enough for what
// most programs say when they can't start. The rest is in prox why.
const lastWordsKept = 3

// lastWords prints the last lines of a service that is being restarted: whoever
// waits need not wait for it to be given up to see why.
func (p *progress) lastWords(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, reportTime)
	defer cancel()
	x, err := p.client.Explain(ctx, name)
	if err != nil {
		return // the line that was printed says why
	}
	p.screen.clear()
	for _, l := range x.Lines[max(0, len(x.Lines)-lastWordsKept):] {
		p.a.print.say("  %s%s %s", pad("", p.nameLen), p.a.print.paint("|", color.Faint), p.a.clean([]byte(l)))
	}
}

// enter moves an instance to a state, and says what a person wants to know.
func (p *progress) enter(t *track, ev api.Event) {
	s, at := ev.State, ev.Time
	if t.state != s {
		t.since = at
	}
	t.state, t.reason, t.planned = s, plain(ev.Reason), s == api.Waiting && ev.NextAt != nil
	if t.planned {
		p.line("·", color.Faint, t.name, "next run at "+clock(*ev.NextAt, time.Now()))
		return
	}
	switch s {
	case api.Starting:
		t.starting = at
		return
	case api.Ready, api.Done, api.Failed, api.Backoff, api.Stopped, api.Unhealthy:
	default:
		return
	}
	took := span(at.Sub(t.starting))
	switch s {
	case api.Ready:
		text := "ready in " + took
		if t.port != 0 {
			text += fmt.Sprintf("  :%d", t.port)
		}
		p.line("✓", color.FgGreen, t.name, text)
	case api.Done:
		p.line("✓", color.FgGreen, t.name, "done in "+took)
	case api.Failed:
		p.line("✗", color.FgRed, t.name, orElse(t.reason, "failed"))
	case api.Backoff:
		p.line("!", color.FgYellow, t.name, orElse(t.reason, "restarting"))
	case api.Stopped:
		p.line("○", color.Faint, t.name, orElse(t.reason, "stopped"))
	case api.Unhealthy:
		p.line("▲", color.FgRed, t.name, orElse(t.reason, "unhealthy"))
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (p *progress) allSettled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settled()
}

// settled reports that nothing is left that could still become ready.
func (p *progress) settled() bool {
	for _, name := range p.order {
		t := p.tracks[name]
		if !t.fine() && !t.bad() && p.blocker(t, 0) == "" {
			return false
		}
	}
	return true
}

// blocker names the service that keeps an instance from ever starting.
func (p *progress) blocker(t *track, depth int) string {
	if t.state != api.Waiting || depth > len(p.order) {
		return ""
	}
	for _, service := range p.deps[t.service] {
		for _, name := range p.order {
			d := p.tracks[name]
			if d.service != service {
				continue
			}
			if d.bad() {
				return service
			}
			if by := p.blocker(d, depth+1); by != "" {
				return by
			}
		}
	}
	return ""
}

// tally is how far instances have come.
type tally struct{ ready, done, planned int }

func (p *progress) tally() tally {
	var n tally
	for _, t := range p.tracks {
		switch {
		case t.state == api.Ready:
			n.ready++
		case t.state == api.Done:
			n.done++
		case t.fine():
			n.planned++
		}
	}
	return n
}

// String says "2 services ready, 1 task done".
func (n tally) String() string {
	var words []string
	if n.ready > 0 || n.done+n.planned == 0 {
		words = append(words, count(n.ready, "service")+" ready")
	}
	if n.done > 0 {
		words = append(words, count(n.done, "task")+" done")
	}
	if n.planned > 0 {
		words = append(words, fmt.Sprintf("%d planned", n.planned))
	}
	return strings.Join(words, ", ")
}

// verdict makes the end of the wait an error, with all that helps.
func (p *progress) verdict(ctx context.Context, err error) error {
	var late *notReadyError
	switch {
	case err == nil:
		return p.unready(ctx, &notReadyError{})
	case errors.Is(err, errInterrupted):
		p.a.print.note("no longer waiting; what was started goes on coming up")
		p.a.print.note("hint: prox status, prox kill")
		return &exitError{code: exitInterrupted}
	case errors.Is(err, errEnded):
		return &exitError{code: exitNotReady, err: errEnded}
	case errors.As(err, &late):
		return p.unready(ctx, late)
	}
	return p.target.explain(err)
}

// lateness says what an instance is waiting for, and since when.
func (p *progress) lateness(t *track) string {
	if t.state == "" {
		return "not begun"
	}
	text := string(t.state)
	switch {
	case strings.HasPrefix(t.reason, text):
		text = t.reason
	case t.reason != "":
		text += ": " + t.reason
	}
	if t.state == api.Running && t.reason == "" && t.port != 0 {
		text += fmt.Sprintf(": nothing listens on port %d yet", t.port)
	}
	if !t.since.IsZero() {
		text += ", for " + span(time.Since(t.since))
	}
	return text
}

// unready says of each instance that is not ready why, with a crash report for
// what failed; nil when there is none.
func (p *progress) unready(ctx context.Context, e *notReadyError) error {
	for _, name := range p.order {
		t := p.tracks[name]
		if t.fine() {
			continue
		}
		e.names = append(e.names, name)
		switch by := p.blocker(t, 0); {
		case by != "":
			p.line("–", color.Faint, name, "not started: it depends on "+by)
			continue
		case !t.bad():
			p.line("…", color.FgYellow, name, p.lateness(t))
		}
		if e.first == "" {
			e.first = name
		}
	}
	if len(e.names) == 0 {
		return nil
	}
	if e.first == "" {
		e.first = e.names[0]
	}
	if err := p.crashes(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return &exitError{code: exitNotReady, err: e}
}

// reportTime bounds how long the controller may take to tell of a crash.
const reportTime = 5 * time.Second

// crashes prints a crash report for each instance that failed. What failed
// because there is no fit tmux comes back as an error, which says what to do.
func (p *progress) crashes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reportTime)
	defer cancel()
	for _, name := range p.order {
		if p.tracks[name].state != api.Failed {
			continue
		}
		x, err := p.client.Explain(ctx, name)
		if err != nil {
			continue // the line that was printed says why
		}
		if x.Instance.Exit == nil { // it never ran
			if err := p.a.server(api.Tmux{}).Check(ctx); err != nil {
				return &exitError{code: exitNotReady, err: err}
			}
		}
		p.a.crash(p.a.print.err, x)
	}
	return nil
}
