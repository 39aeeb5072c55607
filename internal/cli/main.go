package cli

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"prox/internal/api"
	"prox/internal/discover"
)

// Roles are the other programs in this binary. They are handed in, because
// the roles never import one another.
type Roles struct {
	Controller func(args []string) int // `prox controller ...`, started by prox itself
	Shim       func(args []string) int // `prox shim ...`, likewise
	Dash       func(ctx context.Context, client *api.Client, w Window) error
}

// dashYields is how long the status window holds back at its start.
const dashYields = 250 * time.Millisecond

// Main runs one command line, without the program's name, and returns the
// exit code.
func Main(args []string, roles Roles) int {
	// First of all: a project has many of these, and each pays for whatever
	// is built before.
	if len(args) > 0 {
		switch {
		case args[0] == "controller" && roles.Controller != nil:
			return roles.Controller(args[1:])
		case args[0] == "shim" && roles.Shim != nil:
			return roles.Shim(args[1:])
		case args[0] == "dash" && len(args) > 1 && args[1] == "--at":
			// The status window comes up together with the services, and they
			// come first: what it takes to draw, several of them start in.
			time.Sleep(dashYields)
		}
	}
	a, err := newApp(roles)
	if err != nil {
		return report(os.Stderr, err)
	}
	return a.run(context.Background(), args)
}

// run parses a command line and runs its command.
func (a *app) run(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] == "__complete" {
		return a.complete(ctx, args[1:])
	}
	if s, ok := quickStatus(args); ok {
		return report(a.print.err, s.Run(ctx, a))
	}
	err := a.parseAndRun(ctx, args)
	return report(a.print.err, err)
}

// quickStatus recognises the command that scripts and prompts run again and
// again: building the whole command line's model would cost more than it.
func quickStatus(args []string) (*statusCmd, bool) {
	if len(args) == 0 || len(args) > 2 || args[0] != "status" && args[0] != "ps" {
		return nil, false
	}
	if len(args) == 1 {
		return &statusCmd{}, true
	}
	return &statusCmd{JSON: true}, args[1] == "--json"
}

// commands is the command line's model.
type commands struct {
	Config string `short:"c" placeholder:"FILE" completes:"file" help:"Config to use; default: the nearest prox.toml, prox.yml, Procfile.dev or Procfile, here or in a folder above."`
	Chdir  string `short:"C" placeholder:"DIR" completes:"folder" help:"Folder to work in; default: this one."`

	Init    initCmd    `cmd:"" help:"Write a prox.toml from what the folder's files say."`
	Import  importCmd  `cmd:"" help:"Write a prox.toml from the config of another runner."`
	Start   startCmd   `cmd:"" help:"Start services and wait until they are ready."`
	Stop    stopCmd    `cmd:"" help:"Stop services; the session stays."`
	Restart restartCmd `cmd:"" help:"Stop services and start them again."`
	Reload  reloadCmd  `cmd:"" help:"Read the config again, and restart what changed."`
	Scale   scaleCmd   `cmd:"" help:"Run several instances of a service."`
	Kill    killCmd    `cmd:"" help:"Stop everything and end the tmux session."`
	Status  statusCmd  `cmd:"" aliases:"ps" help:"Show what runs."`
	List    listCmd    `cmd:"" aliases:"ls" help:"Show every project of yours that runs on this machine."`
	Graph   graphCmd   `cmd:"" help:"Show what depends on what, with states."`
	Wait    waitCmd    `cmd:"" help:"Wait until services are ready; for scripts."`
	Why     whyCmd     `cmd:"" help:"Tell the story of one service: why it is in its state, its last exit, its last lines."`
	Logs    logsCmd    `cmd:"" help:"Show what services have printed, merged by time."`
	Attach  attachCmd  `cmd:"" help:"Go to the project's tmux session, or to one service in it."`
	Env     envCmd     `cmd:"" help:"Show what variables a service is given, and where each is from."`
	Exec    execCmd    `cmd:"" help:"Run a command in a service's folder and environment."`
	Run     runCmd     `cmd:"" help:"Add any command as a service."`
	Metrics metricsCmd `cmd:"" help:"Show what services have cost over a time."`
	Top     topCmd     `cmd:"" help:"Show what services cost, the costliest first, live."`
	Dash    dashCmd    `cmd:"" help:"Show the live status table."`
	Check   checkCmd   `cmd:"" help:"Check the config."`
	Doctor  doctorCmd  `cmd:"" help:"Check the machine, and what the config needs of it, with the fix for each."`
	Demo    demoCmd    `cmd:"" help:"Start a small built-in project, to see how prox works."`
	Version versionCmd `cmd:"" help:"Show the version."`

	Man        manCmd        `cmd:"" help:"Print the manual page."`
	Completion completionCmd `cmd:"" help:"Print the script that makes bash, zsh or fish complete commands and services."`
}

const description = `Runs a project's services, each in a terminal of its own in a tmux session.

Examples:
  prox init               write a prox.toml from what is here
  prox start              start what prox.toml or the Procfile says
  prox status             what runs
  prox attach api         into the terminal of service api
  prox logs -f            all output, merged
  prox kill               end everything

Exit codes: 0 fine, 1 failed, 2 usage, 3 not running, 4 bad config, 5 a service did not become ready.`

// newParser builds the parser of the command line.
func newParser(model *commands, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(model, append([]kong.Option{
		kong.Name("prox"),
		kong.Description(description),
		kong.Vars{"formats": strings.Join(discover.Formats(), ", ")},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
	}, more...)...)
}

func (a *app) parseAndRun(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if args[0] == "help" { // as many tools have it
		args = append(slices.Clone(args[1:]), "--help")
	}
	args, a.rest = splitRest(args)
	args = logsArguments(args)
	var model commands
	exited := false
	parser, err := newParser(&model,
		kong.Writers(a.print.out, a.print.err),
		kong.Exit(func(int) { exited = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(a),
	)
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if exited { // help was asked for, and given
		return nil
	}
	if err != nil {
		return usage(err, parser.Model)
	}
	a.config = model.Config
	if err := a.chdir(model.Chdir); err != nil {
		return err
	}
	return k.Run()
}

// logsArguments makes the -C of `prox logs` what it is in grep, and the -1 of
// --run a number. Before the command -C is the folder to work in, and the parser
// knows one meaning only; and what begins with - is a flag for it.
func logsArguments(args []string) []string {
	at := 0
	for at < len(args) && (args[at] == "-C" || args[at] == "-c") {
		at += 2
	}
	if at >= len(args) || args[at] != "logs" {
		return args
	}
	out := slices.Clone(args)
	for k := at + 1; k < len(out); k++ {
		if _, err := strconv.Atoi(out[k]); err == nil && out[k-1] == "--run" {
			out = slices.Replace(out, k-1, k+1, "--run="+out[k])
			continue
		}
		if number, ok := strings.CutPrefix(out[k], "-C"); ok {
			out[k] = "--context"
			if number != "" {
				out[k] += "=" + number
			}
		}
	}
	return out
}

// usage makes a usage error of what the parser said.
func usage(err error, model *kong.Application) error {
	hint := "prox --help"
	var p *kong.ParseError
	if !errors.As(err, &p) || p.Context == nil {
		return &exitError{code: exitUsage, err: err, hint: hint}
	}
	if selected := p.Context.Selected(); selected != nil {
		hint = "prox " + selected.Name + " --help"
	} else if typed := p.Context.Args; len(typed) > 0 && !strings.HasPrefix(typed[0], "-") {
		var known []string
		for _, c := range model.Children {
			if !c.Hidden {
				known = append(known, c.Name)
			}
		}
		err = noCommand(typed[0], known)
	}
	return &exitError{code: exitUsage, err: err, hint: hint}
}

// splitRest cuts off what belongs to a file that is started, as in
// `prox start app.js -- --port 8000`.
func splitRest(args []string) (own, rest []string) {
	at := -1
	for i, arg := range args {
		if arg == "--" {
			at = i
			break
		}
	}
	if at < 0 {
		return args, nil
	}
	for i := 0; i < at; i++ { // the first word that is no flag is the command
		switch {
		case args[i] == "-c" || args[i] == "-C" || args[i] == "--config" || args[i] == "--chdir":
			i++
		case strings.HasPrefix(args[i], "-"):
		default:
			if args[i] == "start" {
				return args[:at], args[at+1:]
			}
			return args, nil
		}
	}
	return args, nil
}
