// Package version says which build of prox this is.
package version

// number is set by the Makefile: -ldflags "-X prox/internal/version.number=…".
var number = "0.1.0-dev"

// String is the version, as `prox version` shows it.
func String() string { return number }
