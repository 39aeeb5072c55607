package discover

import (
	"strconv"
	"strings"

	"prox/internal/document"
)

// composePort is one port of a container, and where it is on this machine.
// The values are texts of the compose file, in which variables may be.
type composePort struct {
	ip        string
	published string // "" = docker chooses one
	target    string
	protocol  string
	line      int
}

// mostPorts of a range are told apart.
const mostPorts = 100

// composePorts are the ports that a service publishes, in either form.
func composePorts(n *document.Node) []composePort {
	var all []composePort
	for _, item := range n.Elements() {
		p := composePort{line: item.Line}
		if item.IsTable() {
			p.ip = item.Get("host_ip").Scalar()
			p.published = item.Get("published").Scalar()
			p.target = item.Get("target").Scalar()
			p.protocol = item.Get("protocol").Scalar()
		} else {
			p = shortPort(item.Scalar())
			p.line = item.Line
		}
		all = append(all, p.each()...)
	}
	return all
}

// shortPort reads [[IP:]PUBLISHED:]TARGET[/PROTOCOL].
func shortPort(text string) composePort {
	var p composePort
	fields := splitOutside(text, ':')
	p.target = fields[len(fields)-1]
	if at := strings.LastIndexByte(p.target, '/'); at >= 0 && !strings.Contains(p.target[at:], "}") {
		p.target, p.protocol = p.target[:at], p.target[at+1:]
	}
	if len(fields) > 1 {
		p.published = fields[len(fields)-2]
		p.ip = strings.Trim(strings.Join(fields[:len(fields)-2], ":"), "[]")
	}
	return p
}

// splitOutside cuts a text at a separator, but not within ${} and [].
func splitOutside(text string, separator byte) []string {
	var fields []string
	depth, from := 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '[' || c == '{' && i > 0 && text[i-1] == '$':
			depth++
		case (c == ']' || c == '}') && depth > 0:
			depth--
		case c == separator && depth == 0:
			fields = append(fields, text[from:i])
			from = i + 1
		}
	}
	return append(fields, text[from:])
}

// each are the single ports of a range. Of a range that docker may choose one
// of, nobody knows which.
func (p composePort) each() []composePort {
	if p.protocol == "" {
		p.protocol = "tcp"
	}
	first, last, isRange := portRange(p.target)
	from, to, published := portRange(p.published)
	switch {
	case !isRange && published && p.published != "":
		p.published = ""
	case isRange && published && to-from == last-first:
		var all []composePort
		for i := range min(last-first+1, mostPorts) {
			one := p
			one.target, one.published = strconv.Itoa(first+i), strconv.Itoa(from+i)
			all = append(all, one)
		}
		return all
	case isRange:
		p.published, p.target = "", strconv.Itoa(first)
	}
	return []composePort{p}
}

// portRange reads "3000-3005".
func portRange(text string) (first, last int, ok bool) {
	a, b, isRange := strings.Cut(text, "-")
	if !isRange {
		return 0, 0, false
	}
	first, okFirst := portNumber(a)
	last, okLast := portNumber(b)
	return first, last, okFirst && okLast && first <= last
}

// on is the address of a published port on this machine, host and port apart;
// false if it isn't known before docker has chosen it.
func (s *composeService) on(p composePort) (host, port string, ok bool) {
	if p.published == "" || p.protocol != "tcp" {
		return "", "", false
	}
	value, known := s.static(p.published)
	if _, isPort := portNumber(value); known && !isPort || !known && !strings.Contains(p.published, "$") {
		return "", "", false
	}
	ip, _ := s.static(p.ip)
	switch ip {
	case "", "0.0.0.0", "127.0.0.1", "::", "::1", "localhost":
		return "localhost", p.published, true
	}
	return ip, p.published, true
}

// tcp is the first published port for a healthcheck that looks whether
// something listens; nil if there is none. A variable stays one where prox
// reads the same .env as docker, beside the config.
func (s *composeService) tcp() any {
	for _, p := range s.ports {
		host, port, ok := s.on(p)
		if !ok {
			continue
		}
		value, known := s.static(port)
		text := strings.ReplaceAll(s.text(port), ":-}", "}") // without it, prox says which is missing
		if known && (s.f.dir != "." || !strings.Contains(port, "$")) {
			text = value
		}
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		if host != "localhost" {
			return host + ":" + text
		}
		if n, isNumber := portNumber(text); isNumber {
			return n
		}
		if known { // without a default prox could not tell
			return text
		}
	}
	return nil
}

// targetPort is the port that the program in the container listens on, if the
// file speaks of only one.
func (s *composeService) targetPort() (target, published int) {
	found := map[int]int{}
	for _, p := range s.ports {
		text, _ := s.static(p.target)
		n, ok := portNumber(text)
		if !ok || p.protocol != "tcp" {
			continue
		}
		target = n
		public, _ := s.static(p.published)
		published, _ = portNumber(public)
		found[n] = published
	}
	if len(found) != 1 {
		return 0, 0
	}
	return target, published
}
