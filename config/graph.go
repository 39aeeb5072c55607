package config

import (
	"fmt"
	"slices"
	"strings"
)

// UnknownServiceError says that a project has no such service.
type UnknownServiceError struct {
	Name string
	Near string // what was probably meant; may be empty
}

func (e *UnknownServiceError) Error() string { return fmt.Sprintf("there is no service %q", e.Name) }

// Hint proposes the nearest name, if one is near.
func (e *UnknownServiceError) Hint() string {
	if e.Near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s?", e.Near)
}

// Layers returns the names of all services in the order of their dependencies:
// those of one layer depend only on services of earlier layers and can be
// started together. Within a layer they keep the order of the file.
func (p *Project) Layers() [][]string {
	depth := map[string]int{}
	open := map[string]bool{}
	var measure func(name string) int
	measure = func(name string) int {
		if d, ok := depth[name]; ok {
			return d
		}
		s, ok := p.Service(name)
		if !ok || open[name] {
			return -1 // nothing to wait for
		}
		open[name] = true
		d := 0
		for _, on := range s.Needs() {
			d = max(d, measure(on)+1)
		}
		depth[name] = d
		return d
	}
	var layers [][]string
	for _, s := range p.Services {
		d := measure(s.Name)
		for len(layers) <= d {
			layers = append(layers, nil)
		}
		layers[d] = append(layers[d], s.Name)
	}
	return layers
}

// Closure returns the named services and all that they depend on, each once
// and after what it depends on. The error is an [*UnknownServiceError].
func (p *Project) Closure(names ...string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		s, ok := p.Service(name)
		if !ok || seen[name] {
			return
		}
		seen[name] = true
		for _, on := range s.Needs() {
			visit(on)
		}
		out = append(out, name)
	}
	for _, name := range names {
		if _, ok := p.Service(name); !ok {
			return nil, &UnknownServiceError{Name: name, Near: p.Near(name)}
		}
		visit(name)
	}
	return out, nil
}

// UnknownGroupError says that no service of a project has such a group.
type UnknownGroupError struct {
	Name string // without the @
	Near string // what was probably meant, with the @ if it is a group; may be empty
}

func (e *UnknownGroupError) Error() string { return fmt.Sprintf("there is no group %q", e.Name) }

// Hint proposes the nearest name, if one is near.
func (e *UnknownGroupError) Hint() string {
	if e.Near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s?", e.Near)
}

// Select returns the services that a start with these names is about, and all
// that they depend on, in the order of [Project.Closure]. "@backend" stands for
// every service of the group backend, and no names for every service with
// Autostart. The error is an [*UnknownServiceError] or an [*UnknownGroupError].
func (p *Project) Select(names ...string) ([]string, error) {
	var wanted []string
	if len(names) == 0 {
		for _, s := range p.Services {
			if s.Autostart {
				wanted = append(wanted, s.Name)
			}
		}
	}
	groups := p.groups()
	for _, name := range names {
		group, isGroup := strings.CutPrefix(name, "@")
		_, isService := p.Service(group)
		switch {
		case isGroup && slices.Contains(groups, group):
			for _, s := range p.Services {
				if slices.Contains(s.Groups, group) {
					wanted = append(wanted, s.Name)
				}
			}
		case isGroup:
			e := &UnknownGroupError{Name: group}
			if near := nearest(group, groups); isService {
				e.Near = group
			} else if near != "" {
				e.Near = "@" + near
			}
			return nil, e
		case !isService && slices.Contains(groups, name):
			return nil, &UnknownServiceError{Name: name, Near: "@" + name}
		default:
			wanted = append(wanted, name)
		}
	}
	return p.Closure(wanted...)
}

// groups are all that there are, in the order of the file.
func (p *Project) groups() []string {
	var groups []string
	for _, s := range p.Services {
		for _, g := range s.Groups {
			if !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
	}
	return groups
}

// cycles returns the services that wait for each other, each cycle closed
// (a, b, a) and beginning with the service that is first in the file. Cycles
// that share a service are told as one: its shortest.
func (p *Project) cycles() [][]string {
	var cycles [][]string
	told := map[string]bool{}
	for _, s := range p.Services {
		if told[s.Name] {
			continue
		}
		if cycle := p.cycleFrom(s.Name, told); cycle != nil {
			for _, name := range cycle {
				told[name] = true
			}
			cycles = append(cycles, cycle)
		}
	}
	return cycles
}

// cycleFrom is the shortest way from a service back to itself that avoids some.
func (p *Project) cycleFrom(start string, avoid map[string]bool) []string {
	from := map[string]string{}
	for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
		name := queue[0]
		s, ok := p.Service(name)
		if !ok {
			continue
		}
		for _, on := range s.Needs() {
			if on == start {
				cycle := []string{start}
				for at := name; at != start; at = from[at] {
					cycle = append(cycle, at)
				}
				cycle = append(cycle, start)
				slices.Reverse(cycle)
				return cycle
			}
			if _, seen := from[on]; !seen && !avoid[on] {
				from[on] = name
				queue = append(queue, on)
			}
		}
	}
	return nil
}
