package dash

import (
	"slices"
	"time"

	"prox/internal/ansi"
	"prox/internal/api"
)

const (
	eventsKept = 5000 // of what happened; older ones are in the log of events
	trendKept  = 300  // points of each instance, a second each while somebody looks
)

// world is what all views draw from: what the controller told, and what the
// person has chosen. Only the model's Update changes it.
type world struct {
	do   actions
	look theme

	width, height int // of a view
	x, y          int // where a view's corner is on the screen

	status *api.Status // nil until the first answer
	rows   []row
	at     time.Time // when status was seen: what the window takes as now
	lost   bool

	events     []api.Event // oldest first
	eventsGone int         // how many have been let go before these
	trends     map[string]*trend

	selected string // instance that the keys act on

	message string // the last thing to be told
	trouble bool   // it went wrong
	notices int    // that were shown
}

// row is one instance, fit to be shown.
type row struct {
	api.Instance
	service      *api.Service
	name, reason string
	index        int // of its service
}

// trend is what an instance cost lately, oldest first.
type trend struct {
	at          []time.Time
	cpu, memory []float64 // percent of a core, -1 = not known; bytes
}

func newWorld(do actions, look theme) *world {
	return &world{do: do, look: look, width: 80, height: 20, trends: map[string]*trend{}}
}

// row finds an instance.
func (w *world) row(name string) (row, bool) {
	for _, r := range w.rows {
		if r.Name == name {
			return r, true
		}
	}
	return row{}, false
}

// chosen is the instance that the keys act on.
func (w *world) chosen() (row, bool) { return w.row(w.selected) }

// see takes in a status.
func (w *world) see(msg seenMsg) {
	back := w.lost
	was := slices.IndexFunc(w.rows, func(r row) bool { return r.Name == w.selected })
	w.status, w.at, w.lost = msg.status, msg.at, false
	w.rows = nil
	for k := range w.status.Services {
		s := &w.status.Services[k]
		if len(s.Instances) == 0 {
			s.Instances = []api.Instance{{Name: s.Name, State: s.State}}
		}
		for _, i := range s.Instances {
			w.rows = append(w.rows, row{Instance: i, service: s, index: k, name: tidy(i.Name), reason: tidy(i.Reason)})
		}
	}
	if _, ok := w.chosen(); !ok && len(w.rows) > 0 { // the nearest one
		w.selected = w.rows[max(0, min(was, len(w.rows)-1))].Name
	}
	if n := len(w.status.Notices); n != w.notices {
		if n > w.notices {
			w.say(false, w.status.Notices[n-1])
		}
		w.notices = n
	}
	w.hear(msg.events)
	if back { // after what it tells at once
		w.say(false, "the controller is back")
	}
	w.follow(msg.series)
}

// hear takes in what happened.
func (w *world) hear(events []api.Event) {
	if len(events) == 0 {
		return
	}
	w.events = append(w.events, events...)
	if len(w.events) > 2*eventsKept {
		w.eventsGone += len(w.events) - eventsKept
		w.events = slices.Clone(w.events[len(w.events)-eventsKept:])
	}
	for k := len(events) - 1; k >= 0; k-- {
		if text := tell(&events[k]); text != "" {
			w.say(events[k].Bad(), events[k].Time.Local().Format(time.TimeOnly)+" "+text)
			return
		}
	}
}

// follow takes in what things cost since the last time.
func (w *world) follow(series []api.Series) {
	for _, s := range series {
		t := w.trends[s.Instance]
		if t == nil {
			t = &trend{}
			w.trends[s.Instance] = t
		}
		for _, p := range s.Points {
			t.add(p)
		}
	}
}

func (t *trend) add(p api.Point) {
	if n := len(t.at); n > 0 && !p.At.After(t.at[n-1]) {
		return
	}
	cpu := -1.0
	if p.CPUPercent != nil {
		cpu = *p.CPUPercent
	}
	t.at, t.cpu, t.memory = append(t.at, p.At), append(t.cpu, cpu), append(t.memory, float64(p.MemoryBytes))
	if n := len(t.at); n > 2*trendKept {
		t.at, t.cpu, t.memory = slices.Clone(t.at[n-trendKept:]), slices.Clone(t.cpu[n-trendKept:]), slices.Clone(t.memory[n-trendKept:])
	}
}

// say leaves a message at the bottom.
func (w *world) say(trouble bool, text string) { w.message, w.trouble = tidy(text), trouble }

// tidy makes a string of somebody else's fit for one line.
func tidy(s string) string {
	return string(ansi.Plain(nil, []byte(oneLine.Replace(s))))
}
