// Package fullstack_test clones the example, starts it, and uses the page as a
// person would: in a browser.
package fullstack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// needTools looks for all that the example needs to run.
func needTools(tb testing.TB) {
	tb.Helper()
	for _, tool := range []string{"node", "npm", "pg_isready"} {
		if _, err := exec.LookPath(tool); err != nil {
			proxtest.Unable(tb, "needs "+tool+" (make fullstack installs it)")
		}
	}
	out, err := exec.CommandContext(tb.Context(), "node", "-p", "const [a, b] = process.versions.node.split('.'); a > 20 || a == 20 && b >= 19").Output()
	if err != nil || strings.TrimSpace(string(out)) != "true" {
		proxtest.Unable(tb, "needs Node 20.19 or newer")
	}
}

// example is a clone of the example: what git keeps of it.
func example(tb testing.TB) *proxtest.Project {
	tb.Helper()
	data := "" // may be elsewhere
	tb.Cleanup(func() {
		if err := os.RemoveAll(data); err != nil {
			tb.Error(err)
		}
	})
	p := proxtest.New(tb)
	tb.Cleanup(func() { data = dataOf(p) }) // before the project is ended and goes
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && (d.Name() == "node_modules" || d.Name() == "data") {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		p.Write(path, string(b))
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	p.Env = append(p.Env, npmEnv(tb)...)
	return p
}

// npmEnv is what npm needs to know of this machine, though the project has a
// home of its own: its cache, and how the registry is reached.
func npmEnv(tb testing.TB) []string {
	tb.Helper()
	env := []string{"npm_config_fetch_retry_mintimeout=1000", "npm_config_fetch_timeout=60000"}
	for _, name := range []string{"cache", "userconfig"} {
		out, err := exec.CommandContext(tb.Context(), "npm", "config", "get", name).Output()
		if err != nil {
			tb.Fatal(err)
		}
		env = append(env, "npm_config_"+name+"="+strings.TrimSpace(string(out)))
	}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToLower(kv), "=")
		if strings.HasPrefix(name, "npm_config_registry") || strings.HasSuffix(name, "_proxy") || name == "node_extra_ca_certs" {
			env = append(env, kv)
		}
	}
	return env
}

// offline is how npm says that it cannot reach its registry.
var offline = regexp.MustCompile(`npm error code (ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT)`)

// start starts everything, packages and all, for which it takes its time.
func start(tb testing.TB, p *proxtest.Project) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 5*time.Minute)
	defer cancel()
	out, err := p.Command(ctx, "start", "--timeout", "4m").CombinedOutput()
	if err == nil {
		return string(out)
	}
	if log := p.Run("logs", "install"); offline.MatchString(log.Out) {
		proxtest.Unable(tb, "needs packages, which cannot be fetched: "+offline.FindString(log.Out))
	}
	tb.Fatalf("%v\n%s", err, out)
	return ""
}

// page is where the page is.
func page(tb testing.TB, p *proxtest.Project) string {
	tb.Helper()
	return fmt.Sprintf("http://127.0.0.1:%d/", ports(tb, p)["web"])
}

// ports are those that the services are given.
func ports(tb testing.TB, p *proxtest.Project) map[string]int {
	tb.Helper()
	var st struct {
		Services []struct {
			Name      string
			Instances []struct{ Port int }
		}
	}
	if err := json.Unmarshal([]byte(p.Must("status", "--json").Out), &st); err != nil {
		tb.Fatal(err)
	}
	all := map[string]int{}
	for _, s := range st.Services {
		if port := s.Instances[0].Port; port != 0 {
			all[s.Name] = port
		}
	}
	return all
}

// get is what a URL answers, or why it doesn't.
func get(url string) string {
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Get(url)
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

// dataOf is where the database has its data, as it says itself; "" when it has
// not run.
func dataOf(p *proxtest.Project) string {
	_, dir, _ := strings.Cut(p.Run("logs", "db", "-n", "all").Out, "data lies in ")
	dir, _, _ = strings.Cut(dir, "\n")
	return dir
}

const welcome = "the database: Welcome! This line was written by a migration."

func TestGuestBook(t *testing.T) {
	t.Parallel()
	needTools(t)
	program, err := findBrowser()
	if err != nil {
		proxtest.Unable(t, err.Error()+" (make fullstack installs it)")
	}
	p := example(t)
	out := start(t, p)
	for _, chain := range [][]string{{"install", "migrate", "api", "web"}, {"db", "migrate"}} {
		if !slices.IsSortedFunc(chain, func(a, b string) int { return strings.Index(out, "✓ "+a+" ") - strings.Index(out, "✓ "+b+" ") }) {
			t.Errorf("not in the order %v: %s", chain, out)
		}
	}
	if !strings.Contains(out, "3 services ready, 2 tasks done") {
		t.Error(out)
	}

	b := browse(t, program)
	b.open(page(t, p))
	b.see("Guest book", welcome)
	b.fill("name", "Ada")
	b.fill("message", "It runs.")
	b.eval("document.querySelector('button').click()")
	b.see("Ada: It runs.", welcome)

	restarts(t, p, b)
	changes(t, p, b)
	databaseDies(t, p, b)
	sideBySide(t, p)

	if r := p.Must("kill"); !strings.Contains(r.Out, "3 services stopped, 0 processes left") || strings.Contains(r.Out, "had to kill") {
		t.Error(r)
	}
	if r := p.Must("logs", "db"); !strings.HasSuffix(strings.TrimSpace(r.Out), "database system is shut down") {
		t.Errorf("the database was not stopped cleanly: %s", r.Out)
	}
}

// restarts sees that what was written outlives the API.
func restarts(t *testing.T, p *proxtest.Project, b *browser) {
	t.Helper()
	before := p.Instance("api").Pid
	p.Must("restart", "api")
	if now := p.Instance("api"); now.Pid == before || now.State != "ready" {
		t.Errorf("%+v", now)
	}
	b.open(page(t, p))
	b.see("Ada: It runs.", welcome)
}

// changes works on the page, which follows by itself, on the database, and on
// the API, both of which prox runs again.
func changes(t *testing.T, p *proxtest.Project, b *browser) {
	t.Helper()
	b.eval("window.loaded = 'once'")
	p.Write("web/src/App.jsx", strings.Replace(p.Read("web/src/App.jsx"), "<h1>Guest book", "<h1>Our guest book", 1))
	b.see("Our guest book", "Ada: It runs.")
	if got := b.eval("window.loaded"); got != "once" {
		t.Error("the page was loaded again")
	}
	p.Write("db/migrations/003-news.sql", "INSERT INTO entries (name, message) VALUES ('the third', 'Applied when it was saved.')")
	proxtest.Await(t, "the migration", func() bool { return strings.Contains(get(page(t, p)+"api/entries"), "Applied when it was saved.") })
	p.Write("api/server.js", strings.Replace(p.Read("api/server.js"), "a name and a message are needed", "tell us who you are", 1))
	proxtest.Await(t, "the API to be another", func() bool {
		resp, err := (&http.Client{Timeout: 5 * time.Second}).Post(page(t, p)+"api/entries", "application/json", strings.NewReader(`{"message": "Hi"}`))
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		return err == nil && resp.StatusCode == http.StatusUnprocessableEntity && strings.Contains(string(answer), "tell us who you are")
	})
	if r := p.Must("why", "api"); !strings.Contains(r.Out, "api/server.js changed") {
		t.Error(r)
	}
}

// databaseDies kills the server of the database. What it leaves is ended, or
// it could not start again; then it recovers.
func databaseDies(t *testing.T, p *proxtest.Project, b *browser) {
	t.Helper()
	was, api := p.Instance("db"), p.Instance("api")
	if err := syscall.Kill(was.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	proxtest.Await(t, "the database to be back", func() bool {
		now := p.Instance("db")
		return now.State == "ready" && now.Pid != was.Pid
	})
	p.AwaitState("api", "ready")
	if r := p.Must("why", "db"); !strings.Contains(r.Out, "SIGKILL") {
		t.Error(r)
	}
	b.open(page(t, p))
	b.see("Ada: It runs.", welcome)
	if now := p.Instance("api"); now.Pid != api.Pid {
		t.Error("the API did not outlive its database")
	}
}

// sideBySide starts a second clone, as another worktree would be, in a folder
// that everybody may look into.
func sideBySide(t *testing.T, p *proxtest.Project) {
	t.Helper()
	q := example(t)
	for _, dir := range []string{q.Root, q.Dir} {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(q.Dir, "node_modules"), os.DirFS(filepath.Join(p.Dir, "node_modules"))); err != nil {
		t.Fatal(err)
	}
	start(t, q)
	if got, want := dataOf(q), filepath.Join(q.Dir, "data"); got != want {
		t.Errorf("the data is in %s, not in %s", got, want)
	}
	ours, theirs := ports(t, p), ports(t, q)
	for name, port := range ours {
		if theirs[name] == 0 || theirs[name] == port {
			t.Errorf("%s has port %d here and %d there", name, port, theirs[name])
		}
	}
	if len(ours) != 3 {
		t.Errorf("ports %v", ours)
	}
	if got := get(page(t, q) + "api/entries"); !strings.Contains(got, "Welcome!") || strings.Contains(got, "Ada") {
		t.Errorf("the second clone's database has %s", got)
	}
	if r := q.Must("kill"); !strings.Contains(r.Out, "0 processes left") {
		t.Error(r)
	}
	if got := get(page(t, p) + "api/entries"); !strings.Contains(got, "Ada") {
		t.Errorf("the first clone says %s", got)
	}
}

// BenchmarkStart is the time from the command until the page shows what is in
// the database, against the same four started by hand, each when the one
// before is of use. Packages are installed and the database is made before.
func BenchmarkStart(b *testing.B) {
	needTools(b)
	p := example(b)
	for _, dir := range []string{p.Root, p.Dir} { // the data shall be in the project's folder
		if err := os.Chmod(dir, 0o711); err != nil {
			b.Fatal(err)
		}
	}
	start(b, p)
	at := ports(b, p)
	p.Must("kill")
	var ours, bare time.Duration
	n := 0
	for b.Loop() {
		began := time.Now()
		p.Must("start")
		shows(b, at["web"])
		ours += time.Since(began)
		p.Must("kill")
		bare += chain(b, p, at)
		n++
	}
	b.ReportMetric(float64(ours.Milliseconds())/float64(n), "ms")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-chain")
	b.ReportMetric(0, "ns/op")
}

// shows fails unless the page and what it asks for are served.
func shows(b *testing.B, port int) {
	b.Helper()
	for path, want := range map[string]string{"": "main.jsx", "api/entries": "Welcome!"} {
		if got := get(fmt.Sprintf("http://127.0.0.1:%d/%s", port, path)); !strings.Contains(got, want) {
			b.Fatal(got)
		}
	}
}

// chain starts all of them by hand, and ends them.
func chain(b *testing.B, p *proxtest.Project, at map[string]int) time.Duration {
	b.Helper()
	run := func(name string, argv ...string) *exec.Cmd {
		cmd := exec.CommandContext(b.Context(), argv[0], argv[1:]...)
		cmd.Dir = p.Dir
		cmd.Env = append(slices.Clone(p.Env), fmt.Sprintf("PORT=%d", at[name]), fmt.Sprintf("API_URL=http://127.0.0.1:%d", at["api"]),
			fmt.Sprintf("DATABASE_URL=postgres://app@127.0.0.1:%d/postgres", at["db"]))
		return cmd
	}
	serve := func(signal syscall.Signal, ready func() bool, name string, argv ...string) (end func()) {
		cmd := run(name, argv...)
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		proxtest.Await(b, name, ready)
		return func() {
			var exit *exec.ExitError
			if err := errors.Join(cmd.Process.Signal(signal), cmd.Wait()); err != nil && !errors.As(err, &exit) {
				b.Error(err)
			}
		}
	}
	answers := func(name, path, want string) func() bool {
		return func() bool {
			return strings.Contains(get(fmt.Sprintf("http://127.0.0.1:%d/%s", at[name], path)), want)
		}
	}
	began := time.Now()
	defer serve(syscall.SIGINT, func() bool {
		return run("db", "sh", "-c", "pg_isready --quiet --username app --host 127.0.0.1 --port $PORT").Run() == nil
	}, "db", "db/postgres.sh")()
	if out, err := run("migrate", "node", "db/migrate.js").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	defer serve(syscall.SIGTERM, answers("api", "health", "true"), "api", "node", "api/server.js")()
	defer serve(syscall.SIGTERM, answers("web", "", "main.jsx"), "web", "node_modules/.bin/vite", "web")()
	shows(b, at["web"])
	return time.Since(began)
}
