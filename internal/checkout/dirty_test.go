package checkout

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestDirty(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	dir := t.TempDir()
	git(t, dir, "init", "-q")
	for _, sub := range []string{"api", "web"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, sub, "main"), "1")
	}
	write(t, filepath.Join(dir, ".gitignore"), "*.log\n")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "one")
	is := func(sub string, want bool) {
		t.Helper()
		got, err := Dirty(t.Context(), filepath.Join(dir, sub))
		if err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", sub, got, err, want)
		}
	}
	is("api", false)
	write(t, filepath.Join(dir, "api", "out.log"), "ignored")
	is("api", false)
	write(t, filepath.Join(dir, "api", "main"), "2")
	is("api", true)
	is("web", false) // beside it nothing has changed
	is(".", true)
	write(t, filepath.Join(dir, "web", "new"), "1")
	is("web", true)
	if _, err := Dirty(t.Context(), t.TempDir()); err == nil {
		t.Error("no checkout, and no error")
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if _, err := Dirty(ctx, dir); err == nil {
		t.Error("it went on without time")
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
