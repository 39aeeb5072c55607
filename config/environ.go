package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Given is what a service's environment is made of beside the config.
type Given struct {
	Shell []string // the person's environment, as from os.Environ
	Set   []string // NAME=value from the command line
	Port  int      // PORT of this instance; 0 = the service's own
}

// Var is one variable that a service gets, and where it is from.
type Var struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

// The origins that are not a file's name.
const (
	OriginSet     = "command line"
	OriginShell   = "shell"
	OriginPort    = "port"
	OriginName    = "--env"          // of EnvironmentVariable
	OriginProject = "env"            // [env] of the config
	OriginService = "services.%.env" // % is the service's name
)

// EnvironmentVariable tells a service which environment it is started for.
const EnvironmentVariable = "PROX_ENV"

// Environ returns the environment of a service, by name, each variable once.
// From strong to weak:
//
//  1. PORT, where a port is declared or offered, and PROX_ENV
//  2. the command line (Given.Set)
//  3. values of the config that build upon what is below: PATH = "bin:${PATH}"
//  4. the shell (Given.Shell)
//  5. the service's env_file, the last one first
//  6. .env.NAME.local, .env.NAME, .env.local, .env, where NAME is the environment
//  7. the service's env
//  8. the project's env
//
// The files are read anew at each call. The error is an [*InvalidError] for a
// file that can't be read, else it names the variable that can't be made.
func (p *Project) Environ(service string, g Given) ([]Var, error) {
	s, ok := p.Service(service)
	if !ok {
		s = &Service{Name: service}
	}
	e, err := p.layers(s, g)
	if err != nil {
		return nil, err
	}
	var vars []Var
	var errs []error
	for _, name := range e.names() {
		v, ok, err := e.resolve(name, nil)
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot make the variable %s of service %q: %w", name, service, err))
		}
		if ok {
			vars = append(vars, v)
		}
	}
	return vars, errors.Join(errs...)
}

// Strings are variables in the form of os.Environ.
func Strings(vars []Var) []string {
	out := make([]string, len(vars))
	for i, v := range vars {
		out[i] = v.Name + "=" + v.Value
	}
	return out
}

// Change is a variable whose value is not what it was. A value that is nil was
// not there.
type Change struct {
	Name     string
	Old, New *Var
}

// Changes compares two environments of one service.
func Changes(before, after []Var) []Change {
	old, now := map[string]*Var{}, map[string]*Var{}
	for i := range before {
		old[before[i].Name] = &before[i]
	}
	for i := range after {
		now[after[i].Name] = &after[i]
	}
	all := maps.Clone(old)
	maps.Copy(all, now)
	var out []Change
	for _, name := range slices.Sorted(maps.Keys(all)) {
		o, n := old[name], now[name]
		if o == nil || n == nil || o.Value != n.Value {
			out = append(out, Change{name, o, n})
		}
	}
	return out
}

// layer is where variables are from, one above the other.
type layer struct {
	origin string
	values map[string]string
	config bool // values may have references in them
}

// environment is the layers of one service, strongest first.
type environment struct {
	port   func(service string) (int, error)
	layers []layer
}

// layers reads the files of a service's environment, and lays all upon each
// other.
func (p *Project) layers(s *Service, g Given) (*environment, error) {
	ps := &problems{}
	files := p.readEnvFiles(outerOf(g), ps)
	own := p.readServiceEnvFiles(s, outerOf(g), files, ps)
	return p.environmentOf(s, g, files, own), ps.err()
}

// outerOf looks up what no file can change.
func outerOf(g Given) lookup {
	set, shell := pairsOf(g.Set), pairsOf(g.Shell)
	return func(name string) (string, bool) {
		if v, ok := set[name]; ok {
			return v, true
		}
		v, ok := shell[name]
		return v, ok
	}
}

func (p *Project) environmentOf(s *Service, g Given, files, own []envFile) *environment {
	name, port := map[string]string{}, map[string]string{}
	if p.Environment != "" {
		name[EnvironmentVariable] = p.Environment
	}
	if n := cmp.Or(g.Port, s.port()); n != 0 {
		port["PORT"] = strconv.Itoa(n)
	}
	above, service := building(s.Env)
	aboveAll, project := building(p.Env)
	origin := strings.ReplaceAll(OriginService, "%", s.Name)
	e := &environment{port: p.portOf, layers: []layer{
		{OriginName, name, false},
		{OriginPort, port, false},
		{OriginSet, pairsOf(g.Set), false},
		{origin, above, true},
		{OriginProject, aboveAll, true},
		{OriginShell, pairsOf(g.Shell), false},
	}}
	for _, f := range slices.Backward(slices.Concat(files, own)) {
		e.layers = append(e.layers, layer{f.name, f.values, false})
	}
	e.layers = append(e.layers, layer{origin, service, true}, layer{OriginProject, project, true})
	return e
}

// building parts the values that refer to the variable they are of from the
// others.
func building(values map[string]string) (building, others map[string]string) {
	building, others = map[string]string{}, map[string]string{}
	for name, value := range values {
		if mentions(value, name) {
			building[name] = value
		} else {
			others[name] = value
		}
	}
	return building, others
}

func pairsOf(environ []string) map[string]string {
	m := make(map[string]string, len(environ))
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && k != "" {
			m[k] = v
		}
	}
	return m
}

// names are those of all variables, sorted.
func (e *environment) names() []string {
	all := map[string]bool{}
	for _, l := range e.layers {
		for name := range l.values {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// under is a variable that is being made, and the layer its value is from.
type under struct {
	name  string
	layer int
}

// resolve makes one variable. What it is made for comes along: a value that
// refers to its own variable means the one below, and variables that refer to
// each other are found.
func (e *environment) resolve(name string, making []under) (Var, bool, error) {
	from := 0
	for k, u := range slices.Backward(making) {
		if u.name != name {
			continue
		}
		if k < len(making)-1 {
			return Var{}, false, fmt.Errorf("%s refers to itself by way of %s", name, making[k+1].name)
		}
		from = u.layer + 1
		break
	}
	for k, l := range e.layers[from:] {
		value, ok := l.values[name]
		switch {
		case !ok:
		case l.config:
			text, err := e.expand(value, append(making[:len(making):len(making)], under{name, from + k}))
			return Var{name, text, l.origin}, true, err
		default:
			return Var{name, value, l.origin}, true, nil
		}
	}
	return Var{}, false, nil
}

// expand replaces the references in a value of the config.
func (e *environment) expand(value string, making []under) (string, error) {
	var first error // of another variable, which says more than that it is not set
	text, err := expander{
		variable: func(name string) (string, bool) {
			v, ok, err := e.resolve(name, making)
			if err != nil && first == nil {
				first = err
			}
			return v.Value, ok
		},
		port: e.port,
	}.expand(value)
	return text, cmp.Or(first, err)
}

// portOf is the port of a service, for ${api.port}.
func (p *Project) portOf(service string) (int, error) {
	s, ok := p.Service(service)
	if !ok {
		return 0, portReferenceError(service, p.Near(service))
	}
	if port := s.port(); port != 0 {
		return port, nil
	}
	if s.AutoPort {
		return unchosen, nil
	}
	return 0, fmt.Errorf("the service %q has no port", service)
}

func portReferenceError(service, near string) error {
	if near != "" {
		return fmt.Errorf("there is no service %q, did you mean ${%s.port}?", service, near)
	}
	return fmt.Errorf("there is no service %q", service)
}

// port is what the service gets as PORT; 0 = nothing.
func (s *Service) port() int {
	if s.Port != 0 {
		return s.Port
	}
	return s.OfferedPort
}
