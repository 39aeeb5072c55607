package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// graph makes a project of services, each given with what it depends on.
func graph(deps ...[]string) *Project {
	p := &Project{}
	for _, d := range deps {
		p.Services = append(p.Services, Service{Name: d[0], DependsOn: ready(d[1:]...)})
	}
	return p
}

// ready are dependencies on services that must be ready.
func ready(names ...string) []Dependency {
	var on []Dependency
	for _, name := range names {
		on = append(on, Dependency{Service: name, Condition: Ready})
	}
	return on
}

func TestLayersAndClosure(t *testing.T) {
	t.Parallel()
	p := graph([]string{"web", "api", "cache"}, []string{"api", "db"}, []string{"db"}, []string{"cache"}, []string{"mail"})
	if got, want := p.Layers(), [][]string{{"db", "cache", "mail"}, {"api"}, {"web"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("layers %v, want %v", got, want)
	}
	for _, c := range []struct{ of, want []string }{
		{[]string{"web"}, []string{"db", "api", "cache", "web"}},
		{[]string{"mail", "api", "db"}, []string{"mail", "db", "api"}},
		{nil, nil},
	} {
		if got, err := p.Closure(c.of...); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("closure of %v is %v (%v), want %v", c.of, got, err, c.want)
		}
	}
	_, err := p.Closure("web", "ap")
	var unknown *UnknownServiceError
	if !errors.As(err, &unknown) || unknown.Name != "ap" || unknown.Near != "api" || unknown.Hint() != "did you mean api?" {
		t.Errorf("closure of an unknown service: %v", err)
	}
	if got, want := fmt.Sprint(err), `there is no service "ap"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	p := graph([]string{"web", "api"}, []string{"api", "db"}, []string{"db"}, []string{"mail"}, []string{"debug", "db"})
	for i, groups := range [][]string{{"front"}, {"back"}, {"back", "data"}, nil, {"data"}} {
		p.Services[i].Groups = groups
		p.Services[i].Autostart = i != 2 && i != 4
	}
	for _, c := range []struct{ of, want []string }{
		{nil, []string{"db", "api", "web", "mail"}},
		{[]string{"debug"}, []string{"db", "debug"}},
		{[]string{"@back"}, []string{"db", "api"}},
		{[]string{"@data", "mail", "@data"}, []string{"db", "debug", "mail"}},
		{[]string{"mail", "@front"}, []string{"mail", "db", "api", "web"}},
	} {
		if got, err := p.Select(c.of...); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q selects %v (%v), want %v", c.of, got, err, c.want)
		}
	}
	for name, want := range map[string]string{
		"ap":     `there is no service "ap", did you mean api?`,
		"front":  `there is no service "front", did you mean @front?`,
		"@fornt": `there is no group "fornt", did you mean @front?`,
		"@mail":  `there is no group "mail", did you mean mail?`,
		"@other": `there is no group "other", `,
		"@":      `there is no group "", `,
		"":       `there is no service "", `,
	} {
		got, err := p.Select("web", name)
		if err == nil {
			t.Errorf("%q selects %v", name, got)
		} else if text := err.Error() + ", " + hintOf(err); text != want {
			t.Errorf("%q: %s, want %s", name, text, want)
		}
	}
	none := graph([]string{"a"})
	if got, err := none.Select(); err != nil || len(got) != 0 {
		t.Errorf("where nothing starts by itself %v is selected (%v)", got, err)
	}
}

// A project that nobody checked must not keep anything from ending.
func TestGraphWithCycles(t *testing.T) {
	t.Parallel()
	p := graph([]string{"a", "b"}, []string{"b", "a", "gone"}, []string{"c", "c"})
	n := 0
	for _, layer := range p.Layers() {
		n += len(layer)
	}
	if n != 3 {
		t.Errorf("the layers have %d services, want 3", n)
	}
	if got, err := p.Closure("a", "c"); err != nil || !slices.Equal(got, []string{"b", "a", "c"}) {
		t.Errorf("closure is %v (%v)", got, err)
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	p := graph([]string{"api"}, []string{"database"}, []string{"web-server"}, []string{"x"})
	for name, want := range map[string]string{
		"databse": "database", "Api": "api", "pai": "api", "webserver": "web-server", "web_sevrer": "web-server",
		"mail": "", "y": "", "": "", "api": "",
	} {
		if got := p.Near(name); got != want {
			t.Errorf("near %q is %q, want %q", name, got, want)
		}
	}
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "web-1", "API_2", "größe", "日本", "3", strings.Repeat("ä", 64)} {
		if err := ValidName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name, safe := range map[string]string{
		"web.1": "web-1", "a:b": "a-b", "-x": "x", "_x": "x", "a b  c": "a-b-c", "a/": "a", "": "service", "🚀": "service",
		"a\xff": "a", "../../x": "x", strings.Repeat("a", 65): strings.Repeat("a", 64), strings.Repeat("a", 63) + ".b": strings.Repeat("a", 63) + "b",
	} {
		err := ValidName(name)
		var bad *NameError
		if !errors.As(err, &bad) {
			t.Errorf("%q is allowed", name)
			continue
		}
		if bad.Safe != safe || bad.Hint() != fmt.Sprintf("call it %q", safe) {
			t.Errorf("for %q: %q is proposed, want %q", name, bad.Safe, safe)
		}
	}
}

func FuzzValidName(f *testing.F) {
	f.Add("web.1")
	f.Add("\xff_")
	f.Add("0-")
	f.Fuzz(func(t *testing.T, name string) {
		if err := ValidName(safeName(name)); err != nil {
			t.Errorf("%q for %q: %v", safeName(name), name, err)
		}
		if ValidName(name) == nil && (safeName(name) != name || !utf8.ValidString(name)) {
			t.Errorf("%q is valid, but %q is safe", name, safeName(name))
		}
	})
}

func TestAdHoc(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "my app")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p, err := AdHoc(dir, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "my-app" || p.Dir != dir || p.File != "" || len(p.Services) != 0 || p.Tmux.Server != "user" {
		t.Errorf("got %+v", p)
	}
	roundTrip(t, p)
	p, err = AdHoc(dir, "", []string{"/usr/bin/python3.12", "-m", "http.server"})
	if err != nil {
		t.Fatal(err)
	}
	s := p.Services[0]
	if s.Name != "python3" || s.Dir != dir || !slices.Equal(s.Command.Argv, []string{"/usr/bin/python3.12", "-m", "http.server"}) || !s.PTY || s.Restart.Mode != "on-failure" {
		t.Errorf("got %+v", s)
	}
	roundTrip(t, p)
	if _, err := AdHoc(filepath.Join(dir, "gone"), "", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in no folder: %v", err)
	}
}

func TestCommandService(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a b"), "")
	for _, c := range []struct{ argv, want []string }{
		{[]string{"npm", "run dev"}, []string{"npm", "run dev"}},
		{[]string{"npm run dev"}, []string{"npm", "run", "dev"}},
		{[]string{"a && b"}, []string{"/bin/sh", "-c", "a && b"}},
		{[]string{"./a b"}, []string{"./a b"}},
	} {
		s, err := CommandService("x", dir, c.argv)
		if err != nil || !slices.Equal(s.Command.Argv, c.want) {
			t.Errorf("%q is %q (%v), want %q", c.argv, s.Command.Argv, err, c.want)
		}
	}
	var name *NameError
	if _, err := CommandService("a.b", dir, []string{"x"}); !errors.As(err, &name) {
		t.Errorf("with a bad name: %v", err)
	}
	if _, err := CommandService("x", dir, nil); !errors.Is(err, errEmptyCommand) {
		t.Errorf("without a command: %v", err)
	}
	var shell *CommandError
	if _, err := CommandService("x", dir, []string{"a 'b"}); !errors.As(err, &shell) {
		t.Errorf("with a bad command: %v", err)
	}
}

func TestFileService(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		file, text string
		mode       os.FileMode
		want       string // DIR for the folder
	}{
		{"app.js", "", 0o644, "node DIR/app.js"},
		{"app2.js", "#!/usr/bin/env node\n", 0o755, "DIR/app2.js"},
		{"app3.js", "x", 0o755, "node DIR/app3.js"},
		{"tool.py", "", 0o644, "python3 DIR/tool.py"},
		{"job.rb", "", 0o644, "ruby DIR/job.rb"},
		{"main.go", "", 0o644, "go run DIR/main.go"},
		{"run.sh", "", 0o644, "/bin/sh DIR/run.sh"},
		{"x.php", "", 0o644, "php DIR/x.php"},
		{"x.pl", "", 0o644, "perl DIR/x.pl"},
		{"x.ts", "", 0o644, "tsx DIR/x.ts"},
		{"deno/deno.json", "", 0o644, ""},
		{"deno/x.ts", "", 0o644, "deno run --allow-all DIR/deno/x.ts"},
		{"bun/bun.lock", "", 0o644, ""},
		{"bun/x.ts", "", 0o644, "bun DIR/bun/x.ts"},
		{"tsx/node_modules/.bin/tsx", "", 0o755, ""},
		{"tsx/src/x.ts", "", 0o644, "DIR/tsx/node_modules/.bin/tsx DIR/tsx/src/x.ts"},
		{"venv/.venv/bin/python", "", 0o755, ""},
		{"venv/x.py", "", 0o644, "DIR/venv/.venv/bin/python DIR/venv/x.py"},
		{"script", "#!/usr/bin/env -S awk -f\n", 0o644, "/usr/bin/env -S awk -f DIR/script"},
		{"program", "\x7fELF", 0o755, "DIR/program"},
		{"noline", "echo", 0o755, "/bin/sh DIR/noline"},
	} {
		path := filepath.Join(dir, c.file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			continue
		}
		s, err := FileService(path, []string{"a b", "$X"})
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		want := append(strings.Fields(strings.ReplaceAll(c.want, "DIR", dir)), "a b", "$X")
		stem := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		if !slices.Equal(s.Command.Argv, want) || s.Name != stem || s.Dir != filepath.Dir(path) {
			t.Errorf("%s: got %+v, want %q in %s as %s", c.file, s, want, filepath.Dir(path), stem)
		}
	}
	write(t, filepath.Join(dir, "data.csv"), "a,b\n")
	_, err := FileService(filepath.Join(dir, "data.csv"), nil)
	var none *NoInterpreterError
	if !errors.As(err, &none) || none.Hint() == "" || !strings.HasSuffix(err.Error(), "nothing is known that runs .csv files") {
		t.Errorf("a file that nothing runs: %v", err)
	}
	if _, err := FileService(filepath.Join(dir, "gone.js"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := FileService(dir, nil); err == nil {
		t.Error("a folder runs")
	}
}
