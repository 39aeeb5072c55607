// Package microservices_test starts the example as a person would, and breaks
// it.
package microservices_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
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

// example is a copy of the example with ports that are free.
func example(tb testing.TB) (p *proxtest.Project, page string) {
	tb.Helper()
	p = proxtest.New(tb)
	ports := map[string]string{}
	for _, port := range []string{"7410", "7411"} {
		l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		defer l.Close()
		ports[port] = fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == "bin" {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".md") {
			return err
		}
		b, err := os.ReadFile(path)
		text := string(b)
		for port, free := range ports {
			text = strings.ReplaceAll(text, port, free)
		}
		p.Write(path, text)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOFLAGS", "GOROOT"} {
		out, err := exec.CommandContext(tb.Context(), "go", "env", name).Output()
		if err != nil {
			tb.Fatal(err)
		}
		if v := strings.TrimSpace(string(out)); v != "" {
			p.Env = append(p.Env, name+"="+v)
		}
	}
	return p, "http://127.0.0.1:" + ports["7410"] + "/"
}

// bought is what the page says when one buys butter.
func bought(url string) string {
	resp, err := (&http.Client{Timeout: proxtest.Patience}).Get(url + "?item=2")
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// inOrder reports whether services became ready in an order.
func inOrder(out string, names ...string) bool {
	last := -1
	for _, name := range names {
		at := strings.Index(out, "✓ "+name+" ")
		if at <= last {
			return false
		}
		last = at
	}
	return true
}

// times are when the run of an instance began and came to what others wait for.
type times struct{ began, usable time.Time }

// timesOf are those of all services that have one instance, by name.
func timesOf(t *testing.T, p *proxtest.Project) map[string]times {
	t.Helper()
	var st struct {
		Services []struct {
			Name      string
			Instances []struct {
				StartedAt time.Time `json:"started_at"`
				ReadyAt   time.Time `json:"ready_at"`
				Exit      *struct {
					At  time.Time
					Ran float64 `json:"ran_seconds"`
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(p.Must("status", "--json").Out), &st); err != nil {
		t.Fatal(err)
	}
	all := map[string]times{}
	for _, s := range st.Services {
		for _, i := range s.Instances {
			one := times{i.StartedAt, i.ReadyAt}
			if one.began.IsZero() && i.Exit != nil { // a task that is done
				one = times{i.Exit.At.Add(-time.Duration(i.Exit.Ran * float64(time.Second))), i.Exit.At}
			}
			all[s.Name] = one
		}
	}
	return all
}

func TestShop(t *testing.T) {
	t.Parallel()
	p, page := example(t)
	r := p.Must("start", "--timeout", "120s")
	for _, chain := range [][]string{{"build", "store", "migrate", "api", "web"}, {"build", "auth", "api"}, {"store", "worker"}, {"store", "mailer"}} {
		if !inOrder(r.Out, chain...) {
			t.Errorf("not in the order %v: %v", chain, r)
		}
	}
	// The lines tell who was ready first; who was started too early, and ready
	// late all the same, only the times tell.
	at := timesOf(t, p)
	for _, need := range [][2]string{
		{"store", "build"},
		{"auth", "build"},
		{"migrate", "store"},
		{"worker", "store"},
		{"mailer", "store"},
		{"api", "migrate"},
		{"api", "auth"},
		{"api", "store"},
		{"web", "api"},
	} {
		began, usable := at[need[0]].began, at[need[1]].usable
		if began.IsZero() || usable.IsZero() || began.Before(usable) {
			t.Errorf("%s began at %s, and what it needs, %s, was of use at %s", need[0], began, need[1], usable)
		}
	}
	if got := bought(page); !strings.Contains(got, "<h1>The Example Shop</h1>") || !strings.Contains(got, "You bought butter.") {
		t.Fatal(got)
	}
	proxtest.Await(t, "the mail to be sent", func() bool {
		return strings.Contains(p.Must("logs", "mailer").Out, "sent from shop@example.org: butter for you is on its way")
	})
	if r := p.Must("env", "auth"); !strings.Contains(r.Out, ".env") || strings.Contains(r.Out, "only-for-development") {
		t.Errorf("a secret is shown, or its origin is not: %v", r)
	}

	// The store is killed, and with it all that it knew.
	api, store := p.Instance("api"), p.Instance("store")
	if err := syscall.Kill(store.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	proxtest.Await(t, "the shop to sell again", func() bool {
		now := p.Instance("api")
		return now.State == "ready" && now.Pid != api.Pid && strings.Contains(bought(page), "You bought butter.")
	})
	if r := p.Must("why", "api"); !strings.Contains(r.Out, "restart with store") {
		t.Error(r)
	}
	if r := p.Must("logs", "migrate"); strings.Count(r.Out, "SET schema 3: ok") != 2 {
		t.Error(r)
	}
	for _, name := range []string{"worker", "mailer"} {
		p.AwaitState(name, "ready")
	}

	// The page is worked on.
	b := p.Read("web/main.go")
	p.Write("web/main.go", strings.Replace(b, "You bought ", "You have bought ", 1))
	proxtest.Await(t, "the page to be another", func() bool { return strings.Contains(bought(page), "You have bought butter.") })
	if r := p.Must("why", "web"); !strings.Contains(r.Out, "web/main.go changed") {
		t.Error(r)
	}
	if r := p.Must("kill"); !strings.Contains(r.Out, "0 processes left") {
		t.Error(r)
	}
}

func TestProduction(t *testing.T) {
	t.Parallel()
	p, page := example(t)
	p.Must("start", "--env", "production", "--timeout", "120s")
	if got := bought(page); !strings.Contains(got, "<h1>The Shop</h1>") {
		t.Error(got)
	}
	if r := p.Must("logs", "api"); !strings.Contains(r.Out, "api.2") || strings.Count(r.Out, "log level warn") != 2 {
		t.Error(r)
	}
	if r := p.Must("scale", "worker", "3"); !strings.Contains(r.Out, "worker.3") {
		t.Error(r)
	}
	if r := p.Must("kill"); !strings.Contains(r.Out, "0 processes left") {
		t.Error(r)
	}
}

// BenchmarkStart is the time from the command until the whole shop sells,
// against its longest chain started by hand: store, migrate, api, web, each
// when the one before is of use. What is built is built before.
func BenchmarkStart(b *testing.B) {
	p, page := example(b)
	p.Must("start", "--timeout", "120s")
	p.Must("kill")
	p.Write("prox.toml", strings.Replace(p.Read("prox.toml"), "[services.build]\ncommand = '", "[services.build]\ncommand = 'exit 0; ", 1))
	var ours, bare time.Duration
	n := 0
	for b.Loop() {
		r := p.Must("start")
		if got := bought(page); !strings.Contains(got, "butter") {
			b.Fatal(got)
		}
		ours += r.Took
		p.Must("kill", "--now")
		bare += chain(b, p)
		n++
	}
	b.ReportMetric(float64(ours.Milliseconds())/float64(n), "ms")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-chain")
	b.ReportMetric(0, "ns/op")
}

// chain starts the longest chain by hand, and ends it.
func chain(b *testing.B, p *proxtest.Project) time.Duration {
	b.Helper()
	began := time.Now()
	port := func(k int) string { return fmt.Sprint(31000 + k) }
	run := func(name string, k int, env ...string) *exec.Cmd {
		cmd := exec.CommandContext(b.Context(), filepath.Join(p.Dir, "bin", name))
		cmd.Env = append(os.Environ(), append(env, "PORT="+port(k), "STORE_ADDR=127.0.0.1:"+port(0))...)
		return cmd
	}
	for k, name := range []string{"store", "api", "web"} {
		if name == "api" {
			if out, err := run("migrate", 0).CombinedOutput(); err != nil {
				b.Fatalf("%v: %s", err, out)
			}
		}
		cmd := run(name, k, "API_URL=http://127.0.0.1:"+port(1))
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
		for end := time.Now().Add(proxtest.Patience); ; time.Sleep(time.Millisecond) {
			c, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", "127.0.0.1:"+port(k))
			if err == nil {
				c.Close()
				break
			}
			if time.Now().After(end) {
				b.Fatal(err)
			}
		}
	}
	return time.Since(began)
}
