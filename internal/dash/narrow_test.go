package dash

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"prox/internal/api"
)

// A narrow window loses words, and not what they mean.
func TestANarrowWindowSaysTheSame(t *testing.T) {
	t.Parallel()
	st := many(8)
	st.Services[3].Instances[0].State = api.Failed
	if s := seen(at(40, 20, st)); !strings.Contains(s, "7/8 ✗1") {
		t.Errorf("the title does not tell that one has failed:\n%s", unfolded(s))
	}
	for page := range pages {
		m := at(40, 20, st, press("2")...)
		for range page {
			m, _ = update(m, tea.KeyPressMsg{Code: tea.KeyRight})
		}
		if s := seen(m); !strings.Contains(s, pages[page][:3]) || !strings.Contains(s, "Hist") {
			t.Errorf("it is not to be seen that the page is %s:\n%s", pages[page], unfolded(s))
		}
	}
	m := at(40, 60, st, press("?")...)
	if s := strings.Join(strings.Fields(strings.ReplaceAll(seen(m), "⏎", " ")), " "); !strings.Contains(s, "memory that keeps growing, and how fast") || strings.Contains(s, "…  ") {
		t.Errorf("the help is cut off:\n%s", s)
	}
}

func TestThePagesAreClickedWhereTheyAre(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 80} {
		m := at(width, 20, many(2), press("2")...)
		for y, l := range strings.Split(seen(m), "⏎") {
			if x := strings.Index(l, "Hist"); x >= 0 {
				m, _ = update(m, tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
			}
		}
		if got := m.views[viewService].(*serviceView).page; got != pageHistory {
			t.Errorf("at %d cells page %d is shown", width, got)
		}
	}
}

// Where there is no room for a column, the chosen instance's trend is below.
func TestTheTrendIsSomewhere(t *testing.T) {
	t.Parallel()
	for _, width := range []int{80, 200} {
		st := many(2)
		m := at(width, 24, st, seenMsg{at: noon, status: st, series: []api.Series{{Instance: "svc-00", Points: pointsAt(noon, 60)}}})
		if s := seen(m); !strings.Contains(s, "▇") && !strings.Contains(s, "█") {
			t.Errorf("at %d cells there is no trend:\n%s", width, unfolded(s))
		}
	}
}

// The mark of the order takes nothing from a title.
func TestTheOrderIsMarked(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{"t": "NAME▾", "tt": "STATE▾", "ttt": "▾RST", "tttt": "▾CPU", "ttttt": "▾MEMORY", "tttT": "▴RST"} {
		head := func(keys string) string { return strings.Split(seen(at(80, 24, many(3), press(keys)...)), "⏎")[1] }
		if got := head(keys); !strings.Contains(got, want) || len([]rune(strings.TrimRight(got, " "))) > 80 {
			t.Errorf("%q: %q", keys, got)
		}
		// No title is elsewhere for it.
		plain := strings.NewReplacer("▾", " ", "▴", " ").Replace(head(keys))
		if before := head(""); plain != before {
			t.Errorf("%q moves a title:\n%s\n%s", keys, before, plain)
		}
	}
}

// A reason keeps what it ends with.
func TestReasonsAreSeen(t *testing.T) {
	t.Parallel()
	st := many(2)
	i := &st.Services[0].Instances[0]
	*i = api.Instance{Name: "svc-00", State: api.Backoff, NextAt: ref(noon.Add(12 * time.Second)), Reason: "exit code 7, 3 times, the same way each time, restarting in 16s (3 of 50)"}
	for _, width := range []int{40, 80, 100, 120} {
		if s := seen(at(width, 24, st)); !strings.Contains(s, "12s, exit 7, 3/50") {
			t.Errorf("at %d cells:\n%s", width, unfolded(s))
		}
	}
	if s := seen(at(200, 24, st)); !strings.Contains(s, "in 12s: exit code 7, 3 times, the same way each time (3 of 50)") {
		t.Errorf("at 200 cells:\n%s", unfolded(s))
	}
}

// Of what has no process and never had one, no empty charts are drawn.
func TestNoChartsOfNothing(t *testing.T) {
	t.Parallel()
	st := many(2)
	st.Services[0].Instances[0] = api.Instance{Name: "svc-00", State: api.Failed}
	for _, width := range []int{80, 200} {
		s := seen(at(width, 24, st, press("2")...))
		if !strings.Contains(s, "none, it has no process") || strings.Contains(s, "┤") || strings.Contains(s, "└") {
			t.Errorf("at %d cells:\n%s", width, unfolded(s))
		}
	}
}

// What happened is told whole somewhere, however long it is.
func TestAnEventIsToldWhole(t *testing.T) {
	t.Parallel()
	ev := api.Event{Kind: api.EventState, Instance: "svc-00", State: api.Backoff, Time: noon, Reason: "exit code 7, 4 times, the same way each time, restarting in 30s (4 of 50)"}
	for _, width := range []int{40, 80} {
		m := at(width, 20, many(2), seenMsg{at: noon.Add(time.Second), status: many(2), events: []api.Event{ev}})
		m, _ = update(m, press("5")...)
		s := strings.Join(strings.Fields(strings.ReplaceAll(seen(m), "⏎", " ")), " ")
		if !strings.Contains(s, ev.Text()) {
			t.Errorf("at %d cells:\n%s", width, unfolded(seen(m)))
		}
	}
}

func unfolded(s string) string { return strings.ReplaceAll(s, "⏎", "\n") }
