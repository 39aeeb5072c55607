package cli

import (
	"runtime"

	"prox/internal/version"
)

type versionCmd struct{}

// Help is printed below the usage.
func (*versionCmd) Help() string { return "Exit code: 0." }

// Run prints the version.
func (*versionCmd) Run(a *app) error {
	a.print.say("prox %s (%s/%s, %s)", version.String(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	return nil
}
