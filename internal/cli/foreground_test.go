package cli

import (
	"context"
	"os"
	"testing"
	"time"

	"prox/internal/api"
)

// front is a fake that is killed once, with what it was asked.
func front(t *testing.T, events func(context.Context, uint64) (<-chan api.Event, error)) (*fake, chan api.StopRequest) {
	t.Helper()
	kills := make(chan api.StopRequest, 4)
	return &fake{
		start: func(api.StartRequest) (*api.StartResponse, error) {
			return &api.StartResponse{Started: []string{"db", "web"}}, nil
		},
		events: events,
		kill: func(r api.StopRequest) (*api.StopResponse, error) {
			kills <- r
			return &api.StopResponse{Stopped: []string{"db"}}, nil
		},
	}, kills
}

func exit(name string, e api.Exit) api.Event {
	return api.Event{Kind: api.EventExit, Instance: name, Exit: &e}
}

func TestForegroundEndsWithTheCodeOfWhatFailed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		exit api.Exit
		code int
	}{
		{api.Exit{Run: 1, Code: 9, Text: "exit code 9"}, 9},
		{api.Exit{Run: 1, Code: -1, Signal: "SIGSEGV"}, 139},
		{api.Exit{Run: 1, Code: -1, Error: "cannot start x: command not found"}, 1},
	} {
		w := newWorld(t, "prox.toml", shopConfig)
		l := w.log("web")
		f, kills := front(t, func(ctx context.Context, seq uint64) (<-chan api.Event, error) {
			if c.exit.Error == "" {
				if err := l.MarkStart(time.Now(), 1); err != nil {
					t.Error(err)
				}
				put(t, l, time.Now(), "the last words\n")
				if err := l.MarkExit(time.Now(), 1, c.exit.Code, 0); err != nil {
					t.Error(err)
				}
				if err := l.Flush(); err != nil {
					t.Error(err)
				}
			}
			return script(to("db", api.Ready, ""), exit("web", c.exit), to("web", api.Failed, "gave up"))(ctx, seq)
		})
		w.serve(f)
		w.run(c.code, "start", "-f")
		wants(t, w.out.String(), "db   | — ready\n")
		if c.exit.Error == "" {
			wants(t, w.out.String(), "web  | the last words\n", "web  | — failed: gave up\n")
		}
		wants(t, w.err.String(), "a service failed: stopping everything", "1 service stopped, 0 processes left")
		if r := <-kills; r.Now {
			t.Error("it was killed without grace")
		}
	}
}

func TestForegroundEndsWhenNothingIsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	f, kills := front(t, script(to("db", api.Ready, ""), to("web", api.Done, ""), to("db", api.Stopped, "stopped by hand")))
	w.serve(f)
	w.run(0, "start", "-f")
	wants(t, w.out.String(), "— ready", "— done", "— stopped: stopped by hand")
	if len(kills) != 1 {
		t.Errorf("%d kills", len(kills))
	}
}

func TestForegroundStopsAtCtrlCAndKillsAtTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	f, _ := front(t, func(ctx context.Context, seq uint64) (<-chan api.Event, error) {
		w.signals <- os.Interrupt
		return script(to("db", api.Ready, ""))(ctx, seq)
	})
	now := make(chan struct{})
	f.kill = func(r api.StopRequest) (*api.StopResponse, error) {
		if r.Now {
			close(now)
			return &api.StopResponse{}, nil
		}
		w.signals <- os.Interrupt
		select {
		case <-now:
		case <-time.After(patience):
			t.Error("nobody asked for now")
		}
		return &api.StopResponse{Forced: []api.Process{{Instance: "db", Pid: 5, Name: "db"}}}, nil
	}
	w.serve(f)
	w.run(0, "start", "-f")
	wants(t, w.err.String(), "stopping; Ctrl-C again kills at once", "killing at once", "had to kill pid 5 (db) of db")
}

func TestForegroundOfAProjectThatSomebodyElseEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	f, kills := front(t, script(api.Event{Kind: api.EventKill}))
	w.serve(f)
	w.run(0, "start", "-f")
	wants(t, w.err.String(), "the project was ended")
	if len(kills) != 0 {
		t.Error("it was killed again")
	}
}

// TestForegroundShowsOnlyWhatComes, not the past.
func TestForegroundShowsOnlyWhatComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	l := w.log("db")
	put(t, l, time.Now().Add(-time.Hour), "an old line\n")
	f, _ := front(t, func(ctx context.Context, seq uint64) (<-chan api.Event, error) {
		put(t, l, time.Now(), "a new line\n")
		c := make(chan api.Event, 2)
		go func() {
			await(t, w.out, "a new line")
			c <- api.Event{Seq: 1, Kind: api.EventKill}
		}()
		return c, nil
	})
	w.serve(f)
	w.run(0, "start", "-f")
	wantNot(t, w.out.String(), "an old line")
}
