package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"prox/internal/discover"
)

type importCmd struct {
	File   string `arg:"" completes:"file" help:"The config of another runner."`
	Format string `placeholder:"NAME" help:"Whose config it is, if its name doesn't tell: ${formats}."`
	Print  bool   `help:"Print the config instead of writing it."`
	Force  bool   `help:"Write prox.toml anew, if there is one."`
	JSON   bool   `help:"Print what was read as JSON, and write nothing."`
}

// Help is printed below the usage.
func (*importCmd) Help() string {
	return `Takes a whole config over: every setting that prox has too is kept, and every one that it doesn't
have, or that means something else with prox, is listed with its line. The new prox.toml lies
beside the file; the file itself stays as it is, and nothing in it is run.

Examples:
  prox import process-compose.yaml
  prox import ecosystem.config.js
  prox import deploy/stack.yml --format compose --print

Exit codes: 0 written, 1 the file can't be read or has no services, or prox.toml is there already,
2 no such format.`
}

// Run converts a config, and writes it.
func (c *importCmd) Run(ctx context.Context, a *app) error {
	path := c.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(a.dir, path)
	}
	if c.Format != "" && !slices.Contains(discover.Formats(), c.Format) {
		return &exitError{code: exitUsage, err: fmt.Errorf("there is no format %q", c.Format), hint: "there are " + strings.Join(discover.Formats(), ", ")}
	}
	target := filepath.Join(filepath.Dir(path), "prox.toml")
	if !c.Print && !c.JSON {
		if err := a.mayWrite(target, "import", c.Force); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, lookTime, fmt.Errorf("it takes longer than %s", lookTime))
	defer cancel()
	p, err := discover.Import(ctx, path, c.Format)
	switch {
	case err != nil && !exists(path):
		return fmt.Errorf("cannot import %s: there is no such file", c.File)
	case errors.Is(err, discover.ErrUnknownFormat):
		return &exitError{code: exitUsage, err: fmt.Errorf("cannot tell by its name whose config %s is", c.File), hint: "say so with --format: " + strings.Join(discover.Formats(), ", ") + "\nprox init reads package.json, Makefiles and the like"}
	case err != nil:
		return err
	case c.JSON:
		return a.printJSON(proposed(p))
	}
	if c.Print {
		for _, n := range p.Notes { // all: nothing that is in the file goes without a word
			a.print.note("%s", plain(n.String()))
		}
		_, err := a.print.out.Write(p.TOML())
		return err
	}
	if err := writeConfig(target, p.TOML(), c.Force); err != nil {
		return err
	}
	a.wrote(target, p)
	a.thenStart(p)
	if len(p.Notes) > 0 {
		a.print.say("to look at: %s that prox doesn't have, or means otherwise:", count(len(p.Notes), "setting"))
	}
	for _, n := range p.Notes {
		a.print.say("  %s", plain(n.String()))
	}
	return nil
}
