package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
)

// check reports what is wrong although every value by itself is well formed,
// and completes what depends on other values.
func check(p *Project, root *node, d *decoder) {
	ps := d.problems
	if p.Name != "" || root.get("name") != nil && root.get("name").kind == text {
		if err := ValidName(p.Name); err != nil {
			ps.add(root.where("name"), "name", err.Error(), hintOf(err))
		}
	}
	at := func(name string, keys ...string) position {
		return root.where(append([]string{"services", name}, keys...)...)
	}
	checkCase(p, ps, "services", func(name string) position { return at(name) })
	ports := map[int]string{}
	for i := range p.Services {
		s := &p.Services[i]
		n := root.get("services", s.Name)
		if n == nil || n.kind != table {
			continue
		}
		if port := n.get("port"); port != nil {
			s.AutoPort = port.auto
		}
		key := join("services", s.Name)
		c := serviceCheck{decoder: d, n: n, s: s, key: key}
		c.command()
		c.task()
		c.dir(p.Dir)
		c.envFile(p.Dir)
		c.signal()
		c.times()
		c.dependencies(p)
		c.restartWith()
		c.groups()
		c.plan()
		c.watch()
		c.readyAfter()
		c.healthcheck()
		c.hooks()
		if s.Port != 0 {
			if first, ok := ports[s.Port]; ok {
				ps.add(n.where("port"), key+".port", fmt.Sprintf("port %d is also the port of %s, in line %d", s.Port, first, at(first, "port").line), "give each service its own")
			} else {
				ports[s.Port] = s.Name
			}
		}
	}
	checkLogs(p, root, d)
	for _, cycle := range p.cycles() {
		ps.add(at(cycle[0], "depends_on"), join("services", cycle[0])+".depends_on", "the services wait for each other: "+strings.Join(cycle, " → "), "")
	}
}

type serviceCheck struct {
	*decoder
	n   *node
	s   *Service
	key string
}

func (c serviceCheck) command() {
	if c.n.get("command") != nil {
		return
	}
	for _, f := range c.n.fields {
		if meantKey(f.key, reflect.TypeFor[Service]()) == "command" {
			return // the problem of the unknown key says it
		}
	}
	c.add(c.n.at, c.key, "there is no command", "")
}

// task completes what a task's own defaults are.
func (c serviceCheck) task() {
	if !c.s.Task {
		return
	}
	n := c.n.get("restart", "mode")
	switch {
	case n == nil:
		c.s.Restart.Mode = "never"
	case c.s.Restart.Mode == "always":
		c.add(n.at, c.key+".restart.mode", "expected never or on-failure for a task, found "+n.describe(), "a task runs to its end once: delete one of the two")
	}
}

func (c serviceCheck) dir(base string) {
	n := c.n.get("dir")
	if n == nil || n.kind != text {
		return
	}
	dir := c.s.Dir
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(base, dir)
	}
	c.s.Dir = filepath.Clean(dir)
	fi, err := os.Stat(c.s.Dir)
	switch {
	case err == nil && fi.IsDir():
	case err == nil:
		c.add(n.at, c.key+".dir", fmt.Sprintf("%s is not a folder", c.s.Dir), "")
	case strings.HasPrefix(n.raw, "~"):
		c.add(n.at, c.key+".dir", fmt.Sprintf("there is no folder %s", c.s.Dir), "~ is not expanded: write a path relative to the config, or the whole path")
	case os.IsNotExist(err):
		c.add(n.at, c.key+".dir", fmt.Sprintf("there is no folder %s", c.s.Dir), nearFolder(c.s.Dir))
	default:
		c.add(n.at, c.key+".dir", fmt.Sprintf("cannot look at %s: %s", c.s.Dir, plain(err)), "")
	}
}

// nearFolder is the hint for a folder that is not there.
func nearFolder(dir string) string {
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if near := nearest(filepath.Base(dir), names); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return ""
}

// envFile completes the paths of a service's own files of variables.
func (c serviceCheck) envFile(base string) {
	n := c.n.get("env_file")
	for i, path := range c.s.EnvFile {
		if !filepath.IsAbs(path) {
			path = filepath.Join(base, path)
		}
		c.s.EnvFile[i] = filepath.Clean(path)
		if _, err := os.Stat(path); err != nil {
			at := n.at
			if n.kind == list && i < len(n.items) {
				at = n.items[i].at
			}
			c.add(at, c.key+".env_file", fmt.Sprintf("cannot read %s: %s", path, plain(err)), "")
		}
	}
}

// signals are those that one may want to stop a service with, and that every
// supported system has.
var signals = [...]string{"SIGHUP", "SIGINT", "SIGQUIT", "SIGABRT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGTERM", "SIGWINCH", "SIGCONT"}

func (c serviceCheck) signal() {
	n := c.n.get("stop", "signal")
	if n == nil || n.kind != text {
		return
	}
	name := strings.ToUpper(strings.TrimSpace(n.raw))
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if slices.Contains(signals[:], name) {
		c.s.Stop.Signal = name
		return
	}
	c.add(n.at, c.key+".stop.signal", "expected a signal by name, found "+n.describe(), signalHint(n.raw))
}

// signalHint is for what is not the name of a signal.
func signalHint(written string) string {
	// Those that have one number everywhere.
	for number, name := range map[string]string{
		"1": "SIGHUP", "2": "SIGINT", "3": "SIGQUIT", "6": "SIGABRT", "9": "SIGKILL", "14": "SIGALRM", "15": "SIGTERM",
	} {
		if written == number {
			return "did you mean " + name + "?"
		}
	}
	if near := nearest("SIG"+strings.TrimPrefix(strings.ToUpper(written), "SIG"), signals[:]); near != "" {
		return "did you mean " + near + "?"
	}
	return "known are " + strings.Join(signals[:], ", ")
}

func (c serviceCheck) times() {
	r := &c.s.Restart
	switch {
	case r.Delay <= r.MaxDelay:
	case c.n.get("restart", "max_delay") == nil:
		r.MaxDelay = r.Delay
	default:
		c.add(c.n.where("restart", "max_delay"), c.key+".restart.max_delay",
			fmt.Sprintf("max_delay (%v) is less than delay (%v)", time.Duration(r.MaxDelay), time.Duration(r.Delay)), "")
	}
	if r.GiveUpAlike == 1 {
		c.add(c.n.where("restart", "give_up_alike"), c.key+".restart.give_up_alike", "expected 2 or more: one failure is like no other", "0 turns it off")
	}
	if c.s.Stop.Timeout == 0 {
		c.add(c.n.where("stop", "timeout"), c.key+".stop.timeout", "expected more than 0", "use the signal SIGKILL to kill at once")
	}
}

func (c serviceCheck) dependencies(p *Project) {
	n := c.n.get("depends_on")
	if n == nil {
		return
	}
	var known []Dependency
	for _, on := range c.s.DependsOn {
		if s, ok := p.Service(on.Service); ok {
			known = append(known, on)
			if s.Plan() != "" {
				c.add(whereNamed(n, on.Service), join(c.key+".depends_on", on.Service), fmt.Sprintf("%s runs at times of its own: there is no moment when it is done", on.Service), "depend on a task without schedule and every")
				continue
			}
			if on.Condition == Completed && !s.Task {
				c.add(whereNamed(n, on.Service), join(c.key+".depends_on", on.Service),
					fmt.Sprintf("expected a task, found the service %q, which is not meant to end", on.Service),
					fmt.Sprintf("give %s %s, or write %s", on.Service, c.setting("task", "true"), c.pair(join("", on.Service), Ready)))
			}
			continue
		}
		hint := ""
		if near := p.Near(on.Service); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.add(whereNamed(n, on.Service), c.key+".depends_on", fmt.Sprintf("there is no service %q", on.Service), hint)
	}
	c.s.DependsOn = known
}

// restartWith checks that a service goes down only with what it depends on:
// two that went with each other would never come to rest.
func (c serviceCheck) restartWith() {
	n := c.n.get("restart_with")
	if n == nil || n.kind != list {
		return
	}
	needs := c.s.Needs()
	for _, name := range c.s.RestartWith {
		if slices.Contains(needs, name) {
			continue
		}
		hint := "add it to depends_on"
		if near := nearest(name, needs); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.add(whereNamed(n, name), c.key+".restart_with", fmt.Sprintf("the service does not depend on %q", name), hint)
	}
}

// readyAfter is for services that tell in no other way that they are ready.
func (c serviceCheck) readyAfter() {
	n := c.n.get("ready_after")
	if n == nil || c.s.ReadyAfter == 0 {
		return
	}
	told := func(with, how string) {
		c.add(n.at, c.key+".ready_after", "cannot be given together with "+with, "the service is ready when "+how+": delete one of the two")
	}
	switch {
	case c.s.Task:
		told("task", "it has ended with 0")
	case c.n.get("healthcheck") != nil:
		told("healthcheck", "that says so")
	case c.n.get("port") != nil:
		told("port", "something listens there")
	}
}

func (c serviceCheck) groups() {
	var valid []string
	for _, group := range c.s.Groups {
		err := ValidName(strings.TrimPrefix(group, "@"))
		switch at := whereNamed(c.n.get("groups"), group); {
		case err != nil:
			c.add(at, c.key+".groups", err.Error(), hintOf(err))
		case strings.HasPrefix(group, "@"):
			c.add(at, c.key+".groups", fmt.Sprintf("expected a group without the @, found %q", group), fmt.Sprintf("write %q", group[1:]))
		case !slices.Contains(valid, group):
			valid = append(valid, group)
		}
	}
	c.s.Groups = valid
}

// whereNamed is the place of a name in a list or a table.
func whereNamed(n *node, name string) position {
	for _, f := range n.fields {
		if f.key == name {
			return f.at
		}
	}
	for _, item := range n.items {
		if item.kind == text && item.raw == name {
			return item.at
		}
	}
	return n.at
}

// checkCase reports names that are one on a disk that ignores case, where
// their logs would be mixed.
func checkCase(p *Project, ps *problems, key string, at func(string) position) {
	seen := map[string]string{}
	for _, s := range p.Services {
		lower := strings.ToLower(s.Name)
		if first, ok := seen[lower]; ok {
			ps.add(at(s.Name), join(key, s.Name), fmt.Sprintf("differs from %s, in line %d, only in upper and lower case", first, at(first).line), "call it something else")
			continue
		}
		seen[lower] = s.Name
	}
}
