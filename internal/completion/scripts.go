package completion

import (
	_ "embed"
	"errors"
)

//go:embed prox.bash
var bash []byte

//go:embed prox.zsh
var zsh []byte

//go:embed prox.fish
var fish []byte

// Shells are those that there is a script for.
var Shells = []string{"bash", "zsh", "fish"}

// ErrNoShell says that there is no script for a shell.
var ErrNoShell = errors.New("no such shell")

// Script is what makes a shell complete.
func Script(shell string) ([]byte, error) {
	switch shell {
	case "bash":
		return bash, nil
	case "zsh":
		return zsh, nil
	case "fish":
		return fish, nil
	}
	return nil, ErrNoShell
}
