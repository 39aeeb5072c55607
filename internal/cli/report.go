package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"prox/config"
	"prox/internal/api"
	"prox/internal/launch"
)

// The exit codes. They stand in every command's help and are never renumbered.
const (
	exitFine        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotRunning  = 3
	exitBadConfig   = 4
	exitNotReady    = 5
	exitInterrupted = 130
)

// exitError is an error with an exit code of its own. Without err nothing is
// said: all has been said already.
type exitError struct {
	code int
	err  error
	hint string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// Hint is the next step for the person.
func (e *exitError) Hint() string {
	var h interface{ Hint() string }
	if e.hint == "" && errors.As(e.err, &h) {
		return h.Hint()
	}
	return e.hint
}

// report turns an error into words and an exit code; nothing else does.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitFine
	}
	code := exitCode(err)
	var e *exitError
	if errors.As(err, &e) && e.err == nil {
		return code
	}
	message, more := words(err)
	fmt.Fprintf(w, "prox: %s\n", message)
	for _, line := range more {
		fmt.Fprintf(w, "  %s\n", line)
	}
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		for line := range strings.SplitSeq(h.Hint(), "\n") {
			fmt.Fprintf(w, "prox: hint: %s\n", line)
		}
	}
	return code
}

// words is an error's first line, and the lines that list what it is about.
func words(err error) (string, []string) {
	var problems []string
	file := "the config"
	var bad *config.InvalidError
	var wire *api.Error
	switch {
	case errors.As(err, &bad):
		for _, p := range bad.Problems {
			problems = append(problems, p.String())
		}
		if len(bad.Problems) > 0 && bad.Problems[0].File != "" {
			file = filepath.Base(bad.Problems[0].File)
		}
	case errors.As(err, &wire) && wire.Kind == api.KindBadConfig:
		problems = wire.Problems
	}
	if len(problems) == 0 {
		first, rest, more := strings.Cut(err.Error(), "\n")
		if !more {
			return first, nil
		}
		return first, strings.Split(rest, "\n")
	}
	return fmt.Sprintf("cannot use %s: %s", file, count(len(problems), "mistake")), problems
}

func exitCode(err error) int {
	var e *exitError
	var bad *config.InvalidError
	var unknown *config.UnknownServiceError
	var group *config.UnknownGroupError
	var name *config.NameError
	var search *config.SearchError
	switch {
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, launch.ErrNotRunning), api.IsKind(err, api.KindBusy): // as good as not running: it ends
		return exitNotRunning
	case errors.As(err, &bad), errors.As(err, &search), errors.Is(err, config.ErrNoConfig), api.IsKind(err, api.KindBadConfig):
		return exitBadConfig
	case errors.As(err, &unknown), errors.As(err, &group), errors.As(err, &name), api.IsKind(err, api.KindNoService), api.IsKind(err, api.KindUsage):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailed
}

// count says "1 service", "2 services".
func count(n int, thing string) string {
	switch {
	case n == 1:
		return "1 " + thing
	case strings.HasSuffix(thing, "s"):
		return fmt.Sprintf("%d %ses", n, thing)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
