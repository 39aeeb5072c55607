package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"prox/internal/api"
	"prox/internal/place"
)

func TestStopSaysWhatItVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{stop: func(r api.StopRequest) (*api.StopResponse, error) {
		if !slices.Equal(r.Services, []string{"web", "db"}) || !r.Now {
			t.Errorf("the request was %+v", r)
		}
		return &api.StopResponse{
			Stopped: []string{"web"}, NotRunning: []string{"db"},
			Forced: []api.Process{{Instance: "web", Pid: 123, Name: "no\x1b[2Jde"}},
		}, nil
	}})
	w.run(0, "stop", "--now", "web", "db")
	wants(t, w.out.String(), "db was not running\n", "had to kill pid 123 (node) of web\n", "1 service stopped, 0 processes left\n")
}

func TestStopThatLeavesSomethingFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{stop: func(api.StopRequest) (*api.StopResponse, error) {
		return &api.StopResponse{Stopped: []string{"web"}, Left: []api.Process{{Pid: 9, Name: "nfs"}, {Pid: 10}}}, nil
	}})
	w.run(exitFailed, "stop")
	wants(t, w.err.String(), "could not kill pid 9 (nfs)", "could not kill pid 10", "prox: 1 service stopped, 2 processes left\n")
	if w.out.String() != "" {
		t.Errorf("it was called a success: %s", w.out)
	}
}

func TestStopOfAnUnknownService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{stop: func(api.StopRequest) (*api.StopResponse, error) {
		return nil, &api.Error{Kind: api.KindNoService, Message: `no service "wbe"`, HintText: `did you mean web?`}
	}})
	w.run(exitUsage, "stop", "wbe")
	wants(t, w.err.String(), `prox: no service "wbe"`, `prox: hint: did you mean web?`)
}

func TestSecondCtrlCKillsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	now := make(chan struct{})
	w.serve(&fake{kill: func(r api.StopRequest) (*api.StopResponse, error) {
		if r.Now {
			close(now)
			return &api.StopResponse{}, nil
		}
		w.signals <- os.Interrupt
		w.signals <- os.Interrupt
		select {
		case <-now:
		case <-time.After(patience):
			t.Error("nobody asked for now")
		}
		return &api.StopResponse{Stopped: []string{"db"}, Forced: []api.Process{{Pid: 5}}}, nil
	}})
	w.run(0, "kill")
	wants(t, w.err.String(), "still stopping; Ctrl-C again kills at once", "killing at once")
	wants(t, w.out.String(), "had to kill pid 5\n", "1 service stopped, 0 processes left\n")
}

func TestThirdCtrlCLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	gate := make(chan struct{})
	defer close(gate)
	w.serve(&fake{stop: func(r api.StopRequest) (*api.StopResponse, error) {
		if !r.Now {
			w.signals <- os.Interrupt
			w.signals <- os.Interrupt
			w.signals <- os.Interrupt
		}
		<-gate
		return &api.StopResponse{}, nil
	}})
	w.run(exitInterrupted, "stop")
	wants(t, w.err.String(), "no longer waiting; the controller goes on")
}

func TestKillWaitsUntilTheControllerIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	answered := make(chan struct{})
	end := w.serve(&fake{stays: true, kill: func(api.StopRequest) (*api.StopResponse, error) {
		close(answered)
		return &api.StopResponse{Stopped: []string{"a", "b"}, NotRunning: []string{"c"}}, nil
	}})
	var ended time.Time
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-answered
		time.Sleep(50 * time.Millisecond)
		ended = time.Now()
		end()
	}()
	w.run(0, "kill")
	returned := time.Now()
	<-done
	if returned.Before(ended) {
		t.Error("it returned while the controller still answered")
	}
	wants(t, w.out.String(), "2 services stopped, 0 processes left\n")
	wantNot(t, w.out.String(), "not running")
}

func TestNotRunningSaysHowItEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	for _, args := range [][]string{{"kill"}, {"status"}, {"status", "--json"}, {"stop", "db"}, {"why", "db"}} {
		w.run(exitNotRunning, args...)
		wants(t, w.err.String(), "prox: shop is not running\n", "hint: prox start")
	}
	last := `{"time":"` + time.Now().Add(-90*time.Second).Format(time.RFC3339) + `","reason":"ended by prox kill"}`
	if err := os.WriteFile(w.place().Last(), []byte(last), 0o600); err != nil {
		t.Fatal(err)
	}
	w.run(exitNotRunning, "status")
	wants(t, w.err.String(), "shop is not running; 1m3", "s ago: ended by prox kill\n")
	if w.out.String() != "" {
		t.Errorf("results were printed: %s", w.out)
	}
}

// TestKillBringsADeadControllerBack: its shims may live, and somebody must
// stop them.
func TestKillBringsADeadControllerBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.remember(w.place(), "")
	w.run(0, "kill")
	wants(t, w.out.String(), "2 services stopped, 0 processes left\n")
}

// TestABadConfigDoesNotHideWhatRuns: neither a mistake nor another name in the
// config keeps a person from what was started from it.
func TestABadConfigDoesNotHideWhatRuns(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"mistake": "name = \n", "renamed": "name = \"other\"\n" + shopConfig} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "prox.toml", content)
			p, err := place.For("the-old-name", w.app.dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Prepare(); err != nil {
				t.Fatal(err)
			}
			w.remember(p, filepath.Join(w.app.dir, "prox.toml"))
			w.serveAt(p, &fake{
				status: statusOf(shop(api.Ready, api.Failed)),
				stop:   func(api.StopRequest) (*api.StopResponse, error) { return &api.StopResponse{}, nil },
			})
			w.run(0, "status")
			wants(t, w.out.String(), "db ", "● ready")
			w.run(0, "stop")
			wants(t, w.out.String(), "0 services stopped")
		})
	}
}

func TestABadConfigOfWhatDoesNotRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", "name = \n")
	w.run(exitNotRunning, "kill")
	wants(t, w.err.String(), "shop is not running", "hint: prox check: prox.toml has mistakes")
	w.run(exitBadConfig, "logs")
	w.run(exitBadConfig, "exec", "db", "true")
}

func TestAProjectWithoutAConfigIsFoundFromBelow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "deep/down/x", "")
	w.remember(w.place(), "")
	w.serve(&fake{status: statusOf(shop(api.Ready, api.Ready))})
	w.run(0, "-C", "deep/down", "status")
	wants(t, w.out.String(), "db ")
}
