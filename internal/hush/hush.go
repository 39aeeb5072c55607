// Package hush keeps libraries from asking tmux about colours while prox starts.
//
// lipgloss looks for the colours of standard output in an initialiser, and
// within tmux that runs `tmux info`: some milliseconds for each command that is
// typed, and one more process for each role, whether it draws or not. So TMUX is
// out of the environment until main gives it back:
//
//	func main() {
//		hush.Over()
//
// A program hushes by importing this package. That it comes first is Go's order
// of initialisation: of the packages whose imports are ready, the first by its
// path. This one needs syscall alone, and prox/… sorts before time, without
// which there is no os, and so no lipgloss. A test runs prox with a tmux that
// tells when it is asked.
package hush

import "syscall"

const name = "TMUX"

var value, had = take()

func take() (string, bool) {
	v, ok := syscall.Getenv(name)
	if ok {
		_ = syscall.Unsetenv(name) // if it can't be, a start is slower, and that is all
	}
	return v, ok
}

// Over gives back what was taken. It is the first thing that main does.
func Over() {
	if had {
		_ = syscall.Setenv(name, value) // it was there before
	}
}
