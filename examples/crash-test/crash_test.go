// Package crash_test starts services that fail in all ways, and holds what
// prox says of each against what has become of it.
package crash_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
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

// example is a copy of the example, with texts of its config replaced.
func example(tb testing.TB, replace ...string) *proxtest.Project {
	tb.Helper()
	proxtest.NeedTools(tb, "python3")
	p := proxtest.New(tb)
	names, err := filepath.Glob("*.*")
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".md") || name == "pager.log" {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		p.Write(name, string(b))
	}
	config := p.Read("prox.toml")
	for k := 0; k+1 < len(replace); k += 2 {
		if !strings.Contains(config, replace[k]) {
			tb.Fatalf("prox.toml has no %s", replace[k])
		}
		config = strings.ReplaceAll(config, replace[k], replace[k+1])
	}
	p.Write("prox.toml", config)
	return p
}

// has fails unless a text has all of some parts, in their order.
func has(tb testing.TB, text string, parts ...string) {
	tb.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			tb.Errorf("no %q where it should be in:\n%s", part, text)
			return
		}
		rest = after
	}
}

// events are what prox has noted of a service.
func events(p *proxtest.Project, name string) string {
	return p.Must("logs", name, "--events", "-n", "all").Out
}

// noted waits until prox has noted some parts of a service, in their order: a
// note is written after it has happened.
func noted(t *testing.T, p *proxtest.Project, name string, parts ...string) {
	t.Helper()
	pattern := make([]string, len(parts))
	for k, part := range parts {
		pattern[k] = regexp.QuoteMeta(part)
	}
	all := regexp.MustCompile("(?s)" + strings.Join(pattern, ".*"))
	proxtest.Await(t, fmt.Sprintf("%s to be noted: %q", name, parts), func() bool { return all.MatchString(events(p, name)) })
}

// alive reports whether a process exists.
func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// daemonOf waits until a service's daemon serves, and is its pid.
func daemonOf(t *testing.T, p *proxtest.Project, name string) (pid int) {
	t.Helper()
	serves := regexp.MustCompile(`daemon (\d+) serves`)
	proxtest.Await(t, "the daemon of "+name, func() bool {
		m := serves.FindStringSubmatch(p.Must("logs", name).Out)
		if m != nil {
			pid, _ = strconv.Atoi(m[1]) // digits they are
		}
		return pid != 0
	})
	return pid
}

func TestCrashes(t *testing.T) {
	t.Parallel()
	p := example(t, `"1GB"`, `"100MB"`) // a full one is waited for elsewhere
	r := p.Want(5, "start", "-e", "LEAK_AFTER=0", "-e", "LEAK_MB=60")
	has(t, r.Err, "not ready: crashes-at-once, fills-its-quota", "prox why crashes-at-once")
	for _, name := range []string{"eats-cpu", "leaks", "ignores-sigterm", "hides-a-daemon", "floods", "floods-on", "crashes-sometimes"} {
		has(t, r.Out, "✓ "+name+" ")
	}
	t.Run("at once", func(t *testing.T) { atOnce(t, p, r.Out) })
	t.Run("quota", func(t *testing.T) { quota(t, p, r.Out) })
	t.Run("sometimes", func(t *testing.T) { sometimes(t, p) })
	t.Run("leaks", func(t *testing.T) { leaks(t, p) })
	t.Run("cpu", func(t *testing.T) { cpu(t, p) })
	t.Run("daemonises", func(t *testing.T) { daemonises(t, p) })
	t.Run("flood", func(t *testing.T) { flood(t, p) })
	t.Run("flood without end", func(t *testing.T) { floodWithoutEnd(t, p) })
	t.Run("sigterm", func(t *testing.T) { sigterm(t, p) })
	t.Run("kill", func(t *testing.T) { kill(t, p) })
}

// atOnce is given up after three ends that look alike, and somebody is told.
func atOnce(t *testing.T, p *proxtest.Project, started string) {
	const gaveUp = "gave up after 2 restarts: exit code 3, the same way each time"
	has(t, started, "! crashes-at-once", "exit code 3, restarting in 200ms (1 of 5)", "| cannot read config.json", "restarting in 400ms (2 of 5)", "✗ crashes-at-once", gaveUp)
	i := p.Instance("crashes-at-once")
	if i.State != "failed" || i.Reason != gaveUp || i.Restarts != 2 || i.Run != 3 || i.Exit == nil || i.Exit.Code != 3 {
		t.Errorf("%+v", i)
	}
	has(t, p.Must("why", "crashes-at-once").Out, "✗ failed", gaveUp, "policy", "on-failure, at most 5 times, after 200ms",
		"run 1", "exit code 3", "run 3", "exit code 3", "| cannot read config.json")
	noted(t, p, "crashes-at-once", "ended: exit code 3", "backoff: exit code 3, restarting in 200ms (1 of 5)", "starting run 3", "failed: "+gaveUp)
	proxtest.Await(t, "the hook", func() bool { return p.Read("pager.log") != "" })
	if got, want := p.Read("pager.log"), "crashes-at-once is down: "+gaveUp+" (after 2 restarts)\n"; got != want {
		t.Errorf("the hook wrote %q, not %q", got, want)
	}
}

// quota may not write more: the signal says so, and the hook has cleaned up.
func quota(t *testing.T, p *proxtest.Project, started string) {
	const gaveUp = "gave up after 1 restart: killed by SIGXFSZ each time"
	has(t, started, "! fills-its-quota", "killed by SIGXFSZ, restarting in 200ms (1 of 1)", "✗ fills-its-quota", gaveUp)
	i := p.Instance("fills-its-quota")
	if i.State != "failed" || i.Reason != gaveUp || i.Exit == nil || i.Exit.Signal != "SIGXFSZ" {
		t.Errorf("%+v", i)
	}
	has(t, p.Must("why", "fills-its-quota").Out, gaveUp, "run 1", "killed by SIGXFSZ", "run 2", "killed by SIGXFSZ")
	proxtest.Await(t, "the hook", func() bool {
		_, err := os.Stat(filepath.Join(p.Dir, "scratch/full"))
		return errors.Is(err, os.ErrNotExist)
	})
}

// sometimes is started again for ever.
func sometimes(t *testing.T, p *proxtest.Project) {
	proxtest.Await(t, "a second crash", func() bool {
		i := p.Instance("crashes-sometimes")
		return i.Restarts >= 2 && i.State == "ready" && i.Exit != nil && i.Exit.Signal == "SIGSEGV"
	})
	has(t, p.Must("why", "crashes-sometimes").Out, "policy", "always", "restarts so far", "run ", "killed by SIGSEGV", "run ", "killed by SIGSEGV", "reading what is not there")
	noted(t, p, "crashes-sometimes", "ready", "ended: killed by SIGSEGV", "backoff: killed by SIGSEGV, restarting in", "(1 in a row)", "starting run 2", "ready")
}

// leaks is restarted at its limit.
func leaks(t *testing.T, p *proxtest.Project) {
	proxtest.Await(t, "a restart", func() bool {
		i := p.Instance("leaks")
		return i.Restarts >= 1 && i.State == "ready"
	})
	noted(t, p, "leaks", "over its limit: ", " MB of memory, more than 100 MB", "starting run 2")
	said := events(p, "leaks")
	if !regexp.MustCompile(`— uses \d+(\.\d)? MB of memory, more than its limit of 100 MB, for 1s\n`).MatchString(said) {
		t.Errorf("nothing of the limit:\n%s", said)
	}
	has(t, p.Must("why", "leaks").Out, "memory 100 MB; restarted when it is more for 1s")
}

// cpu is told of, and left alone.
func cpu(t *testing.T, p *proxtest.Project) {
	proxtest.Await(t, "the limit", func() bool {
		return regexp.MustCompile(`^uses \d+% of a core, more than its limit of 10%$`).MatchString(p.Instance("eats-cpu").Reason)
	})
	if i := p.Instance("eats-cpu"); i.State != "ready" || i.Restarts != 0 || i.CPU == nil || *i.CPU <= 0 {
		t.Errorf("%+v", i)
	}
	noted(t, p, "eats-cpu", "ready", "— uses ", "% of a core, more than its limit of 10%, for 2s")
	has(t, p.Must("why", "eats-cpu").Out, "uses ", "limits", "cpu 10%; told when it is more for 2s")
}

// daemonises does not get away; one that hides in a service goes on with it.
func daemonises(t *testing.T, p *proxtest.Project) {
	pid := daemonOf(t, p, "daemonises")
	if i := p.AwaitState("daemonises", "done"); i.Reason != "exit code 0, never restarted" {
		t.Errorf("%+v", i)
	}
	if alive(pid) {
		t.Errorf("the daemon, %d, lives", pid)
	}
	noted(t, p, "daemonises", "ended: exit code 0", "stopping: exit code 0; ending 1 of its processes that outlived it", "done")
	if hidden := daemonOf(t, p, "hides-a-daemon"); !alive(hidden) || p.Instance("hides-a-daemon").State != "ready" {
		t.Errorf("%d does not live", hidden)
	}
}

// flood is all in the log.
func flood(t *testing.T, p *proxtest.Project) {
	const drops = 300000
	last := fmt.Sprintf("drop %d of the flood", drops)
	proxtest.Await(t, "the flood's end", func() bool { return strings.Contains(p.Must("logs", "floods", "-n", "1").Out, last) })
	n := 0
	for line := range strings.Lines(p.Must("logs", "floods", "-n", "all").Out) {
		if n++; !strings.HasSuffix(line, fmt.Sprintf("| drop %d of the flood\n", n)) {
			t.Fatalf("line %d is %q", n, line)
		}
	}
	if n != drops {
		t.Errorf("%d of %d lines are there", n, drops)
	}
}

// floodWithoutEnd keeps the newest only, and no more than it may.
func floodWithoutEnd(t *testing.T, p *proxtest.Project) {
	first, last := 0, 0
	proxtest.Await(t, "the oldest lines to go", func() bool {
		lines := strings.Split(strings.TrimSpace(p.Must("logs", "floods-on", "-n", "all").Out), "\n")
		for k, at := range map[int]*int{0: &first, len(lines) - 1: &last} {
			_, text, _ := strings.Cut(lines[k], "| ")
			if _, err := fmt.Sscanf(text, "wave %d ", at); err != nil {
				t.Fatalf("%q: %v", lines[k], err)
			}
		}
		if got := last - first + 1; got != len(lines) {
			t.Fatalf("%d lines are kept from %d to %d", len(lines), first, last)
		}
		return first > 30000 // more has gone than may be kept
	})
	files, err := filepath.Glob(filepath.Join(p.Root, "state/prox/*/logs/floods-on/*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	var size int64
	for _, name := range files {
		if info, err := os.Stat(name); err == nil { // else it has gone meanwhile
			size += info.Size()
		}
	}
	if size > 5<<18 { // and the file that is being written
		t.Errorf("%d bytes are kept in %d files", size, len(files))
	}
}

// sigterm is not heard: it is killed after the second that it was given, and
// named once.
func sigterm(t *testing.T, p *proxtest.Project) {
	pid := p.Instance("ignores-sigterm").Pid
	r := p.Must("stop", "ignores-sigterm")
	has(t, r.Out, fmt.Sprintf("had to kill pid %d (", pid), ") of ignores-sigterm", "1 service stopped, 0 processes left")
	if r.Took < time.Second {
		t.Errorf("it was given %s", r.Took)
	}
	has(t, p.Must("logs", "ignores-sigterm").Out, "| no\n")
	if i := p.Instance("ignores-sigterm"); i.State != "stopped" || i.Exit == nil || i.Exit.Signal != "SIGKILL" {
		t.Errorf("%+v", i)
	}
	if r := p.Must("stop", "ignores-sigterm"); strings.Contains(r.Out, "had to kill") {
		t.Errorf("it was not there to be killed: %v", r)
	}
	p.Must("start", "ignores-sigterm")
}

// kill names whom it had to force, and leaves nothing.
func kill(t *testing.T, p *proxtest.Project) {
	hidden, stubborn := daemonOf(t, p, "hides-a-daemon"), p.Instance("ignores-sigterm").Pid
	r := p.Must("kill")
	has(t, r.Out, fmt.Sprintf("had to kill pid %d (", stubborn), ") of ignores-sigterm", " services stopped, 0 processes left")
	for line := range strings.Lines(r.Out) {
		if strings.HasPrefix(line, "had to kill") && !strings.HasSuffix(line, " of ignores-sigterm\n") {
			t.Errorf("it had to force another: %s", line)
		}
	}
	if alive(hidden) || alive(stubborn) {
		t.Errorf("alive: the daemon %t, the stubborn one %t", alive(hidden), alive(stubborn))
	}
}

// TestLeakIsTold waits for what prox says of memory that keeps growing, long
// before the limit. It takes minutes of mostly waiting, since what grows for
// less may be anything.
func TestLeakIsTold(t *testing.T) {
	t.Parallel()
	if os.Getenv("PROX_LEAK") == "" {
		t.Skip("takes six minutes; PROX_LEAK=1 runs it")
	}
	p := example(t)
	p.Must("start", "leaks")
	leak := regexp.MustCompile(`the memory of leaks keeps growing, by \d+(\.\d)? GB an hour since \d\d:\d\d; it reaches its limit at \d\d:\d\d`)
	for end := time.Now().Add(8 * time.Minute); !leak.MatchString(events(p, "leaks")); time.Sleep(2 * time.Second) {
		if time.Now().After(end) {
			t.Fatalf("nothing is told of the leak:\n%s", events(p, "leaks"))
		}
	}
	var st struct {
		Services []struct {
			Name      string
			Instances []struct {
				State    string
				Restarts int
				Costs    struct {
					Leak *struct {
						PerHour float64    `json:"bytes_per_hour"`
						FullAt  *time.Time `json:"full_at"`
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(p.Must("status", "leaks", "--json").Out), &st); err != nil {
		t.Fatal(err)
	}
	i := st.Services[0].Instances[0]
	if st.Services[0].Name != "leaks" || i.State != "ready" || i.Restarts != 0 || i.Costs.Leak == nil {
		t.Fatalf("%+v", st)
	}
	// 2 MB a second are 7.5 GB an hour; a busy machine may come to less.
	if per := i.Costs.Leak.PerHour; per < 3e9 || per > 9e9 {
		t.Errorf("it grows by %g bytes an hour", per)
	}
	if at := i.Costs.Leak.FullAt; at == nil || at.Before(time.Now()) || at.After(time.Now().Add(15*time.Minute)) {
		t.Errorf("it is to be full at %v", at)
	}
	if r := p.Must("kill"); !strings.Contains(r.Out, "1 service stopped, 0 processes left") {
		t.Error(r)
	}
}

// BenchmarkCrashLoop is the time of one restart of a service that crashes at
// once, without a delay, against a shell that runs it in a loop and notices
// nothing.
func BenchmarkCrashLoop(b *testing.B) {
	const restarts = 50
	p := example(b, `{ delay = "200ms", backoff_factor = 2.0, give_up_alike = 3 }`, fmt.Sprintf(`{ delay = "0s", max_restarts = %d }`, restarts))
	p.Must("start", "eats-cpu") // a controller
	p.Must("stop", "eats-cpu")
	var ours, bare time.Duration
	n := 0
	for b.Loop() {
		r := p.Want(5, "start", "crashes-at-once")
		if !strings.Contains(r.Out, fmt.Sprintf("gave up after %d restarts", restarts)) {
			b.Fatal(r)
		}
		ours += r.Took
		loop := exec.CommandContext(b.Context(), "sh", "-c", fmt.Sprintf(`n=0; while [ $n -lt %d ]; do sh -c "echo 'cannot read config.json' >&2; exit 3"; n=$((n + 1)); done`, restarts+1))
		began := time.Now()
		if err := loop.Run(); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(began)
		n++
	}
	b.ReportMetric(float64(ours.Microseconds())/1000/float64(n*(restarts+1)), "ms/restart")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-shell")
	b.ReportMetric(0, "ns/op")
}
