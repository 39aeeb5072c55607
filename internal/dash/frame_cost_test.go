//go:build linux

package dash

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"

	"prox/internal/api"
)

// raced is how much slower the race detector makes a frame, at the most.
const raced = 12

// A frame of a hundred services takes less than 16 ms of CPU, whichever view is
// shown. What else the machine does is no part of that: it is the thread's own
// time.
func TestAFrameIsCheap(t *testing.T) {
	t.Parallel()
	backend := &telling{backend: newBackend(many(100)), points: pointsAt(time.Now(), 3600)}
	m := telledModel(t, 200, 50, backend)
	st := many(100)
	for k := range st.Services {
		if k > 0 {
			st.Services[k].After = []api.After{{Service: st.Services[k/2].Name, Holds: true}}
		}
	}
	var events []api.Event
	for range 100_000 {
		events = append(events, api.Event{Time: noon, Kind: api.EventState, Instance: "svc-01", State: api.Ready})
	}
	series := make([]api.Series, 100)
	for k := range series {
		series[k] = api.Series{Instance: st.Services[k].Name, Points: pointsAt(noon, 300)}
	}
	m, _ = update(m, seenMsg{at: noon, status: st, events: events, series: series})
	down := tea.KeyPressMsg{Code: 'j', Text: "j"}
	for k, v := range m.views {
		m, _ = update(m, press(fmt.Sprint(k+1))...)
		if k == viewService {
			m = ask(t, m, "svc-05", "")
		}
		if k == viewLogs { // there is one with a log below
			continue
		}
		cheap(t, m, v.name(), seenMsg{at: noon, status: st}, down)
	}
	d := newDesk(t, 200, 50, st)
	log := d.prints("svc-01")
	for k := range 2000 {
		log.now(fmt.Sprintf(`{"level":"info","msg":"GET /cart/%d","status":200,"path":"/srv/a/long/path/to/something"}`+"\n", k))
	}
	d.press("3")
	d.sees("GET /cart/1999")
	cheap(t, d.m, "Logs", seenMsg{at: noon, status: st}, tea.KeyPressMsg{Code: 'k', Text: "k"})
}

// cheap draws frames, each after some messages, and asks what one takes.
func cheap(t *testing.T, m *model, what string, msgs ...tea.Msg) {
	t.Helper()
	const frames = 60
	limit := 16 * time.Millisecond
	if raceDetector {
		limit *= raced
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime(t)
	for range frames {
		for _, msg := range msgs {
			_, _ = m.Update(msg)
		}
		_ = m.View()
	}
	got := (threadTime(t) - before) / frames
	t.Logf("a frame of %s takes %v", what, got)
	if got > limit {
		t.Errorf("a frame of %s takes %v of CPU, want %v at most", what, got, limit)
	}
}

// threadTime is how long the thread has been computing.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
