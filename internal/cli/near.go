package cli

import (
	"fmt"
	"slices"
	"strings"

	"prox/config"
	"prox/internal/api"
)

// unknown says that a project has no such service, and which one was meant.
func unknown(name string, known []string) error {
	return &config.UnknownServiceError{Name: name, Near: near(name, known)}
}

// noCommand says that prox has no such command, and which one was meant.
func noCommand(name string, known []string) error {
	if meant := near(name, known); meant != "" {
		return fmt.Errorf("there is no command %q, did you mean %s?", name, meant)
	}
	return fmt.Errorf("there is no command %q", name)
}

// means reports whether a name on the command line means an instance of a
// service: its own, the service's, or the @GROUP of the service.
func means(name string, s *api.Service, instance string) bool {
	group, isGroup := strings.CutPrefix(name, "@")
	return isGroup && slices.Contains(s.Groups, group) || name == s.Name || name == instance
}

// pick returns the instances that are meant by names, each once.
func pick(st *api.Status, names []string) ([]api.Instance, error) {
	var out []api.Instance
	taken := map[string]bool{}
	for _, name := range names {
		found := false
		for _, s := range st.Services {
			for _, i := range s.Instances {
				if !means(name, &s, i.Name) {
					continue
				}
				found = true
				if !taken[i.Name] {
					taken[i.Name], out = true, append(out, i)
				}
			}
		}
		if !found {
			return nil, unknownTo(st, name)
		}
	}
	return out, nil
}

// unknownTo says that what runs has no such service or group, and which one was
// meant.
func unknownTo(st *api.Status, name string) error {
	var p config.Project
	var names []string
	for _, s := range st.Services {
		p.Services = append(p.Services, config.Service{Name: s.Name, Groups: s.Groups})
		names = append(names, s.Name)
	}
	if _, err := p.Select(name); err != nil {
		return err
	}
	return unknown(name, names)
}

// near is what was most likely meant; "" when nothing is like it.
func near(name string, known []string) string {
	var p config.Project
	for _, k := range known {
		p.Services = append(p.Services, config.Service{Name: k})
	}
	return p.Near(name)
}
