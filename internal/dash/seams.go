package dash

import (
	"context"
	"os/exec"

	"prox/internal/api"
)

// Seams are what the window does beyond drawing and asking the controller.
// They are handed in: the window knows neither tmux nor the command line.
type Seams struct {
	Jump Jump
	// Logs is the folder with the logs of all instances.
	Logs string
	// Sort is by what services are sorted at first, as "cpu"; "" = as in the config.
	Sort string
	// Commands are those of the command line, for the palette.
	Commands []Command
	// Prox makes a command of prox itself, for the project of a status.
	Prox func(ctx context.Context, st *api.Status, args ...string) *exec.Cmd
	// Masked is a variable's value as it may be seen; a secret's is not.
	Masked func(name, value string) string
	// Browse shows an address in the person's browser.
	Browse func(ctx context.Context, address string) error
	// Copy puts a text on the person's clipboard, and says whose that is.
	Copy func(ctx context.Context, text string) (string, error)
	// Seen reports whether somebody can see the window. It is asked now and
	// then; what takes time need not be done for nobody. nil: always.
	Seen func(ctx context.Context) bool
}

// Jump brings a person to a window of the project's session.
type Jump interface {
	// TakesTerminal reports whether To uses the terminal it is called on, until
	// the person comes back.
	TakesTerminal(t api.Tmux) bool
	// To shows a window, by its tmux id.
	To(ctx context.Context, t api.Tmux, window string) error
}

// Command is one of the command line.
type Command struct {
	Name, Usage, Help string // "restart", "restart <service> ...", a sentence

	Terminal, Destroys, Services bool // needs the terminal; can't be undone; is about services
}
