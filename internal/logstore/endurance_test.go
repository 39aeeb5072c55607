package logstore

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"prox/internal/compressed"
)

// writerEnv makes the test's own program a writer into that folder, until it is
// killed.
const writerEnv = "PROX_TEST_WRITER"

// writeOn writes numbered lines from the one after the last that is kept.
func writeOn(dir string) {
	w, err := Create(dir, Options{SegmentSize: 1 << 20, MaxTotal: 1 << 30, FlushEvery: time.Millisecond})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	n := 0
	if last, err := Tail(dir, 1); err == nil && len(last) == 1 {
		_, _ = fmt.Sscan(string(last[0].Text), &n)
	}
	if err := w.MarkStart(time.Now(), 1); err != nil {
		os.Exit(1)
	}
	for {
		n++
		if err := w.Append(time.Now(), Stdout, fmt.Appendf(nil, "%d is a line that may be cut in two\n", n)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// TestAWriterThatIsKilledAmidAWrite: what it had handed on is there, whole and in
// order, and the next goes on after it.
func TestAWriterThatIsKilledAmidAWrite(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	last := 0
	for round := range 12 {
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), writerEnv+"="+dir)
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		await(t, func() bool {
			lines, err := Tail(dir, 1)
			var n int
			return err == nil && len(lines) == 1 && len(lines[0].Text) > 0 && first(lines[0].Text, &n) && n > last+1000*rand.IntN(20)
		})
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if said.Len() > 0 {
			t.Fatal(said.String())
		}
		next := 0
		if err := Read(t.Context(), []Source{{Dir: dir}}, Query{}, func(l Line) error {
			var n int
			if !first(l.Text, &n) {
				return fmt.Errorf("after %d comes %q", next, l.Text)
			}
			// What was cut amid a line is that line, and so may be its number's digits.
			if n != next+1 && !strings.HasPrefix(fmt.Sprint(next+1), fmt.Sprint(n)) {
				return fmt.Errorf("after %d comes %q", next, l.Text)
			}
			next = n
			return nil
		}); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		last = next
	}
}

func first(text []byte, n *int) bool {
	_, err := fmt.Sscan(string(text), n)
	return err == nil
}

func await(t *testing.T, met func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// TestAClockThatIsSetBack: lines keep their order, and none is lost to who reads
// all, the last ones or follows.
func TestAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	w, v := create(t, dir, Options{SegmentSize: 4000}), create(t, other, Options{})
	var want []string
	for k := range 300 {
		when := at(1000 * k)
		if k >= 150 {
			when = when.Add(-time.Hour)
		}
		put(t, w, when, Stdout, fmt.Sprintf("line %d\n", k))
		put(t, v, at(1000*k), Stdout, fmt.Sprintf("other %d\n", k))
		want = append(want, fmt.Sprintf("line %d", k))
	}
	flush(t, w)
	flush(t, v)
	for name, q := range map[string]Query{"all": {}, "the last": {Tail: 600}, "since": {Since: at(0).Add(-2 * time.Hour)}} {
		var got []string
		others := 0
		if err := Read(t.Context(), []Source{{Name: "a", Dir: dir}, {Name: "b", Dir: other}}, q, func(l Line) error {
			if l.Source == "a" {
				got = append(got, string(l.Text))
			} else {
				others++
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) || others != 300 {
			t.Errorf("%s: %d lines and %d others: %q", name, len(got), others, got)
		}
	}
}

// TestSinceAtEachBoundary: of every time that a line has, and those right before
// and after.
func TestSinceAtEachBoundary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{SegmentSize: 900})
	var times []time.Time
	rng := rand.New(rand.NewPCG(1, 2))
	ms := 0
	for k := range 120 {
		ms += 2 * rng.IntN(3) // several lines of one time among them
		put(t, w, at(ms), Stdout, fmt.Sprintf("line %d\n", k))
		times = append(times, at(ms))
	}
	shut(t, w)
	for pass := range 2 {
		if pass == 1 {
			if k, err := Keep(t.Context(), dir, Limits{Pack: compressed.File}); err != nil || k.Packed == 0 {
				t.Fatal(k, err)
			}
		}
		for _, when := range times {
			for _, d := range []time.Duration{-1, 0, 1} {
				since := when.Add(d)
				want := 0
				for _, x := range times {
					if !x.Before(since) {
						want++
					}
				}
				if got := len(readDir(t, dir, Query{Since: since})); got != want {
					t.Fatalf("since %s: %d lines, want %d", since, got, want)
				}
				if got := len(readDir(t, dir, Query{Until: since.Add(-1)})); got != len(times)-want {
					t.Fatalf("until right before %s: %d lines, want %d", since, got, len(times)-want)
				}
			}
		}
	}
}

// TestBinaryOutput: any bytes are kept as they came, and read as lines.
func TestBinaryOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{SegmentSize: 100_000})
	rng := rand.New(rand.NewPCG(3, 4))
	var want []byte
	for k := range 300 {
		p := make([]byte, 1+rng.IntN(5000))
		for i := range p {
			p[i] = byte(rng.Uint32())
		}
		put(t, w, at(k), Stdout, string(p))
		want = append(want, p...)
	}
	long := bytes.Repeat([]byte("x"), 10<<20) // and 10 MB without a line's end
	put(t, w, at(400), Stdout, string(long))
	want = append(want, long...)
	shut(t, w)
	if _, err := Keep(t.Context(), dir, Limits{Pack: compressed.File}); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := CopyRaw(t.Context(), dir, &got); err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%d bytes of %d, %v", got.Len(), len(want), err)
	}
	lines, size := 0, 0
	if err := Read(t.Context(), []Source{{Dir: dir}}, Query{}, func(l Line) error {
		if !l.Continued {
			lines++
		}
		size += len(l.Text)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(want, []byte("\n")); lines != n+1 || size < len(want)-2*n-1000 {
		t.Errorf("%d lines of %d, %d bytes of %d", lines, n+1, size, len(want))
	}
}

// TestAHundredAtOnce: a hundred write while all are followed.
func TestAHundredAtOnce(t *testing.T) {
	t.Parallel()
	const services, lines = 100, 200
	root := t.TempDir()
	var sources []Source
	for k := range services {
		name := fmt.Sprintf("s%d", k)
		sources = append(sources, Source{Name: name, Dir: Folder(root, name)})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	failed := make(chan error, services)
	for _, s := range sources {
		go func() {
			w, err := Create(s.Dir, Options{SegmentSize: 2000, MaxTotal: 1 << 30})
			if err != nil {
				failed <- err
				return
			}
			for n := range lines {
				if err := w.Append(time.Now(), Stdout, fmt.Appendf(nil, "line %d\n", n)); err != nil {
					failed <- err
					return
				}
			}
			failed <- w.Close()
		}()
	}
	next := map[string]int{}
	total := 0
	err := Read(ctx, sources, Query{Follow: true}, func(l Line) error {
		if want := fmt.Sprintf("line %d", next[l.Source]); string(l.Text) != want {
			return fmt.Errorf("%s: %q comes, and not %q", l.Source, l.Text, want)
		}
		next[l.Source]++
		if total++; total == services*lines {
			cancel()
		}
		return nil
	})
	if total != services*lines {
		t.Errorf("%d lines of %d: %v", total, services*lines, err)
	}
	for range services {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// TestPatternsThatRuinOthers: what takes engines that go back exponential time
// ends, and finds.
func TestPatternsThatRuinOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{})
	for k := range 50 {
		put(t, w, at(k), Stdout, strings.Repeat("a", 5000)+"!\n")
	}
	put(t, w, at(60), Stdout, strings.Repeat("a", 30)+"\n")
	shut(t, w)
	for _, pattern := range []string{`^(a+)+$`, `^(a|aa)+$`, `^(a*)*b?$`, `^(.*a){12}$`, `^a{30}$`} {
		got := readDir(t, dir, Query{Match: regexp.MustCompile(pattern)})
		if len(got) != 1 {
			t.Errorf("%s: %d lines", pattern, len(got))
		}
	}
}
