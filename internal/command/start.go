package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"prox/config"
	"prox/internal/api"
	"slices"
	"time"

	"golang.org/x/term"
)

type startCmd struct {
	Names      []string      `arg:"" optional:"" name:"service" help:"Services; or a file to run, with its arguments. All services when none is named."`
	Foreground bool          `short:"f" help:"Show the merged log and stop everything at Ctrl-C (twice: at once)."`
	Wait       bool          `default:"true" negatable:"" help:"Wait until everything is ready."`
	Timeout    time.Duration `default:"60s" help:"How long to wait."`
	JSON       bool          `name:"json" help:"Print the answer for a program."`
}

// Help is the part of the help below the flags.
func (startCmd) Help() string {
	return `Examples:
  prox start                 everything, in the order of dependency
  prox start api             api and what it depends on
  prox start -f              in front, as foreman does; Ctrl-C stops all
  prox start app.js --port 1 a file, by the interpreter it needs

Starting what runs is fine. Ctrl-C while waiting stops the waiting, not the
services. Exit codes: 0 all ready, 1 nothing was started, 4 bad config,
5 a service did not become ready.`
}

func (c *startCmd) Run(a *app) error {
	p, ad, err := a.toStart(c.Names)
	if err != nil {
		return err
	}
	req := a.startRequest(p)
	if ad != nil {
		req.AdHoc = ad
	} else {
		req.Services = c.Names
	}
	if c.Foreground {
		return a.foreground(p, req)
	}
	return a.startAndWait(p, req, c.Wait, c.Timeout, c.JSON)
}

// toStart tells services from a file to run.
func (a *app) toStart(names []string) (*project, *api.AdHoc, error) {
	p, err := a.project(true)
	if len(names) == 0 || err != nil && !errors.Is(err, config.ErrNoConfig) {
		return p, nil, err
	}
	if err == nil {
		if _, ok := p.config.Service(names[0]); ok {
			return p, nil, nil
		}
	}
	path, aerr := filepath.Abs(names[0])
	if fi, serr := os.Stat(path); aerr != nil || serr != nil || fi.IsDir() {
		return p, nil, err
	}
	if err != nil {
		if p, err = adHocProject("."); err != nil {
			return nil, nil, err
		}
	}
	return p, &api.AdHoc{Dir: filepath.Dir(path), File: path, Argv: names[1:]}, nil
}

func (a *app) startRequest(p *project) api.StartRequest {
	req := api.StartRequest{Config: p.file, Name: p.place.Name, Dir: p.place.Dir, Env: environ()}
	req.Tmux, req.Private = tmuxServer()
	if w, h, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		req.Width, req.Height = w, h
	}
	return req
}

// startAndWait starts services, and tells how it goes.
func (a *app) startAndWait(p *project, req api.StartRequest, wait bool, timeout time.Duration, asJSON bool) error {
	ctx, stop := interruptible()
	defer stop()
	began := time.Now()
	client, err := p.ensure(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	resp, err := client.Start(ctx, req)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(resp)
	}
	w := newWaiting(a, p, client, resp, began)
	if err := w.already(ctx); err != nil {
		return err
	}
	if !wait || len(resp.Started) == 0 {
		for _, n := range resp.Notices {
			a.err.line("prox: " + n)
		}
		w.summary()
		return nil
	}
	return w.run(ctx, timeout)
}

// waiting follows services until each is ready or never will be.
type waiting struct {
	a      *app
	p      *project
	client *api.Client
	resp   *api.StartResponse
	began  time.Time

	pending []string // instances
	ready   int
	failed  []string
	told    map[string]bool // notices
	width   int
}

func newWaiting(a *app, p *project, client *api.Client, resp *api.StartResponse, began time.Time) *waiting {
	w := &waiting{a: a, p: p, client: client, resp: resp, began: began, pending: slices.Clone(resp.Started), told: map[string]bool{}}
	for _, name := range append(slices.Clone(resp.Started), resp.Already...) {
		w.width = max(w.width, len(name))
	}
	return w
}

// already tells of what ran before.
func (w *waiting) already(ctx context.Context) error {
	if len(w.resp.Already) == 0 {
		return nil
	}
	st, err := w.client.Status(ctx)
	if err != nil {
		return err
	}
	for _, i := range instances(st) {
		if !slices.Contains(w.resp.Already, i.Name) {
			continue
		}
		what := string(i.State)
		if i.Pid != nil {
			what = fmt.Sprintf("runs already (pid %d)", *i.Pid)
		}
		w.a.out.linef("%s %-*s  %s", symbols[i.State], w.width, i.Name, what)
	}
	return nil
}

// errSettled ends the stream of events.
var errSettled = errors.New("settled")

func (w *waiting) run(ctx context.Context, timeout time.Duration) error {
	wait, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	for _, n := range w.resp.Notices {
		w.notice(n)
	}
	err := w.client.Events(wait, w.resp.Seq, func(ev api.Event) error {
		w.event(ctx, ev)
		if len(w.pending) == 0 {
			return errSettled
		}
		return nil
	})
	switch {
	case errors.Is(context.Cause(wait), errTimeout):
		return w.late(ctx, timeout)
	case errors.Is(context.Cause(ctx), errInterrupted):
		w.a.err.line("prox: no longer waiting; the services keep coming up (prox status)")
		return codeError(exitInterrupted)
	case err != nil && !errors.Is(err, errSettled):
		return fmt.Errorf("lost sight of the project while it came up: %w", err)
	}
	w.summary()
	if len(w.failed) > 0 {
		return codeError(exitNotReady)
	}
	return nil
}

var errTimeout = errors.New("timeout")

func (w *waiting) drop(name string) bool {
	k := slices.Index(w.pending, name)
	if k < 0 {
		return false
	}
	w.pending = slices.Delete(w.pending, k, k+1)
	return true
}

func (w *waiting) notice(text string) {
	if !w.told[text] {
		w.told[text] = true
		w.a.err.line("prox: " + text)
	}
}

func (w *waiting) event(ctx context.Context, ev api.Event) {
	switch ev.Kind {
	case api.EventNotice:
		w.notice(ev.Reason)
	case api.EventKill:
		w.a.err.line("prox: the project was ended: " + ev.Reason)
		w.failed, w.pending = append(w.failed, w.pending...), nil
	case api.EventState:
		w.state(ctx, ev)
	case api.EventExit:
	}
}

func (w *waiting) state(ctx context.Context, ev api.Event) {
	out := w.a.out
	name := fmt.Sprintf("%-*s", w.width, ev.Instance)
	took := brief(ev.Time.Sub(w.began))
	switch ev.State {
	case api.Ready:
		if w.drop(ev.Instance) {
			w.ready++
			out.linef("%s %s  ready in %s%s", out.green("✓"), name, took, w.port(ev.Service))
		}
	case api.Done:
		if w.drop(ev.Instance) {
			w.ready++
			out.linef("%s %s  done in %s", out.green("✓"), name, took)
		}
	case api.Backoff:
		if slices.Contains(w.pending, ev.Instance) {
			out.linef("%s %s  %s", out.state(api.Backoff, "↻"), name, ev.Reason)
		}
	case api.Failed:
		if w.drop(ev.Instance) {
			w.failed = append(w.failed, ev.Instance)
			out.linef("%s %s  %s", out.red("✗"), name, ev.Reason)
			w.a.crash(ctx, w.client, ev.Instance)
			w.dropBlocked(ctx)
		}
	case api.Stopped:
		if w.drop(ev.Instance) {
			w.failed = append(w.failed, ev.Instance)
			out.linef("· %s  stopped: %s", name, ev.Reason)
			w.dropBlocked(ctx)
		}
	default:
	}
}

func (w *waiting) port(service string) string {
	if w.p.config == nil {
		return ""
	}
	if s, ok := w.p.config.Service(service); ok && s.Port != 0 {
		return fmt.Sprintf("  :%d", s.Port)
	}
	return ""
}

// dropBlocked gives up on what waits for something that has failed.
func (w *waiting) dropBlocked(ctx context.Context) {
	st, err := w.client.Status(ctx)
	if err != nil {
		return // the event stream says why
	}
	for more := true; more; {
		more = false
		for _, s := range st.Services {
			for _, i := range s.Instances {
				for _, d := range s.DependsOn {
					if slices.Contains(w.failed, d) && i.State == api.Waiting && w.drop(i.Name) {
						w.failed, more = append(w.failed, i.Name), true
						w.a.out.linef("%s %-*s  not started: it waits for %s", w.a.out.red("✗"), w.width, i.Name, d)
					}
				}
			}
		}
	}
}

// late says what the wait was for when its time is up.
func (w *waiting) late(ctx context.Context, timeout time.Duration) error {
	st, err := w.client.Status(ctx)
	if err != nil {
		return err
	}
	w.a.err.linef("%s not ready within %s:", w.a.err.red("prox:"), timeout)
	for _, i := range instances(st) {
		if slices.Contains(w.pending, i.Name) {
			w.a.err.linef("  %s is %s", i.Name, because(i))
		}
	}
	w.a.err.line(w.a.err.faint("prox: hint: they keep coming up; prox why NAME tells more, prox kill ends all"))
	return codeError(exitNotReady)
}

// because is a state and its reason.
func because(i api.Instance) string {
	if i.Reason == "" {
		return string(i.State)
	}
	return string(i.State) + ": " + i.Reason
}

// summary is the last line of a start.
func (w *waiting) summary() {
	a := w.a
	how := "prox attach"
	if s := w.resp.Session; s != "" && !w.resp.Tmux.Private {
		how = "tmux attach -t " + s
	}
	switch {
	case len(w.failed) > 0:
		a.out.linef("%s, %d failed · prox status · prox why %s", count(w.ready+len(w.resp.Already), "ready"), len(w.failed), w.failed[0])
	case len(w.resp.Started) == 0:
		a.out.linef("%s · %s · prox status", count(len(w.resp.Already), "up already"), how)
	case len(w.pending) > 0:
		a.out.linef("%s · %s · prox status", count(len(w.pending), "coming up"), how)
	default:
		a.out.linef("%s in %s · %s · prox status", count(w.ready, "ready"), brief(time.Since(w.began)), how)
	}
}

// count is "1 service ready", "4 services ready".
func count(n int, rest string) string {
	thing := "service"
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s %s", n, thing, rest)
}

// brief is a duration as a person says it.
func brief(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}

// instances are those of all services, in order.
func instances(st *api.Status) []api.Instance {
	var all []api.Instance
	for _, s := range st.Services {
		all = append(all, s.Instances...)
	}
	return all
}
