package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// fileNames are the configs that Find looks for in each folder, best first.
var fileNames = [...]string{"prox.toml", "prox.yml", "prox.yaml", "Procfile.dev", "Procfile"}

// ErrNoConfig means that neither a folder nor any above it has a config.
var ErrNoConfig error = noConfigError{}

type noConfigError struct{}

func (noConfigError) Error() string { return "no config found" }

func (noConfigError) Hint() string {
	return "write a prox.toml or a Procfile there; prox also starts a single file or command without one"
}

// SearchError says that a folder may not be looked into: there may be a config
// in it.
type SearchError struct {
	Dir string
	err error
}

func (e *SearchError) Error() string {
	return fmt.Sprintf("cannot look for a config in %s: this user may not look into the folder", e.Dir)
}

func (e *SearchError) Unwrap() error { return e.err }

// Hint tells the person what to do.
func (e *SearchError) Hint() string {
	return fmt.Sprintf("ls -ld %s says whose it is; chmod u+rx %s opens it to its owner", e.Dir, e.Dir)
}

// Find returns the absolute path of the config that is nearest to the folder
// from: in it, else in the first folder above that has one. In one folder
// prox.toml goes before prox.yml, prox.yaml, Procfile.dev and Procfile. The
// error wraps [ErrNoConfig] if there is none, and is a [*SearchError] if that
// can't be told.
func Find(from string) (string, error) {
	start, err := filepath.Abs(from)
	if err != nil {
		return "", fmt.Errorf("cannot look for a config: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if path, ok := In(dir); ok {
			return path, nil
		}
		if _, err := os.Stat(filepath.Join(dir, fileNames[0])); errors.Is(err, fs.ErrPermission) {
			return "", &SearchError{Dir: dir, err: err}
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%w in %s or any folder above: looked for %s", ErrNoConfig, start, strings.Join(fileNames[:], ", "))
		}
	}
}

// In returns the path of the config that a folder itself has, as Find would
// choose it; ok is false when it has none.
func In(dir string) (path string, ok bool) {
	for _, name := range fileNames {
		path := filepath.Join(dir, name)
		if fi, err := os.Stat(path); err == nil && !fi.IsDir() {
			return path, true
		}
	}
	return "", false
}
