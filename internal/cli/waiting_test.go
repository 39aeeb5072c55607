package cli

import (
	"bytes"
	"strings"
	"testing"

	"prox/internal/api"
)

func TestWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{print: &printer{out: &out, terminal: true, width: 60}}
	p := &progress{
		a: a, order: []string{"db", "api", "web", "done"}, nameLen: 4,
		deps: map[string][]string{"api": {"db", "done"}, "web": {"api"}},
		tracks: map[string]*track{
			"db":   {name: "db", service: "db", state: api.Running},
			"api":  {name: "api", service: "api", state: api.Waiting},
			"web":  {name: "web", service: "web", state: api.Starting},
			"done": {name: "done", service: "done", state: api.Done},
		},
	}
	st := &api.Status{Services: []api.Service{
		{Name: "db", Instances: []api.Instance{{Name: "db", State: api.Running, Check: "tcp :5432", Tries: 3}}},
		{Name: "api", Instances: []api.Instance{{Name: "api", State: api.Waiting}}},
		{Name: "web", Instances: []api.Instance{{Name: "web", State: api.Starting, Check: "port 1"}}},
		{Name: "done", Instances: []api.Instance{{Name: "done", State: api.Done}}},
	}}
	lines := p.waiting(st)
	want := "◌ db    running (tcp :5432, 3 tries)\n◌ api   waiting for db (tcp :5432, 3 tries)\n◌ web   starting"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	screen := live{a: a}
	screen.draw(lines)
	screen.draw(append(lines, strings.Repeat("x", 100), "5", "6", "7", "8"))
	if got := out.String(); got != want+"\n\x1b[3A\x1b[J"+want+"\n"+strings.Repeat("x", 58)+"…\n5\n6\n  … and 2 more\n" {
		t.Errorf("%q", got)
	}
	out.Reset()
	screen.clear()
	screen.clear()
	if out.String() != "\x1b[7A\x1b[J" {
		t.Errorf("%q", out.String())
	}
}
