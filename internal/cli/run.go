package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"prox/config"
	"prox/internal/api"
)

type runCmd struct {
	Name    string        `arg:"" help:"Name of the service."`
	Command []string      `arg:"" passthrough:"" help:"The command; one quoted word is read as a shell would."`
	Wait    bool          `default:"true" negatable:"" help:"Return when it is ready, or at once (--no-wait)."`
	Timeout time.Duration `default:"60s" help:"How long to wait for it to be ready."`
}

// Help is printed below the usage.
func (*runCmd) Help() string {
	return `The service runs in this folder, with this environment, until it is stopped or the project is killed.

Examples:
  prox run tunnel -- ssh -N -L 5432:db:5432 bastion
  prox run watch -- "make watch | tee watch.txt"

Exit codes: 0 it runs, 1 failed, 2 usage, 4 bad config, 5 it did not become ready.`
}

// Run adds a service and starts it.
func (c *runCmd) Run(ctx context.Context, a *app) error {
	argv := afterDashes(c.Command)
	if len(argv) == 0 {
		return &exitError{code: exitUsage, err: errors.New("no command given"), hint: "prox run " + c.Name + " -- COMMAND"}
	}
	if _, err := config.CommandService(c.Name, a.dir, argv); err != nil {
		return &exitError{code: exitUsage, err: err}
	}
	t, err := a.strict(true)
	if err != nil {
		return err
	}
	if _, ok := t.project.Service(c.Name); ok && t.file != "" {
		return &exitError{code: exitUsage, err: fmt.Errorf("there is a service %q in %s already", c.Name, filepath.Base(t.file)), hint: "give it another name, or: prox start " + c.Name}
	}
	r := a.startRequest(t)
	r.AdHoc = &api.AdHoc{Name: c.Name, Dir: a.dir, Argv: argv}
	return a.start(ctx, t, []api.StartRequest{r}, startMode{wait: c.Wait, timeout: c.Timeout})
}

// afterDashes drops the -- that separates a command from ours.
func afterDashes(argv []string) []string {
	if len(argv) > 0 && argv[0] == "--" {
		return argv[1:]
	}
	return argv
}
