package logstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// at is a moment, ms milliseconds after the one all tests begin at.
func at(ms int) time.Time {
	return time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

func create(t testing.TB, dir string, o Options) *Writer {
	t.Helper()
	w, err := Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func put(t testing.TB, w *Writer, when time.Time, stream Stream, text string) {
	t.Helper()
	if err := w.Append(when, stream, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func flush(t testing.TB, w *Writer) {
	t.Helper()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

func shut(t testing.TB, w *Writer) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// words is a line as tests write it: the text, with what is special about it.
func words(l Line) string {
	var b strings.Builder
	if l.Source != "" {
		b.WriteString(l.Source + ":")
	}
	if l.Stream == Stderr {
		b.WriteString("err:")
	}
	if l.Continued {
		b.WriteString("…")
	}
	switch l.Mark {
	case 0:
		b.Write(l.Text)
	case MarkStarted:
		fmt.Fprintf(&b, "[started %d]", l.Value)
	case MarkExited:
		fmt.Fprintf(&b, "[exited %d]", l.Value)
	case MarkLost:
		fmt.Fprintf(&b, "[lost %d KiB]", l.Value)
	}
	if l.Partial {
		b.WriteString("…")
	}
	return b.String()
}

func read(t testing.TB, q Query, sources ...Source) []string {
	t.Helper()
	var got []string
	if err := Read(context.Background(), sources, q, func(l Line) error {
		got = append(got, words(l))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

func readDir(t testing.TB, dir string, q Query) []string {
	t.Helper()
	return read(t, q, Source{Dir: dir})
}

func raw(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	if err := CopyRaw(context.Background(), dir, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func same(t testing.TB, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d lines %.300q\nwant %d lines %.300q", len(got), got, len(want), want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("line %d is %.200q, want %.200q", i, got[i], want[i])
		}
	}
}

// follower collects what a following Read gives.
type follower struct {
	t     testing.TB
	lines chan string
	done  chan error
	stop  context.CancelFunc
}

func follow(t testing.TB, q Query, sources ...Source) *follower {
	q.Follow = true
	ctx, stop := context.WithCancel(t.Context())
	f := &follower{t: t, lines: make(chan string, 1<<16), done: make(chan error, 1), stop: stop}
	go func() {
		f.done <- Read(ctx, sources, q, func(l Line) error {
			f.lines <- words(l)
			return nil
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-f.done; err != context.Canceled {
			t.Errorf("following ended with %v", err)
		}
	})
	return f
}

func (f *follower) want(lines ...string) {
	f.t.Helper()
	for _, want := range lines {
		select {
		case got := <-f.lines:
			if got != want {
				f.t.Fatalf("followed %q, want %q", got, want)
			}
		case <-time.After(10 * time.Second):
			f.t.Fatalf("nothing came; want %q", want)
		}
	}
}

func text(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + rng.IntN(26))
	}
	return string(b)
}
