package promises

import (
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"prox/internal/proxtest"
)

// TestNothingHeavyIsMadeBeforeItIsNeeded: every command pays for what its
// packages make at their start, regular expressions above all. One with classes
// of Unicode and a repetition took 2.5 MB, and a third of the time of a status.
func TestNothingHeavyIsMadeBeforeItIsNeeded(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), proxtest.Binary(t), "version")
	cmd.Env = []string{"GODEBUG=inittrace=1", "HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const most = 64 << 10
	packages := 0
	for _, m := range regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) bytes`).FindAllSubmatch(out, -1) {
		packages++
		if n, err := strconv.Atoi(string(m[2])); err != nil || n > most {
			t.Errorf("%s makes %s bytes at its start, more than %d", m[1], m[2], most)
		}
	}
	if packages == 0 {
		t.Errorf("no trace in %s", out)
	}
}
