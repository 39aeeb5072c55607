// Package procfile_test starts the example's Procfile.dev, and types into the
// debugger that its server stops in.
package procfile_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prox/internal/proxtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	proxtest.CleanUp()
	os.Exit(code)
}

// example is a copy of the example, and where its server is.
func example(tb testing.TB) (p *proxtest.Project, url string) {
	tb.Helper()
	proxtest.NeedTools(tb, "python3")
	p, at := proxtest.Example(tb, []string{"public", "tmp", "prox.toml"}, 3000)
	return p, fmt.Sprintf("http://127.0.0.1:%d", at[3000])
}

// open waits until the server answers, which a Procfile does not tell.
func open(tb testing.TB, url string) {
	tb.Helper()
	proxtest.Await(tb, "the server", func() bool { return strings.Contains(proxtest.Get(url), "<h1>The shop</h1>") })
}

// visit asks for a receipt, which takes until somebody has typed.
func visit(url string) (answer chan string) {
	answer = make(chan string, 1)
	go func() { answer <- proxtest.Get(url + "/receipt?price=40") }()
	return answer
}

// answered fails unless a visit is answered.
func answered(tb testing.TB, answer chan string, want string) {
	tb.Helper()
	select {
	case got := <-answer:
		if got != want {
			tb.Errorf("the answer is %q, not %q", got, want)
		}
	case <-time.After(proxtest.Patience):
		tb.Fatal("there is no answer")
	}
}

// prompts is how often the debugger has asked, as the log has it.
func prompts(p *proxtest.Project) int {
	return strings.Count(p.Must("logs", "web", "-n", "all").Out, "(Pdb)")
}

func TestProcfile(t *testing.T) {
	t.Parallel()
	p, url := example(t)
	r := p.Must("start")
	if !strings.Contains(r.Out, "3 services ready") {
		t.Error(r)
	}
	open(t, url)
	t.Run("others", func(t *testing.T) { others(t, p, url) })
	t.Run("pane", func(t *testing.T) { pane(t, p, url) })
	t.Run("attach", func(t *testing.T) { attach(t, p, url) })
	t.Run("restart", func(t *testing.T) { restart(t, p, url) })
	t.Run("init", func(t *testing.T) { initialise(t, p, url) })
}

// others do their part.
func others(t *testing.T, p *proxtest.Project, url string) {
	style := func() string { return proxtest.Get(url + "/app.css") }
	proxtest.Await(t, "the style", func() bool { return style() == "body{font-family:sans-serif;margin:2rem;}h1{color:teal;}\n" })
	p.Write("styles/2-shop.css", "h1 { color: navy }\n")
	proxtest.Await(t, "the new style", func() bool { return strings.HasSuffix(style(), "h1{color:navy}\n") })

	resp, err := (&http.Client{Timeout: proxtest.Patience}).Post(url+"/orders?item=bread", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	proxtest.Await(t, "the order to be packed", func() bool {
		return strings.Contains(p.Must("logs", "worker").Out, "worker  | packed bread\n")
	})
}

// pane is where the prompt is, and where one types.
func pane(t *testing.T, p *proxtest.Project, url string) {
	answer, window := visit(url), p.Instance("web").Window
	shows := func(text string) {
		t.Helper()
		proxtest.Await(t, text, func() bool { return strings.Contains(p.Tmux("capture-pane", "-p", "-t", window), text) })
	}
	shows("(Pdb)")
	p.Tmux("send-keys", "-t", window, "discount = 10", "Enter")
	shows("(Pdb) discount = 10\n(Pdb)")
	select {
	case got := <-answer:
		t.Errorf("it did not stop: %s", got)
	default:
	}
	if i := p.Instance("web"); i.State != "ready" {
		t.Errorf("it waits to be typed at: %+v", i)
	}
	p.Tmux("send-keys", "-t", window, "c", "Enter")
	answered(t, answer, "30 to pay, 10 off\n")
	log := p.Must("logs", "web").Out
	for _, line := range []string{"/bin/server(", "| -> return f\"", "| (Pdb) discount = 10\n", "| (Pdb) c\n", "\"GET /receipt?price=40 HTTP/1.1\" 200 -\n"} {
		_, after, found := strings.Cut(log, line)
		if !found {
			t.Fatalf("no %q where it should be in the log:\n%s", line, p.Must("logs", "web").Out)
		}
		log = after
	}
}

// attach is how a person gets there, and leaves again.
func attach(t *testing.T, p *proxtest.Project, url string) {
	before := prompts(p)
	answer := visit(url)
	proxtest.Await(t, "the prompt in the log", func() bool { return prompts(p) == before+1 })
	// A terminal of its own, which happens to be a tmux, too.
	s := proxtest.NewScreen(t, proxtest.ScreenOptions{
		Width: 100, Height: 30, Env: p.Env,
		Argv: []string{"env", "-u", "TMUX", "-u", "TMUX_PANE", proxtest.Binary(t), "-C", p.Dir, "attach", "web"},
	})
	s.Await("the prompt", func(text string) bool { return strings.Count(text, "(Pdb)") == before+1 })
	s.Type("price")
	s.Keys("Enter")
	s.AwaitText("(Pdb) price\n40\n(Pdb)")
	s.Type("discount = price // 4 + 5")
	s.Keys("Enter")
	s.AwaitText("discount = price // 4 + 5\n(Pdb)")
	s.Type("continue")
	s.Keys("Enter")
	answered(t, answer, "25 to pay, 15 off\n")
	s.Keys("C-b")
	s.Keys("d")
	s.Await("the end of attach", func(string) bool { return s.Ended() })
	if i := p.Instance("web"); i.State != "ready" || i.Restarts != 0 {
		t.Errorf("it did not go on: %+v", i)
	}
}

// restart ends a server that waits in the debugger, and nothing else.
func restart(t *testing.T, p *proxtest.Project, url string) {
	before, worker := prompts(p), p.Instance("worker").Pid
	answer := visit(url)
	proxtest.Await(t, "the prompt in the log", func() bool { return prompts(p) == before+1 })
	p.Must("restart", "web")
	select {
	case got := <-answer:
		if strings.Contains(got, "to pay") {
			t.Error(got)
		}
	case <-time.After(proxtest.Patience):
		t.Error("the visitor still waits")
	}
	open(t, url)
	if now := p.Instance("worker").Pid; now != worker {
		t.Error("the worker was restarted too")
	}
}

// initialise makes a prox.toml of the Procfile, as the README says, which goes
// before it from then on.
func initialise(t *testing.T, p *proxtest.Project, url string) {
	if r := p.Must("init", "--yes"); !strings.Contains(r.Out, "wrote prox.toml: web, worker, css") {
		t.Error(r)
	}
	config := p.Read("prox.toml")
	for _, line := range []string{"# from Procfile.dev web (line 3)", "[services.web]", "[services.worker]", `command = "bin/jobs"`, `command = "bin/css --watch"`} {
		if !strings.Contains(config, line) {
			t.Errorf("no %q in:\n%s", line, config)
		}
	}
	// The next steps that the README proposes.
	port := url[strings.LastIndex(url, ":")+1:]
	p.Write("prox.toml", strings.Replace(config, fmt.Sprintf("command = %q", "bin/server -p "+port),
		"command = \"bin/server\"\nport = "+port+"\nwatch = [\"bin/server\"]", 1))
	if r := p.Must("kill"); !strings.Contains(r.Out, "3 services stopped, 0 processes left") {
		t.Error(r)
	}
	if r := p.Must("start"); !strings.Contains(r.Out, ":"+port) {
		t.Errorf("it was not waited for its port: %v", r)
	}
	if got := proxtest.Get(url); !strings.Contains(got, "<h1>The shop</h1>") {
		t.Errorf("it is ready, and says %s", got)
	}
	p.Write("bin/server", strings.Replace(p.Read("bin/server"), "<h1>The shop", "<h1>Our shop", 1))
	proxtest.Await(t, "the new page", func() bool { return strings.Contains(proxtest.Get(url), "<h1>Our shop") })
	if r := p.Must("kill"); !strings.Contains(r.Out, "3 services stopped, 0 processes left") {
		t.Error(r)
	}
}

// BenchmarkDebugger is the time of one visit to the debugger: a request stops
// there, its prompt is seen in the window, an answer is typed, and the request
// is answered. It is measured against the same server in a bare tmux.
func BenchmarkDebugger(b *testing.B) {
	p, url := example(b)
	p.Must("start", "web")
	open(b, url)
	window := p.Instance("web").Window
	port := proxtest.FreePorts(b, 1)[0]
	bare := fmt.Sprintf("http://127.0.0.1:%d", port)
	p.Tmux("new-session", "-d", "-s", "bare", fmt.Sprintf("exec %s -p %d", filepath.Join(p.Dir, "bin/server"), port))
	open(b, bare)
	var ours, yardstick time.Duration
	n := 0
	for b.Loop() {
		ours += debug(b, p, url, window)
		yardstick += debug(b, p, bare, "=bare:")
		n++
	}
	b.ReportMetric(float64(ours.Microseconds())/1000/float64(n), "ms")
	b.ReportMetric(ours.Seconds()/yardstick.Seconds(), "x-tmux")
	b.ReportMetric(0, "ns/op")
}

// debug is one visit, in a window that is cleared before.
func debug(b *testing.B, p *proxtest.Project, url, window string) time.Duration {
	b.Helper()
	p.Tmux("send-keys", "-R", "-t", window)
	began := time.Now()
	answer := visit(url)
	for end := began.Add(proxtest.Patience); !asks(b, p, window); {
		if time.Now().After(end) {
			b.Fatal("there is no prompt")
		}
	}
	p.Tmux("send-keys", "-t", window, "discount = 10", "Enter", "c", "Enter")
	answered(b, answer, "30 to pay, 10 off\n")
	return time.Since(began)
}

func asks(b *testing.B, p *proxtest.Project, window string) bool {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "tmux", "capture-pane", "-p", "-t", window)
	cmd.Env = p.Env
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	return strings.Contains(string(out), "(Pdb)")
}
