package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fatih/color"

	"prox/config"
	"prox/internal/ansi"
	"prox/internal/api"
)

// nameRoom is how far a long name pushes what stands beside the others on a
// terminal; a longer one pushes only what stands beside itself.
const nameRoom = 24

// drawGraph prints the graph for a person, a line for each service.
func (a *app) drawGraph(g graph) {
	if len(g.Services) == 0 {
		a.print.say("there are no services")
		return
	}
	var steps, names, states []string
	for _, e := range g.Services {
		steps, names, states = append(steps, strconv.Itoa(e.Step)), append(names, e.Name), append(states, e.stateWords())
	}
	width := a.print.width
	stepWidth, nameWidth, stateWidth := widest(steps), widest(names), widest(states)
	if width > 0 {
		nameWidth = min(nameWidth, nameRoom)
	}
	step := 0
	for k, e := range g.Services {
		number := ""
		if e.Step != step {
			step, number = e.Step, steps[k]
		}
		line := pad(a.print.paint(number, color.Faint), stepWidth) + gap + pad(e.Name, nameWidth) + gap
		if g.Running {
			line += pad(a.print.paint(states[k], stateColor(e.State)), stateWidth) + gap
		}
		line = strings.TrimRight(line+a.after(g, e), " ")
		if width > 0 {
			line = ansi.Truncate(line, width, "…")
		}
		a.print.say("%s", line)
	}
}

func (e graphEntry) stateWords() string {
	words := e.State.Symbol() + " " + string(e.State)
	if e.State == "" {
		return "- not started"
	}
	if e.Of > 1 {
		words += fmt.Sprintf(" %d of %d", e.Ready, e.Of)
	}
	return words
}

// after says what a service comes after. What is not there yet stands first,
// where no end of the line cuts it off.
func (a *app) after(g graph, e graphEntry) string {
	var missing, there []string
	for _, on := range e.After {
		word := on.Service
		if on.Condition != config.Ready {
			word += " (" + on.Condition + ")"
		}
		if g.Running && !on.Holds {
			missing = append(missing, a.print.paint("! "+word, color.FgYellow))
		} else {
			there = append(there, word)
		}
	}
	var parts []string
	if e.Task {
		parts = append(parts, "task")
	}
	if on := append(missing, there...); len(on) > 0 {
		parts = append(parts, "after "+strings.Join(on, ", "))
	}
	return strings.Join(parts, ", ")
}

// graphColor is a state's colour in formats that have their own palettes.
func graphColor(s api.State) string {
	switch s {
	case api.Ready, api.Done:
		return "#2e7d32"
	case api.Failed, api.Unhealthy:
		return "#c62828"
	case api.Backoff, api.Stopping:
		return "#f9a825"
	case api.Waiting, api.Starting, api.Running:
		return "#0277bd"
	}
	return "#757575"
}

// dot is the graph in Graphviz's language. Arrows go the way a start does.
func (g graph) dot() string {
	var b strings.Builder
	b.WriteString("digraph prox {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n")
	for _, e := range g.Services {
		attrs := "label=" + strconv.Quote(e.Name)
		if e.State != "" {
			attrs = fmt.Sprintf("label=%s, color=%q", strconv.Quote(e.Name+"\n"+e.stateWords()), graphColor(e.State))
		}
		if e.Task {
			attrs += ", shape=ellipse"
		}
		fmt.Fprintf(&b, "  %s [%s];\n", strconv.Quote(e.Name), attrs)
	}
	for _, e := range g.Services {
		for _, on := range e.After {
			attrs := ""
			if on.Condition != config.Ready {
				attrs = fmt.Sprintf(" [label=%q]", on.Condition)
			}
			fmt.Fprintf(&b, "  %s -> %s%s;\n", strconv.Quote(on.Service), strconv.Quote(e.Name), attrs)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// mermaid is the graph in Mermaid's. Names may be words of its own, such as
// "end", so that nodes have numbers.
func (g graph) mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	ids := map[string]string{}
	for k, e := range g.Services {
		id := fmt.Sprintf("s%d", k)
		ids[e.Name] = id
		label := e.Name
		if e.State != "" {
			label += "<br/>" + e.stateWords()
		}
		if e.Task {
			fmt.Fprintf(&b, "  %s([\"%s\"])\n", id, label)
		} else {
			fmt.Fprintf(&b, "  %s[\"%s\"]\n", id, label)
		}
		if e.State != "" {
			fmt.Fprintf(&b, "  style %s stroke:%s\n", id, graphColor(e.State))
		}
	}
	for _, e := range g.Services {
		for _, on := range e.After {
			arrow := "-->"
			if on.Condition != config.Ready {
				arrow += "|" + on.Condition + "|"
			}
			if from, ok := ids[on.Service]; ok {
				fmt.Fprintf(&b, "  %s %s %s\n", from, arrow, ids[e.Name])
			}
		}
	}
	return b.String()
}
