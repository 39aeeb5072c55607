package discover

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"prox/config"
)

// health reads the probes of a process. prox has one healthcheck, by which a
// service is ready and stays healthy: the readiness probe is preferred.
func (r *pcReader) health(e entry, s *Service) {
	ready, alive, line := e.get("readiness_probe"), e.get("liveness_probe"), e.get("ready_log_line")
	if s.Get("task") == true {
		for _, probe := range []entry{ready, alive, line} {
			probe.drop("a task is ready when it has ended with 0")
		}
		return
	}
	switch {
	case ready.given():
		r.probe(ready, s)
		alive.drop("a service has one healthcheck here, which is the readiness probe; when it fails later, the service is restarted")
		line.drop("a service has one healthcheck here, which is the readiness probe")
	case line.given():
		// process-compose looks for the text, prox for a regular expression.
		if text := line.text(); text != "" {
			s.Set("healthcheck.log", Literal(regexp.QuoteMeta(r.fill(line, text, r.vars))))
		}
		alive.drop("a service has one healthcheck here, which is the line that says it is ready")
	case alive.given():
		r.probe(alive, s)
	}
}

func (r *pcReader) probe(e entry, s *Service) {
	exec, http := e.get("exec"), e.get("http_get", "http")
	switch {
	case exec.given():
		r.execProbe(exec, s)
		http.drop("a healthcheck is one of the two: the command is")
	case http.given():
		r.httpProbe(http, s)
	default:
		e.lose("prox has checks by http_get, tcp, command, log and notify")
		return
	}
	if !hasHealthcheck(s) {
		e.use()
		return
	}
	s.Set("healthcheck.interval", positive(e.get("period_seconds").duration(time.Second)))
	s.Set("healthcheck.timeout", positive(e.get("timeout_seconds").duration(time.Second)))
	if n, ok := e.get("failure_threshold").numberIn(0, 1000); ok && n > 0 {
		s.Set("healthcheck.retries", n)
	}
	startPeriod(e, s)
	if v := e.get("success_threshold"); v.given() {
		if n, ok := v.number(); ok && n > 1 {
			v.again().drop("one good answer makes a service ready")
		}
	}
}

// What holds where a probe does not say it: of process-compose the period and
// the failures, of prox how long failures do not count after a start.
const (
	pcPeriod, pcFailures = 10 * time.Second, 3
	usualStartPeriod     = 30 * time.Second
)

// startPeriod gives a service as long to come up as process-compose does, which
// begins after a delay and asks once a period. prox asks often at first: what
// failed so soon would be restarted before it is up.
func startPeriod(e entry, s *Service) {
	given := func(key string) time.Duration {
		text, _ := s.Get(key).(string)
		var d config.Duration
		_ = d.UnmarshalText([]byte(text)) // 0 where none is given
		return time.Duration(d)
	}
	failures := pcFailures
	if n, ok := s.Get("healthcheck.retries").(int); ok {
		failures = n
	}
	total := time.Duration(failures) * cmp.Or(given("healthcheck.interval"), pcPeriod)
	delay := e.get("initial_delay_seconds")
	if delay.given() {
		var d config.Duration
		if text := delay.duration(time.Second); d.UnmarshalText([]byte(text)) == nil && d > 0 {
			total += time.Duration(d)
			delay.change("prox asks from the start, and failures do not count in the first %s", shortDuration(max(total, usualStartPeriod)))
		}
	}
	if total > usualStartPeriod {
		s.Set("healthcheck.start_period", shortDuration(total))
	}
}

// positive leaves a duration out that is nothing, which stands for the default
// with process-compose.
func positive(text string) string {
	if strings.Trim(text, "0smhd") == "" {
		return ""
	}
	return text
}

func (r *pcReader) execProbe(e entry, s *Service) {
	command, dir := e.get("command"), e.get("working_dir")
	text := r.commandText(command, r.vars)
	if text == "" {
		e.drop("it has no command")
		return
	}
	if dir.given() {
		if in := r.f.folderOf(r.value(dir, dir.text(), r.vars)); in != s.Dir {
			text = "cd " + shellWord(seenFrom(s.Dir, ".", in)) + " && " + text
		}
	}
	if needsBash(text) {
		s.Set("healthcheck.command", []string{"bash", "-c", text})
		return
	}
	s.Set("healthcheck.command", text)
}

func (r *pcReader) httpProbe(e entry, s *Service) {
	text := func(key, otherwise string) string {
		v := e.get(key)
		if t := strings.TrimSpace(r.value(v, v.text(), r.vars)); t != "" {
			return t
		}
		return otherwise
	}
	url := text("scheme", "http") + "://" + text("host", "127.0.0.1")
	port := text("port", "")
	if n, ok := e.get("num_port").number(); ok && port == "" {
		port = strconv.Itoa(n)
	}
	if port != "" {
		url += ":" + port
	}
	path := text("path", "/")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	s.Set("healthcheck.http_get", url+path)
	if v := e.get("status_code"); v.given() {
		if n, ok := v.numberIn(100, 599); ok {
			s.Set("healthcheck.status", strconv.Itoa(n))
		}
	}
	headers := map[string]string{}
	for _, v := range e.get("headers").variables() {
		headers[v.name] = r.value(v.entry, v.value, r.vars)
	}
	s.Set("healthcheck.headers", headers)
	if v := e.get("method"); v.given() && !strings.EqualFold(v.text(), "get") {
		v.again().lose("prox asks with GET")
	}
}

func hasHealthcheck(s *Service) bool {
	for _, set := range s.Settings {
		if strings.HasPrefix(set.Key, "healthcheck.") {
			return true
		}
	}
	return false
}
