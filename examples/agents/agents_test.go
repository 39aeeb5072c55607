// Package agents_test works on two worktrees of the example at once, as two
// agents would that know nothing of one another.
package agents_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// repository is a git repository of the example, on its branch main.
func repository(tb testing.TB) *proxtest.Project {
	tb.Helper()
	proxtest.NeedTools(tb, "git", "python3")
	p, _ := proxtest.Example(tb, []string{"__pycache__", "notes.txt"})
	dir, err := filepath.EvalSymlinks(p.Dir) // as git and prox name it
	if err != nil {
		tb.Fatal(err)
	}
	p.Dir = dir
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		p.Env = append(p.Env, "GIT_"+who+"_NAME=Ada", "GIT_"+who+"_EMAIL=ada@example.org")
	}
	run(tb, p, "git", "init", "--quiet", "--initial-branch", "main")
	run(tb, p, "git", "add", ".")
	run(tb, p, "git", "commit", "--quiet", "--message", "a first version")
	return p
}

// run runs a command in a worktree, and is what it printed.
func run(tb testing.TB, p *proxtest.Project, argv ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = p.Dir, p.Env
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("%v: %v\n%s", argv, err, out)
	}
	return string(out)
}

// beside is a second worktree, made and started as the README says; it is the
// same person's, and so has the same home.
func beside(tb testing.TB, p *proxtest.Project, branch string) *proxtest.Project {
	tb.Helper()
	q := *p
	q.Dir = p.Dir + "-" + strings.ReplaceAll(branch, "/", "-")
	tb.Cleanup(func() {
		if _, err := os.Stat(q.Dir); err == nil { // a test may have removed it
			q.Run("kill", "--now")
		}
	})
	if out := run(tb, p, "./worktree.sh", branch); !strings.Contains(out, "2 services ready") {
		tb.Fatal(out)
	}
	return &q
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
		all[s.Name] = s.Instances[0].Port
	}
	return all
}

func page(tb testing.TB, p *proxtest.Project) string {
	tb.Helper()
	return proxtest.Get(fmt.Sprintf("http://127.0.0.1:%d/", ports(tb, p)["web"]))
}

// note writes one by the API.
func note(t *testing.T, p *proxtest.Project, text string) {
	t.Helper()
	url := fmt.Sprintf("http://127.0.0.1:%d/notes", ports(t, p)["api"])
	resp, err := (&http.Client{Timeout: proxtest.Patience}).Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.Status)
	}
}

func edit(t *testing.T, p *proxtest.Project, name, from, to string) {
	t.Helper()
	was := p.Read(name)
	if !strings.Contains(was, from) {
		t.Fatalf("%s has no %s", name, from)
	}
	p.Write(name, strings.Replace(was, from, to, 1))
}

func TestTwoWorktrees(t *testing.T) {
	t.Parallel()
	first := repository(t)
	first.Must("start")
	second := beside(t, first, "feature/red")
	t.Run("ports", func(t *testing.T) { portsDiffer(t, first, second) })
	t.Run("branches", func(t *testing.T) { branches(t, first, second) })
	t.Run("list", func(t *testing.T) { list(t, first, second) })
	t.Run("logs", func(t *testing.T) { logs(t, first, second) })
	t.Run("broken", func(t *testing.T) { broken(t, first, second) })
	t.Run("kill", func(t *testing.T) { kill(t, first, second) })
	t.Run("remove", func(t *testing.T) { remove(t, first, second) })
}

// portsDiffer between worktrees, and stay from start to start.
func portsDiffer(t *testing.T, first, second *proxtest.Project) {
	ours, theirs := ports(t, first), ports(t, second)
	all := slices.Concat(slices.Collect(maps.Values(ours)), slices.Collect(maps.Values(theirs)))
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != 4 || all[0] == 0 {
		t.Errorf("ports %v and %v", ours, theirs)
	}
	second.Must("stop")
	second.Must("start")
	if now := ports(t, second); !maps.Equal(now, theirs) {
		t.Errorf("stopped and started, the ports are %v, not %v", now, theirs)
	}
	second.Must("kill")
	second.Must("start")
	if now := ports(t, second); !maps.Equal(now, theirs) {
		t.Errorf("killed and started, the ports are %v, not %v", now, theirs)
	}
	if now := ports(t, first); !maps.Equal(now, ours) {
		t.Errorf("the first has %v, not %v", now, ours)
	}
}

// branches answer each with its own text, from its own data.
func branches(t *testing.T, first, second *proxtest.Project) {
	edit(t, second, "web.py", `TITLE = "Notes"`, `TITLE = "Red notes"`)
	if r := second.Must("restart", "web"); !strings.Contains(r.Out, "1 service ready") {
		t.Error(r)
	}
	run(t, second, "git", "commit", "--quiet", "--all", "--message", "red")
	note(t, first, "buy bread")
	note(t, second, "paint it")
	for p, want := range map[*proxtest.Project]string{first: "<h1>Notes</h1><ul><li>buy bread</li></ul>", second: "<h1>Red notes</h1><ul><li>paint it</li></ul>"} {
		if got := page(t, p); !strings.Contains(got, want) {
			t.Errorf("%s says %s, not %s", p.Dir, got, want)
		}
		port := fmt.Sprint(ports(t, p)["web"])
		if r := p.Must("exec", "web", "python3", "check.py"); !strings.HasPrefix(r.Out, "ok: ") || !strings.Contains(r.Out, ":"+port+"/") {
			t.Error(r)
		}
	}
	edit(t, second, "check.py", "<li>{note}</li>", "<b>{note}</b>")
	if r := second.Want(1, "exec", "web", "python3", "check.py"); !strings.Contains(r.Err, "the note is not on the page") {
		t.Error(r)
	}
	run(t, second, "git", "checkout", "--quiet", "check.py")
}

// list shows both, from wherever it is asked.
func list(t *testing.T, first, second *proxtest.Project) {
	var all struct {
		Projects []struct {
			Project, Dir, Branch string
			Ports                []int
			States               map[string]int
		}
	}
	listed := func() bool {
		if err := json.Unmarshal([]byte(first.Must("list", "--json").Out), &all); err != nil {
			t.Fatal(err)
		}
		return len(all.Projects) == 2 && len(all.Projects[0].Ports) == 2 && len(all.Projects[1].Ports) == 2
	}
	proxtest.Await(t, "both with their ports", listed)
	text := second.Must("list").Out
	for p, branch := range map[*proxtest.Project]string{first: "main", second: "feature/red"} {
		want := slices.Sorted(maps.Values(ports(t, p)))
		found := false
		for _, one := range all.Projects {
			found = found || one.Dir == p.Dir && one.Branch == branch && one.Project == "notes" && one.States["ready"] == 2 && slices.Equal(one.Ports, want)
		}
		if !found {
			t.Errorf("%s on %s with ports %v is not in %+v", p.Dir, branch, want, all)
		}
		line := strings.Join(strings.Fields(fmt.Sprintf("notes 2 ready %s %d,%d %s", branch, want[0], want[1], p.Dir)), " ")
		if !strings.Contains(strings.Join(strings.Fields(text), " ")+" ", line+" ") {
			t.Errorf("no %q in:\n%s", line, text)
		}
	}
}

// logs are those of the worktree that they are asked in.
func logs(t *testing.T, first, second *proxtest.Project) {
	note(t, second, "only here")
	proxtest.Await(t, "the line", func() bool {
		return strings.Contains(second.Must("logs", "--since", "2m").Out, `msg="noted" text="only here"`)
	})
	if r := first.Must("logs", "--since", "2m"); strings.Contains(r.Out, "only here") || !strings.Contains(r.Out, "buy bread") {
		t.Error(r)
	}
	if r := second.Must("logs", "--grep", "noted", "--since", "0s"); strings.Contains(r.Out, "only here") {
		t.Errorf("it is not that young: %v", r)
	}
	if r := second.Must("logs", "api", "--level", "warn", "--json"); strings.Contains(r.Out, "noted") {
		t.Error(r)
	}
}

// broken is told by exit codes, at once and with the reason; the other
// worktree goes on.
func broken(t *testing.T, first, second *proxtest.Project) {
	running := first.Instance("api").Pid
	edit(t, second, "api.py", "import json\n", "import jsno\n")
	r := second.Want(5, "restart", "api")
	for _, part := range []string{"gave up after 1 restart: exit code 1 each time", "No module named 'jsno'"} {
		if !strings.Contains(r.Out+r.Err, part) {
			t.Errorf("no %q in %v", part, r)
		}
	}
	second.Want(5, "wait", "api", "--timeout", "30s")
	if i := second.Instance("api"); i.State != "failed" || i.Exit == nil || i.Exit.Code != 1 {
		t.Errorf("%+v", i)
	}
	if r := second.Must("why", "api"); !strings.Contains(r.Out, "✗ failed") || !strings.Contains(r.Out, "No module named 'jsno'") {
		t.Error(r)
	}
	edit(t, second, "api.py", "import jsno\n", "import json\n")
	second.Must("restart", "api")
	second.Must("wait", "--timeout", "30s")
	second.Must("exec", "web", "python3", "check.py")
	if now := first.Instance("api"); now.Pid != running || now.State != "ready" || now.Restarts != 0 {
		t.Errorf("the first worktree's: %+v", now)
	}
}

// kill ends one, and not the other.
func kill(t *testing.T, first, second *proxtest.Project) {
	if r := first.Must("kill"); !strings.Contains(r.Out, "2 services stopped, 0 processes left") {
		t.Error(r)
	}
	first.Want(3, "status", "--json")
	if got := page(t, second); !strings.Contains(got, "<h1>Red notes</h1>") {
		t.Error(got)
	}
	if r := second.Must("list"); strings.Count(r.Out, "notes ") != 1 || !strings.Contains(r.Out, second.Dir) {
		t.Error(r)
	}
	first.Must("start")
}

// remove ends what runs in a worktree, and takes it away.
func remove(t *testing.T, first, second *proxtest.Project) {
	if out := run(t, first, "./worktree.sh", "-d", "feature/red"); !strings.Contains(out, "2 services stopped, 0 processes left") {
		t.Error(out)
	}
	if _, err := os.Stat(second.Dir); !os.IsNotExist(err) {
		t.Errorf("%s is there: %v", second.Dir, err)
	}
	if got := page(t, first); !strings.Contains(got, "<h1>Notes</h1>") {
		t.Error(got)
	}
	if r := first.Must("list"); !strings.Contains(r.Out, first.Dir) || strings.Contains(r.Out, filepath.Base(second.Dir)) {
		t.Error(r)
	}
}

// BenchmarkSecondWorktree is the time of a start in a worktree while another
// one runs, until its page answers, against the same two programs started by
// hand, the second when the first listens.
func BenchmarkSecondWorktree(b *testing.B) {
	first := repository(b)
	first.Must("start")
	second := beside(b, first, "feature/red")
	at := ports(b, second)
	url := fmt.Sprintf("http://127.0.0.1:%d/", at["web"])
	visit := func() {
		if got := proxtest.Get(url); !strings.Contains(got, "<h1>Notes</h1>") {
			b.Fatal(got)
		}
	}
	byHand := func() time.Duration {
		began := time.Now()
		defer second.ByHand(at["api"], ".", nil, "python3", "-u", "api.py")()
		defer second.ByHand(at["web"], ".", []string{fmt.Sprintf("API_URL=http://127.0.0.1:%d", at["api"])}, "python3", "-u", "web.py")()
		visit()
		return time.Since(began)
	}
	second.Must("kill")
	var ours, bare time.Duration
	n := 0
	for b.Loop() {
		began := time.Now()
		second.Must("start")
		visit()
		ours += time.Since(began)
		second.Must("kill")
		bare += byHand()
		n++
	}
	b.ReportMetric(float64(ours.Milliseconds())/float64(n), "ms")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-chain")
	b.ReportMetric(0, "ns/op")
}
