package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/fatih/color"

	"prox/config"
	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/place"
	"prox/internal/schedule"
)

// environmentFlags are those of every command that reads the config anew.
type environmentFlags struct {
	Env string   `completes:"environment" placeholder:"NAME" help:"Environment to start: prox.NAME.toml is laid over prox.toml, and .env.NAME and .env.NAME.local are read too."`
	Set []string `short:"e" sep:"none" placeholder:"NAME=VALUE" help:"Give services a variable; stronger than the shell's and any file's. May be repeated."`
}

// use makes the flags those of this command line.
func (f environmentFlags) use(a *app) error {
	for _, kv := range f.Set {
		if name, _, ok := strings.Cut(kv, "="); !ok || name == "" || strings.ContainsRune(kv, 0) {
			return &exitError{code: exitUsage, err: fmt.Errorf("expected NAME=VALUE after --set, found %q", kv)}
		}
	}
	a.environment, a.set = f.Env, f.Set
	return nil
}

// load reads the config for the environment of the command line, or else for
// the one that the project runs in.
func (a *app) load(path string) (*config.Project, error) {
	o := config.Options{Environment: a.environment, Given: config.Given{Shell: a.personEnv(), Set: a.set}, Schedule: checkSchedule}
	p, err := config.Load(path, o)
	if err != nil {
		return p, err
	}
	at, err := place.For(p.Name, p.Dir)
	if err != nil {
		return nil, err
	}
	again := false
	if o.Environment == "" {
		o.Environment = environmentInForce(at)
		again = o.Environment != ""
	}
	if slices.ContainsFunc(p.Services, func(s config.Service) bool { return s.AutoPort }) {
		if chosen := chosenPorts(at); len(chosen) > 0 {
			o.Port = func(service string) (int, error) { return chosen[service], nil }
			again = true
		}
	}
	if !again {
		return p, nil
	}
	return config.Load(path, o)
}

// chosenPorts are those that services were given for `port = "auto"`, and will
// have again.
func chosenPorts(at place.Project) map[string]int {
	chosen := map[string]int{}
	if b, err := os.ReadFile(at.Ports()); err == nil && json.Unmarshal(b, &chosen) != nil {
		return nil // the next start chooses anew
	}
	return chosen
}

func checkSchedule(expr string) error {
	_, err := schedule.Parse(expr)
	return err
}

// environmentInForce is what the project runs in; "" for none.
func environmentInForce(at place.Project) string {
	b, err := os.ReadFile(at.Memory())
	if err != nil {
		return ""
	}
	var m struct {
		Environment string `json:"environment"`
	}
	if json.Unmarshal(b, &m) != nil {
		return ""
	}
	return m.Environment
}

// given asks the controller for what a service is given, or works it out from
// the config when nothing runs.
func (a *app) given(ctx context.Context, t *target, service string) (*api.Environment, error) {
	client := a.client(t.place)
	defer client.Close()
	env, err := client.Environment(ctx, service)
	if err == nil {
		return env, nil
	}
	idle := errors.Is(err, launch.ErrNotRunning) || api.IsKind(err, api.KindNoService)
	if !idle {
		return nil, err
	}
	if t.project == nil { // its config can't be read
		if errors.Is(err, launch.ErrNotRunning) {
			return nil, t.bad
		}
		return nil, err
	}
	s, ok := t.project.Service(service)
	if !ok {
		if api.IsKind(err, api.KindNoService) {
			return nil, err
		}
		return nil, &config.UnknownServiceError{Name: service, Near: t.project.Near(service)}
	}
	return a.fromConfig(t.project, s)
}

// fromConfig works out what a start from this shell would give a service.
func (a *app) fromConfig(p *config.Project, s *config.Service) (*api.Environment, error) {
	vars, err := p.Environ(s.Name, config.Given{Shell: a.personEnv(), Set: a.set})
	if err != nil {
		return nil, &exitError{code: exitBadConfig, err: err}
	}
	env := &api.Environment{Dir: s.Dir, Environment: p.Environment}
	for _, v := range vars {
		env.Vars = append(env.Vars, api.Var{Name: v.Name, Value: v.Value, Origin: v.Origin})
	}
	return env, nil
}

type envCmd struct {
	Service string `completes:"service" arg:"" help:"The service."`
	environmentFlags
	ShowSecrets bool `help:"Show the values of variables that are called *TOKEN*, *SECRET*, *PASSWORD*, *_KEY and the like."`
	JSON        bool `help:"Print JSON."`
}

// Help is printed below the usage.
func (*envCmd) Help() string {
	return `Of a service that runs: what it was given at its start, and what a restart would change. Of one that
does not: what a start from this shell would give it. The shell's own variables come last.

From strong to weak: PORT, the command line (--set), values of the config that build upon what is below
(PATH = "bin:${PATH}"), the shell, env_file, .env.NAME.local, .env.NAME, .env.local, .env, the service's
env, the project's env.

Examples:
  prox env api
  prox env api --env production
  prox env api --show-secrets | grep DATABASE

Exit codes: 0 fine, 2 no such service, 4 no config, or a bad one.`
}

// Run prints what a service is given.
func (c *envCmd) Run(ctx context.Context, a *app) error {
	if err := c.use(a); err != nil {
		return err
	}
	t, err := a.find()
	if err != nil {
		return err
	}
	var env *api.Environment
	if c.Env != "" || len(c.Set) > 0 {
		if t.bad != nil {
			return t.bad
		}
		s, ok := t.project.Service(c.Service)
		if !ok {
			return &config.UnknownServiceError{Name: c.Service, Near: t.project.Near(c.Service)}
		}
		env, err = a.fromConfig(t.project, s)
	} else {
		env, err = a.given(ctx, t, c.Service)
	}
	if err != nil {
		return err
	}
	if !c.ShowSecrets {
		for i, v := range env.Vars {
			env.Vars[i].Value = config.Masked(v.Name, v.Value)
		}
	}
	if c.JSON {
		return a.printJSON(env)
	}
	a.variables(env)
	return nil
}

// inOneLine is a variable's value with its line ends and all that a terminal
// would act upon made visible.
func inOneLine(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	return strconv.Quote(s)
}

// variables prints an environment: what the project gives first, then what is
// the shell's anyway.
func (a *app) variables(env *api.Environment) {
	var own, shell []api.Var
	var origins []string
	for _, v := range env.Vars {
		origins = append(origins, v.Origin)
		if v.Origin == config.OriginShell {
			shell = append(shell, v)
		} else {
			own = append(own, v)
		}
	}
	width := widest(origins)
	for _, v := range append(own, shell...) {
		a.print.say("%s  %s=%s", a.print.paint(pad(v.Origin, width), color.Faint), a.print.paint(plain(v.Name), color.Bold), inOneLine(v.Value))
	}
	if len(env.Changes) > 0 {
		a.print.note("a restart would change %s", strings.Join(env.Changes, ", "))
	}
	if env.Stale != "" {
		a.print.note("a restart would change nothing: %s", plain(env.Stale))
	}
}
