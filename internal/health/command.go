package health

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unicode"

	"golang.org/x/sys/unix"
)

const (
	outputMost = 4 << 10 // of what a command prints, what is kept
	wordsMost  = 200     // of that, what is told
	// grace is how long the output of a command that has ended, or was killed,
	// may be held open by something it has left.
	grace = 200 * time.Millisecond
)

// CommandSpec is a command that tells a service's health.
type CommandSpec struct {
	Text string   // as people know it
	Argv []string // what is executed
	Dir  string
	Env  []string
}

// Command is good when the command exits with 0. It runs in a process group of
// its own, all of which is killed when the time is up.
func Command(s CommandSpec) Check {
	return func(ctx context.Context) error {
		var out tail
		cmd := exec.CommandContext(ctx, s.Argv[0], s.Argv[1:]...)
		cmd.Dir, cmd.Env = s.Dir, s.Env
		cmd.Stdout, cmd.Stderr = &out, &out
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
		cmd.WaitDelay = grace
		err := cmd.Run()
		if err == nil || errors.Is(err, exec.ErrWaitDelay) { // it exited with 0 all the same
			return nil
		}
		what := err.Error()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			what = fmt.Sprintf("exit code %d", exit.ExitCode())
			if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
				what = "killed by " + unix.SignalName(ws.Signal())
			}
		}
		if said := out.words(); said != "" {
			what += ": " + said
		}
		return fmt.Errorf("%s: %s", s.Text, what)
	}
}

// tail keeps the end of what is written to it.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p[max(0, len(p)-outputMost):]...)
	t.b = t.b[max(0, len(t.b)-outputMost):]
	return len(p), nil
}

// words is the last line that says something.
func (t *tail) words() string {
	lines := bytes.Split(t.b, []byte("\n"))
	for k := len(lines) - 1; k >= 0; k-- {
		if w := oneLine(string(lines[k])); w != "" {
			return w
		}
	}
	return ""
}

// oneLine makes text of foreign making fit to be told in a line.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(s)
	if len(s) > wordsMost {
		s = strings.ToValidUTF8(s[:wordsMost], "") + "…"
	}
	return s
}
