package discover

import (
	"slices"
	"strings"

	"prox/config"
	"prox/internal/document"
)

var processComposeNames = []string{"process-compose.yaml", "process-compose.yml"}

// processComposeWhy is what to do instead of what prox doesn't have.
var processComposeWhy = map[string]string{
	"log_location":        "prox keeps each service's log by itself: see prox logs",
	"log_configuration":   "prox keeps each service's log by itself: see [logs]",
	"log_level":           "it is about process-compose's own log",
	"log_length":          "prox keeps logs on disk: see [logs]",
	"log_format":          "prox logs --json writes lines for programs",
	"fields_order":        "prox logs --json writes lines for programs",
	"disable_json":        "prox logs --json writes lines for programs",
	"timestamp_format":    "prox logs writes times",
	"add_timestamp":       "prox logs writes times",
	"no_metadata":         "prox logs writes names and times when asked to",
	"no_color":            "prox logs writes no colours into a pipe",
	"flush_each_line":     "prox writes lines at once",
	"directory":           "prox keeps logs in a folder of its own: see prox logs",
	"filename":            "prox keeps logs in a folder of its own: see prox logs",
	"is_strict":           "prox is always strict",
	"is_tui_disabled":     "prox start has no window of its own unless prox dash is asked for",
	"disable_ansi_colors": `write env = { NO_COLOR = "1" } if the program knows it`,
	"debounce":            "prox waits for a burst of changes to end by itself",
	"max_entries":         "prox watches as many folders as the system lets it",
	"buffer_size":         "it is about Windows",
	"is_dotenv_disabled":  "prox gives .env to every service",
	"exit_on_end":         "the other services go on when one ends",
	"exit_on_skipped":     "the other services go on when one can't be started",
}

// pcReader takes over a config of process-compose.
type pcReader struct {
	*takeover
	vars    map[string]string
	unread  map[string]entry // vars that no text has asked for yet
	known   map[string]bool  // variables that are set here
	literal bool             // disable_env_expansion
	shell   []string
	byName  map[string]*Service
}

// processCompose reads process-compose's config, with the file that it extends
// below it and the override file beside it laid over it.
func processCompose(f *file) {
	tree := f.tree(document.FormatOf(f.name))
	if tree == nil {
		return
	}
	if !tree.Get("processes").IsTable() {
		if tree.Has("processes") || f.imported() {
			f.note(Broken, tree.Get("processes").At(), "processes", "expected a table of processes")
		}
		return
	}
	r := &pcReader{
		takeover: f.takeOver(tree, processComposeWhy), vars: map[string]string{}, unread: map[string]entry{},
		known: map[string]bool{}, shell: []string{"bash", "-c"}, byName: map[string]*Service{},
	}
	seen := map[string]bool{f.name: true}
	for base := r.root.get("extends"); base.given(); base = r.root.get("extends") {
		name := base.text()
		if seen[name] || !f.has(name) {
			base.again().lose("there is no file %q beside it to extend", name)
			break
		}
		seen[name] = true
		r.root.node = &document.Node{Kind: document.Table, Line: r.root.line, Fields: slices.DeleteFunc(slices.Clone(r.root.node.Fields), func(f document.Field) bool { return f.Key == "extends" })}
		r.lay(name, false)
	}
	for _, name := range []string{"process-compose.override.yaml", "process-compose.override.yml"} {
		if slices.Contains(processComposeNames, f.name) {
			r.lay(name, true)
		}
	}
	r.project()
	r.processes()
	r.unused(r.root.get("vars"))
	r.rest()
}

// project reads what is said of all processes.
func (r *pcReader) project() {
	r.root.get("version").use()
	for _, e := range r.root.each() {
		if strings.HasPrefix(e.name, "x-") {
			e.use() // a place for anchors, whose contents were taken over where they are used
		}
	}
	r.literal = r.root.get("disable_env_expansion").isTrue()
	if v := r.root.get("ordered_shutdown"); v.given() && !v.isTrue() {
		v.again().change("prox stops a service before those that it depends on")
	}
	if shell := r.root.get("shell"); shell.given() {
		if name := shell.get("shell_command").text(); name != "" {
			r.shell = []string{name, "-c"}
		}
		if arg := shell.get("shell_argument").text(); arg != "" {
			r.shell[1] = arg
		}
	}
	r.readVars(r.root.get("vars"), r.vars)
	for _, v := range r.root.get("environment").variables() {
		r.known[v.name] = true
	}
	for _, v := range r.root.get("environment").variables() {
		// Only of what is imported it is certain that it is meant for all.
		if value := r.value(v.entry, v.value, r.vars); r.f.imported() {
			r.f.root.env[v.name] = value
		}
	}
	if cmds := r.root.get("env_cmds"); cmds.given() {
		for _, v := range cmds.each() {
			v.lose("prox doesn't work a variable out by a command: set %s in .env, or write it into the commands that need it: %s=$(%s)", v.name, v.name, v.text())
		}
	}
}

func (r *pcReader) readVars(vars entry, into map[string]string) {
	for _, v := range vars.each() {
		if v.node.Kind == document.Null || v.node.Kind >= document.List {
			continue
		}
		into[v.name] = v.node.Text
		r.unread[v.name] = v
	}
}

// template is what stands in {{ }} of process-compose's texts.
var template = onDemand(`\{\{-?\s*\.([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}`)

// fill puts the vars into a text. A template that does more is told, and stays.
func (r *pcReader) fill(e entry, text string, vars map[string]string) string {
	out := template().ReplaceAllStringFunc(text, func(found string) string {
		name := template().FindStringSubmatch(found)[1]
		if name == "PC_REPLICA_NUM" {
			return found
		}
		value, ok := vars[name]
		if !ok {
			return found
		}
		if v, ok := r.unread[name]; ok {
			v.use()
		}
		return value
	})
	if strings.Contains(out, "{{") && !strings.Contains(text, "{{{") {
		e.again().lose("it has a template in it that only process-compose can work out: %s", kindOf(&document.Node{Text: out}))
	}
	return out
}

// value is a text with references to variables, in prox's form.
func (r *pcReader) value(e entry, text string, vars map[string]string) string {
	text = r.fill(e, text, vars)
	if r.literal {
		return Literal(text)
	}
	out, ok := expanded(text, func(name string) bool { return r.known[name] })
	if !ok {
		e.again().lose("prox knows ${NAME}, ${NAME:-default} and ${NAME:?why} only; it is taken as it stands")
	}
	return out
}

// commandText is a command as process-compose hands it to the shell. Its own
// references stay, since the shell here knows the same variables.
func (r *pcReader) commandText(e entry, vars map[string]string) string {
	text := r.fill(e, e.text(), vars)
	if !r.literal {
		text = strings.ReplaceAll(text, "$$", "$")
	}
	return text
}

func (r *pcReader) processes() {
	all := r.root.get("processes").each()
	for _, e := range all {
		if e.node.IsTable() {
			r.byName[e.name] = r.add(e, e.name, "")
			if len(e.node.Fields) == 0 {
				e.use()
			}
		} else {
			e.wrong("a table")
		}
	}
	for _, e := range all {
		if s := r.byName[e.name]; s != nil {
			r.process(e, s)
		}
	}
	// Only now it is known who waits for whose end.
	for _, e := range all {
		if s := r.byName[e.name]; s != nil {
			r.health(e, s)
			r.availability(e.get("availability"), s, e)
			r.schedule(e.get("schedule"), s)
		}
	}
}

func (r *pcReader) process(e entry, s *Service) {
	vars := map[string]string{}
	for name, value := range r.vars {
		vars[name] = value
	}
	r.readVars(e.get("vars"), vars)
	for _, below := range e.each() {
		if strings.HasPrefix(below.name, "x-") {
			below.use()
		}
	}
	if text := e.get("description").text(); text != "" {
		s.Remark("%s", text)
	}
	if dir := e.get("working_dir"); dir.given() {
		s.Dir = r.f.folderOf(r.value(dir, dir.text(), vars))
	}
	r.run(e, s, vars)
	for _, v := range e.get("environment").variables() {
		r.setEnv(s, v, r.value(v.entry, v.value, vars))
	}
	if !r.f.imported() {
		for _, v := range r.root.get("environment").variables() {
			if env, _ := s.Get("env").(map[string]string); env[v.name] == "" {
				s.SetEnv(v.name, r.value(v.entry, v.value, vars))
			}
		}
	}
	for _, file := range e.get("env_file", "env_files", "dotenv").texts() {
		files, _ := s.Get("env_file").([]string)
		s.Set("env_file", append(files, join(r.f.dir, file)))
	}
	r.dependencies(e, s)
	r.manner(e, s)
	r.shutdown(e.get("shutdown"), s)
	r.rotation(e.get("log_configuration").get("rotation"), s)
	r.watch(e.get("watch"), s)
	r.unused(e.get("vars"))
}

// unused tells of vars that nothing refers to.
func (r *pcReader) unused(vars entry) {
	for _, v := range vars.each() {
		if !r.done[v.node] {
			v.drop("no text here refers to it")
		}
	}
}

// run reads what is executed.
func (r *pcReader) run(e entry, s *Service, vars map[string]string) {
	command, list := e.get("command"), e.get("entrypoint")
	if text := r.commandText(command, vars); text != "" {
		if e.get("is_elevated").isTrue() {
			text = "sudo " + text
			e.get("is_elevated").change("the command begins with sudo, which asks for the password in the service's window")
		}
		s.command(text, r.shell[0], r.shell[1:]...)
		list.drop("process-compose prefers the command too")
	} else {
		for _, item := range list.items() {
			s.Argv = append(s.Argv, r.fill(item, item.text(), vars))
		}
		if len(s.Argv) > 0 && e.get("is_elevated").isTrue() {
			s.Argv = append([]string{"sudo"}, s.Argv...)
		}
	}
	if s.Command == "" && len(s.Argv) == 0 {
		s.TurnOff("off, because it has no command")
	} else if strings.Contains(s.Command+strings.Join(s.Argv, " "), "{{") {
		s.TurnOff("off, because it has a template in it that only process-compose can work out")
	}
}

// dependencies reads for whom a process waits, and how long.
func (r *pcReader) dependencies(e entry, s *Service) {
	on := e.get("depends_on")
	if !on.node.IsTable() {
		for _, name := range on.texts() {
			s.Needs(name, config.Started)
		}
	}
	for _, d := range on.each() {
		condition := d.get("condition")
		if !d.node.IsTable() { // "db: process_healthy" says the same
			condition = d
		}
		other := r.byName[d.name]
		switch condition.text() {
		case "", "process_started":
			s.Needs(d.name, config.Started)
		case "process_healthy", "process_log_ready":
			s.Needs(d.name, config.Ready)
		case "process_completed":
			condition.change("prox waits for an end with the exit code 0")
			fallthrough
		case "process_completed_successfully":
			s.Needs(d.name, config.Completed)
			if other != nil {
				other.Set("task", true)
			}
		default:
			condition.again().lose("prox knows started, ready and completed; it waits until %s is ready", d.name)
			s.Needs(d.name, config.Ready)
		}
		if len(d.node.Fields) == 0 {
			d.use()
		}
	}
}
