package promises

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prox/internal/proxtest"
)

func TestProxAloneIsItsOwnShim(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.api]
command = "sleep 1000"
`)
	text, err := os.ReadFile(proxtest.Binary(t))
	if err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(p.Root, "prox")
	if err := os.WriteFile(alone, text, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), alone, "start")
	cmd.Dir, cmd.Env = p.Dir, p.Env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if left := strings.Join(p.Left(), "\n"); !strings.Contains(left, alone+" shim --runtime") || strings.Contains(left, "prox-shim") {
		t.Errorf("no shim by prox itself in\n%s", left)
	}
	p.Must("kill")
}
