package promises

import (
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
	alone := filepath.Join(p.Root, "prox")
	// Copied by another process: a file that this one had open for writing could
	// not be executed while a child of another test still holds it.
	if out, err := exec.CommandContext(t.Context(), "cp", proxtest.Binary(t), alone).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
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
