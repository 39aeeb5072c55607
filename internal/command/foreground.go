package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"prox/internal/api"
	"prox/internal/logstore"
	"sync"
	"syscall"
)

// foreground starts services and stays: the merged log until Ctrl-C, or until
// nothing runs any more, or a service has failed for good.
func (a *app) foreground(p *project, req api.StartRequest) error {
	sigs := make(chan os.Signal, 4)
	signal.Notify(sigs, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(sigs)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	client, err := p.ensure(ctx)
	if err != nil {
		return err
	}
	defer client.Close()

	var tasks sync.WaitGroup
	follow, stopFollowing := context.WithCancel(ctx)
	sources := func() []logstore.Source {
		s, err := logstore.Sources(p.place.Logs())
		if err != nil {
			return nil // the folder comes with the first service
		}
		return s
	}
	old := sources()
	m := a.newMerged(old, false)
	m.alone = false
	if p.config != nil {
		for _, s := range p.config.Services {
			m.width = max(m.width, len(s.Name))
		}
	}
	tasks.Go(func() {
		err := logstore.Read(follow, old, logstore.Query{Tail: -1, Follow: true, Rescan: sources}, m.line)
		if err != nil && follow.Err() == nil {
			a.err.linef("prox: cannot follow the log: %v", err)
		}
	})
	resp, err := client.Start(ctx, req)
	if err != nil {
		stopFollowing()
		tasks.Wait()
		return err
	}
	for _, n := range resp.Notices {
		a.err.line("prox: " + n)
	}
	f := &inFront{a: a, client: client, over: make(chan struct{})}
	tasks.Go(func() { f.watch(follow, resp.Seq) })

	code := 0
	select {
	case <-sigs:
		a.err.line("prox: stopping everything; Ctrl-C again kills at once")
	case <-f.over:
		code = f.code
	}
	killed := make(chan error, 1)
	go func() {
		resp, err := client.Kill(ctx, api.StopRequest{})
		if err == nil {
			m.flush()
			err = a.stopped(resp, 0)
		}
		killed <- err
	}()
	for waiting := true; waiting; {
		select {
		case <-sigs:
			go func() { _, _ = client.Kill(ctx, api.StopRequest{Now: true}) }() // the first request answers
		case err = <-killed:
			waiting = false
		}
	}
	stopFollowing()
	tasks.Wait()
	m.flush()
	if err != nil {
		return err
	}
	return codeOf(code)
}

// inFront watches for the end of a project that runs in front.
type inFront struct {
	a      *app
	client *api.Client
	over   chan struct{} // closed when it is time to end
	code   int           // valid then
}

func (f *inFront) watch(ctx context.Context, seq uint64) {
	err := f.client.Events(ctx, seq, func(ev api.Event) error {
		switch ev.Kind {
		case api.EventNotice:
			f.a.err.line("prox: " + ev.Reason)
		case api.EventKill:
			return errSettled
		case api.EventState:
			f.a.err.linef("%s %s %s", f.a.err.state(ev.State, symbols[ev.State]), ev.Instance, because(api.Instance{State: ev.State, Reason: ev.Reason}))
			if ev.State.Up() {
				return nil
			}
			return f.settled(ctx)
		case api.EventExit:
		}
		return nil
	})
	if err != nil && !errors.Is(err, errSettled) && ctx.Err() == nil {
		f.a.err.linef("prox: lost sight of the project: %v", err)
		f.code = exitFailed
	}
	if ctx.Err() == nil {
		close(f.over)
	}
}

// settled ends the watch when a service has failed for good or nothing is up.
func (f *inFront) settled(ctx context.Context) error {
	st, err := f.client.Status(ctx)
	if err != nil {
		return fmt.Errorf("cannot ask for the status: %w", err)
	}
	up := false
	for _, i := range instances(st) {
		if i.State == api.Failed {
			f.code = exitFailed
			if e := i.Exit; e != nil && e.Code > 0 {
				f.code = e.Code
			} else if e != nil && e.Signal != "" {
				f.code = 128 + signalNumber(e.Signal)
			}
			return errSettled
		}
		up = up || i.State.Up() || i.State == api.Stopping
	}
	if up {
		return nil
	}
	return errSettled
}
