// Package cli is what a person types: one file for each command, all of them
// clients of a project's controller (logs reads the store itself).
//
// Results go to standard output, everything else to standard error. Exit
// codes: 0 fine, 1 failed, 2 usage, 3 not running, 4 bad config, 5 a service
// did not become ready, 130 interrupted; exec and start --foreground pass on
// the command's own.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"prox/internal/api"
	"prox/internal/version"

	"github.com/alecthomas/kong"
)

// Roles are the other processes this program can be; main knows them all.
type Roles struct {
	Controller func(args []string) int
	Shim       func(args []string) int
	Dash       func(ctx context.Context, client *api.Client, jump func(ctx context.Context, t api.Tmux, window string) error) error
}

// The exit codes; see the package's doc.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitNotRunning  = 3
	exitBadConfig   = 4
	exitNotReady    = 5
	exitInterrupted = 130
)

// grammar is the command line.
type grammar struct {
	Config string `short:"c" placeholder:"FILE" help:"Config to use, instead of looking for one."`
	Chdir  string `short:"C" placeholder:"DIR" help:"Folder to work in."`

	Start   startCmd   `cmd:"" help:"Start services, and what they depend on." group:"Services"`
	Stop    stopCmd    `cmd:"" help:"Stop services; the session stays." group:"Services"`
	Restart restartCmd `cmd:"" help:"Stop services and start them again." group:"Services"`
	Kill    killCmd    `cmd:"" help:"Stop everything and leave nothing behind." group:"Services"`
	Run     runCmd     `cmd:"" help:"Add any command as a service." group:"Services"`

	Status statusCmd `cmd:"" aliases:"ps" help:"Show what runs and what it costs." group:"Looking"`
	Why    whyCmd    `cmd:"" help:"Tell why a service is in the state it is in." group:"Looking"`
	Logs   logsCmd   `cmd:"" help:"Show what services wrote." group:"Looking"`
	Attach attachCmd `cmd:"" help:"Go to the terminal of a service." group:"Looking"`
	Dash   dashCmd   `cmd:"" help:"Watch services live." group:"Looking"`

	Exec    execCmd    `cmd:"" help:"Run a command in a service's folder and environment." group:"More"`
	Check   checkCmd   `cmd:"" help:"Check the config." group:"More"`
	Demo    demoCmd    `cmd:"" help:"Start a small project to see prox at work." group:"More"`
	Version versionCmd `cmd:"" help:"Print the version." group:"More"`
}

const description = `Run a project's services, each in a terminal of its own.

  prox start            start everything, in the order of dependency
  prox status           what runs, and what it costs
  prox attach api       the terminal of one service
  prox logs -f          what all of them write
  prox kill             stop everything

Exit codes: 0 fine, 1 failed, 2 usage, 3 not running, 4 bad config,
5 a service did not become ready.`

// Main runs a command line (without the program's name) and returns the exit
// code.
func Main(args []string, roles Roles) int {
	if len(args) > 0 {
		// Before anything else is even looked at: there are many of these.
		switch args[0] {
		case "shim":
			return roles.Shim(args[1:])
		case "controller":
			return roles.Controller(args[1:])
		}
	}
	a := &app{roles: roles, out: newPrinter(os.Stdout), err: newPrinter(os.Stderr), in: os.Stdin}
	return a.report(a.run(args))
}

// app is what commands work with.
type app struct {
	flags grammar
	roles Roles
	out   *printer
	err   *printer
	in    io.Reader
}

// helped ends parsing once help has been printed.
type helped struct{ code int }

func (a *app) run(args []string) (err error) {
	parser, err := kong.New(&a.flags,
		kong.Name("prox"),
		kong.Description(description),
		kong.Writers(a.out, a.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(code int) { panic(helped{code}) }),
	)
	if err != nil {
		return fmt.Errorf("the command line is not well defined: %w", err)
	}
	defer func() {
		if r := recover(); r != nil {
			h, ok := r.(helped)
			if !ok {
				panic(r)
			}
			err = codeOf(h.code)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		return &usageError{err: err}
	}
	if a.flags.Chdir != "" {
		if err := os.Chdir(a.flags.Chdir); err != nil {
			return &usageError{err: fmt.Errorf("cannot work in %s: %w", a.flags.Chdir, errors.Unwrap(err))}
		}
	}
	return ctx.Run(a)
}

type versionCmd struct{}

func (versionCmd) Run(a *app) error {
	a.out.line("prox " + version.String())
	return nil
}
