package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Environ returns the environment of a service, sorted, each variable once.
// From weak to strong: the project's env, base (the person's shell, as from
// os.Environ), the service's env, and PORT if a port is declared or offered.
func (p *Project) Environ(service string, base []string) []string {
	env := make(map[string]string, len(base)+len(p.Env)+8)
	maps.Copy(env, p.Env)
	for _, kv := range base {
		if k, v, ok := strings.Cut(kv, "="); ok && k != "" {
			env[k] = v
		}
	}
	if s, ok := p.Service(service); ok {
		maps.Copy(env, s.Env)
		if port := s.port(); port != 0 {
			env["PORT"] = strconv.Itoa(port)
		}
	}
	out := make([]string, 0, len(env))
	for k, v := range env {
		out = append(out, k+"="+v)
	}
	slices.Sort(out)
	return out
}

// port is what the service gets as PORT; 0 = nothing.
func (s *Service) port() int {
	if s.Port != 0 {
		return s.Port
	}
	return s.OfferedPort
}
