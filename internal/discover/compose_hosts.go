package discover

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// hosts are the names by which containers reach each other. They mean nothing
// outside of docker.
func (p *composeProject) hosts() map[string]*composeService {
	all := map[string]*composeService{}
	add := func(name string, s *composeService) {
		if _, known := all[name]; !known && name != "" && name != "localhost" && !strings.Contains(name, "$") {
			all[name] = s
		}
	}
	for _, s := range p.services {
		add(s.name, s)
	}
	for _, s := range p.services {
		add(s.node.Get("container_name").Scalar(), s)
		add(s.node.Get("hostname").Scalar(), s)
		for _, network := range s.node.Get("networks").Each() {
			for _, alias := range network.Value.Get("aliases").Scalars() {
				add(alias, s)
			}
		}
		for _, link := range s.node.Get("links").Scalars() {
			if name, alias, ok := strings.Cut(link, ":"); ok && p.service(name) != nil {
				add(alias, p.service(name))
			}
		}
	}
	return all
}

// schemePorts are the ports of URLs that name none.
var schemePorts = map[string]int{
	"postgres": 5432, "postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mysql2": 3306, "redis": 6379, "mongodb": 27017,
	"amqp": 5672, "nats": 4222, "memcached": 11211, "http": 80, "https": 443, "smtp": 25, "ldap": 389, "ws": 80,
}

var (
	hostName   = onDemand(`[A-Za-z0-9][A-Za-z0-9_.-]*`)
	hostKey    = onDemand(`(?i)(host|hostname|server|addr|address|endpoint|node|broker)s?$`)
	urlScheme  = onDemand(`([a-z0-9]+)(\+[a-z0-9]+)?://[^/]*$`)
	portBehind = onDemand(`^:([0-9]+)`)
)

// address is a host and port that a text speaks of.
type address struct {
	from, to int // in the text
	host     string
	port     int
	written  bool // the text has the port
}

// addresses are the places of a text that speak of one of some hosts: "db:5432"
// with a port, or "redis://cache/0" where a URL has its host.
func addresses(text string, known func(host string) bool) []address {
	var all []address
	for _, at := range hostName().FindAllStringIndex(text, -1) {
		host, before, after := text[at[0]:at[1]], text[:at[0]], text[at[1]:]
		if !known(host) {
			continue
		}
		atURL := strings.HasSuffix(before, "//") || strings.HasSuffix(before, "@")
		a := address{from: at[0], to: at[1], host: host}
		if m := portBehind().FindStringSubmatch(after); m != nil {
			n, ok := portNumber(m[1])
			rest := after[len(m[0]):]
			starts := before == "" || atURL || strings.ContainsAny(before[len(before)-1:], ",;= \t\"'(|")
			if ok && starts && (rest == "" || strings.ContainsAny(rest[:1], "/,;?& \t\"')|#")) {
				a.to, a.port, a.written = a.to+len(m[0]), n, true
				all = append(all, a)
			}
			continue
		}
		if atURL && (after == "" || strings.ContainsAny(after[:1], "/?,;\"' \t#")) {
			if m := urlScheme().FindStringSubmatch(before); m != nil {
				a.port = schemePorts[m[1]]
			}
			all = append(all, a)
		}
	}
	return all
}

// outside is where a port of the service is on this machine, as a text of the
// compose file; "" if it isn't to be reached.
func (s *composeService) outside(port int) string {
	if s.isLocal() {
		target, _ := s.targetPort()
		if own, ok := s.own.Get("port").(int); ok && (port == 0 || port == target) {
			port = own
		}
		return "localhost:" + fmt.Sprint(port)
	}
	for _, p := range s.ports {
		target, _ := s.static(p.target)
		n, _ := portNumber(target)
		if host, published, ok := s.on(p); ok && (n == port || port == 0) {
			return host + ":" + published
		}
	}
	return ""
}

// reachFromOutside changes what a service on this machine is told of the
// addresses of others.
func (s *composeService) reachFromOutside(names map[string]*composeService) {
	changed := map[string][]string{} // by what is said of them
	missing := map[string][]string{}
	rewrite := func(text, where string) string {
		var b strings.Builder
		from := 0
		for _, a := range addresses(text, func(host string) bool { return names[host] != nil }) {
			there := names[a.host]
			was := text[a.from:a.to]
			is := there.outside(a.port)
			if is == "" {
				said := fmt.Sprintf("%s cannot be reached from outside of docker; publish a port of %s in %s", was, there.name, there.f.path())
				missing[said] = append(missing[said], where)
				continue
			}
			if !a.written && a.port != 0 {
				is = strings.TrimSuffix(is, fmt.Sprintf(":%d", a.port))
			}
			shown, _ := s.static(is)
			said := fmt.Sprintf("%s is %s outside of docker", was, shown)
			changed[said] = append(changed[said], where)
			b.WriteString(text[from:a.from] + is)
			from = a.to
		}
		return b.String() + text[from:]
	}
	for _, field := range pairsTable(orTable(s.node.Get("environment"))).Each() {
		if env, _ := s.own.Get("env").(map[string]string); env[field.Key] == "" {
			continue
		}
		text := field.Value.Text
		if there := names[text]; there != nil && hostKey().MatchString(field.Key) {
			s.bareHost(field.Key, text, there, changed, missing)
			continue
		}
		if now := rewrite(text, field.Key); now != text {
			s.own.SetEnv(field.Key, s.text(now))
		}
	}
	if now := rewrite(s.own.Command, "its command"); now != s.own.Command && !strings.Contains(now, "$") {
		s.own.Command = now
	}
	for _, said := range []map[string][]string{changed, missing} {
		for _, what := range slices.Sorted(maps.Keys(said)) {
			s.own.Remark("%s: %s", strings.Join(said[what], ", "), what)
		}
	}
}

// bareHost changes a variable that holds a host and nothing else. The port may
// stand in the variable beside it: DB_HOST and DB_PORT.
func (s *composeService) bareHost(key, host string, there *composeService, changed, missing map[string][]string) {
	env, _ := s.own.Get("env").(map[string]string)
	at := hostKey().FindStringIndex(key)
	beside := key[:at[0]] + "PORT"
	if strings.ToLower(key) == key {
		beside = key[:at[0]] + "port"
	}
	port, hasPort := portNumber(env[beside])
	is := there.outside(port)
	if is == "" {
		said := fmt.Sprintf("%s cannot be reached from outside of docker; publish a port of %s in %s", host, there.name, there.f.path())
		missing[said] = append(missing[said], key)
		return
	}
	name, published, _ := strings.Cut(is, ":")
	shown, _ := s.static(published)
	keys := []string{key}
	was := host
	if hasPort {
		keys = append(keys, beside)
		was, name = fmt.Sprintf("%s:%d", host, port), name+":"+shown
		if shown != env[beside] {
			s.own.SetEnv(beside, s.text(published))
		}
	}
	said := fmt.Sprintf("%s is %s outside of docker", was, name)
	changed[said] = append(changed[said], keys...)
	host, _, _ = strings.Cut(is, ":")
	s.own.SetEnv(key, s.text(host))
	if target := there.onlyTarget(); !hasPort && target != 0 && shown != strconv.Itoa(target) {
		s.own.Remark("the port of %s is %s outside of docker, not %d", there.name, shown, target)
	}
}

// onlyTarget is the one port that a service publishes; 0 if there are several.
func (s *composeService) onlyTarget() int {
	target, _ := s.targetPort()
	return target
}

// reachFromInside tells of a container that is to reach what runs outside.
func (s *composeService) reachFromInside(names map[string]*composeService) {
	wanted := map[string]bool{}
	for _, d := range s.dependencies() {
		if there := s.service(d.Service); there != nil && there.isLocal() && !there.task {
			wanted[d.Service] = true
		}
	}
	for _, field := range pairsTable(orTable(s.node.Get("environment"))).Each() {
		for _, a := range addresses(field.Value.Text, func(host string) bool { return names[host] != nil && names[host] != s }) {
			if names[a.host].isLocal() {
				wanted[names[a.host].name] = true
			}
		}
	}
	if len(wanted) > 0 {
		s.own.Remark("%s runs outside of docker here; in the container this machine is host.docker.internal", strings.Join(slices.Sorted(maps.Keys(wanted)), ", "))
	}
}
