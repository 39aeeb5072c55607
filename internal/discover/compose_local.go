package discover

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"prox/internal/document"
)

// composeLocalKeys are the keys that a service outside of docker keeps, with
// "", and those that it can't, with what to know about it.
var composeLocalKeys = map[string]string{
	"build": "", "image": "", "command": "", "environment": "", "env_file": "", "ports": "", "expose": "", "depends_on": "", "links": "",
	"healthcheck": "", "restart": "", "profiles": "", "stop_signal": "", "stop_grace_period": "", "scale": "", "extends": "", "deploy": "",
	"mem_limit": "", "cpus": "", "tty": "", "stdin_open": "", "pull_policy": "", "platform": "", "attach": "", "container_name": "", "hostname": "",
	"volumes":     "the program works on the folders as they are",
	"networks":    "outside of docker there are no networks; other services are at localhost",
	"entrypoint":  "it is what the container starts with; write what it does into command",
	"working_dir": "it is a folder of the container; dir is the one here",
	"develop":     "the program works on the files themselves; watch restarts it when they change",
	"logging":     "prox keeps the logs; [logs] says how much of them",
	"secrets":     "the program has to read the files where they are; env can name them",
	"configs":     "the program has to read the files where they are; env can name them",
	"user":        "it runs as who starts prox",
	"extra_hosts": "names of hosts are the system's: /etc/hosts",
	"dns":         "it is the system's",
	"ulimits":     "it is the system's: ulimit in the shell that starts prox",
	"labels":      "prox has groups to pick services by",
	"init":        "prox reaps what is left behind itself",
}

// fromFolder lets a service that is built from a folder of the project run as
// that folder tells, once all folders have been read.
func (s *composeService) fromFolder() {
	if build := s.node.Get("build"); !build.IsText() && !build.IsTable() {
		return
	}
	dir, ok := s.buildFolder()
	if !ok {
		s.own.Remark("what it is built from is not in this folder, so it runs in docker")
		return
	}
	command := s.localCommand()
	s.own.borrow = dir
	s.own.choose = func(own []*Service) {
		best := s.chosen(own, command)
		switch {
		case best != nil:
			best.lent = true
			s.toLocal(best.Command, best.Argv, best.Dir)
			s.takeOver(best)
		case command != "" && s.f.root.folderTells(command, dir):
			s.toLocal(command, nil, dir)
		default:
			where := dir + "/"
			if dir == "." {
				where = "the folder"
			}
			s.own.Remark("it is built from %s, where no file tells how to run it without docker", where)
			return
		}
		s.noteDropped()
	}
}

// chosen is the service of the folder that the container runs: the one that
// comes to the same command; without a command the one of the same name, or
// the best that nobody else has chosen. What was only concluded does not stand
// against a command that somebody has written, unless it knows how the
// project's own packages are reached.
func (s *composeService) chosen(own []*Service, command string) *Service {
	if command != "" {
		wanted := s.f.root.reach(&Service{Command: command, Dir: s.own.borrow})
		for _, other := range own {
			if other.concluded && !viaTool().MatchString(other.Command) {
				continue
			}
			for id := range s.f.root.reach(other) {
				if wanted[id] {
					return other
				}
			}
		}
		return nil
	}
	for _, other := range own {
		if strings.EqualFold(other.Name, s.name) {
			return other
		}
	}
	for _, other := range own {
		taken := func(c *composeService) bool { return c != s && strings.EqualFold(other.Name, c.name) }
		if !other.lent && !slices.ContainsFunc(s.services, taken) {
			return other
		}
	}
	return nil
}

// viaTool is a command that goes through what holds a project's packages.
var viaTool = onDemand(`^(?:(?:uv|poetry|pdm|pipenv) run |bundle exec |\.venv/)`)

// takeOver takes what the folder's own service is told, where the compose file
// says nothing.
func (s *composeService) takeOver(best *Service) {
	s.own.ids = append(s.own.ids, best.ids...)
	for _, set := range best.Settings {
		switch at := s.own.at(set.Key); {
		case at < 0:
			s.own.put(set)
		case s.own.Settings[at].Guess != "" && set.Guess == "":
			s.own.put(set) // what is known is better than what was concluded
		}
	}
	s.own.Remarks = append([]string{"its command: " + best.From.String()}, s.own.Remarks...)
}

// buildFolder is the folder that an image is built from, relative to the root:
// the Dockerfile's, if that has a project in it, else the context.
func (s *composeService) buildFolder() (string, bool) {
	build := buildTable(s.node.Get("build"))
	context, ok := s.static(build.Get("context").Scalar())
	if !ok || strings.Contains(context, "://") || strings.HasPrefix(context, "git@") || path.IsAbs(context) || strings.HasPrefix(context, "~") {
		return "", false
	}
	dir := join(s.f.dir, context)
	if !s.f.root.isFolder(dir) {
		return "", false
	}
	if dockerfile, ok := s.static(build.Get("dockerfile").Scalar()); ok && strings.Contains(dockerfile, "/") {
		below := join(dir, path.Dir(dockerfile))
		for _, names := range manifests {
			for _, name := range names {
				if below != dir && s.f.root.isFile(join(below, name)) {
					return below, true
				}
			}
		}
	}
	return dir, true
}

// continued is a line that goes on below.
var continued = onDemand(`(&&|\|\||\|)[ \t]*\\?\n[ \t]*`)

// localCommand is what the file has the container run, as typed in a shell
// here; "" if it doesn't say, or if it only keeps the container open.
func (s *composeService) localCommand() string {
	words := commandWords(s.node.Get("entrypoint"))
	words = append(words, commandWords(s.node.Get("command"))...)
	if len(words) == 0 {
		return ""
	}
	command := ""
	if program := path.Base(words[0]); (program == "sh" || program == "bash") && len(words) == 3 && (words[1] == "-c" || words[1] == "-lc") {
		command = continued().ReplaceAllString(strings.ReplaceAll(words[2], "$$", "$"), "$1 ")
	} else {
		for _, word := range words {
			command += " " + s.shellWord(word)
		}
	}
	command = strings.TrimSpace(command)
	for _, idle := range []string{"sleep ", "tail -f /dev/null", "tail -F /dev/null", "cat", "/bin/sh", "/bin/bash", "sh", "bash", "while true", "while :"} {
		if command == idle || strings.HasPrefix(command, idle) && strings.HasSuffix(idle, " ") || strings.HasPrefix(idle, "while") && strings.HasPrefix(command, idle) {
			return ""
		}
	}
	return command
}

// commandWords are the words of a command in either form: a list, or a text
// that is parted as a shell would.
func commandWords(n *document.Node) []string {
	if n.IsList() {
		return n.Scalars()
	}
	text := strings.TrimSpace(n.Scalar())
	if text == "" {
		return nil
	}
	if len(text) > longestCommand {
		return strings.Fields(text)
	}
	var words []string
	whole := true
	parser := syntax.NewParser(syntax.Variant(syntax.LangPOSIX))
	for w, err := range parser.WordsSeq(strings.NewReader(text)) {
		if err != nil {
			whole = false
			break
		}
		words = append(words, wordText(w))
	}
	if !whole {
		return strings.Fields(text)
	}
	return words
}

// manifests are the files that tell whether a program can be run in a folder.
var manifests = map[string][]string{
	"node":   {"package.json"},
	"python": {"manage.py", "pyproject.toml", "requirements.txt", "requirements", "Pipfile", "setup.py", "uv.lock"},
	"ruby":   {"Gemfile"},
	"go":     {"go.mod"},
	"rust":   {"Cargo.toml"},
	"elixir": {"mix.exs"},
	"php":    {"composer.json", "index.php", "public/index.php"},
	"java":   {"pom.xml"},
	"gradle": {"build.gradle", "build.gradle.kts"},
}

var manifestOf = map[string]string{
	"npm": "node", "yarn": "node", "pnpm": "node", "bun": "node", "node": "node", "nodemon": "node", "vite": "node", "next": "node",
	"tsx": "node", "ts-node": "node", "ng": "node", "nest": "node", "nuxt": "node", "npx": "node", "strapi": "node",
	"python": "python", "python3": "python", "celery": "python", "gunicorn": "python", "uvicorn": "python", "flask": "python", "hypercorn": "python",
	"daphne": "python", "django-admin": "python", "fastapi": "python", "watchmedo": "python", "watchfiles": "python", "rq": "python", "arq": "python",
	"dramatiq": "python", "streamlit": "python", "alembic": "python", "uv": "python", "poetry": "python", "pipenv": "python",
	"rails": "ruby", "rake": "ruby", "bundle": "ruby", "puma": "ruby", "sidekiq": "ruby", "rackup": "ruby", "unicorn": "ruby", "ruby": "ruby",
	"go": "go", "air": "go", "cargo": "rust", "mix": "elixir", "iex": "elixir", "php": "php", "composer": "php", "mvn": "java", "gradle": "gradle",
}

// neutral are programs that every machine has, and that tell nothing.
var neutral = []string{"rm", "mkdir", "cp", "mv", "ln", "echo", "sleep", "true", "wait", "touch", "chmod", "set", "export", "test", "[", "cat", "trap"}

// folderTells reports whether a command is one that can be run in a folder of
// this machine: each of its programs is a file there, or belongs to what the
// folder's own files are for.
func (r *root) folderTells(command, dir string) bool {
	told := false
	for _, c := range invocations(command, dir) {
		program := c.program()
		switch kind := manifestOf[program]; {
		case path.IsAbs(c.argv[0]) || !fs.ValidPath(c.dir):
			return false
		case strings.Contains(c.argv[0], "/"):
			if !r.isFile(join(c.dir, c.argv[0])) {
				return false
			}
			told = true
		case slices.Contains(neutral, program):
		case kind == "" || !slices.ContainsFunc(manifests[kind], func(name string) bool { return r.isFile(join(c.dir, name)) }):
			return false
		default:
			told = true
		}
	}
	return told
}

// toLocal has the service run on this machine, with what the file says for it.
func (s *composeService) toLocal(command string, argv []string, dir string) {
	to := s.own
	to.Command, to.Argv, to.Dir, to.Off = command, argv, dir, false
	to.Settings, to.Remarks, to.borrow = nil, nil, ""
	s.common()
	if !s.task {
		s.checkOutside(to)
	}
	s.instances()
	if signal, _ := s.static(s.node.Get("stop_signal").Scalar()); signal != "" && signal != "SIGTERM" && strings.HasPrefix(signal, "SIG") {
		to.Set("stop.signal", signal)
	}
	if grace := s.duration(s.node.Get("stop_grace_period").Scalar(), false); grace != "" && grace != "10s" {
		to.Set("stop.timeout", grace)
	}
	s.limits()
	s.localEnv()
	s.localPort()
}

// instances are as many as in docker, unless they would listen on one port,
// which containers can and programs can't.
func (s *composeService) instances() {
	n := s.replicas()
	target, _ := s.targetPort()
	switch {
	case n < 2:
	case target == 0:
		s.own.Set("instances", n)
	default:
		s.own.Remark("docker runs %d of it; instances = %d is that here, if it listens on PORT", n, n)
	}
}

// limits are carried over, though prox only watches them.
func (s *composeService) limits() {
	resources := s.node.Get("deploy", "resources", "limits")
	memory, _ := s.static(firstNode(s.node.Get("mem_limit"), resources.Get("memory")).Scalar())
	cpus, _ := s.static(firstNode(s.node.Get("cpus"), resources.Get("cpus")).Scalar())
	if size := dockerSize(memory); size != "" {
		s.own.Set("limits.memory", size)
	}
	var share float64
	if _, err := fmt.Sscanf(cpus, "%g", &share); err == nil && share > 0 && share < 1000 {
		s.own.Set("limits.cpu", fmt.Sprintf("%.0f%%", share*100))
	}
}

func firstNode(nodes ...*document.Node) *document.Node {
	for _, n := range nodes {
		if n != nil {
			return n
		}
	}
	return nil
}

// dockerSize is a size such as 512m or 1.5gb as prox writes it.
func dockerSize(text string) string {
	number := strings.TrimRight(strings.ToLower(text), "bkmgti")
	unit := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(text[len(number):]), "b"), "i")
	name := map[string]string{"k": "KiB", "m": "MiB", "g": "GiB", "t": "TiB"}[unit]
	if number == "" || strings.Trim(number, "0123456789.") != "" || strings.Trim(number, "0.") == "" || name == "" || strings.Count(number, ".") > 1 || strings.HasPrefix(number, ".") || strings.HasSuffix(number, ".") {
		return ""
	}
	return number + name
}

// localEnv carries the variables over. Those that the file leaves to the shell
// come from there anyhow.
func (s *composeService) localEnv() {
	for _, field := range pairsTable(orTable(s.node.Get("environment"))).Each() {
		if field.Value.Kind == document.Null || field.Key == "" || strings.ContainsAny(field.Key, "=\x00") || field.Value.IsList() || field.Value.IsTable() {
			continue
		}
		if n, ok := portNumber(field.Value.Text); ok && field.Key == "PORT" {
			s.own.Set("port", n)
			continue
		}
		s.own.SetEnv(field.Key, s.text(field.Value.Text))
	}
	var files []string
	for _, item := range asList(orTable(s.node.Get("env_file"))).Elements() {
		name, required := item.Scalar(), true
		if item.IsTable() {
			name = item.Get("path").Scalar()
			if v, ok := item.Get("required").Truth(); ok {
				required = v
			}
		}
		target := join(s.f.dir, name)
		switch {
		case name == "" || target == ".env": // which prox reads for all
		case strings.Contains(name, "$") || !s.f.root.isFile(target):
			if required {
				s.own.Remark("it is to have the variables of %s, which is not there", name)
			}
		case !slices.Contains(files, target):
			files = append(files, target)
		}
	}
	if own := join(s.f.dir, ".env"); own != ".env" && s.f.root.isFile(own) && len(files) == 0 && strings.Contains(fmt.Sprint(s.own.Get("env")), "${") {
		files = append(files, own) // docker puts its values in
	}
	for i, name := range files {
		files[i] = relativeTo(name, ".")
	}
	s.own.Set("env_file", files)
}

// localPort is the port on which the program listens in its container, and
// therefore here.
func (s *composeService) localPort() {
	if s.own.Get("port") != nil || s.task {
		return
	}
	target, published := s.targetPort()
	if target == 0 {
		return
	}
	s.own.Guess("port", target, "the one that "+path.Base(s.f.path())+" publishes")
	if published != 0 && published != target {
		s.own.Remark("docker publishes its port %d as %d", target, published)
	}
}
