package discover

import (
	"strconv"
	"strings"
	"time"
)

// manner reads how a process is run.
func (r *pcReader) manner(e entry, s *Service) {
	if v := e.get("disabled", "is_disabled"); v.isTrue() {
		s.Set("autostart", false)
	}
	if v := e.get("is_foreground"); v.isTrue() {
		s.Set("autostart", false)
		v.change("it is not started with the others; prox start %s runs it, and prox attach shows its window", s.Name)
	}
	if v := e.get("is_daemon"); v.isTrue() {
		s.Set("task", true)
		v.again().lose("prox doesn't follow what a command leaves in the background: the command is a task here; have it stay in the foreground")
	}
	if v := e.get("launch_timeout_seconds"); v.given() {
		v.drop("it goes with is_daemon")
	}
	if tty, ok := e.get("is_tty").truth(); ok && !tty {
		s.Set("pty", false)
	}
	if v := e.get("is_interactive"); v.given() {
		v.isTrue() // every service has a terminal that one can type into
	}
	if n, ok := e.get("replicas").numberIn(1, 200); ok && n > 1 {
		s.Set("instances", n)
	}
	if name := e.get("namespace").text(); name != "" && name != "default" {
		s.Set("groups", []string{validName(name)})
	}
}

func (r *pcReader) shutdown(e entry, s *Service) {
	if command := e.get("command"); command.given() {
		command.lose("prox stops a service by a signal, and runs no command for it: %s", command.text())
	}
	if v := e.get("signal"); v.given() {
		if name := v.signal(); name != "" && name != "SIGTERM" {
			s.Set("stop.signal", name)
		}
	}
	s.Set("stop.timeout", e.get("timeout_seconds").duration(time.Second))
	if v := e.get("parent_only"); v.isTrue() {
		v.again().lose("prox stops all processes of a service")
	}
}

// availability reads when a process is started again.
func (r *pcReader) availability(e entry, s *Service, process entry) {
	task := s.Get("task") == true
	switch restart := e.get("restart"); restart.text() {
	case "":
		if task || e.get("restart").given() {
			break
		}
		r.once("restart", process, "process-compose starts a process again only if it says so, prox after each failure: write restart = { mode = \"never\" } where that is wrong")
	case "always":
		if task {
			restart.change("it runs to its end, which is no reason to start it again: on-failure")
			s.Set("restart.mode", "on-failure")
			break
		}
		s.Set("restart.mode", "always")
	case "on_failure", "on-failure":
		s.Set("restart.mode", "on-failure")
	case "no", "never", "false":
		if !task {
			s.Set("restart.mode", "never")
		}
	case "exit_on_failure":
		s.Set("restart.mode", "never")
		restart.again().lose("the other services go on when it fails")
	default:
		restart.again().lose("prox knows always, on-failure and never")
	}
	if v := e.get("backoff_seconds"); v.given() {
		if d := v.duration(time.Second); d != "" {
			s.Set("restart.delay", d)
			s.Set("restart.backoff_factor", 1)
		}
	}
	if n, ok := e.get("max_restarts").numberIn(0, 1_000_000); ok {
		if n == 0 {
			n = -1
		}
		s.Set("restart.max_restarts", n)
	}
	for _, code := range e.get("success_exit_codes", "successful_exit_codes", "exit_codes").items() {
		if n, ok := code.numberIn(0, 255); ok && n != 0 {
			addNumber(s, "restart.exit_codes", n)
		}
	}
}

// addNumber adds to a list of numbers, which a setting writes as it stands.
func addNumber(s *Service, key string, n int) {
	all, _ := s.Get(key).([]int)
	s.Set(key, append(all, n))
}

func (r *pcReader) rotation(e entry, s *Service) {
	size, sized := e.get("max_size_mb").numberIn(1, 1<<20)
	if sized {
		s.Set("logs.max_size", strconv.Itoa(size)+"MiB")
	}
	if days, ok := e.get("max_age_days").numberIn(0, 36500); ok && days > 0 {
		s.Set("logs.max_age", strconv.Itoa(days)+"d")
	}
	if v := e.get("max_backups"); sized {
		if n, ok := v.numberIn(0, 1<<20); ok && n > 0 && (n+1)*size < 1<<33 {
			s.Set("logs.max_total", strconv.Itoa((n+1)*size)+"MiB")
			if v.t.f.imported() {
				v.again().change("prox counts bytes, not files: logs.max_total")
			}
		}
	} else {
		v.drop("prox counts bytes, not files: write logs.max_total")
	}
	if pack, ok := e.get("compress").truth(); ok && !pack {
		s.Set("logs.compress", false)
	}
}

func (r *pcReader) schedule(e entry, s *Service) {
	if !e.given() {
		return
	}
	cron, zone := e.get("cron").text(), e.get("timezone").text()
	every := e.get("interval").duration(time.Second)
	switch {
	case cron != "" && zone != "":
		cron = "TZ=" + zone + " " + cron
		fallthrough
	case cron != "":
		s.Set("schedule", cron)
	case every != "":
		s.Set("every", atLeast(every, time.Second))
	default:
		return
	}
	s.Set("task", true)
	if s.Get("restart.mode") == "always" {
		s.Set("restart.mode", "on-failure")
		e.again().change("it is run at its times, and after a failure")
	}
	if v := e.get("run_on_start"); v.isTrue() {
		v.again().drop("prox runs it at its times, and whenever prox start is called with its name")
	}
	if n, ok := e.get("max_concurrent").number(); ok && n > 1 {
		e.get("max_concurrent").again().lose("one run is made at a time: overlap says what becomes of the next")
	}
}

// watch reads the files whose change restarts a process.
func (r *pcReader) watch(e entry, s *Service) {
	var watch, ignore []string
	for _, p := range e.get("paths").items() {
		at := p.get("path")
		root := strings.TrimSuffix(strings.TrimPrefix(at.text(), "./"), "/")
		if strings.HasPrefix(root, "/") || strings.HasPrefix(root, "..") || strings.HasPrefix(root, "$") {
			at.again().lose("prox watches files at or below a service's folder only")
			p.use()
			continue
		}
		pattern := func(name string) string {
			if !strings.Contains(name, "/") {
				name = "**/" + name
			}
			return join(root, name)
		}
		include := p.get("include").texts()
		for _, name := range include {
			watch = append(watch, pattern(name))
		}
		if len(include) == 0 {
			watch = append(watch, join(root, "**"))
		}
		for _, name := range p.get("exclude").texts() {
			ignore = append(ignore, pattern(name))
		}
	}
	s.Set("watch", watch)
	if len(watch) > 0 {
		s.Set("watch_ignore", ignore)
	}
	if v := e.get("cascade"); v.isTrue() {
		v.again().drop("write restart_with = [%q] into the services that are to be restarted with it", s.Name)
	}
	if v := e.get("disable_default_excludes"); v.isTrue() {
		v.again().drop("prox leaves out what .gitignore names")
	}
}
