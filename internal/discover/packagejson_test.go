package discover

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTheManagerIsTold(t *testing.T) {
	t.Parallel()
	const dev = `{"scripts": {"dev": "vite", "server": "node server.js"}}`
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"package.json", dev}, "npm run dev, npm run server"},
		{[]string{"package.json", dev, "npm-shrinkwrap.json", "{}"}, "npm run dev, npm run server"},
		{[]string{"package.json", dev, "pnpm-lock.yaml", "", "package-lock.json", "{}"}, "pnpm dev, pnpm run server"},
		{[]string{"package.json", dev, "yarn.lock", ""}, "yarn dev, yarn server"},
		{[]string{"package.json", dev, "bun.lockb", ""}, "bun run dev, bun run server"},
		{[]string{"package.json", `{"packageManager": "pnpm@9.1.0+sha512.abc", "scripts": {"dev": "vite"}}`, "yarn.lock", ""}, "pnpm dev"},
		{[]string{"package.json", `{"devEngines": {"packageManager": {"name": "bun"}}, "scripts": {"dev": "vite"}}`}, "bun run dev"},
		{[]string{"package.json", `{"packageManager": "vlt@1", "scripts": {"dev": "vite"}}`, "yarn.lock", ""}, "yarn dev"},
		{[]string{"web/package.json", `{"scripts": {"dev": "vite"}}`, "pnpm-lock.yaml", ""}, "pnpm dev"},
		{[]string{"web/package.json", `{"scripts": {"dev": "vite"}}`, "web/yarn.lock", "", "pnpm-lock.yaml", ""}, "yarn dev"},
		{[]string{"package.json", `{"scripts": {"start": "node x.js"}}`}, "npm start"},
	} {
		if got := commands(find(t, c.files...)); got != c.want {
			t.Errorf("%q: %s, not %s", c.files, got, c.want)
		}
	}
}

// commands are those of all services, in order.
func commands(p *Proposal) string {
	var all []string
	for _, s := range p.Services {
		all = append(all, s.Command)
	}
	return strings.Join(all, ", ")
}

// names are the services, with a mark on those that don't start by themselves
// and on tasks.
func names(p *Proposal) string {
	var all []string
	for _, s := range p.Services {
		name := s.Name
		if s.Get("autostart") == false {
			name = "(" + name + ")"
		}
		if s.Get("task") == true {
			name = "[" + name + "]"
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func TestWhichScriptsAreServices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scripts, deps, want string }{
		{`"dev": "vite", "start": "vite preview", "build": "vite build"`, ``, "web"},
		{`"start": "react-scripts start", "test": "react-scripts test"`, ``, "web"},
		{`"start": "ng serve", "watch": "ng build --watch"`, ``, "web"},
		{`"start": "nest start", "start:dev": "nest start --watch", "start:debug": "nest start --debug --watch", "start:prod": "node dist/main"`, ``, "api"},
		{`"dev": "tsx watch src/index.ts"`, `"fastify": "4"`, "api"},
		{`"dev": "tsx watch src/index.ts"`, ``, "shop"},
		{`"start": "node server.js"`, ``, "server"},
		{`"dev": "node server.js"`, `"next": "14"`, "web"},
		{`"dev": "node index.js"`, `"bullmq": "5"`, "worker"},
		{`"dev:api": "nodemon api.js", "dev:web": "vite", "dev:debug": "vite --debug", "dev:types": "tsc -w"`, ``, "api web"},
		{`"dev": "next dev", "dev:turbo": "next dev --turbo", "worker": "node worker.js", "worker:dev": "nodemon worker.js", "worker:build": "tsc"`, ``, "web worker"},
		{`"dev": "vite", "watch:css": "sass --watch a b", "build:css": "sass a b"`, ``, "web css"},
		{`"dev": "vite", "build:css": "tailwindcss -o x --watch"`, ``, "web css"},
		{`"dev": "vite", "storybook": "storybook dev -p 6006", "build-storybook": "storybook build"`, ``, "web (storybook)"},
		{`"dev": "echo nothing", "start": "exit 1", "test": "jest --watch", "lint": "eslint ."`, ``, ""},
		{`"watch": "tsc -w", "start": "node dist/server.js"`, ``, "server watch"},
		{`"watch": "nodemon app.js"`, ``, "shop"},
		{`"dev": "npm run dev:app", "dev:app": "next dev"`, ``, "web"},
		{`"dev": "NODE_ENV=x next dev | pino-pretty"`, ``, "web"},
		{`"dev": "prisma generate && next dev"`, ``, "web"},
		{`"build": "tsc", "test": "vitest", "prepare": "husky", "postinstall": "x", "format": "prettier -w ."`, ``, ""},
		{`"dev": "turbo dev"`, ``, "shop"}, // there is no workspace that it could be about
		{`"dev": "npm run dev"`, ``, "shop"},
		{`"dev": "run-p dev:*", "dev:a": "run-p dev:*", "dev:b": "node b.js"`, ``, "a"},
		{`"dev": "foreman start -f Procfile.dev"`, ``, "shop"}, // and no such file
		{`"docs": "vitepress dev docs", "docs:build": "vitepress build docs"`, ``, "docs"},
	} {
		p := find(t, "package.json", `{"name": "@acme/shop", "scripts": {`+c.scripts+`}, "dependencies": {`+c.deps+`}}`)
		if got := names(p); got != c.want {
			t.Errorf("%s: %s, not %s\n%s", c.scripts, got, c.want, notes(p))
		}
	}
}

func TestScriptsAreTakenApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scripts, want string }{
		{`"dev": "concurrently \"vite\" \"node server.js\""`, "web: vite, server: node server.js"},
		{`"dev": "vite & node server.js"`, "web: vite, server: node server.js"},
		{`"dev": "(vite) & { node server.js; } & wait"`, "web: vite, server: node server.js"},
		{`"dev": "concurrently -n a,b -c red,blue --kill-others vite 'node b.js'"`, "a: vite, b: node b.js"},
		{`"dev": "conc --names=A,B vite 'node b.js'"`, "a: vite, b: node b.js"},
		{`"dev": "concurrently --names 'A|B' --name-separator '|' vite 'node b.js'"`, "a: vite, b: node b.js"},
		{`"dev": "npx concurrently npm:a npm:b", "a": "vite", "b": "node b.js"`, "a: npm run a, b: npm run b"},
		{`"dev": "concurrently 'pnpm:w:*'", "w:a": "vite", "w:b:c": "node b.js"`, "a: npm run w:a, b-c: npm run w:b:c"},
		{`"dev": "concurrently 'npm run w:*(!b)'", "w:a": "vite", "w:b": "node b.js", "w:c": "node c.js"`, "a: npm run w:a, c: npm run w:c"},
		{`"dev": "run-p -l w:*", "w:a": "vite", "w:b:c": "node b.js", "w:d": "node d.js"`, "a: npm run w:a, d: npm run w:d"},
		{`"dev": "npm-run-all -p w:**", "w:a": "vite", "w:b:c": "node b.js"`, "a: npm run w:a, b-c: npm run w:b:c"},
		{`"dev": "run-s gen w:a", "gen": "x", "w:a": "vite"`, "[gen]: npm run gen, w-a: npm run w:a"},
		{`"dev": "npm-run-all gen -p 'a -- --port 1' b", "gen": "x", "a": "vite", "b": "node b.js"`, "[gen]: npm run gen, a: npm run a -- --port 1, b: npm run b"},
		{`"dev": "concurrently 'cd . && vite' 'npm run b'", "b": "run-p c d", "c": "node c.js", "d": "node d.js"`, "web: vite, c: npm run c, d: npm run d"},
		{`"dev": "tsc && concurrently vite 'node server.js'"`, "[setup]: tsc, web: vite, server: node server.js"},
		{`"dev": "FOO=1 concurrently vite 'FOO=2 node server.js'"`, "web FOO=1: vite, server FOO=1: FOO=2 node server.js"},
		{`"dev": "doppler run -- concurrently vite 'node server.js'"`, "web: doppler run -- vite, server: doppler run -- node server.js"},
		{`"dev": "concurrently --restart-tries -1 vite 'node server.js'"`, "web: vite, server: node server.js"},
		{`"dev": "mprocs 'vite' 'node server.js' --names web2,api2"`, "web2: vite, api2: node server.js"},
		{`"dev": "concurrently 'vite'"`, "web: vite"},
		{`"dev": "pnpm run '/^w:/'", "w:a": "vite", "w:b": "node b.js"`, "w-a: npm run w:a, w-b: npm run w:b"},
		{`"dev": "node --run a & yarn b", "a": "vite", "b": "node b.js"`, "a: npm run a, b: npm run b"},
		{`"dev": "vite || exit 1"`, "web: npm run dev"},
		{`"dev": "concurrently"`, ""},
		{`"dev": "concurrently \"vite"`, "shop: npm run dev"}, // no shell reads it
	} {
		p := find(t, "package.json", `{"name": "shop", "scripts": {`+c.scripts+`}}`)
		var all []string
		for _, s := range p.Services {
			name := s.Name
			if s.Get("task") == true {
				name = "[" + name + "]"
			}
			env, _ := s.Get("env").(map[string]string)
			for k, v := range env {
				name += " " + k + "=" + v
			}
			all = append(all, name+": "+s.Command)
		}
		if got := strings.Join(all, ", "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s\n%s", c.scripts, got, c.want, notes(p))
		}
	}
}

func TestProgramsOfDependenciesAreFound(t *testing.T) {
	t.Parallel()
	for manager, want := range map[string]string{
		"npm": "X=1 npx vite --open | npx pino-pretty", "pnpm": "X=1 pnpm exec vite --open | pnpm exec pino-pretty",
		"yarn": "X=1 yarn vite --open | yarn pino-pretty", "bun": "X=1 bunx vite --open | bunx pino-pretty",
	} {
		p := find(t, "package.json", `{"packageManager": "`+manager+`@1", "scripts": {"dev": "X=1 vite --open | pino-pretty & node x.js"}, "devDependencies": {"vite": "5", "pino-pretty": "1", "node": "20"}}`)
		if len(p.Services) != 2 || p.Services[0].Command != want || p.Services[1].Command != "node x.js" {
			t.Errorf("%s: %s", manager, commands(p))
		}
	}
}

func TestWhoWaitsForWhom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ dev, want string }{
		{`concurrently -n a,b 'node a.js --port 4000' 'wait-on tcp:4000 && vite'`, "a:  port=4000 | b: a"},
		{`concurrently -n a,b 'PORT=4000 node a.js' 'wait-on -t 60000 http-get://localhost:4000/health && vite'`, "a:  port=4000 http=/health | b: a"},
		{`concurrently -n a,b 'vite' 'wait-on http://127.0.0.1:5173 && electron .'`, "a:  port=5173 | b: a"},
		{`concurrently -n a,b 'node a.js' 'wait-on tcp:9 && node b.js'`, "a:  port=9 | b: a"},
		{`concurrently -n a,b,c 'node a.js' 'node b.js' 'wait-on tcp:9 && node c.js'`, "a:  | b:  | c:  keeps"},
		{`concurrently -n a,b 'node a.js --port 4000' 'wait-on dist/x.js && vite'`, "a:  port=4000 | b:  keeps"},
		{`concurrently -n a,b 'wait-on tcp:2 && node a.js --port 1' 'wait-on tcp:1 && node b.js --port 2'`, "a: b port=1 | b:  port=2"},
	} {
		p := find(t, "package.json", `{"name": "shop", "scripts": {"dev": "`+c.dev+`"}}`)
		var all []string
		for _, s := range p.Services {
			line := s.Name + ": "
			for _, d := range s.DependsOn {
				line += d.Service
			}
			if port := s.Get("port"); port != nil {
				line += fmt.Sprintf(" port=%v", port)
			}
			if page := s.Get("healthcheck.http_get"); page != nil {
				line += fmt.Sprintf(" http=%v", page)
			}
			if strings.Contains(s.Command, "wait-on") {
				line += " keeps"
			}
			all = append(all, line)
		}
		if got := strings.Join(all, " | "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s\n%s", c.dev, got, c.want, p.TOML())
		}
	}
}

func TestFiltersOfWorkspaces(t *testing.T) {
	t.Parallel()
	files := []string{"package.json", `{"workspaces": ["apps/*", "libs/*"]}`}
	for dir, name := range map[string]string{"apps/web": "@a/web", "apps/api": "@a/api", "libs/ui": "ui", "libs/db": "@l/db"} {
		deps := ""
		if name == "@a/web" {
			deps = `"ui": "*"`
		}
		files = append(files, dir+"/package.json", `{"name": "`+name+`", "dependencies": {`+deps+`}}`)
	}
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		write(t, filepath.Join(dir, files[i]), []byte(files[i+1]))
	}
	r, err := newRoot(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.inside.Close()
	if err := r.walk(); err != nil {
		t.Fatal(err)
	}
	w := r.spaceOf("apps/web")
	for _, c := range []struct{ filters, want string }{
		{"", "apps/api apps/web libs/db libs/ui"},
		{"*", "apps/api apps/web libs/db libs/ui"},
		{"@a/*", "apps/api apps/web"},
		{"web", "apps/web"},
		{"@a/web", "apps/web"},
		{"apps/web", "apps/web"},
		{"./apps/*", "apps/api apps/web"},
		{"{./apps/**}", "apps/api apps/web"},
		{"{libs/ui}", "libs/ui"},
		{"@a/web...", "apps/web libs/ui"},
		{"@a/web^...", "libs/ui"},
		{"...@a/web", "apps/web"},
		{"!@l/db", "apps/api apps/web libs/ui"},
		{"@a/* !web", "apps/api"},
		{"@{a,l}/{web,db}", "apps/web libs/db"},
		{"[origin/main]", "apps/api apps/web libs/db libs/ui"},
		{"gone", ""},
	} {
		if got := strings.Join(r.filtered(w, ".", strings.Fields(c.filters), nil), " "); got != c.want {
			t.Errorf("%s means %q, not %q", c.filters, got, c.want)
		}
	}
}

func TestLiteralNumbersAreFoundAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text       string
		want, line int
	}{
		{"export default { server: { port: 3001 } }", 3001, 1},
		{"export default defineConfig({\n  server: {\n    host: true,\n    'port': 3001,\n  },\n})", 3001, 4},
		{"// server: { port: 1 }\n/* server: { port: 2 } */\nx({server: {port: 3}})", 3, 3},
		{"x({ preview: { port: 1 }, server: { hmr: { port: 2 } } })", 0, 0},
		{"x({ server: { port: Number(process.env.PORT) || 3000 } })", 0, 0},
		{"x({ server: { port: process.env.PORT ? 1 : 2 } })", 0, 0},
		{"x({ server: { port: 3000 + 1 } })", 0, 0},
		{"x({ server: { port: a, other: 3000 } })", 0, 0},
		{"x({ server: { port } })", 0, 0},
		{"x({ s: 'server: { port: 1 }', t: `server: { port: 2 }`, server: { proxy: {'/a': {target: 'x'}}, port: 7 } })", 7, 1},
		{"x({ server: { a: () => { return { port: 5 } }, port: 6 } })", 6, 1},
		{"server: { port: ", 0, 0},
		{"", 0, 0},
	} {
		if got, line := literalNumber(c.text, []string{"server", "port"}); got != c.want || line != c.line {
			t.Errorf("%q: %d in line %d, not %d in line %d", c.text, got, line, c.want, c.line)
		}
	}
}

func TestLinksAndGapsInWorkspacesAreTold(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "package.json"), []byte(`{"workspaces": ["packages/*", "gone/*", "../up", "lone", "away"]}`))
	write(t, filepath.Join(dir, "packages/a/package.json"), []byte(`{"name": "a", "scripts": {"dev": "vite"}}`))
	write(t, filepath.Join(dir, "deep/er/and/deeper/b/package.json"), []byte(`{"name": "b", "scripts": {"dev": "vite"}}`))
	write(t, filepath.Join(dir, "packages/c/package.json"), []byte(`{"name": "c", "scripts": {"dev": vite}}`))
	for _, l := range [][2]string{
		{"../deep/er/and/deeper/b", "packages/b"},
		{"..", "packages/up"},
		{".", "packages/self"},
		{"packages/a", "lone"},
		{"nothing", "packages/nothing"},
		{outside, "away"},
	} {
		if err := os.Symlink(l[0], filepath.Join(dir, l[1])); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Look(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Services {
		got = append(got, s.Name+" in "+s.Dir)
	}
	slices.Sort(got)
	if fmt.Sprint(got) != "[a in packages/a b in deep/er/and/deeper/b]" {
		t.Errorf("found %s", got)
	}
	want := `broken: package.json workspaces (line 1): the link packages/nothing leads nowhere
left: package.json workspaces (line 1): the link packages/self leads back to a folder that it is in, and is not followed
left: package.json workspaces (line 1): the link packages/up leads back to a folder that it is in, and is not followed
broken: package.json workspaces (line 1): there is no folder gone
left: package.json workspaces (line 1): ../up is outside of this folder, and is not looked at
left: package.json workspaces (line 1): the link away leads out of this folder, and is not followed
broken: packages/c/package.json (line 1): passed over: not valid JSON: invalid literal: vite
`
	if notes(p) != want {
		t.Errorf("the notes are\n%s", notes(p))
	}
}

func TestOneScriptIsOneService(t *testing.T) {
	t.Parallel()
	p := find(t,
		"package.json", `{"name": "x", "workspaces": ["apps/*"], "scripts": {"dev": "turbo dev"}}`,
		"apps/web/package.json", `{"name": "web", "scripts": {"dev": "vite"}}`,
		"apps/api/package.json", `{"name": "api", "scripts": {"dev": "tsx a.ts"}}`,
		"Procfile.dev", "front: npm run dev -w web\nback: npm --prefix apps/api run dev\n")
	if got := names(p); got != "front back" {
		t.Errorf("found %s\n%s", got, p.TOML())
	}
}

func FuzzPackageJSON(f *testing.F) {
	for _, scripts := range []string{
		`"dev": "concurrently -n a,b \"npm:x:*\" 'cd web && yarn dev' & wait-on tcp:3000 && vite", "x:a": "nodemon a.js", "predev": "tsc"`,
		`"dev": "run-p x:* y", "x:a": "npm run dev", "y": "pnpm -r --filter a... dev", "start": "turbo run dev#a --filter='{./a}'"`,
		`"dev": "dotenv -e .env -- nx run-many -t serve", "storybook": "storybook dev", "worker": "(a; b) | c", "s": "npx lerna run dev"`,
		`"dev": "PORT=80 X=${Y} doppler run -- npm run w --workspaces", "w": "node --run dev", "/^a/": "pnpm run '/[/'"`,
	} {
		f.Add(`{"name": "@a/b", "packageManager": "yarn@1", "workspaces": ["a/*", "!a/b", "c", "../d"], "scripts": {` + scripts + `}, "dependencies": {"vite": "1"}}`)
	}
	fuzzFile(f, "package.json")
}

// fuzzBeside is fuzzFile for a file that is read because of a package.json.
func fuzzBeside(f *testing.F, name string, files ...string) {
	f.Helper()
	f.Fuzz(func(t *testing.T, content string) {
		p := find(t, append([]string{name, content}, files...)...)
		for _, n := range p.Notes {
			if n.File == "prox.toml" {
				t.Errorf("what was made of it is no config: %s\n%s", n, p.TOML())
			}
		}
	})
}

func FuzzPnpmWorkspace(f *testing.F) {
	f.Add("packages:\n  - apps/*\n  - '!apps/x'\n  - gone\n  - ../up\n")
	f.Add("packages: {a: [b]}\ncatalog:\n  x: 1\n")
	fuzzBeside(f, "pnpm-workspace.yaml", "package.json", `{"scripts": {"dev": "pnpm -r dev"}}`, "apps/a/package.json", `{"name": "a", "scripts": {"dev": "vite"}}`)
}

func FuzzTurbo(f *testing.F) {
	f.Add(`{"tasks": {"dev": {"dependsOn": ["^build", "gen", "a#gen", "//#gen", "$X"]}, "a#dev": {"dependsOn": []}}}`)
	f.Add(`{"pipeline": {"dev": {"dependsOn": "x"}}}`)
	fuzzBeside(f, "turbo.json", "package.json", `{"workspaces": ["*"], "scripts": {"dev": "turbo dev"}}`,
		"a/package.json", `{"name": "a", "scripts": {"dev": "vite", "gen": "x"}, "dependencies": {"b": "*"}}`, "b/package.json", `{"name": "b", "scripts": {"build": "tsc"}}`)
}

func FuzzNxProject(f *testing.F) {
	f.Add(`{"name": "shop", "targets": {"serve": {"executor": "x:y", "options": {"port": 4200, "commands": ["a", {"command": "b"}]}}, "dev": {"command": "vite"}}}`)
	f.Add(`{"architect": {"serve": {}}}`)
	fuzzBeside(f, "apps/shop/project.json", "package.json", `{"scripts": {"start": "nx serve shop", "dev": "nx run-many -t dev serve"}}`, "nx.json", `{"plugins": ["@nx/vite/plugin"]}`, "apps/shop/vite.config.ts", "")
}

// FuzzSplitScript takes random scripts apart: what comes out is bounded, and
// nothing in it is empty.
func FuzzSplitScript(f *testing.F) {
	for _, seed := range []string{
		"vite", "a & b", "cd x && npm run b", "concurrently -n a,b 'npm:c*' \"run-p 'c:*'\"", "(a; b) & { c; } & wait", "X=1 a && wait-on tcp:1 && npm run c:d",
		"doppler run -- concurrently a b", "npm-run-all -s c -p c:* -- x", "mprocs 'mprocs \"a\" b' c", "turbo dev", "a ||", "pnpm run /c/", "wait", "dotenv -e",
	} {
		f.Add(seed)
	}
	dir := f.TempDir()
	write(f, filepath.Join(dir, "x/package.json"), []byte(`{"scripts": {"b": "vite"}}`))
	f.Fuzz(func(t *testing.T, script string) {
		r, err := newRoot(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer r.inside.Close()
		p := &nodePackage{dir: ".", scripts: []nodeScript{{"dev", script, 1}, {"c", "concurrently npm:dev 'npm:c:*'", 2}, {"c:d", "node d.js", 3}}}
		r.node.packages["."] = p
		pl := r.plan(p, "dev")
		if len(pl.runs) > 10_000 {
			t.Errorf("%d programs", len(pl.runs))
		}
		for _, run := range append(pl.runs, pl.before...) {
			if run.script == "" && run.target == nil && run.command == "" || run.pkg == nil || run.dir == "" {
				t.Errorf("%q: %+v", script, run)
			}
		}
	})
}

func FuzzLiteralNumber(f *testing.F) {
	f.Add("export default { server: { port: 3001 } } // x\n`a${b}` /* c", "server.port")
	f.Fuzz(func(t *testing.T, text, keys string) {
		number, line := literalNumber(text, strings.Split(keys, "."))
		if line < 0 || line > strings.Count(text, "\n")+1 || number != 0 && line == 0 {
			t.Errorf("%d in line %d", number, line)
		}
	})
}

func TestScriptsLeadNowhereElse(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "package.json"), []byte(`{"scripts": {"dev": "secret"}}`))
	write(t, filepath.Join(outside, "vite.config.js"), []byte(`x({ server: { port: 1 } })`))
	write(t, filepath.Join(dir, "package.json"), []byte(`{"name": "x", "scripts": {"dev": "concurrently 'cd out && npm run dev' 'cd out && vite' 'cd .. && vite' 'cd / && ls'"}}`))
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	p, err := Look(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(p.TOML()); strings.Contains(text, "secret") || strings.Contains(text, "port") || len(p.Services) == 0 {
		t.Errorf("found\n%s", text)
	}
}

// A service may run outside of the folder, where no workspace is.
func TestWorkspacesOutsideAreNotAsked(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"/srv/x", "../x", "~/x", "/"} {
		p := find(t, "mprocs.yaml", "procs: {web: {shell: pnpm -r dev, cwd: "+dir+"}}")
		if len(p.Services) != 1 || p.Services[0].Command != "pnpm -r dev" {
			t.Errorf("%s: found\n%s", dir, p.TOML())
		}
	}
}
