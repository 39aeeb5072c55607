package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"prox/internal/ansi"
	"prox/internal/api"
	"strconv"
	"strings"
	"time"
)

type statusCmd struct {
	Name string `arg:"" optional:"" name:"service" help:"Tell all of one service, as why does."`
	JSON bool   `name:"json" help:"Print everything for a program."`
}

// Help is the part of the help below the flags.
func (statusCmd) Help() string {
	return `Examples:
  prox status
  prox status api
  prox status --json | jq '.services[].state'

CPU is of one core, of the whole process tree, over the last seconds; … means
that it is being collected. Exit codes: 0 running, 3 not running.`
}

func (c *statusCmd) Run(a *app) error {
	if c.Name != "" && !c.JSON {
		return (&whyCmd{Name: c.Name}).Run(a)
	}
	p, err := a.project(false)
	if err != nil {
		return err
	}
	ctx := context.Background()
	client, err := p.client(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	st, err := client.Status(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(st)
	}
	a.printStatus(st, time.Now())
	return nil
}

func (a *app) printJSON(v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write JSON: %w", err)
	}
	a.out.line(string(b))
	return nil
}

func (a *app) printStatus(st *api.Status, now time.Time) {
	rows := [][]string{{"NAME", "STATE", "PID", "UPTIME", "RESTARTS", "CPU", "MEMORY", "PORTS", ""}}
	var states []api.State
	for _, i := range instances(st) {
		rows = append(rows, statusRow(i, now))
		states = append(states, i.State)
	}
	a.out.table(rows, func(row, col int, s string) string {
		switch {
		case row == 0:
			return a.out.faint(s)
		case col == 0:
			return a.out.bold(s)
		case col == 1:
			return a.out.state(states[row-1], s)
		}
		return s
	})
	for _, n := range st.Notices {
		a.err.line(a.err.faint("prox: " + n))
	}
}

func statusRow(i api.Instance, now time.Time) []string {
	row := []string{i.Name, symbols[i.State] + " " + string(i.State), "-", "-", strconv.Itoa(i.Restarts), "-", "-", "-", ""}
	if i.Pid != nil {
		row[2], row[5] = strconv.Itoa(*i.Pid), "…"
	}
	if i.StartedAt != nil {
		row[3] = brief(now.Sub(*i.StartedAt).Truncate(time.Second))
	}
	if i.CPUPercent != nil {
		row[5] = fmt.Sprintf("%.1f%%", *i.CPUPercent)
	}
	if i.MemoryBytes != nil {
		row[6] = size(*i.MemoryBytes)
	}
	if len(i.Ports) > 0 {
		var ports []string
		for _, p := range i.Ports {
			ports = append(ports, strconv.Itoa(p))
		}
		row[7] = strings.Join(ports, ",")
	}
	if i.State != api.Ready {
		row[8] = plain(i.Reason)
	}
	return row
}

// plain makes one harmless line of a text that may hold a service's words.
func plain(s string) string {
	return string(ansi.Plain(nil, []byte(strings.ReplaceAll(s, "\n", " "))))
}

// size is a number of bytes as a person reads it.
func size(n uint64) string {
	switch {
	case n < 10<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n < 1<<30:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
}
