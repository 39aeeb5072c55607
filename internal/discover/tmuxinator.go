package discover

import (
	"path"
	"slices"
	"strings"

	"prox/config"
	"prox/internal/document"
)

var tmuxinatorNames = []string{".tmuxinator.yml", ".tmuxinator.yaml", "tmuxinator.yml", "tmuxinator.yaml", ".tmuxp.yaml", ".tmuxp.yml", ".tmuxp.json", "tmuxp.yaml", "tmuxp.yml"}

const screenOnly = "it is about tmux's screen"

// tmuxinatorWhy is what to do instead of what prox doesn't have.
var tmuxinatorWhy = map[string]string{
	"layout": screenOnly, "startup_window": screenOnly, "startup_pane": screenOnly, "synchronize": screenOnly, "focus": screenOnly,
	"attach": screenOnly, "enable_pane_titles": screenOnly, "pane_title_position": screenOnly, "pane_title_format": screenOnly,
	"options": screenOnly, "global_options": screenOnly, "options_after": screenOnly, "window_index": screenOnly, "suppress_history": screenOnly,
	"socket_name":  `write tmux = { server = "private" } for a tmux server of the project's own`,
	"socket_path":  `write tmux = { server = "private" } for a tmux server of the project's own`,
	"tmux_options": "prox uses the tmux config that tmux itself reads", "tmux_command": "prox runs tmux itself",
	"on_project_exit":    "prox runs nothing when one leaves the session",
	"on_project_stop":    "hooks.on_exit is run when a service ends",
	"on_project_restart": "hooks.on_restart is run when a service is started again",
	"post":               "prox runs nothing when one leaves the session",
}

type tmuxinatorReader struct {
	*takeover
	dir    string   // of the project
	before []string // in every pane
	setup  *Service
	added  []*Service
}

// tmuxinator reads a session's layout: each pane that runs something for long
// is a service.
func tmuxinator(f *file) {
	if at := strings.Index(string(f.data), "<%"); at >= 0 {
		f.note(Broken, 1+strings.Count(string(f.data[:at]), "\n"), "", "passed over: it has ERB in it, a program in Ruby that only tmuxinator runs; write the values out")
		return
	}
	tree := f.tree(document.FormatOf(f.name))
	if tree == nil {
		return
	}
	t := f.takeOver(tree, tmuxinatorWhy)
	r := &tmuxinatorReader{takeover: t}
	windows := t.root.get("windows", "tabs")
	if !windows.node.IsList() {
		if windows.given() || f.imported() {
			f.note(Broken, windows.line, "windows", "expected a list of windows")
		}
		return
	}
	if name := t.root.get("name", "project_name", "session_name").text(); name != "" && f.dir == "." {
		f.root.name = name
	}
	r.dir = r.folder(t.root.get("root", "project_root", "start_directory"), f.dir)
	r.prepare()
	for _, w := range windows.items() {
		r.window(w)
	}
	if r.setup != nil {
		for _, s := range r.added {
			s.Needs(r.setup.Name, config.Completed)
		}
	}
	t.rest()
}

// folder is where something is run. The project's own folder is often written
// with the way to it on the machine of who wrote it.
func (r *tmuxinatorReader) folder(e entry, otherwise string) string {
	text := e.text()
	switch {
	case text == "":
		return otherwise
	case (strings.HasPrefix(text, "~") || strings.HasPrefix(text, "/")) && path.Base(text) == r.f.base():
		return r.f.dir
	case strings.HasPrefix(text, "~") || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "$"):
		return r.f.folderOf(text)
	}
	return join(otherwise, text)
}

// prepare reads what is run before all windows, and before each pane.
func (r *tmuxinatorReader) prepare() {
	var commands []string
	var at entry
	for _, key := range []string{"pre", "on_project_start", "on_project_first_start", "before_script"} {
		e := r.root.get(key)
		if e.given() && !at.there() {
			at = e
		}
		commands = append(commands, e.texts()...)
	}
	if len(commands) > 0 {
		r.setup = r.add(at, "setup", "")
		r.setup.command(strings.Join(commands, " && "), "bash")
		r.setup.Dir = r.dir
		r.setup.Set("task", true)
	}
	for _, key := range []string{"pre_window", "pre_tab", "rbenv", "rvm", "shell_command_before"} {
		e := r.root.get(key)
		for _, text := range e.texts() {
			r.before = append(r.before, r.versioned(e, key, text)...)
		}
	}
	for _, v := range r.root.get("environment").variables() {
		if r.f.imported() {
			r.f.root.env[v.name] = Literal(v.value)
		}
	}
}

// versioned leaves out what switches a version in a shell of a person's own.
func (r *tmuxinatorReader) versioned(e entry, key, text string) []string {
	first := strings.Fields(text + " x")[0]
	if key == "rbenv" || key == "rvm" || first == "nvm" || first == "rvm" || first == "fnm" || first == "conda" || strings.HasPrefix(text, "rbenv shell") || strings.HasPrefix(text, "pyenv shell") {
		e.again().drop("it needs a shell of your own: have mise or asdf choose versions, or write it into the commands")
		return nil
	}
	return []string{text}
}

func (r *tmuxinatorReader) window(e entry) {
	if e.node.IsText() {
		r.pane(e, e.text(), r.dir, nil, []string{e.node.Text})
		return
	}
	if name := e.get("window_name"); name.given() || e.get("panes").given() {
		r.panes(e, name.text()) // tmuxp's way
		return
	}
	for _, w := range e.each() {
		switch {
		case w.node.IsTable():
			r.panes(w, w.name)
		case w.node.IsList():
			r.pane(w, w.name, r.dir, nil, w.texts())
		default:
			r.pane(w, w.name, r.dir, nil, w.texts())
			w.use()
		}
	}
}

// panes reads a window of several panes.
func (r *tmuxinatorReader) panes(w entry, name string) {
	dir := r.folder(w.get("root", "start_directory"), r.dir)
	var before []string
	for _, key := range []string{"pre", "shell_command_before"} {
		e := w.get(key)
		for _, text := range e.texts() {
			before = append(before, r.versioned(e, key, text)...)
		}
	}
	panes := w.get("panes")
	all := panes.items()
	if panes.given() && !panes.node.IsList() {
		all = []entry{panes}
	}
	for _, p := range all {
		own := name
		if len(all) > 1 {
			own = ""
		}
		switch {
		case p.get("shell_command").there() || p.get("start_directory").given():
			in := r.folder(p.get("start_directory"), dir)
			r.pane(p, own, in, before, r.shellCommands(p.get("shell_command")), name)
			p.get("focus").drop("%s", screenOnly)
		case p.node.IsTable():
			for _, named := range p.each() {
				r.pane(named, named.name, dir, before, named.texts(), name)
				named.use()
			}
		case p.node.IsList():
			r.pane(p, own, dir, before, p.texts(), name)
		default:
			r.pane(p, own, dir, before, p.texts(), name)
			p.use()
		}
	}
}

// shellCommands are tmuxp's: texts, or tables with a cmd.
func (r *tmuxinatorReader) shellCommands(e entry) []string {
	var all []string
	for _, item := range e.items() {
		if item.node.IsTable() {
			all = append(all, item.get("cmd").text())
		} else if item.node.Kind != document.Null {
			all = append(all, item.text())
		}
	}
	if !e.node.IsList() {
		all = e.texts()
	}
	return all
}

// pane makes a service of what a pane runs, if that runs for long. name is "" of
// one among several, which is called after its command, or else after its window.
func (r *tmuxinatorReader) pane(e entry, name, dir string, before, commands []string, window ...string) {
	var kept []string
	for _, c := range commands {
		c = strings.TrimSpace(c)
		if first, rest, _ := strings.Cut(c, " "); first == "cd" && len(kept) == 0 && !strings.ContainsAny(rest, " ;&|$~\"'") {
			if dir = r.folderText(rest, dir); dir != "" {
				continue
			}
		}
		if c != "" && c != "clear" && c != "blank" && c != "pane" {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		if r.f.imported() {
			r.note(Left, e, "it is an empty shell")
		}
		return
	}
	if why := forAPerson(kept[len(kept)-1]); why != "" {
		r.note(Left, e, why+": "+strings.Join(kept, " && "))
		return
	}
	called := name
	if called == "" {
		called = callName(kept[len(kept)-1])
	}
	s := r.add(e, called, "")
	s.command(strings.Join(slices.Concat(r.before, before, kept), " && "), "bash")
	s.Dir = dir
	for _, w := range window {
		s.names = append(s.names, w, w+"-"+called)
	}
	r.added = append(r.added, s)
}

func (r *tmuxinatorReader) folderText(text, from string) string {
	if strings.HasPrefix(text, "/") {
		return r.f.folderOf(text)
	}
	return join(from, text)
}

// forAPerson says what a command is that waits for somebody to type, or only
// shows something; "" if it is none.
func forAPerson(command string) string {
	all := invocations(command, ".")
	if len(all) == 0 {
		return ""
	}
	c := all[len(all)-1]
	words := strings.Join(c.words(), " ")
	switch c.program() {
	case "vim", "vi", "nvim", "emacs", "emacsclient", "nano", "micro", "hx", "helix", "code", "subl", "mate", "$EDITOR", "${EDITOR}", "ranger", "yazi", "mc":
		return "it is an editor"
	case "bash", "zsh", "fish", "sh", "nix-shell", "$SHELL", "${SHELL}", "ssh":
		if words == "" || c.program() == "ssh" && len(c.words()) == 1 && len(c.argv) == 2 {
			return "it is a shell"
		}
	case "git", "tig", "lazygit", "gitui", "ls", "ll", "pwd", "echo", "cat", "less", "man", "tree", "figlet":
		return "it shows something and ends"
	case "top", "htop", "btop", "lazydocker", "k9s", "ctop", "glances":
		return "it is for looking at"
	case "irb", "pry", "psql", "mysql", "sqlite3", "redis-cli", "mongo", "mongosh", "iex":
		if c.program() != "iex" || !strings.Contains(strings.Join(c.argv, " "), "phx.server") {
			return "it is a console"
		}
	case "python", "python3", "node", "ipython", "php", "ghci":
		if len(c.argv) == 1 {
			return "it is a console"
		}
	case "rails", "manage.py", "artisan":
		if first, _, _ := strings.Cut(words, " "); first == "console" || first == "c" || first == "dbconsole" || first == "shell" || first == "tinker" {
			return "it is a console"
		}
	}
	return ""
}

// callName calls a service after its command: the script that "npm run" runs,
// what rails is told, or else the program.
func callName(command string) string {
	all := invocations(command, ".")
	if len(all) == 0 {
		return "service"
	}
	c := all[len(all)-1]
	words := c.words()
	switch c.program() {
	case "make":
		if len(words) > 0 {
			return words[len(words)-1]
		}
	case "npm", "yarn", "pnpm", "bun", "just", "task", "mise", "rake", "cargo", "go", "mix", "docker", "docker-compose":
		for _, word := range words {
			if word != "run" && word != "compose" && !strings.ContainsAny(word, "/.") {
				return word
			}
		}
	case "python", "python3", "node", "ruby", "php", "bash", "sh", "tsx", "ts-node":
		if len(words) > 0 {
			base := path.Base(words[0])
			return strings.TrimSuffix(base, path.Ext(base))
		}
	}
	return c.program()
}
