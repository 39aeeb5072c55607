package discover

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"prox/config"
)

// packageJSON reads the scripts of a Node package: what one runs to work on it
// becomes services, and what a script runs several programs with is taken
// apart. A workspace's packages are read with it.
func packageJSON(f *file) {
	p := f.root.nodePackage(f.dir)
	if p == nil {
		return
	}
	w := f.readWorkspace()
	space := f.readNx(w)
	f.addScripts(p)
	if space != nil {
		f.addNx(space)
	}
}

// addScripts adds a package's main script, and those that run beside it.
func (f *file) addScripts(p *nodePackage) {
	if f.root.leftOut(p.dir) {
		return
	}
	main := f.root.mainScript(p)
	besides := ""
	if main != "" && !f.root.node.served[p.dir] && f.addScript(p, main, "") {
		besides = f.root.managerOf(p.dir).runs(main, "")
	}
	for _, name := range f.root.further(p, main) {
		f.addScript(p, name, besides)
	}
}

// addScript adds what a script runs; true if that was taken apart. What is to
// run beside a command that says itself what all is started is only started by
// its name.
func (f *file) addScript(p *nodePackage, name, beside string) bool {
	s, _ := p.script(name)
	pl := f.root.plan(p, name)
	if !pl.apart {
		run := pl.runs[0]
		id := scriptRef(p.dir, name)
		if f.root.node.started[id] != nil {
			return false
		}
		if f.root.startsOthers(p, run) {
			f.note(Left, s.line, "scripts."+name, "it seems to start the packages, which are listed by themselves")
			return false
		}
		started := f.start(run)
		switch {
		case f.root.roleOfRun(run) == roleBook:
			started.Set("autostart", false)
		case beside != "":
			started.byName(beside)
		default:
			f.root.leaveOut(started, p.dir)
		}
		return false
	}
	f.addPlan(p, s, pl, beside)
	return true
}

// byName has a service started by its name only, because another command that
// starts services doesn't start it.
func (s *Service) byName(other string) {
	if s.Get("autostart") == nil {
		s.Set("autostart", false)
		s.Remark("%s does not start it", other)
	}
}

// startsOthers reports whether a workspace's script is a program of its own
// making that can only be about the packages below.
func (r *root) startsOthers(p *nodePackage, run nodeRun) bool {
	w := r.node.spaces[p.dir]
	if w == nil {
		return false
	}
	for _, c := range r.mains(run) {
		own := slices.ContainsFunc(c.argv, func(word string) bool {
			first, _, deep := strings.Cut(strings.TrimPrefix(word, "./"), "/")
			return deep && slices.Contains([]string{"scripts", "script", "tools", "bin", "dev", "build", "utils", "tooling"}, first)
		})
		if !own {
			return false
		}
	}
	return slices.ContainsFunc(w.members, func(dir string) bool { return r.mainScript(r.nodePackage(dir)) != "" })
}

// addPlan adds everything that a script is taken apart into.
func (f *file) addPlan(p *nodePackage, s nodeScript, pl plan, beside string) {
	key := "scripts." + s.name
	for _, text := range pl.notes {
		f.note(Left, s.line, key, text)
	}
	f.root.preferMain(p, s, &pl)
	if len(pl.runs) == 0 {
		return
	}
	if !slices.ContainsFunc(pl.runs, f.root.isNew) {
		return
	}
	before := f.addTasks(pl.before)
	services := make([]*Service, len(pl.runs))
	below := false
	for i, run := range pl.runs {
		known := len(f.root.services)
		services[i] = f.start(run)
		if len(f.root.services) == known {
			continue // it is one already
		}
		below = below || run.dir != p.dir || run.target != nil
		for _, task := range before {
			services[i].NeedsService(task, config.Completed)
		}
		if beside != "" {
			services[i].byName(beside)
		} else {
			f.root.leaveOut(services[i], p.dir)
		}
	}
	f.addWaits(pl.runs, services)
	if below && beside == "" && slices.Contains(mainScripts, s.name) {
		f.root.node.chosen[p.dir] = f.root.managerOf(p.dir).runs(s.name, "")
	}
}

// isNew reports whether a run is no service yet.
func (r *root) isNew(run nodeRun) bool {
	switch {
	case run.target != nil:
		return r.node.started[nxRef(run.target.project.space.dir, run.target.project.name, run.target.name)] == nil
	case run.script != "":
		return r.node.started[scriptRef(run.pkg.dir, run.script)] == nil
	}
	return true
}

// addTasks adds what is done before a script runs, each after the one before.
// Those that come last are returned.
func (f *file) addTasks(runs []nodeRun) (last []*Service) {
	for _, run := range runs {
		known := len(f.root.services)
		task := f.startTask(run)
		if len(f.root.services) == known { // its place in the order was given by another script
			last = append(last, task)
			continue
		}
		for _, earlier := range last {
			task.NeedsService(earlier, config.Completed)
		}
		last = []*Service{task}
	}
	return last
}

// preferMain has a workspace's "start" run the packages as one works on them:
// theirs is often for production.
func (r *root) preferMain(p *nodePackage, s nodeScript, pl *plan) {
	if s.name != "start" {
		return
	}
	for i := range pl.runs {
		run := &pl.runs[i]
		if run.pkg == p || run.script != "start" {
			continue
		}
		if main := r.mainScript(run.pkg); main != "" && main != "start" {
			run.script, run.args = main, ""
		}
	}
}

// leaveOut keeps a service from being started with all others, if a script
// above its folder says which are.
func (r *root) leaveOut(s *Service, dir string) {
	for dir != "." {
		dir = path.Dir(dir)
		if other := r.node.chosen[dir]; other != "" {
			s.byName(other)
			return
		}
	}
}

// nodeFile is a file of another folder, to add services of.
func (r *root) nodeFile(dir, name string, like *file) *file {
	if dir == like.dir && name == like.name {
		return like
	}
	depth := 0
	if dir != "." {
		depth = 1 + strings.Count(dir, "/")
	}
	return &file{folder: &folder{root: r, dir: dir, depth: depth}, name: name, source: like.source, rank: like.rank}
}

// start adds a run as a service, or returns the one that it is already.
func (f *file) start(run nodeRun) *Service {
	r := f.root
	if run.target != nil {
		return f.startNx(run)
	}
	if run.script == "" {
		return f.startPart(run)
	}
	id := scriptRef(run.pkg.dir, run.script)
	if s := r.node.started[id]; s != nil {
		return s
	}
	script, _ := run.pkg.script(run.script)
	best, others := r.nameRun(run)
	command := r.managerOf(run.pkg.dir).runs(run.script, run.args)
	g := r.nodeFile(run.pkg.dir, "package.json", f)
	s := g.add(best, command, script.line, "scripts."+run.script)
	s.names = others
	s.ids = []Ref{id}
	r.node.started[id] = s
	r.node.served[run.pkg.dir] = true
	if run.pkg.dir != f.dir {
		f.addMember(run.pkg.dir)
	}
	r.finishRun(s, run)
	if kind := r.roleOfRun(run); kind == roleWatch || run.pkg.library() && kind == roleUnknown {
		s.minor = true
	}
	return s
}

// startPart adds a command that stands in a script beside others.
func (f *file) startPart(run nodeRun) *Service {
	r := f.root
	best, others := r.nameRun(run)
	g := r.nodeFile(run.from.pkg.dir, "package.json", f)
	s := g.add(best, r.typed(run.pkg, run.command), run.from.script.line, "scripts."+run.from.script.name)
	s.names = others
	s.Dir = run.dir
	r.node.served[run.dir] = true
	r.finishRun(s, run)
	return s
}

// finishRun tells a service what stood around its command.
func (r *root) finishRun(s *Service, run nodeRun) {
	if run.wrap != "" {
		s.Command = r.typed(run.pkg, run.wrap) + " " + s.Command
	}
	for _, variable := range run.env {
		name, value, _ := strings.Cut(variable, "=")
		if port, err := strconv.Atoi(value); name == "PORT" && err == nil && port > 0 && port < 1<<16 {
			s.Set("port", port)
			continue
		}
		s.SetEnv(name, value)
	}
	var files []string
	for _, name := range run.envFiles {
		if r.exists(name) && !(name == ".env" && run.dir == ".") { // that one is read anyhow
			files = append(files, name)
		}
	}
	s.Set("env_file", files)
	if n, err := strconv.Atoi(run.restarts); err == nil && n != 0 {
		s.Set("restart.max_restarts", max(n, -1))
	}
	r.portOfRun(s, run)
}

// startTask adds what is to be done before others.
func (f *file) startTask(run nodeRun) *Service {
	name := run.name
	var s *Service
	switch {
	case run.script != "":
		if name == "" {
			name = strings.Trim(strings.ReplaceAll(run.script, ":", "-"), "-")
		}
		id := scriptRef(run.pkg.dir, run.script)
		if s := f.root.node.started[id]; s != nil {
			return s
		}
		script, _ := run.pkg.script(run.script)
		g := f.root.nodeFile(run.pkg.dir, "package.json", f)
		s = g.add(name, f.root.managerOf(run.pkg.dir).runs(run.script, run.args), script.line, "scripts."+run.script)
		s.ids = []Ref{id}
		f.root.node.started[id] = s
	default:
		command := run.command
		if !run.typed {
			command = f.root.typed(run.pkg, command)
		}
		g := f.root.nodeFile(run.from.pkg.dir, "package.json", f)
		s = g.add(name, command, run.from.script.line, "scripts."+run.from.script.name)
		s.Dir = run.dir
	}
	s.Set("task", true)
	if run.remark != "" {
		s.Remark("%s", run.remark)
	}
	for _, variable := range run.env {
		if name, value, ok := strings.Cut(variable, "="); ok {
			s.SetEnv(name, value)
		}
	}
	return s
}

// addWaits lets services wait for those whose ports wait-on names before them.
// Where none is known to have the port, wait-on stays in the command.
func (f *file) addWaits(runs []nodeRun, services []*Service) {
	for i, run := range runs {
		found := map[int]*Service{}
		for _, target := range run.waits {
			port, page, _ := waitPort(target)
			at, sure := f.listener(runs, services, i, port)
			if at < 0 {
				continue
			}
			found[port] = services[at]
			if !services[at].waitsFor(services[i]) {
				services[i].NeedsService(services[at], config.Ready)
			}
			why := run.fromText() + " waits for it"
			if !sure {
				why += ", and there is no other that it can mean"
			}
			services[at].Guess("port", port, why)
			if page != "" {
				services[at].Guess("healthcheck.http_get", page, why)
			}
		}
		all := len(found) > 0
		for _, target := range run.waits {
			port, _, _ := waitPort(target)
			all = all && found[port] != nil
		}
		if !all && run.waiting != "" {
			services[i].Command, services[i].Dir = f.root.typed(run.pkg, run.waiting), run.waitDir
		}
		f.addProxied(runs, services, i)
	}
}

// addProxied guesses the port of what a package of create-react-app asks for
// what it doesn't have itself.
func (f *file) addProxied(runs []nodeRun, services []*Service, i int) {
	proxy := runs[i].pkg.tree.Get("proxy")
	if port, _, ok := waitPort(proxy.Scalar()); ok && proxy.IsText() && runs[i].pkg.depends("react-scripts") {
		if at, _ := f.listener(runs, services, i, port); at >= 0 {
			services[at].Guess("port", port, join(runs[i].pkg.dir, "package.json")+" has it as its proxy")
		}
	}
}

func (run nodeRun) fromText() string {
	if run.from == nil {
		return "a script"
	}
	return "scripts." + run.from.script.name
}

// waitsFor reports whether a service waits for another, or for one that does.
func (s *Service) waitsFor(other *Service) bool {
	seen := map[*Service]bool{}
	for next := []*Service{s}; len(next) > 0; {
		now := next[0]
		next = next[1:]
		for _, a := range now.awaited {
			if a.service == other {
				return true
			}
			if !seen[a.service] {
				seen[a.service] = true
				next = append(next, a.service)
			}
		}
	}
	return false
}

// listener is the run that listens on a port: the one that is known to, or the
// only other one of which nothing else is known.
func (f *file) listener(runs []nodeRun, services []*Service, waits, port int) (at int, sure bool) {
	for _, usual := range []bool{false, true} {
		for i, run := range runs {
			if i != waits && services[i] != services[waits] && f.root.listensOn(services[i], run, port, usual) {
				return i, true
			}
		}
	}
	var servers []int
	for i, run := range runs {
		kind := f.root.roleOfRun(run)
		if i != waits && services[i] != services[waits] && kind != roleCSS && kind != roleWatch && services[i].Get("port") == nil && len(run.waits) == 0 {
			servers = append(servers, i)
		}
	}
	if len(servers) == 1 {
		return servers[0], false
	}
	return -1, false
}
