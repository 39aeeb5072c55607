package dash

import tea "charm.land/bubbletea/v2"

// view is one of the screens. It changes in update only, and draws from what it
// and the world hold: the same state always looks the same.
type view interface {
	// name stands on its tab.
	name() string
	// update takes in a message: a key that means nothing to the whole window, a
	// mouse event whose place is counted from the view's own corner, or
	// anything that was told.
	update(w *world, msg tea.Msg) tea.Cmd
	// shown tells that the person comes to it, or goes.
	shown(w *world, on bool) tea.Cmd
	// draw gives w.height lines at most, of w.width cells at most.
	draw(w *world) []string
	// typing reports whether all keys are the view's, because a text is typed.
	typing() bool
	// keys are the view's own, the most important first.
	keys() []keyHelp
}

// keyHelp says what a key does.
type keyHelp struct {
	keys  string // "↑↓"
	short string // at the bottom: "select"; "" = only in the help
	long  string // in the help
}
