package trace

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample is one event of testdata.
type sample struct {
	lines   []string
	failing bool
	at      int // the line of its file that it begins in
}

// samples reads a file of testdata.
func samples(t testing.TB, file string) []sample {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []sample
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		mark, text := line[0], strings.TrimPrefix(line[1:], " ")
		switch mark {
		case '>', '!':
			all = append(all, sample{lines: []string{text}, failing: mark == '!', at: i + 1})
		case '|':
			all[len(all)-1].lines = append(all[len(all)-1].lines, text)
		default:
			t.Fatalf("%s:%d: no mark: %q", file, i+1, line)
		}
	}
	return all
}

func files(t testing.TB) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(all) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	return all
}

// feed gives an event's lines, and says where they are not taken as marked.
func (s sample) feed(g *Grouper) error {
	for i, line := range s.lines {
		if got := g.Continues([]byte(line)); got != (i > 0) {
			return fmt.Errorf("line %d, %q: goes on is %t", s.at+i, line, got)
		}
	}
	if g.Failing() != s.failing {
		return fmt.Errorf("the event that begins in line %d, %q: failing is %t", s.at, s.lines[0], !s.failing)
	}
	return nil
}

func TestEventsOfRealPrograms(t *testing.T) {
	t.Parallel()
	for _, file := range files(t) {
		var g Grouper
		for _, s := range samples(t, file) {
			if err := s.feed(&g); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// What a program prints before and after an event doesn't become part of it.
func TestEventsAmongOrdinaryLines(t *testing.T) {
	t.Parallel()
	const before, after = "2026-01-01T12:00:00Z INFO listening on :3000", "2026-01-01T12:00:01Z INFO GET / 200"
	for _, file := range files(t) {
		for _, s := range samples(t, file) {
			var g Grouper
			if g.Continues([]byte(before)) {
				t.Fatal("the first line goes on with nothing")
			}
			if s.lines[0] != "" && strings.TrimLeft(s.lines[0], " \t") != s.lines[0] {
				g.Continues([]byte("")) // an indented line is part of what is right before it
			}
			if err := s.feed(&g); err != nil {
				t.Errorf("%s: after an ordinary line: %v", file, err)
			}
			if g.Continues([]byte(after)) || g.Failing() {
				t.Errorf("%s: line %d: the record after the event is taken for a part of it", file, s.at)
			}
		}
	}
}

// A record in the middle of a trace is another thread's, and an event.
func TestRecordWithinATrace(t *testing.T) {
	t.Parallel()
	for _, file := range files(t) {
		for _, s := range samples(t, file) {
			for cut := 1; cut < min(len(s.lines), 30); cut++ {
				for _, record := range []string{
					"2026-01-01T12:00:01Z INFO GET / 200", "[2026-01-01 12:00:01] local.INFO: x", "12:00:01.234 [info] x", "Jan  2 12:00:01 host x: y",
					"I0102 12:00:01.123456 7 x.go:1] y", `{"level":"info","msg":"x"}`, "level=info msg=x", "INFO x", "[info] x", "<warn> x", "WARNING: x",
					"02/01/2026 12:00:01 x", "02/Jan/2026:12:00:01 +0000 x", "1767355201.123 x", "E, [2026-01-01T12:00:01 #1] ERROR -- : x", "time=12:00 x", "[12:00:01] x",
				} {
					var g Grouper
					for _, line := range s.lines[:cut] {
						g.Continues([]byte(line))
					}
					if g.Continues([]byte(record)) || g.Failing() {
						t.Errorf("%s: %q goes on with the event whose last line is %d, %q", file, record, s.at+cut-1, s.lines[cut-1])
					}
				}
			}
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, more string
		want        int // lines of the first event
	}{
		"wrapped":        {"begin", "  more", mostWrapped},
		"a trace":        {"java.lang.StackOverflowError", "\tat a.B.c(B.java:1)", mostTraced},
		"all indented":   {"  begin", "    more", 1},
		"all empty":      {"", "", 1},
		"ordinary":       {"begin", "more", 1},
		"a message":      {"Exception in thread \"x\" java.lang.Error: a", "more", 1 + manyLines},
		"a logged one":   {"panic: x", "more", 1},
		"data race":      {"WARNING: DATA RACE", "more", 1},
		"wrapped record": {"begin", "  INFO x", 1},
	} {
		var g Grouper
		g.Continues([]byte(c.first))
		n := 1
		for n < 2*mostTraced && g.Continues([]byte(c.more)) {
			n++
		}
		if n != c.want {
			t.Errorf("%s: the event has %d lines, want %d", name, n, c.want)
		}
	}
	var g Grouper
	g.Continues([]byte("=================="))
	g.Continues([]byte("WARNING: DATA RACE"))
	n := 2
	for n < 2*mostTraced && g.Continues([]byte("more")) {
		n++
	}
	if n != mostWrapped {
		t.Errorf("a report without an end has %d lines, want %d", n, mostWrapped)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	var g Grouper
	if g.Failing() {
		t.Error("nothing fails")
	}
	for _, line := range []string{"panic: x", "", "goroutine 1 [running]:"} {
		g.Continues([]byte(line))
	}
	if !g.Failing() {
		t.Error("a panic doesn't fail")
	}
	g.Reset()
	if g.Failing() {
		t.Error("it fails after its end")
	}
	if g.Continues([]byte("\tat a.B.c(B.java:1)")) {
		t.Error("a line goes on with another run's")
	}
}

func TestNothingIsKept(t *testing.T) {
	var lines [][]byte
	for _, file := range files(t) {
		for _, s := range samples(t, file) {
			for _, line := range s.lines {
				lines = append(lines, []byte(line))
			}
		}
	}
	var g Grouper
	if n := testing.AllocsPerRun(3, func() {
		for _, line := range lines {
			g.Continues(line)
		}
	}); n > 0 {
		t.Errorf("%d lines take %.0f allocations", len(lines), n)
	}
}

func FuzzGrouper(f *testing.F) {
	for _, file := range files(f) {
		for _, s := range samples(f, file) {
			f.Add([]byte(strings.Join(s.lines, "\n")))
		}
	}
	for _, seed := range []string{" ", "a\n ", "lines.", "panic: x\n\ngoroutine 1 [running]:\nf)"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var g, again Grouper
		n := 0
		for i, line := range bytes.Split(text, []byte("\n")) {
			goesOn := g.Continues(line)
			if i == 0 && goesOn {
				t.Fatalf("%q goes on with nothing", line)
			}
			if n++; !goesOn {
				n = 1
				again.Reset() // an event is what it is, whatever was before it
			}
			if n > mostTraced {
				t.Fatal("an event without an end")
			}
			if again.Continues(line) != goesOn || again.Failing() != g.Failing() {
				t.Fatalf("%q is judged by what was before its event", line)
			}
		}
	})
}

func BenchmarkContinues(b *testing.B) {
	for name, text := range map[string]string{
		"times": "2026-01-01T12:00:00.123Z INFO listening on http://localhost:3000 with 12 workers\n2026-01-01T12:00:00.124Z DEBUG GET /users/7 200 12ms\n",
		"words": "Compiling the module of the users, with all of what it needs\nServer is listening on http://localhost:3000, press Ctrl-C to stop it\n",
		"json":  `{"level":"info","time":"2026-01-01T12:00:00.123Z","msg":"request completed","status":200,"took":12}` + "\n",
		"trace": "2026-01-01 12:00:00 ERROR request failed\njava.lang.IllegalStateException: cannot load x\n" + strings.Repeat("\tat java.base/java.lang.Integer.parseInt(Integer.java:668)\n", 20),
	} {
		b.Run(name, func(b *testing.B) {
			lines := bytes.Split([]byte(strings.TrimSuffix(text, "\n")), []byte("\n"))
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var g Grouper
			for b.Loop() {
				for _, line := range lines {
					g.Continues(line)
				}
			}
		})
	}
}
