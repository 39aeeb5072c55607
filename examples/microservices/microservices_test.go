// Package microservices_test starts the example as a person would, and breaks
// it.
package microservices_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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

// example is a copy of the example with ports that are free, and its page.
func example(tb testing.TB) (p *proxtest.Project, page string) {
	tb.Helper()
	p, at := proxtest.Example(tb, []string{"bin"}, 7410, 7411)
	p.Compilers()
	return p, fmt.Sprintf("http://127.0.0.1:%d/", at[7410])
}

// bought is what the page says when one buys butter.
func bought(url string) string { return proxtest.Get(url + "?item=2") }

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

	t.Run("store dies", func(t *testing.T) { storeDies(t, p, page) })
	t.Run("page changes", func(t *testing.T) { pageChanges(t, p, page) })
	t.Run("environment changes", func(t *testing.T) { environmentChanges(t, p) })
	t.Run("more of api", func(t *testing.T) { moreOfAPI(t, p, page) })
	t.Run("schedule", func(t *testing.T) { scheduled(t, p) })
	if r := p.Must("kill"); !strings.Contains(r.Out, "0 processes left") {
		t.Error(r)
	}
}

// storeDies, and with it all that it knew.
func storeDies(t *testing.T, p *proxtest.Project, page string) {
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
}

// pageChanges is built and restarted when it is saved.
func pageChanges(t *testing.T, p *proxtest.Project, page string) {
	p.Write("web/main.go", strings.Replace(p.Read("web/main.go"), "You bought ", "You have bought ", 1))
	proxtest.Await(t, "the page to be another", func() bool { return strings.Contains(bought(page), "You have bought butter.") })
	if r := p.Must("why", "web"); !strings.Contains(r.Out, "web/main.go changed") {
		t.Error(r)
	}
}

// environmentChanges restarts those who are given it.
func environmentChanges(t *testing.T, p *proxtest.Project) {
	was := p.Instance("api").Pid
	p.Write(".env", strings.Replace(p.Read(".env"), "LOG_LEVEL=debug", "LOG_LEVEL=info", 1))
	if r := p.Must("reload"); !strings.Contains(r.Out, "LOG_LEVEL") {
		t.Errorf("it does not say what changed: %v", r)
	}
	if now := p.AwaitState("api", "ready"); now.Pid == was {
		t.Error("api runs on")
	}
	proxtest.Await(t, "the new level", func() bool { return strings.Contains(p.Must("logs", "api").Out, "log level info") })
}

// moreOfAPI run, and are restarted while the page sells.
func moreOfAPI(t *testing.T, p *proxtest.Project, page string) {
	if r := p.Must("scale", "api", "3"); !strings.Contains(r.Out, "api.3") {
		t.Error(r)
	}
	before := p.Instance("api.2").Pid
	p.Must("restart", "api", "--rolling")
	if now := p.Instance("api.2"); now.Pid == before || now.State != "ready" {
		t.Errorf("%+v", now)
	}
	p.Must("scale", "api", "1")
	if got := bought(page); !strings.Contains(got, "You have bought butter.") {
		t.Error(got)
	}
}

// scheduled work is told when it comes next.
func scheduled(t *testing.T, p *proxtest.Project) {
	if r := p.Must("status", "cleanup"); !regexp.MustCompile(`next .*(in|at) `).MatchString(r.Out) {
		t.Error(r)
	}
}

// TestWithoutKey has an auth that lives and is of no use, and nobody starts who
// needs it.
func TestWithoutKey(t *testing.T) {
	t.Parallel()
	p, _ := example(t)
	p.Write(".env", strings.Replace(p.Read(".env"), "AUTH_KEY", "NO_KEY", 1))
	p.Must("start", "build", "--timeout", "120s")
	if r := p.Want(5, "start", "--timeout", "5s"); !strings.Contains(r.Err, "not ready after 5s: ") || !strings.Contains(r.Err, "auth") {
		t.Error(r)
	}
	proxtest.Await(t, "the reason", func() bool {
		return strings.Contains(p.Must("why", "auth").Out, `its body does not match "ok": true`)
	})
	if r := p.Must("why", "web"); !strings.Contains(r.Out, "waiting for api") || !strings.Contains(r.Out, "auth") {
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
	config := p.Read("prox.toml")
	built := strings.Replace(config, "mkdir -p bin", "exit 0; mkdir -p bin", 1)
	if built == config {
		b.Fatal("there is no build to be left out")
	}
	p.Write("prox.toml", built)
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
	ports := proxtest.FreePorts(b, 3)
	program := func(name string) string { return filepath.Join(p.Dir, "bin", name) }
	env := []string{fmt.Sprintf("STORE_ADDR=127.0.0.1:%d", ports[0]), fmt.Sprintf("API_URL=http://127.0.0.1:%d", ports[1])}
	began := time.Now()
	defer p.ByHand(ports[0], ".", env, program("store"))()
	migrate := exec.CommandContext(b.Context(), program("migrate"))
	migrate.Env = append(slices.Clone(p.Env), env...)
	if out, err := migrate.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	defer p.ByHand(ports[1], ".", env, program("api"))()
	defer p.ByHand(ports[2], ".", env, program("web"))()
	return time.Since(began)
}
