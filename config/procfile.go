package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Procfile's services are offered these ports, as foreman does.
const (
	firstPort = 5000
	portStep  = 100
)

// parseProcfile reads lines of "name: command".
func parseProcfile(data []byte, p *Project, ps *problems) {
	lineOf := map[string]int{}
	number := 0
	for raw := range bytes.Lines(data) {
		number++
		at := position{line: number, col: 1}
		line := strings.TrimSpace(string(raw))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !utf8.ValidString(line) {
			ps.add(at, "", "the line is not UTF-8", "")
			continue
		}
		name, command, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			ps.add(at, "", fmt.Sprintf("expected \"name: command\", found %q", shorten(line)), "")
			continue
		}
		if err := ValidName(name); err != nil {
			ps.add(at, name, err.Error(), hintOf(err))
		}
		if first, ok := lineOf[name]; ok {
			ps.add(at, name, fmt.Sprintf("given twice, first in line %d", first), "")
			continue
		}
		lineOf[name] = number
		s := newService(name, p.Dir)
		s.OfferedPort = firstPort + portStep*len(p.Services)
		c, err := ParseCommand(command)
		if err != nil {
			ps.add(at, name, err.Error(), hintOf(err))
		}
		s.Command = c
		p.Services = append(p.Services, s)
	}
	if len(p.Services) > (65535-firstPort)/portStep {
		ps.add(position{}, "", fmt.Sprintf("%d services are more than there are ports to offer", len(p.Services)), "write a prox.toml")
	}
	checkCase(p, ps, "", func(name string) position { return position{line: lineOf[name], col: 1} })
}
