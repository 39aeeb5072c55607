package shim

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// slow is a terminal that takes nothing while it is shut.
type slow struct {
	mu   sync.Mutex
	open sync.Cond
	shut bool
	got  bytes.Buffer
	err  error
}

func newSlow(shut bool) *slow {
	s := &slow{shut: shut}
	s.open.L = &s.mu
	return s
}

func (s *slow) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.shut {
		s.open.Wait()
	}
	if s.err != nil {
		return 0, s.err
	}
	return s.got.Write(b)
}

func (s *slow) set(shut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = shut
	s.open.Broadcast()
}

func (s *slow) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.String()
}

// settle waits until everything has been written.
func settle(t *testing.T, p *pane) {
	t.Helper()
	p.drain(20 * time.Second)
	if p.dead {
		t.Fatal("the pane did not come to rest")
	}
}

func TestPaneShowsEverythingWhileItKeepsUp(t *testing.T) {
	t.Parallel()
	out := newSlow(false)
	p := newPane(out, "api", 24)
	var want strings.Builder
	for k := range 1000 {
		line := fmt.Sprintf("line %d\r\n", k)
		want.WriteString(line)
		p.write([]byte(line), false)
		if k%100 == 0 {
			settle(t, p)
		}
	}
	settle(t, p)
	if out.String() != want.String() {
		t.Errorf("%d bytes of %d", len(out.String()), want.Len())
	}
	if p.queue != nil || p.tail != nil {
		t.Error("an idle pane holds buffers")
	}
}

func TestFloodNeverWaitsForThePaneAndShowsTheNewest(t *testing.T) {
	t.Parallel()
	out := newSlow(true)
	p := newPane(out, "api", 24)
	const lines = 200_000
	for k := range lines { // would never end if it waited
		p.write(fmt.Appendf(nil, "\x1b[32mline\x1b[0m %d of a flood that no terminal can show\r\n", k), false)
	}
	out.set(false)
	settle(t, p)
	got := out.String()
	if !strings.HasSuffix(got, fmt.Sprintf("%d of a flood that no terminal can show\r\n", lines-1)) {
		t.Errorf("the last line is not the newest: %q", got[max(0, len(got)-100):])
	}
	var shown, skipped int
	for l := range strings.Lines(got) {
		l = strings.TrimRight(strings.ReplaceAll(strings.ReplaceAll(l, "\x1b[32m", ""), "\x1b[0m", ""), "\r\n")
		var n int
		switch {
		case strings.Contains(l, "lines not shown here; prox logs api has them all"):
			if _, err := fmt.Sscanf(l[strings.Index(l, "── ")+len("── "):], "%d lines", &n); err != nil {
				t.Fatal(err)
			}
			skipped += n
		default:
			if _, err := fmt.Sscanf(l, "line %d of a flood that no terminal can show", &n); err != nil || l != fmt.Sprintf("line %d of a flood that no terminal can show", n) {
				t.Fatalf("not a whole line: %q", l)
			}
			shown++
		}
	}
	if shown+skipped != lines {
		t.Errorf("%d shown and %d said to be skipped, of %d", shown, skipped, lines)
	}
}

func TestFullScreenProgramIsNeverSkipped(t *testing.T) {
	t.Parallel()
	out := newSlow(true)
	p := newPane(out, "vim", 24)
	done := make(chan struct{})
	chunk := strings.Repeat("x", 1<<10)
	go func() {
		defer close(done)
		p.write([]byte("\x1b[?1049h"), false)
		for range 2000 {
			p.write([]byte(chunk), false)
		}
	}()
	select {
	case <-done:
		t.Error("it did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	out.set(false)
	<-done
	settle(t, p)
	if got := len(out.String()); got != len("\x1b[?1049h")+2000<<10 {
		t.Errorf("%d bytes were shown", got)
	}
}

func TestInteractiveServiceIsNeverSkipped(t *testing.T) {
	t.Parallel()
	out := newSlow(false)
	p := newPane(out, "repl", 24)
	p.blocking(true)
	for range 5000 {
		p.write(bytes.Repeat([]byte("y"), 1<<10), false)
	}
	settle(t, p)
	if got := len(out.String()); got != 5000<<10 {
		t.Errorf("%d bytes were shown", got)
	}
}

func TestPipesGetCarriageReturns(t *testing.T) {
	t.Parallel()
	out := newSlow(false)
	p := newPane(out, "api", 24)
	p.write([]byte("one\ntwo\n"), true)
	settle(t, p)
	if out.String() != "one\r\ntwo\r\n" {
		t.Errorf("got %q", out.String())
	}
}

func TestNoticesStandOnLinesOfTheirOwn(t *testing.T) {
	t.Parallel()
	out := newSlow(false)
	p := newPane(out, "api", 24)
	p.write([]byte("no newline"), false)
	p.notice("a notice")
	p.write([]byte("\x1b[?1049h"), false)
	p.notice("not over a full-screen program")
	p.end("api: exit code 1")
	settle(t, p)
	got := out.String()
	if !strings.Contains(got, "no newline\x1b[0m\r\n\x1b[2m── a notice ──\x1b[0m\r\n") || strings.Contains(got, "not over") {
		t.Errorf("got %q", got)
	}
	if off := strings.Index(got, "\x1b[?1049l"); off < 0 || off > strings.Index(got, "api: exit code 1") {
		t.Errorf("the end is not shown on a clean terminal: %q", got)
	}
}

func TestAPaneThatIsGoneHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	out := newSlow(false)
	out.err = errors.New("input/output error")
	p := newPane(out, "api", 24)
	p.write([]byte("\x1b[?1049h"), false)
	for range 1000 {
		p.write(bytes.Repeat([]byte("z"), 4<<10), false)
	}
	p.end("over")

	shut := newSlow(true)
	defer shut.set(false)
	q := newPane(shut, "api", 24)
	q.blocking(true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			q.write(bytes.Repeat([]byte("z"), 4<<10), false)
		}
	}()
	q.lose()
	<-done
}
