package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fatih/color"

	"prox/config"
	"prox/internal/doctor"
)

type doctorCmd struct {
	environmentFlags
	JSON bool `help:"Print JSON."`
}

// Help is printed below the usage.
func (*doctorCmd) Help() string {
	return `tmux, the terminal, limits and folders; and with a config the ports it wants, and the programs that its commands,
healthchecks and hooks need, with where they come from. What is wrong is told with what to do. Nothing is started or changed.

Examples:
  prox doctor
  prox doctor --json | jq -r '.checks[] | select(.outcome == "problem") | .text'

Exit codes: 0 nothing is broken (warnings may be there), 1 something is.`
}

// diagnosis is what --json prints.
type diagnosis struct {
	OK     bool             `json:"ok"`
	Config string           `json:"config,omitempty"` // "" = there is none: the machine only
	Checks []doctor.Finding `json:"checks"`
}

// Run checks the machine, and the project if there is one.
func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	if err := c.use(a); err != nil {
		return err
	}
	path, p, configured := a.doctorConfig()
	d := diagnosis{Config: path, Checks: a.examineMachine(ctx, p)}
	d.Checks = append(d.Checks, configured)
	d.Checks = append(d.Checks, a.examineController(ctx)...)
	if p != nil {
		d.Checks = append(d.Checks, a.examineProject(p)...)
	}
	d.OK = !doctor.Broken(d.Checks)
	if c.JSON {
		if err := a.printJSON(d); err != nil {
			return err
		}
	} else {
		a.diagnose(d.Checks)
	}
	if !d.OK {
		return &exitError{code: exitFailed}
	}
	return nil
}

// doctorConfig reads the config. None, and a broken one, keep nothing else from
// being checked.
func (a *app) doctorConfig() (string, *config.Project, doctor.Finding) {
	const check = "config"
	path, err := a.configPath()
	if errors.Is(err, config.ErrNoConfig) {
		return "", nil, doctor.Finding{Check: check, Outcome: doctor.OK, Text: "there is none here: only the machine was checked"}
	}
	var p *config.Project
	if err == nil {
		p, err = a.load(path)
	}
	if err == nil {
		return path, p, doctor.Finding{Check: check, Outcome: doctor.OK, Text: fmt.Sprintf("%s, %s", path, count(len(p.Services), "service"))}
	}
	text, more := words(err)
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		more = append(more, strings.Split(h.Hint(), "\n")...)
	}
	return path, nil, doctor.Finding{Check: check, Outcome: doctor.Problem, Text: text, Fix: more}
}

// diagnose prints the findings, one a line, with what to do below.
func (a *app) diagnose(all []doctor.Finding) {
	var names []string
	counts := map[doctor.Outcome]int{}
	for _, f := range all {
		names = append(names, f.Check)
		counts[f.Outcome]++
	}
	for _, f := range all {
		word := a.print.paint(pad(string(f.Outcome), len(doctor.Warning)), outcomeColor(f.Outcome))
		a.print.say("%s  %s  %s", word, pad(f.Check, widest(names)), plain(f.Text))
		for _, line := range f.Fix {
			a.print.say("    %s", plain(line))
		}
	}
	var parts []string
	if n := counts[doctor.Problem]; n > 0 {
		parts = append(parts, count(n, "problem"))
	}
	if n := counts[doctor.Warning]; n > 0 {
		parts = append(parts, count(n, "warning"))
	}
	a.print.say("%s", orElse(strings.Join(parts, ", "), "all is well"))
}

func outcomeColor(o doctor.Outcome) color.Attribute {
	switch o {
	case doctor.OK:
		return color.FgGreen
	case doctor.Warning:
		return color.FgYellow
	}
	return color.FgRed
}
