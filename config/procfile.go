package config

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Procfile's services are offered these ports, as foreman does, unless a file
// of variables has another first one.
const (
	firstPort = 5000
	portStep  = 100
	mostPort  = 65535
)

// basePort is the port that a Procfile's first service is offered: PORT of the
// strongest file of variables that has it. The shell's PORT is left alone: it
// is that of whatever the shell was opened in, as a rule.
func (p *Project) basePort(files []envFile, ps *problems) int {
	for _, f := range slices.Backward(files) {
		text := strings.TrimSpace(f.values["PORT"])
		if text == "" {
			continue
		}
		port, err := strconv.Atoi(text)
		if err != nil || port < 1 || port > mostPort {
			ps.add(position{file: filepath.Join(p.Dir, f.name)}, "PORT",
				fmt.Sprintf("expected a number from 1 to %d, found %q", mostPort, shorten(text)), "the Procfile's first service is given it, the others those from there on")
			return firstPort
		}
		return port
	}
	return firstPort
}

// parseProcfile reads lines of "name: command".
func parseProcfile(data []byte, files []envFile, p *Project, ps *problems) {
	base := p.basePort(files, ps)
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
		s.OfferedPort = base + portStep*len(p.Services)
		c, err := ParseCommand(command)
		if err != nil {
			ps.add(at, name, err.Error(), hintOf(err))
		}
		s.Command = c
		p.Services = append(p.Services, s)
	}
	if n := len(p.Services); n > 0 && p.Services[n-1].OfferedPort > mostPort {
		hint := "write a prox.toml"
		if base != firstPort {
			hint = "set PORT to a lower one, or write a prox.toml"
		}
		ps.add(position{}, "", fmt.Sprintf("%d services are more than there are ports to offer, from %d on in steps of %d", n, base, portStep), hint)
	}
	checkCase(p, ps, "", func(name string) position { return position{line: lineOf[name], col: 1} })
}
