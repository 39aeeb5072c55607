package promises

import (
	"encoding/json"
	"syscall"
	"testing"
	"time"

	"prox/internal/api"
	"prox/internal/proxtest"
)

// What a service has cost is not forgotten when the controller dies, and goes
// on in the same series.
func TestWhatServicesCostOutlivesTheController(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.api]
command = "exec sleep 1000"
`)
	p.Must("start")
	points := func() []api.Point {
		t.Helper()
		p.Must("top", "--once") // somebody looks: a reading each second
		var m api.Metrics
		if out := p.Must("metrics", "api", "--since", "1h", "--json").Out; json.Unmarshal([]byte(out), &m) != nil || len(m.Series) != 1 {
			t.Fatalf("not one series: %s", out)
		}
		return m.Series[0].Points
	}
	var before []api.Point
	proxtest.Await(t, "three points", func() bool {
		before = points()
		return len(before) >= 3
	})
	if c := before[0].CPUPercent; c != nil {
		t.Errorf("the first point knows of CPU: %v%%", *c)
	}
	if c := before[2].CPUPercent; c == nil {
		t.Error("the third does not")
	}
	if m := before[0].MemoryBytes; m < 100_000 {
		t.Errorf("%d bytes of memory", m)
	}
	st, _ := p.Status()
	if err := syscall.Kill(st.Controller.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var after []api.Point
	proxtest.Await(t, "points of the successor", func() bool {
		after = points()
		return len(after) >= len(before)+2
	})
	for k, was := range before {
		if got := after[k]; !got.At.Equal(was.At) || got.Run != was.Run || got.MemoryBytes != was.MemoryBytes {
			t.Errorf("point %d was %+v, and is %+v", k, was, got)
		}
	}
	for k := 1; k < len(after); k++ {
		if d := after[k].At.Sub(after[k-1].At); d <= 0 || d > time.Minute {
			t.Errorf("point %d is %s after the one before", k, d)
		}
	}
	if again, _ := p.Status(); again.Controller.Pid == st.Controller.Pid {
		t.Error("no other controller")
	}
	var self api.Self
	if out := p.Must("status", "--self", "--json").Out; json.Unmarshal([]byte(out), &self) != nil || self.Events > 100 {
		t.Errorf("a controller that has just started tells of %d events: %s", self.Events, out)
	}
	p.Must("kill")
}
