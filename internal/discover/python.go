package discover

import (
	"regexp"
	"slices"
	"strings"

	"prox/internal/document"
)

var pythonNames = []string{"manage.py", "pyproject.toml", "Pipfile", "requirements.txt", "setup.py"}

// python concludes from a project's dependencies and its modules how it is
// served: Django, FastAPI, Flask, Streamlit, and Celery's workers.
func python(f *file) {
	for _, first := range pythonNames {
		if first == f.name {
			break
		}
		if f.has(first) {
			return // told from that one
		}
	}
	p := &pythonProject{file: f, prefix: f.pythonPrefix(), needs: f.pythonNeeds()}
	p.tasks()
	p.modules = f.pythonModules()
	switch {
	case f.has("manage.py"):
		p.django()
	case p.needs["fastapi"] || p.needs["starlette"] || p.needs["litestar"]:
		p.asgi()
	case p.needs["flask"] || p.needs["quart"]:
		p.flask()
	case p.needs["streamlit"]:
		p.streamlit()
	}
	if p.needs["celery"] {
		p.celery()
	}
}

type pythonProject struct {
	*file
	prefix  string          // what leads to the project's own Python: "uv run "
	needs   map[string]bool // names of packages, in small letters
	modules []pythonModule
}

type pythonModule struct {
	path string // relative to the folder
	text string
}

// name is the module's, as Python imports it.
func (m pythonModule) name() string {
	name := strings.TrimSuffix(strings.TrimPrefix(m.path, "src/"), ".py")
	return strings.ReplaceAll(strings.TrimSuffix(name, "/__init__"), "/", ".")
}

// pythonPrefix tells which tool has the project's packages.
func (f *file) pythonPrefix() string {
	project := f.folder.tree("pyproject.toml")
	switch {
	case f.has("uv.lock") || project.Has("tool", "uv"):
		return "uv run "
	case f.has("poetry.lock") || project.Has("tool", "poetry"):
		return "poetry run "
	case f.has("pdm.lock") || project.Has("tool", "pdm"):
		return "pdm run "
	case f.has("Pipfile"):
		return "pipenv run "
	case f.root.exists(join(f.dir, ".venv/bin/python")):
		return ".venv/bin/"
	}
	return ""
}

// packageName ends where a version, an extra or a marker begins.
var packageName = onDemand(`^\s*([A-Za-z0-9][A-Za-z0-9._-]*)`)

// pythonNeeds are the packages that the project says it needs.
func (f *file) pythonNeeds() map[string]bool {
	needs := map[string]bool{}
	add := func(line string) {
		if m := packageName().FindStringSubmatch(line); m != nil {
			needs[strings.ToLower(m[1])] = true
		}
	}
	addAll := func(n *document.Node) {
		for _, line := range n.Scalars() {
			add(line)
		}
		for _, key := range n.Keys() {
			add(key)
		}
	}
	project := f.folder.tree("pyproject.toml")
	addAll(project.Get("project", "dependencies"))
	addAll(project.Get("tool", "poetry", "dependencies"))
	for _, groups := range []*document.Node{project.Get("project", "optional-dependencies"), project.Get("dependency-groups")} {
		for _, group := range groups.Each() {
			addAll(group.Value)
		}
	}
	for _, group := range project.Get("tool", "poetry", "group").Each() {
		addAll(group.Value.Get("dependencies"))
	}
	if f.has("Pipfile") {
		if pipfile, err := document.Parse(document.TOML, []byte(f.text("Pipfile"))); err == nil {
			addAll(pipfile.Get("packages"))
			addAll(pipfile.Get("dev-packages"))
		}
	}
	for _, name := range []string{"requirements.txt", "requirements-dev.txt", "requirements/base.txt", "requirements/local.txt", "requirements/dev.txt", "setup.py"} {
		for line := range strings.Lines(f.text(name)) {
			if name == "setup.py" {
				line = strings.Trim(strings.TrimSpace(line), `"',[]`)
			}
			add(line)
		}
	}
	return needs
}

// mostModules bounds how many files are looked into for an application.
const mostModules = 100

// pythonModules are the modules that may hold an application: those of the
// folder, of its packages, and of src.
func (f *file) pythonModules() []pythonModule {
	var all []pythonModule
	add := func(dir string, names []string) {
		for _, name := range names {
			if strings.HasSuffix(name, ".py") && len(all) < mostModules {
				path := strings.TrimPrefix(join(dir, name), "./")
				if text := f.text(path); text != "" {
					all = append(all, pythonModule{path, text})
				}
			}
		}
	}
	add(".", f.sorted())
	var visit func(dir string, depth int)
	visit = func(dir string, depth int) {
		sub, ok := f.root.open(join(f.dir, dir), 0)
		if !ok {
			return
		}
		add(dir, sub.sorted())
		for _, name := range sub.sorted() {
			if depth > 0 && sub.subfolder(name) && !slices.Contains(aside, name) && !strings.HasPrefix(name, ".") {
				visit(join(dir, name), depth-1)
			}
		}
	}
	for _, name := range f.sorted() {
		if f.subfolder(name) && (name == "src" || name == "app" || name == "backend" || f.root.exists(join(f.dir, name, "__init__.py"))) {
			visit(name, 1)
		}
	}
	return all
}

var (
	settingsModule = onDemand(`DJANGO_SETTINGS_MODULE['"],\s*['"]([A-Za-z0-9_]+)`)
	asgiApp        = onDemand(`(?m)^([A-Za-z_][A-Za-z0-9_]*)(?:\s*:\s*\w+)?\s*=\s*(?:FastAPI|Starlette|Litestar)\(`)
	asgiFactory    = onDemand(`(?m)^def (create_app|get_app|get_application|build_app)\(`)
	flaskApp       = onDemand(`(?m)^(?:[A-Za-z_][A-Za-z0-9_]*\s*=\s*(?:Flask|Quart|APIFlask)\(|def (?:create_app|make_app)\()`)
	flaskRun       = onDemand(`(?m)^\s+\w+\.run\([^\n]*\bport\s*=\s*(?:int\(\s*)?(?:os\.(?:environ\.get|getenv)\(\s*['"]PORT['"]\s*,\s*)?['"]?(\d+)`)
	celeryApp      = onDemand(`(?m)^[A-Za-z_][A-Za-z0-9_]*\s*=\s*Celery\(`)
)

func (p *pythonProject) django() {
	s := p.add("web", p.prefix+"python manage.py runserver", 0, "")
	p.nameByFolder(s)
	s.From.File = join(p.dir, "manage.py")
	s.ids = append(s.ids, ref("django", p.dir, ""))
}

func (p *pythonProject) asgi() {
	for _, m := range p.modules {
		var target string
		extra := ""
		if found := asgiApp().FindStringSubmatch(m.text); found != nil {
			target = found[1]
		} else if found := asgiFactory().FindStringSubmatch(m.text); found != nil && strings.Contains(m.text, "FastAPI") {
			target, extra = found[1], " --factory"
		} else {
			continue
		}
		command := p.prefix + "uvicorn " + m.name() + ":" + target + extra + " --reload"
		if strings.HasPrefix(m.path, "src/") {
			command += " --app-dir src"
		}
		p.server("api", command, m, "asgi")
		return
	}
}

// server adds what serves an application that was found in a module.
func (p *pythonProject) server(name, command string, m pythonModule, kind string) *Service {
	s := p.add(name, command, 0, "")
	s.From.File = join(p.dir, m.path)
	p.nameByFolder(s)
	s.ids = append(s.ids, ref(kind, p.dir, ""))
	s.Remark("a guess: %s makes an application", m.path)
	return s
}

func (p *pythonProject) flask() {
	for _, m := range p.modules {
		if flaskApp().MatchString(m.text) && regexp.MustCompile(`(?i)flask|quart`).MatchString(m.text) {
			if p.runsItself(m) {
				return
			}
			program := "flask"
			if p.needs["quart"] && !p.needs["flask"] {
				program = "quart"
			}
			p.server("web", p.prefix+program+" --app "+m.name()+" run --debug", m, "flask")
			return
		}
	}
}

// runsItself adds an application whose module says with which port it is run:
// flask's own command would take another.
func (p *pythonProject) runsItself(m pythonModule) bool {
	run := flaskRun().FindStringSubmatch(m.text)
	if run == nil || strings.Contains(m.path, "/") {
		return false
	}
	s := p.server("web", p.prefix+"python "+m.path, m, "flask")
	if port, ok := portNumber(run[1]); ok {
		s.Guess("port", port, s.From.File+" listens on it")
	}
	return true
}

func (p *pythonProject) streamlit() {
	for _, m := range p.modules {
		if strings.Contains(m.text, "import streamlit") && !strings.Contains(m.path, "/") {
			p.server("web", p.prefix+"streamlit run "+m.path, m, "streamlit")
			return
		}
	}
}

// celery adds a worker for the application that some module makes, and the
// scheduler where something is scheduled.
func (p *pythonProject) celery() {
	app, from := "", ""
	if m := settingsModule().FindStringSubmatch(p.text("manage.py")); m != nil && p.root.exists(join(p.dir, m[1], "celery.py")) {
		app, from = m[1], m[1]+"/celery.py"
	}
	scheduled := p.needs["django-celery-beat"] || p.needs["celery-redbeat"]
	for _, m := range p.modules {
		if celeryApp().MatchString(m.text) {
			if app == "" {
				app, from = strings.TrimSuffix(m.name(), ".celery"), m.path
			}
			scheduled = scheduled || strings.Contains(m.text, "beat_schedule")
		}
	}
	if app == "" {
		return
	}
	worker := p.add("worker", p.prefix+"celery -A "+app+" worker --loglevel info", 0, "")
	worker.From.File = join(p.dir, from)
	worker.ids = append(worker.ids, ref("celery", p.dir, "worker"))
	if scheduled {
		beat := p.add("beat", p.prefix+"celery -A "+app+" beat --loglevel info", 0, "")
		beat.From.File = join(p.dir, from)
		beat.ids = append(beat.ids, ref("celery", p.dir, "beat"))
	}
}

// tasks reads the tasks that pyproject.toml may hold for a runner.
func (p *pythonProject) tasks() {
	project := p.folder.tree("pyproject.toml")
	for _, r := range []struct {
		runner
		path []string
	}{
		{runner{kind: "poe", typed: p.prefix + "poe ", key: "tool.poe.tasks."}, []string{"tool", "poe", "tasks"}},
		{runner{kind: "pdm", typed: "pdm run ", key: "tool.pdm.scripts."}, []string{"tool", "pdm", "scripts"}},
		{runner{kind: "taskipy", typed: p.prefix + "task ", key: "tool.taskipy.tasks."}, []string{"tool", "taskipy", "tasks"}},
		{runner{kind: "hatch", typed: "hatch run ", key: "tool.hatch.envs.default.scripts."}, []string{"tool", "hatch", "envs", "default", "scripts"}},
	} {
		var all []target
		for _, field := range project.Get(r.path...).Each() {
			v := field.Value
			t := target{name: field.Key, line: field.Line, private: strings.HasPrefix(field.Key, "_")}
			for _, line := range append(v.Scalars(), v.First("cmd", "shell", "script").Scalars()...) {
				t.body += line + "\n"
			}
			all = append(all, t)
		}
		if len(all) > 0 {
			f := *p.file
			f.name = "pyproject.toml"
			f.addTargets(r.runner, all)
		}
	}
}

func pythonCalls(c invocation) []Ref {
	argv := c.argv
	if p := c.program(); (p == "python" || p == "python3") && len(argv) > 2 && argv[1] == "-m" {
		argv = argv[2:]
	} else if (p == "python" || p == "python3") && len(argv) > 1 {
		argv = argv[1:]
	}
	program := argv[0][strings.LastIndexByte(argv[0], '/')+1:]
	switch program {
	case "manage.py":
		if len(argv) > 1 && (argv[1] == "runserver" || argv[1] == "runserver_plus") {
			return []Ref{ref("django", c.dir, "")}
		}
	case "uvicorn", "fastapi", "hypercorn", "daphne", "granian":
		return []Ref{ref("asgi", c.dir, ""), ref("django", c.dir, "")}
	case "gunicorn":
		return []Ref{ref("asgi", c.dir, ""), ref("django", c.dir, ""), ref("flask", c.dir, "")}
	case "flask", "quart":
		if slices.Contains(argv, "run") {
			return []Ref{ref("flask", c.dir, "")}
		}
	case "streamlit":
		return []Ref{ref("streamlit", c.dir, "")}
	case "celery":
		for _, what := range []string{"worker", "beat", "flower"} {
			if slices.Contains(argv, what) {
				return []Ref{ref("celery", c.dir, what)}
			}
		}
	case "poe":
		return targetCalls("poe", c.dir, c.without("-C", "--directory"), "")
	}
	return nil
}
