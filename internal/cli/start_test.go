package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"prox/internal/api"
)

// started answers a start of both services.
func started(r *api.StartRequest) func(api.StartRequest) (*api.StartResponse, error) {
	return func(got api.StartRequest) (*api.StartResponse, error) {
		if r != nil {
			*r = got
		}
		return &api.StartResponse{Session: "shop", Tmux: api.Tmux{Socket: got.Tmux}, Started: []string{"db", "web"}, Notices: []string{"a notice"}}, nil
	}
}

func TestStartPrintsALineAsEachBecomesReady(t *testing.T) {
	t.Parallel()
	var r api.StartRequest
	w := newWorld(t, "prox.toml", shopConfig)
	w.app.environ = []string{"PATH=/bin", "TMUX=/tmp/x/default,12,0", "TMUX_PANE=%1", "PROX_RUN=3", "PROX_ANY=1", "A=b"}
	at := time.Now()
	w.serve(&fake{
		start: started(&r), status: statusOf(shop(api.Starting, api.Waiting)),
		events: script(
			api.Event{Kind: api.EventState, Instance: "db", State: api.Starting, Time: at},
			api.Event{Kind: api.EventState, Instance: "other", State: api.Ready},
			api.Event{Kind: api.EventNotice, Reason: "by the way"},
			api.Event{Kind: api.EventState, Instance: "db", State: api.Ready, Time: at.Add(1200 * time.Millisecond)},
			to("web", api.Starting, ""), to("web", api.Done, ""),
		),
	})
	w.run(0, "start")
	wants(t, w.out.String(), "✓ db   ready in 1.2s  :5432\n", "✓ web  done in ", "\n1 service ready, 1 task done in ", " · tmux attach -t shop · prox status\n")
	wants(t, w.err.String(), "prox: a notice\n", "prox: by the way\n")
	wantNot(t, w.out.String(), "other")
	if r.Config != filepath.Join(w.app.dir, "prox.toml") || r.Name != "shop" || r.Dir == "" || len(r.Services) != 0 {
		t.Errorf("the request was %+v", r)
	}
	if !slices.Equal(r.Env, []string{"PATH=/bin", "A=b"}) {
		t.Errorf("the services' environment is %q", r.Env)
	}
	if r.Tmux != "/tmp/x/default" || r.Private {
		t.Errorf("tmux server: %q, private %v", r.Tmux, r.Private)
	}
}

func TestStartOnAServerOfOnesOwn(t *testing.T) {
	t.Parallel()
	var r api.StartRequest
	w := newWorld(t, "prox.toml", shopConfig)
	w.app.environ = []string{"PROX_TMUX_SOCKET=own.sock", "TMUX=/tmp/x/default,12,0"}
	w.serve(&fake{start: started(&r)})
	w.run(0, "start", "--no-wait")
	if r.Tmux != filepath.Join(w.app.dir, "own.sock") || !r.Private {
		t.Errorf("tmux server: %q, private %v", r.Tmux, r.Private)
	}
	wants(t, w.out.String(), "2 services coming up")
}

func TestStartOfWhatRunsSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{
		start: func(api.StartRequest) (*api.StartResponse, error) {
			return &api.StartResponse{Session: "shop", Tmux: api.Tmux{Private: true}, Already: []string{"db", "web"}}, nil
		},
		status: statusOf(shop(api.Ready, api.Ready)),
	})
	w.run(0, "start", "web")
	wants(t, w.out.String(), "· db   runs already (pid 123)\n", "· web  runs already\n", "everything runs already · prox attach · prox status\n")
}

// TestStartWaitsForWhatIsComingUpAlready: a second `prox start` must not
// return before the first one's services are ready.
func TestStartWaitsForWhatIsComingUpAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	var asked atomic.Int32
	w.serve(&fake{
		start: func(api.StartRequest) (*api.StartResponse, error) {
			return &api.StartResponse{Already: []string{"db", "web"}}, nil // the session is still being made
		},
		status: func() (*api.Status, error) {
			st := shop(api.Ready, api.Starting)
			if asked.Add(1) < 3 {
				st.Session, st.Tmux = "", api.Tmux{}
			}
			return st, nil
		},
		events: script(to("web", api.Ready, "")),
	})
	w.run(0, "start")
	wants(t, w.out.String(), "· db   runs already", "✓ web  ready in ", "1 service ready", " · tmux attach -t shop · ")
}

func TestStartReportsACrashWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{
		start: started(nil), status: statusOf(shop(api.Starting, api.Waiting)),
		events: script(to("db", api.Starting, ""), to("db", api.Ready, ""), to("db", api.Backoff, "exit code 3, restarting in 1s (1 of 1)"),
			to("db", api.Starting, ""), to("web", api.Waiting, "waiting for db"), to("db", api.Failed, "gave up after 1 restart: exit code 3 each time")),
		explain: func(name string) (*api.Explanation, error) {
			return &api.Explanation{
				Instance: api.Instance{Name: name, State: api.Failed, Reason: "gave up", Exit: &api.Exit{Run: 2, Code: 3, RanSeconds: 0.5, Text: "exit code 3"}},
				Command:  "db --serve", Dir: "/src", Lines: []string{"opening \x1b[31mdata\x1b[0m", "\x1b]0;title\abad header"},
			}, nil
		},
	})
	w.run(exitNotReady, "start")
	wants(t, w.out.String(), "✓ db ", "! db   exit code 3, restarting in 1s (1 of 1)", "✗ db   gave up after 1 restart", "– web  not started: it depends on db\n")
	wants(t, w.err.String(), "✗ db gave up\n", "command   db --serve\n", "run 2     exit code 3 after 0.5s\n", "| opening data\n", "| bad header\n",
		"prox: not ready: db, web\n", "prox: hint: prox why db\n")
	wantNot(t, w.err.String(), "\x1b")
}

// TestACrashReportHasNoLinesOfAnOlderRun: what never ran has printed nothing.
func TestACrashReportHasNoLinesOfAnOlderRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{
		start: started(nil), status: statusOf(shop(api.Starting, api.Waiting)),
		events: script(to("db", api.Failed, "cannot open its window: the server is busy")),
		explain: func(name string) (*api.Explanation, error) {
			return &api.Explanation{Instance: api.Instance{Name: name, State: api.Failed, Reason: "cannot open its window"}, Command: "db", Lines: []string{"of yesterday"}}, nil
		},
	})
	w.run(exitNotReady, "start", "--timeout", "50ms")
	wants(t, w.out.String(), "✗ db   cannot open its window: the server is busy\n")
	wants(t, w.err.String(), "✗ db cannot open its window\n", "command   db\n")
	wantNot(t, w.err.String(), "yesterday", "printed nothing")
}

func TestStartNamesWhatItWaitsForWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{
		start: started(nil), status: statusOf(shop(api.Starting, api.Waiting)),
		events: script(to("web", api.Waiting, "waiting for db"), to("db", api.Running, "")),
	})
	w.run(exitNotReady, "start", "--timeout", "60ms")
	wants(t, w.out.String(), "… db   running: nothing listens on port 5432 yet, for ", "… web  waiting for db, for ")
	wants(t, w.err.String(), "prox: not ready after 60ms: db, web; what runs goes on\n", "hint: prox why db")
}

func TestCtrlCStopsTheWaitOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{
		start: started(nil), status: statusOf(shop(api.Starting, api.Waiting)),
		events: func(context.Context, uint64) (<-chan api.Event, error) {
			w.signals <- os.Interrupt
			return make(chan api.Event), nil
		},
	})
	w.run(exitInterrupted, "start")
	wants(t, w.err.String(), "no longer waiting", "goes on coming up")
}

// TestStartOutlivesTheController: the stream ends, a new controller comes, and
// what happened meanwhile is not missed.
func TestStartOutlivesTheController(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	var streams atomic.Int32
	w.serve(&fake{
		start: started(nil),
		status: func() (*api.Status, error) {
			if streams.Load() == 0 {
				return shop(api.Starting, api.Waiting), nil
			}
			return shop(api.Ready, api.Starting), nil
		},
		events: func(ctx context.Context, seq uint64) (<-chan api.Event, error) {
			if streams.Add(1) == 1 {
				c := make(chan api.Event)
				close(c)
				return c, nil
			}
			return script(to("web", api.Ready, ""))(ctx, 0)
		},
	})
	w.run(0, "start")
	wants(t, w.out.String(), "✓ db ", "✓ web", "2 services ready")
}

func TestStartOfAProjectThatIsEndedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{start: started(nil), status: statusOf(shop(api.Starting, api.Waiting)), events: script(api.Event{Kind: api.EventKill})})
	w.run(exitNotReady, "start")
	wants(t, w.err.String(), "the project was ended meanwhile")
}

func TestStartAgainAfterTheLastControllersEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	var asked atomic.Int32
	w.serve(&fake{start: func(api.StartRequest) (*api.StartResponse, error) {
		if asked.Add(1) == 1 {
			return nil, &api.Error{Kind: api.KindBusy, Message: "the project is ending"}
		}
		return &api.StartResponse{Started: []string{"db"}}, nil
	}})
	w.run(0, "start", "--no-wait")
	if asked.Load() != 2 {
		t.Errorf("asked %d times, want 2", asked.Load())
	}
}

// TestWhatIsWrongIsSaidBeforeAnythingStarts: none of these may reach a
// controller, let alone start one.
func TestWhatIsWrongIsSaidBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", "[services.api]\ncomand = \"x\"\n[services.b]\ncommand = \"x\"\nport = \"q\"\n")
	w.run(exitBadConfig, "start")
	wants(t, w.err.String(), "prox: cannot use prox.toml: ", "mistakes\n", "prox.toml:2: services.api.comand: unknown key; did you mean command?\n", "prox.toml:5: services.b.port: ")

	w = newWorld(t, "prox.toml", shopConfig)
	w.run(exitUsage, "start", "wbe")
	wants(t, w.err.String(), `no service "wbe" in prox.toml, and no such file`, `hint: did you mean web?`)

	w = newWorld(t)
	w.run(exitBadConfig, "start")
	wants(t, w.err.String(), "no config found", "[services.web]", "prox start app.js")
	w.run(exitBadConfig, "start", "api")
	wants(t, w.err.String(), `no service or file "api"`)
	w.run(exitUsage, "start", "gone.js")
	wants(t, w.err.String(), `no file "gone.js"`)

	w.run(exitBadConfig, "-c", "nowhere.toml", "start")
	wants(t, w.err.String(), "cannot read config", "nowhere.toml: no such file")
	for _, w := range []*world{w} {
		if _, err := os.Stat(w.place().Socket()); err == nil {
			t.Error("a controller was started")
		}
	}
}

func TestStartFiles(t *testing.T) {
	t.Parallel()
	var got []api.StartRequest
	w := newWorld(t, "app.py", "print(1)", "sub/b.sh", "echo 1")
	w.serve(&fake{start: func(r api.StartRequest) (*api.StartResponse, error) {
		got = append(got, r)
		return &api.StartResponse{Started: []string{r.AdHoc.Name}, Seq: uint64(len(got))}, nil
	}})
	w.run(0, "start", "--no-wait", "app.py", "sub/b.sh", "--", "--port", "1")
	if len(got) != 2 {
		t.Fatalf("%d requests", len(got))
	}
	a, b := got[0], got[1]
	if a.Config != "" || a.Name != "shop" || a.AdHoc.Name != "app" || a.AdHoc.File != filepath.Join(w.app.dir, "app.py") || strings.Join(a.AdHoc.Argv, " ") != "--port 1" {
		t.Errorf("the first request was %+v, %+v", a, a.AdHoc)
	}
	if b.AdHoc.Name != "b" || b.AdHoc.Dir != filepath.Join(w.app.dir, "sub") {
		t.Errorf("the second request was %+v", b.AdHoc)
	}
	wants(t, w.out.String(), "2 services coming up")
}

func TestRun(t *testing.T) {
	t.Parallel()
	var got api.StartRequest
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{start: started(&got)})
	w.run(0, "run", "--no-wait", "tunnel", "--", "ssh", "-N", "--", "host")
	if got.AdHoc == nil || got.AdHoc.Name != "tunnel" || got.AdHoc.Dir != w.app.dir || strings.Join(got.AdHoc.Argv, " ") != "ssh -N -- host" {
		t.Errorf("the request was %+v, %+v", got, got.AdHoc)
	}
	w.run(exitUsage, "run", "web", "--", "true")
	wants(t, w.err.String(), `there is a service "web" in prox.toml already`)
}

func TestRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{
		restart: func(r api.RestartRequest) (*api.StartResponse, error) {
			if !slices.Equal(r.Services, []string{"db"}) || len(r.Env) == 0 {
				t.Errorf("the request was %+v", r)
			}
			return &api.StartResponse{Started: []string{"db"}}, nil
		},
		status: statusOf(shop(api.Stopping, api.Ready)),
		events: script(to("db", api.Stopping, "restart by hand"), to("db", api.Waiting, ""), to("db", api.Starting, ""), to("db", api.Ready, "")),
	})
	w.run(0, "restart", "db")
	wants(t, w.out.String(), "✓ db  ready in ", "  :5432\n1 service ready in ")

	w = newWorld(t, "prox.toml", shopConfig)
	w.run(exitNotRunning, "restart", "db")
	wants(t, w.err.String(), "shop is not running", "hint: prox start")
}
