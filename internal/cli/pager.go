package cli

import (
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

// pager shows what is written to it a screenful at a time. What is less than a
// screenful it prints, and is gone: less -F.
type pager struct {
	io.WriteCloser
	cmd *exec.Cmd
}

// page starts the person's pager where there is a terminal, as git does: that of
// PROX_PAGER, else of PAGER, else less. It is nil where nothing is to be paged:
// the pager is cat, or empty, or not there.
func (a *app) page(ctx context.Context) *pager {
	if !a.print.terminal {
		return nil
	}
	command := "less"
	for _, name := range []string{"PROX_PAGER", "PAGER"} {
		if value, ok := a.lookupEnv(name); ok {
			command = value
			break
		}
	}
	if command = strings.TrimSpace(command); command == "" || command == "cat" {
		return nil
	}
	if _, err := exec.LookPath(strings.Fields(command)[0]); err != nil {
		return nil
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", "exec "+command)
	cmd.Dir, cmd.Env = a.dir, a.environ
	for name, value := range map[string]string{"LESS": "FRX", "LV": "-c"} { // as git's: colours, and no screen of its own
		if _, ok := a.lookupEnv(name); !ok {
			cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], name+"="+value)
		}
	}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil
	}
	if err := cmd.Start(); err != nil {
		return nil
	}
	// Ctrl-C is the pager's: it ends a search in it.
	signal.Ignore(os.Interrupt, syscall.SIGQUIT)
	return &pager{in, cmd}
}

// end waits until the person has left the pager.
func (p *pager) end() error {
	err := p.Close()
	_ = p.cmd.Wait() // how it ends is nobody's business
	signal.Reset(os.Interrupt, syscall.SIGQUIT)
	return err
}

// lookupEnv looks a variable up in the person's environment; false when it is
// not set.
func (a *app) lookupEnv(name string) (string, bool) {
	for _, kv := range a.environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v, true
		}
	}
	return "", false
}
