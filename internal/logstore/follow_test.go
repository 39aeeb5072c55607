package logstore

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"sync/atomic"
	"testing"
	"time"
)

func TestFollowAcrossRotation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{SegmentSize: 4 << 10, MaxTotal: 12 << 10, FlushEvery: time.Millisecond})
	put(t, w, at(0), Stdout, "old 1\nold 2\n")
	flush(t, w)
	f := follow(t, Query{Tail: 1}, Source{Dir: dir})
	f.want("old 2")
	for i := range 3000 {
		line := fmt.Sprintf("line %d", i)
		put(t, w, at(i), Stdout, line+"\n")
		if i%40 == 39 {
			// In step, so that no segment is deleted before it is read.
			for k := i - 39; k <= i; k++ {
				f.want(fmt.Sprintf("line %d", k))
			}
		}
	}
	if numbers, _, _ := list(dir); numbers[0] < 5 {
		t.Errorf("segments %v: none was deleted", numbers)
	}
}

func TestFollowShowsUnendedLineOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{FlushEvery: time.Millisecond})
	f := follow(t, Query{Match: regexp.MustCompile("name|end")}, Source{Dir: dir})
	put(t, w, at(0), Stdout, "your name? ")
	f.want("your name? …")
	put(t, w, at(1), Stdout, "gopher")
	f.want("…gopher…")
	put(t, w, at(2), Stdout, "!\r\n")
	f.want("…!")
	put(t, w, at(3), Stdout, "name\r")
	f.want("name…")
	put(t, w, at(4), Stdout, "\nunwanted and")
	put(t, w, at(5), Stdout, " then\nthe end\n")
	f.want("the end")
}

func TestFollowNothingOfThePast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{FlushEvery: time.Millisecond})
	put(t, w, at(0), Stdout, "old\nbegun before")
	flush(t, w)
	f := follow(t, Query{Tail: -1}, Source{Dir: dir})
	// There is no telling when it follows: until it does, all is the past.
	stop := time.After(10 * time.Second)
	for i := 0; ; i++ {
		put(t, w, at(i), Stdout, "\nnew")
		flush(t, w)
		select {
		case got := <-f.lines:
			if got != "new" && got != "new…" {
				t.Fatalf("followed %q", got)
			}
			return
		case <-stop:
			t.Fatal("nothing came")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestFollowFindsNewSources(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	var more atomic.Bool
	f := follow(t, Query{Rescan: func() []Source {
		if !more.Load() {
			return nil
		}
		s, _ := Sources(root)
		return s
	}}, Source{Name: "a", Dir: Folder(root, "a")})
	// Its folder didn't exist.
	a := create(t, Folder(root, "a"), Options{FlushEvery: time.Millisecond})
	put(t, a, at(0), Stdout, "1\n")
	f.want("a:1")
	b := create(t, Folder(root, "b"), Options{FlushEvery: time.Millisecond})
	put(t, b, at(1), Stdout, "1\n")
	flush(t, b)
	more.Store(true)
	f.want("b:1")
	put(t, a, at(2), Stdout, "2\n")
	f.want("a:2")
}

func TestFollowAfterClearing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 {
		w := create(t, dir, Options{})
		put(t, w, at(0), Stdout, "first\n")
		shut(t, w)
		f := follow(t, Query{}, Source{Dir: dir})
		f.want("first")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		w = create(t, dir, Options{})
		put(t, w, at(1), Stdout, "again\n")
		shut(t, w)
		f.want("again")
		os.RemoveAll(dir)
	}
}

// Without notification, following goes on by looking.
func TestFollowByPolling(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{FlushEvery: time.Millisecond})
	r := &reader{fn: nil}
	lines := make(chan string, 10)
	r.fn = func(l Line) error { lines <- words(l); return nil }
	r.q.Follow = true
	r.scanners = []*scanner{newScanner(Source{Dir: dir}, false)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.follow(ctx, &watch{}) }()
	defer func() {
		cancel()
		<-done
		r.close()
	}()
	f := &follower{t: t, lines: lines}
	for i := range 3 {
		put(t, w, at(i), Stdout, fmt.Sprintf("%d\n", i))
		f.want(fmt.Sprint(i))
	}
}

// TestFollowRunsThatSayNothing: that a run began or ended is told though not a
// byte comes with it.
func TestFollowRunsThatSayNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{FlushEvery: time.Millisecond})
	mark := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		flush(t, w)
	}
	mark(w.MarkStart(at(0), 1))
	f := follow(t, Query{Marks: true}, Source{Dir: dir})
	f.want("[started 1]")
	mark(w.MarkExit(at(1), 1, 3, 0))
	f.want("[exited 3]")
	mark(w.MarkStart(at(2), 2))
	f.want("[started 2]")
	put(t, w, at(3), Stdout, "x\n")
	f.want("x")
	mark(w.MarkExit(at(4), 2, 0, 0))
	f.want("[exited 0]")
}
