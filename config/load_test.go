package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const fullTOML = `
name = "shop"
env.LOG_LEVEL = "debug"
[services.web]
command = ["node", "web.js"]
depends_on = ["api", "db", "api"]
pty = false
healthcheck = { command = ["curl", "-f", "x"], notify = false }
[services.db]
command = "postgres"
env = { N = 0x1F, OK = true, F = 1.50 }
healthcheck = { tcp = 5432 }
restart.delay = "1m"
limits = { memory = "1.5GiB", cpu = "150.5 %", for = "0s" }
on_limit = "restart"
logs = { max_size = "1MiB", max_age = "1d12h", max_total = "9GB", compress = false }
hooks = { on_exit = ["notify", "-u"], on_ready = "echo $PROX_PORT", timeout = "3s" }
[services.api]
command = "npm start --port $PORT"
dir = "api/../api"
depends_on = { db = "started" }
port = 3000
restart = { mode = "always", max_restarts = -1, delay = "0s", max_delay = "1m30s", backoff_factor = 3 }
stop = { signal = "int", timeout = "1s" }
interactive = true
on_unhealthy = "report"
[services.api.healthcheck]
http_get = "/health?a=b"
status = "2xx"
body = '"ok":\s*true'
headers = { Accept = "text/plain", X-N = 1 }
interval = "5s"
timeout = "1s"
retries = 2
start_period = "0s"
start_interval = "10ms"
[services.migrate]
command = "migrate"
task = true
depends_on = { seed = "completed" }
groups = ["data", "once", "data"]
[services.seed]
command = "seed"
task = true
restart.mode = "on-failure"
autostart = false
groups = []
[services.slow]
command = "slow"
ready_after = "1m"
[tmux]
server = "private"
[logs]
max_total = "8GiB"
`

const fullYAML = `
name: shop
env: { LOG_LEVEL: debug }
services:
  web:
    command: [node, web.js]
    depends_on: [api, db, api]
    pty: false
    healthcheck: { command: [curl, -f, x], notify: false }
  db:
    command: postgres
    env: { N: 0x1F, OK: true, F: 1.50 }
    healthcheck: { tcp: 5432 }
    restart: { delay: 1m }
    limits: { memory: 1.5GiB, cpu: 150.5 %, for: 0s }
    on_limit: restart
    logs: { max_size: 1MiB, max_age: 1d12h, max_total: 9GB, compress: false }
    hooks: { on_exit: [notify, -u], on_ready: echo $PROX_PORT, timeout: 3s }
  api: &api
    command: npm start --port $PORT
    dir: api/../api
    depends_on: { db: started }
    port: 3000
    restart: { mode: always, max_restarts: -1, delay: 0s, max_delay: 1m30s, backoff_factor: 3 }
    stop: { signal: int, timeout: 1s }
    interactive: true
    on_unhealthy: report
    healthcheck:
      http_get: /health?a=b
      status: 2xx
      body: '"ok":\s*true'
      headers: { Accept: text/plain, X-N: 1 }
      interval: 5s
      timeout: 1s
      retries: 2
      start_period: 0s
      start_interval: 10ms
  migrate:
    command: migrate
    task: true
    depends_on: { seed: completed }
    groups: [data, once, data]
  seed:
    command: seed
    task: true
    restart: { mode: on-failure }
    autostart: false
    groups: []
  slow:
    command: slow
    ready_after: 1m
tmux: { server: private }
logs: { max_total: 8GiB }
`

// full is what both say.
func full(dir, file string) *Project {
	web := newService("web", dir)
	web.Command = Command{Text: "node web.js", Argv: []string{"node", "web.js"}}
	web.DependsOn = ready("api", "db")
	web.PTY = false
	web.Healthcheck = newHealthcheck()
	web.Healthcheck.Command = Command{Text: "curl -f x", Argv: []string{"curl", "-f", "x"}}
	db := newService("db", dir)
	db.Command = Command{Text: "postgres", Argv: []string{"postgres"}}
	db.Env = map[string]string{"N": "0x1F", "OK": "true", "F": "1.50"}
	db.Healthcheck = newHealthcheck()
	db.Healthcheck.TCP = "localhost:5432"
	db.Limits, db.OnLimit = Limits{Memory: 3 << 29, CPU: 150.5}, "restart"
	db.Logs = Logs{MaxSize: 1 << 20, MaxAge: Duration(36 * time.Hour), MaxTotal: 8 << 30} // no more than all
	db.Hooks = Hooks{
		OnExit:  Command{Text: "notify -u", Argv: []string{"notify", "-u"}},
		OnReady: Command{Text: "echo $PROX_PORT", Argv: []string{"/bin/sh", "-c", "exec echo $PROX_PORT"}, Shell: true},
		Timeout: Duration(3 * time.Second),
	}
	db.Restart.Delay, db.Restart.MaxDelay = Duration(time.Minute), Duration(time.Minute)
	api := newService("api", filepath.Join(dir, "api"))
	api.Command = Command{Text: "npm start --port $PORT", Argv: []string{"/bin/sh", "-c", "exec npm start --port $PORT"}, Shell: true}
	api.DependsOn = []Dependency{{"db", Started}}
	api.Port = 3000
	api.Restart = Restart{Mode: "always", MaxRestarts: -1, MaxDelay: Duration(90 * time.Second), BackoffFactor: 3, ResetAfter: Duration(time.Minute)}
	api.Stop = Stop{Signal: "SIGINT", Timeout: Duration(time.Second)}
	api.Interactive = true
	api.OnUnhealthy = "report"
	api.Healthcheck = Healthcheck{
		HTTPGet: "/health?a=b", Status: "2xx", Body: `"ok":\s*true`, Headers: map[string]string{"Accept": "text/plain", "X-N": "1"},
		Interval: Duration(5 * time.Second), Timeout: Duration(time.Second), Retries: 2, StartInterval: Duration(10 * time.Millisecond),
	}
	migrate := newService("migrate", dir)
	migrate.Command = Command{Text: "migrate", Argv: []string{"migrate"}}
	migrate.Task, migrate.Restart.Mode = true, "never"
	migrate.Groups = []string{"data", "once"}
	migrate.DependsOn = []Dependency{{"seed", Completed}}
	seed := newService("seed", dir)
	seed.Command = Command{Text: "seed", Argv: []string{"seed"}}
	seed.Task, seed.Autostart = true, false
	slow := newService("slow", dir)
	slow.Command = Command{Text: "slow", Argv: []string{"slow"}}
	slow.ReadyAfter = Duration(time.Minute)
	return &Project{
		Name: "shop", Dir: dir, File: filepath.Join(dir, file),
		Env:      map[string]string{"LOG_LEVEL": "debug"},
		Services: []Service{web, db, api, migrate, seed, slow},
		Tmux:     Tmux{Server: "private"},
		Logs:     Logs{MaxSize: 64 << 20, MaxTotal: 8 << 30, Compress: true},
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	for file, text := range map[string]string{
		"prox.toml":  fullTOML,
		"other.TOML": "\xef\xbb\xbf" + strings.ReplaceAll(fullTOML, "\n", "\r\n"),
		"prox.yml":   fullYAML,
		"prox.yaml":  "\xef\xbb\xbf" + strings.ReplaceAll(fullYAML, "\n", "\r\n"),
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "api"), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, file), text)
		p, err := Load(filepath.Join(dir, file), Options{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if want := full(dir, file); !reflect.DeepEqual(p, want) {
			t.Errorf("%s\ngot  %+v\nwant %+v", file, p, want)
		}
		roundTrip(t, p)
	}
}

// roundTrip checks that a project is the same after it was kept as JSON.
func roundTrip(t *testing.T, p *Project) {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Project
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, p) {
		t.Errorf("after a round trip through JSON\ngot  %+v\nwant %+v\njson %s", &back, p, b)
	}
}

// TestDir: a folder may be given as a whole path, and is kept in its plain form.
func TestDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := load("/x/prox.toml", []byte("[services.a]\ncommand = 'a'\ndir = '"+dir+"/.//'"), Options{}, &problems{file: "/x/prox.toml"})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Services[0].Dir; got != dir {
		t.Errorf("the folder is %s, want %s", got, dir)
	}
}

func TestDurationJSON(t *testing.T) {
	t.Parallel()
	var d Duration
	for _, bad := range []string{`"5"`, `"-1s"`, `"0"`, `5`} {
		if err := json.Unmarshal([]byte(bad), &d); err == nil {
			t.Errorf("%s is read as %v", bad, d)
		}
	}
	if b, _ := json.Marshal(Duration(90 * time.Second)); string(b) != `"1m30s"` {
		t.Errorf("90 s is written %s", b)
	}
}

func TestYAMLMerge(t *testing.T) {
	t.Parallel()
	const text = `
services:
  a: &base
    command: a
    env: { A: 1 }
    restart: &r { mode: always }
  b:
    <<: *base
    command: b
  c:
    <<: [{ command: c }, *base]
    restart: *r
`
	p, err := load("/x/prox.yml", []byte(text), Options{}, &problems{file: "/x/prox.yml"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a", "b", "c"} {
		if s := p.Services[i]; s.Command.Text != want || s.Env["A"] != "1" || s.Restart.Mode != "always" {
			t.Errorf("service %s is %+v", want, s)
		}
	}
}

func TestProcfile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "my shop.v2")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "Procfile"), "# all of it\r\nweb: rails s -p $PORT\r\n\r\n worker:sidekiq -q a:b\r\ncss :\tyarn build --watch")
	p, err := Load(filepath.Join(dir, "Procfile"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "my-shop-v2" {
		t.Errorf("the project is called %q", p.Name)
	}
	want := []struct {
		name, command string
		port          int
		shell         bool
	}{{"web", "rails s -p $PORT", 5000, true}, {"worker", "sidekiq -q a:b", 5100, false}, {"css", "yarn build --watch", 5200, false}}
	if len(p.Services) != len(want) {
		t.Fatalf("%d services, want %d", len(p.Services), len(want))
	}
	for i, w := range want {
		s := p.Services[i]
		if s.Name != w.name || s.Command.Text != w.command || s.OfferedPort != w.port || s.Port != 0 || s.Command.Shell != w.shell || s.Dir != dir || !s.PTY {
			t.Errorf("got %+v, want %+v", s, w)
		}
	}
	roundTrip(t, p)
}

// TestProcfilesBasePort: the first service is given the PORT of the files of
// variables, and never the shell's.
func TestProcfilesBasePort(t *testing.T) {
	t.Parallel()
	many := strings.Builder{}
	for k := range 20 {
		fmt.Fprintf(&many, "s%d: x\n", k)
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"none":      {nil, "5000 5100"},
		"one":       {map[string]string{".env": "A=1\nPORT=4100\n"}, "4100 4200"},
		"stronger":  {map[string]string{".env": "PORT=4100", ".env.local": "PORT='4300'"}, "4300 4400"},
		"of one":    {map[string]string{".env": "PORT=4100", ".env.test": "PORT=4500"}, "4500 4600"},
		"empty":     {map[string]string{".env": "PORT=4100", ".env.local": "PORT="}, "4100 4200"},
		"elsewhere": {map[string]string{".env": "PORTS=1\nWEB_PORT=2"}, "5000 5100"},
		"made":      {map[string]string{".env": "BASE=41\nPORT=${BASE}00"}, "4100 4200"},
		"no number": {map[string]string{".env": "PORT=auto"}, `.env: PORT: expected a number from 1 to 65535, found "auto"; the Procfile's first service is given it`},
		"too high":  {map[string]string{".env": "PORT=70000"}, `found "70000"`},
		"too many":  {map[string]string{".env": "PORT=65000", "Procfile": many.String()}, "Procfile: 20 services are more than there are ports to offer, from 65000 on in steps of 100; set PORT to a lower one"},
		"just fits": {map[string]string{".env": "PORT=65435"}, "65435 65535"},
		"a toml":    {map[string]string{".env": "PORT=auto", "prox.toml": "[services.a]\ncommand = 'a'\n[services.b]\ncommand = 'b'\n"}, "0 0"},
	} {
		files := map[string]string{"Procfile": "web: x\nworker: y\n"}
		maps.Copy(files, c.files)
		dir := folderOf(t, files)
		file := "Procfile"
		if _, ok := files["prox.toml"]; ok {
			file = "prox.toml"
		}
		environment := ""
		if _, ok := files[".env.test"]; ok {
			environment = "test"
		}
		p, err := Load(filepath.Join(dir, file), Options{Environment: environment, Given: Given{Shell: []string{"PORT=3999"}}})
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			continue
		}
		if is := fmt.Sprint(p.Services[0].OfferedPort, p.Services[1].OfferedPort); is != c.want {
			t.Errorf("%s: %s, want %s", name, is, c.want)
		}
	}
}

// TestExample: the example loads, and has every key that there is.
func TestExample(t *testing.T) {
	t.Parallel()
	file, data, ps := exampleFile(t)
	p, err := load(file, data, Options{}, ps)
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, p)
	root := parseTOML(data, ps)
	var missing func(path string, t reflect.Type, at ...*node)
	missing = func(path string, typ reflect.Type, at ...*node) {
		for _, r := range rules(typ) {
			key := join(path, r.key)
			var found []*node
			for _, n := range at {
				if n := n.get(r.key); n != nil {
					found = append(found, n)
				}
			}
			if len(found) == 0 {
				t.Errorf("the example has no %s", key)
			}
			if ft := typ.Field(r.index).Type; ft.Kind() == reflect.Struct && ft != reflect.TypeFor[Command]() && ft != reflect.TypeFor[Action]() {
				missing(key, ft, found...)
			}
		}
	}
	missing("", reflect.TypeFor[Project](), root)
	var services []*node
	for _, f := range root.get("services").fields {
		services = append(services, f.value)
	}
	missing("services.NAME", reflect.TypeFor[Service](), services...)
}

// TestExampleTellsDefaults: what the example calls the default is it.
func TestExampleTellsDefaults(t *testing.T) {
	t.Parallel()
	p, err := loadExample(t)
	if err != nil {
		t.Fatal(err)
	}
	api, _ := p.Service("api")
	if d := newService("api", ""); !reflect.DeepEqual(api.Restart, d.Restart) || api.Stop != d.Stop || api.PTY != d.PTY || api.Interactive != d.Interactive || api.Autostart != d.Autostart || api.Task != d.Task || api.OnUnhealthy != d.OnUnhealthy || api.OnLimit != d.OnLimit || api.Limits.For != d.Limits.For || api.Hooks.Timeout != d.Hooks.Timeout || api.Logs.MaxSize != d.Logs.MaxSize || api.Logs.MaxTotal != d.Logs.MaxTotal || api.Logs.Compress != d.Logs.Compress {
		t.Errorf("the example's api has %+v, the defaults are %+v", *api, d)
	}
}

// TestExampleTellsHealthDefaults does the same for its healthcheck.
func TestExampleTellsHealthDefaults(t *testing.T) {
	t.Parallel()
	p, err := loadExample(t)
	if err != nil {
		t.Fatal(err)
	}
	api, _ := p.Service("api")
	got, want := api.Healthcheck, newHealthcheck()
	want.HTTPGet, want.Body, want.Headers, want.Status = got.HTTPGet, got.Body, got.Headers, defaultStatus
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the example's api has %+v, the defaults are %+v", got, want)
	}
}

// TestSchemaFresh generates the schema again.
func TestSchemaFresh(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "schema.json")
	if out, err := exec.Command("go", "run", "-tags", "generate", "./internal/schemagen", "-o", file).CombinedOutput(); err != nil {
		t.Fatalf("cannot generate the schema: %v\n%s", err, out)
	}
	fresh, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(fresh) != string(Schema()) {
		t.Error("schema.json is stale: run go generate ./config")
	}
}

// TestSchemaDefaults: the defaults that the schema tells are those we use.
func TestSchemaDefaults(t *testing.T) {
	t.Parallel()
	var s struct {
		Definitions map[string]struct {
			Properties map[string]struct {
				Default any `json:"default"`
			} `json:"properties"`
		} `json:"definitions"`
	}
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	d := newService("a", "")
	h := newHealthcheck()
	h.Status = defaultStatus
	for name, value := range map[string]any{"Healthcheck": h, "Service": d, "Restart": d.Restart, "Stop": d.Stop, "Hooks": d.Hooks, "Limits": d.Limits, "Logs": d.Logs, "Tmux": Tmux{Server: "user"}} {
		v := reflect.ValueOf(value)
		for _, r := range rules(v.Type()) {
			want := s.Definitions[name].Properties[r.key].Default
			if want == nil {
				continue
			}
			var got any
			b, _ := json.Marshal(v.Field(r.index).Interface())
			_ = json.Unmarshal(b, &got)
			if got != want {
				t.Errorf("the default of %s.%s is %v, the schema says %v", name, r.key, got, want)
			}
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b", "c")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Find(deep)
	if !errors.Is(err, ErrNoConfig) || !strings.Contains(err.Error(), deep) {
		t.Errorf("with none there: %v, want ErrNoConfig that names the folder", err)
	}
	var h interface{ Hint() string }
	if !errors.As(err, &h) || h.Hint() == "" {
		t.Error("there is no hint")
	}
	// A folder of that name is not a config.
	if err := os.Mkdir(filepath.Join(deep, "prox.toml"), 0o755); err != nil {
		t.Fatal(err)
	}
	// Each one written is found before all that were written so far.
	for _, file := range []string{"Procfile", "a/Procfile", "a/Procfile.dev", "a/prox.yaml", "a/prox.yml", "a/prox.toml", "a/b/c/Procfile"} {
		want := filepath.Join(root, file)
		write(t, want, "")
		if got, err := Find(deep); got != want || err != nil {
			t.Errorf("found %s (%v), want %s", got, err, want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "api"), 0o755); err != nil {
		b.Fatal(err)
	}
	_, example, _ := exampleFile(b)
	for file, text := range map[string]string{
		"prox.toml":    string(example),
		"prox.yml":     fullYAML,
		"Procfile":     strings.Repeat("#\n", 10) + "web: rails s -p $PORT\nworker: sidekiq\ncss: yarn build --watch\n",
		"fifty.toml":   many(50),
		"hundred.toml": many(100),
	} {
		path := filepath.Join(dir, file)
		write(b, path, text)
		b.Run(file, func(b *testing.B) {
			for b.Loop() {
				if _, err := Load(path, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func many(n int) string {
	var s strings.Builder
	for i := range n {
		name := "s" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		s.WriteString("[services." + name + "]\ncommand = \"npm run " + name + "\"\nenv = { A = \"1\" }\nrestart = { mode = \"always\" }\n")
	}
	return s.String()
}

func TestParseReadsWhatIsNotWrittenYet(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "prox.toml")
	p, err := Parse(path, []byte("[services.web]\ncommand = \"true\"\n"), Options{})
	if err != nil || len(p.Services) != 1 || p.File != path {
		t.Fatalf("%+v, %v", p, err)
	}
	_, err = Parse(path, []byte("[services.web]\ncomand = \"true\"\n"), Options{})
	var invalid *InvalidError
	if !errors.As(err, &invalid) || invalid.Problems[0].Line == 0 {
		t.Fatalf("a mistake is told as %v", err)
	}
}
