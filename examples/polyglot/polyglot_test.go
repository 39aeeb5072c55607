// Package polyglot_test starts the example as a person would, breaks it, and
// works on its sources.
package polyglot_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"prox/internal/proxtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	proxtest.CleanUp()
	os.Exit(code)
}

// The example's ports, in the order of dependency.
const (
	db    = 7301
	api   = 7302
	web   = 7303
	words = 7304
)

// example is a copy of the example; at are the ports that its own have become.
func example(tb testing.TB) (p *proxtest.Project, at map[int]int) {
	tb.Helper()
	proxtest.NeedTools(tb, "go", "python3", "node", "cargo", "curl")
	p, at = proxtest.Example(tb, []string{"bin", "words/target", "api/__pycache__"}, db, api, web, words)
	p.Compilers()
	return p, at
}

func TestVisitsTravelThroughAll(t *testing.T) {
	t.Parallel()
	p, at := example(t)
	r := p.Must("start", "--timeout", "120s")
	if !strings.Contains(r.Out, "5 services ready, 2 tasks done") {
		t.Fatal(r)
	}
	for _, chain := range [][]string{{"build-db", "db", "api", "web", "visitor"}, {"build-words", "words", "api"}} {
		last := -1
		for _, name := range chain {
			now := strings.Index(r.Out, "✓ "+name+" ")
			if now <= last {
				t.Errorf("not in the order %v: %v", chain, r)
			}
			last = now
		}
	}
	proxtest.Await(t, "a visit to go through", func() bool {
		return strings.Contains(p.Must("logs", "visitor").Out, "| You are visitor 1, the first.\n")
	})
	if got := page(at); !strings.Contains(got, "You are visitor ") {
		t.Error(got)
	}
	if r := p.Must("exec", "api", "python3 -c 'import os; print(os.path.basename(os.getcwd()), os.environ[\"LOG_LEVEL\"])'"); r.Out != "api info\n" {
		t.Error(r)
	}

	t.Run("words", func(t *testing.T) { inWords(t, at) })
	t.Run("killed", func(t *testing.T) { killed(t, p) })
	t.Run("changed", func(t *testing.T) { changed(t, p, at) })
	t.Run("without", func(t *testing.T) { without(t, p, at) })
	t.Run("again", func(t *testing.T) { again(t, p) })
}

func page(at map[int]int) string { return proxtest.Get(fmt.Sprintf("http://127.0.0.1:%d/", at[web])) }

func word(at map[int]int, number string) string {
	return proxtest.Get(fmt.Sprintf("http://127.0.0.1:%d/%s", at[words], number))
}

// inWords asks for what is easily got wrong.
func inWords(t *testing.T, at map[int]int) {
	for number, want := range map[string]string{
		"0": "zeroth", "3": "third", "12": "twelfth", "20": "twentieth", "21": "twenty-first", "100": "one hundredth",
		"342": "three hundred forty-second", "1000": "one thousandth", "12009": "twelve thousand ninth",
		"1000000": "ask for /NUMBER, up to 999999\n", "one": "ask for /NUMBER, up to 999999\n",
	} {
		if got := word(at, number); got != want {
			t.Errorf("%s is said to be the %q, not the %q", number, got, want)
		}
	}
}

// killed comes back, and its page with it.
func killed(t *testing.T, p *proxtest.Project) {
	was := p.Instance("api")
	if err := syscall.Kill(was.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	proxtest.Await(t, "the api to be back", func() bool {
		now := p.Instance("api")
		return now.State == "ready" && now.Pid != was.Pid && now.Restarts == 1
	})
	if r := p.Must("why", "api"); !strings.Contains(r.Out, "SIGKILL") {
		t.Error(r)
	}
}

// changed takes the place of what runs, but only when it can be built.
func changed(t *testing.T, p *proxtest.Project, at map[int]int) {
	was, source := p.Instance("words"), p.Read("words/src/ordinal.rs")
	p.Write("words/src/ordinal.rs", strings.Replace(source, `"first"`, `first`, 1))
	proxtest.Await(t, "the compiler to refuse", func() bool {
		return strings.Contains(p.Must("logs", "words", "--events", "-n", "all").Out, "could not compile `words`")
	})
	if now := p.Instance("words"); now.Pid != was.Pid || word(at, "1") != "first" {
		t.Errorf("it took the place of what ran: %+v", now)
	}
	p.Write("words/src/ordinal.rs", strings.Replace(source, `"first"`, `"very first"`, 1))
	proxtest.Await(t, "the new words", func() bool { return word(at, "1") == "very first" })

	p.Write("web/server.js", strings.Replace(p.Read("web/server.js"), "You are visitor", "Welcome, visitor", 1))
	proxtest.Await(t, "the new page", func() bool { return strings.Contains(page(at), "Welcome, visitor") })
	if r := p.Must("why", "web"); !strings.Contains(r.Out, "server.js changed") {
		t.Error(r)
	}
}

// without the database the others go on, and the page says what is missing.
func without(t *testing.T, p *proxtest.Project, at map[int]int) {
	p.Must("stop", "db")
	if got, want := page(at), "the API does not answer\n"; got != want {
		t.Errorf("the page says %q, not %q", got, want)
	}
	for _, name := range []string{"words", "api", "web", "visitor"} {
		if i := p.Instance(name); i.State != "ready" {
			t.Errorf("%+v", i)
		}
	}
	p.Must("start", "db")
	if got := page(at); !strings.Contains(got, "Welcome, visitor") {
		t.Error(got)
	}
}

// again nothing is built, since nothing has changed.
func again(t *testing.T, p *proxtest.Project) {
	if r := p.Must("kill"); !strings.Contains(r.Out, "5 services stopped, 0 processes left") {
		t.Error(r)
	}
	built := func() (files []os.FileInfo) {
		for _, name := range []string{"bin/db", "words/target/debug/words"} {
			info, err := os.Stat(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, info)
		}
		return files
	}
	before := built()
	p.Must("start", "db", "words")
	for k, now := range built() {
		if !os.SameFile(now, before[k]) {
			t.Errorf("%s was built anew", []string{"db", "words"}[k])
		}
	}
	if r := p.Must("kill"); !strings.Contains(r.Out, "2 services stopped, 0 processes left") {
		t.Error(r)
	}
}

// BenchmarkStart is the time from the command until the page answers, against
// the same by hand, one after the other: asking both compilers, which have
// nothing to do, and starting the four servers, each when the one before
// listens.
func BenchmarkStart(b *testing.B) {
	p, at := example(b)
	p.Must("start", "--timeout", "120s", "web")
	p.Must("kill")
	var ours, bare time.Duration
	n := 0
	for b.Loop() {
		began := time.Now()
		p.Must("start", "web")
		visit(b, at)
		ours += time.Since(began)
		p.Must("kill")
		bare += chain(b, p, at)
		n++
	}
	b.ReportMetric(float64(ours.Milliseconds())/float64(n), "ms")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-chain")
	b.ReportMetric(0, "ns/op")
}

func visit(b *testing.B, at map[int]int) {
	b.Helper()
	if got := page(at); !strings.Contains(got, "You are visitor 1, the first.") {
		b.Fatal(got)
	}
}

// chain starts all of them by hand, visits the page, and ends them.
func chain(b *testing.B, p *proxtest.Project, at map[int]int) time.Duration {
	b.Helper()
	url := func(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", at[port]) }
	began := time.Now()
	for dir, argv := range map[string][]string{".": {"go", "build", "-o", "bin/db", "db/main.go"}, "words": {"cargo", "build", "--offline", "--locked"}} {
		cmd := exec.CommandContext(b.Context(), argv[0], argv[1:]...)
		cmd.Dir, cmd.Env = filepath.Join(p.Dir, dir), p.Env
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	defer p.ByHand(at[db], ".", nil, filepath.Join(p.Dir, "bin/db"))()
	defer p.ByHand(at[words], "words", nil, filepath.Join(p.Dir, "words/target/debug/words"))()
	defer p.ByHand(at[api], "api", []string{"LOG_LEVEL=info", "DB_URL=" + url(db), "WORDS_URL=" + url(words)}, "python3", "-u", "main.py")()
	defer p.ByHand(at[web], "web", []string{"API_URL=" + url(api)}, "node", "server.js")()
	visit(b, at)
	return time.Since(began)
}
