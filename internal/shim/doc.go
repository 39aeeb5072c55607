// Package shim is the process in an instance's tmux window.
package shim
