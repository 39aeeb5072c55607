package cli

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

//go:embed demo
var demoFiles embed.FS

type demoCmd struct{}

// Help is printed below the usage.
func (*demoCmd) Help() string {
	return `Writes a project of four small shell services into a folder under the temp folder and starts it. Needs nothing but sh.

Example:
  prox demo

Exit codes: as of prox start.`
}

// Run writes the project out and starts it.
func (c *demoCmd) Run(ctx context.Context, a *app) error {
	dir, err := writeDemo()
	if err != nil {
		return err
	}
	a.dir, a.config = dir, ""
	if err := (&startCmd{Wait: true, Timeout: time.Minute}).Run(ctx, a); err != nil {
		return err
	}
	prox := ownName()
	a.print.say("\nNow try:\n  cd %s", dir)
	lines := [][2]string{
		{prox + " status", "what runs, and what it costs"},
		{prox + " attach", "the terminals themselves; Ctrl-b d leaves them"},
		{prox + " logs -f", "all output, merged"},
		{prox + " why flaky", "the one that crashes every few seconds"},
		{prox + " restart worker", "stopped and started in its window"},
		{prox + " kill", "nothing stays behind"},
	}
	var typed []string
	for _, line := range lines {
		typed = append(typed, line[0])
	}
	for _, line := range lines {
		a.print.say("  %s  %s", pad(line[0], widest(typed)), line[1])
	}
	return nil
}

// writeDemo writes the project into a folder of this user's own, the same one
// each time.
func writeDemo() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("prox-demo-%d", os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return "", fmt.Errorf("cannot write the demo: %w", err)
	}
	// The temp folder is everybody's: what lies there may not be ours.
	if err := ownFolder(dir); err != nil {
		return "", err
	}
	files, err := demoFiles.ReadDir("demo")
	if err != nil {
		return "", fmt.Errorf("cannot write the demo: %w", err)
	}
	for _, f := range files {
		b, err := demoFiles.ReadFile("demo/" + f.Name())
		if err != nil {
			return "", fmt.Errorf("cannot write the demo: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name()), b, 0o700); err != nil {
			return "", fmt.Errorf("cannot write the demo: %w", err)
		}
	}
	return dir, nil
}

// ownName is how to call this program from any folder.
func ownName() string {
	self, err := os.Executable()
	if err != nil {
		return "prox"
	}
	if found, err := exec.LookPath("prox"); err == nil && same(found, self) {
		return "prox"
	}
	return self
}
