package dash

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"prox/internal/ansi"
	"prox/internal/api"
)

// processLines are the tree of processes, each with what it costs by itself.
func processLines(w *world, k *serviceKnown, most int) []string {
	if k.inspection == nil {
		return []string{w.look.faint.Render(" collecting …")}
	}
	all := k.inspection.Processes
	if len(all) == 0 {
		return []string{w.look.faint.Render(" it has no process")}
	}
	lines := []string{w.look.faint.Render(fmt.Sprintf(" %7s %6s %7s %3s %5s  %s", "PID", "CPU", "MEMORY", "THR", "FILES", "COMMAND"))}
	for n, p := range all {
		if n == most {
			lines = append(lines, w.look.faint.Render(fmt.Sprintf(" … and %d more", len(all)-n)))
			break
		}
		cpu := unknown
		if p.CPUPercent != nil {
			cpu = percent(*p.CPUPercent)
		}
		tree := ""
		if p.Depth > 0 {
			branch := "├─ "
			if lastChild(all, n) {
				branch = "└─ "
			}
			tree = strings.Repeat("   ", p.Depth-1) + branch
		}
		lines = append(lines, fmt.Sprintf(" %7d %6s %7s %3d %5d  %s%s", p.Pid, cpu, size(p.MemoryBytes), p.Threads, p.FilesTotal,
			w.look.frame.Render(tree), tidy(orElse(p.Command, p.Name))))
	}
	return lines
}

// sharedLine says how much memory the tree holds, and how much of it would be
// free without it.
func sharedLine(r row) string {
	if c := r.Costs; c != nil && c.PrivateBytes != nil && r.MemoryBytes != nil {
		return fmt.Sprintf(" memory %s, or %s with shared pages divided among who shares them", size(*r.MemoryBytes), size(*c.PrivateBytes))
	}
	return ""
}

// lastChild reports whether no other child of the same parent follows.
func lastChild(all []api.InspectedProcess, n int) bool {
	for _, p := range all[n+1:] {
		if p.Parent == all[n].Parent {
			return false
		}
	}
	return true
}

// openLines are what the tree has open: sockets that listen first, then
// connections, then files.
func openLines(w *world, r row, k *serviceKnown) []string {
	if k.inspection == nil {
		return []string{w.look.faint.Render(" collecting …")}
	}
	var listening, connected, files []string
	remotes := map[string]int{}
	for _, p := range k.inspection.Processes {
		for _, s := range p.Sockets {
			switch {
			case s.State == "listening":
				listening = append(listening, fmt.Sprintf("  %-4s %s  %s", s.Proto, tidy(s.Local), w.look.faint.Render(fmt.Sprintf("%s %d", tidy(p.Name), p.Pid))))
			case s.Remote != "":
				remotes[s.Proto+" to "+s.Remote+", "+s.State]++
			}
		}
		for _, f := range p.Files {
			if f.Kind != "socket" {
				files = append(files, fmt.Sprintf("  %7d %4d %-9s %s", p.Pid, f.FD, f.Kind, tidy(f.Path)))
			}
		}
	}
	for to, n := range remotes {
		connected = append(connected, fmt.Sprintf("  %s %s", tidy(to), w.look.faint.Render(fmt.Sprintf("×%d", n))))
	}
	slices.Sort(connected)
	var lines []string
	if c := r.Costs; c != nil && c.Files != nil {
		text := fmt.Sprintf(" %s", counted(*c.Files, "open file"))
		if c.FileLimit != nil && c.FullestFiles != nil {
			text += fmt.Sprintf("; %d of the %d that one process may have", *c.FullestFiles, *c.FileLimit)
		}
		lines = append(lines, text)
	}
	if words := trafficWords(r.Costs); words != "" {
		lines = append(lines, " "+words)
	}
	part := func(title string, of []string) {
		lines = append(lines, w.look.bold.Render(" "+title))
		if len(of) == 0 {
			of = []string{w.look.faint.Render("  none")}
		}
		lines = append(lines, of...)
	}
	part("Listening", listening)
	part("Connected", connected)
	part("Files", files)
	return lines
}

// trafficWords say what goes to and from the disk and over connections, as far
// as the system tells it.
func trafficWords(c *api.Costs) string {
	if c == nil {
		return ""
	}
	var all []string
	for _, of := range []struct {
		what, inWord, outWord string
		in, out               *float64
	}{
		{"disk", "read", "written", c.ReadPerSecond, c.WrittenPerSecond},
		{"network", "received", "sent", c.ReceivedPerSecond, c.SentPerSecond},
	} {
		if of.in != nil && of.out != nil {
			all = append(all, fmt.Sprintf("%s %s/s %s, %s/s %s", of.what, size(uint64(max(0, *of.in))), of.inWord, size(uint64(max(0, *of.out))), of.outWord))
		}
	}
	return strings.Join(all, " · ")
}

// environmentLines are the variables, their values hidden unless they are to
// be shown: 1 shows those that are no secrets, 2 all.
func environmentLines(w *world, k *serviceKnown, show int) []string {
	e := k.environment
	if e == nil {
		return []string{w.look.faint.Render(" collecting …")}
	}
	lines := []string{w.look.faint.Render(" " + counted(len(e.Vars), "variable") + " · " + map[int]string{0: "v shows values", 1: "V shows secrets too", 2: "V hides them"}[show])}
	if len(e.Changes) > 0 {
		lines = append(lines, w.look.warn.Render(" a restart would change "+tidy(strings.Join(e.Changes, ", "))))
	}
	width := 0
	for _, x := range e.Vars {
		width = max(width, min(24, ansi.Width(x.Origin)))
	}
	for _, shell := range []bool{false, true} { // what the project gives comes first
		for _, x := range e.Vars {
			if (x.Origin == "shell") != shell {
				continue
			}
			value := "••••"
			switch {
			case show == 2:
				value = tidy(x.Value)
			case show == 1 && w.do.Masked != nil:
				value = tidy(w.do.Masked(x.Name, x.Value))
			}
			lines = append(lines, " "+w.look.faint.Render(fit(tidy(x.Origin), width, false))+"  "+w.look.bold.Render(tidy(x.Name))+"="+value)
		}
	}
	return lines
}

// historyLines are what became of it: what it waits for, its health, its last
// exits.
func historyLines(w *world, r row, k *serviceKnown, most int) []string {
	x := k.explanation
	if x == nil {
		return []string{w.look.faint.Render(" collecting …")}
	}
	var lines []string
	for _, on := range x.WaitsFor {
		lines = append(lines, fmt.Sprintf("  waits for %s: %s %s %s", tidy(on.Service), on.State.Symbol(), on.State, tidy(on.Reason)))
	}
	if h := x.Health; h != nil {
		answer := w.look.good.Render("passed")
		if !h.Passed {
			answer = w.look.warn.Render("failed: " + tidy(h.Answer))
		}
		text := "  " + tidy(h.Check) + ": " + answer
		if h.Failures > 0 {
			text += fmt.Sprintf(", %d of %d in a row", h.Failures, h.Retries)
		}
		lines = append(lines, text)
	}
	lines = append(lines, "  "+tidy(x.Policy))
	if x.Limits != "" {
		lines = append(lines, "  limits: "+tidy(x.Limits))
	}
	if x.Dir != "" {
		lines = append(lines, w.look.faint.Render("  in "+tidy(atHome(x.Dir))))
	}
	if s := x.SinceGood; s != nil {
		for _, c := range s.Changes {
			lines = append(lines, "  since its last good run: "+tidy(c))
		}
	}
	if len(x.Exits) == 0 {
		return append(lines, w.look.faint.Render("  it has never ended"))
	}
	for n, e := range slices.Backward(x.Exits) {
		if len(x.Exits)-n > most {
			lines = append(lines, w.look.faint.Render(fmt.Sprintf("  … and %d before", n+1)))
			break
		}
		text := fmt.Sprintf("  %s  run %d: %s after %s", e.At.Local().Format(time.DateTime), e.Run, tidy(e.Text), age(time.Duration(e.RanSeconds*float64(time.Second))))
		if e.Asked != "" {
			text += ", " + tidy(e.Asked)
		}
		if e.Asked == "" && (e.Code != 0 || e.Signal != "" || e.Error != "") {
			text = w.look.bad.Render(text)
		}
		lines = append(lines, text)
	}
	var probes []string
	for _, ev := range w.events {
		if ev.Instance == r.Name && ev.Kind == api.EventProbe {
			probes = append(probes, fmt.Sprintf("  %s  %s", ev.Time.Local().Format(time.DateTime), tidy(ev.Text())))
		}
	}
	return append(lines, probes[max(0, len(probes)-most):]...)
}
