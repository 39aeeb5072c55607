package discover

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	composetemplate "github.com/compose-spec/compose-go/v2/template"

	"prox/config"
	"prox/internal/document"
)

func TestComposeCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ command, want string }{
		{"docker compose up db", "compose:.#db"},
		{"docker-compose up", "compose:.#"},
		{"docker compose -f infra/docker-compose.yml --profile x up --build --scale db=2 db cache", "compose:infra#db compose:infra#cache"},
		{"docker compose --file=docker-compose.dev.yml up --exit-code-from db db", "compose:.#db"},
		{"docker compose run --rm -e A=1 web", "compose:.#web"},
		{"docker compose run web rails console", ""},
		{"docker compose up -d db", ""},
		{"docker compose up --detach", ""},
		{"docker compose exec db psql", ""},
		{"docker compose", ""},
		{"docker run -p 80:80 nginx", ""},
		{"docker compose -f", ""},
		{"cd api && docker compose up", "compose:api#"},
	} {
		var all []string
		for _, id := range calls(c.command, ".") {
			if strings.HasPrefix(string(id), "compose:") {
				all = append(all, string(id))
			}
		}
		if got := strings.Join(all, " "); got != c.want {
			t.Errorf("%s calls %q, not %q", c.command, got, c.want)
		}
	}
}

func TestAnAggregatorOfComposeIsTheServicesOfItsFile(t *testing.T) {
	t.Parallel()
	p := find(t, "Procfile", "up: docker compose up\nweb: docker compose up -d && ./web\n", "compose.yaml", "services: {db: {image: x}, cache: {image: y}}\n")
	var names []string
	for _, s := range p.Services {
		names = append(names, s.Name)
	}
	// What Procfile's up amounts to is both; web only brings them up before.
	if got := strings.Join(names, " "); got != "web db cache" {
		t.Errorf("found %s\n%s", got, p.TOML())
	}
	if got := notes(p); !strings.Contains(got, "left: Procfile up (line 1): it brings up services of compose.yaml") {
		t.Errorf("the notes are\n%s", got)
	}
}

func projectOf(env ...string) *composeProject {
	p := &composeProject{f: &file{folder: &folder{dir: "."}}, dotenv: map[string]string{}}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		p.dotenv[name] = value
	}
	return p
}

func TestTextsOfCompose(t *testing.T) {
	t.Parallel()
	p := projectOf("SET=value", "EMPTY=")
	for _, c := range []struct{ text, prox, static, word string }{
		{"plain", "plain", "plain", "plain"},
		{"$SET", "${SET:-}", "value", `"${SET}"`},
		{"${SET}/x", "${SET:-}/x", "value/x", `"${SET}/x"`},
		{"${NO:-5432}", "${NO:-5432}", "5432", `"${NO:-5432}"`},
		{"${EMPTY:-a}${EMPTY-b}", "${EMPTY:-a}${EMPTY-b}", "a", `"${EMPTY:-a}${EMPTY-b}"`},
		{"${NO:?say it}", "${NO:?say it}", "", `"${NO:?say it}"`},
		{"${SET:+yes}${NO:+no}", "yes", "yes", `"${SET:+yes}${NO:+no}"`},
		{"${A:-${SET}}", "${A:-${SET:-}}", "value", `"${SET}"`},
		{"${A:-it's}${SET:-it's}", "${A:-it's}${SET:-it's}", "it'svalue", `"it's${SET}"`},
		{"${SET:+'$SET'}${A:+'$SET'}", "'${SET:-}'", "'value'", `"'${SET}'"`},
		{"$$SET", "$SET", "$SET", "'$SET'"},
		{"$${SET}", "$${SET}", "${SET}", "'${SET}'"},
		{"$$${SET}", "${DOLLAR:-$}${SET:-}", "$value", `"\$${SET}"`},
		{"$$$$${SET}$$", "${DOLLAR:-$$}${SET:-}$", "$$value$", `"\$\$${SET}\$"`},
		{"${SET:+$$}{", "${DOLLAR:-$}{", "${", `"\${"`},
		{"$ 5 ${", "$ 5 $${", "$ 5 ${", "'$ 5 ${'"},
		{"it's", "it's", "it's", `'it'\''s'`},
		{`"$SET" \`, `"${SET:-}" \`, `"value" \`, `"\"${SET}\" \\"`},
	} {
		static, _ := p.static(c.text)
		if got := p.text(c.text); got != c.prox {
			t.Errorf("%q is %q for prox, not %q", c.text, got, c.prox)
		}
		if static != c.static {
			t.Errorf("%q comes to %q, not %q", c.text, static, c.static)
		}
		if got := p.shellWord(c.text); got != c.word {
			t.Errorf("%q is the word %s, not %s", c.text, got, c.word)
		}
	}
}

func TestPortsOfCompose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"80", "||80|tcp"},
		{"8080:80", "|8080|80|tcp"},
		{"8080:80/udp", "|8080|80|udp"},
		{"127.0.0.1:8080:80", "127.0.0.1|8080|80|tcp"},
		{"127.0.0.1::80", "127.0.0.1||80|tcp"},
		{"[::1]:8080:80", "::1|8080|80|tcp"},
		{"${PORT:-3000}:3000", "|${PORT:-3000}|3000|tcp"},
		{"${IP:-::1}:${P}:3000", "${IP:-::1}|${P}|3000|tcp"},
		{"3000-3001:80-81", "|3000|80|tcp |3001|81|tcp"},
		{"3000-3001:80", "||80|tcp"},
		{"3000-3001", "||3000|tcp"},
		{"", "|||tcp"},
	} {
		var all []string
		for _, p := range shortPort(c.text).each() {
			all = append(all, fmt.Sprintf("%s|%s|%s|%s", p.ip, p.published, p.target, p.protocol))
		}
		if got := strings.Join(all, " "); got != c.want {
			t.Errorf("%q is %s, not %s", c.text, got, c.want)
		}
	}
}

func TestAddressesOfOthers(t *testing.T) {
	t.Parallel()
	known := func(host string) bool { return host == "db" || host == "my.cache" }
	for _, c := range []struct{ text, want string }{
		{"db:5432", "db 5432 [0:7]"},
		{"postgres://u:p@db:5432/db", "db 5432 [15:22]"},
		{"postgres://db:secret@db/db", "db 5432 [21:23]"},
		{"redis://my.cache", "my.cache 6379 [8:16]"},
		{"jdbc:postgresql://db:5433/x", "db 5433 [18:25]"},
		{"a:1,db:2;my.cache:3", "db 2 [4:8] my.cache 3 [9:19]"},
		{"http://x/db:80", ""},
		{"/data/db", ""},
		{"db", ""},
		{"mydb:5432", ""},
		{"db:99999", ""},
		{"db:80x", ""},
		{"ftp://db/x", "db 0 [6:8]"},
	} {
		var all []string
		for _, a := range addresses(c.text, known) {
			all = append(all, fmt.Sprintf("%s %d [%d:%d]", a.host, a.port, a.from, a.to))
		}
		if got := strings.Join(all, " "); got != c.want {
			t.Errorf("%q speaks of %q, not %q", c.text, got, c.want)
		}
	}
}

func TestMergingAsDockerDoes(t *testing.T) {
	t.Parallel()
	base := "command: [a, b]\nhealthcheck: {test: [CMD, a, b], retries: 3}\ntmpfs: x\nports: ['1:1', '2:2']\nenvironment: [A=1, B=2]\ndepends_on: [x]\nbuild: ./here\nenv_file: one\nlabels: {a: 1}\nrestart: always\n"
	over := "command: [b, c]\nhealthcheck: {test: [CMD, c]}\ntmpfs: !reset null\nports: ['2:2', '3:3']\nenvironment: {B: 3, C: 4}\ndepends_on: {y: {condition: service_healthy}}\nbuild: {target: dev}\nenv_file: [two]\nrestart: null\nimage: z\n"
	b, err := document.Parse(document.YAML, []byte(base))
	if err != nil {
		t.Fatal(err)
	}
	o, err := document.Parse(document.YAML, []byte(over))
	if err != nil {
		t.Fatal(err)
	}
	n := composeMerge(b, o, "")
	for _, c := range []struct{ got, want string }{
		{strings.Join(n.Get("command").Scalars(), " "), "b c"},
		{strings.Join(n.Get("healthcheck", "test").Scalars(), " ") + n.Get("healthcheck", "retries").Scalar(), "CMD c3"},
		{fmt.Sprint(n.Has("tmpfs")), "false"},
		{strings.Join(n.Get("ports").Scalars(), " "), "1:1 2:2 3:3"},
		{n.Get("environment", "A").Scalar() + n.Get("environment", "B").Scalar() + n.Get("environment", "C").Scalar(), "134"},
		{strings.Join(n.Get("depends_on").Keys(), " "), "x y"},
		{n.Get("build", "context").Scalar() + n.Get("build", "target").Scalar(), "./heredev"},
		{strings.Join(n.Get("env_file").Scalars(), " "), "one two"},
		{n.Get("restart").Scalar() + n.Get("image").Scalar(), "alwaysz"},
		{strings.Join(b.Get("ports").Scalars(), " "), "1:1 2:2"}, // the base is as it was
	} {
		if c.got != c.want {
			t.Errorf("got %q, not %q", c.got, c.want)
		}
	}
}

func TestRelativeTo(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{{"a/b", ".", "a/b"}, {"a/b", "a", "b"}, {"a", "a", "."}, {"b", "a", "../b"}, {"b/c", "a/d", "../../b/c"}, {"a/c", "a/d", "../c"}} {
		if got := relativeTo(c[0], c[1]); got != c[2] {
			t.Errorf("%s is %s from %s, not %s", c[0], got, c[1], c[2])
		}
		if back := join(c[1], relativeTo(c[0], c[1])); back != c[0] {
			t.Errorf("%s comes back as %s", c[0], back)
		}
	}
}

func TestSizesOfDocker(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"512m", "512MiB"}, {"1.5gb", "1.5GiB"}, {"2G", "2GiB"}, {"100k", "100KiB"}, {"0m", ""}, {"12", ""}, {"m", ""}, {"1.2.3g", ""}, {".5g", ""}, {"", ""}, {"64MiB", "64MiB"}} {
		if got := dockerSize(c[0]); got != c[1] {
			t.Errorf("%q is %q, not %q", c[0], got, c[1])
		}
	}
}

func TestWhatAFolderTellsOfACommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"start", "run.sh", "web/package.json", "requirements.txt"} {
		write(t, filepath.Join(dir, name), nil)
	}
	r, err := newRoot(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.inside.Close()
	for _, c := range []struct {
		command string
		want    bool
	}{
		{"python -m celery worker", true},
		{"rm -f x.pid && gunicorn x:y", true},
		{"cd web && npm run dev", true},
		{"npm run dev", false},
		{"./run.sh", true},
		{"./gone.sh && python x.py", false},
		{"/start", false}, // the container's, though the folder has one too
		{"unknown --port 1", false},
		{"mkdir x", false},
		{"cd ../.. && python x.py", false},
	} {
		if got := r.folderTells(c.command, "."); got != c.want {
			t.Errorf("%s: %t", c.command, got)
		}
	}
}

// One service is asked for twice by a folder that several are built from.
func TestSeveralAreBuiltFromOneFolder(t *testing.T) {
	t.Parallel()
	p := find(t,
		"Procfile", "web: ./web\nworker: ./worker\nother: ./other\n",
		"deploy/compose.yaml", "services:\n  worker: {build: ..}\n  front: {build: ..}\n  web: {build: ..}\n  more: {build: ..}\n")
	got := map[string]string{}
	for _, s := range p.Services {
		got[s.Name] = s.Command
	}
	for name, want := range map[string]string{"web": "./web", "worker": "./worker"} {
		if got[name] != want {
			t.Errorf("%s is %q\n%s", name, got[name], p.TOML())
		}
	}
	if !strings.HasPrefix(got["more"], "docker compose up ") {
		t.Errorf("more has borrowed what others have:\n%s", p.TOML())
	}
}

func TestSecretsOfDotenvAreNotWritten(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-value"
	p := find(t,
		".env", "DB_PASSWORD="+secret+"\nPORT=3000\nA=1\n",
		"deploy/.env", "DB_PASSWORD="+secret+"\n",
		"broken/.env", "X = '"+secret+"\n", "broken/Procfile", "x: ./x\n",
		".overmind.env", "TOKEN="+secret+"\nOVERMIND_PORT=4000\n", "Procfile", "web: ./web $PORT\n",
		".env.example", "DB_PASSWORD="+secret+"\n",
		"deploy/compose.yaml", "services:\n  api:\n    build: ../api\n    command: ./api ${DB_PASSWORD}\n    environment: {A: \"$DB_PASSWORD\", B: \"x$${A:-}$DB_PASSWORD\"}\n  db:\n    image: x\n    healthcheck: {test: \"check ${DB_PASSWORD}\"}\n",
		"api/api", "#!/bin/sh\n")
	if text := string(p.TOML()) + notes(p); strings.Contains(text, secret) {
		t.Errorf("a secret is written:\n%s", text)
	}
}

func TestWhatIsPublishedOnAVariableIsStillAVariable(t *testing.T) {
	t.Parallel()
	p := find(t, "compose.yaml", "services: {db: {image: x, ports: ['${DB_PORT:-5432}:5432']}}\n")
	loaded, err := config.Parse("/x/prox.toml", p.TOML(), config.Options{Given: config.Given{Shell: []string{"DB_PORT=7777"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := loaded.Services[0].Healthcheck.TCP; got != "localhost:7777" {
		t.Errorf("it is looked for at %s", got)
	}
}

func TestOnlyDockersOwnFilesNeedNoNaming(t *testing.T) {
	t.Parallel()
	const text = "services: {db: {image: x}}\n"
	for _, c := range []struct{ files, want string }{
		{"compose.yaml docker-compose.yml", "compose.yaml: docker compose up"},
		{"docker-compose.local.yaml", "docker-compose.local.yaml: docker compose -f docker-compose.local.yaml up"},
		{"docker-compose.test.yml", ""},
		{"compose.override.yml", ""},
		{"compose.prod.yaml compose.yml", "compose.yml: docker compose up"},
	} {
		var files []string
		for _, name := range strings.Fields(c.files) {
			files = append(files, name, text)
		}
		p := find(t, files...)
		got := ""
		for _, s := range p.Services {
			command, _, _ := strings.Cut(s.Command, " --no-deps")
			got += s.From.File + ": " + command
		}
		if got != c.want {
			t.Errorf("%s gives %q, not %q", c.files, got, c.want)
		}
	}
}

func TestFilesNamedInDotenv(t *testing.T) {
	t.Parallel()
	p := find(t, ".env", "COMPOSE_FILE=base.yml:compose.dev.yaml\n", "base.yml", "services: {db: {image: x}}\n", "compose.dev.yaml", "services: {db: {ports: ['1:1']}}\n",
		"docker-compose.yml", "services: {no: {image: x}}\n")
	// base.yml is no name that is looked for; what is looked for is not read in its place.
	if slices.ContainsFunc(p.Services, func(s *Service) bool { return s.Name == "no" }) {
		t.Errorf("docker would not read docker-compose.yml here:\n%s", p.TOML())
	}
}

func FuzzCompose(f *testing.F) {
	for _, seed := range []string{
		"services: {web: {build: ., command: npm run dev, ports: ['${P:-1}:1'], depends_on: {db: {condition: service_healthy}}, environment: {U: 'postgres://db:5432'}}, db: {image: x, healthcheck: {test: [CMD-SHELL, 'a || exit 1'], interval: 1s}}}",
		"x: &x {a: 1}\nservices:\n  a: {<<: *x, extends: b}\n  b: {extends: {service: a, file: docker-compose.yml}}\n",
		"include: [docker-compose.yml, {path: x}]\nname: ${A:-$$}\nservices: {a: {scale: 3, profiles: [a.b], restart: 'on-failure:2', deploy: {replicas: -1}}}",
		"services: {\"\": {build: {context: ../.., dockerfile: a/b}}, \"a b\": {build: ., command: [], entrypoint: ['', x]}}",
		"services: {a: {build: ., command: bash -c \"x\", stop_grace_period: 1h, mem_limit: 1g, cpus: 0.5, env_file: [{path: x, required: false}]}}",
	} {
		f.Add(seed)
	}
	fuzzFile(f, "docker-compose.yml")
}

// Whatever way a compose file refers to a variable of .env: its value may be a
// secret, and is nobody's to copy.
func TestSecretsOfDotenvAreNotCopied(t *testing.T) {
	t.Parallel()
	p := find(t, ".env", "KEY=s3cret\nOTHER=x\n", "package.json", `{"scripts": {"dev": "vite"}}`, "docker-compose.yml", `
name: shop
services:
  web:
    build: .
    command: ["npm", "run", "dev", "--", "$KEY", "$$$KEY", "${KEY:-it's}", "${OTHER:+'$KEY'}", "${NO:-'$KEY'}"]
    environment: {A: $KEY, B: $$$KEY, C: "${KEY:-it's}", D: "${OTHER:+$KEY}", E: "${NO:-$KEY}", F: "${KEY:?it's}", G: "redis://x:${KEY}@cache:6379"}
    healthcheck: {test: ["CMD", "check", "$$$KEY", "${KEY:-'}", "${OTHER:+'$KEY'}"]}
  cache:
    image: redis
    command: redis-server --requirepass $$$KEY
    ports: ["6379:6379"]
    healthcheck: {test: "redis-cli -a ${KEY:-it's} ping"}
`)
	if text := string(p.TOML()) + notes(p); strings.Contains(text, "s3cret") || strings.Count(text, "KEY") < 10 {
		t.Errorf("found\n%s", text)
	}
}

func FuzzComposeText(f *testing.F) {
	for _, seed := range []string{"$A ${B:-${C:-d}} $$ ${", "${A:+b}${A?}", "${A:-}}", "$$${A}", "${A:-'\"}", "${C-$A}${B-x}${B:-$$}"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(text) > 10_000 {
			return // no file that is read has such a text
		}
		p := projectOf("A=1", "B=")
		word := p.shellWord(text)
		if _, err := config.ParseCommand("echo " + word); err != nil {
			t.Errorf("%q became %s, which no shell can read: %v", text, word, err)
		}
		written := p.text(text)
		line := "[services.x]\ncommand = 'x'\nenv = { V = " + value(written) + " }\n"
		given := config.Given{Shell: []string{"A=1", "B="}}
		loaded, err := config.Parse(filepath.Join(dir, "prox.toml"), []byte(line), config.Options{Given: given})
		meant, refused := composetemplate.Substitute(text, func(name string) (string, bool) { return p.dotenv[name], p.dotenv[name] != "" || name == "B" })
		if refused != nil {
			return // docker would not run it
		}
		if !paired(text) {
			return // where braces are not in pairs, docker guesses in its own way
		}
		if err != nil {
			t.Fatalf("%q became %q, which prox cannot read: %v", text, written, err)
		}
		vars, err := loaded.Environ("x", given)
		if err != nil {
			t.Fatalf("%q became %q, which prox cannot read: %v", text, written, err)
		}
		for _, v := range vars {
			if v.Name == "V" && v.Value != meant {
				t.Errorf("%q became %q, which is %q to prox and %q to docker", text, written, v.Value, meant)
			}
		}
	})
}

// paired reports whether the braces of a text are all of ${NAME…}.
func paired(text string) bool {
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			if i == 0 || text[i-1] != '$' || i+1 == len(text) || strings.ContainsRune("}:-?+$", rune(text[i+1])) {
				return false
			}
			open++
		case '}':
			if open--; open < 0 {
				return false
			}
		}
	}
	return open == 0
}

func FuzzComposePort(f *testing.F) {
	for _, seed := range []string{"80", "1-9:1-9/udp", "[::1]:${A:-1}:2", "::", "1:2:3:4:5", "${", "0-99999999999999999999:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range shortPort(text).each() {
			s := &composeService{composeProject: projectOf(), ports: []composePort{p}}
			s.tcp()
			s.targetPort()
		}
		for _, a := range addresses(text, func(string) bool { return true }) {
			if a.from < 0 || a.to > len(text) || a.from >= a.to {
				t.Errorf("%+v is not in %q", a, text)
			}
		}
	})
}
