package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prox/config"
	"prox/internal/launch"
	"prox/internal/place"
)

// target is the project that a command is about.
type target struct {
	place   place.Project
	file    string          // its config, absolute; "" = none
	project *config.Project // nil when the config can't be read
	bad     error           // why it can't be read
}

// configPath finds the config of the command line or of the folder.
func (a *app) configPath() (string, error) {
	if a.config == "" {
		return config.Find(a.dir)
	}
	path := a.config
	if !filepath.IsAbs(path) {
		path = filepath.Join(a.dir, path)
	}
	fi, err := os.Stat(path)
	switch {
	case err != nil:
		return "", &exitError{code: exitBadConfig, err: fmt.Errorf("cannot read config %s: %w", path, cause(err))}
	case fi.IsDir():
		return "", &exitError{code: exitBadConfig, err: fmt.Errorf("cannot read config %s: it is a folder", path), hint: "-C goes to a folder"}
	}
	return path, nil
}

// strict finds the project for a command that starts something: its config
// must be right. Bare says whether a folder without a config will do.
func (a *app) strict(bare bool) (*target, error) {
	path, err := a.configPath()
	if errors.Is(err, config.ErrNoConfig) {
		if !bare {
			return nil, a.noConfig(err, true)
		}
		return a.bare(a.dir)
	}
	if err != nil {
		return nil, err
	}
	p, err := a.load(path)
	if err != nil {
		return nil, err
	}
	at, err := place.For(p.Name, p.Dir)
	if err != nil {
		return nil, err
	}
	return &target{place: at, file: path, project: p}, nil
}

// bare is the project of a folder without a config.
func (a *app) bare(dir string) (*target, error) {
	p, err := config.AdHoc(dir, "", nil)
	if err != nil {
		return nil, err
	}
	at, err := place.For(p.Name, p.Dir)
	if err != nil {
		return nil, err
	}
	p.Environment = orElse(a.environment, environmentInForce(at))
	return &target{place: at, project: p}, nil
}

// find finds the project for a command that is about what runs, or ran: a
// mistake in the config must not stand in its way.
func (a *app) find() (*target, error) {
	path, err := a.configPath()
	if errors.Is(err, config.ErrNoConfig) {
		return a.findBare(err)
	}
	if err != nil {
		return nil, err
	}
	p, bad := a.load(path)
	var t *target
	if bad == nil {
		at, err := place.For(p.Name, p.Dir)
		if err != nil {
			return nil, err
		}
		t = &target{place: at, file: path, project: p}
	} else {
		// The name is not known; the folder's is the likely one.
		if t, err = a.bare(filepath.Dir(path)); err != nil {
			return nil, bad
		}
		t.file, t.project, t.bad = path, nil, bad
	}
	if !launch.Remembered(t.place) {
		// The project may have had another name when it was started.
		if at, ok := runningFrom(path, t.place); ok {
			t.place = at
		}
	}
	return t, nil
}

// findBare looks for a project without a config that has left traces, in this
// folder or above.
func (a *app) findBare(none error) (*target, error) {
	for dir := a.dir; ; dir = filepath.Dir(dir) {
		t, err := a.bare(dir)
		if err == nil && traces(t.place) {
			return t, nil
		}
		if dir == filepath.Dir(dir) {
			return nil, a.noConfig(none, false)
		}
	}
}

func traces(p place.Project) bool {
	return launch.Remembered(p) || exists(p.Logs()) || exists(p.Last())
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// runningFrom finds a project that was started from a config, by what
// controllers have written down beside near.
func runningFrom(file string, near place.Project) (place.Project, bool) {
	memories, err := filepath.Glob(filepath.Join(filepath.Dir(near.Runtime), "*", filepath.Base(near.Memory())))
	if err != nil {
		return place.Project{}, false
	}
	for _, path := range memories {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it ended just now
		}
		var m struct {
			Config string `json:"config"`
		}
		if json.Unmarshal(b, &m) != nil || m.Config == "" || !same(m.Config, file) {
			continue
		}
		if p, err := place.Load(filepath.Dir(path)); err == nil {
			return p, true
		}
	}
	return place.Project{}, false
}

// same reports whether two paths lead to one file.
func same(a, b string) bool {
	if a == b {
		return true
	}
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// notRunning says that a project is not running, and how it ended if that is
// known.
func (t *target) notRunning() error {
	message := fmt.Sprintf("%s is not running", t.place.Name)
	var last struct {
		Time   time.Time `json:"time"`
		Reason string    `json:"reason"`
	}
	if b, err := os.ReadFile(t.place.Last()); err == nil && json.Unmarshal(b, &last) == nil && last.Reason != "" {
		message += fmt.Sprintf("; %s ago: %s", span(time.Since(last.Time)), plain(last.Reason))
	}
	hint := "prox start"
	if t.bad != nil {
		hint = "prox check: " + filepath.Base(t.file) + " has mistakes"
	}
	return &exitError{code: exitNotRunning, err: errors.New(message), hint: hint}
}

// explain makes a request's error one about this project.
func (t *target) explain(err error) error {
	if errors.Is(err, launch.ErrNotRunning) {
		return t.notRunning()
	}
	return err
}

// members puts the services of the config in the place of each @GROUP.
func (t *target) members(names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		group, isGroup := strings.CutPrefix(name, "@")
		if !isGroup {
			out = append(out, name)
			continue
		}
		if t.project == nil { // nobody else knows of groups when nothing runs
			return nil, t.bad
		}
		if _, err := t.project.Select(name); err != nil {
			return nil, err
		}
		for _, s := range t.project.Services {
			if slices.Contains(s.Groups, group) {
				out = append(out, s.Name)
			}
		}
	}
	return out, nil
}
