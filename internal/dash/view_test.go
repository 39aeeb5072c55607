package dash

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"prox/internal/ansi"
	"prox/internal/api"
)

// sizes are windows as people have them, and worse.
var sizes = []tea.WindowSizeMsg{
	{Width: 80, Height: 24},
	{Width: 200, Height: 50},
	{Width: 40, Height: 20},
	{Width: 110, Height: 30},
	{Width: 20, Height: 6},
	{Width: 5, Height: 3},
	{Width: 1, Height: 1},
	{Width: 0, Height: 0},
}

func TestAtHome(t *testing.T) {
	t.Setenv("HOME", "/home/ann")
	for dir, want := range map[string]string{"/home/ann/shop": "~/shop", "/home/ann": "~", "/home/anna/shop": "/home/anna/shop", "/srv": "/srv"} {
		if got := atHome(dir); got != want {
			t.Errorf("%s is shown as %s, not as %s", dir, got, want)
		}
	}
}

func TestNothingIsLargerThanTheWindow(t *testing.T) {
	t.Parallel()
	seen := seenMsg{at: noon, status: shop(), events: []api.Event{{Kind: api.EventState, Instance: "db", State: api.Ready, Time: noon, Reason: strings.Repeat("very ", 80)}}}
	for name, msgs := range map[string][]tea.Msg{
		"before the first answer": nil,
		"a project":               {seen},
		"a project, scrolled":     append([]tea.Msg{seen}, press("GGk")...),
		"many":                    {seenMsg{at: noon, status: many(300)}},
		"no services":             {seenMsg{at: noon, status: &api.Status{Project: strings.Repeat("long", 60)}}},
		"help":                    append([]tea.Msg{seen}, press("?")...),
		"lost":                    {seen, lostMsg{errors.New("gone")}},
		"an error":                {seen, doneMsg{err: errors.New(strings.Repeat("日本", 300))}},
	} {
		for _, size := range sizes {
			m, _ := update(newModel(actions{}, colorprofile.ANSI256), append([]tea.Msg{size}, msgs...)...)
			lines := strings.Split(m.View().Content, "\n")
			if len(lines) > max(1, size.Height) {
				t.Errorf("%s at %dx%d: %d lines", name, size.Width, size.Height, len(lines))
			}
			for i, l := range lines {
				if w := ansi.Width(l); w > size.Width {
					t.Errorf("%s at %dx%d: line %d takes %d cells: %q", name, size.Width, size.Height, i, w, l)
				}
				if plain := ansi.Plain(nil, []byte(l)); strings.ContainsRune(string(plain), '\uFFFD') || strings.Contains(l, "owned") {
					t.Errorf("%s at %dx%d: line %d holds what a service must not show: %q", name, size.Width, size.Height, i, l)
				}
			}
		}
	}
}

// screen draws m without its colours.
func seen(m *model) string {
	return string(ansi.Plain(nil, []byte(strings.ReplaceAll(m.View().Content, "\n", "⏎"))))
}

func at(width, height int, st *api.Status, more ...tea.Msg) *model {
	m, _ := update(newModel(actions{}, colorprofile.ANSI256), append([]tea.Msg{tea.WindowSizeMsg{Width: width, Height: height}, seenMsg{at: noon, status: st}}, more...)...)
	return m
}

// Values change all the time; what stands beside them must not move.
func TestNothingMovesSideways(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 80, 120, 200} {
		st := shop()
		before := strings.Split(seen(at(width, 24, st)), "⏎")[1]
		for i := range st.Services {
			in := &st.Services[i].Instances[0]
			in.Reason, in.Pid, in.Restarts = "another", ref(4194303), 12345
			in.CPUPercent, in.MemoryBytes, in.Ports = ref(6400.0), ref(uint64(999<<40)), []int{65535, 65534}
		}
		if after := strings.Split(seen(at(width, 24, st)), "⏎")[1]; after != before {
			t.Errorf("width %d: head was %q and is %q", width, before, after)
		}
	}
}

func TestNoColour(t *testing.T) {
	t.Parallel()
	for _, msgs := range [][]tea.Msg{nil, {lostMsg{errors.New("gone")}}, {doneMsg{err: errors.New("no")}}, press("?")} {
		m := newModel(actions{}, colorprofile.ASCII)
		m, _ = update(m, append([]tea.Msg{seenMsg{at: noon, status: shop()}}, msgs...)...)
		for _, seq := range strings.Split(m.View().Content, "\x1b[")[1:] {
			params, _, _ := strings.Cut(seq, "m")
			for _, p := range strings.Split(params, ";") {
				if p != "" && p != "0" && p != "1" && p != "2" && p != "22" && p != "4" && p != "7" && p != "24" && p != "27" {
					t.Fatalf("without colours there is still SGR %q", params)
				}
			}
		}
	}
}

func TestEveryStateHasWordAndSymbol(t *testing.T) {
	t.Parallel()
	s := seen(at(80, 24, shop()))
	symbols := map[string]api.State{}
	for _, svc := range shop().Services {
		if want := svc.State.Symbol() + " " + string(svc.State); !strings.Contains(s, want) {
			t.Errorf("%q is not on the screen", want)
		}
		if other, taken := symbols[svc.State.Symbol()]; taken {
			t.Errorf("%s and %s have the same symbol", other, svc.State)
		}
		symbols[svc.State.Symbol()] = svc.State
		if ansi.Width(svc.State.Symbol()) != 1 {
			t.Errorf("the symbol of %s takes %d cells", svc.State, ansi.Width(svc.State.Symbol()))
		}
	}
}

func TestShortForms(t *testing.T) {
	t.Parallel()
	check := func(got, want string, width int) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if ansi.Width(got) > width {
			t.Errorf("%q is wider than %d", got, width)
		}
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59*time.Second + 999*time.Millisecond: "59s", time.Minute: "1m", 59 * time.Minute: "59m",
		time.Hour: "1h00m", 23*time.Hour + 59*time.Minute: "23h59m", 24 * time.Hour: "1d00h", 99*24*time.Hour + 23*time.Hour: "99d23h", 12345 * 24 * time.Hour: "12345d",
	} {
		check(age(d), want, 6)
	}
	for n, want := range map[uint64]string{0: "0 kB", 1023: "1 kB", 999e3: "999 kB", 1000e3: "1 MB", 212e6: "212 MB", 5e9: "5.0 GB", 12e9: "12 GB", 1<<64 - 1: "18 EB"} {
		check(size(n), want, 7)
	}
	for p, want := range map[float64]string{-1: "0.0%", 0: "0.0%", 99.94: "99.9%", 99.96: "100%", 6400: "6400%", 1e9: "99999%"} {
		check(percent(p), want, 6)
	}
	check(ports([]int{80, 443}, 8), ":80,:443", 9)
	check(ports([]int{3000, 3001, 3002}, 8), ":3000+2", 8)
	check(ports([]int{65535}, 4), ":65535", 6)
}

func TestManyServicesScroll(t *testing.T) {
	t.Parallel()
	m := at(80, 24, many(50))
	if s := seen(m); !strings.Contains(s, "50/50 ready") || !strings.Contains(s, "1–17 of 50") || strings.Contains(s, "svc-17") {
		t.Errorf("at the top:\n%s", s)
	}
	m, _ = update(m, press("G")...)
	if s := seen(m); !strings.Contains(s, "34–50 of 50") || !strings.Contains(s, "▸ svc-49") {
		t.Errorf("at the bottom:\n%s", s)
	}
	m, _ = update(m, press("kkkkk")...) // moves the cursor, not the page
	if s := seen(m); !strings.Contains(s, "34–50 of 50") || !strings.Contains(s, "▸ svc-44") {
		t.Errorf("five up:\n%s", s)
	}
	m, _ = update(m, tea.WindowSizeMsg{Width: 80, Height: 10})
	if s := seen(m); !strings.Contains(s, "▸ svc-44") {
		t.Errorf("in a lower window the selected one is out of sight:\n%s", s)
	}
	m, _ = update(m, tea.WindowSizeMsg{Width: 80, Height: 100})
	if s := seen(m); !strings.Contains(s, "svc-00") || strings.Contains(s, " of 50") {
		t.Errorf("in a high window not all are shown:\n%s", s)
	}
}

func BenchmarkView(b *testing.B) {
	for _, n := range []int{7, 50} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := at(200, 60, many(n))
			b.ReportAllocs()
			for b.Loop() {
				_ = m.View()
			}
		})
	}
}
