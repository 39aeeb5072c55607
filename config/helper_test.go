package config

import (
	"os"
	"path/filepath"
	"testing"
)

// exampleFile are load's arguments for prox.toml.example under its real name.
func exampleFile(t testing.TB) (string, []byte, *problems) {
	t.Helper()
	data, err := os.ReadFile("../prox.toml.example")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "prox.toml")
	return file, data, &problems{file: file}
}

func loadExample(t testing.TB) (*Project, error) {
	t.Helper()
	file, data, ps := exampleFile(t)
	return load(file, data, Options{}, ps)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
