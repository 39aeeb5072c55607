package logstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that is really full, and has room again later.
func TestRealFullDisk(t *testing.T) {
	mount := t.TempDir()
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("a small file system can't be mounted: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(mount, unix.MNT_DETACH) })
	ballast := filepath.Join(mount, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 128<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	w := create(t, filepath.Join(mount, "logs"), Options{})
	line := strings.Repeat("x", 999) + "\n"
	var failed error
	for i := range 500 {
		if err := w.Append(at(i), Stdout, []byte(line)); err != nil {
			failed = err
		}
	}
	if !errors.Is(failed, unix.ENOSPC) || w.Lost() == 0 {
		t.Fatalf("%v, %d lost", failed, w.Lost())
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	retryNow(w)
	put(t, w, at(600), Stdout, "\nafter\n")
	shut(t, w)
	got := readDir(t, w.dir, Query{Marks: true, Tail: 3})
	if got[len(got)-1] != "after" || !contains(got, fmt.Sprintf("[lost %d KiB]", (w.Lost()+1023)/1024)) {
		t.Errorf("the end is %.200q", got)
	}
}
