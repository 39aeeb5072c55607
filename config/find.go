package config

import (
	"fmt"
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

// Find returns the absolute path of the config that is nearest to the folder
// from: in it, else in the first folder above that has one. In one folder
// prox.toml goes before prox.yml, prox.yaml, Procfile.dev and Procfile. The
// error wraps [ErrNoConfig] if there is none.
func Find(from string) (string, error) {
	start, err := filepath.Abs(from)
	if err != nil {
		return "", fmt.Errorf("cannot look for a config: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if path, ok := In(dir); ok {
			return path, nil
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
