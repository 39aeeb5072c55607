package checkout

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Dirty reports whether something at or below a folder is not committed: new
// files too, unless they are ignored. It runs git, which has to look at every
// file; the caller's context bounds it. What it looks at is not locked, so that
// nobody who works there has to wait.
func Dirty(ctx context.Context, dir string) (bool, error) {
	cmd := exec.CommandContext(ctx, "git", "-C", dir, "status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=dirty", "--", ".")
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	var said first
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return false, fmt.Errorf("git status in %s: %w: %s", dir, err, strings.TrimSpace(string(said)))
	}
	return len(said) > 0, nil
}

// first keeps the first bytes of what is written.
type first []byte

func (f *first) Write(p []byte) (int, error) {
	if room := 200 - len(*f); room > 0 {
		*f = append(*f, p[:min(room, len(p))]...)
	}
	return len(p), nil
}
