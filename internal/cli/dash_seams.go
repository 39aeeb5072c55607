package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"prox/config"
	"prox/internal/api"
	"prox/internal/clipboard"
	"prox/internal/launch"
)

// Window is what the status window is given of the world beside its client.
type Window struct {
	Jump     Jump
	Logs     string // the folder with the logs of all instances
	Sort     string // by what services are sorted at first: "cpu"; "" = as in the config
	Commands []Command
	Prox     func(ctx context.Context, st *api.Status, args ...string) *exec.Cmd
	Masked   func(name, value string) string
	Browse   func(ctx context.Context, address string) error
	Copy     func(ctx context.Context, text string) (string, error)
	Seen     func(ctx context.Context) bool
}

// Command is one of the command line, for the palette.
type Command struct {
	Name, Usage, Help            string
	Terminal, Destroys, Services bool
}

// window is what a status window on this terminal is given.
func (a *app) window(jump Jump, logs string) Window {
	return Window{
		Jump: jump, Logs: logs, Commands: commandList(), Prox: proxCommand, Masked: config.Masked,
		Browse: a.browse,
		Copy: func(ctx context.Context, text string) (string, error) {
			way, err := clipboard.Copy(ctx, []byte(text), clipboard.Options{Env: a.lookupEnv, Environ: a.environ, Terminal: os.Stdout})
			if err != nil {
				return "", fmt.Errorf("cannot copy: %w", err)
			}
			return "the clipboard, by " + string(way), nil
		},
	}
}

// commandList lists the command line's commands, and what a window has to know
// of each.
func commandList() []Command {
	var model commands
	parser, err := newParser(&model)
	if err != nil {
		return nil // the command line itself would not work
	}
	var out []Command
	for _, n := range parser.Model.Children {
		if n.Hidden || n.Name == "dash" || n.Name == "demo" {
			continue
		}
		c := Command{Name: n.Name, Usage: n.Name, Help: n.Help}
		for _, p := range n.Positional {
			c.Usage += " " + p.Summary()
			c.Services = c.Services || strings.HasPrefix(strings.ToLower(p.Name), "service")
		}
		c.Terminal = slices.Contains([]string{"attach", "exec", "top"}, n.Name)
		c.Destroys = n.Name == "kill"
		out = append(out, c)
	}
	return out
}

// proxCommand is a command line of prox for the project of a status.
func proxCommand(ctx context.Context, st *api.Status, args ...string) *exec.Cmd {
	var own []string
	if st != nil && st.Config != "" {
		own = append(own, "-c", st.Config)
	}
	cmd := exec.CommandContext(ctx, launch.Executable(), append(own, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if st != nil {
		cmd.Dir = st.Dir
	}
	return cmd
}

// browse shows an address in the person's browser.
func (a *app) browse(ctx context.Context, address string) error {
	argv, err := a.browser()
	if err != nil {
		return fmt.Errorf("%w: the address is %s", err, address)
	}
	cmd := exec.CommandContext(ctx, argv[0], append(argv[1:], address)...)
	cmd.Env = a.environ
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", argv[0], err)
	}
	return nil
}

func (a *app) browser() ([]string, error) {
	if b := strings.Fields(a.getenv("BROWSER")); len(b) > 0 {
		return b, nil
	}
	names := []string{"wslview", "xdg-open"}
	switch {
	case runtime.GOOS == "darwin":
		names = []string{"open"}
	case a.getenv("DISPLAY") == "" && a.getenv("WAYLAND_DISPLAY") == "" && a.getenv("WSL_DISTRO_NAME") == "":
		return nil, errors.New("there is no desktop here")
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}, nil
		}
	}
	return nil, fmt.Errorf("none of %s is installed", strings.Join(names, ", "))
}
