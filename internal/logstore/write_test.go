package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestContinuesAfterReopening(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	for run := 1; run <= 3; run++ {
		w := create(t, dir, Options{})
		if err := w.MarkStart(at(run*100), run); err != nil {
			t.Fatal(err)
		}
		put(t, w, at(run*100+1), Stdout, fmt.Sprintf("run %d\n", run))
		put(t, w, at(run*100+2), Stdout, "no end")
		if err := w.MarkExit(at(run*100+3), run, 1, 2*(run-1)); err != nil {
			t.Fatal(err)
		}
		shut(t, w)
	}
	same(t, readDir(t, dir, Query{Marks: true}),
		"[started 1]", "run 1", "no end…", "[exited 1]",
		"[started 2]", "run 2", "no end…", "[exited -2]",
		"[started 3]", "run 3", "no end…", "[exited -4]")
	if got, want := raw(t, dir), "run 1\nno endrun 2\nno endrun 3\nno end"; got != want {
		t.Errorf("raw %q, want %q", got, want)
	}
	if names, _, _ := list(dir); len(names) != 1 {
		t.Errorf("segments %v, want one", names)
	}
	lines, err := Tail(dir, 1)
	if err != nil || len(lines) != 1 || lines[0].Run != 3 || !lines[0].Time.Equal(at(302)) {
		t.Errorf("the last line is %+v, %v", lines, err)
	}
}

func TestTornIndexIsMended(t *testing.T) {
	t.Parallel()
	// What a writer that died may have left after the records of "one\n".
	late := func(m Mark, v int32) []byte {
		return record{time: at(50).UnixNano(), offset: 1000, mark: m, value: v}.append(nil)
	}
	for name, c := range map[string]struct {
		torn []byte
		want []string
	}{
		"half a record":    {make([]byte, 7), nil},
		"zeros":            {make([]byte, 3*recordSize+5), nil},
		"noise":            {[]byte(strings.Repeat("\xff\x17", 40)), nil},
		"unwritten chunk":  {late(markChunk, 0), nil},
		"unwritten marks":  {append(append(late(markChunk, 0), late(MarkExited, 7)...), late(MarkStarted, 2)...), []string{"[exited 7]", "[started 2]"}},
		"whole and a half": {append(late(MarkExited, 7), 1, 2, 3), []string{"[exited 7]"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w := create(t, dir, Options{})
			w.MarkStart(at(0), 1)
			put(t, w, at(1), Stderr, "one\n")
			shut(t, w)
			f, err := os.OpenFile(idxPath(dir, 1), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			f.Write(c.torn)
			f.Close()
			w = create(t, dir, Options{})
			put(t, w, at(60), Stdout, "two\n")
			shut(t, w)
			want := append([]string{"[started 1]", "err:one"}, c.want...)
			same(t, readDir(t, dir, Query{Marks: true}), append(want, "two")...)
			b, err := os.ReadFile(idxPath(dir, 1))
			if err != nil || (len(b)-headerSize)%recordSize != 0 || len(b) != headerSize+recordSize*(3+len(c.want)) {
				t.Errorf("the index has %d bytes, %v", len(b), err)
			}
		})
	}
}

func TestIndexThatIsNoneIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, junk := range []string{"", "short", strings.Repeat("not an index ", 9)} {
		dir := t.TempDir()
		w := create(t, dir, Options{})
		put(t, w, at(1), Stdout, "one\n")
		shut(t, w)
		if err := os.WriteFile(idxPath(dir, 1), []byte(junk), 0o600); err != nil {
			t.Fatal(err)
		}
		w = create(t, dir, Options{})
		put(t, w, at(2), Stdout, "two\n")
		shut(t, w)
		same(t, readDir(t, dir, Query{}), "one", "two")
		same(t, readDir(t, dir, Query{Tail: 2}), "one", "two")
		if b, _ := os.ReadFile(idxPath(dir, 1)); string(b) != junk {
			t.Errorf("%q became %q", junk, b)
		}
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{})
	put(t, w, at(1), Stdout, "one\n")
	shut(t, w)
	b, _ := os.ReadFile(idxPath(dir, 1))
	binary.LittleEndian.PutUint32(b[len(magic):], formatVersion+1)
	os.WriteFile(idxPath(dir, 1), b, 0o600)

	w, err := Create(dir, Options{})
	if !errors.Is(err, ErrNewerFormat) {
		t.Fatalf("writing: %v, %v", w, err)
	}
	var hint interface{ Hint() string }
	if !errors.As(err, &hint) || hint.Hint() == "" || !strings.Contains(err.Error(), "000001.idx") {
		t.Errorf("the error %q doesn't help", err)
	}
	if _, err := Tail(dir, 3); !errors.Is(err, ErrNewerFormat) {
		t.Errorf("reading: %v", err)
	}
	after, _ := os.ReadFile(idxPath(dir, 1))
	if names, highest, _ := list(dir); string(after) != string(b) || len(names) != 1 || highest != 1 {
		t.Errorf("it was changed: %v", names)
	}
}

func TestRotationKeepsTheLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const limit = 40 << 10
	w := create(t, dir, Options{SegmentSize: 8 << 10, MaxTotal: limit})
	w.MarkStart(at(0), 7)
	n := 2000
	for i := range n {
		put(t, w, at(i), Stdout, fmt.Sprintf("line %06d\n", i))
		if i%50 == 0 {
			flush(t, w)
			if size := total(t, dir); size > limit {
				t.Fatalf("%d bytes after line %d", size, i)
			}
		}
	}
	shut(t, w)
	if size := total(t, dir); size > limit || size < limit/2 {
		t.Errorf("%d bytes are kept", size)
	}
	got := readDir(t, dir, Query{})
	for i, l := range got {
		if want := fmt.Sprintf("line %06d", n-len(got)+i); l != want {
			t.Fatalf("line %d from the end is %q, want %q", len(got)-i, l, want)
		}
	}
	lines, err := Tail(dir, 1000)
	if err != nil || len(lines) != len(got) {
		t.Fatalf("%d lines, %v; want %d", len(lines), err, len(got))
	}
	for _, l := range lines {
		if l.Run != 7 {
			t.Fatalf("%q is of run %d: the segments don't tell", l.Text, l.Run)
		}
	}
	// The limit holds for what is there at the next start, too.
	w = create(t, dir, Options{SegmentSize: 1 << 10, MaxTotal: 10 << 10})
	put(t, w, at(n), Stdout, "after\n")
	shut(t, w)
	if size := total(t, dir); size > 10<<10 {
		t.Errorf("%d bytes after the limit was lowered", size)
	}
}

func total(t *testing.T, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}

func TestLineMayCrossSegments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{SegmentSize: 1 << 10})
	long := strings.Repeat("0123456789", 1000)
	for i := 0; i < len(long); i += 100 {
		put(t, w, at(i), Stdout, long[i:i+100])
	}
	put(t, w, at(20000), Stdout, "\nend\n")
	shut(t, w)
	if numbers, _, _ := list(dir); len(numbers) < 3 {
		t.Fatalf("segments %v", numbers)
	}
	same(t, readDir(t, dir, Query{}), long, "end")
	same(t, readDir(t, dir, Query{Tail: 2}), long, "end")
}

func TestSecondWriterGetsItsOwnSegment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := create(t, dir, Options{})
	b := create(t, dir, Options{})
	for i := range 10 {
		put(t, a, at(i), Stdout, "a\n")
		put(t, b, at(i), Stdout, "b\n")
	}
	shut(t, a)
	shut(t, b)
	if got, want := raw(t, dir), strings.Repeat("a\n", 10)+strings.Repeat("b\n", 10); got != want {
		t.Errorf("raw %q", got)
	}
}

func TestIdleWriterHasNoTimer(t *testing.T) {
	t.Parallel()
	w := create(t, t.TempDir(), Options{FlushEvery: time.Millisecond})
	put(t, w, at(1), Stdout, "one\n")
	deadline := time.Now().Add(10 * time.Second)
	for {
		w.mu.Lock()
		armed, held := w.armed, len(w.bytes)+len(w.index)
		w.mu.Unlock()
		if !armed && held == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("armed %v with %d bytes held", armed, held)
		}
		time.Sleep(time.Millisecond)
	}
	same(t, readDir(t, w.dir, Query{}), "one")
}

func TestBufferGrowsWithNeed(t *testing.T) {
	t.Parallel()
	w := create(t, t.TempDir(), Options{FlushEvery: time.Hour})
	if w.bytes != nil || w.index != nil || w.timer != nil {
		t.Error("a new writer has something already")
	}
	put(t, w, at(1), Stdout, "one\n")
	if c := cap(w.bytes); c > 4<<10 {
		t.Errorf("the buffer has %d bytes", c)
	}
	for range 1000 {
		put(t, w, at(1), Stdout, strings.Repeat("x", 1000))
	}
	if c := cap(w.bytes); c > bufferMax {
		t.Errorf("the buffer has %d bytes", c)
	}
}

func TestStretchesWithinAMillisecondShareARecord(t *testing.T) {
	t.Parallel()
	w := create(t, t.TempDir(), Options{})
	for i := range 10000 {
		put(t, w, at(0).Add(time.Duration(i)*time.Microsecond), Stdout, "x\n")
	}
	shut(t, w)
	info, err := os.Stat(idxPath(w.dir, 1))
	if err != nil || info.Size() != headerSize+10*recordSize {
		t.Errorf("the index has %d bytes, %v", info.Size(), err)
	}
}

func TestClosedWriterLoses(t *testing.T) {
	t.Parallel()
	w := create(t, t.TempDir(), Options{})
	shut(t, w)
	if err := w.Append(at(1), Stdout, []byte("123")); !errors.Is(err, os.ErrClosed) || w.Lost() != 3 {
		t.Errorf("%v, %d lost", err, w.Lost())
	}
	if err := w.MarkStart(at(1), 1); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// disk is a file system of which tests say how many bytes it takes.
type disk struct {
	mu   sync.Mutex
	room int
}

func (d *disk) give(n int) {
	d.mu.Lock()
	d.room = n
	d.mu.Unlock()
}

func (d *disk) writeAt(f *os.File, p []byte, at int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(p), d.room)
	d.room -= n
	if n > 0 {
		if n, err := f.WriteAt(p[:n], at); err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, &os.PathError{Op: "write", Path: f.Name(), Err: unix.ENOSPC}
	}
	return n, nil
}

// retryNow makes the writer's next call try the disk again.
func retryNow(w *Writer) {
	w.mu.Lock()
	w.retry = time.Time{}
	w.mu.Unlock()
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, room := range []int{0, 10, 24, 30, 1000, 5000} {
		for _, size := range []int{100, 1000, 20 << 10, 100 << 10} {
			t.Run(fmt.Sprintf("%d for %d", room, size), func(t *testing.T) {
				d := &disk{room: 1 << 30}
				w := create(t, t.TempDir(), Options{FlushEvery: time.Hour})
				w.writeAt = d.writeAt
				put(t, w, at(0), Stdout, "before\n")
				flush(t, w)
				d.give(room)
				line := strings.Repeat("x", size-1) + "\n"
				sent := 0
				for i := 0; sent < 300<<10; i++ {
					err := w.Append(at(1+i), Stdout, []byte(line))
					sent += size
					if err != nil && (!errors.Is(err, unix.ENOSPC) || w.Lost() == 0) {
						t.Fatalf("%v, with %d lost", err, w.Lost())
					}
				}
				lost := w.Lost()
				if lost == 0 || lost > int64(sent) {
					t.Fatalf("%d of %d are lost", lost, sent)
				}
				if err := w.Flush(); !errors.Is(err, unix.ENOSPC) {
					t.Fatalf("flushing a full disk: %v", err)
				}
				d.give(1 << 30)
				retryNow(w)
				put(t, w, at(5000), Stdout, "\nafter\n")
				if err := w.MarkExit(at(5001), 1, 0, 0); err != nil {
					t.Fatal(err)
				}
				shut(t, w)
				if w.Lost() != lost {
					t.Errorf("lost %d and then %d", lost, w.Lost())
				}
				kept := raw(t, w.dir)
				if want := "before\n" + strings.Repeat(line, sent/size+1)[:sent-int(lost)] + "\nafter\n"; kept != want {
					t.Fatalf("kept %d bytes, want %d", len(kept), len(want))
				}
				got := readDir(t, w.dir, Query{Marks: true})
				if l := fmt.Sprintf("[lost %d KiB]", (lost+1023)/1024); !contains(got, l) {
					t.Errorf("%q isn't told", l)
				}
				if n := len(got); got[n-2] != "after" || got[n-1] != "[exited 0]" || got[0] != "before" {
					t.Errorf("the end is %.100q", got[n-2:])
				}
			})
		}
	}
}

func contains(list []string, want string) bool {
	for _, s := range list {
		if s == want {
			return true
		}
	}
	return false
}

func TestFullDiskIsTriedAgainByItself(t *testing.T) {
	t.Parallel()
	d := &disk{}
	w := create(t, t.TempDir(), Options{FlushEvery: time.Hour})
	w.writeAt = d.writeAt
	put(t, w, at(0), Stdout, "held back\n")
	if err := w.Flush(); !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	d.give(1 << 30)
	deadline := time.Now().Add(10 * time.Second)
	for raw(t, w.dir) != "held back\n" {
		if time.Now().After(deadline) {
			t.Fatal("it never was")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if w.Lost() != 0 {
		t.Errorf("%d are lost", w.Lost())
	}
}

// A failing disk is asked once a second, not at each call.
func TestFullDiskCostsLittle(t *testing.T) {
	t.Parallel()
	w := create(t, t.TempDir(), Options{})
	calls := 0
	w.writeAt = func(f *os.File, p []byte, at int64) (int, error) { calls++; return 0, unix.ENOSPC }
	for i := range 10000 {
		w.Append(at(i), Stdout, []byte("x")) // each needs a record
	}
	for i := range 10000 {
		w.Append(at(i), Stdout, make([]byte, 4096))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if calls > 20 {
		t.Errorf("%d writes were tried", calls)
	}
	if len(w.index) > 2*bufferMax || len(w.bytes) > bufferMax {
		t.Errorf("%d and %d bytes are held", len(w.index), len(w.bytes))
	}
}

func TestFolderThatCannotBeMade(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	if _, err := Create(filepath.Join(file, "logs"), Options{}); err == nil || !strings.HasPrefix(err.Error(), "cannot ") {
		t.Error(err)
	}
}
