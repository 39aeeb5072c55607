package compressed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// made writes a log-like file of n bytes and compresses it.
func made(t testing.TB, n int) (text []byte, path string) {
	t.Helper()
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "2026-01-02T03:04:05 INFO request %d took %dms\n", i, i*7919%1000)
	}
	plain := filepath.Join(t.TempDir(), "a.log")
	if err := os.WriteFile(plain, b.Bytes()[:n], 0o600); err != nil {
		t.Fatal(err)
	}
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes(plain, when, when); err != nil {
		t.Fatal(err)
	}
	if err := File(t.Context(), plain, plain+".zst"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()[:n], plain + ".zst"
}

func TestAnyPlaceCanBeRead(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, FrameSize - 1, FrameSize, 2*FrameSize + 12345} {
		text, path := made(t, n)
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if size, err := r.Size(); err != nil || size != int64(n) {
			t.Errorf("%d bytes are %d: %v", n, size, err)
		}
		info, err := r.Stat()
		if err != nil || info.ModTime().Year() != 2026 || info.Mode().Perm() != 0o600 || n > 1000 && info.Size() > int64(n)/3 {
			t.Errorf("of %d: %v, %d bytes, %v", n, info.ModTime(), info.Size(), err)
		}
		for at := 0; at < n; at += FrameSize { // whole frames, which are unpacked where they are wanted
			b := make([]byte, min(FrameSize, n-at))
			if k, err := r.ReadAt(b, int64(at)); k != len(b) || err != nil || !bytes.Equal(b, text[at:at+len(b)]) {
				t.Fatalf("the frame at %d of %d: %d, %v", at, n, k, err)
			}
		}
		for range 50 {
			if n == 0 {
				break
			}
			at := rand.IntN(n)
			b := make([]byte, min(n-at, 1+rand.IntN(3*FrameSize/2)))
			if k, err := r.ReadAt(b, int64(at)); k != len(b) || err != nil || !bytes.Equal(b, text[at:at+len(b)]) {
				t.Fatalf("%d bytes at %d of %d: %d, %v", len(b), at, n, k, err)
			}
		}
	}
}

func TestOtherProgramsReadIt(t *testing.T) {
	t.Parallel()
	zstdcat, err := exec.LookPath("zstdcat")
	if err != nil {
		t.Skip("zstdcat is not there to compare with")
	}
	text, path := made(t, 3*FrameSize)
	out, err := exec.CommandContext(t.Context(), zstdcat, path).Output()
	if err != nil || !bytes.Equal(out, text) {
		t.Errorf("%d bytes of %d: %v", len(out), len(text), err)
	}
}

func TestACopyThatIsEndedLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := filepath.Join(dir, "a.log")
	if err := os.WriteFile(plain, make([]byte, 5*FrameSize), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := File(ctx, plain, plain+".zst"); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestDamageIsTold(t *testing.T) {
	t.Parallel()
	_, path := made(t, 3*FrameSize)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 64 {
		b[len(b)/2+k] ^= 0x55
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := make([]byte, 100)
	_, err = r.ReadAt(p, FrameSize+FrameSize/2)
	d, ok := errors.AsType[*DamagedError](err)
	if !ok || d.From != FrameSize || d.To != 2*FrameSize {
		t.Errorf("the frame in the middle: %+v, %v", d, err)
	}
	if _, err := r.ReadAt(make([]byte, FrameSize), FrameSize); err == nil {
		t.Error("the whole of it was read")
	}
	if _, err := r.ReadAt(p, 10); err != nil {
		t.Errorf("the first: %v", err)
	}
	if err := os.Truncate(path, int64(len(b)/2)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("half a file was opened")
	} else if d, ok := errors.AsType[*DamagedError](err); !ok || d.To != 0 {
		t.Errorf("half a file: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	_, path := made(f, 5000)
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)-3])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "a.zst")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path)
		if err != nil {
			return
		}
		defer r.Close()
		size, _ := r.Size()
		p := make([]byte, 100)
		_, _ = r.ReadAt(p, 0)
		_, _ = r.ReadAt(p, max(size-50, 0))
	})
}
