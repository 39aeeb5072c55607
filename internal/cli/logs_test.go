package cli

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"prox/internal/logstore"
)

// log opens the store of an instance.
func (w *world) log(instance string) *logstore.Writer {
	w.t.Helper()
	l, err := logstore.Create(logstore.Folder(w.place().Logs(), instance), logstore.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = l.Close() })
	return l
}

func put(t *testing.T, l *logstore.Writer, at time.Time, text string) {
	t.Helper()
	if err := l.Append(at, logstore.Stdout, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
}

var morning = time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)

// printed is a project whose services have printed something.
func printed(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "prox.toml", shopConfig)
	db, web := w.log("db"), w.log("web")
	put(t, db, morning, "\x1b[32mopen\x1b[0m\x1b]0;title\a\r\n")
	put(t, web, morning.Add(time.Second), "GET / status=500\r\n")
	put(t, db, morning.Add(2*time.Second), "query\r\nerror: no\r\n")
	put(t, web, morning.Add(3*time.Second), "without an end")
	return w
}

func TestLogsAreMergedByTime(t *testing.T) {
	t.Parallel()
	w := printed(t)
	w.run(0, "logs")
	if want := "db   | open\nweb  | GET / status=500\ndb   | query\ndb   | error: no\nweb  | without an end\n"; w.out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", w.out, want)
	}
}

func TestLogsChoosesLines(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"logs web":                       "web  | GET / status=500\nweb  | without an end\n",
		"logs -n 2":                      "db   | error: no\nweb  | without an end\n",
		"logs -n 0":                      "",
		"logs --grep ^error":             "db   | error: no\n",
		"logs --grep (GET|query) -n all": "web  | GET / status=500\ndb   | query\n",
		"logs web --raw":                 "GET / status=500\r\nwithout an end",
	} {
		w := printed(t)
		w.run(0, strings.Fields(line)...)
		if got := w.out.String(); got != want {
			t.Errorf("prox %s:\n%s\nwant:\n%s", line, got, want)
		}
	}
}

func TestLogsOnATerminal(t *testing.T) {
	t.Parallel()
	w := printed(t)
	w.app.print.color = true
	w.run(0, "logs", "-t")
	wants(t, w.out.String(), morning.Local().Format("2006-01-02T15:04:05.000"), "\x1b[36mdb   |", "\x1b[32mopen\x1b[0m")
	wantNot(t, w.out.String(), "\x1b]", "\a")
	w = printed(t)
	w.app.print.color = true
	w.run(0, "logs", "--no-color")
	wantNot(t, w.out.String(), "\x1b")
}

func TestLogsOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.run(0, "logs")
	w.run(0, "logs", "db") // in the config, nothing printed yet
	wants(t, w.err.String(), "nothing has been printed yet")
	w.run(exitUsage, "logs", "dv")
	wants(t, w.err.String(), `did you mean db?`)
}

// TestLogsFollows sees lines that come, of a service that is new too.
func TestLogsFollows(t *testing.T) {
	t.Parallel()
	w := printed(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() { done <- w.app.run(ctx, []string{"logs", "-f", "-n", "1"}) }()
	await(t, w.out, "without an end")
	put(t, w.log("late"), time.Now(), "hello from a new one\n")
	await(t, w.out, "late  | hello from a new one")
	cancel()
	if code := <-done; code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	wantNot(t, w.out.String(), "query")
}

// TestAFloodIsNotFlushedLineByLine keeps the buffer from becoming useless.
func TestAFloodIsNotFlushedLineByLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var c counter
	m := newMerged(w.app, &c, []string{"db"})
	for i := range 20000 {
		if err := m.line(logstore.Line{Source: "db", Text: fmt.Appendf(nil, "line %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	if c.writes > 1000 || c.bytes < 20000*10 {
		t.Errorf("%d writes for %d bytes", c.writes, c.bytes)
	}
}

type counter struct{ writes, bytes int }

func (c *counter) Write(p []byte) (int, error) {
	c.writes++
	c.bytes += len(p)
	return len(p), nil
}
