package logstore_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"prox/internal/compressed"
	"prox/internal/logstore"
)

// numbered writes lines "line 0" and so on, one each millisecond from began on,
// into segments of some 16 KiB.
func numbered(t *testing.T, dir string, n int, began time.Time) {
	t.Helper()
	w, err := logstore.Create(dir, logstore.Options{SegmentSize: 16 << 10, MaxTotal: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.Append(began.Add(time.Duration(i)*time.Millisecond), logstore.Stdout, fmt.Appendf(nil, "line %d\n", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir string, q logstore.Query) []string {
	t.Helper()
	var got []string
	if err := logstore.Read(t.Context(), []logstore.Source{{Name: "a", Dir: dir}}, q, func(l logstore.Line) error {
		got = append(got, string(l.Text))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

func files(t *testing.T, dir, ending string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"+ending))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCompressedSegmentsReadAsTheyDidBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const n = 5000
	numbered(t, dir, n, began)
	queries := map[string]logstore.Query{
		"all":   {},
		"tail":  {Tail: 2000},
		"since": {Since: began.Add(1234 * time.Millisecond)},
		"until": {Until: began.Add(1234 * time.Millisecond)},
		"match": {Match: regexp.MustCompile(`line \d*77$`)},
		"last":  {Match: regexp.MustCompile(`line 17$`), Tail: 1},
	}
	before := map[string][]string{}
	for name, q := range queries {
		before[name] = read(t, dir, q)
	}
	if len(before["all"]) != n || len(before["tail"]) != 2000 || len(before["since"]) != n-1234 || len(before["last"]) != 1 {
		t.Fatalf("%d, %d, %d and %d lines", len(before["all"]), len(before["tail"]), len(before["since"]), len(before["last"]))
	}
	k, err := logstore.Keep(t.Context(), dir, logstore.Limits{Pack: compressed.File})
	if err != nil {
		t.Fatal(err)
	}
	plain, packed := files(t, dir, ".log"), files(t, dir, ".zst")
	if k.Packed < 3 || len(packed) != k.Packed || len(plain) != 1 || k.Freed < 1 {
		t.Fatalf("%+v; there are %q and %q", k, plain, packed)
	}
	for name, q := range queries {
		if got := read(t, dir, q); strings.Join(got, "\n") != strings.Join(before[name], "\n") {
			t.Errorf("%s: %d lines compressed, %d before", name, len(got), len(before[name]))
		}
	}
	var raw bytes.Buffer
	if err := logstore.CopyRaw(t.Context(), dir, &raw); err != nil || strings.Count(raw.String(), "\n") != n {
		t.Errorf("raw: %d lines, %v", strings.Count(raw.String(), "\n"), err)
	}
	if again, err := logstore.Keep(t.Context(), dir, logstore.Limits{Pack: compressed.File}); err != nil || again != (logstore.Kept{}) {
		t.Errorf("a second time: %+v, %v", again, err)
	}
}

func TestAFollowerGoesOnWhileWhatItReadsIsCompressed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const n = 20000
	w, err := logstore.Create(dir, logstore.Options{SegmentSize: 16 << 10, MaxTotal: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		for i := range n {
			if err := w.Append(time.Now(), logstore.Stdout, fmt.Appendf(nil, "line %d\n", i)); err != nil {
				done <- err
				return
			}
			if i%500 == 0 {
				if _, err := logstore.Keep(ctx, dir, logstore.Limits{Pack: compressed.File}); err != nil {
					done <- err
					return
				}
			}
		}
		done <- nil
	}()
	next := 0
	err = logstore.Read(ctx, []logstore.Source{{Name: "a", Dir: dir}}, logstore.Query{Follow: true}, func(l logstore.Line) error {
		if want := fmt.Sprintf("line %d", next); string(l.Text) != want {
			return fmt.Errorf("%q came, and not %q", l.Text, want)
		}
		if next++; next == n {
			cancel()
		}
		return nil
	})
	if next != n {
		t.Errorf("%d lines of %d: %v", next, n, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(files(t, dir, ".zst")) == 0 {
		t.Error("nothing was compressed")
	}
}

func TestADamagedFrameCostsItsLinesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const n = 5000
	numbered(t, dir, n, time.Now())
	if _, err := logstore.Keep(t.Context(), dir, logstore.Limits{Pack: compressed.File}); err != nil {
		t.Fatal(err)
	}
	packed := files(t, dir, ".zst")
	for i, damage := range []func(string) error{
		func(path string) error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for k := range min(len(b)/2, 64) {
				b[20+k] ^= 0x55
			}
			return os.WriteFile(path, b, 0o600)
		},
		func(path string) error { return os.Truncate(path, 10) },
	} {
		if err := damage(packed[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	got := read(t, dir, logstore.Query{Damaged: func(_ string, err error) { told = append(told, err.Error()) }})
	if len(told) != 2 || !strings.Contains(told[0], packed[1]) || !strings.Contains(told[1], packed[2]) {
		t.Errorf("told: %q", told)
	}
	if len(got) < n/3 || len(got) >= n || got[0] != "line 0" || got[len(got)-1] != fmt.Sprint("line ", n-1) {
		t.Errorf("%d lines, from %q to %q", len(got), got[0], got[len(got)-1])
	}
	if last := read(t, dir, logstore.Query{Tail: n}); len(last) != len(got) {
		t.Errorf("the last %d lines are %d, of %d", n, len(last), len(got))
	}
}

func TestLimitsOfAgeAndSize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	numbered(t, dir, 5000, time.Now())
	logs := files(t, dir, ".log")
	long := time.Now().Add(-3 * time.Hour)
	for _, path := range logs[:2] {
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	k, err := logstore.Keep(t.Context(), dir, logstore.Limits{MaxAge: 2 * time.Hour})
	if left := files(t, dir, ".log"); err != nil || k.Removed != 2 || len(left) != len(logs)-2 || left[0] != logs[2] {
		t.Errorf("of age: %+v, %v, left %q of %q", k, err, left, logs)
	}
	k, err = logstore.Keep(t.Context(), dir, logstore.Limits{MaxTotal: 40 << 10})
	left := files(t, dir, "")
	var total int64
	for _, path := range left {
		if info, err := os.Stat(path); err == nil {
			total += info.Size()
		}
	}
	if err != nil || k.Removed == 0 || total > 40<<10 || len(files(t, dir, ".log")) < 2 {
		t.Errorf("of size: %+v, %v, left %d bytes in %q", k, err, total, left)
	}
	other := t.TempDir()
	numbered(t, other, 5000, time.Now())
	if k, err = logstore.KeepTotal([]string{dir, other}, 60<<10); err != nil || k.Removed == 0 {
		t.Errorf("of all: %+v, %v", k, err)
	}
	if a, b := files(t, dir, ".log"), files(t, other, ".log"); len(a) != 1 || len(b) < 2 {
		t.Errorf("of all: the older ones were to go first: %q %q", a, b)
	}
}
