package doctor

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/colorprofile"
)

// TerminalFacts are what is known of the terminal that the command is typed on.
type TerminalFacts struct {
	Term    string                 // TERM
	NoColor bool                   // NO_COLOR is set
	Colors  colorprofile.Profile   // that it takes
	Known   func(term string) bool // whether the machine has a description of it
	Locale  string                 // the one that counts of LC_ALL, LC_CTYPE and LANG
	OS      string                 // GOOS
}

// Terminal checks colours, and whether tmux can draw on the terminal.
func Terminal(f TerminalFacts) []Finding {
	return []Finding{f.colors(), f.locale()}
}

func (f TerminalFacts) colors() Finding {
	const check = "terminal"
	switch {
	case f.Term == "":
		return warning(check, "TERM is not set: no colours, and prox attach is refused by tmux", "from a terminal it is set; in a script neither is needed")
	case f.Term == "dumb":
		return warning(check, "TERM is dumb: no colours, and prox attach is refused by tmux", "TERM=xterm-256color prox attach, if the terminal is better than its name")
	case !f.Known(f.Term):
		return warning(check, fmt.Sprintf("this machine has no description of %s: tmux does not attach from it", f.Term),
			"TERM=xterm-256color prox attach",
			"or bring the description here, from the machine that has it: infocmp -x "+f.Term+" | ssh HERE tic -x -")
	case f.NoColor:
		return ok(check, f.Term+", colours are off by NO_COLOR")
	}
	words := map[colorprofile.Profile]string{
		colorprofile.TrueColor: "16 million colours", colorprofile.ANSI256: "256 colours", colorprofile.ANSI: "16 colours",
	}[f.Colors]
	if words == "" {
		return ok(check, f.Term+", no colours")
	}
	return ok(check, f.Term+", "+words)
}

// locale checks that the symbols of the tables can be shown.
func (f TerminalFacts) locale() Finding {
	const check = "locale"
	name := strings.ToLower(strings.ReplaceAll(f.Locale, "-", ""))
	switch {
	case strings.Contains(name, "utf8"):
		return ok(check, f.Locale)
	case f.OS == "darwin" && f.Locale == "":
		return ok(check, "not set; macOS is UTF-8 all the same")
	case f.Locale == "":
		return warning(check, "not set: programs may not print more than ASCII", "export LANG=C.UTF-8")
	}
	return warning(check, f.Locale+" is not UTF-8: lines and symbols may come out wrong", "export LANG=C.UTF-8")
}
