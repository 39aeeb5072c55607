package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"prox/config"
	"prox/internal/ansi"
	"prox/internal/api"
)

// wide is one service, eighteen that need it, and one that needs those.
func wide() *config.Project {
	p := &config.Project{}
	first, last := config.Service{Name: "end"}, config.Service{Name: "last"}
	p.Services = append(p.Services, last)
	for k := range 18 {
		s := config.Service{Name: fmt.Sprintf("middle-%d", k), DependsOn: []config.Dependency{{Service: "end", Condition: config.Ready}}}
		p.Services = append(p.Services, s)
		p.Services[0].DependsOn = append(p.Services[0].DependsOn, config.Dependency{Service: s.Name, Condition: config.Ready})
	}
	p.Services = append(p.Services, first)
	return p
}

func TestGraphOfADiamond(t *testing.T) {
	t.Parallel()
	st := &api.Status{Services: []api.Service{{Name: "end", Instances: []api.Instance{{State: api.Ready}, {State: api.Backoff}}}}}
	g := newGraph(wide(), nil, st)
	var out bytes.Buffer
	a := &app{print: &printer{out: &out, width: 80}}
	a.drawGraph(g)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 20 || !strings.HasPrefix(lines[0], "1  end ") || !strings.Contains(lines[0], "↻ backoff 1 of 2") ||
		!strings.HasPrefix(lines[1], "2  middle-0 ") || !strings.HasPrefix(lines[2], "   middle-1 ") || !strings.HasPrefix(lines[19], "3  last ") {
		t.Errorf("%s", out.String())
	}
	for _, l := range lines {
		if ansi.Width(l) > 80 {
			t.Errorf("wider than the terminal: %q", l)
		}
	}
	if !strings.Contains(lines[1], "after ! end") || !strings.HasSuffix(lines[19], "…") {
		t.Errorf("%s", out.String())
	}
	if m := g.mermaid(); strings.Contains(m, "\n  end") || !strings.Contains(m, `s0["end<br/>↻ backoff 1 of 2"]`) || strings.Count(m, "-->") != 36 {
		t.Errorf("%s", m)
	}
	if d := g.dot(); strings.Count(d, "->") != 36 {
		t.Errorf("%s", d)
	}
}

func TestGraphOfSome(t *testing.T) {
	t.Parallel()
	p := wide()
	names, err := p.Select("middle-3")
	if err != nil {
		t.Fatal(err)
	}
	g := newGraph(p, names, nil)
	if len(g.Services) != 2 || g.Services[0].Name != "end" || g.Services[1].Name != "middle-3" || g.Running {
		t.Errorf("%+v", g)
	}
}

// chain is services of which each needs the one before, the last in the file
// first.
func chain(n int) *config.Project {
	p := &config.Project{}
	for k := n - 1; k >= 0; k-- {
		s := config.Service{Name: fmt.Sprintf("link-%d", k)}
		if k > 0 {
			s.DependsOn = []config.Dependency{{Service: fmt.Sprintf("link-%d", k-1), Condition: config.Started}}
		}
		p.Services = append(p.Services, s)
	}
	return p
}

// drawn is a graph as a terminal of some width shows it.
func drawn(g graph, width int, coloured bool) []string {
	var out bytes.Buffer
	a := &app{print: &printer{out: &out, terminal: true, width: width, color: coloured}}
	a.drawGraph(g)
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestGraphOfAChain(t *testing.T) {
	t.Parallel()
	lines := drawn(newGraph(chain(20), nil, nil), 80, false)
	if len(lines) != 20 {
		t.Fatalf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	for k, l := range lines {
		want := fmt.Sprintf("%-2d  link-%-2d", k+1, k)
		if k > 0 {
			want += fmt.Sprintf("  after link-%d (started)", k-1)
		}
		if l != strings.TrimRight(want, " ") {
			t.Errorf("line %d is %q, want %q", k, l, want)
		}
	}
}

// layered is rows of services, each of which needs every one of the row before:
// there are as many ways through it as five to the power of the rows.
func layered(rows int) *config.Project {
	p := &config.Project{}
	for row := range rows {
		for k := range 5 {
			s := config.Service{Name: fmt.Sprintf("s%d-%d", row, k)}
			for on := range 5 {
				if row > 0 {
					s.DependsOn = append(s.DependsOn, config.Dependency{Service: fmt.Sprintf("s%d-%d", row-1, on), Condition: config.Ready})
				}
			}
			p.Services = append(p.Services, s)
		}
	}
	return p
}

func TestGraphOfManyWaysIsALineForEachService(t *testing.T) {
	t.Parallel()
	p := layered(40)
	names, err := p.Select("s39-0")
	if err != nil {
		t.Fatal(err)
	}
	g := newGraph(p, names, nil)
	if got, want := len(drawn(g, 80, false)), 39*5+1; got != want {
		t.Errorf("%d lines, want %d", got, want)
	}
	if got, want := strings.Count(g.mermaid(), "-->"), 38*25+5; got != want {
		t.Errorf("%d arrows, want %d", got, want)
	}
}

func TestGraphKeepsToTheTerminal(t *testing.T) {
	t.Parallel()
	p := wide()
	long := strings.Repeat("工作-", 12)
	p.Services = append(p.Services, config.Service{Name: long, Task: true, DependsOn: []config.Dependency{{Service: "end", Condition: config.Ready}}})
	st := &api.Status{}
	for _, s := range p.Services {
		state := api.Ready
		if s.Name == "middle-17" {
			state = api.Failed
		}
		st.Services = append(st.Services, api.Service{Name: s.Name, State: state, Instances: []api.Instance{{Name: s.Name, State: state}}})
	}
	g := newGraph(p, nil, st)
	for _, width := range []int{1, 10, 24, 40, 80} {
		for _, coloured := range []bool{false, true} {
			for _, l := range drawn(g, width, coloured) {
				if ansi.Width(l) > width {
					t.Errorf("wider than %d: %q", width, l)
				}
				if strings.Contains(l, "\x1b") != coloured && width > 1 {
					t.Errorf("colours %v: %q", coloured, l)
				}
			}
		}
	}
	lines := drawn(g, 80, false)
	if l := lines[1]; !strings.HasSuffix(l, "after end") {
		t.Errorf("a long name hides what others come after: %q", l)
	}
	if l := lines[len(lines)-1]; !strings.Contains(l, "after ! middle-17, middle-0, ") || !strings.HasSuffix(l, "…") {
		t.Errorf("what is missing is cut off: %q", l)
	}
	// Nobody reads a pipe by its width.
	if l := drawn(g, 0, false); !strings.HasSuffix(l[len(l)-1], "middle-16") {
		t.Errorf("cut off in a pipe: %q", l[len(l)-1])
	}
	if l := drawn(g, 80, true)[len(lines)-1]; !strings.Contains(l, "\x1b[33m! middle-17") {
		t.Errorf("a line that is cut loses its colours: %q", l)
	}
}

func TestGraphOfWhatRunsWithoutItsConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", "[services.db\n")
	w.run(exitBadConfig, "graph")
	end := w.serve(&fake{status: statusOf(shop(api.Unhealthy, api.Waiting))})
	w.run(0, "graph")
	wants(t, w.out.String(), "1  db   ▲ unhealthy", "2  web  ◌ waiting", "after ! db")
	wants(t, w.err.String(), "conditions", "prox check")
	end()

	// A service that was added by hand stands beside those of the config.
	w = newWorld(t, "prox.toml", shopConfig)
	st := shop(api.Ready, api.Ready)
	st.Services = append(st.Services, api.Service{Name: "added", DependsOn: []string{"web"}, Instances: []api.Instance{{Name: "added", State: api.Ready}}})
	w.serve(&fake{status: statusOf(st)})
	w.run(0, "graph", "added")
	wants(t, w.out.String(), "1  db ", "2  web ", "3  added  ● ready  after web")
	wantNot(t, w.err.String(), "prox:")
}
