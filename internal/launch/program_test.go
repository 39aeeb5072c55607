package launch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The programs of these tests are copies of the test itself, which prints what
// it would start.
func TestMain(m *testing.M) {
	if what := os.Getenv("LAUNCH_TEST_PRINT"); what != "" {
		KeepExecutable()
		if what == "gone" {
			self, err := os.Executable()
			if err != nil {
				panic(err)
			}
			_ = os.Remove(strings.TrimSuffix(self, shimSuffix))
		}
		out := Executable()
		if what == "shim" {
			out = strings.Join(ShimArgv(), " ")
		}
		if _, err := os.Stat(strings.Fields(out)[0]); err != nil {
			out = err.Error()
		}
		_, _ = os.Stdout.WriteString(out)
		return
	}
	os.Exit(m.Run())
}

func programs(t *testing.T, names ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func says(t *testing.T, path, what string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env = append(os.Environ(), "LAUNCH_TEST_PRINT="+what)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestTheShimIsOfTheSameBuild(t *testing.T) {
	t.Parallel()
	dir := programs(t, "prox", "prox-shim")
	prox, shim := filepath.Join(dir, "prox"), filepath.Join(dir, "prox-shim")
	if got := says(t, prox, "shim"); got != shim {
		t.Errorf("prox with a shim beside it starts %q", got)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(shim, old, old); err != nil {
		t.Fatal(err)
	}
	if got := says(t, prox, "shim"); got != prox+" shim" {
		t.Errorf("prox with an older shim beside it starts %q", got)
	}
	if err := os.Remove(shim); err != nil {
		t.Fatal(err)
	}
	if got := says(t, prox, "shim"); got != prox+" shim" {
		t.Errorf("prox alone starts %q", got)
	}
}

func TestTheShimFindsProx(t *testing.T) {
	t.Parallel()
	dir := programs(t, "prox", "prox-shim")
	shim := filepath.Join(dir, "prox-shim")
	if got := says(t, shim, "prox"); got != filepath.Join(dir, "prox") {
		t.Errorf("the shim takes %q for prox", got)
	}
	if got := says(t, shim, "gone"); !strings.Contains(got, "/fd/") && !strings.Contains(got, "/proc") {
		t.Errorf("when prox is deleted, the shim takes %q for it", got)
	}
}
