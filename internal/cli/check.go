package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"prox/config"
)

type checkCmd struct {
	environmentFlags
	Schema bool `help:"Print the JSON Schema of prox.toml and prox.yml, for editors."`
	JSON   bool `help:"Print the mistakes as JSON."`
}

// Help is printed below the usage.
func (*checkCmd) Help() string {
	return `Starts nothing. Every mistake is listed, with its line.

Examples:
  prox check
  prox check --schema > prox.schema.json

Exit codes: 0 it is right, 4 it is not, or there is none.`
}

// checked is what --json prints.
type checked struct {
	File     string    `json:"file"`
	OK       bool      `json:"ok"`
	Services []string  `json:"services"`
	Problems []problem `json:"problems"`
}

type problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Run checks the config.
func (c *checkCmd) Run(a *app) error {
	if err := c.use(a); err != nil {
		return err
	}
	if c.Schema {
		_, err := a.print.out.Write(config.Schema())
		return err
	}
	path, err := a.configPath()
	if errors.Is(err, config.ErrNoConfig) {
		return a.noConfig(err, true)
	}
	if err != nil {
		return err
	}
	p, err := a.load(path)
	if c.JSON {
		return c.json(a, path, p, err)
	}
	if err != nil {
		return err
	}
	a.print.say("%s is right: %s", filepath.Base(path), count(len(p.Services), "service"))
	return nil
}

func (c *checkCmd) json(a *app, path string, p *config.Project, err error) error {
	out := checked{File: path, OK: err == nil, Services: []string{}, Problems: []problem{}}
	var bad *config.InvalidError
	if err != nil && !errors.As(err, &bad) {
		return err
	}
	if err == nil {
		for _, s := range p.Services {
			out.Services = append(out.Services, s.Name)
		}
	} else {
		for _, x := range bad.Problems {
			out.Problems = append(out.Problems, problem{File: x.File, Line: x.Line, Column: x.Col, Key: x.Key, Message: x.Message, Hint: x.Hint})
		}
	}
	if err := a.printJSON(out); err != nil {
		return err
	}
	if err != nil {
		return &exitError{code: exitBadConfig}
	}
	return nil
}

// printJSON prints v for a program, indented for the person who looks on.
func (a *app) printJSON(v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot print as JSON: %w", err)
	}
	_, err = a.print.out.Write(append(b, '\n'))
	return err
}
