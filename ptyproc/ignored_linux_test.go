package ptyproc

import (
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

func TestIgnoredSignalsAreNotInherited(t *testing.T) {
	sigs := []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGHUP}
	for _, sig := range sigs {
		signal.Ignore(sig)
	}
	t.Cleanup(func() {
		for _, sig := range sigs {
			signal.Reset(sig)
		}
	})
	p := start(t, Spec{Argv: []string{"cat", "/proc/self/status"}, Env: environ(), PTY: true})
	for line := range strings.Lines(readAll(t, p)) {
		if mask, ok := strings.CutPrefix(line, "SigIgn:"); ok {
			var ignored uint64
			_, err := fmt.Sscanf(mask, "%x", &ignored)
			ignored &^= 1<<31 | 1<<32 // of the C library's own, which what posix_spawn starts ignores
			if err != nil || ignored != 0 {
				t.Errorf("the child ignores the signals %#x (%v)", ignored, err)
			}
		}
	}
	err := reaper.Detach(func() error {
		for _, sig := range sigs {
			if signal.Ignored(sig) {
				t.Errorf("%s is ignored by what is started detached", sig)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, sig := range sigs {
		if !signal.Ignored(sig) {
			t.Errorf("%s is not ignored any more by the caller", sig)
		}
	}
}
