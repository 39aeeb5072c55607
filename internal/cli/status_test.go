package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"prox/internal/ansi"
	"prox/internal/api"
)

// busy is a project in many states.
func busy() *api.Status {
	now := time.Now()
	st := shop(api.Ready, api.Waiting)
	db := &st.Services[0].Instances[0]
	db.StartedAt, db.CPUPercent, db.MemoryBytes, db.Ports, db.Restarts = ref(now.Add(-65*time.Second)), ref(12.34), ref(uint64(45_600_000)), []int{5432, 80}, 3
	st.Services[1].Instances[0].Reason = "waiting for \x1b]0;x\adb"
	st.Services = append(st.Services,
		api.Service{Name: "api", State: api.Ready, Instances: []api.Instance{{Name: "api", State: api.Ready, Pid: ref(7), StartedAt: ref(now)}}},
		api.Service{Name: "grüße-工作", State: api.Backoff, Instances: []api.Instance{{
			Name: "grüße-工作", State: api.Backoff, Reason: "exit code 1, restarting in 30s (5 of 5) and so on and on and on", NextAt: ref(now.Add(20 * time.Second)),
		}}},
	)
	return st
}

func TestStatusInAPipeIsAligned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{status: statusOf(busy())})
	w.run(0, "ps")
	out := w.out.String()
	wantNot(t, out, "\t", "\x1b", "tmux")
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines:\n%s", len(lines), out)
	}
	wants(t, lines[0], "NAME", "STATE", "PID", "UPTIME", "RESTARTS", "CPU", "MEMORY", "PORTS", "REASON")
	wants(t, lines[1], "db", "● ready", "123", "1m05s", "3", "12.3%", "45.6 MB", "5432,80")
	wants(t, lines[2], "web", "◌ waiting", "-", "-", "waiting for db")
	wants(t, lines[3], "api", "● ready", "7", "…", "…")
	wants(t, lines[4], "grüße-工作", "↻ backoff", "restarting in 30s", ": 1", "s left")
	for _, title := range []string{"STATE", "REASON"} { // they stand below one another
		at := ansi.Width(lines[0][:strings.Index(lines[0], title)])
		for _, l := range lines[1:] {
			if used := ansi.Truncate(l, at, ""); !strings.HasSuffix(used, " ") && ansi.Width(used) == at {
				t.Errorf("column %s is not aligned:\n%s", title, out)
			}
		}
	}
}

func TestMemoryThatGrowsIsMarked(t *testing.T) {
	t.Parallel()
	now := time.Now()
	leak := &api.Costs{Leak: &api.Leak{BytesPerHour: 1.4e9, Since: now.Add(-time.Hour)}}
	limited := &api.Costs{Leak: &api.Leak{BytesPerHour: 3e6, FullAt: ref(now.Add(95 * time.Minute))}}
	for want, i := range map[string]api.Instance{
		"memory grows by 1.4 GB an hour":                        {State: api.Ready, Costs: leak, Because: "src/app.ts changed"},
		"memory grows by 3.0 MB an hour, at its limit in 1h35m": {State: api.Ready, Costs: limited},
		"uses 640 MB of memory, more than its limit of 512 MB":  {State: api.Ready, Costs: limited, Reason: "uses 640 MB of memory, more than its limit of 512 MB"},
		"src/app.ts changed":                                    {State: api.Ready, Costs: &api.Costs{}, Because: "src/app.ts changed"},
	} {
		if got := reason(i, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestStatusFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 60, 80, 200} {
		w := newWorld(t)
		w.app.print.terminal, w.app.print.width, w.app.print.color = true, width, true
		w.app.table(busy(), time.Now())
		lines := strings.Split(strings.TrimRight(w.out.String(), "\n"), "\n")
		for _, l := range lines[1:] {
			if got := ansi.Width(string(ansi.Plain(nil, []byte(l)))); got > width {
				t.Errorf("%d cells where there are %d: %s", got, width, l)
			}
		}
		wants(t, lines[2], "db", "●")
		wants(t, w.out.String(), "REASON", "\x1b[32m● ready", "waiting")
		if has := strings.Contains(w.out.String(), "RESTARTS"); has != (width >= 100) {
			t.Errorf("at %d cells the restarts are shown: %v", width, has)
		}
	}
}

func TestStatusJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{status: statusOf(busy())})
	w.run(0, "status", "--json")
	var got struct {
		Project    *string
		Dir        *string
		Session    *string
		Controller map[string]any
		Services   []struct {
			Name, State *string
			Instances   []map[string]any
		}
	}
	if err := json.Unmarshal([]byte(w.out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Project == nil || got.Dir == nil || got.Session == nil || got.Controller["pid"] != 41.0 || len(got.Services) != 4 {
		t.Errorf("got %+v", got)
	}
	for _, s := range got.Services {
		for _, key := range []string{"name", "pid", "state", "restarts", "exit", "started_at", "cpu_percent", "memory_bytes", "ports"} {
			if _, ok := s.Instances[0][key]; !ok {
				t.Errorf("%s has no %s", *s.Name, key)
			}
		}
	}
	if i := got.Services[1].Instances[0]; i["pid"] != nil || i["cpu_percent"] != nil || i["ports"] != nil {
		t.Errorf("what is not known must be null: %v", i)
	}
	w = newWorld(t, "prox.toml", shopConfig)
	w.serve(&fake{status: statusOf(busy())})
	w.run(0, "status", "api", "--json")
	wants(t, w.out.String(), `"name": "api"`)
	wantNot(t, w.out.String(), `"name": "db"`)
	w.run(exitUsage, "status", "apj", "--json")
	wants(t, w.err.String(), `did you mean api?`)
}

func TestWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	now := time.Now()
	w.serve(&fake{explain: func(name string) (*api.Explanation, error) {
		if name != "web" {
			t.Errorf("asked about %q", name)
		}
		return &api.Explanation{
			Instance: api.Instance{Name: "web", State: api.Waiting, Reason: "waiting for db", Restarts: 2, Exit: &api.Exit{}},
			Since:    now.Add(-12 * time.Second), Command: "npm start", Dir: "/src", DependsOn: []string{"db"},
			WaitsFor: []api.WaitsFor{{Service: "db", State: api.Running, Reason: "nothing listens on port 5432", Since: now.Add(-11 * time.Second)}},
			Policy:   "on-failure, at most 5 times",
			Exits:    []api.Exit{{Run: 1, Text: "killed by SIGSEGV", RanSeconds: 75, At: now.Add(-20 * time.Second)}, {Run: 2, Error: "cannot start npm: command not found", At: now.Add(-10500 * time.Millisecond)}},
			Lines:    []string{"one", "\x1b[2Jtwo"},
			Config:   []api.Setting{{Key: "dir", Value: "/src"}},
		}, nil
	}})
	w.run(0, "why", "web")
	wants(t, w.out.String(), "web  ◌ waiting, for 12s\n", "reason    waiting for db\n", "waits for db, which is running, for 11s: nothing listens on port 5432\n",
		"command   npm start\n", "folder    /src\n", "policy    on-failure, at most 5 times; 2 restarts so far\n",
		"run 1     killed by SIGSEGV after 1m15s, at ", ", 20s ago\n", "run 2     cannot start npm: command not found, ", "its last lines:\n    | one\n    | two\n")
	one := w.out.String()
	w.run(0, "status", "web")
	whole := strings.TrimPrefix(w.out.String(), one)
	const config = "  its config (prox env has the variables):\n    dir  /src\n"
	if !strings.Contains(whole, config) || strings.Replace(whole, config, "", 1) != one {
		t.Errorf("status of one service is not what why prints, and its config: %s", whole)
	}
}

func TestSpanAndSize(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 45 * time.Millisecond: "45ms", 300 * time.Millisecond: "0.3s", 12*time.Second + 900*time.Millisecond: "12s",
		185 * time.Second: "3m05s", 125 * time.Minute: "2h05m", 76 * time.Hour: "3d4h",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
	for n, want := range map[uint64]string{0: "0 B", 812_345: "812 kB", 12_340_000: "12.3 MB", 5_000_000_000: "5.0 GB", 7e12: "7.0 TB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}
