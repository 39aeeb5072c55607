package cli

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// demoFiles are a small project that needs nothing but a shell.
//
//go:embed all:demo
var demoFiles embed.FS

type demoCmd struct {
	Dir string `arg:"" optional:"" help:"Folder to write the project to; a new one in the temp folder otherwise."`
}

// Help is the part of the help below the flags.
func (demoCmd) Help() string {
	return `Writes a project of three services and starts it. Nothing is installed; prox
kill in its folder ends it.`
}

func (c *demoCmd) Run(a *app) error {
	dir := c.Dir
	if dir == "" {
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("prox-demo-%d", os.Getuid()))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot write the demo: %w", err)
	}
	err := fs.WalkDir(demoFiles, "demo", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := demoFiles.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, filepath.Base(path)), b, 0o700)
	})
	if err != nil {
		return fmt.Errorf("cannot write the demo: %w", err)
	}
	if err := os.Chdir(dir); err != nil {
		return fmt.Errorf("cannot go to the demo: %w", err)
	}
	a.flags.Config = filepath.Join(dir, "prox.toml")
	a.out.linef("A small project in %s: a kitchen, a waiter and a guest, in plain shell.", dir)
	if err := (&startCmd{Wait: true, Timeout: startTimeout}).Run(a); err != nil {
		return err
	}
	a.out.linef(`
Now go there and look around:

  cd %s
  prox status            what runs, and what it costs
  prox logs -f           what they say, merged
  prox attach waiter     the real terminal (Ctrl-b d leaves it)
  prox restart guest
  prox kill              everything gone`, dir)
	return nil
}
