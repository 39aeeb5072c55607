package cli

import (
	"prox/config"
)

// unknown says that a project has no such service, and which one was meant.
func unknown(name string, known []string) error {
	var p config.Project
	for _, k := range known {
		p.Services = append(p.Services, config.Service{Name: k})
	}
	return &config.UnknownServiceError{Name: name, Near: p.Near(name)}
}
