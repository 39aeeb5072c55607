package cli

import (
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"prox/internal/manual"
	"prox/internal/version"
)

type manCmd struct{}

// Help is printed below the usage.
func (*manCmd) Help() string {
	return `Packages and make install put it where man finds it.

Examples:
  prox man | man -l -
  prox man > ~/.local/share/man/man1/prox.1

Exit codes: 0 fine.`
}

// Run prints the manual page.
func (*manCmd) Run(a *app) error {
	m, err := Manual()
	if err != nil {
		return err
	}
	_, err = a.print.out.Write(m.Roff())
	return err
}

// Manual is everything there is to tell of the command line, for the manual
// page and the reference.
func Manual() (manual.Manual, error) {
	var model commands
	parser, err := newParser(&model)
	if err != nil {
		return manual.Manual{}, err
	}
	return manual.Manual{
		App:     parser.Model,
		Version: version.String(),
		Date:    built(os.Getenv("SOURCE_DATE_EPOCH"), time.Now()),
		Title:   "run a project's services in tmux, in the order of their dependencies",
		Tables: []manual.Table{
			{Title: "Exit codes", Rows: exitCodes},
			{Title: "Environment", Rows: variablesRead},
			{Title: "Files", Rows: filesUsed},
		},
		SeeAlso: []string{"tmux(1)"},
	}, nil
}

// built is when this build's sources are from, so that the same sources make
// the same page: what SOURCE_DATE_EPOCH says, else the commit.
func built(epoch string, now time.Time) time.Time {
	if n, err := strconv.ParseInt(epoch, 10, 64); err == nil {
		return time.Unix(n, 0)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if at, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return at
			}
		}
	}
	return now
}

// exitCodes are the codes of report.go in words.
var exitCodes = [][2]string{
	{strconv.Itoa(exitFine), "Fine."},
	{strconv.Itoa(exitFailed), "It failed."},
	{strconv.Itoa(exitUsage), "The command line is wrong, or there is no such service."},
	{strconv.Itoa(exitNotRunning), "The project is not running."},
	{strconv.Itoa(exitBadConfig), "The config is wrong, or there is none."},
	{strconv.Itoa(exitNotReady), "A service did not become ready."},
	{strconv.Itoa(exitInterrupted), "Ended by Ctrl-C."},
	{"others", "prox exec and prox start --foreground pass on the code of what they ran."},
}

// variablesRead are those of the person's environment that prox heeds itself.
var variablesRead = [][2]string{
	{"NO_COLOR", "Set to anything: no colours."},
	{"PROX_PAGER, PAGER", "What shows logs that are more than a screenful; default: less."},
	{"VISUAL, EDITOR", "What prox logs --edit opens a file with."},
	{"TMUX, TMUX_TMPDIR", "Which tmux server is the person's own."},
	{"XDG_RUNTIME_DIR", "Where sockets and locks are: below prox there, or else below the temp folder."},
	{"XDG_STATE_HOME", "Where logs and states are: below prox there; default: ~/.local/state."},
}

// filesUsed are the files of a project and of prox.
var filesUsed = [][2]string{
	{"prox.toml, prox.yml, prox.yaml, Procfile.dev, Procfile", "The config, here or in a folder above; the first of them that there is."},
	{"prox.NAME.toml", "Laid over prox.toml in the environment NAME."},
	{".env, .env.local, .env.NAME, .env.NAME.local", "Variables for all services."},
	{"~/.local/state/prox", "For each project a folder with its logs, events and figures."},
}
