package cli

import (
	"context"
	"errors"
	"fmt"
	"prox/config"
	"prox/internal/api"
	"prox/internal/launch"
)

// codeError ends a command with an exit code and no further word.
type codeError int

func (e codeError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// codeOf makes an error of an exit code; nil for 0.
func codeOf(code int) error {
	if code == 0 {
		return nil
	}
	return codeError(code)
}

// usageError says that the command line is wrong.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// Hint says where the command line is explained.
func (e *usageError) Hint() string {
	if e.hint != "" {
		return e.hint
	}
	return "prox --help, or prox COMMAND --help"
}

// notRunningError says that a project has no controller, and how it ended.
type notRunningError struct{ project, how string }

func (e *notRunningError) Error() string { return e.project + " is not running" + e.how }
func (e *notRunningError) Unwrap() error { return launch.ErrNotRunning }

// Hint tells how to start it.
func (e *notRunningError) Hint() string { return "prox start" }

// report prints what went wrong and gives the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return 0
	}
	var code codeError
	if errors.As(err, &code) {
		return int(code)
	}
	var bad *config.InvalidError
	var remote *api.Error
	switch {
	case errors.As(err, &bad):
		for _, p := range bad.Problems {
			a.err.line(p.String())
		}
		if n := len(bad.Problems); n > 1 {
			a.err.line(fmt.Sprintf("prox: %d mistakes in the config, nothing was started", n))
		}
	case errors.As(err, &remote) && len(remote.Problems) > 0:
		for _, p := range remote.Problems {
			a.err.line(p)
		}
	default:
		a.err.line(a.err.red("prox:") + " " + err.Error())
	}
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		a.err.line(a.err.faint("prox: hint: " + h.Hint()))
	}
	return exitCode(err)
}

func exitCode(err error) int {
	var bad *config.InvalidError
	var usage *usageError
	var unknown *config.UnknownServiceError
	switch {
	case errors.As(err, &bad), errors.Is(err, config.ErrNoConfig), api.IsKind(err, api.KindBadConfig):
		return exitBadConfig
	case errors.As(err, &usage), errors.As(err, &unknown), api.IsKind(err, api.KindUsage), api.IsKind(err, api.KindNoService):
		return exitUsage
	case errors.Is(err, launch.ErrNotRunning):
		return exitNotRunning
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailed
}
