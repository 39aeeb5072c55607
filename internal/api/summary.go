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
func (s *Status) Summary() string { return s.Summaries()[0] }

// Summaries say what Summary says, each in fewer cells than the one before:
// with signs for the states, then with counts for the names, then without
// words: "6/7 ✗1".
func (s *Status) Summaries() []string {
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
		return []string{"no services"}
	}
	part := fmt.Sprintf("%d/%d", ready, of)
	words, signs, counts, least := part+" ready", part+" ready", part+" ready", part
	for _, state := range []State{Failed, Unhealthy, Backoff} {
		names := bad[state]
		if len(names) == 0 {
			continue
		}
		count := fmt.Sprintf(" %s%d", state.Symbol(), len(names))
		if len(names) > summaryNames {
			words += fmt.Sprintf(" · %d %s", len(names), state)
			signs += " ·" + count
		} else {
			words += " · " + strings.Join(names, ", ") + " " + string(state)
			signs += " · " + state.Symbol() + " " + strings.Join(names, ", ")
		}
		if counts == part+" ready" {
			counts += " ·"
		}
		counts, least = counts+count, least+count
	}
	return []string{words, signs, counts, least}
}
