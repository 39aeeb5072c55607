package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fatih/color"

	"prox/internal/ansi"
	"prox/internal/api"
)

type whyCmd struct {
	Name string `completes:"service,instance" arg:"" name:"service" help:"The service."`

	whole bool // with the config and every end of a run
}

// Help is printed below the usage.
func (*whyCmd) Help() string {
	return `For a service that died: how it ended, how long it ran, its last lines, what comes next. For one that waits: what for, and since when.

Example:
  prox why api

Exit codes: 0 fine, 2 no such service, 3 the project is not running, 4 no config, or a bad one.`
}

// Run tells the story of one service.
func (c *whyCmd) Run(ctx context.Context, a *app) error {
	t, err := a.find()
	if err != nil {
		return err
	}
	client := a.client(t.place)
	defer client.Close()
	x, err := client.Explain(ctx, c.Name)
	if err != nil {
		return t.explain(err)
	}
	a.story(a.print.out, x, time.Now(), c.whole)
	return nil
}

// story prints an explanation; whole has the config too, and every end of a run.
func (a *app) story(w io.Writer, x *api.Explanation, now time.Time, whole bool) {
	i := x.Instance
	p := a.print
	fmt.Fprintf(w, "%s  %s, for %s\n", p.paint(i.Name, color.Bold), p.paint(i.State.Symbol()+" "+string(i.State), stateColor(i.State)), span(now.Sub(x.Since)))
	field := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %s %s\n", pad(name, 9), fmt.Sprintf(format, args...))
	}
	if r := reason(i, now); r != "" {
		field("reason", "%s", r)
	}
	label := "waits for"
	if i.State != api.Waiting {
		label = "note"
	}
	for _, d := range x.WaitsFor {
		text := fmt.Sprintf("%s, which is %s, for %s", d.Service, d.State, span(now.Sub(d.Since)))
		if d.Reason != "" {
			text += ": " + plain(d.Reason)
		}
		switch {
		case d.By != "":
			text = d.By + " needs " + text
		case i.State != api.Waiting:
			text = "it goes on without " + text
		}
		field(label, "%s", text)
		label = ""
	}
	if i.NextAt != nil {
		field("next", "starts again at %s, in %s", i.NextAt.Local().Format(time.TimeOnly), span(i.NextAt.Sub(now)))
	}
	field("command", "%s", plain(x.Command))
	field("folder", "%s", plain(x.Dir))
	if i.Pid != nil {
		up := ""
		if i.StartedAt != nil {
			up = ", for " + span(now.Sub(*i.StartedAt))
		}
		field("process", "pid %d, run %d%s, cpu %s, memory %s, ports %s", *i.Pid, i.Run, up, cpuCell(i, now), memoryCell(i, now), portsCell(i, now))
	}
	if len(x.DependsOn) > 0 && i.State != api.Waiting {
		field("needs", "%s", strings.Join(x.DependsOn, ", "))
	}
	if h := x.Health; h != nil {
		answer := "not answered well yet"
		switch {
		case h.Answer != "":
			answer = fmt.Sprintf("%s (%d of %d failures)", plain(h.Answer), h.Failures, h.Retries)
		case h.Passed:
			answer = "passes"
		}
		field("health", "%s: %s", plain(h.Check), answer)
	}
	if x.Limits != "" {
		field("limits", "%s", x.Limits)
	}
	field("policy", "%s; %s so far", x.Policy, count(i.Restarts, "restart"))
	if g := x.SinceGood; g != nil {
		what := "nothing that is known has changed"
		if len(g.Changes) > 0 {
			what = plain(strings.Join(g.Changes, "; "))
		}
		field("changed", "since the last good run (run %d, %s ago): %s", g.Run, span(now.Sub(g.At)), what)
	}
	shown := exitsShown
	if whole {
		shown = len(x.Exits)
	}
	a.exits(w, x.Exits[max(0, len(x.Exits)-shown):], now)
	for _, advice := range x.Advice {
		field("hint", "%s", plain(advice))
	}
	if whole {
		a.settings(w, x.Config)
	}
	a.lastLines(w, x)
}

// exitsShown is how many of the last ends of runs are told of.
const exitsShown = 5

// exits lists how runs have ended, and when.
func (a *app) exits(w io.Writer, exits []api.Exit, now time.Time) {
	for _, e := range exits {
		asked := ""
		if e.Asked != "" {
			asked = plain(e.Asked) + ": "
		}
		when := ""
		if !e.At.IsZero() {
			when = fmt.Sprintf(", at %s, %s ago", clock(e.At, now), span(now.Sub(e.At)))
		}
		fmt.Fprintf(w, "  %s %s%s%s\n", pad(fmt.Sprintf("run %d", e.Run), 9), asked, exitText(e), when)
	}
}

// settings lists the config in force.
func (a *app) settings(w io.Writer, all []api.Setting) {
	var keys []string
	for _, s := range all {
		keys = append(keys, s.Key)
	}
	fmt.Fprintf(w, "  its config (prox env has the variables):\n")
	for _, s := range all {
		fmt.Fprintf(w, "    %s  %s\n", a.print.paint(pad(s.Key, widest(keys)), color.Faint), inOneLine(s.Value))
	}
}

// exitText says how a run ended and how long it took.
func exitText(e api.Exit) string {
	text := plain(orElse(e.Text, e.Error))
	if e.Error == "" || e.RanSeconds > 0 {
		text += " after " + span(time.Duration(e.RanSeconds*float64(time.Second)))
	}
	return text
}

// lastLines prints what the service last said.
func (a *app) lastLines(w io.Writer, x *api.Explanation) {
	if e := x.Instance.Exit; e == nil && x.Instance.Pid == nil || e != nil && e.Error != "" {
		return // it did not run: what is kept is older
	}
	if len(x.Lines) == 0 {
		if x.Instance.Exit != nil {
			fmt.Fprintf(w, "  it has printed nothing\n")
		}
		return
	}
	fmt.Fprintf(w, "  its last lines:\n")
	for _, l := range x.Lines {
		fmt.Fprintf(w, "    %s %s\n", a.print.paint("|", color.Faint), a.clean([]byte(l)))
	}
}

// clean makes a service's line fit to be printed: with its colours on a
// terminal, without elsewhere, and never with anything else.
func (a *app) clean(line []byte) []byte {
	if a.print.color {
		return ansi.Clean(nil, line)
	}
	return ansi.Plain(nil, line)
}

// crash prints the report on an instance that has failed.
func (a *app) crash(w io.Writer, x *api.Explanation) {
	p := a.print
	fmt.Fprintf(w, "\n%s %s\n", p.paint("✗ "+x.Instance.Name, color.FgRed), plain(x.Instance.Reason))
	fmt.Fprintf(w, "  %s %s\n", pad("command", 9), plain(x.Command))
	fmt.Fprintf(w, "  %s %s\n", pad("folder", 9), plain(x.Dir))
	exits := x.Exits[max(0, len(x.Exits)-exitsShown):]
	if e := x.Instance.Exit; e != nil && len(exits) == 0 {
		exits = []api.Exit{*e}
	}
	a.exits(w, exits, time.Now())
	for _, advice := range x.Advice {
		fmt.Fprintf(w, "  %s %s\n", pad("hint", 9), plain(advice))
	}
	a.lastLines(w, x)
}
