package dash

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"

	"prox/internal/api"
)

// theme is the few ways to write. Colour never says anything that a word or a
// sign does not say too. States have the terminal's own sixteen colours, which
// its owner has chosen to be told apart; only what is between text and
// background has shades of its own.
type theme struct {
	plain, bold, faint, mark lipgloss.Style // mark: what the keys act on
	bad, warn, good, busy    lipgloss.Style
	chosen                   lipgloss.Style // the background of the chosen line
	bar, tab, tabOn          lipgloss.Style // the line at the top
	key, frame               lipgloss.Style
	first, second            lipgloss.Style // of what a chart draws
	names                    []lipgloss.Style
}

// newTheme is for a terminal that has so many colours, and a dark background
// or a light one.
func newTheme(p colorprofile.Profile, dark bool) theme {
	none := lipgloss.NewStyle().Inline(true)
	t := theme{
		plain: none, bold: none.Bold(true), faint: none.Faint(true), mark: none.Bold(true),
		bad: none.Bold(true), warn: none.Bold(true), good: none, busy: none,
		chosen: none.Reverse(true),
		bar:    none.Reverse(true), tab: none, tabOn: none.Bold(true).Underline(true),
		key: none.Bold(true), frame: none.Faint(true), first: none, second: none.Faint(true),
	}
	if p <= colorprofile.ASCII {
		t.names = []lipgloss.Style{none}
		return t
	}
	t.bad, t.warn = t.bad.Foreground(lipgloss.Red), t.warn.Foreground(lipgloss.Yellow)
	t.good, t.busy = t.good.Foreground(lipgloss.Green), t.busy.Foreground(lipgloss.Yellow)
	t.mark, t.key = t.mark.Foreground(lipgloss.Cyan), t.key.Foreground(lipgloss.Cyan)
	t.first, t.second = none.Foreground(lipgloss.Cyan), none.Foreground(lipgloss.Magenta)
	for _, c := range []color.Color{lipgloss.Cyan, lipgloss.Yellow, lipgloss.Magenta, lipgloss.Green, lipgloss.Blue, lipgloss.BrightCyan, lipgloss.BrightYellow, lipgloss.BrightMagenta, lipgloss.BrightGreen, lipgloss.BrightBlue} {
		t.names = append(t.names, none.Foreground(c))
	}
	if p < colorprofile.ANSI256 {
		return t
	}
	shade := func(onDark, onLight string) color.Color {
		if dark {
			return lipgloss.Color(onDark)
		}
		return lipgloss.Color(onLight)
	}
	t.faint = none.Foreground(shade("245", "242"))
	t.frame = none.Foreground(shade("240", "250"))
	t.chosen = none.Background(shade("237", "254"))
	t.bar = none.Background(shade("236", "254"))
	t.tab, t.tabOn = t.bar.Foreground(shade("245", "242")), t.bar.Bold(true).Underline(true)
	return t
}

// state is how a state is written.
func (t *theme) state(st api.State) lipgloss.Style {
	switch st {
	case api.Ready, api.Done:
		return t.good
	case api.Failed, api.Unhealthy:
		return t.bad
	case api.Waiting, api.Starting, api.Running, api.Stopping, api.Backoff:
		return t.busy
	case api.Stopped:
		return t.faint
	}
	return t.plain
}

// name is the colour of the nth service.
func (t *theme) name(n int) lipgloss.Style { return t.names[n%len(t.names)] }
