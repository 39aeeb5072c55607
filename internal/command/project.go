package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"prox/config"
	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/place"
	"strings"
	"time"
)

// project is what a command is about.
type project struct {
	place  place.Project
	config *config.Project // nil where it could not be read
	file   string          // of the config; "" = a project without one
	bad    error           // why config is nil
}

// project finds the project of the current folder. A config that can't be read
// is an error only for who needs it: what runs can be looked at and stopped
// whatever has become of the file.
func (a *app) project(needConfig bool) (*project, error) {
	file, err := a.configFile()
	if errors.Is(err, config.ErrNoConfig) {
		return a.withoutConfig(err)
	}
	if err != nil {
		return nil, err
	}
	p := &project{file: file}
	p.config, p.bad = config.Load(file)
	if p.bad == nil {
		p.place, err = place.For(p.config.Name, p.config.Dir)
		return p, err
	}
	if needConfig {
		return nil, p.bad
	}
	if found, ok := remembered(filepath.Dir(file), func(m memory) bool { return m.Config == file }); ok {
		p.place = found
		return p, nil
	}
	return nil, p.bad
}

func (a *app) configFile() (string, error) {
	if a.flags.Config == "" {
		return config.Find(".")
	}
	abs, err := filepath.Abs(a.flags.Config)
	if err != nil {
		return "", fmt.Errorf("cannot find config %s: %w", a.flags.Config, err)
	}
	if fi, err := os.Stat(abs); err == nil && fi.IsDir() {
		return "", &usageError{err: fmt.Errorf("%s is a folder; -c takes a config file", abs), hint: "prox -C " + a.flags.Config}
	}
	return abs, nil
}

// withoutConfig finds the project of a folder, or of one above it, in which
// something was started without a config.
func (a *app) withoutConfig(none error) (*project, error) {
	dir, err := filepath.Abs(".")
	if err != nil {
		return nil, none
	}
	for ; ; dir = filepath.Dir(dir) {
		p, err := adHocProject(dir)
		if err == nil {
			if _, err := os.Stat(p.place.Runtime); err == nil {
				return p, nil
			}
			if _, err := os.Stat(p.place.State); err == nil {
				return p, nil
			}
		}
		if dir == filepath.Dir(dir) {
			return nil, none
		}
	}
}

// adHocProject is the project of a folder without a config.
func adHocProject(dir string) (*project, error) {
	c, err := config.AdHoc(dir, "", nil)
	if err != nil {
		return nil, err
	}
	at, err := place.For(c.Name, c.Dir)
	return &project{place: at, config: c}, err
}

// memory is the part of a controller's memory that tells whose it is.
type memory struct {
	Dir    string `json:"dir"`
	Config string `json:"config"`
}

// remembered looks through the projects that run for one.
func remembered(dir string, is func(memory) bool) (place.Project, bool) {
	here, err := place.For("x", dir)
	if err != nil {
		return place.Project{}, false
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(here.Runtime), "*", "memory.json"))
	if err != nil {
		return place.Project{}, false
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		var m memory
		if err != nil || json.Unmarshal(b, &m) != nil || !is(m) {
			continue
		}
		if p, err := place.Load(filepath.Dir(f)); err == nil {
			return p, true
		}
	}
	return place.Project{}, false
}

// client talks to the controller that runs; a *notRunningError when none does.
// One that died without ending its project is brought back.
func (p *project) client(ctx context.Context) (*api.Client, error) {
	conn, err := launch.Dial(ctx, p.place)
	if errors.Is(err, launch.ErrNotRunning) && launch.Remembered(p.place) {
		conn, err = launch.Ensure(ctx, p.place)
	}
	if errors.Is(err, launch.ErrNotRunning) {
		return nil, &notRunningError{project: p.place.Name, how: p.ending()}
	}
	if err != nil {
		return nil, err
	}
	return newClient(conn, p.place), nil
}

// ensure is client for who starts something: it starts a controller too.
func (p *project) ensure(ctx context.Context) (*api.Client, error) {
	conn, err := launch.Ensure(ctx, p.place)
	if err != nil {
		return nil, err
	}
	return newClient(conn, p.place), nil
}

// newClient uses conn first, and dials for what comes beside it.
func newClient(conn net.Conn, at place.Project) *api.Client {
	first := make(chan net.Conn, 1)
	first <- conn
	return api.NewClient(func(ctx context.Context) (net.Conn, error) {
		select {
		case c := <-first:
			return c, nil
		default:
			return launch.Dial(ctx, at)
		}
	})
}

// ending says how the project ended, when that was not by hand.
func (p *project) ending() string {
	b, err := os.ReadFile(p.place.Last())
	if err != nil {
		return ""
	}
	var last struct {
		Time   time.Time `json:"time"`
		Reason string    `json:"reason"`
	}
	if json.Unmarshal(b, &last) != nil || last.Reason == "" || strings.HasPrefix(last.Reason, "ended by") {
		return ""
	}
	return fmt.Sprintf(" (it ended %s: %s)", last.Time.Local().Format("Jan 2 15:04:05"), last.Reason)
}

// environ is what a service inherits of this shell: all but what belongs to
// one tmux pane or to an instance of prox.
func environ() []string { return launch.Environ(os.Environ()) }

// tmuxServer is the server the person means: the one of PROX_TMUX_SOCKET, a
// server of prox's own; else the one this terminal is in; else the default.
func tmuxServer() (socket string, private bool) {
	if s := os.Getenv("PROX_TMUX_SOCKET"); s != "" {
		return s, true
	}
	if s, ok := insideTmux(); ok {
		return s, false
	}
	if dir := os.Getenv("TMUX_TMPDIR"); dir != "" {
		// The controller's own environment may be another, so it is told. tmux
		// makes the folder only for itself; where it can't be made, tmux says so.
		dir = filepath.Join(dir, fmt.Sprintf("tmux-%d", os.Getuid()))
		_ = os.MkdirAll(dir, 0o700)
		return filepath.Join(dir, "default"), false
	}
	return "", false
}
