package promises

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"prox/internal/proxtest"
)

func TestDiskFullWhileLogging(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", `
[services.fills]
command = "yes 'more than there is room for' | head -c 5000000; echo > wrote; exec sleep 1000"
`)
	disk := filepath.Join(p.Root, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("cannot mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		p.Run("kill", "--now")
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	without(p, "XDG_STATE_HOME")
	p.Env = append(p.Env, "XDG_STATE_HOME="+disk)
	p.Must("start")
	proxtest.Await(t, "the service to go on", func() bool { return p.Read("wrote") != "" })
	proxtest.Await(t, "the loss to be told", func() bool {
		r := p.Run("status")
		return r.Code == 0 && strings.Contains(r.Err+r.Out, "fills") && strings.Contains(r.Err+r.Out, "could not be kept")
	})
	if i := p.Instance("fills"); i.State != "ready" {
		t.Errorf("%+v", i)
	}
	p.Must("kill")
}
