package discover

import (
	"runtime"
	"strings"

	"prox/config"
	"prox/internal/document"
)

var mprocsNames = []string{"mprocs.yaml", "mprocs.yml", "mprocs.json", "mprocs.lua"}

// mprocsWhy is what to do instead of what prox doesn't have. Much of a config
// of mprocs is about its own screen.
var mprocsWhy = map[string]string{
	"keymap_procs":       "it is about mprocs's screen; the windows here are tmux's, and tmux binds their keys",
	"keymap_term":        "it is about mprocs's screen; the windows here are tmux's, and tmux binds their keys",
	"keymap_copy":        "it is about mprocs's screen; the windows here are tmux's, and tmux binds their keys",
	"hide_keymap_window": "it is about mprocs's screen",
	"mouse_scroll_speed": "it is about mprocs's screen; tmux has it in its own config",
	"scrollback":         "it is about mprocs's screen; tmux has history-limit, and prox logs keeps everything",
	"proc_list_width":    "it is about mprocs's screen",
	"proc_list_title":    "it is about mprocs's screen",
	"server":             "prox is reached by its socket: see prox status --json",
	"log":                "prox keeps each service's log by itself: see prox logs",
	"log_dir":            "prox keeps each service's log by itself: see prox logs",
	"proc_log":           "prox keeps each service's log by itself: see prox logs",
	"on_all_finished":    "prox has no such event",
	"on_init":            "prox has no such event",
	"tty":                "a terminal has the size of its window",
	"width":              "a terminal has the size of its window",
	"height":             "a terminal has the size of its window",
}

// mprocs reads mprocs's config.
func mprocs(f *file) {
	if strings.HasSuffix(f.name, ".lua") {
		f.note(Broken, 0, "", "passed over: it is a program in Lua, which only mprocs runs; write its procs into an mprocs.yaml")
		return
	}
	tree := f.tree(document.FormatOf(f.name))
	if tree == nil {
		return
	}
	t := f.takeOver(tree, mprocsWhy)
	r := mprocsReader{t, runtime.GOOS}
	procs := t.root.get("procs")
	if !procs.node.IsTable() && (procs.given() || f.imported()) {
		f.note(Broken, procs.line, "procs", "expected a table of processes")
		return
	}
	t.root.get("$schema").use()
	for _, e := range procs.each() {
		r.proc(e)
	}
	t.rest()
}

type mprocsReader struct {
	*takeover
	system string // GOOS, for $select
}

// chosen is what a value is on this system: { $select: os, linux: a, $else: b }.
func (r mprocsReader) chosen(e entry) entry {
	choice := e.get("$select")
	if !choice.given() {
		return e
	}
	if choice.text() != "os" {
		choice.again().lose("prox doesn't know what it selects by")
	}
	name := r.system
	if name == "darwin" {
		name = "macos"
	}
	value := e.get(name, "$else")
	if !value.there() {
		e.lose("it has no value for %s", name)
		return entry{t: r.takeover}
	}
	for _, other := range e.each() {
		if other.name != "$select" && other.node != value.node {
			other.drop("prox has one value for all systems, which is that for %s", name)
		}
	}
	return value
}

func (r mprocsReader) proc(e entry) {
	var s *Service
	switch e.node.Kind {
	case document.Null:
		if r.f.imported() {
			r.note(Left, e, "it is switched off by null")
		}
		return
	case document.List:
		s = r.add(e, e.name, "")
		s.Argv = e.words()
	case document.Table:
		if e.node.Has("$select") {
			if v := r.chosen(e); v.given() {
				v.name, v.key = e.name, e.key
				r.proc(v)
			}
			return
		}
		s = r.add(e, e.name, "")
		r.run(e, s)
	case document.Text:
		s = r.add(e, e.name, e.text())
	default:
		e.wrong("a command")
		return
	}
	if s.Command == "" && len(s.Argv) == 0 {
		s.TurnOff("off, because it has no command")
	}
	if !e.node.IsTable() {
		return
	}
	if start, ok := e.get("autostart").truth(); ok && !start {
		s.Set("autostart", false)
	}
	if again, ok := e.get("autorestart").truth(); ok && again {
		s.Set("restart.max_restarts", -1) // as often as it fails
	} else if ok {
		s.Set("restart.mode", "never")
	} else {
		r.once("restart", e, "mprocs starts a process again only if it says autorestart, prox after each failure: write restart = { mode = \"never\" } where that is wrong")
	}
	for _, name := range e.get("deps").texts() {
		s.Needs(name, config.Ready)
	}
	r.stop(e.get("stop"), s)
}

// run reads what is executed, where, and with which variables.
func (r mprocsReader) run(e entry, s *Service) {
	s.Command = r.chosen(e.get("shell")).text()
	if cmd := r.chosen(e.get("cmd")); s.Command != "" {
		cmd.drop("it has a shell command too")
	} else if cmd.node.IsList() {
		s.Argv = cmd.words()
	} else {
		s.Command = cmd.text()
	}
	if dir := r.chosen(e.get("cwd")); dir.given() {
		s.Dir = Literal(r.f.folderOf(dir.text()))
	}
	var unset []string
	for _, v := range e.get("env").variablesBy(r.chosen) {
		if v.null {
			unset = append(unset, v.name)
			continue
		}
		r.setEnv(s, v, Literal(v.value))
	}
	// What mprocs takes away from the environment, the command does.
	switch {
	case len(unset) == 0:
	case s.Command != "":
		s.Command = "unset " + strings.Join(unset, " ") + " && " + s.Command
	default:
		before := []string{"env"}
		for _, name := range unset {
			before = append(before, "-u", name)
		}
		s.Argv = append(before, s.Argv...)
	}
	var more []string
	for _, dir := range r.chosen(e.get("add_path")).texts() {
		if rest, ok := strings.CutPrefix(dir, "<CONFIG_DIR>"); ok {
			dir = seenFrom(s.Dir, r.f.dir, "."+rest)
		}
		more = append(more, Literal(dir))
	}
	if len(more) > 0 {
		path := "${PATH}"
		if env, _ := s.Get("env").(map[string]string); env["PATH"] != "" {
			path = env["PATH"]
		}
		s.SetEnv("PATH", path+":"+strings.Join(more, ":"))
	}
}

// stop reads how a process is stopped.
func (r mprocsReader) stop(e entry, s *Service) {
	switch {
	case !e.given():
	case e.get("send-keys").given():
		keys := e.get("send-keys")
		if strings.Join(keys.texts(), " ") == "<C-c>" {
			s.Set("stop.signal", "SIGINT")
			keys.change("a signal is sent in place of the key")
			return
		}
		keys.again().lose("prox stops a service by a signal, not by keys: %s", strings.Join(keys.texts(), " "))
	case e.get("cmd").given():
		cmd := e.get("cmd")
		cmd.lose("prox stops a service by a signal, and runs no command for it: %s", cmd.text())
	case e.node.Scalar() == "hard-kill":
		e.use()
		s.Set("stop.signal", "SIGKILL")
	default:
		if name := e.signal(); name != "" && name != "SIGTERM" {
			s.Set("stop.signal", name)
		}
	}
}
