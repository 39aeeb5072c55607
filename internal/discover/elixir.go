package discover

import (
	"slices"
	"strings"
)

var elixirNames = []string{"mix.exs"}

var (
	mixPhoenix  = onDemand(`\{:phoenix,`)
	mixServes   = onDemand(`\{:(?:bandit|plug_cowboy|cowboy|oban|broadway),`)
	mixUmbrella = onDemand(`apps_path:\s*"([^"]+)"`)
	mixStarts   = onDemand(`(?m)^\s*mod:\s*\{`)
)

// elixir knows Phoenix, and other applications that serve, by their mix.exs.
func elixir(f *file) {
	text := string(f.data)
	command, key := "", "phoenix"
	switch m := mixUmbrella().FindStringSubmatch(text); {
	case m != nil: // one for all: it starts every application of the umbrella
		for _, dir := range f.glob([]string{m[1] + "/*"}) {
			if data, ok := f.root.readQuietly(join(dir, "mix.exs")); ok && mixPhoenix().Match(data) {
				command = "mix phx.server"
			}
		}
	case strings.Contains(text, "in_umbrella:") || strings.Contains(text, `build_path: "../../_build"`):
		return
	case mixPhoenix().MatchString(text):
		command = "mix phx.server"
	case mixServes().MatchString(text) && mixStarts().MatchString(text):
		command, key = "mix run --no-halt", "mod"
	}
	if command == "" {
		return
	}
	s := f.add("web", command, 0, key)
	f.nameByFolder(s)
	s.ids = append(s.ids, ref("mix", f.dir, ""))
}

func elixirCalls(c invocation) []Ref {
	if p := c.program(); p != "mix" && p != "iex" && p != "elixir" {
		return nil
	}
	if slices.Contains(c.argv, "phx.server") || slices.Contains(c.argv, "--no-halt") {
		return []Ref{ref("mix", c.dir, "")}
	}
	return nil
}
