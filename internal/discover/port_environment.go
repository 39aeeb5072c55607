package discover

import (
	"maps"
	"slices"
)

// portsOfEnvironments makes ports of the PORT that services are given as a
// variable: prox gives each the port that it waits for. What several share is
// none that each of them listens on.
func (r *root) portsOfEnvironments() {
	given, taken := map[int][]*Service{}, map[int]bool{}
	for _, s := range r.services {
		if port, ok := s.Get("port").(int); ok {
			taken[port] = true
		}
		env, _ := s.Get("env").(map[string]string)
		if port, ok := portNumber(env["PORT"]); ok && r.mayListen(s) && s.Get("port") == nil {
			given[port] = append(given[port], s)
		}
	}
	for port, all := range given {
		s := all[0]
		if len(all) > 1 || taken[port] || !r.mayServe(s) {
			continue
		}
		env := maps.Clone(s.Get("env").(map[string]string))
		delete(env, "PORT")
		s.Drop("env")
		s.Set("env", env)
		s.Set("port", port)
	}
}

// mayServe reports whether a service runs a program of the project's own, which
// may listen.
func (r *root) mayServe(s *Service) bool {
	own, called := r.programs(s)
	return slices.ContainsFunc(slices.Concat(own, called), func(c invocation) bool {
		l, _ := listenerOf(c)
		return l != nil
	})
}
