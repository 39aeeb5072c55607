package discover

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// scriptText is what a script comes down to when it runs, as a text of the
// shell: without what it does before, and with what it is taken apart into.
func (r *root) scriptText(p *nodePackage, name string) string {
	s, ok := p.script(name)
	if !ok {
		return ""
	}
	if !runsMany(s.command) {
		return s.command
	}
	pl := r.plan(p, name)
	if !pl.apart {
		return mainText(s.command)
	}
	var parts []string
	now := p.dir
	for _, run := range pl.runs {
		switch {
		case run.script != "":
			parts = append(parts, "npm --prefix "+shellWord(between(now, run.pkg.dir))+" run "+shellWord(run.script))
		case run.target != nil:
			parts = append(parts, "nx run "+shellWord(run.target.project.name+":"+run.target.name))
		default:
			text := mainText(run.command)
			if run.dir != now {
				text = "cd " + shellWord(between(now, run.dir)) + " && " + text
				now = run.dir
			}
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " & ")
}

// between is the way from one folder to another.
func between(from, to string) string {
	rel, err := filepath.Rel(from, to)
	if err != nil { // one of them is above the root
		return to
	}
	return filepath.ToSlash(rel)
}

// nodeDefinition tells what a script of a package stands for, or one of a
// workspace's members. It is asked for the few that something calls: to tell of
// all beforehand takes long where there are thousands of packages.
func (r *root) nodeDefinition(id Ref) (definition, bool) {
	kind, rest, _ := strings.Cut(string(id), ":")
	dir, name, ok := strings.Cut(rest, "#")
	if !ok || kind != "script" && kind != "member" && kind != "members" {
		return definition{}, false
	}
	if kind == "script" {
		p := r.nodePackage(dir)
		if p == nil || !p.hasScript(name) {
			return definition{}, false
		}
		text := r.scriptText(p, name)
		if strings.Contains(text, "../") {
			text = "" // what many packages share tells none of them from another
		}
		return definition{text, dir}, true
	}
	w := r.spaceOf(dir)
	if w == nil {
		return definition{}, false
	}
	var filters []string
	if kind == "member" {
		at := strings.LastIndexByte(name, '#')
		filters, name = []string{name[:max(at, 0)]}, name[at+1:]
	}
	var all []string
	for _, member := range r.filtered(w, dir, filters, nil) {
		if r.nodePackage(member).hasScript(name) {
			all = append(all, "npm --prefix "+shellWord(between(dir, member))+" run "+shellWord(name))
		}
	}
	return definition{strings.Join(all, " & "), dir}, len(all) > 0
}

// mainText is what of a command goes on running: the last of what && joins.
func mainText(command string) string {
	if !strings.ContainsAny(command, "&;") {
		return command
	}
	f, err := parseShell(command)
	if err != nil {
		return command
	}
	x := &splitter{text: command}
	var parts []string
	for i, s := range f.Stmts {
		if !s.Background && i < len(f.Stmts)-1 {
			continue
		}
		steps := chain(s)
		text := x.between(steps[len(steps)-1], steps[len(steps)-1])
		for _, step := range slices.Backward(steps[:len(steps)-1]) {
			if c, ok := x.invocation(step, "."); ok && c.program() == "cd" {
				text = x.between(step, step) + " && " + text
			}
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " & ")
}

// binPackages are the packages that bring a program of another name.
var binPackages = map[string][]string{
	"tsc": {"typescript"}, "ng": {"@angular/cli"}, "nest": {"@nestjs/cli"}, "tailwindcss": {"@tailwindcss/cli"}, "tailwind": {"tailwindcss"},
	"vue-cli-service": {"@vue/cli-service"}, "svelte-kit": {"@sveltejs/kit"}, "remix": {"@remix-run/dev"}, "react-router": {"@react-router/dev"},
	"dotenv": {"dotenv-cli"}, "dotenvx": {"@dotenvx/dotenvx"}, "nuxi": {"nuxt"}, "tsnd": {"ts-node-dev"}, "postcss": {"postcss-cli"}, "babel": {"@babel/cli"}, "babel-node": {"@babel/node"},
	"strapi": {"@strapi/strapi"}, "email": {"react-email"}, "start-storybook": {"@storybook/react"}, "electron-forge": {"@electron-forge/cli"},
	"graphql-codegen": {"@graphql-codegen/cli"}, "rspack": {"@rspack/cli"}, "rsbuild": {"@rsbuild/core"}, "docusaurus": {"@docusaurus/core"}, "tauri": {"@tauri-apps/cli"},
	"eleventy": {"@11ty/eleventy"}, "swc": {"@swc/cli"}, "mix": {"laravel-mix"}, "unocss": {"@unocss/cli"}, "panda": {"@pandacss/dev"},
	"medusa": {"@medusajs/cli", "@medusajs/medusa"}, "firebase": {"firebase-tools"}, "netlify": {"netlify-cli"}, "ladle": {"@ladle/react"},
	"svelte-package": {"@sveltejs/package"}, "craco": {"@craco/craco"}, "chokidar": {"chokidar-cli"}, "ionic": {"@ionic/cli"}, "encore": {"@symfony/webpack-encore"},
	"keystone": {"@keystone-6/core"}, "conc": {"concurrently"}, "vinxi": {"@solidjs/start"}, "functions-framework": {"@google-cloud/functions-framework"},
}

// brings reports whether a program comes with a dependency of the package, or
// of one in the folders above.
func (r *root) brings(p *nodePackage, program string) bool {
	if program == "stripe" || program == "node" || strings.Contains(program, "/") {
		return false // their packages of these names are no programs
	}
	names := append([]string{program}, binPackages[program]...)
	for dir := p.dir; ; dir = path.Dir(dir) {
		if above := r.nodePackage(dir); above != nil && above.depends(names...) {
			return true
		}
		if dir == "." {
			return false
		}
	}
}

// typed is a command of a script as one types it in a shell, which doesn't look
// for programs in node_modules/.bin.
func (r *root) typed(p *nodePackage, command string) string {
	f, err := parseShell(command)
	if err != nil {
		return command
	}
	var at []int
	syntax.Walk(f, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			if program := call.Args[0].Lit(); program != "" && r.brings(p, program) {
				at = append(at, int(call.Args[0].Pos().Offset()))
			}
		}
		return true
	})
	slices.Sort(at)
	execs := r.managerOf(p.dir).execs()
	for _, offset := range slices.Backward(at) {
		if offset <= len(command) {
			command = command[:offset] + execs + command[offset:]
		}
	}
	return command
}
