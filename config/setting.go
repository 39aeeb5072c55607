package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Setting is a key in force and its value, for people.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Settings are the keys of a service that are in force, defaults included, in
// the order of the schema; what is off or not given is left out, and so is the
// environment, which may hold secrets.
func (s *Service) Settings() []Setting {
	return settings("", reflect.ValueOf(*s))
}

func settings(prefix string, v reflect.Value) []Setting {
	var out []Setting
	for _, r := range rules(v.Type()) {
		f := v.Field(r.index)
		if f.IsZero() || r.key == "env" || r.key == "headers" {
			continue
		}
		key := join(prefix, r.key)
		switch x := f.Interface().(type) {
		case Command:
			out = append(out, Setting{key, x.Text})
		case Action:
			out = append(out, Setting{key, x.Signal + x.Command.Text})
		case []Dependency:
			var words []string
			for _, on := range x {
				words = append(words, on.Service+" ("+on.Condition+")")
			}
			out = append(out, Setting{key, strings.Join(words, ", ")})
		case []string:
			out = append(out, Setting{key, strings.Join(x, ", ")})
		case fmt.Stringer:
			out = append(out, Setting{key, x.String()})
		default:
			if f.Kind() == reflect.Struct {
				out = append(out, settings(key, f)...)
				continue
			}
			out = append(out, Setting{key, fmt.Sprint(x)})
		}
	}
	return out
}
