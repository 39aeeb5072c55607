package config

import (
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
)

// references replaces ${VAR} and ${api.port} in the values of a config, before
// they are decoded. What a variable of a service comes to is settled at each of
// its starts instead: see [Project.Environ]. Commands are the shell's, but for
// ports; patterns are left alone.
type references struct {
	*problems
	env   *environment
	ports map[string]int // by service
	names []string       // of all services
}

// unchosen stands for a port that nobody has chosen yet, where one is needed for
// the rest of a value to be judged.
const unchosen = 1

// newReferences finds the services' ports, of which those that are to be
// chosen are chosen by choose, or stay open without it.
func newReferences(root *node, env *environment, choose func(service string) (int, error), ps *problems) *references {
	r := &references{problems: ps, env: env, ports: map[string]int{}}
	env.port = r.port
	services := root.get("services")
	if services == nil || services.kind != table {
		return r
	}
	for _, f := range services.fields {
		r.names = append(r.names, f.key)
		n := f.value.get("port")
		if n == nil {
			continue
		}
		r.text(n, join(join("services", f.key), "port"))
		if n.kind == text && n.raw == "auto" {
			n.kind, n.auto = integer, true
			if choose != nil {
				port, err := choose(f.key)
				if err != nil {
					r.add(n.at, join(join("services", f.key), "port"), err.Error(), hintOf(err))
				}
				n.number, n.float = int64(port), float64(port)
			}
		}
		if v := n.typed(reflect.Int); v.kind == integer {
			r.ports[f.key] = int(v.number)
		}
		if n.auto && n.number == 0 {
			r.ports[f.key] = unchosen
		}
	}
	return r
}

func (r *references) port(service string) (int, error) {
	if port, ok := r.ports[service]; ok {
		return port, nil
	}
	for _, name := range r.names {
		if name == service {
			return 0, fmt.Errorf("the service %q has no port", service)
		}
	}
	return 0, portReferenceError(service, nearest(service, r.names))
}

// replace goes through all values below n.
func (r *references) replace(n *node, path string) {
	switch n.kind {
	case text:
		r.text(n, path)
	case list:
		for _, item := range n.items {
			r.replace(item, path)
		}
	case table:
		for _, f := range n.fields {
			below := join(path, f.key)
			switch {
			case f.key == "env" || f.key == "log" || f.key == "body" || below == "name":
			case f.key == "command" || strings.HasSuffix(path, ".hooks") && f.key != "timeout" || f.key == "watch_action":
				r.command(f.value, below)
			default:
				r.replace(f.value, below)
			}
		}
	}
}

func (r *references) text(n *node, path string) {
	if n.kind != text || !strings.Contains(n.raw, "${") {
		return
	}
	s, err := r.env.expand(n.raw, nil)
	if err != nil {
		r.add(n.at, path, err.Error(), hintOf(err))
		s = "" // nothing more is said about it
	}
	n.raw, n.made = s, true
}

func (r *references) command(n *node, path string) {
	if n.kind == list {
		for _, item := range n.items {
			r.command(item, path)
		}
		return
	}
	if n.kind != text {
		return
	}
	s, err := expandPorts(n.raw, r.port)
	if err != nil {
		r.add(n.at, path, err.Error(), hintOf(err))
	}
	n.raw = s
}

// typed is the value as the kind that is wanted of it, where it was made of
// references: "${PORT_BASE}" stands in quotes, and may be a number.
func (n *node) typed(want reflect.Kind) *node {
	if !n.made || n.kind != text {
		return n
	}
	v := *n
	switch want {
	case reflect.Int:
		if number, err := strconv.ParseInt(n.raw, 10, 64); err == nil {
			v.kind, v.number, v.float = integer, number, float64(number)
		}
	case reflect.Float64:
		if number, err := strconv.ParseFloat(n.raw, 64); err == nil {
			v.kind, v.float = float, number
		}
	case reflect.Bool:
		if truth, err := strconv.ParseBool(n.raw); err == nil {
			v.kind, v.truth = boolean, truth
		}
	}
	return &v
}

// checkEnv reports the variables of the config that can't be made, and files of
// variables that can't be read.
func checkEnv(p *Project, root *node, g Given, files []envFile, ps *problems) {
	outer := outerOf(g)
	for i := range p.Services {
		s := &p.Services[i]
		unread := &problems{}
		own := p.readServiceEnvFiles(s, outer, files, unread)
		if len(unread.list) > 0 {
			for _, problem := range unread.list {
				if exists(problem.File) { // else the key that names it has been reported
					ps.list = append(ps.list, problem)
				}
			}
			continue
		}
		var e *environment // made for who needs it
		for _, at := range [][]string{{"services", s.Name, "env"}, {"env"}} {
			n := root.get(at...)
			if n == nil || n.kind != table {
				continue
			}
			for _, f := range n.fields {
				if f.value.kind != text || !strings.Contains(f.value.raw, "${") {
					continue
				}
				if e == nil {
					e = p.environmentOf(s, g, files, own)
				}
				key := join(strings.Join(at, "."), f.key)
				if _, _, err := e.resolve(f.key, nil); err != nil && !ps.has(f.value.at, key) {
					ps.add(f.value.at, key, err.Error(), hintOf(err))
				}
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// has reports whether there is a problem with a key at a place.
func (ps *problems) has(at position, key string) bool {
	for _, p := range ps.list {
		if p.Line == at.line && p.Col == at.col && p.Key == key {
			return true
		}
	}
	return false
}
