package logstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"prox/internal/compressed"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerEnv); dir != "" {
		writeOn(dir)
	}
	Unpack = func(path string) (Contents, error) { return compressed.Open(path) }
	goleak.VerifyTestMain(m)
}

func TestLines(t *testing.T) {
	t.Parallel()
	long := text(rand.New(rand.NewPCG(1, 2)), 1<<20)
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"one":             {"a\n", []string{"a"}},
		"empty lines":     {"\n\na\n\n", []string{"", "", "a", ""}},
		"no last newline": {"a\nb", []string{"a", "b…"}},
		"terminal":        {"a\r\nb\r\r\nc\r\n", []string{"a", "b", "c"}},
		"half an end":     {"a\nb\r", []string{"a", "b…"}},
		"overwritten":     {"10%\r20%\r\n", []string{"10%\r20%"}},
		"invalid UTF-8":   {"\xff\xfe\x00\xc3\n\xe2\x82\n", []string{"\xff\xfe\x00\xc3", "\xe2\x82"}},
		"a megabyte":      {long + "\nb\n", []string{long, "b"}},
		"nothing":         {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, step := range []int{1 << 30, 4096, 7, 1} {
				if step < 100 && len(c.in) > 1000 {
					continue
				}
				dir := t.TempDir()
				w := create(t, dir, Options{})
				for i := 0; i < len(c.in); i += step {
					put(t, w, at(i), Stdout, c.in[i:min(len(c.in), i+step)])
				}
				shut(t, w)
				same(t, readDir(t, dir, Query{}), c.want...)
				same(t, readDir(t, dir, Query{Tail: 1}), c.want[max(0, len(c.want)-1):]...)
				if raw(t, dir) != c.in {
					t.Error("the bytes aren't as they came")
				}
			}
		})
	}
}

func TestOverlongLineComesInParts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{})
	long := strings.Repeat("x", longest*2)
	put(t, w, at(1), Stdout, "start "+long)
	put(t, w, at(2), Stdout, long+"y\nend\n")
	shut(t, w)
	var b strings.Builder
	var n int
	err := Read(context.Background(), []Source{{Dir: dir}}, Query{}, func(l Line) error {
		n++
		b.Write(l.Text)
		if l.Continued != (n > 1 && string(l.Text) != "end") {
			t.Errorf("part %d: continued %v", n, l.Continued)
		}
		return nil
	})
	if err != nil || n < 3 || b.String() != "start "+long+long+"yend" {
		t.Errorf("%d parts with %d bytes, %v", n, b.Len(), err)
	}
	// Whether a line is wanted is told by its first part.
	same(t, readDir(t, dir, Query{Match: regexp.MustCompile("y|end")}), "end")
}

func TestStreamsAreApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{})
	w.MarkStart(at(0), 1)
	put(t, w, at(1), Stdout, "out be")
	put(t, w, at(2), Stderr, "err be")
	put(t, w, at(3), Stdout, "gun\nout 2")
	put(t, w, at(4), Stderr, "gun\n")
	put(t, w, at(4), Stdout, "\n")
	shut(t, w)
	same(t, readDir(t, dir, Query{}), "out begun", "err:err begun", "out 2")
	lines, err := Tail(dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, ms := range []int{1, 2, 3} {
		if !lines[i].Time.Equal(at(ms)) {
			t.Errorf("line %d came at %v, want %v", i, lines[i].Time, at(ms))
		}
	}
}

// The last lines are the same however they are asked for.
func TestTailAgreesWithAll(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		dir := t.TempDir()
		w := create(t, dir, Options{SegmentSize: int64(500 + rng.IntN(20000))})
		run := 0
		for i := range 50 + rng.IntN(300) {
			stream := Stdout
			if seed%3 > 0 && rng.IntN(8) == 0 {
				stream = Stderr
			}
			s := text(rng, rng.IntN(40))
			switch rng.IntN(30) {
			case 0:
				run++
				w.MarkStart(at(3*i), run)
			case 1:
				w.MarkExit(at(3*i), run, 0, 0)
			case 2, 3, 4, 5:
				s += "\r"
			}
			if rng.IntN(4) > 0 {
				s += "\n"
			}
			put(t, w, at(3*i), stream, s)
		}
		shut(t, w)
		q := Query{Marks: seed%2 == 0}
		all := collect(t, dir, q)
		for _, n := range []int{1, 2, 5, 17, 100, 1000} {
			q.Tail = n
			got := collect(t, dir, q)
			compare(t, got, all[max(0, len(all)-n):], fmt.Sprintf("seed %d, tail %d", seed, n))
		}
		q.Tail = 0
		if seed%3 > 0 {
			// Of two streams, one may have a line that goes on from an earlier
			// segment; by time it is found where it goes on, see seek.
			continue
		}
		for range 10 {
			q.Since = at(rng.IntN(1000))
			late := slices.DeleteFunc(slices.Clone(all), func(l Line) bool { return l.Time.Before(q.Since) })
			compare(t, collect(t, dir, q), late, fmt.Sprintf("seed %d, since %v", seed, q.Since))
			q.Tail = 5
			compare(t, collect(t, dir, q), late[max(0, len(late)-5):], fmt.Sprintf("seed %d, tail 5 since %v", seed, q.Since))
			q.Tail = 0
		}
	}
}

func collect(t *testing.T, dir string, q Query) (all []Line) {
	t.Helper()
	err := Read(context.Background(), []Source{{Dir: dir}}, q, func(l Line) error {
		l.Text = slices.Clone(l.Text)
		all = append(all, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func compare(t *testing.T, got, want []Line, what string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			t.Fatalf("%s: %d lines, want %d", what, len(got), len(want))
		}
		g, w := got[i], want[i]
		if words(g) != words(w) || !g.Time.Equal(w.Time) || g.Run != w.Run {
			t.Fatalf("%s: line %d is %q of run %d at %v, want %q of run %d at %v", what, i, words(g), g.Run, g.Time, words(w), w.Run, w.Time)
		}
	}
}

func TestMergeIsStable(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(name string, lines ...any) {
		w := create(t, Folder(root, name), Options{})
		for i := 0; i < len(lines); i += 2 {
			put(t, w, at(lines[i].(int)), Stdout, lines[i+1].(string)+"\n")
		}
		shut(t, w)
	}
	write("a", 10, "1", 20, "2", 20, "3", 50, "4")
	write("b", 10, "1", 15, "2", 20, "3", 60, "4")
	write("c", 20, "1", 5, "set back", 25, "2") // a clock that was set back doesn't reorder
	sources, err := Sources(root)
	if err != nil || len(sources) != 3 {
		t.Fatal(sources, err)
	}
	want := []string{"a:1", "b:1", "b:2", "a:2", "a:3", "b:3", "c:1", "c:set back", "c:2", "a:4", "b:4"}
	same(t, read(t, Query{}, sources...), want...)
	same(t, read(t, Query{Tail: 4}, sources...), want[7:]...)
	same(t, read(t, Query{Tail: 100}, sources...), want...)
	same(t, read(t, Query{Since: at(20)}, sources[:2]...), "a:2", "a:3", "b:3", "a:4", "b:4")
	slices.Reverse(sources)
	same(t, read(t, Query{Tail: 5, Since: at(20)}, sources[1:]...), "b:3", "a:2", "a:3", "a:4", "b:4")
}

func TestMergeOfManyAtOneTimeIsStable(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	var sources []Source
	var want []string
	for _, name := range []string{"b", "a", "c"} {
		sources = append(sources, Source{Name: name, Dir: Folder(root, name)})
		w := create(t, Folder(root, name), Options{})
		for i := range 50 {
			put(t, w, at(0), Stdout, fmt.Sprintf("%d\n", i))
			want = append(want, fmt.Sprintf("%s:%d", name, i))
		}
		shut(t, w)
	}
	same(t, read(t, Query{}, sources...), want...)
	same(t, read(t, Query{Tail: 140}, sources...), want[10:]...)
}

// A line of one stream may have begun long before the last lines of the other.
func TestTailFindsWhereALineBegan(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"gun\n", "", "exit"} {
		dir := t.TempDir()
		w := create(t, dir, Options{})
		w.MarkStart(at(0), 1)
		put(t, w, at(1), Stderr, "begun\nbe")
		for i := range 500 {
			put(t, w, at(2+i), Stdout, fmt.Sprintf("%d\n", i))
		}
		put(t, w, at(600), Stderr, "gun")
		want := []string{"499", "err:begun"}
		switch end {
		case "exit":
			w.MarkExit(at(601), 1, 0, 0)
			want[1] += "…"
		case "":
			want[1] += "…"
		default:
			put(t, w, at(602), Stderr, "\n")
		}
		shut(t, w)
		same(t, readDir(t, dir, Query{Tail: 2}), want...)
		same(t, readDir(t, dir, Query{Tail: 1}), want[1])
		same(t, readDir(t, dir, Query{Since: at(501)}), want[0])
	}
}

func TestSinceFindsAStreamsFirstLine(t *testing.T) {
	t.Parallel()
	for _, run := range []int{0, 1} {
		dir := t.TempDir()
		w := create(t, dir, Options{})
		if run > 0 {
			put(t, w, at(0), Stderr, "an earlier run's")
			w.MarkStart(at(1), run)
		}
		put(t, w, at(1), Stdout, "out 1\n")
		put(t, w, at(2), Stdout, "out 2\n")
		put(t, w, at(3), Stderr, "err 1\n")
		shut(t, w)
		same(t, readDir(t, dir, Query{Since: at(2)}), "out 2", "err:err 1")
		same(t, readDir(t, dir, Query{Since: at(3)}), "err:err 1")
		same(t, readDir(t, dir, Query{Since: at(4)}))
	}
}

// What is written after a look isn't read before the next: its records may
// not have been there.
func TestScannerKeepsToWhatWasThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{})
	s := newScanner(Source{Dir: dir}, false)
	defer s.close()
	look := func(want ...string) {
		t.Helper()
		var got []string
		for {
			l, ok, err := s.next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			got = append(got, words(l))
		}
		same(t, got, want...)
	}
	for i := range 3 {
		put(t, w, at(2*i), Stream(i%2), fmt.Sprintf("seen %d\n", i))
		flush(t, w)
		if err := s.freeze(); err != nil {
			t.Fatal(err)
		}
		put(t, w, at(2*i+1), Stream(1-i%2), fmt.Sprintf("late %d\n", i))
		flush(t, w)
		switch i {
		case 0:
			look("seen 0")
		case 1:
			look("err:late 0", "err:seen 1")
		default:
			look("late 1", "seen 2")
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{})
	for i := range 1000 {
		put(t, w, at(i), Stdout, fmt.Sprintf("line %d\n", i))
	}
	shut(t, w)
	re := regexp.MustCompile("7$")
	same(t, readDir(t, dir, Query{Match: re, Tail: 2}), "line 987", "line 997")
	same(t, readDir(t, dir, Query{Match: regexp.MustCompile("^never$"), Tail: 5}))
	same(t, readDir(t, dir, Query{Match: regexp.MustCompile("^line 1$"), Tail: 5}), "line 1")
	same(t, readDir(t, dir, Query{Match: regexp.MustCompile("[0-8]$"), Invert: true, Since: at(970)}), "line 979", "line 989", "line 999")
	clean := func(dst, text []byte) []byte { return append(append(dst, text...), '!') }
	same(t, readDir(t, dir, Query{Match: regexp.MustCompile("[89]99!$"), Clean: clean}), "line 899", "line 999")
}

func TestNothingThere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "none")
	for _, q := range []Query{{}, {Tail: 3}, {Tail: -1}, {Since: at(0)}} {
		same(t, readDir(t, dir, q))
	}
	if s, err := Sources(dir); err != nil || len(s) != 0 {
		t.Error(s, err)
	}
	if lines, err := Tail(dir, 0); err != nil || lines != nil {
		t.Error(lines, err)
	}
	if raw(t, dir) != "" {
		t.Error("bytes from nowhere")
	}
}

func TestReadingEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{})
	put(t, w, at(0), Stdout, strings.Repeat("x\n", 10000))
	shut(t, w)
	enough := errors.New("enough")
	n := 0
	for _, q := range []Query{{}, {Tail: 5}, {Follow: true}} {
		if err := Read(context.Background(), []Source{{Dir: dir}}, q, func(Line) error { n++; return enough }); err != enough {
			t.Errorf("%+v ended with %v", q, err)
		}
	}
	if n != 3 {
		t.Errorf("%d lines after the end", n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n = 0
	err := Read(ctx, []Source{{Dir: dir}}, Query{}, func(Line) error { n++; cancel(); return nil })
	if err != context.Canceled || n > 1000 {
		t.Errorf("%v after %d lines", err, n)
	}
	if err := CopyRaw(ctx, dir, &strings.Builder{}); err != context.Canceled {
		t.Error(err)
	}
}

// Readers see, at any time, a beginning of what is written, with each line's
// stream and run.
func TestReadersWhileWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{SegmentSize: 64 << 10, FlushEvery: time.Millisecond})
	const n = 20000
	done := make(chan error, 1)
	go func() {
		var err error
		for i := range n {
			if i%1000 == 0 {
				err = errors.Join(err, w.MarkStart(at(i), 1+i/1000))
			}
			err = errors.Join(err, w.Append(at(i), Stream(i/3%2), fmt.Appendf(nil, "line %d\n", i)))
		}
		done <- errors.Join(err, w.Flush())
	}()
	check := func(l Line, i int) {
		if want := fmt.Sprintf("line %d", i); string(l.Text) != want && !l.Partial {
			t.Fatalf("%q, want %q", l.Text, want)
		}
		if !l.Partial && (l.Stream != Stream(i/3%2) || l.Run != 1+i/1000 || !l.Time.Equal(at(i))) {
			t.Fatalf("%q is %v of run %d at %v", l.Text, l.Stream, l.Run, l.Time)
		}
	}
	for over := false; !over; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			over = true
		default:
		}
		all := collect(t, dir, Query{})
		for i, l := range all {
			check(l, i)
		}
		if over && len(all) != n {
			t.Fatalf("%d lines at the end, want %d", len(all), n)
		}
		if lines, err := Tail(dir, 10); err != nil {
			t.Fatal(err)
		} else if len(lines) > 0 {
			var first int
			fmt.Sscanf(string(lines[0].Text), "line %d", &first)
			for i, l := range lines {
				check(l, first+i)
			}
		}
	}
}

func TestReadErrorsNameTheSource(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	err := Read(context.Background(), []Source{{Name: "api", Dir: file}}, Query{}, func(Line) error { return nil })
	if err == nil || !strings.HasPrefix(err.Error(), "api: cannot ") {
		t.Error(err)
	}
}
