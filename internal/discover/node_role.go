package discover

import (
	"path"
	"slices"
	"strings"
)

// role is what a program is to a project that runs it.
type role string

// The roles that matter here.
const (
	roleWeb     role = "web"
	roleDocs    role = "docs"
	roleServer  role = "server"
	roleWorker  role = "worker"
	roleDesktop role = "desktop"
	roleMobile  role = "mobile"
	roleCSS     role = "css"
	roleWatch   role = "watch" // makes files anew when others change
	roleBook    role = "storybook"
	roleTool    role = "tool" // ends, or is for now and then
	roleUnknown role = ""
)

// roles are those of programs that always have the same one.
var roles = map[string]role{
	"next": roleWeb, "nuxt": roleWeb, "nuxi": roleWeb, "astro": roleWeb, "svelte-kit": roleWeb, "react-scripts": roleWeb, "ng": roleWeb,
	"gatsby": roleWeb, "remix": roleWeb, "react-router": roleWeb, "vue-cli-service": roleWeb, "webpack-dev-server": roleWeb,
	"rsbuild": roleWeb, "vinxi": roleWeb, "solid-start": roleWeb, "qwik": roleWeb, "ember": roleWeb, "umi": roleWeb, "max": roleWeb,
	"craco": roleWeb, "react-app-rewired": roleWeb, "snowpack": roleWeb, "eleventy": roleWeb, "hexo": roleWeb, "farm": roleWeb,
	"live-server": roleWeb, "http-server": roleWeb, "serve": roleWeb, "browser-sync": roleWeb, "waku": roleWeb, "blitz": roleWeb, "redwood": roleWeb,
	"docusaurus": roleDocs, "vitepress": roleDocs, "vuepress": roleDocs, "mintlify": roleDocs, "rspress": roleDocs, "typedoc": roleTool,
	"node": roleServer, "nodemon": roleServer, "tsx": roleServer, "ts-node": roleServer, "ts-node-dev": roleServer, "tsnd": roleServer,
	"nest": roleServer, "strapi": roleServer, "medusa": roleServer, "directus": roleServer, "keystone": roleServer, "fastify": roleServer,
	"babel-node": roleServer, "node-dev": roleServer, "nodemon-ts": roleServer, "wrangler": roleServer, "sst": roleServer, "serverless": roleServer, "sls": roleServer,
	"bun": roleServer, "deno": roleServer, "json-server": roleServer, "nitro": roleServer, "nitropack": roleServer, "partykit": roleServer,
	"graphql-mesh": roleServer, "mesh": roleServer, "convex": roleServer, "firebase": roleServer, "vercel": roleWeb, "netlify": roleWeb, "functions-framework": roleServer,
	"inngest": roleServer, "inngest-cli": roleServer, "stripe": roleServer, "pm2-dev": roleServer, "forever": roleServer,
	"electron": roleDesktop, "electron-forge": roleDesktop, "electron-vite": roleDesktop, "tauri": roleDesktop, "nw": roleDesktop,
	"expo": roleMobile, "react-native": roleMobile, "ionic": roleMobile, "capacitor": roleMobile,
	"storybook": roleBook, "start-storybook": roleBook, "ladle": roleBook, "histoire": roleBook,
	"jest": roleTool, "vitest": roleTool, "mocha": roleTool, "ava": roleTool, "c8": roleTool, "nyc": roleTool, "eslint": roleTool,
	"prettier": roleTool, "biome": roleTool, "cypress": roleTool, "playwright": roleTool, "karma": roleTool, "echo": roleTool, "exit": roleTool,
	"true": roleTool, "rimraf": roleTool, "rm": roleTool, "husky": roleTool, "cp": roleTool, "changeset": roleTool, "size-limit": roleTool,
	"graphql-codegen": roleWatch, "graphql-code-generator": roleWatch, "relay-compiler": roleWatch, "lint-staged": roleTool, "release-it": roleTool,
	"tsdx": roleWatch,
}

// builders are programs that end, unless a word tells them to watch; then they
// make files, or serve them.
var builders = map[string]role{
	"tsc": roleWatch, "tsc-watch": roleWatch, "vue-tsc": roleWatch, "tsup": roleWatch, "tsdown": roleWatch, "rollup": roleWatch, "unbuild": roleWatch, "rolldown": roleWatch,
	"esbuild": roleWatch, "swc": roleWatch, "babel": roleWatch, "microbundle": roleWatch, "ncc": roleWatch, "pkgroll": roleWatch, "bunchee": roleWatch, "obuild": roleWatch,
	"tsc-alias": roleWatch, "svelte-package": roleWatch, "father": roleWatch, "gulp": roleWatch, "grunt": roleWatch, "brunch": roleWatch, "rslib": roleWatch, "ng-packagr": roleWatch,
	"tailwindcss": roleCSS, "tailwind": roleCSS, "postcss": roleCSS, "sass": roleCSS, "node-sass": roleCSS, "lessc": roleCSS, "less-watch-compiler": roleCSS, "stylus": roleCSS, "unocss": roleCSS, "panda": roleCSS,
	"chokidar": roleWatch, "onchange": roleWatch, "encore": roleWatch, "mix": roleWatch,
}

// roleOf is what a program is, by its name and what it is told.
func roleOf(c invocation) role {
	name := strings.TrimSuffix(c.program(), ".js")
	first := ""
	if words := c.words(); len(words) > 0 {
		first = words[0]
	}
	watches := slices.ContainsFunc(c.argv, func(word string) bool {
		return word == "-w" || word == "-cw" || word == "-wc" || strings.HasPrefix(word, "--watch") || word == "watch"
	})
	if kind, ok := bundlerRole(name, first, watches); ok {
		return kind
	}
	if slices.Contains([]string{"chokidar", "onchange", "tsc-watch", "less-watch-compiler", "gulp"}, name) {
		return roleWatch // it does nothing else
	}
	if kind, ok := builders[name]; ok {
		if watches {
			return kind
		}
		return roleTool
	}
	kind := roles[name]
	switch {
	case first == "test" || first == "lint" || first == "export", first == "build" && kind != roleUnknown && kind != roleMobile:
		return roleTool
	case name == "bun" && (first == "install" || first == "x"), kind == roleServer && first == "deploy":
		return roleTool
	}
	return kind
}

// bundlerRole is what programs are that serve, watch or build as they are told.
func bundlerRole(name, first string, watches bool) (role, bool) {
	switch name {
	case "vite", "vike", "vinxi", "parcel":
		switch {
		case first == "watch" || first == "build" && watches:
			return roleWatch, true
		case first == "build":
			return roleTool, true
		}
		return roleWeb, true
	case "webpack", "rspack", "webpack-cli":
		switch {
		case first == "serve" || first == "s" || first == "dev":
			return roleWeb, true
		case watches:
			return roleWatch, true
		}
		return roleTool, true
	case "email", "react-email":
		return roleBook, true
	}
	return roleUnknown, false
}

// mains are the programs that a run comes down to.
func (r *root) mains(run nodeRun) []invocation {
	budget := 64 // of programs; a script that starts more has no role of its own
	if run.script != "" {
		return r.runsInTheEnd(r.scriptText(run.pkg, run.script), run.pkg.dir, &budget)
	}
	return r.runsInTheEnd(mainText(run.command), run.dir, &budget)
}

// runsInTheEnd are the programs of a command, with scripts that it calls looked into.
func (r *root) runsInTheEnd(command, dir string, budget *int) []invocation {
	var all []invocation
	for _, c := range invocations(command, dir) {
		if *budget--; *budget < 0 {
			return all
		}
		calls := callsOfScripts(c)
		if len(calls) == 0 || calls[0].many {
			all = append(all, c)
			continue
		}
		for _, call := range calls {
			p := r.nodePackage(call.dir)
			if p == nil || !p.hasScript(call.script) {
				all = append(all, c)
				continue
			}
			all = append(all, r.runsInTheEnd(r.scriptText(p, call.script), p.dir, budget)...)
		}
	}
	return all
}

// called are the scripts that a script runs, be it before its own program, and
// those that these run.
func (r *root) called(p *nodePackage, name string, into map[Ref]bool) {
	s, ok := p.script(name)
	if !ok || into[scriptRef(p.dir, name)] {
		return
	}
	into[scriptRef(p.dir, name)] = true
	if !runsMany(s.command) {
		return
	}
	for _, c := range invocations(s.command, p.dir) {
		for _, call := range callsOfScripts(c) {
			if other := r.nodePackage(call.dir); other != nil && !call.many {
				r.called(other, call.script, into)
			}
		}
	}
}

// roleOfRun is what a run is to its project. Of several programs, joined by
// pipes say, the one that is known.
func (r *root) roleOfRun(run nodeRun) role {
	id := scriptRef(run.pkg.dir, run.script)
	if kind, ok := r.node.roles[id]; ok && run.script != "" {
		return kind
	}
	found := roleUnknown
	for _, c := range r.mains(run) {
		if kind := roleOf(c); kind != roleUnknown && (found == roleUnknown || found == roleTool) {
			found = kind
		}
	}
	if run.script != "" {
		r.node.roles[id] = found
	}
	return found
}

// webPackages and serverPackages are dependencies that tell what a program of
// Node's own serves.
var (
	webPackages    = []string{"next", "nuxt", "astro", "@sveltejs/kit", "@remix-run/node", "gatsby", "vite-express"}
	serverPackages = []string{
		"express", "fastify", "koa", "hono", "@nestjs/core", "@hapi/hapi", "apollo-server", "@apollo/server", "@trpc/server", "restify", "elysia",
		"polka", "@feathersjs/feathers", "@adonisjs/core", "sails", "@loopback/core", "graphql-yoga", "h3", "moleculer", "@elysiajs/cors", "@strapi/strapi",
	}
	workerPackages = []string{"bullmq", "bull", "agenda", "bee-queue", "graphile-worker", "pg-boss", "amqplib", "kafkajs", "@temporalio/worker"}
)

// roleName is the name for what a package's main script runs, by what it is; ""
// if that says nothing.
func (r *root) roleName(run nodeRun) string {
	switch kind := r.roleOfRun(run); kind {
	case roleWeb, roleDocs, roleDesktop, roleMobile, roleCSS, roleBook:
		return string(kind)
	case roleServer:
		for _, c := range r.mains(run) {
			if name := serverName(c, run.pkg); name != "" {
				return name
			}
		}
	}
	return ""
}

func serverName(c invocation, p *nodePackage) string {
	switch c.program() {
	case "stripe", "convex", "firebase", "inngest", "inngest-cli":
		return strings.TrimSuffix(c.program(), "-cli")
	}
	switch {
	case p.depends(webPackages...):
		return string(roleWeb)
	case p.depends(serverPackages...), c.program() == "nest":
		return "api"
	case p.depends(workerPackages...):
		return string(roleWorker)
	}
	for _, word := range c.words() {
		base := path.Base(word)
		switch base = strings.TrimSuffix(base, path.Ext(base)); base {
		case "server", "api", "worker", "bot":
			return base
		}
	}
	return ""
}
