package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/logstore"
)

// settleOutput is how long the output must be quiet to be taken for complete,
// and outputLimit the most that is waited for it.
const (
	settleOutput = 150 * time.Millisecond
	outputLimit  = 2 * time.Second
)

// foreground shows the output of what was started until nothing of it is up.
type foreground struct {
	a      *app
	t      *target
	client *api.Client
	out    *merged
	mine   []string
	states map[string]api.State
	exits  map[string]*api.Exit
	seq    uint64
	code   int // of the first service that failed

	seen chan ended // runs whose output has been printed to its end
	ends map[string]int
}

// ended is a run whose output has been printed to its end.
type ended struct {
	name string
	run  int
}

// The ways in which a foreground ends.
var (
	errNothingUp = errors.New("nothing is up any more")
	errFailed    = errors.New("a service failed")
)

func (a *app) foreground(ctx context.Context, t *target, resp *api.StartResponse, began time.Time) error {
	// A pipe that breaks must end the services too, not only this process.
	signal.Ignore(syscall.SIGPIPE)
	defer signal.Reset(syscall.SIGPIPE)
	signals, stop := a.interrupts()
	defer stop()

	mine := append(slices.Clone(resp.Started), resp.Already...)
	f := &foreground{
		a: a, t: t, client: a.client(t.place), mine: mine,
		out:    newMerged(a, a.print.out, mine),
		states: map[string]api.State{}, exits: map[string]*api.Exit{},
		seq:  resp.Seq,
		seen: make(chan ended, 256), ends: map[string]int{},
	}
	defer f.client.Close()
	if len(resp.Already) > 0 {
		a.print.note("the project runs already: Ctrl-C here ends all of it, as if it had been started here")
	}
	for _, name := range resp.Already {
		f.states[name] = api.Ready // until it is known better
	}
	if st, err := f.client.Status(ctx); err == nil { // else the events will tell
		for _, s := range st.Services {
			for _, i := range s.Instances {
				if !slices.Contains(resp.Already, i.Name) {
					continue
				}
				f.states[i.Name] = i.State
				text := "runs already"
				if !i.State.Up() {
					text = string(i.State) + " already"
				}
				f.out.event(began, i.Name, text)
			}
		}
	}

	work, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	read := make(chan error, 1)
	wg.Go(func() { read <- f.read(work, began) })
	listened := make(chan error, 1)
	told := make(chan struct{}) // the last state has been told
	wg.Go(func() {
		defer close(told)
		listened <- f.listen(work)
	})

	var why error
	select {
	case <-signals:
		a.print.note("stopping; Ctrl-C again kills at once")
	case why = <-listened:
	case why = <-read:
	case <-ctx.Done():
		why = context.Cause(ctx)
	}
	err := f.end(context.WithoutCancel(ctx), why)
	// The ends of the runs are told after their output: it is still read.
	select {
	case <-told:
	case <-time.After(outputLimit):
	}
	f.settle()
	cancel()
	wg.Wait()
	if e := f.out.close(); err == nil {
		err = quiet(e)
	}
	if err == nil && f.code != 0 {
		return &exitError{code: f.code}
	}
	return err
}

// read prints the output of the instances from began on.
func (f *foreground) read(ctx context.Context, began time.Time) error {
	var sources []logstore.Source // of folders that may not be there yet
	for _, name := range f.mine {
		sources = append(sources, logstore.Source{Name: name, Dir: logstore.Folder(f.t.place.Logs(), name)})
	}
	err := logstore.Read(ctx, sources, logstore.Query{Since: began, Follow: true, Marks: true}, func(l logstore.Line) error {
		switch l.Mark {
		case 0:
			return f.out.line(l)
		case logstore.MarkLost:
			f.out.event(l.Time, l.Source, fmt.Sprintf("%d KiB of its output could not be kept", l.Value))
		case logstore.MarkExited:
			select {
			case f.seen <- ended{l.Source, l.Run}:
			default: // nobody waits for this one
			}
		}
		return nil
	})
	if ctx.Err() == nil {
		return err
	}
	return nil // it was told to end
}

// listen follows the states until nothing is up, or a service has failed.
func (f *foreground) listen(ctx context.Context) error {
	if !f.up() {
		return errNothingUp
	}
	for {
		err := f.client.Events(ctx, f.seq, f.take)
		if stopped := ctx.Err(); stopped != nil {
			return stopped // nobody waits for it any more
		}
		switch {
		case errors.Is(err, errNothingUp), errors.Is(err, errFailed), errors.Is(err, errEnded):
			return err
		case errors.Is(err, launch.ErrNotRunning):
			return errEnded
		}
		select {
		case <-time.After(redial):
		case <-ctx.Done():
			return ctx.Err()
		}
		// Events may have been missed.
		st, err := f.client.Status(ctx)
		if errors.Is(err, launch.ErrNotRunning) {
			return errEnded
		}
		if err != nil {
			continue
		}
		if err := f.resync(st); err != nil {
			return err
		}
	}
}

func (f *foreground) resync(st *api.Status) error {
	for _, s := range st.Services {
		for _, i := range s.Instances {
			if !slices.Contains(f.mine, i.Name) || f.states[i.Name] == i.State {
				continue
			}
			if err := f.take(api.Event{Seq: f.seq, Time: time.Now(), Kind: api.EventState, Instance: i.Name, State: i.State, Reason: i.Reason, Exit: i.Exit}); err != nil {
				return err
			}
		}
	}
	return nil
}

// up reports whether an instance is up, or not heard of yet.
func (f *foreground) up() bool {
	return slices.ContainsFunc(f.mine, func(name string) bool {
		s, ok := f.states[name]
		return !ok || s.Up() || s == api.Stopping
	})
}

// take prints what an event says.
func (f *foreground) take(ev api.Event) error {
	f.seq = ev.Seq
	if ev.Kind == api.EventKill {
		return errEnded
	}
	if ev.Kind == api.EventNotice && (ev.Instance == "" || slices.Contains(f.mine, ev.Instance)) {
		f.a.print.note("%s", plain(ev.Reason))
		return nil
	}
	if !slices.Contains(f.mine, ev.Instance) {
		return nil
	}
	if ev.Exit != nil {
		f.exits[ev.Instance] = ev.Exit
	}
	if ev.Kind != api.EventState {
		return nil
	}
	before := f.states[ev.Instance]
	f.states[ev.Instance] = ev.State
	switch ev.State {
	case api.Ready, api.Unhealthy, api.Backoff, api.Failed, api.Done, api.Stopped:
		if ev.State != before {
			f.tell(ev)
		}
	}
	if ev.State == api.Failed {
		f.code = exitFailed
		if e := f.exits[ev.Instance]; e != nil {
			f.code = codeOf(*e)
		}
		return errFailed
	}
	if !f.up() {
		return errNothingUp
	}
	return nil
}

// tell prints a state; the end of a run after what was printed in it.
func (f *foreground) tell(ev api.Event) {
	text := string(ev.State)
	if ev.Reason != "" {
		text += ": " + ev.Reason
	}
	if e := f.exits[ev.Instance]; e != nil && e.Error == "" && ev.State != api.Ready {
		f.awaitOutput(ev.Instance, e.Run)
	}
	f.out.event(ev.Time, ev.Instance, text)
}

// awaitOutput returns when a run's output has been printed to its end, or has
// not been for long.
func (f *foreground) awaitOutput(name string, run int) {
	limit := time.NewTimer(outputLimit)
	defer limit.Stop()
	for f.ends[name] < run {
		select {
		case e := <-f.seen:
			f.ends[e.name] = max(f.ends[e.name], e.run)
		case <-limit.C:
			f.ends[name] = run
		}
	}
}

// codeOf is an exit as a shell would put it.
func codeOf(e api.Exit) int {
	if e.Signal != "" {
		if n := int(unix.SignalNum(e.Signal)); n > 0 {
			return 128 + n
		}
		return exitFailed
	}
	if e.Code <= 0 || e.Code > 255 {
		return exitFailed
	}
	return e.Code
}

// end stops everything, unless somebody else has.
func (f *foreground) end(ctx context.Context, why error) error {
	if errors.Is(why, errEnded) {
		f.a.print.note("the project was ended")
		return nil
	}
	if errors.Is(why, errFailed) {
		f.a.print.note("a service failed: stopping everything")
	}
	by := "prox start -f"
	switch {
	case why == nil:
		by = "Ctrl-C"
	case errors.Is(why, errFailed):
		by += ", as a service failed"
	}
	known := why == nil || errors.Is(why, errNothingUp) || errors.Is(why, errFailed)
	resp, err := f.stop(ctx, by)
	if errors.Is(err, launch.ErrNotRunning) || err != nil && errors.Is(why, errNothingUp) && !launch.Remembered(f.t.place) {
		err = nil // somebody else has ended it meanwhile
	}
	if err == nil && resp != nil {
		f.client.Close()
		gone(ctx, f.t)
		err = f.summary(resp)
	}
	if err == nil && !known {
		err = quiet(why)
	}
	return err
}

// stop kills the project, saying by what; Ctrl-C hastens it.
func (f *foreground) stop(ctx context.Context, by string) (*api.StopResponse, error) {
	signals, quiet := f.a.interrupts()
	defer quiet()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var resp *api.StopResponse
	done := make(chan error, 1)
	go func() { // ends with ctx at the latest
		var err error
		resp, err = f.client.Kill(ctx, api.StopRequest{By: by})
		done <- err
	}()
	for pressed := 0; ; {
		select {
		case err := <-done:
			return resp, err
		case <-signals:
			if pressed++; pressed > 1 {
				return nil, &exitError{code: exitInterrupted, err: errors.New("no longer waiting; the controller goes on")}
			}
			f.a.print.note("killing at once")
			go func() { _, _ = f.client.Kill(ctx, api.StopRequest{Now: true}) }() // the first request tells the result
		}
	}
}

// summary says what the stop has come to, on standard error: standard output
// is the services'.
func (f *foreground) summary(resp *api.StopResponse) error {
	for _, n := range resp.Notices {
		f.a.print.note("%s", plain(n))
	}
	for _, p := range resp.Forced {
		f.a.print.note("had to kill %s", process(p))
	}
	var left []string
	for _, p := range resp.Left {
		left = append(left, process(p))
	}
	text := fmt.Sprintf("%s stopped, %s left", count(len(resp.Stopped), "service"), count(len(resp.Left), "process"))
	if len(left) > 0 {
		return errors.New(text + ": " + strings.Join(left, ", "))
	}
	f.a.print.note("%s", text)
	return nil
}

// settle waits until the last output has been shown.
func (f *foreground) settle() {
	for end := time.Now().Add(outputLimit); time.Now().Before(end); time.Sleep(settleOutput / 5) {
		if time.Since(f.out.quietSince()) > settleOutput {
			return
		}
	}
}
