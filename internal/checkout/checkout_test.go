package checkout

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestAt holds what is read against what git says.
func TestAt(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git to compare with")
	}
	dir := filepath.Join(t.TempDir(), "shop")
	below := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	if h := At(dir); h != (Head{}) {
		t.Errorf("without git: %+v", h)
	}
	git(t, dir, "init", "-q", "-b", "main")
	if h := At(below); h.Branch != "main" || h.Commit != "" {
		t.Errorf("without a commit: %+v", h)
	}
	check := func(what, dir, branch string) {
		t.Helper()
		if h := At(dir); h.Branch != branch || h.Commit != git(t, dir, "rev-parse", "HEAD") || len(h.Short()) != 7 {
			t.Errorf("%s: %+v", what, h)
		}
	}
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "one")
	check("a branch", below, "main")
	git(t, dir, "checkout", "-q", "-b", "feat/x")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "two")
	check("a branch with a slash", dir, "feat/x")
	git(t, dir, "pack-refs", "--all")
	check("packed", dir, "feat/x")
	tree := filepath.Join(filepath.Dir(dir), "tree")
	git(t, dir, "worktree", "add", "-q", "-b", "other", tree, "main")
	check("a worktree", tree, "other")
	git(t, dir, "checkout", "-q", "--detach")
	check("a commit", dir, "")
	if h := At(dir); h.String() != h.Short() {
		t.Errorf("%s", h)
	}
}
