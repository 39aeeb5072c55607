package clipboard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// programLimit bounds one program: a display that doesn't answer keeps xclip
// waiting for ever.
const programLimit = 3 * time.Second

var errTooLong = fmt.Errorf("it took more than %s", programLimit)

var errMissing = errors.New("it is not in PATH")

// program is one to be run with the text on its standard input.
type program struct {
	argv  []string
	env   []string // over that of Environ
	stays bool     // it goes on in the background, to hand the text to whoever pastes it
}

// run runs p to its end, or to where it has gone to the background.
func (h here) run(ctx context.Context, p program, text []byte) error {
	path, err := find(h.o.Environ, p.argv[0])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, programLimit, errTooLong)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, p.argv[1:]...)
	cmd.Env = slices.Concat(h.o.Environ, p.env)
	cmd.Stdin = bytes.NewReader(text)
	cmd.WaitDelay = time.Second // for a child of it that has the pipes and doesn't read
	var said bytes.Buffer
	if p.stays {
		// Its output goes to /dev/null: the process in the background keeps it
		// open, so that a pipe would be waited for until something else is
		// copied. And a session of its own keeps a Ctrl-C, meant for a script
		// that has copied something, from taking the text off the clipboard.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	} else {
		cmd.Stderr = &said
	}
	err = cmd.Run()
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return &exitError{exit, firstLine(said.String())}
	case errors.Is(err, exec.ErrWaitDelay):
		return errors.New("it did not read the text to its end")
	}
	return err
}

// exitError is a program that ended with another code than 0.
type exitError struct {
	exit *exec.ExitError
	said string
}

func (e *exitError) Error() string {
	if e.said == "" {
		return e.exit.Error()
	}
	return fmt.Sprintf("%s (%s)", e.said, e.exit)
}

func (e *exitError) Unwrap() error { return e.exit }

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line)
}

// find looks a program up in the PATH of environ: os/exec knows this process's
// only. A folder that isn't named in full is passed over, as os/exec does, so
// that what lies about in a checkout is not run.
func find(environ []string, name string) (string, error) {
	path, _ := lookup(environ, "PATH")
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", errMissing
}

// lookup gives a variable of environ, the last one where there are several, as
// os/exec does.
func lookup(environ []string, name string) (string, bool) {
	for _, kv := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value, true
		}
	}
	return "", false
}
