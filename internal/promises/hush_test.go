package promises

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"

	"prox/internal/proxtest"
)

// TestNobodyAsksTmuxBeforeItIsNeeded: a library's initialiser that runs tmux
// costs each command some milliseconds, within tmux and on a terminal only.
func TestNobodyAsksTmuxBeforeItIsNeeded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	asked := filepath.Join(dir, "asked")
	if err := os.WriteFile(filepath.Join(dir, "tmux"), []byte("#!/bin/sh\necho \"$*\" >>"+asked+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env = []string{"TMUX=/nowhere/default,1,0", "TERM=screen-256color", "HOME=" + dir, "PATH=" + dir + ":" + os.Getenv("PATH")}
		terminal, err := pty.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = terminal.Close() }()
		_ = terminal.SetReadDeadline(time.Now().Add(time.Minute))
		said := make([]byte, 4096)
		n, _ := terminal.Read(said)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, said[:n])
		}
		return string(said[:n])
	}
	run(proxtest.Binary(t), "demo", "--help")
	if b, err := os.ReadFile(asked); err == nil {
		t.Errorf("tmux was run by a command that doesn't need it: %s", b)
	}
	if said := run("sh", "-c", "tmux info; echo $TMUX"); said != "/nowhere/default,1,0\r\n" {
		t.Errorf("the tmux of this test: %q", said)
	}
	if _, err := os.ReadFile(asked); err != nil {
		t.Errorf("this test would not see it: %v", err)
	}
}
