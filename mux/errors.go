package mux

import (
	"errors"
	"fmt"
)

// hinted is an error that says what to do next.
type hinted struct{ text, hint string }

func (e *hinted) Error() string { return e.text }

// Hint tells the person what to do.
func (e *hinted) Hint() string { return e.hint }

const installHint = "install it: sudo apt install tmux, brew install tmux, sudo dnf install tmux, or sudo pacman -S tmux"

var (
	// ErrNoTmux says that there is no tmux program.
	ErrNoTmux error = &hinted{"tmux is not installed: there is no tmux in PATH", installHint}
	// ErrNotMarked says that a session is not the caller's to kill.
	ErrNotMarked = errors.New("the session does not carry the mark")
	// ErrServerGone says that no server runs.
	ErrServerGone = errors.New("no tmux server runs there")

	errRace = errors.New("the server was on its way out")
)

// TooOldError says that tmux is older than MinVersion.
type TooOldError struct{ Have Version }

func (e *TooOldError) Error() string {
	return fmt.Sprintf("tmux %s is too old: %s or newer is needed", e.Have, MinVersion)
}

// Hint tells the person what to do.
func (e *TooOldError) Hint() string { return installHint + " (a newer release, or from source)" }

// HarmError says that making a session would do harm to the user's server, or
// that the server would do harm to the session. Nothing was made.
type HarmError struct{ Option, Value, Why string }

func (e *HarmError) Error() string {
	return fmt.Sprintf("the tmux option %s is %s, and %s", e.Option, e.Value, e.Why)
}
