package discover

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"prox/internal/document"
)

func FuzzPM2(f *testing.F) {
	fuzzImport(f, "ecosystem.json", `{"script": "a b", "args": "x 'y z' ${A}"}`, `[{"script": "./x"}]`)
}

func FuzzPM2Script(f *testing.F) {
	f.Add("export const apps = [{script: 'a', args: `${process.env.A ?? `b`}`}]")
	f.Add("const a = b, b = a, c = [...a, ...c]; module.exports.apps = [a, b, ...c, {[a]: 1, ...b}]")
	f.Add("const a = 'xxxxxxxxxxxxxxxx'; const b = a+a+a+a; const c = b+b+b+b+b; module.exports = {apps: [{script: c+c+c+c}]}")
	fuzzImport(f, "ecosystem.config.js")
}

// FuzzScript reads programs without a folder around them, which is faster.
func FuzzScript(f *testing.F) {
	for _, seed := range []string{
		"const a = {b: [1, 'x']}, c = {...a, d: a.b[1] + `${process.env.X || a.b[0]}`}; module.exports = {apps: [c, ...a.b]}",
		"export default {apps: [path.join(__dirname, '..', 'x'), [1, 2].join('-'), -1, !true, Number('3') * 2, null ?? 'y']}",
		"exports.a = exports.b = '\\x41\\u0041'; const a = a",
		"#!/usr/bin/env node\nimport x from 'y'; export const apps = [...x]",
	} {
		f.Add(seed)
	}
	dir, err := os.MkdirTemp(f.TempDir(), "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := newRoot(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer r.inside.Close()
		s, ast, err := readScript(&folder{root: r, dir: "."}, []byte(text))
		if err != nil {
			return
		}
		n := s.exported(ast)
		if s.steps > 10*mostSteps {
			t.Errorf("it took %d steps", s.steps)
		}
		_ = shown(s, n)
	})
}

// TestScriptsAreReadAndNotRun tells what can be told of a program.
func TestScriptsAreReadAndNotRun(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"module.exports = {a: 'x', \"b c\": \"y\", 3: `z`}":                 "{a: x, b c: y, 3: z}",
		"module.exports = [1, 2.50, 0x10, 1_000, -1, true, null]":           "[1, 2.5, 16, 1000, -1, true, ~]",
		"exports.apps = [{a: 1}]":                                           "{apps: [{a: 1}]}",
		"module.exports.apps = [1]; module.exports.deploy = 2":              "{apps: [1], deploy: 2}",
		"export default {a: 1}":                                             "{a: 1}",
		"export const apps = [1]":                                           "{apps: [1]}",
		"const a = 'x'; module.exports = a + '-' + a":                       "x-x",
		"const a = 'x', n = 2; module.exports = `${a}:${n}`":                "x:2",
		"const o = {a: {b: [1, 'y']}}; module.exports = [o.a.b[1], o['a']]": "[y, {b: [1, y]}]",
		"const d = {a: 1, b: 2}; module.exports = {...d, b: 3}":             "{a: 1, b: 3}",
		"const l = [1]; module.exports = [...l, 2, ...l]":                   "[1, 2, 1]",
		"module.exports = process.env.A":                                    "${A:-}",
		"module.exports = process.env.A || 'd'":                             "${A:-d}",
		"module.exports = process.env['A'] ?? 3000":                         "${A:-3000}",
		"module.exports = process.env.A || process.env.B || 'd'":            "${A:-${B:-d}}",
		"module.exports = Number(process.env.A || 3000)":                    "${A:-3000}",
		"module.exports = 'cost ${x}'":                                      "cost $${x}",
		"module.exports = ['a', 'b'].join(' ')":                             "a b",
		"module.exports = require('path').join(__dirname, 'x')":             "?",
		"module.exports = path.join(__dirname, '../x', 'y')":                "/x/y",
		"module.exports = path.resolve('a', 'b')":                           "/\ue000/a/b",
		"module.exports = __dirname + '/logs'":                              "/\ue000/logs",
		"module.exports = 1024 * 2 + 1":                                     "2049",
		"module.exports = false || 'x'":                                     "x",
		"module.exports = 'a\\n\\x41\\u00e4\\'b\\\n'":                       "a\nAä'b",
		"module.exports = fetchIt()":                                        "?",
		"module.exports = [1, ...more]":                                     "[1, ?]",
		"module.exports = {a: x ? 1 : 2, b: () => 1, c: undefined}":         "{a: ?, b: ?, c: ~}",
		"const a = a; module.exports = a":                                   "?",
		"module.exports = require('./x.json').name":                         "from json",
		"console.log(1)": "nothing",
		"module.exports = " + strings.Repeat("[", 300) + strings.Repeat("]", 300): "",
	} {
		r, err := newRoot(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer r.inside.Close()
		write(t, r.abs("x.json"), []byte(`{"name": "from json"}`))
		s, ast, err := readScript(&folder{root: r, dir: "."}, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := shown(s, s.exported(ast))
		if want != "" && got != want {
			t.Errorf("%s is %s, not %s", text, got, want)
		}
	}
}

func shown(s *script, n *document.Node) string {
	if n == nil {
		return "nothing"
	}
	if s.unknown[n] != "" {
		return "?"
	}
	var parts []string
	switch n.Kind {
	case document.Table:
		for _, f := range n.Fields {
			parts = append(parts, f.Key+": "+shown(s, f.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case document.List:
		for _, item := range n.Items {
			parts = append(parts, shown(s, item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case document.Null:
		return "~"
	}
	return n.Text
}

func TestScriptsThatMultiplyEnd(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("const a0 = ['xxxxxxxxxxxxxxxx'], t0 = 'xxxxxxxxxxxxxxxx';\n")
	for i := range 60 {
		fmt.Fprintf(&b, "const a%d = [...a%d, ...a%d, a%d], t%d = t%d + t%d;\n", i+1, i, i, i, i+1, i, i)
	}
	b.WriteString("module.exports = {apps: [{name: 'x', script: './x', a: a60, t: t60, u: y" + strings.Repeat(".z", 500) + "}]}\n")
	p := imported(t, "ecosystem.config.js", b.String())
	has(t, p, "apps.0.t (line 62): it is too much to work out", `command = "./x"`)
}

func TestPM2Commands(t *testing.T) {
	t.Parallel()
	for app, want := range map[string]string{
		`"script": "app.js"`:                                                     "node app.js",
		`"script": "./app.py", "args": ["a b", "$x"]`:                            "python3 ./app.py 'a b' '$x'",
		`"script": "npm", "args": "run dev -- --port 3"`:                         "npm run dev -- --port 3",
		`"script": "npm run dev"`:                                                "npm run dev",
		`"script": "bin/www"`:                                                    "node bin/www",
		`"script": "bin/gone"`:                                                   "./bin/gone",
		`"script": "server", "interpreter": "none", "args": "'x y'"`:             "server 'x y'",
		`"script": "app.ts", "interpreter": "node", "node_args": "--import tsx"`: "node --import tsx app.ts",
		`"script": "a.js", "interpreter": "./venv/bin/x"`:                        "./venv/bin/x a.js",
	} {
		p := imported(t, "ecosystem.json", `{"apps": [{`+app+`}]}`, "bin/www", "require('../app')")
		if got := p.Services[0].Command; got != want {
			t.Errorf("%s is %s, not %s", app, got, want)
		}
	}
}
