package scroll

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"prox/internal/logstore"
	"prox/internal/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

func create(t testing.TB, root, instance string, o logstore.Options) *logstore.Writer {
	t.Helper()
	w, err := logstore.Create(logstore.Folder(root, instance), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func put(t testing.TB, w *logstore.Writer, when time.Time, s logstore.Stream, text string) {
	t.Helper()
	if err := w.Append(when, s, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func flush(t testing.TB, ws ...*logstore.Writer) {
	t.Helper()
	for _, w := range ws {
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
}

func words(lines []Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s %s %s", l.At.UTC().Format("05.000"), l.Instance, l.Text))
	}
	return out
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("of %d lines, %d wanted, line %d is %q, want %q", len(got), len(want), i, g, w)
		}
	}
}

// some writes lines of several instances, many of them at one time.
func some(t testing.TB, root string, rng *rand.Rand, n int) (end int) {
	var ws []*logstore.Writer
	for k := range 1 + rng.IntN(4) {
		ws = append(ws, create(t, root, fmt.Sprintf("svc-%d", k), logstore.Options{SegmentSize: 4 << 10, SegmentAge: -1}))
	}
	ms := 0
	for i := range n {
		if rng.IntN(3) == 0 {
			ms += rng.IntN(50)
		}
		level := [...]string{"", "", "INFO ", "WARN ", "ERROR "}[rng.IntN(5)]
		end, stream := "\n", logstore.Stream(rng.IntN(8)/7)
		if rng.IntN(15) == 0 && stream == logstore.Stdout {
			end = "" // the next of the stream goes on with it
		}
		put(t, ws[rng.IntN(len(ws))], at(ms), stream, fmt.Sprintf("%sline %d%s", level, i, end))
	}
	flush(t, ws...)
	return ms
}

// reference reads everything and keeps what passes.
func reference(t testing.TB, root string, f Filter) []Line {
	t.Helper()
	sources, err := logstore.Sources(root)
	if err != nil {
		t.Fatal(err)
	}
	var all []Line
	if err := logstore.Read(t.Context(), sources, logstore.Query{}, func(l logstore.Line) error {
		if len(f.Instances) > 0 && l.Source != f.Instances[0] {
			return nil
		}
		if record.LevelOf(l.Text) < f.Level || !regexp.MustCompile("(?i)"+f.Text).Match(l.Text) {
			return nil
		}
		all = append(all, kept(nil, &l))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	inOrder(all)
	return all
}

func anyFilter(rng *rand.Rand) Filter {
	return Filter{
		Instances: [][]string{nil, nil, {"svc-0"}}[rng.IntN(3)],
		Level:     []record.Level{0, 0, record.Warn, record.Error}[rng.IntN(4)],
		Text:      []string{"", "", "7", "line .3", "no such thing"}[rng.IntN(5)],
	}
}

// However the log is paged through, each line is met once.
func TestPagesHoldEachLineOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		root := t.TempDir()
		some(t, root, rng, 100+rng.IntN(900))
		g := Open(root)
		for range 6 {
			f, n := anyFilter(rng), 1+rng.IntN(120)
			want := words(reference(t, root, f))
			p, err := g.Last(t.Context(), f, n)
			if err != nil {
				t.Fatal(err)
			}
			back := p.Lines
			for !p.Begins {
				if p, err = g.Before(t.Context(), f, back[0], n); err != nil {
					t.Fatal(err)
				}
				back = append(p.Lines, back...)
			}
			same(t, words(back), want)
			if len(back) == 0 {
				continue
			}
			forth := back[:1]
			for {
				p, err := g.After(t.Context(), f, forth[len(forth)-1], n)
				if err != nil {
					t.Fatal(err)
				}
				forth = append(forth, p.Lines...)
				if len(p.Lines) < n {
					break
				}
			}
			same(t, words(forth), want)
			k := rng.IntN(len(back))
			p, err = g.Around(t.Context(), f, back[k], n)
			if err != nil {
				t.Fatal(err)
			}
			same(t, words(p.Lines), want[max(0, k-n):min(len(want), k+n+1)])
		}
	}
}

func TestTheNextError(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 3))
	root := t.TempDir()
	some(t, root, rng, 600)
	g := Open(root)
	all := reference(t, root, Filter{})
	for range 50 {
		k := rng.IntN(len(all))
		for _, back := range []bool{true, false} {
			want, i, step := "none", k, 1
			if back {
				step = -1
			}
			for i += step; i >= 0 && i < len(all); i += step {
				if record.LevelOf(all[i].Text) >= record.Error {
					want = words(all[i : i+1])[0]
					break
				}
			}
			got := "none"
			if l, ok, err := g.NextError(t.Context(), Filter{}, all[k], back); err != nil {
				t.Fatal(err)
			} else if ok {
				got = words([]Line{l})[0]
			}
			if got != want {
				t.Errorf("from line %d, back %v: %q, want %q", k, back, got, want)
			}
		}
	}
}

// follow starts to follow a page, and gives what is told.
func follow(t testing.TB, g *Log, f Filter, p Page, keep int) chan Batch {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	told, ended := make(chan Batch), make(chan error, 1)
	go func() {
		ended <- g.Follow(ctx, f, p, keep, func(b Batch) {
			select {
			case told <- b:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("following ended with %v", err)
		}
	})
	return told
}

func await(t testing.TB, told chan Batch) Batch {
	t.Helper()
	select {
	case b := <-told:
		return b
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was told")
	}
	return Batch{}
}

func TestWhatComesIsTold(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	w := create(t, root, "api", logstore.Options{})
	now := time.Now()
	put(t, w, now, logstore.Stdout, "one\ntwo\nhalf")
	flush(t, w)
	g := Open(root)
	p, err := g.Last(t.Context(), Filter{Text: "t|h"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Lines) != 2 || !p.Lines[1].Partial || !p.Begins {
		t.Fatalf("the last lines are %q", words(p.Lines))
	}
	told := follow(t, g, Filter{Text: "t|h"}, p, 100)
	put(t, w, now, logstore.Stdout, " and half\nthree\nnone\n")
	flush(t, w)
	var got []string
	for len(got) < 2 {
		for _, l := range await(t, told).Lines {
			if l.Compare(&p.Lines[1]) == 0 && l.Partial {
				continue // it was told before the rest came
			}
			got = append(got, string(l.Text))
		}
	}
	if got[0] != "half and half" && got[0] != " and half" || got[1] != "three" {
		t.Errorf("told %q", got)
	}
	// Another instance, and one whose line came earlier than what is known.
	other := create(t, root, "new", logstore.Options{})
	put(t, other, now.Add(-time.Second), logstore.Stdout, "late\n")
	flush(t, other)
	if b := await(t, told); len(b.Lines) != 1 || string(b.Lines[0].Text) != "late" || b.Lines[0].Compare(&p.Lines[0]) > 0 {
		t.Errorf("told %q", words(b.Lines))
	}
}

// Of a flood the last lines are told, and how many there were before.
func TestAFlood(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	w := create(t, root, "api", logstore.Options{})
	g := Open(root)
	p, err := g.Last(t.Context(), Filter{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	told := follow(t, g, Filter{}, p, 50)
	const lines = 50_000
	for i := range lines {
		put(t, w, time.Now(), logstore.Stdout, fmt.Sprintf("line %d\n", i))
	}
	flush(t, w)
	n, last := 0, ""
	for n < lines {
		b := await(t, told)
		if len(b.Lines) > 50 {
			t.Fatalf("%d lines at once", len(b.Lines))
		}
		n += len(b.Lines) + b.Skipped
		last = string(b.Lines[len(b.Lines)-1].Text)
	}
	if n != lines || last != fmt.Sprintf("line %d", lines-1) {
		t.Errorf("told of %d lines of %d, the last one is %q", n, lines, last)
	}
}

func TestLongLinesAreCut(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	w := create(t, root, "api", logstore.Options{})
	put(t, w, at(0), logstore.Stdout, strings.Repeat("é", 500_000)+"x\n")
	put(t, w, at(1), logstore.Stdout, "y"+strings.Repeat("é", 500_000)+"x\n")
	flush(t, w)
	p, err := Open(root).Last(t.Context(), Filter{Text: "x$"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Lines) != 2 {
		t.Fatalf("%d lines match at their end", len(p.Lines))
	}
	for i, l := range p.Lines {
		if len(l.Text) > Most || len(l.Text) < Most-4 || l.Size != 1_000_001+i || bytes.Contains(l.Text, []byte("\ufffd")) || !strings.HasSuffix(string(l.Text), "é") {
			t.Errorf("%d bytes are held of %d, ending with %q", len(l.Text), l.Size, l.Text[len(l.Text)-4:])
		}
	}
}

func TestAnEventIsShownAsAWhole(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	w, other := create(t, root, "api", logstore.Options{}), create(t, root, "web", logstore.Options{})
	put(t, w, at(0), logstore.Stdout, "before\n")
	for i, line := range []string{"Traceback (most recent call last):", `  File "a.py", line 1, in f`, "    x()", "ValueError: no"} {
		put(t, w, at(10+10*i), logstore.Stdout, line+"\n")
		put(t, other, at(10+10*i), logstore.Stdout, "between\n")
	}
	put(t, w, at(100), logstore.Stdout, "after\n")
	flush(t, w, other)
	g := Open(root)
	p, err := g.Last(t.Context(), Filter{Text: "ValueError"}, 10)
	if err != nil || len(p.Lines) != 1 {
		t.Fatalf("%d lines, %v", len(p.Lines), err)
	}
	event, err := g.Event(t.Context(), p.Lines[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(event) != 4 || string(event[0].Text) != "Traceback (most recent call last):" || string(event[3].Text) != "ValueError: no" {
		t.Errorf("the event is %q", words(event))
	}
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"time": "(?i)time", "Time": "Time", `\S+`: `(?i)\S+`, "a(b": `(?i)a\(b`, "É": "É", "": "",
	} {
		got := ""
		if re := (Filter{Text: text}).Expression(); re != nil {
			got = re.String()
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestNothingIsThereYet(t *testing.T) {
	t.Parallel()
	root := t.TempDir() + "/not/yet"
	g := Open(root)
	p, err := g.Last(t.Context(), Filter{}, 10)
	if err != nil || len(p.Lines) != 0 || !p.Begins {
		t.Errorf("%d lines, %v", len(p.Lines), err)
	}
	told := follow(t, g, Filter{}, p, 10)
	w := create(t, root, "api", logstore.Options{})
	put(t, w, time.Now(), logstore.Stdout, "first\n")
	flush(t, w)
	if b := await(t, told); string(b.Lines[0].Text) != "first" {
		t.Errorf("told %q", words(b.Lines))
	}
	if names, err := g.Instances(); err != nil || len(names) != 1 || names[0] != "api" {
		t.Errorf("instances %q, %v", names, err)
	}
}
