package discover

import (
	"path"
	"slices"
	"strings"

	"prox/internal/document"
)

// nxSpace is an nx workspace: a folder with an nx.json.
type nxSpace struct {
	root     *root
	dir      string
	config   *document.Node
	projects []*nxProject // in order of their folders
}

// nxProject is a project of an nx workspace.
type nxProject struct {
	space   *nxSpace
	dir     string
	name    string
	file    string // that its targets stand in
	targets *document.Node
}

// nxTarget is what nx runs as "nx serve web".
type nxTarget struct {
	project *nxProject
	name    string
	line    int
	node    *document.Node // nil if a plugin of nx makes it
	file    string
}

func nxRef(dir, project, target string) Ref { return ref("nx", dir, project+":"+target) }

// readNx finds the projects of an nx workspace; nil if the folder is none.
func (f *file) readNx(w *nodeWorkspace) *nxSpace {
	if !f.has("nx.json") {
		return nil
	}
	space := &nxSpace{root: f.root, dir: f.dir, config: f.folder.tree("nx.json")}
	dirs := append([]string{f.dir}, f.glob([]string{"**"})...)
	if w != nil {
		dirs = append(dirs, w.members...)
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		if project := f.root.nxProject(space, dir); project != nil {
			space.projects = append(space.projects, project)
			f.addMember(dir)
		}
	}
	f.root.node.nx[f.dir] = space
	for _, p := range space.projects {
		for _, t := range p.running() {
			f.root.define(nxRef(f.dir, p.name, t.name), t.command(), p.dir)
		}
	}
	return space
}

// nxProject reads the project of a folder, which stands in a project.json or
// in a package.json; nil if there is none.
func (r *root) nxProject(space *nxSpace, dir string) *nxProject {
	pkg := r.nodePackage(dir)
	p := &nxProject{space: space, dir: dir, file: join(dir, "project.json")}
	if data, ok := r.readQuietly(p.file); ok {
		tree := r.tree(p.file, document.JSON, data)
		if tree == nil {
			return nil
		}
		p.name, p.targets = tree.Get("name").Scalar(), tree.First("targets", "architect")
	} else if pkg != nil && (dir != space.dir || pkg.tree.Has("nx")) {
		p.file = join(dir, "package.json")
		p.name, p.targets = pkg.tree.Get("nx", "name").Scalar(), pkg.tree.Get("nx", "targets")
	} else {
		return nil
	}
	if p.name == "" && pkg != nil {
		p.name = pkg.fullName()
	}
	if p.name == "" {
		p.name = path.Base(dir)
	}
	return p
}

// nxServing are the targets that serve something, best first.
var nxServing = []string{"dev", "serve", "start", "develop", "start:dev", "serve:dev"}

// running are the targets of a project that go on running.
func (p *nxProject) running() []nxTarget {
	var all []nxTarget
	for _, name := range nxServing {
		for _, field := range p.targets.Each() {
			if field.Key == name {
				all = append(all, nxTarget{p, name, field.Line, field.Value, p.file})
			}
		}
	}
	if len(all) == 0 {
		if t, ok := p.inferred(); ok {
			all = append(all, t)
		}
	}
	return all
}

func (p *nxProject) target(name string) (nxTarget, bool) {
	for _, t := range p.running() {
		if t.name == name {
			return t, true
		}
	}
	for _, field := range p.targets.Each() {
		if field.Key == name {
			return nxTarget{p, name, field.Line, field.Value, p.file}, true
		}
	}
	return nxTarget{}, false
}

// nxPlugins are those that make targets of a tool's own config: which file of
// a project each looks for, the option of the target's name, and its default.
var nxPlugins = []struct {
	plugin, config, option, target string
}{
	{"@nx/next/plugin", "next.config", "devTargetName", "dev"},
	{"@nx/nuxt/plugin", "nuxt.config", "serveTargetName", "serve"},
	{"@nx/remix/plugin", "remix.config", "devTargetName", "dev"},
	{"@nx/react/router-plugin", "react-router.config", "devTargetName", "dev"},
	{"@nx/vite/plugin", "vite.config", "devTargetName", "dev"},
	{"@nx/rsbuild", "rsbuild.config", "devTargetName", "dev"},
	{"@nx/rspack/plugin", "rspack.config", "serveTargetName", "serve"},
	{"@nx/webpack/plugin", "webpack.config", "serveTargetName", "serve"},
	{"@nx/expo/plugin", "app.json", "startTargetName", "start"},
}

// inferred is the serving target that a plugin makes of a config file in the
// project's folder.
func (p *nxProject) inferred() (nxTarget, bool) {
	plugins := p.space.config.Get("plugins").Elements()
	for _, known := range nxPlugins {
		for _, plugin := range plugins {
			name, options := plugin.Scalar(), (*document.Node)(nil)
			if plugin.IsTable() {
				name, options = plugin.Get("plugin").Scalar(), plugin.Get("options")
			}
			if name != known.plugin {
				continue
			}
			target := known.target
			if known.option == "devTargetName" && !options.Has("devTargetName") && options.Has("serveTargetName") {
				target = options.Get("serveTargetName").Scalar()
			}
			if said := options.Get(known.option).Scalar(); said != "" {
				target = said
			}
			if file := p.space.root.configFile(p.dir, known.config); file != "" {
				return nxTarget{project: p, name: target, file: join(p.dir, file)}, true
			}
		}
	}
	return nxTarget{}, false
}

// command is what a target runs, as far as its project says it.
func (t nxTarget) command() string {
	options := t.node.Get("options")
	if text := t.node.First("command").Scalar(); text != "" {
		return text
	}
	if text := options.First("command", "script").Scalar(); text != "" {
		return text
	}
	var all []string
	for _, item := range options.Get("commands").Elements() {
		if item.IsTable() {
			item = item.Get("command")
		}
		if text := item.Scalar(); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, " & ")
}

// serves reports whether the target is for a person at work: a project of
// tests, or a target that only shows what was built, isn't.
func (t nxTarget) serves() bool {
	executor := t.node.Get("executor").Scalar()
	return !strings.HasSuffix(t.project.name, "-e2e") && !strings.Contains(executor, "cypress") && !strings.Contains(executor, "playwright")
}

// nxCall is a target that a command has nx run.
type nxCall struct {
	dir      string
	target   string
	projects []string // none = all that have the target, or the default one
	without  []string
	many     bool
}

// nxCallsOf reads "nx serve web", "nx run web:serve" and "nx run-many -t serve".
func nxCallsOf(c invocation) []nxCall {
	if c.program() != "nx" {
		return nil
	}
	words, targets, call := nxWords(c)
	if len(words) == 0 {
		return nil
	}
	switch words[0] {
	case "run-many", "affected":
		call.many = true
		var all []nxCall
		for _, target := range targets {
			one := call
			one.target = target
			all = append(all, one)
		}
		return all
	case "run":
		if len(words) > 1 {
			if parts := strings.Split(words[1], ":"); len(parts) > 1 {
				return []nxCall{{dir: c.dir, target: parts[1], projects: parts[:1]}}
			}
		}
		return nil
	}
	call.target = words[0]
	if len(words) > 1 {
		call.projects = words[1:2]
	}
	return []nxCall{call}
}

// nxWords are the words of nx's command line, the targets that flags name, and
// the projects.
func nxWords(c invocation) (words, targets []string, call nxCall) {
	call = nxCall{dir: c.dir}
	split := func(text string) []string {
		return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	}
	for i := 1; i < len(c.argv); i++ {
		word := c.argv[i]
		if word == "--" {
			break
		}
		if !strings.HasPrefix(word, "-") {
			words = append(words, word)
			continue
		}
		name, value, given := strings.Cut(word, "=")
		values := split(value)
		takes := slices.Contains([]string{"-t", "--target", "--targets", "-p", "--projects", "--exclude", "--configuration", "-c", "--parallel", "--maxParallel", "--output-style", "--outputStyle", "--port"}, name)
		for takes && !given && i+1 < len(c.argv) && !strings.HasPrefix(c.argv[i+1], "-") {
			values = append(values, split(c.argv[i+1])...)
			i++
			if name != "-t" && name != "--targets" && name != "-p" && name != "--projects" {
				break
			}
		}
		switch name {
		case "-t", "--target", "--targets":
			targets = append(targets, values...)
		case "-p", "--projects":
			call.projects = append(call.projects, values...)
		case "--exclude":
			call.without = append(call.without, values...)
		}
	}
	return words, targets, call
}

func nxCalls(c invocation) []Ref {
	var all []Ref
	for _, call := range nxCallsOf(c) {
		for _, project := range call.projects {
			all = append(all, nxRef(call.dir, project, call.target))
		}
	}
	return all
}

// nx are the runs of targets that a script names.
func (x *splitter) nx(calls []nxCall) (plan, bool) {
	all := plan{apart: true}
	for _, call := range calls {
		space := x.root.node.nx[call.dir]
		if space == nil {
			return plan{}, false
		}
		names := call.projects
		if len(names) == 0 && !call.many {
			if name := space.config.Get("defaultProject").Scalar(); name != "" {
				names = []string{name}
			} else if len(space.projects) == 1 {
				names = []string{space.projects[0].name}
			}
		}
		for _, p := range space.projects {
			if len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return matchName(name, p.name) }) ||
				slices.ContainsFunc(call.without, func(name string) bool { return matchName(name, p.name) }) {
				continue
			}
			if t, ok := p.target(call.target); ok {
				all.runs = append(all.runs, nodeRun{pkg: x.pkg, target: &t, dir: space.dir, from: x.from})
			} else if pkg := x.root.nodePackage(p.dir); pkg != nil && pkg != x.pkg && pkg.hasScript(call.target) {
				all.add(x.root.planScript(pkg, call.target, "", x.depth+1))
			}
		}
	}
	if len(all.runs) == 0 {
		return plan{}, len(calls) > 0 && calls[0].many
	}
	return all, true
}

func matchName(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// addNx adds the projects that serve something, as far as no script of the
// root's says which.
func (f *file) addNx(space *nxSpace) {
	for _, p := range space.projects {
		running := p.running()
		if len(running) > 0 && running[0].serves() && !f.root.node.served[p.dir] {
			s := f.startNx(nodeRun{pkg: f.root.nodePackage(f.dir), target: &running[0], dir: space.dir})
			f.root.leaveOut(s, p.dir)
		}
	}
}

// startNx adds a target of nx as a service; it is run where nx.json is.
func (f *file) startNx(run nodeRun) *Service {
	t, r := run.target, f.root
	id := nxRef(t.project.space.dir, t.project.name, t.name)
	if s := r.node.started[id]; s != nil {
		return s
	}
	key := "targets." + t.name
	switch {
	case t.node == nil:
		key = ""
	case path.Base(t.file) == "package.json":
		key = "nx.targets." + t.name
	}
	command := r.managerOf(run.dir).execs() + "nx " + shellWord(t.name) + " " + shellWord(t.project.name)
	if slices.Contains(nxOwn, t.name) || strings.Contains(t.name, ":") {
		command = r.managerOf(run.dir).execs() + "nx run " + shellWord(t.project.name+":"+t.name)
	}
	s := r.nodeFile(path.Dir(t.file), path.Base(t.file), f).add(path.Base(t.project.name), command, t.line, key)
	s.Dir = run.dir
	s.ids = []Ref{id}
	s.names = []string{run.name, strings.ReplaceAll(t.project.dir, "/", "-")}
	if run.name != "" {
		s.Name, s.names[0] = run.name, s.Name
	}
	if port, ok := t.node.Get("options", "port").Int(); ok && port > 0 && port < 1<<16 {
		s.Set("port", port)
	} else if port := r.portOfConfig(t.project.dir, ""); port != nil {
		port.set(s)
	}
	r.node.started[id] = s
	r.node.served[t.project.dir] = true
	return s
}

// nxOwn are nx's own commands, whose names a target can't be run by.
var nxOwn = []string{"add", "affected", "connect", "daemon", "format", "generate", "graph", "import", "init", "list", "migrate", "release", "repair", "report", "reset", "run", "run-many", "show", "sync", "view-logs", "watch"}
