package api

import (
	"fmt"
	"strings"
)

// summaryNames is how many instances in a bad state are named; more are
// counted.
const summaryNames = 2

// Summary is the project in a line: how many are ready of those that are to
// be, and what is bad by its name: "6/7 ready · api failed".
func (s *Status) Summary() string {
	ready, of := 0, 0
	bad := map[State][]string{}
	for _, svc := range s.Services {
		for _, i := range svc.Instances {
			switch {
			case i.State == Done, i.Schedule != "" && i.State == Waiting:
				continue // a task is not to be ready, but through
			case i.State == Ready:
				ready++
			}
			of++
			bad[i.State] = append(bad[i.State], i.Name)
		}
	}
	if of == 0 && len(s.Services) == 0 {
		return "no services"
	}
	parts := []string{fmt.Sprintf("%d/%d ready", ready, of)}
	for _, state := range []State{Failed, Unhealthy, Backoff} {
		switch names := bad[state]; {
		case len(names) > summaryNames:
			parts = append(parts, fmt.Sprintf("%d %s", len(names), state))
		case len(names) > 0:
			parts = append(parts, strings.Join(names, ", ")+" "+string(state))
		}
	}
	return strings.Join(parts, " · ")
}
