package discover

import (
	"errors"
	"path"
	"strconv"
	"strings"
	"time"

	"prox/internal/document"
)

var pm2Names = []string{
	"ecosystem.config.js", "ecosystem.config.cjs", "ecosystem.config.mjs", "ecosystem.config.json", "ecosystem.config.yml", "ecosystem.config.yaml",
	"ecosystem.js", "ecosystem.json", "ecosystem.yml", "ecosystem.yaml",
	"pm2.config.js", "pm2.config.cjs", "pm2.config.mjs", "pm2.json", "pm2.yml", "pm2.yaml", "process.json", "process.yml", "process.yaml", "processes.json",
}

const pm2Logs = "prox keeps each service's log by itself: see prox logs"

// pm2Why is what to do instead of what prox doesn't have.
var pm2Why = map[string]string{
	"out_file": pm2Logs, "out": pm2Logs, "output": pm2Logs, "out_log": pm2Logs,
	"error_file": pm2Logs, "error": pm2Logs, "err": pm2Logs, "err_file": pm2Logs, "err_log": pm2Logs,
	"log_file": pm2Logs, "log": pm2Logs, "combine_logs": pm2Logs, "merge_logs": pm2Logs, "disable_logs": pm2Logs,
	"log_type":              "prox logs --json writes lines for programs",
	"log_date_format":       "prox logs writes times",
	"time":                  "prox logs writes times",
	"pid_file":              "prox status --json tells process ids",
	"pid":                   "prox status --json tells process ids",
	"deploy":                "prox doesn't deploy",
	"source_map_support":    `write env = { NODE_OPTIONS = "--enable-source-maps" }`,
	"watch_delay":           "prox waits for a burst of changes to end by itself",
	"watch_options":         "prox finds out by itself how to watch",
	"wait_ready":            "prox doesn't hear process.send('ready'): give the service a port or a healthcheck",
	"listen_timeout":        "prox has no reload that waits: see healthcheck.start_period",
	"shutdown_with_message": "prox stops a service by a signal: see stop.signal",
	"increment_var":         "each instance gets a PORT of its own, counted up from port",
	"instance_var":          "an instance is told by PROX_INSTANCE, and gets a PORT of its own",
	"filter_env":            "a service gets the variables of the shell that prox was started in",
	"vizion":                "it is about pm2 itself", "pmx": "it is about pm2 itself", "automation": "it is about pm2 itself",
	"force": "it is about pm2 itself", "windowsHide": "it is about Windows",
}

type pm2Reader struct {
	*takeover
	ports map[int]bool
}

// pm2 reads an ecosystem file of pm2. One in JavaScript is read, not run: what
// only node could work out is told.
func pm2(f *file) {
	var tree *document.Node
	unknown := map[*document.Node]string{}
	if isScript := strings.HasSuffix(path.Ext(f.name), "js"); isScript {
		s, ast, err := readScript(f.folder, f.data)
		if err != nil {
			line := 0
			var syntax *document.SyntaxError
			if errors.As(err, &syntax) {
				line, err = syntax.Line, errors.New(syntax.Message)
			}
			f.note(Broken, line, "", "passed over: "+err.Error())
			return
		}
		tree, unknown = s.exported(ast), s.unknown
	} else {
		if tree = f.tree(document.FormatOf(f.name)); tree == nil {
			return
		}
		tree = literalTree(tree)
	}
	t := f.takeOver(tree, pm2Why)
	t.unknown = unknown
	r := &pm2Reader{t, map[int]bool{}}
	apps := r.apps()
	if len(apps) == 0 {
		if strings.HasPrefix(f.name, "ecosystem.") || f.imported() {
			f.note(Broken, tree.At(), "", "there are no apps in it that can be told without running it: "+
				`node -p 'JSON.stringify(require("./`+f.name+`"))' > ecosystem.json writes them into a file that prox can import`)
		}
		return
	}
	for _, e := range apps {
		r.app(e)
	}
	t.rest()
}

// apps are those of "apps: [...]", or of a list, or the only one.
func (r *pm2Reader) apps() []entry {
	list := r.root.get("apps")
	switch {
	case list.node.IsTable():
		return []entry{list}
	case list.there():
		return r.tables(list)
	case r.root.node.IsList():
		return r.tables(r.root)
	case r.root.get("script", "exec").given():
		return []entry{r.root}
	}
	return nil
}

func (r *pm2Reader) tables(list entry) []entry {
	var all []entry
	for _, e := range list.items() {
		if e.node.IsTable() {
			all = append(all, e)
		} else {
			e.wrong("an app")
		}
	}
	return all
}

func (r *pm2Reader) app(e entry) {
	script := e.get("script", "exec")
	file := r.path(script.text())
	name := e.get("name").text()
	if name == "" {
		base := path.Base(strings.Fields(file + " app")[0])
		name = strings.TrimSuffix(base, path.Ext(base))
	}
	s := r.f.add(name, "", e.line, r.keyOf(e))
	if cwd := e.get("cwd"); cwd.given() {
		s.Dir = r.f.folderOf(r.path(cwd.text()))
	}
	r.run(e, file, s)
	if s.Command == "" {
		s.TurnOff("off, because it has no script that can be told without running the file")
	}
	r.environment(e, s)
	r.instances(e, s)
	r.watch(e, s)
	r.restart(e, s)
	if d := e.get("kill_timeout").duration(time.Millisecond); d != "" {
		s.Set("stop.timeout", d)
	}
	r.once("signal", e, "pm2 stops an app with SIGINT, prox with SIGTERM: write stop = { signal = \"SIGINT\" } for one that listens to that only")
	if v := e.get("max_memory_restart"); v.given() {
		if size := memory(v.text()); size != "" {
			s.Set("limits.memory", size)
			s.Set("on_limit", "restart")
		} else {
			v.again().wrong("a size")
		}
	}
	if name := e.get("namespace").text(); name != "" && name != "default" {
		s.Set("groups", []string{validName(name)})
	}
	for _, key := range []string{"user", "uid", "gid", "username"} {
		e.get(key).lose("prox runs everything as the person who starts it: write sudo -u into the command")
	}
	if all, ok := e.get("treekill").truth(); ok && !all {
		e.get("treekill").again().lose("prox stops all processes of a service")
	}
}

func (r *pm2Reader) keyOf(e entry) string {
	if e.key == "" {
		return "apps"
	}
	return e.key
}

// path is a text for a path: a folder of __dirname's is seen from the file.
func (r *pm2Reader) path(text string) string {
	if rest, ok := strings.CutPrefix(text, scriptFolder); ok {
		return path.Join(".", rest)
	}
	return text
}

// environment reads the variables. Those of another environment belong into a
// file of their own.
func (r *pm2Reader) environment(e entry, s *Service) {
	if env := e.get("env"); env.node.IsTable() {
		for _, v := range env.variables() {
			r.variable(e, v, s)
		}
	} else {
		env.wrong("a table of variables")
	}
	if n, ok := r.portOf(e.get("port")); ok {
		r.port(n, s)
	}
	for _, other := range e.each() {
		name, ok := strings.CutPrefix(other.name, "env_")
		if !ok || name == "" {
			continue
		}
		set := "its variables"
		if names := other.node.Keys(); len(names) > 0 {
			set = strings.Join(names, ", ")
		}
		other.drop("prox start --env %s lays prox.%s.toml over the config: write %s into [services.%s.env] there", name, name, set, validName(s.Name))
	}
}

func (r *pm2Reader) variable(e entry, v variable, s *Service) {
	if v.null {
		return
	}
	if v.name == "PORT" && !e.get("port").given() {
		if n, ok := r.portOf(v.entry); ok && r.port(n, s) {
			if strings.HasPrefix(v.value, "${") {
				v.change("the port is %d, whatever PORT is in your shell", n)
			}
			return
		}
	}
	value := v.value
	if strings.Contains(value, scriptFolder) {
		value = strings.ReplaceAll(value, scriptFolder+"/", seenFrom(s.Dir, r.f.dir, "")+"/")
		value = strings.TrimPrefix(path.Clean("./"+strings.ReplaceAll(value, scriptFolder, ".")), "/")
		v.change("it is a path as seen from the service's folder")
	}
	r.setEnv(s, v, value)
}

var portDefault = onDemand(`^(?:\$\{[A-Za-z_][A-Za-z0-9_]*:-)?([0-9]+)\}?$`)

// portOf is a port, also one that is a variable's default.
func (r *pm2Reader) portOf(e entry) (int, bool) {
	m := portDefault().FindStringSubmatch(e.text())
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil && n >= 1 && n <= 65535
}

// port gives a service its port, unless another of the file has it.
func (r *pm2Reader) port(n int, s *Service) bool {
	if r.ports[n] {
		return false
	}
	r.ports[n] = true
	s.Set("port", n)
	return true
}

func (r *pm2Reader) instances(e entry, s *Service) {
	if v := e.get("exec_mode"); strings.HasPrefix(v.text(), "cluster") {
		v.again().drop("prox has no cluster that shares a port: each instance gets a PORT of its own")
	}
	v := e.get("instances")
	if text := v.node.Scalar(); text == "max" || text == "0" || strings.HasPrefix(text, "-") {
		v.drop("prox doesn't count the machine's cores: write instances = 4, or prox scale %s 4", validName(s.Name))
		return
	}
	n, ok := v.numberIn(1, 200)
	if !ok || n == 1 {
		return
	}
	s.Set("instances", n)
	if s.Get("port") != nil {
		v.change("each instance gets a PORT of its own, counted up from port")
	}
}

// regular finds what is meant as a regular expression in a list of paths.
var regular = onDemand(`[\\^$|+]|\.\*|\(\?`)

func (r *pm2Reader) watch(e entry, s *Service) {
	watch, ignore := e.get("watch"), e.get("ignore_watch")
	var patterns []string
	if all, ok := watch.node.Truth(); ok {
		if watch.use(); all {
			patterns = []string{"**"}
		}
	} else {
		patterns = r.patterns(watch, s)
	}
	s.Set("watch", patterns)
	if len(patterns) == 0 {
		ignore.drop("nothing is watched")
		return
	}
	s.Set("watch_ignore", r.patterns(ignore, s))
}

func (r *pm2Reader) patterns(e entry, s *Service) []string {
	var all []string
	items := e.items()
	if !e.node.IsList() && e.given() {
		items = []entry{e}
	}
	for _, item := range items {
		text := item.text()
		p := strings.TrimPrefix(r.path(text), "./")
		if strings.HasPrefix(text, scriptFolder) {
			p = seenFrom(s.Dir, r.f.dir, p)
		}
		switch {
		case p == "":
		case regular().MatchString(p):
			item.again().drop("it is a regular expression; prox has patterns: \"**/*.log\"")
		case strings.HasPrefix(p, "/"), strings.HasPrefix(p, ".."):
			item.again().lose("prox watches files at or below a service's folder only")
		default:
			all = append(all, p)
		}
	}
	return all
}

// restart reads when an app is started again.
func (r *pm2Reader) restart(e entry, s *Service) {
	again := e.get("autorestart")
	truth, said := again.truth()
	cron := e.get("cron_restart", "cron")
	switch {
	case said && !truth && cron.given():
		// It ends by itself and is started at its times: a task.
		s.Set("task", true)
		s.Set("schedule", cron.text())
	case said && !truth:
		s.Set("restart.mode", "never")
	case said && e.get("stop_exit_codes").given():
		again.change("it is started again after a failure only, which stop_exit_codes are not")
	case said:
		s.Set("restart.mode", "always")
	default:
		r.once("restart", e, "pm2 starts an app again however it ended, prox after a failure: write restart = { mode = \"always\" } where that is wrong")
	}
	if s.Get("task") == nil {
		cron.drop("prox restarts no service by the clock: a task with this schedule may run prox restart %s", validName(s.Name))
	}
	if n, ok := e.get("max_restarts").numberIn(0, 1_000_000); ok {
		s.Set("restart.max_restarts", n)
	}
	s.Set("restart.reset_after", e.get("min_uptime").duration(time.Millisecond))
	if d := e.get("restart_delay").duration(time.Millisecond); d != "" {
		s.Set("restart.delay", d)
		s.Set("restart.backoff_factor", 1)
	}
	if d := e.get("exp_backoff_restart_delay").duration(time.Millisecond); d != "" {
		s.Set("restart.delay", d)
		s.Set("restart.backoff_factor", 1.5)
		s.Set("restart.max_delay", "15s")
	}
	codes := e.get("stop_exit_codes")
	for _, code := range append(codes.items(), codes) {
		if code.node.IsList() || !code.given() {
			continue
		}
		if n, ok := code.numberIn(0, 255); ok && n != 0 {
			addNumber(s, "restart.exit_codes", n)
		}
	}
}
