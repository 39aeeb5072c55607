package cli

import (
	"fmt"

	"prox/config"
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

// near is what was most likely meant; "" when nothing is like it.
func near(name string, known []string) string {
	var p config.Project
	for _, k := range known {
		p.Services = append(p.Services, config.Service{Name: k})
	}
	return p.Near(name)
}
