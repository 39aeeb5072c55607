package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/term"

	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/place"
)

// app is what a command is given of the world.
type app struct {
	print       *printer
	roles       Roles
	dir         string        // the folder to work in, absolute
	config      string        // -c
	environment string        // --env
	set         []string      // --set
	environ     []string      // the person's
	rest        []string      // what came after -- on the command line of start
	stdin       bool          // standard input is a terminal
	lines       *bufio.Reader // what is typed there, once something was read

	// exec replaces this process; a test looks at what would be executed.
	exec func(dir, path string, argv, env []string) error
	// interrupts gives what Ctrl-C and its kin send, until stop is called.
	interrupts func() (c <-chan os.Signal, stop func())
}

func newApp(roles Roles) (*app, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("cannot tell the current folder: %w", err)
	}
	return &app{
		print:      newPrinter(os.Stdout, os.Stderr),
		roles:      roles,
		dir:        dir,
		environ:    os.Environ(),
		stdin:      term.IsTerminal(int(os.Stdin.Fd())),
		exec:       replace,
		interrupts: interrupts,
	}, nil
}

// replace becomes another program: its signals, its terminal and its exit
// code are its own.
func replace(dir, path string, argv, env []string) error {
	if err := os.Chdir(dir); err != nil {
		return fmt.Errorf("cannot go to folder %s: %w", dir, cause(err))
	}
	err := syscall.Exec(path, argv, env)
	code := 126
	if errors.Is(err, syscall.ENOENT) {
		code = 127 // the interpreter of a #! line
	}
	return &exitError{code: code, err: fmt.Errorf("cannot run %s: %w", path, err)}
}

func interrupts() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}

// chdir goes to the folder of -C, without changing this process's own.
func (a *app) chdir(dir string) error {
	if dir == "" {
		return nil
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(a.dir, dir)
	}
	fi, err := os.Stat(dir)
	if err != nil {
		return &exitError{code: exitUsage, err: fmt.Errorf("cannot go to folder %s: %w", dir, cause(err))}
	}
	if !fi.IsDir() {
		return &exitError{code: exitUsage, err: fmt.Errorf("cannot go to folder %s: it is not a folder", dir)}
	}
	a.dir = dir
	return nil
}

// cause is an error of the file system without the path it repeats.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// getenv looks a variable up in the person's environment.
func (a *app) getenv(name string) string {
	for _, kv := range a.environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// personEnv is the environment that services are given: the person's, without
// what belongs to this pane or to prox.
func (a *app) personEnv() []string {
	env := launch.Environ(a.environ)
	kept := env[:0]
	for _, kv := range env {
		if !strings.HasPrefix(kv, "PROX_") {
			kept = append(kept, kv)
		}
	}
	return kept
}

// client talks to a project's controller. A controller that died without
// ending its project is brought back: what it left must be reachable.
func (a *app) client(p place.Project) *api.Client {
	return api.NewClient(func(ctx context.Context) (net.Conn, error) {
		c, err := launch.Dial(ctx, p)
		if errors.Is(err, launch.ErrNotRunning) && launch.Remembered(p) {
			return launch.Ensure(ctx, p)
		}
		return c, err
	})
}

// starter talks to a project's controller, and starts one where there is none.
func (a *app) starter(p place.Project) *api.Client {
	return api.NewClient(func(ctx context.Context) (net.Conn, error) { return launch.Ensure(ctx, p) })
}
