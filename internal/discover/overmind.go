package discover

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"prox/internal/document"
)

var overmindNames = []string{".overmind.env", ".foreman"}

// overmind reads what overmind and foreman are told beside a Procfile, and
// tells it the Procfile's services. It stands behind the Procfile among the
// sources, whose services are there by then.
func overmind(f *file) {
	p := &procfileSettings{file: f, lines: map[string]int{}}
	if f.name == ".foreman" {
		p.foreman()
	} else {
		p.overmind()
	}
}

// procfileSettings are one file's for the services of a Procfile.
type procfileSettings struct {
	*file
	services []*Service
	lines    map[string]int
}

// foreman reads .foreman, YAML of the command line's flags.
func (p *procfileSettings) foreman() {
	tree := p.tree(document.YAML)
	if tree == nil {
		return
	}
	for _, field := range tree.Each() {
		p.lines[field.Key] = field.Line
	}
	p.find(tree.Get("procfile").Scalar(), "procfile")
	if base, ok := tree.Get("port").Int(); ok {
		p.ports(base, foremanStep, "port")
	}
	p.formation(tree.First("formation", "concurrency").Scalar(), "formation")
	p.envFiles(tree.Get("env").Scalar(), "env")
	p.timeout(tree.Get("timeout").Scalar())
	p.workIn(tree.Get("root").Scalar())
	p.leftOver(tree.Keys(), []string{"procfile", "port", "formation", "concurrency", "env", "timeout", "root", "color"})
}

// overmind reads .overmind.env, the environment of overmind itself.
func (p *procfileSettings) overmind() {
	values, ok := p.root.variables(p.path())
	if !ok {
		return
	}
	get := func(name string) string { return values["OVERMIND_"+name] }
	for name := range values {
		p.lines[name] = lineOfVariable(string(p.data), name)
	}
	p.find(get("PROCFILE"), "OVERMIND_PROCFILE")
	step := foremanStep
	if n, ok := number(get("PORT_STEP")); ok && n >= 0 && n <= 65535 {
		step = n
	}
	if base, ok := number(get("PORT")); ok && !isTrue(get("NO_PORT")) {
		p.ports(base, step, "OVERMIND_PORT")
	}
	for _, s := range p.named(get("CAN_DIE"), isTrue(get("ANY_CAN_DIE"))) {
		s.Set("restart.mode", "never")
	}
	for _, s := range p.named(get("AUTO_RESTART"), false) {
		s.Set("restart.mode", "always")
	}
	p.formation(get("FORMATION"), "OVERMIND_FORMATION")
	for _, s := range p.named(get("IGNORED_PROCESSES"), false) {
		s.Set("autostart", false)
	}
	if only := p.named(get("PROCESSES"), false); len(only) > 0 {
		for _, s := range p.services {
			if !slices.Contains(only, s) {
				s.Set("autostart", false)
			}
		}
	}
	p.stopSignals(get("STOP_SIGNALS"))
	p.envFiles(get("ENV"), "OVERMIND_ENV")
	p.timeout(get("TIMEOUT"))
	p.workIn(get("ROOT"))
	p.leftOver(slices.Sorted(maps.Keys(values)), []string{
		"OVERMIND_PROCFILE", "OVERMIND_PORT", "OVERMIND_PORT_STEP", "OVERMIND_NO_PORT", "OVERMIND_CAN_DIE", "OVERMIND_ANY_CAN_DIE",
		"OVERMIND_AUTO_RESTART", "OVERMIND_FORMATION", "OVERMIND_IGNORED_PROCESSES", "OVERMIND_PROCESSES", "OVERMIND_STOP_SIGNALS",
		"OVERMIND_ENV", "OVERMIND_TIMEOUT", "OVERMIND_ROOT", "OVERMIND_COLORS", "OVERMIND_SHOW_TIMESTAMPS", "OVERMIND_TITLE",
		"OVERMIND_SOCKET", "OVERMIND_NETWORK", "OVERMIND_DAEMONIZE", "OVERMIND_TMUX_CONFIG", "OVERMIND_SKIP_ENV",
	})
}

// find finds the services of the Procfile, and reads one of an unusual name.
func (p *procfileSettings) find(name, key string) {
	name = path.Clean(name)
	if name == "." {
		name = "Procfile"
	}
	all := sources()
	rank := slices.IndexFunc(all, func(s source) bool { return s.name == "procfile" })
	unusual := !all[rank].matches(path.Base(name)) && (p.root.only == nil || p.root.only.name != name)
	switch {
	case unusual && p.root.isFile(join(p.dir, name)):
		if data, ok := p.root.readQuietly(join(p.dir, name)); ok {
			procfile(&file{folder: p.folder, name: name, data: data, source: &all[rank], rank: rank})
		}
	case unusual && p.root.only == nil:
		p.tell(Broken, key, "there is no "+name)
	}
	for _, s := range p.root.services {
		if s.rank == rank && path.Dir(s.From.File) == path.Dir(join(p.dir, name)) {
			p.services = append(p.services, s)
		}
	}
}

func (p *procfileSettings) ports(base, step int, key string) {
	if base >= 1 && base <= 65535 {
		p.root.offers[p.dir] = portOffer{base: base, step: step, from: p.origin(p.lines[key], key)}
	}
}

// named are the services of a list of names, or all.
func (p *procfileSettings) named(list string, all bool) []*Service {
	if all || strings.TrimSpace(list) == "all" {
		return p.services
	}
	var found []*Service
	for name := range strings.SplitSeq(list, ",") {
		for _, s := range p.services {
			if s.Name == strings.TrimSpace(name) {
				found = append(found, s)
			}
		}
	}
	return found
}

// formation says how many of each run: "web=2,worker=0,all=1".
func (p *procfileSettings) formation(list, key string) {
	const most = 200 // that prox runs of one service
	for pair := range strings.SplitSeq(list, ",") {
		name, count, ok := strings.Cut(strings.TrimSpace(pair), "=")
		n, isNumber := number(count)
		if !ok {
			continue
		}
		if !isNumber || n < 0 {
			p.tell(Broken, key, fmt.Sprintf("expected a number for %s", name))
			continue
		}
		for _, s := range p.named(name, false) {
			s.Drop("autostart")
			s.Drop("instances")
			switch {
			case n == 0:
				s.Set("autostart", false)
			case n > 1:
				s.Set("instances", min(n, most))
			}
		}
	}
}

func (p *procfileSettings) stopSignals(list string) {
	for pair := range strings.SplitSeq(list, ",") {
		name, signal, ok := strings.Cut(strings.TrimSpace(pair), "=")
		signal = "SIG" + strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(signal)), "SIG")
		if !ok || signal == "SIG" || signal == "SIGTERM" {
			continue
		}
		for _, s := range p.named(name, false) {
			s.Set("stop.signal", signal)
		}
	}
}

// envFiles are those beside .env, which prox reads anyhow.
func (p *procfileSettings) envFiles(list, key string) {
	var files []string
	for name := range strings.SplitSeq(list, ",") {
		target := join(p.dir, strings.TrimSpace(name))
		switch {
		case strings.TrimSpace(name) == "" || target == ".env" || target == ".env.local":
		case p.root.isFile(target):
			files = append(files, target)
		default:
			p.tell(Broken, key, "there is no "+target)
		}
	}
	for _, s := range p.services {
		s.Set("env_file", files)
	}
}

// timeout is in seconds.
func (p *procfileSettings) timeout(text string) {
	if n, ok := number(text); ok && n > 0 && n < 100_000 {
		for _, s := range p.services {
			s.Set("stop.timeout", fmt.Sprintf("%ds", n))
		}
	}
}

func (p *procfileSettings) workIn(dir string) {
	if dir == "" || path.IsAbs(dir) || !p.root.isFolder(join(p.dir, dir)) {
		return
	}
	for _, s := range p.services {
		s.Dir = join(p.dir, dir)
	}
}

// leftOver tells of keys that mean nothing to prox, when a whole config is
// taken over.
func (p *procfileSettings) leftOver(keys, known []string) {
	for _, key := range keys {
		if p.root.only != nil && !slices.Contains(known, key) {
			p.tell(Dropped, key, "prox has nothing of the kind")
		}
	}
}

// tell writes a note. Import is about the Procfile, and shows what is said of
// it only.
func (p *procfileSettings) tell(kind NoteKind, key, text string) {
	if only := p.root.only; only != nil {
		p.root.note(Note{Kind: kind, Origin: Origin{File: only.name, Key: key}, Text: text + " (" + p.path() + ")"})
		return
	}
	p.note(kind, p.lines[key], key, text)
}

func number(text string) (int, bool) {
	return (&document.Node{Kind: document.Text, Text: text}).Int()
}

func isTrue(text string) bool {
	truth, _ := (&document.Node{Kind: document.Text, Text: text}).Truth()
	return truth || text == "1"
}
