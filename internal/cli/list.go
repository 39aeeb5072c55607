package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fatih/color"

	"prox/internal/api"
	"prox/internal/checkout"
	"prox/internal/launch"
	"prox/internal/place"
)

type listCmd struct {
	JSON bool `help:"Print JSON, for programs."`
}

// Help is printed below the usage.
func (*listCmd) Help() string {
	return `Each project with what its services are doing, the git branch of its folder, the ports it listens on, and the folder.

Examples:
  prox list
  prox list --json
  prox kill --all        ends them all

Exit codes: 0 fine, also when nothing runs; 1 failed.`
}

// running is a project that runs.
type running struct {
	place   place.Project
	Project string         `json:"project"`
	Dir     string         `json:"dir"`
	Branch  string         `json:"branch"` // of git; "" when there is none
	Session string         `json:"session"`
	States  map[string]int `json:"states"` // how many instances are in each
	Ports   []int          `json:"ports"`
}

// listPatience bounds how long one project may take to answer: one that hangs
// must not hide the others.
const listPatience = 2 * time.Second

// Run lists the projects.
func (c *listCmd) Run(ctx context.Context, a *app) error {
	all := a.running(ctx)
	if c.JSON {
		return a.printJSON(map[string]any{"projects": all})
	}
	if len(all) == 0 {
		a.print.say("no project runs")
		return nil
	}
	rows := [][]string{{"PROJECT", "SERVICES", "BRANCH", "PORTS", "FOLDER"}}
	for _, r := range all {
		rows = append(rows, []string{plain(r.Project), r.states(), orElse(plain(r.Branch), "-"), orElse(joined(r.Ports), "-"), plain(r.Dir)})
	}
	for k, row := range rows {
		var b strings.Builder
		for col, cell := range row {
			var column []string
			for _, other := range rows {
				column = append(column, other[col])
			}
			if col == len(row)-1 {
				b.WriteString(cell)
				break
			}
			b.WriteString(pad(cell, widest(column)) + gap)
		}
		if k == 0 {
			a.print.say("%s", a.print.paint(b.String(), color.Bold))
			continue
		}
		a.print.say("%s", b.String())
	}
	return nil
}

// running asks every project that was ever started how it is.
func (a *app) running(ctx context.Context) []running {
	places := place.All()
	found := make([]*running, len(places))
	var work sync.WaitGroup
	for k, p := range places {
		work.Go(func() { found[k] = a.look(ctx, p) })
	}
	work.Wait()
	all := []running{}
	for _, r := range found {
		if r != nil {
			all = append(all, *r)
		}
	}
	return all
}

// look asks one project; nil when it doesn't run.
func (a *app) look(ctx context.Context, p place.Project) *running {
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	if !launch.Remembered(p) {
		return nil
	}
	r := &running{place: p, Project: p.Name, Dir: p.Dir, Branch: checkout.At(p.Dir).String(), States: map[string]int{}, Ports: []int{}}
	client := a.client(p)
	defer client.Close()
	st, err := client.Status(ctx)
	if err != nil {
		r.States["no answer"]++
		return r
	}
	r.Session = st.Session
	for _, s := range st.Services {
		for _, i := range s.Instances {
			r.States[string(i.State)]++
			r.Ports = append(r.Ports, i.Ports...)
		}
	}
	slices.Sort(r.Ports)
	r.Ports = slices.Compact(r.Ports)
	return r
}

// states says how many services are in which state, what is wrong first.
func (r running) states() string {
	order := []api.State{"no answer", api.Failed, api.Unhealthy, api.Backoff, api.Waiting, api.Starting, api.Running, api.Stopping, api.Ready, api.Done, api.Stopped}
	var words []string
	for _, s := range order {
		if n := r.States[string(s)]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, s))
		}
	}
	return orElse(strings.Join(words, ", "), "none")
}

func joined(ports []int) string {
	var words []string
	for _, p := range ports {
		words = append(words, fmt.Sprint(p))
	}
	return strings.Join(words, ",")
}
