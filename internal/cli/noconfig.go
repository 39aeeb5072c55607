package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"prox/config"
	"prox/internal/launch"
	"prox/internal/place"
)

// noConfigError says that there is no config, and where there is one, or how
// to come by one.
type noConfigError struct {
	err     error
	begins  bool            // the command is one that a project begins with
	below   []string        // folders with a config, relative to the one it was looked for in
	running []place.Project // projects that run elsewhere
	offer   string          // what prox init would write; "" = nothing
}

func (e *noConfigError) Error() string { return e.err.Error() }
func (e *noConfigError) Unwrap() error { return e.err }

// Hint tells where the person may have meant to be; to one that begins it
// shows the shortest config there is.
func (e *noConfigError) Hint() string {
	var lines []string
	for _, dir := range e.below {
		lines = append(lines, fmt.Sprintf("there is one in %s: prox -C %s %s", dir, dir, e.command()))
	}
	for _, p := range e.running {
		lines = append(lines, fmt.Sprintf("%s runs in %s: prox -C %s %s", p.Name, p.Dir, p.Dir, e.command()))
	}
	switch {
	case e.offer != "":
		lines = append(lines, e.offer)
	case e.begins:
		lines = append(lines,
			"write a prox.toml such as",
			"    [services.web]",
			"    command = \"npm start\"",
			"    port = 3000",
			"or start a file or a command without one: prox start app.js, prox run web -- npm start")
	case len(lines) == 0:
		lines = append(lines, "go to the project's folder, or name it: prox -C DIR status; prox list shows what runs")
	}
	return strings.Join(lines, "\n")
}

func (e *noConfigError) command() string {
	if e.begins {
		return "start"
	}
	return "status"
}

// mostMeant is how many folders a hint names.
const mostMeant = 3

// noConfig finds out where a person without a config may have meant to be.
func (a *app) noConfig(err error, begins bool) *noConfigError {
	e := &noConfigError{err: err, begins: begins, below: configsBelow(a.dir)}
	for _, p := range place.All() {
		known := slices.Contains(e.below, relative(a.dir, p.Dir))
		if launch.Remembered(p) && !known && (!begins || a.distance(p) == 0) { // who begins one may have others
			e.running = append(e.running, p)
		}
	}
	// What is called like this folder, or lies nearest, was meant most likely.
	slices.SortStableFunc(e.running, func(x, y place.Project) int { return a.distance(x) - a.distance(y) })
	e.running = e.running[:min(len(e.running), mostMeant)]
	return e
}

// distance is how unlikely it is that a project was meant from here.
func (a *app) distance(p place.Project) int {
	if p.Name == filepath.Base(a.dir) || filepath.Base(p.Dir) == filepath.Base(a.dir) {
		return 0
	}
	return 1 + strings.Count(relative(a.dir, p.Dir), "/")
}

func relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return path
	}
	return rel
}

// How far a look for configs below a folder goes: it must be over at once in a
// folder of any size.
const (
	depthBelow   = 2
	entriesBelow = 2000
)

// configsBelow are the folders in dir that have a config, the nearest first.
func configsBelow(dir string) []string {
	var found []string
	level := []string{dir}
	left := entriesBelow
	for range depthBelow {
		var next []string
		for _, at := range level {
			entries, err := os.ReadDir(at)
			if err != nil {
				continue // not to be read: not meant
			}
			for _, e := range entries {
				if left--; left < 0 {
					return found
				}
				if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" || e.Name() == "vendor" {
					continue
				}
				path := filepath.Join(at, e.Name())
				next = append(next, path)
				if _, ok := config.In(path); ok {
					found = append(found, relative(dir, path))
				}
				if len(found) == mostMeant {
					return found
				}
			}
		}
		level = next
	}
	return found
}
