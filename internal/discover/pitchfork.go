package discover

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"prox/config"
	"prox/internal/document"
)

var pitchforkNames = []string{"pitchfork.toml"}

// pitchforkWhy is what to do instead of what prox doesn't have.
var pitchforkWhy = map[string]string{
	"auto":               "prox has no hook in the shell: prox start and prox stop do it",
	"boot_start":         "prox starts nothing when the machine starts",
	"auto_bump_port":     `write port = "auto" for a port that is free; the service gets it as PORT`,
	"bump":               `write port = "auto" for a port that is free; the service gets it as PORT`,
	"port_bump_attempts": `write port = "auto" for a port that is free; the service gets it as PORT`,
	"user":               "prox runs everything as the person who starts it: write sudo -u into the command",
	"settings":           "it is about pitchfork itself",
	"slug":               "prox has no proxy",
	"slugs":              "prox has no proxy",
	"proxy":              "prox has no proxy",
	"watch_mode":         "prox finds out by itself how to watch",
	"on_output":          "prox has hooks for on_ready, on_exit, on_restart and on_failed",
	"on_stop":            "on_exit is run whenever a run ends, also when it is stopped",
	"time_format":        "prox logs writes times",
	"log_format":         "prox logs --json writes lines for programs",
}

type pitchforkReader struct {
	*takeover
	byName map[string]*Service
}

// pitchfork reads pitchfork's config, with the local one laid over it.
func pitchfork(f *file) {
	tree := f.tree(document.TOML)
	if tree == nil {
		return
	}
	t := f.takeOver(tree, pitchforkWhy)
	t.lay("pitchfork.local.toml", true)
	daemons := t.root.get("daemons")
	if !daemons.node.IsTable() {
		if daemons.given() || f.imported() {
			f.note(Broken, daemons.line, "daemons", "expected a table of daemons")
		}
		return
	}
	r := &pitchforkReader{t, map[string]*Service{}}
	if name := t.root.get("namespace").text(); name != "" && f.dir == "." {
		f.root.name = name
	}
	for _, e := range daemons.each() {
		if e.node.IsTable() || e.node.Kind == document.Text {
			r.byName[e.name] = r.add(e, e.name, "")
		} else {
			e.wrong("a table")
		}
	}
	for _, e := range daemons.each() {
		if s := r.byName[e.name]; s != nil {
			r.daemon(e, s)
		}
	}
	r.groups(t.root.get("groups"))
	t.rest()
}

func (r *pitchforkReader) daemon(e entry, s *Service) {
	if e.node.Kind == document.Text {
		s.Command = r.command(e, e.text())
	} else {
		run := e.get("run")
		s.Command = r.command(run, run.text())
	}
	if s.Command == "" {
		s.TurnOff("off, because it has no command")
	} else if strings.Contains(s.Command, "{{") {
		s.TurnOff("off, because it has a template in it that only pitchfork can work out")
	}
	if dir := e.get("dir"); dir.given() {
		s.Dir = Literal(r.f.folderOf(dir.text()))
	}
	if v := e.get("mise"); v.isTrue() {
		if strings.ContainsAny(strings.ReplaceAll(s.Command, ".port}", ""), "&|;<>*?(\n") {
			s.Command = "sh -c " + shellWord(s.Command) // one command is what mise takes
		}
		s.Command = "mise exec -- " + s.Command
	}
	for _, v := range e.get("env").variables() {
		r.setEnv(s, v, r.value(v.entry, v.value))
	}
	for _, on := range e.get("depends").texts() {
		s.Needs(on[strings.LastIndexByte(on, '/')+1:], config.Ready)
	}
	r.retry(e, s)
	r.ports(e, s)
	r.ready(e, s)
	r.cron(e.get("cron"), s)
	r.watch(e.get("watch"), s)
	r.hooks(e.get("hooks"), s)
	r.limits(e, s)
	if stop := e.get("stop_signal"); stop.node.IsTable() {
		r.stop(stop.get("signal"), s)
		s.Set("stop.timeout", stop.get("timeout").duration(time.Second))
	} else if stop.given() {
		r.stop(stop, s)
	}
	if tty, ok := e.get("pty").truth(); ok && !tty {
		s.Set("pty", false)
	}
	if text := e.get("description").text(); text != "" {
		s.Remark("%s", text)
	}
}

func (r *pitchforkReader) stop(e entry, s *Service) {
	if !e.given() {
		return
	}
	if name := e.signal(); name != "" && name != "SIGTERM" {
		s.Set("stop.signal", name)
	}
}

// portTemplate is a template that stands for another daemon's port.
var portTemplate = onDemand(`\{\{\s*daemons\.([A-Za-z0-9_-]+)\.port\s*\}\}`)

// value is a text with another's port in it.
func (r *pitchforkReader) value(e entry, text string) string {
	return r.fill(e, Literal(text))
}

// command is a command with another's port in it; the rest is the shell's.
func (r *pitchforkReader) command(e entry, text string) string { return r.fill(e, text) }

func (r *pitchforkReader) fill(e entry, text string) string {
	text = portTemplate().ReplaceAllStringFunc(text, func(found string) string {
		return "${" + portTemplate().FindStringSubmatch(found)[1] + ".port}"
	})
	if strings.Contains(text, "{{") || strings.Contains(text, "{%") {
		e.again().lose("it has a template in it that only pitchfork can work out: %s", kindOf(&document.Node{Text: text}))
	}
	return text
}

func (r *pitchforkReader) retry(daemon entry, s *Service) {
	e := daemon.get("retry")
	switch truth, ok := e.node.Truth(); {
	case !e.given():
		r.once("restart", daemon, "pitchfork starts a daemon again only if it says retry, prox after each failure: write restart = { mode = \"never\" } where that is wrong")
	case ok && truth:
		e.use()
		s.Set("restart.max_restarts", -1)
	case ok:
		e.use()
		s.Set("restart.mode", "never")
	default:
		if n, ok := e.numberIn(0, 1_000_000); ok && n == 0 {
			s.Set("restart.mode", "never")
		} else if ok {
			s.Set("restart.max_restarts", n)
		}
	}
}

// ports reads "port = 3000", "port = { expect = [3000], bump = true }" and the
// older expected_port.
func (r *pitchforkReader) ports(e entry, s *Service) {
	port := e.get("port")
	if port.node.IsTable() {
		port = port.get("expect")
	}
	if !port.given() {
		port = e.get("expected_port")
	}
	all := []entry{port}
	if port.node.IsList() {
		all = port.items()
	}
	for i, p := range all {
		if i > 0 {
			p.drop("a service has one port")
			continue
		}
		if p.node.Scalar() == "auto" {
			p.use()
			s.Set("port", "auto")
		} else if n, ok := p.numberIn(1, 65535); ok {
			s.Set("port", n)
		}
	}
}

// ready reads how a daemon is found to be ready: by one check here.
func (r *pitchforkReader) ready(e entry, s *Service) {
	kept := ""
	for _, check := range []string{"ready_http", "ready_cmd", "ready_port", "ready_output"} {
		v := e.get(check)
		switch {
		case !v.given():
			continue
		case kept != "":
			v.drop("a service has one healthcheck, which is %s", kept)
			continue
		}
		kept = check
		switch check {
		case "ready_http":
			r.http(v, s)
		case "ready_cmd":
			s.Set("healthcheck.command", r.command(v, v.text()))
		case "ready_port":
			if n, ok := v.numberIn(1, 65535); ok && s.Get("port") != n {
				s.Set("healthcheck.tcp", n)
			}
		case "ready_output":
			s.Set("healthcheck.log", Literal(v.text()))
		}
	}
	delay := e.get("ready_delay")
	switch {
	case kept != "" || s.Get("port") != nil:
		delay.drop("a service is ready when its port or its healthcheck says so")
	case e.get("cron").given():
		delay.drop("a task is ready when it has ended with 0")
	default:
		s.Set("ready_after", positive(delay.duration(time.Second)))
	}
}

func (r *pitchforkReader) http(e entry, s *Service) {
	if !e.node.IsTable() {
		s.Set("healthcheck.http_get", r.value(e, e.text()))
		return
	}
	url := e.get("url")
	s.Set("healthcheck.http_get", r.value(url, url.text()))
	var codes []int
	status := e.get("status")
	for _, code := range append(status.items(), status) {
		if code.node.IsList() {
			continue
		}
		if n, ok := code.numberIn(100, 599); ok {
			codes = append(codes, n)
		}
	}
	slices.Sort(codes)
	switch len(codes) {
	case 0:
	case 1:
		s.Set("healthcheck.status", strconv.Itoa(codes[0]))
	default:
		s.Set("healthcheck.status", fmt.Sprintf("%d-%d", codes[0], codes[len(codes)-1]))
		status.change("prox takes all from the lowest to the highest: %v", codes)
	}
	// So long pitchfork waits for the first good answer.
	s.Set("healthcheck.start_period", positive(e.get("timeout").duration(time.Second)))
}

// cron reads a daemon that is run at set times. pitchfork's cron counts seconds
// too, and weekdays from 1 where it does.
func (r *pitchforkReader) cron(e entry, s *Service) {
	if !e.given() {
		return
	}
	plan := e
	if e.node.IsTable() {
		plan = e.get("schedule")
	}
	fields := strings.Fields(plan.text())
	if len(fields) == 6 || len(fields) == 7 {
		if fields[0] != "0" && fields[0] != "00" || len(fields) == 7 && fields[6] != "*" {
			plan.change("prox counts minutes: the seconds and the year of %q are left out", plan.text())
		}
		fields = append(fields[1:5:5], weekdays(fields[5]))
	}
	if len(fields) == 0 {
		return
	}
	s.Set("schedule", strings.Join(fields, " "))
	s.Set("task", true)
	switch again := e.get("retrigger"); again.text() {
	case "", "finish":
	case "always":
		s.Set("overlap", "replace")
	default:
		again.again().drop("prox runs it at each of its times, whatever became of the last run")
	}
	if v := e.get("immediate"); v.isTrue() {
		v.again().drop("prox runs it at its times, and whenever prox start is called with its name")
	}
}

// weekdays counts from 0 what a cron with seconds counts from 1.
func weekdays(field string) string {
	return regexp.MustCompile(`(^|[,-])([1-7])`).ReplaceAllStringFunc(field, func(found string) string {
		last := len(found) - 1
		return found[:last] + string(found[last]-1)
	})
}

// watch reads patterns, which are relative to the config there, and to the
// service's folder here.
func (r *pitchforkReader) watch(e entry, s *Service) {
	var watch []string
	for _, item := range e.items() {
		pattern := seenFrom(s.Dir, r.f.dir, item.text())
		if strings.HasPrefix(pattern, "../") || strings.HasPrefix(pattern, "/") {
			item.again().lose("prox watches files at or below a service's folder only")
			continue
		}
		watch = append(watch, pattern)
	}
	s.Set("watch", slices.DeleteFunc(watch, func(p string) bool { return p == "" }))
}

func (r *pitchforkReader) hooks(e entry, s *Service) {
	for _, hook := range [][2]string{{"on_ready", "on_ready"}, {"on_fail", "on_failed"}, {"on_retry", "on_restart"}, {"on_exit", "on_exit"}} {
		v := e.get(hook[0])
		text := r.command(v, v.text())
		s.Set("hooks."+hook[1], text)
		if strings.Contains(text, "PITCHFORK_") {
			v.change("it asks for pitchfork's variables; prox's are PROX_SERVICE, PROX_EXIT_CODE, PROX_REASON and so on")
		}
	}
	if s.Get("task") == true && s.Get("hooks.on_ready") != nil {
		s.Drop("hooks.on_ready")
		e.get("on_ready").again().drop("a task is never ready: see on_exit")
	}
}

func (r *pitchforkReader) limits(e entry, s *Service) {
	if v := e.get("memory_limit"); v.given() {
		if size := memory(v.text()); size != "" {
			s.Set("limits.memory", size)
			s.Set("on_limit", "restart")
		} else {
			v.again().wrong("a size")
		}
	}
	if v := e.get("cpu_limit"); v.given() {
		text := strings.TrimSuffix(v.text(), "%")
		var share config.Percent
		if err := share.UnmarshalText([]byte(text + "%")); err != nil || share == 0 {
			v.again().wrong("a percentage")
			return
		}
		s.Set("limits.cpu", text+"%")
		s.Set("on_limit", "restart")
	}
}

// memory is a size as prox writes it, of one in bytes, or with a unit that may
// be a single letter, which stands for 1024; "" if it is none.
func memory(text string) string {
	text = strings.TrimSpace(text)
	digits := strings.TrimRight(text, "BbKkMmGgTtIi ")
	unit := strings.ToUpper(strings.TrimSpace(text[len(digits):]))
	switch unit {
	case "":
		unit = "B"
	case "K", "M", "G", "T":
		unit += "iB"
	case "KB":
		unit = "kB"
	case "KIB", "MIB", "GIB", "TIB":
		unit = unit[:1] + "iB"
	}
	var size config.Bytes
	if err := size.UnmarshalText([]byte(digits + unit)); err != nil || size == 0 {
		return ""
	}
	return digits + unit
}

// groups reads names of daemons that are started together.
func (r *pitchforkReader) groups(e entry) {
	for _, group := range e.each() {
		names := group
		if group.node.IsTable() {
			names = group.get("daemons")
		}
		for _, name := range names.texts() {
			s := r.byName[name[strings.LastIndexByte(name, '/')+1:]]
			if s == nil {
				group.again().drop("there is no daemon %q", name)
				continue
			}
			all, _ := s.Get("groups").([]string)
			s.Set("groups", append(all, validName(group.name)))
		}
	}
}
