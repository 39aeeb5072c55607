package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"prox/config"
	"prox/internal/api"
	"prox/internal/launch"
	"strings"
	"syscall"
)

type execCmd struct {
	Name    string   `arg:"" name:"service" help:"The service."`
	Command []string `arg:"" passthrough:"" name:"command" help:"What to run; one word with spaces is a line of shell."`
}

// Help is the part of the help below the flags.
func (execCmd) Help() string {
	return `Examples:
  prox exec api "npm test"
  prox exec api env
  prox exec db psql -c 'select 1'

Runs on this terminal, in the service's folder and environment, with the
command's exit code; 127 when it is not found. The service need not run.`
}

func (c *execCmd) Run(a *app) error {
	p, err := a.project(false)
	if err != nil {
		return err
	}
	env, err := p.environment(context.Background(), c.Name)
	if err != nil {
		return err
	}
	argv := c.Command
	if len(argv) > 0 && argv[0] == "--" {
		argv = argv[1:]
	}
	if len(argv) == 1 {
		line, err := config.ParseCommand(argv[0])
		if err != nil {
			return &usageError{err: err}
		}
		argv = line.Argv
	}
	if len(argv) == 0 {
		return &usageError{err: errors.New("there is no command to run")}
	}
	path, err := lookPath(argv[0], env)
	if err != nil {
		a.err.linef("%s %v", a.err.red("prox:"), err)
		return codeError(127)
	}
	if err := os.Chdir(env.Dir); err != nil {
		return fmt.Errorf("cannot work in the folder of %s: %w", c.Name, err)
	}
	err = syscall.Exec(path, argv, append(env.Env, "PWD="+env.Dir))
	a.err.linef("%s cannot run %s: %v", a.err.red("prox:"), path, err)
	return codeError(126)
}

// environment is what a service is given: as it runs, or as it would.
func (p *project) environment(ctx context.Context, service string) (*api.Environment, error) {
	client, err := p.client(ctx)
	if err == nil {
		defer client.Close()
		env, err := client.Environment(ctx, service)
		if err == nil || p.config == nil || !api.IsKind(err, api.KindNoService) {
			return env, err
		}
	} else if !isNotRunning(err) {
		return nil, err
	}
	if p.config == nil {
		return nil, err
	}
	if _, err := p.config.Closure(service); err != nil {
		return nil, err
	}
	svc, _ := p.config.Service(service)
	return &api.Environment{Dir: svc.Dir, Env: p.config.Environ(service, environ())}, nil
}

// lookPath finds a command in the PATH that it will have.
func lookPath(name string, env *api.Environment) (string, error) {
	if strings.Contains(name, "/") {
		if filepath.IsAbs(name) {
			return name, nil
		}
		return filepath.Join(env.Dir, name), nil
	}
	search := ""
	for _, kv := range env.Env {
		if v, ok := strings.CutPrefix(kv, "PATH="); ok {
			search = v
		}
	}
	for _, dir := range filepath.SplitList(search) {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(env.Dir, dir)
		}
		path := filepath.Join(dir, name)
		if fi, err := os.Stat(path); err == nil && !fi.IsDir() && fi.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("command not found: %s (PATH is %s)", name, search)
}

type runCmd struct {
	Name    string   `arg:"" help:"What the service is called."`
	Command []string `arg:"" passthrough:"" help:"The command, after --."`
}

// Help is the part of the help below the flags.
func (runCmd) Help() string {
	return `Examples:
  prox run worker -- node worker.js --queue mail
  prox run tunnel -- "ssh -N -L 5432:db:5432 host"

The service lives until prox kill, like those of the config.`
}

func (c *runCmd) Run(a *app) error {
	argv := c.Command
	if len(argv) > 0 && argv[0] == "--" {
		argv = argv[1:]
	}
	if len(argv) == 0 {
		return &usageError{err: errors.New("there is no command to run"), hint: "prox run NAME -- COMMAND"}
	}
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("cannot tell the current folder: %w", err)
	}
	if _, err := config.CommandService(c.Name, dir, argv); err != nil {
		return &usageError{err: err}
	}
	p, err := a.project(true)
	if errors.Is(err, config.ErrNoConfig) {
		p, err = adHocProject(dir)
	}
	if err != nil {
		return err
	}
	req := a.startRequest(p)
	req.AdHoc = &api.AdHoc{Name: c.Name, Dir: dir, Argv: argv}
	return a.startAndWait(p, req, true, startTimeout, false)
}

// dashClient talks to the controller of a runtime folder.
func dashClient(runtime string) *api.Client {
	socket := filepath.Join(runtime, "ctl.sock")
	return api.NewClient(func(ctx context.Context) (c netConn, err error) { return launch.DialSocket(ctx, socket) })
}
