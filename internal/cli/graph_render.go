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

// drawGraph prints the graph for a person, a line for each service.
func (a *app) drawGraph(g graph) {
	if len(g.Services) == 0 {
		a.print.say("there are no services")
		return
	}
	rows := [][3]string{}
	for _, e := range g.Services {
		rows = append(rows, [3]string{strconv.Itoa(e.Step), e.Name, e.stateWords()})
	}
	var widths [3]int
	for _, row := range rows {
		for col, cell := range row {
			widths[col] = max(widths[col], ansi.Width(cell))
		}
	}
	step := 0
	for k, e := range g.Services {
		number := ""
		if e.Step != step {
			step, number = e.Step, rows[k][0]
		}
		used := widths[0] + widths[1] + 2*len(gap)
		line := a.print.paint(pad(number, widths[0]), color.Faint) + gap + pad(e.Name, widths[1]) + gap
		if g.Running {
			line += a.print.paint(pad(rows[k][2], widths[2]), stateColor(e.State)) + gap
			used += widths[2] + len(gap)
		}
		line += a.after(g, e, used)
		a.print.say("%s", strings.TrimRight(line, " "))
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

// after says what a service comes after, what is not there yet in another
// colour; used is how much of the line is taken.
func (a *app) after(g graph, e graphEntry, used int) string {
	var parts []string
	if e.Task {
		parts = append(parts, "task")
	}
	var after, plainAfter []string
	for _, on := range e.After {
		word := on.Service
		if on.Condition != config.Ready {
			word += " (" + on.Condition + ")"
		}
		if g.Running && !on.Holds {
			word = "! " + word
			after = append(after, a.print.paint(word, color.FgYellow))
		} else {
			after = append(after, word)
		}
		plainAfter = append(plainAfter, word)
	}
	shown := strings.Join(append(parts, prefixed("after ", after)...), ", ")
	bare := strings.Join(append(parts, prefixed("after ", plainAfter)...), ", ")
	if width := a.print.width; width > 0 && used+ansi.Width(bare) > width {
		return ansi.Truncate(bare, max(0, width-used), "…")
	}
	return shown
}

// prefixed is a list as one word after a preposition; none without words.
func prefixed(with string, words []string) []string {
	if len(words) == 0 {
		return nil
	}
	return []string{with + strings.Join(words, ", ")}
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
