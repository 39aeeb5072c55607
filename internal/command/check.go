package cli

import (
	"errors"
	"fmt"
	"net"
	"prox/config"
	"strings"
	"time"
)

type netConn = net.Conn

// startTimeout is how long a start waits unless it is told.
const startTimeout = time.Minute

type checkCmd struct {
	Schema bool `help:"Print the JSON Schema of prox.toml and prox.yml, for editors."`
	JSON   bool `name:"json" help:"Print mistakes for a program."`
}

// Help is the part of the help below the flags.
func (checkCmd) Help() string {
	return `Examples:
  prox check
  prox check --schema > prox.schema.json

Exit codes: 0 the config is right, 4 it is not.`
}

func (c *checkCmd) Run(a *app) error {
	if c.Schema {
		a.out.line(strings.TrimRight(string(config.Schema()), "\n"))
		return nil
	}
	file, err := a.configFile()
	if err != nil {
		return err
	}
	p, err := config.Load(file)
	var bad *config.InvalidError
	if c.JSON && (err == nil || errors.As(err, &bad)) {
		problems := []config.Problem{}
		if bad != nil {
			problems = bad.Problems
		}
		if err := a.printJSON(problems); err != nil {
			return err
		}
		if bad != nil {
			return codeError(exitBadConfig)
		}
		return nil
	}
	if err != nil {
		return err
	}
	var layers []string
	for _, l := range p.Layers() {
		layers = append(layers, strings.Join(l, ", "))
	}
	a.out.linef("%s is right: %s", file, count(len(p.Services), ""))
	a.out.line(fmt.Sprintf("start order: %s", strings.Join(layers, " → ")))
	return nil
}
