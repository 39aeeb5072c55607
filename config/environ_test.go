package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folderOf writes files into a folder of the test's own.
func folderOf(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, text)
	}
	return dir
}

func environ(t testing.TB, p *Project, service string, g Given) string {
	t.Helper()
	vars, err := p.Environ(service, g)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, v := range vars {
		out = append(out, fmt.Sprintf("%s=%s(%s)", v.Name, v.Value, v.Origin))
	}
	return strings.Join(out, " ")
}

// TestPrecedence holds the one table of the docs: each place in turn is given
// the variable, weakest first, and wins over all before it.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := &Project{Name: "p", Dir: dir, Environment: "production", Services: []Service{{Name: "api"}, {Name: "other"}}}
	s := &p.Services[0]
	var g Given
	file := func(name, value string) func() {
		return func() { write(t, filepath.Join(dir, name), "A="+value+"\n") }
	}
	s.EnvFile = []string{filepath.Join(dir, "one.env"), filepath.Join(dir, "two.env")}
	for _, path := range s.EnvFile {
		write(t, path, "")
	}
	for _, step := range []struct {
		origin string
		give   func()
	}{
		{"env", func() { p.Env = map[string]string{"A": "env"} }},
		{"services.api.env", func() { s.Env = map[string]string{"A": "services.api.env"} }},
		{".env", file(".env", ".env")},
		{".env.local", file(".env.local", ".env.local")},
		{".env.production", file(".env.production", ".env.production")},
		{".env.production.local", file(".env.production.local", ".env.production.local")},
		{"one.env", file("one.env", "one.env")},
		{"two.env", file("two.env", "two.env")},
		{"shell", func() { g.Shell = []string{"A=shell"} }},
		{"env", func() { p.Env["A"] = "${A:+x}env:${A}"; p.Env["A"] = "env:${A}" }},
		{"services.api.env", func() { s.Env["A"] = "api:${A}" }},
		{"command line", func() { g.Set = []string{"A=command line"} }},
	} {
		step.give()
		vars, err := p.Environ("api", g)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vars {
			if v.Name == "A" && v.Origin != step.origin {
				t.Errorf("with %s: %s is from %s", step.origin, v.Value, v.Origin)
			}
			if v.Name == "A" && step.origin == "services.api.env" && len(g.Shell) > 0 && v.Value != "api:env:shell" {
				t.Errorf("built upon what is below: %s", v.Value)
			}
		}
	}
	if got := environ(t, p, "other", Given{}); got != "A=env:.env.production.local(env) PROX_ENV=production(--env)" {
		t.Errorf("a service's own files and variables are others' too: %s", got)
	}
}

func TestEnviron(t *testing.T) {
	t.Parallel()
	p := &Project{
		Dir: t.TempDir(),
		Env: map[string]string{"A": "project", "PORT": "project"},
		Services: []Service{
			{Name: "declared", Port: 3000, OfferedPort: 5000, Env: map[string]string{"PORT": "service", "URL": "http://localhost:${PORT}${offered.port}"}},
			{Name: "offered", OfferedPort: 5000},
			{Name: "none", Env: map[string]string{"PORT": "service"}},
		},
	}
	shell := []string{"B=shell", "D=2=3", "broken", "=x"}
	for name, want := range map[string]string{
		"declared": "A=project(env) B=shell(shell) D=2=3(shell) PORT=3000(port) URL=http://localhost:30005000(services.declared.env)",
		"offered":  "A=project(env) B=shell(shell) D=2=3(shell) PORT=5000(port)",
		"none":     "A=project(env) B=shell(shell) D=2=3(shell) PORT=service(services.none.env)",
		"gone":     "A=project(env) B=shell(shell) D=2=3(shell) PORT=project(env)",
	} {
		if got := environ(t, p, name, Given{Shell: shell}); got != want {
			t.Errorf("%s gets %s, want %s", name, got, want)
		}
	}
	if got := environ(t, p, "declared", Given{Port: 4001}); !strings.Contains(got, "PORT=4001(port)") {
		t.Errorf("an instance with a port of its own gets %s", got)
	}
}

func TestEnvironBuildsUponWhatIsBelow(t *testing.T) {
	t.Parallel()
	p := &Project{
		Dir: t.TempDir(),
		Env: map[string]string{"PATH": "/project:${PATH}", "ONE": "${TWO}", "TWO": "${THREE:-${FOUR}}", "FOUR": "4"},
		Services: []Service{
			{Name: "api", Env: map[string]string{"PATH": "/api:${PATH}"}},
			{Name: "round", Env: map[string]string{"X": "${Y}", "Y": "${Z}", "Z": "${X}"}},
			{Name: "unset", Env: map[string]string{"X": "${NOTHING}"}},
			{Name: "port", Env: map[string]string{"X": "${apo.port}"}},
		},
	}
	if got := environ(t, p, "api", Given{Shell: []string{"PATH=/bin"}}); got != "FOUR=4(env) ONE=4(env) PATH=/api:/project:/bin(services.api.env) TWO=4(env)" {
		t.Error(got)
	}
	for name, want := range map[string]string{
		"round": "X refers to itself by way of Y", "unset": "the variable NOTHING is not set", "port": `there is no service "apo", did you mean ${api.port}?`,
	} {
		_, err := p.Environ(name, Given{Shell: []string{"PATH=/bin"}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	before := []Var{{"A", "1", "env"}, {"B", "1", "env"}, {"C", "1", "env"}}
	after := []Var{{"B", "2", ".env"}, {"C", "1", ".env"}, {"D", "1", "shell"}}
	var got []string
	for _, c := range Changes(before, after) {
		got = append(got, fmt.Sprintf("%s %v %v", c.Name, c.Old, c.New))
	}
	if want := "A &{A 1 env} <nil>; B &{B 1 env} &{B 2 .env}; D <nil> &{D 1 shell}"; strings.Join(got, "; ") != want {
		t.Errorf("%s, want %s", strings.Join(got, "; "), want)
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"API_TOKEN": true, "github_token": true, "CLIENT_SECRET_2": true, "DB_PASSWORD": true, "STRIPE_KEY": true, "AWS_SECRET_ACCESS_KEY": true, "OPENAI_APIKEY": true,
		"PATH": false, "KEYBOARD": false, "PORT": false, "MONKEY": false, "KEY_FILE": false,
	} {
		if Secret(name) != want {
			t.Errorf("%s is secret: %v", name, !want)
		}
	}
}

func TestEnvFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"quotes":          {`A="a b" ` + "\n" + `B='c "d" $E'` + "\nC=`x`\n", "A=a b|B=c \"d\" $E|C=`x`"},
		"comments":        {"# one\nA=1 # two\nB=2#3\n\n   C = 4\n", "A=1|B=2#3|C=4"},
		"export":          {"export A=1\nexport\tB=2\n", "A=1|B=2"},
		"several lines":   {"KEY=\"-----BEGIN\nabc\n-----END\"\nB=1\n", "B=1|KEY=-----BEGIN\nabc\n-----END"},
		"Windows":         {"\xef\xbb\xbfA=1\r\nB=\"x\r\ny\"\r\nC=3", "A=1|B=x\ny|C=3"},
		"no last newline": {"A=1\nB=2", "A=1|B=2"},
		"empty":           {"A=\nB=''\n", "A=|B="},
		"escapes":         {`A="x\ny\"z"` + "\n" + `B='x\ny'` + "\n", "A=x\ny\"z|B=x\\ny"},
		"references":      {"A=1\nB=${A}2$SHELLY\nC=${NONE:-d}\nD='${A}'\n", "A=1|B=12sh|C=d|D=${A}"},
		"inherited":       {"SHELLY\nNOBODY\n", "SHELLY=sh"},
		"equals":          {"A=b=c==\n", "A=b=c=="},
		"nothing":         {"", ""},
	} {
		values, err := parseEnv([]byte(c.text), func(n string) (string, bool) { return "sh", n == "SHELLY" })
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, k := range sortedKeys(values) {
			got = append(got, k+"="+values[k])
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: %q, want %q", name, strings.Join(got, "|"), c.want)
		}
	}
}

// TestUnclosedQuote: it is told where it opens, not where the file ends.
func TestUnclosedQuote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"A=1\nB=\"never closed\nC=3\n": 2,
		"A='x":                         1,
		"\xef\xbb\xbf# it's\r\n\r\nB='x\r\ny\r\n":       3,
		"A=\"a\nb\"\nexport B=\"x\\\"\nC=\\\"\n'y'\n":   3,
		"A=\"x\\\\\"\nB = 'it is \"quoted\"\nC=\"y\"\n": 2,
		"A=it's\nB: \"x\n":                              2,
	} {
		_, err := parseEnv([]byte(text), func(string) (string, bool) { return "", false })
		if is, want := fmt.Sprint(err), fmt.Sprintf("line %d: a quote opens here that is never closed", want); is != want {
			t.Errorf("%q: %s, want %s", text, is, want)
		}
	}
}

func sortedKeys(m map[string]string) []string {
	var vars []Var
	for k := range m {
		vars = append(vars, Var{Name: k})
	}
	var keys []string
	for _, c := range Changes(nil, vars) {
		keys = append(keys, c.Name)
	}
	return keys
}

func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{
		"A=1\n", "export A='x'\r\nB=\"y\r\nz\"", "\xef\xbb\xbfA=${B:-c}", "A=\"\nB", "A", "=", "A=$", "A=${", "A=${}", "# c", "A: 1\n", "A=\\", "A=\"\\\"", "\x00", "é=1", "A=${A}", "A B=1", "export",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := parseEnv(data, func(string) (string, bool) { return "", false })
		if err == nil {
			for name := range values {
				if name == "" || strings.ContainsAny(name, "=\x00") {
					t.Errorf("%q has a variable %q", data, name)
				}
			}
		}
		// Other line ends say the same.
		if again, err2 := parseEnv([]byte(strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n", "\r\n")), func(string) (string, bool) { return "", false }); err == nil && (err2 != nil || fmt.Sprint(again) != fmt.Sprint(values)) {
			t.Errorf("%q says %v, with Windows' line ends %v (%v)", data, values, again, err2)
		}
	})
}

func TestExpand(t *testing.T) {
	t.Parallel()
	vars := map[string]string{"A": "1", "EMPTY": "", "B": "${A}"}
	x := expander{
		variable: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
		port: func(name string) (int, error) {
			if name == "web-app" {
				return 3000, nil
			}
			return 0, errors.New("no such service")
		},
	}
	for text, want := range map[string]string{
		"":                                 "",
		"plain $A $$ $":                    "plain $A $$ $",
		"x${A}y${A}":                       "x1y1",
		"${B}":                             "${A}", // what is put in is not looked at again
		"$${A}":                            "${A}",
		"${NO:-d}${EMPTY:-e}${EMPTY-f}":    "de",
		"${NO:-http://h:${web-app.port}/}": "http://h:3000/",
		"${NO:-${NO:-${A}}}":               "1",
		"${A:?never}":                      "1",
		"${NO:-}":                          "",
		"${NO:-a}b}":                       "ab}",
		"${NO}":                            "!the variable NO is not set",
		"${EMPTY:?give it}":                "!the variable EMPTY is not set: give it",
		"${EMPTY?x}":                       "",
		"${A":                              "!there is no } for the ${ in \"${A\"",
		"${}":                              "!expected a variable or a service's port in ${}",
		"${1A}":                            "!expected a variable or a service's port in ${1A}",
		"${x.port}":                        "!no such service",
		"${x.host}":                        "!expected a variable or a service's port in ${x.host}",
		strings.Repeat("${N:-", 40) + "}":  "!there is no } for",
		strings.Repeat("${N:-", 40) + "x" + strings.Repeat("}", 40): "!references are nested deeper than 32",
	} {
		got, err := x.expand(text)
		if err != nil {
			got = "!" + err.Error()
		}
		if got != want && !(strings.HasPrefix(want, "!") && strings.HasPrefix(got, want)) {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"${A}", "$${A}", "${A:-${B}}", "${api.port}", "${A:?x}", "${", "}", "${A:-$", "$$${A}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x := expander{
			variable: func(name string) (string, bool) { return "v", name != "B" },
			port:     func(string) (int, error) { return 1, nil },
		}
		got, err := x.expand(s)
		if err == nil && !strings.Contains(s, "${") && got != s {
			t.Errorf("%q became %q", s, got)
		}
		if _, err := expandPorts(s, x.port); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	})
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	dir := folderOf(t, map[string]string{
		"prox.toml": `
name = "shop"
[env]
LEVEL = "debug"
ZONE = "a"
[services.api]
command = ["serve", "--web", "${web.port}"]
port = "${API_PORT:-4000}"
env = { A = "1", B = "2", WEB = "http://localhost:${web.port}" }
healthcheck = { http_get = "http://${HOST}:${api.port}/health", interval = "${EVERY:-5s}" }
[services.web]
command = "echo ${web.port} ${HOME}"
port = "auto"
`,
		"prox.production.toml": `
[env]
LEVEL = "warn"
[services.api]
command = "serve --fast"
env = { B = "3" }
[services.mail]
command = "mail"
autostart = "${MAIL:-false}"
restart = { max_restarts = "${RESTARTS}" }
`,
		".env":            "RESTARTS=7\nHOST=example.org\n",
		".env.production": "HOST=production.example.org\n",
	})
	choose := func(service string) (int, error) { return 20000 + len(service), nil }
	p, err := Load(filepath.Join(dir, "prox.toml"), Options{Environment: "production", Port: choose})
	if err != nil {
		t.Fatal(err)
	}
	api, _ := p.Service("api")
	web, _ := p.Service("web")
	mail, _ := p.Service("mail")
	for what, pair := range map[string][2]any{
		"level":   {p.Env["LEVEL"], "warn"},
		"zone":    {p.Env["ZONE"], "a"},
		"command": {strings.Join(api.Command.Argv, " "), "serve --fast"},
		"shell's": {web.Command.Text, "echo 20003 ${HOME}"},
		"port":    {api.Port, 4000},
		"auto":    {web.AutoPort && web.Port == 20003, true},
		"health":  {api.Healthcheck.HTTPGet, "http://production.example.org:4000/health"},
		"every":   {api.Healthcheck.Interval.String(), "5s"},
		"number":  {mail.Restart.MaxRestarts, 7},
		"truth":   {mail.Autostart, false},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
	got := environ(t, p, "api", Given{})
	for _, want := range []string{"A=1(services.api.env)", "B=3(services.api.env)", "HOST=production.example.org(.env.production)", "WEB=http://localhost:20003(services.api.env)", "PROX_ENV=production(--env)"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if p, err = Load(filepath.Join(dir, "prox.toml"), Options{}); err != nil {
		t.Fatal(err)
	}
	api, _ = p.Service("api")
	if _, ok := p.Service("mail"); ok || p.Env["LEVEL"] != "debug" || strings.Join(api.Command.Argv, " ") != "serve --web 1" {
		t.Errorf("without an environment: %v", p)
	}
}

func TestEnvironmentMistakes(t *testing.T) {
	t.Parallel()
	const base = "[services.api]\ncommand = 'a'\n"
	for name, c := range map[string]struct {
		files       map[string]string
		environment string
		want        []string
	}{
		"mistyped": {
			map[string]string{"prox.toml": base, ".env.production": "", ".env.example": ""},
			"prodution",
			[]string{`prox.toml: there is no environment "prodution": none of .env.prodution, .env.prodution.local, prox.prodution.toml is here; did you mean production?`},
		},
		"none":  {map[string]string{"prox.toml": base}, "x", []string{`prox.toml: there is no environment "x": none of .env.x, .env.x.local, prox.x.toml is here; there is none yet: write one of them`}},
		"local": {map[string]string{"prox.toml": base, ".env.local": ""}, "local", []string{"prox.toml: no environment can be called local, because .env.local belongs to all of them"}},
		"slash": {map[string]string{"prox.toml": base}, "a/b", []string{`prox.toml: no environment can be called so: the name "a/b" has '/' in it, where only letters, digits, _ and - may be`}},
		"overlay's own": {
			map[string]string{"prox.toml": base, "prox.p.toml": "name = 'x'\n[services.api]\nprot = 1\nport = 'x'\n"},
			"p",
			[]string{
				"prox.p.toml:1: name: an environment has no name of its own; write it into prox.toml",
				"prox.p.toml:3: services.api.prot: unknown key; did you mean port?",
				`prox.p.toml:4: services.api.port: expected a whole number from 1 to 65535, or "auto", found the text "x"`,
			},
		},
		"overlay broken": {map[string]string{"prox.toml": base, "prox.p.toml": "x = \n"}, "p", []string{"prox.p.toml:1: not valid TOML"}},
		".env broken":    {map[string]string{"prox.toml": base, ".env": "A=1\nB=\"x\n"}, "", []string{".env:2: a quote opens here that is never closed"}},
		".env a folder":  {map[string]string{"prox.toml": base, ".env/x": ""}, "", []string{".env: cannot be read: it is a folder"}},
		"env_file": {
			map[string]string{"prox.toml": base + "env_file = ['a.env', 'b.env', 'c.env']\n", "b.env": "", "c.env": "A B=1"},
			"",
			[]string{"prox.toml:3: services.api.env_file: cannot read DIR/a.env: no such file or directory", "c.env:1: key cannot contain a space"},
		},
		"unset": {
			map[string]string{"prox.toml": base + "dir = '${NO}'\nenv = { A = '${NOT_SET}', B = '${web.port}', C = '${B}' }\n"},
			"",
			[]string{
				"prox.toml:3: services.api.dir: the variable NO is not set; set it in the shell or in .env, or write ${NO:-default}",
				"prox.toml:4: services.api.env.A: the variable NOT_SET is not set; set it in the shell or in .env, or write ${NOT_SET:-default}",
				`prox.toml:4: services.api.env.B: there is no service "web"`,
				`prox.toml:4: services.api.env.C: there is no service "web"`,
			},
		},
		"port of none":  {map[string]string{"prox.toml": base + "[services.web]\ncommand = 'x ${api.port} ${apo.port}'\n"}, "", []string{`prox.toml:4: services.web.command: the service "api" has no port`}},
		"port mistyped": {map[string]string{"prox.toml": base + "port = 'atuo'\n"}, "", []string{`prox.toml:3: services.api.port: expected a whole number from 1 to 65535, or "auto", found the text "atuo"; did you mean "auto"?`}},
	} {
		dir := folderOf(t, c.files)
		_, err := Load(filepath.Join(dir, "prox.toml"), Options{Environment: c.environment})
		var bad *InvalidError
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, p := range bad.Problems {
			got = append(got, strings.ReplaceAll(p.String(), dir, "DIR"))
		}
		for i, want := range c.want {
			if i >= len(got) || !strings.HasPrefix(got[i], want) {
				t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				break
			}
		}
		if len(got) > len(c.want) {
			t.Errorf("%s: too much: %s", name, strings.Join(got, "\n"))
		}
	}
}
