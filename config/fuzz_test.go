package config

import (
	"errors"
	"net"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func FuzzTOML(f *testing.F) {
	_, example, _ := exampleFile(f)
	f.Add(string(example))
	f.Add(fullTOML)
	f.Add("[[services.a]]\n[services.a.b]\nx.y.z = [1, [2, {a = 1}]]")
	fuzzLoad(f, "prox.toml", ".toml")
}

func FuzzYAML(f *testing.F) {
	f.Add(fullYAML)
	f.Add("a: &a [*a]\n? [x]\n: y\n<<: *a\n")
	f.Add("services: {a: {<<: {command: x}, port: 0o17, env: {D: 2024-01-01}}}")
	fuzzLoad(f, "prox.yml", ".yml", ".yaml")
}

func FuzzProcfile(f *testing.F) {
	f.Add("web: npm start\nworker: a | b\n# x\n\nbad\n")
	fuzzLoad(f, "Procfile", "Procfile", "Procfile.dev")
}

// fuzzLoad: whatever is in a file, it is a sound project or a list of
// mistakes with places that exist.
func fuzzLoad(f *testing.F, name string, alike ...string) {
	for _, m := range mistakes {
		for _, end := range alike {
			if strings.HasSuffix(m.file, end) {
				f.Add(m.text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := "/nowhere/" + name
		p, err := load(file, []byte(text), Options{}, &problems{file: file})
		if err != nil {
			var bad *InvalidError
			if !errors.As(err, &bad) || len(bad.Problems) == 0 || p != nil {
				t.Fatalf("%v, %T", p, err)
			}
			for _, problem := range bad.Problems {
				if problem.Message == "" || problem.Line < 0 || problem.Line > len(text)+2 {
					t.Errorf("%+v", problem)
				}
			}
			return
		}
		if len(p.Services) == 0 || ValidName(p.Name) != nil {
			t.Fatalf("unsound: %+v", p)
		}
		for _, s := range p.Services {
			if ValidName(s.Name) != nil || len(s.Command.Argv) == 0 || s.Stop.Timeout <= 0 || s.Restart.MaxDelay < s.Restart.Delay {
				t.Errorf("unsound: %+v", s)
			}
			if h := s.Healthcheck; h.Kind() == "" && !reflect.DeepEqual(h, Healthcheck{}) || h.Kind() != "" && !soundHealthcheck(s) {
				t.Errorf("unsound: %+v", h)
			}
			if s.ReadyAfter < 0 || s.ReadyAfter > 0 && (s.Task || s.Port != 0 || s.Healthcheck.Kind() != "") {
				t.Errorf("unsound: %+v", s)
			}
			if s.Hooks.Timeout <= 0 || s.Task && len(s.Hooks.OnReady.Argv) > 0 {
				t.Errorf("unsound: %+v", s.Hooks)
			}
			if s.OnLimit != "restart" && s.OnLimit != "report" || s.Limits.CPU < 0 || s.Limits.For < 0 {
				t.Errorf("unsound: %+v, %s", s.Limits, s.OnLimit)
			}
			if l := s.Logs; l.MaxSize < leastLogSize || l.MaxTotal < 2*l.MaxSize || l.MaxTotal > p.Logs.MaxTotal || l.MaxAge != 0 && time.Duration(l.MaxAge) < leastLogAge {
				t.Errorf("unsound: %+v of %+v", l, p.Logs)
			}
			if s.OnUnhealthy != "restart" && s.OnUnhealthy != "report" {
				t.Errorf("unsound: %+v", s)
			}
			for _, g := range s.Groups {
				if got, err := p.Select("@" + g); ValidName(g) != nil || err != nil || !slices.Contains(got, s.Name) {
					t.Errorf("group %q of %s: %v, %v", g, s.Name, got, err)
				}
			}
			for _, on := range s.DependsOn {
				if to, ok := p.Service(on.Service); !ok || !slices.Contains(conditions, on.Condition) || on.Condition == Completed && !to.Task {
					t.Errorf("%s depends on %+v", s.Name, on)
				}
			}
		}
		if _, err := p.Select(); err != nil {
			t.Error(err)
		}
		n := 0
		for _, layer := range p.Layers() {
			n += len(layer)
		}
		if n != len(p.Services) {
			t.Errorf("%d of %d services are in layers", n, len(p.Services))
		}
		roundTrip(t, p)
	})
}

// soundHealthcheck: it can be asked without looking at it again.
func soundHealthcheck(s Service) bool {
	h := s.Healthcheck
	_, bodyErr := regexp.Compile(h.Body)
	_, logErr := regexp.Compile(h.Log)
	_, _, tcpErr := net.SplitHostPort(h.TCP)
	low, high := h.Statuses()
	return bodyErr == nil && logErr == nil && (h.TCP == "" || tcpErr == nil) &&
		low >= 100 && low <= high && high <= 599 && (h.Status != "") == (h.HTTPGet != "") &&
		(!strings.HasPrefix(h.HTTPGet, "/") || s.Port != 0) &&
		h.Retries >= 1 && h.Timeout > 0 && h.Interval >= shortestInterval && h.StartInterval >= shortestStartInterval
}
