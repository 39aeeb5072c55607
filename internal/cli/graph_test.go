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
