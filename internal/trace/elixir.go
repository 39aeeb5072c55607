package trace

// followsElixir knows the traces of Elixir, and what a process of its that
// ended says of itself below them.
func (g *Grouper) followsElixir(text []byte, indent int) answer {
	if len(text) == 0 {
		return yes
	}
	if indent > 0 {
		return unsure
	}
	for _, tail := range []string{"Last message", "State: ", "Function: ", "Initial Call: ", "Process Label: ", "Ancestors: "} {
		if starts(text, tail) {
			return yes
		}
	}
	return no
}
