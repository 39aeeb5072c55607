package config

import (
	"reflect"
	"slices"
)

// startKeys are those of a service that a process is made from: when one of
// them changes, only a new process has it. The others can change while it runs.
var startKeys = []string{"command", "dir", "env", "env_file", "task", "port", "pty", "interactive"}

// Changed are the keys that other has otherwise than s, in the order of the
// schema.
func (s *Service) Changed(other *Service) []string {
	var keys []string
	a, b := reflect.ValueOf(*s), reflect.ValueOf(*other)
	for _, r := range rules(a.Type()) {
		if !reflect.DeepEqual(a.Field(r.index).Interface(), b.Field(r.index).Interface()) {
			keys = append(keys, r.key)
		}
	}
	if s.OfferedPort != other.OfferedPort && !slices.Contains(keys, "port") {
		keys = append(keys, "port")
	}
	if s.Healthcheck.Notify != other.Healthcheck.Notify {
		keys = append(keys, "healthcheck.notify")
	}
	return keys
}

// NeedsRestart reports whether one of the keys takes effect in a new process
// only.
func NeedsRestart(keys []string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return k == "healthcheck.notify" || slices.Contains(startKeys, k) })
}
