package discover

import (
	"slices"
	"strings"
	"time"

	"prox/config"
	"prox/internal/document"
)

// addServices adds a service for each that the file has. What is built from a
// folder gets its command later, when all folders have been read.
func (p *composeProject) addServices() {
	for _, s := range p.services {
		s.ports = composePorts(s.node.Get("ports"))
		for _, d := range s.dependencies() {
			if other := p.service(d.Service); other != nil && d.Condition == config.Completed {
				other.task = true
			}
		}
	}
	for _, s := range p.services {
		from := s.f.origin(s.line, "services."+s.name)
		if s.file != s.f.path() {
			from = Origin{File: s.file, Line: s.line, Key: "services." + s.name}
			if p.f.root.only != nil { // which shows what is of its own file
				from = s.f.origin(0, "services."+s.name)
			}
		}
		s.own = s.f.add(s.name, "", 0, "")
		s.own.From = from
		s.own.ids = append(s.own.ids, ref("compose", s.f.dir, s.name))
		s.inDocker()
		s.fromFolder()
	}
	p.f.root.later = append(p.f.root.later, p.settle)
}

// settle tells what could not be told before it was known which services run
// outside of docker.
func (p *composeProject) settle() {
	p.leaveOutAggregators()
	names := p.hosts()
	for _, s := range p.services {
		if s.isLocal() {
			s.reachFromOutside(names)
		} else {
			s.reachFromInside(names)
		}
	}
}

// leaveOutAggregators drops what other files have that only brings up several
// of the services, each of which is one here.
func (p *composeProject) leaveOutAggregators() {
	r := p.f.root
	if r.only != nil {
		return
	}
	r.services = slices.DeleteFunc(r.services, func(s *Service) bool {
		own, called := r.programs(s)
		other := func(c invocation) bool { return composeCalls(c) == nil && !r.callsScript(c) }
		if s.rank == p.f.rank || slices.ContainsFunc(slices.Concat(own, called), other) {
			return false
		}
		reached := r.reach(s)
		several := 0
		for _, own := range p.services {
			if reached[ref("compose", p.f.dir, own.name)] {
				several++
			}
		}
		if several < 2 {
			return false
		}
		r.note(Note{Kind: Left, Origin: s.From, Text: "it brings up services of " + p.f.path() + ", which are services of their own here"})
		return true
	})
}

// docker is the beginning of a command for the project.
func (p *composeProject) docker() string {
	command := "docker compose"
	for _, name := range p.given {
		command += " -f " + shellWord(name)
	}
	return command
}

// isLocal reports whether the service runs on this machine, without docker.
func (s *composeService) isLocal() bool { return !strings.HasPrefix(s.own.Command, s.docker()+" up ") }

// inDocker leaves a service to docker. Its dependencies are for prox to start,
// one container needs no prefix to its lines, and how it ended must be told.
// Docker itself kills what doesn't end within a time of grace, for which prox
// must wait.
func (s *composeService) inDocker() {
	to := s.own
	command := s.docker() + " up --no-deps --no-log-prefix"
	if s.replicas() == 1 {
		command += " --exit-code-from " + shellWord(s.name)
	} else {
		to.Remark("docker runs %d of it", s.replicas())
	}
	to.Command = command + " " + shellWord(s.name)
	s.common()
	if !s.task && !s.checkInside(to) {
		if check := s.tcp(); check != nil {
			to.Set("healthcheck.tcp", check)
		}
	}
	grace := 10 * time.Second
	if text, ok := s.static(s.node.Get("stop_grace_period").Scalar()); ok && text != "" {
		if d, err := time.ParseDuration(text); err == nil && d >= 0 {
			grace = d
		}
	}
	to.Set("stop.timeout", shortDuration(grace+5*time.Second))
}

// common is what holds wherever the service runs.
func (s *composeService) common() {
	to := s.own
	if s.task {
		to.Set("task", true)
	}
	s.restart()
	to.DependsOn = nil
	var restarts []string
	for _, d := range s.dependencies() {
		to.Needs(d.Service, d.Condition)
		if again, _ := s.node.Get("depends_on", d.Service, "restart").Truth(); again {
			restarts = append(restarts, d.Service)
		}
	}
	to.Set("restart_with", restarts)
	profiles := s.node.Get("profiles").Scalars()
	var groups []string
	active := len(profiles) == 0
	for _, name := range profiles {
		if group := validName(name); group != "" && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
		active = active || slices.Contains(s.profiles, name) || slices.Contains(s.profiles, "*")
	}
	to.Set("groups", groups)
	if !active || s.replicas() == 0 {
		to.Set("autostart", false)
	}
}

// dependencies are those that the file orders, and those that docker concludes
// from what a service shares with others.
func (s *composeService) dependencies() []config.Dependency {
	var all []config.Dependency
	add := func(name, condition string) {
		if name != s.name && !slices.ContainsFunc(all, func(d config.Dependency) bool { return d.Service == name }) {
			all = append(all, config.Dependency{Service: name, Condition: condition})
		}
	}
	for _, field := range namesTable(orTable(s.node.Get("depends_on"))).Each() {
		if required, ok := field.Value.Get("required").Truth(); ok && !required && s.service(field.Key) == nil {
			continue
		}
		condition := config.Started
		switch field.Value.Get("condition").Scalar() {
		case "service_healthy":
			condition = config.Ready
		case "service_completed_successfully":
			condition = config.Completed
		}
		add(field.Key, condition)
	}
	for _, key := range []string{"links", "volumes_from"} {
		for _, text := range s.node.Get(key).Scalars() {
			if name, _, _ := strings.Cut(text, ":"); s.service(name) != nil {
				add(name, config.Started)
			}
		}
	}
	for _, key := range []string{"network_mode", "ipc", "pid"} {
		if name, ok := strings.CutPrefix(s.node.Get(key).Scalar(), "service:"); ok && s.service(name) != nil {
			add(name, config.Started)
		}
	}
	return all
}

// orTable is a node that may be missing.
func orTable(n *document.Node) *document.Node {
	if n == nil {
		return &document.Node{Kind: document.Table}
	}
	return n
}

// restart carries the policy over, from either of the places that docker knows.
func (s *composeService) restart() {
	policy, _ := s.static(s.node.Get("restart").Scalar())
	name, most, _ := strings.Cut(policy, ":")
	deploy := s.node.Get("deploy", "restart_policy")
	if policy == "" {
		name = map[string]string{"none": "no", "on-failure": "on-failure", "any": "always"}[deploy.Get("condition").Scalar()]
		most = deploy.Get("max_attempts").Scalar()
		if delay := s.duration(deploy.Get("delay").Scalar(), false); delay != "" {
			s.own.Set("restart.delay", delay)
		}
	}
	switch {
	case (name == "always" || name == "unless-stopped") && !s.task:
		s.own.Set("restart.mode", "always")
	case name == "no" && !s.task:
		s.own.Set("restart.mode", "never")
	case name == "on-failure":
		if s.task {
			s.own.Set("restart.mode", "on-failure")
		}
		if n, ok := (&document.Node{Kind: document.Text, Text: most}).Int(); ok && n > 0 && n <= 1_000_000 {
			s.own.Set("restart.max_restarts", n)
		}
	}
}

// replicas is how many of it run.
func (s *composeService) replicas() int {
	for _, n := range []*document.Node{s.node.Get("scale"), s.node.Get("deploy", "replicas")} {
		text, _ := s.static(n.Scalar())
		if v, ok := (&document.Node{Kind: document.Text, Text: text}).Int(); ok && v >= 0 {
			return min(v, 200)
		}
	}
	return 1
}

// noteDropped names every key of a service outside of docker that has no
// meaning there, when the whole config is taken over.
func (s *composeService) noteDropped() {
	if s.f.root.only == nil {
		return
	}
	line := func(field document.Field) int {
		if s.file != s.f.path() {
			return 0
		}
		return field.Line
	}
	key := "services." + s.name + "."
	for _, field := range s.node.Get("deploy").Each() {
		if field.Key != "replicas" && field.Key != "restart_policy" && field.Key != "resources" && field.Key != "mode" {
			s.f.note(Dropped, line(field), key+"deploy."+field.Key, "it means something to docker only, and the service runs outside of it")
		}
	}
	if s.own.Get("limits.memory") != nil || s.own.Get("limits.cpu") != nil {
		s.f.note(Changed, s.line, key+"limits", "docker enforces them; prox watches, and tells when one is exceeded (on_limit)")
	}
	for _, field := range s.node.Fields {
		what, known := composeLocalKeys[field.Key]
		if known && what == "" || strings.HasPrefix(field.Key, "x-") || field.Value.Kind == document.Null {
			continue
		}
		if !known {
			what = "it means something to docker only, and the service runs outside of it"
		}
		s.f.note(Dropped, line(field), key+field.Key, what)
	}
}
