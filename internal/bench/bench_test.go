package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"prox/internal/proxtest"
)

// writer is the role in which this binary writes SIZE bytes of short lines.
const writer = "PROX_BENCH_WRITE"

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(writer)); err == nil {
		write(n)
		return
	}
	if what := os.Getenv(role); what != "" {
		act(what)
		return
	}
	code := m.Run()
	proxtest.CleanUp()
	os.Exit(code)
}

// write says on its standard output, and how long that took in TOOK.
func write(n int) {
	piece := bytes.Repeat([]byte("a line of output as services write them, of some length\n"), 1024)
	began := time.Now()
	for n > 0 {
		k, err := os.Stdout.Write(piece[:min(n, len(piece))])
		if err != nil {
			os.Exit(1)
		}
		n -= k
	}
	took := []byte(time.Since(began).String())
	name := os.Getenv("TOOK")
	if os.WriteFile(name+".new", took, 0o600) != nil || os.Rename(name+".new", name) != nil {
		os.Exit(1)
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// sleepers is a config of n services, each of which writes down when it runs.
func sleepers(n int) string {
	var b strings.Builder
	for k := range n {
		fmt.Fprintf(&b, "[services.s%d]\ncommand = [\"sh\", \"-c\", \"date +%%s%%N > at/%d; exec sleep 1000\"]\n", k, k)
	}
	return b.String()
}

// last waits until n services have written down when they ran.
func last(b *testing.B, dir string, n int) time.Time {
	b.Helper()
	var latest int64
	proxtest.Await(b, "all to run", func() bool {
		latest = 0
		for k := range n {
			text, err := os.ReadFile(filepath.Join(dir, "at", strconv.Itoa(k)))
			ns, perr := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			if err != nil || perr != nil {
				return false
			}
			latest = max(latest, ns)
		}
		return true
	})
	return time.Unix(0, latest)
}

// BenchmarkStart is the time from the command to the last service's first
// line, against a bare tmux server that runs the same commands in as many
// windows, made by one script.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{1, 10, 50, 100} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			p := proxtest.New(b, "prox.toml", sleepers(n))
			var ours, bare []time.Duration
			fresh := func() {
				if err := errors.Join(os.RemoveAll(filepath.Join(p.Dir, "at")), os.Mkdir(filepath.Join(p.Dir, "at"), 0o700)); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				fresh()
				began := time.Now()
				p.Must("start")
				ours = append(ours, last(b, p.Dir, n).Sub(began))
				p.Must("kill", "--now")

				fresh()
				var script strings.Builder
				for k := range n {
					verb := "new-window -d"
					if k == 0 {
						verb = "new-session -d"
					}
					fmt.Fprintf(&script, "%s sh -c 'date +%%s%%N > at/%d; exec sleep 1000'\n", verb, k)
				}
				cmd := exec.Command("tmux", "-S", filepath.Join(p.Root, "bare"), "-f", os.DevNull, "start-server", ";", "source-file", "-")
				cmd.Dir, cmd.Env, cmd.Stdin = p.Dir, p.Env, strings.NewReader(script.String())
				began = time.Now()
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				bare = append(bare, last(b, p.Dir, n).Sub(began))
				p.Tmux("-S", filepath.Join(p.Root, "bare"), "kill-server")
			}
			b.ReportMetric(ms(median(ours)), "ms")
			b.ReportMetric(median(ours).Seconds()/median(bare).Seconds(), "x-bare-tmux")
		})
	}
}

const outputSize = 200_000_000

func took(b *testing.B, name string) time.Duration {
	b.Helper()
	var d time.Duration
	proxtest.Await(b, "the writer to end", func() bool {
		text, err := os.ReadFile(name)
		if err != nil {
			return false
		}
		d, err = time.ParseDuration(string(text))
		return err == nil
	})
	if err := os.Remove(name); err != nil {
		b.Fatal(err)
	}
	return d
}

// BenchmarkOutput is how long a service takes to write 200 MB of short lines:
// on a terminal against one that is drained by a loop that does nothing, on
// pipes against `| cat > file`. The log is complete.
func BenchmarkOutput(b *testing.B) {
	for _, tty := range []bool{true, false} {
		b.Run(map[bool]string{true: "terminal", false: "pipes"}[tty], func(b *testing.B) {
			self, err := os.Executable()
			if err != nil {
				b.Fatal(err)
			}
			p := proxtest.New(b, "prox.toml", fmt.Sprintf("[services.w]\ncommand = [%q]\npty = %t\nrestart = { mode = \"never\" }\nenv = { %s = \"%d\", TOOK = \"took\" }\n", self, tty, writer, outputSize))
			env := append(slices.Clone(p.Env), fmt.Sprintf("%s=%d", writer, outputSize), "TOOK="+filepath.Join(p.Dir, "took"))
			processes := ours
			var ours, bare []time.Duration
			var used time.Duration // by the shim, for one run
			for b.Loop() {
				p.Must("start", "--no-wait")
				ours = append(ours, took(b, filepath.Join(p.Dir, "took")))
				p.AwaitState("w", "done")
				used = cpu(b, processes(b, p)["shim"])
				raw := p.Must("logs", "w", "--raw").Out
				if got := len(raw) - strings.Count(raw, "\r\n"); got != outputSize {
					b.Fatalf("the log has %d bytes of %d", got, outputSize)
				}
				p.Must("kill")
				// A log has its limit: each run begins one.
				if err := os.RemoveAll(filepath.Join(p.Root, "state")); err != nil {
					b.Fatal(err)
				}
				if tty {
					drain(b, self, env)
				} else {
					cat(b, self, env, filepath.Join(p.Dir, "copy"))
				}
				bare = append(bare, took(b, filepath.Join(p.Dir, "took")))
			}
			b.ReportMetric(outputSize/1e6/median(ours).Seconds(), "MB/s")
			b.ReportMetric(median(ours).Seconds()/median(bare).Seconds(), "x-bare")
			b.ReportMetric(used.Seconds()/(outputSize/1e9), "cpu-s/GB")
		})
	}
}

func drain(b *testing.B, self string, env []string) {
	b.Helper()
	cmd := exec.Command(self)
	cmd.Env = env
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 32<<10))
	if err != nil && !errors.Is(err, syscall.EIO) {
		b.Fatal(err)
	}
	if err := errors.Join(cmd.Wait(), f.Close()); err != nil {
		b.Fatal(err)
	}
}

func cat(b *testing.B, self string, env []string, to string) {
	b.Helper()
	cmd := exec.Command("sh", "-c", `"$0" | cat > "$1"`, self, to)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
}

// BenchmarkFifty measures a project of fifty idle services: what `prox status`
// takes as a process, what a shim and the controller hold (PSS), what all of
// them use of a core while it samples each second (the status window's share
// apart), and how long a stop takes until the last service is gone.
func BenchmarkFifty(b *testing.B) {
	const n = 50
	p := proxtest.New(b, "prox.toml", strings.ReplaceAll(sleepers(n), "date +%s%N > at/", ": "))
	for b.Loop() {
		p.Must("start")
		time.Sleep(3 * time.Second) // until it is at rest: what is measured is idleness
		processes := ours(b, p)
		if len(processes["shim"]) != n {
			b.Fatalf("%d shims", len(processes["shim"]))
		}
		shims := 0.0
		for _, pid := range processes["shim"] {
			shims += pss(b, pid) / n
		}
		b.ReportMetric(shims, "MB/shim")
		b.ReportMetric(pss(b, processes["controller"][0]), "MB/controller")
		working, drawing := append(processes["shim"], processes["controller"]...), processes["dash"]
		before, drawn, began := cpu(b, working), cpu(b, drawing), time.Now()
		time.Sleep(10 * time.Second)
		share := func(d time.Duration) float64 { return 100 * d.Seconds() / time.Since(began).Seconds() }
		b.ReportMetric(share(cpu(b, working)-before), "%core")
		b.ReportMetric(share(cpu(b, drawing)-drawn), "%core-window")
		var status []time.Duration
		for range 50 {
			status = append(status, p.Must("status").Took)
		}
		b.ReportMetric(ms(median(status)), "ms/status")
		b.ReportMetric(ms(stop(b, p)), "ms/stop")
		p.Must("kill")
	}
	b.ReportMetric(0, "ns/op")
}

// ours are the project's own processes by role.
func ours(b *testing.B, p *proxtest.Project) map[string][]int {
	b.Helper()
	all := map[string][]int{}
	for _, l := range p.Left() {
		f := strings.Fields(l)
		pid, err := strconv.Atoi(f[0])
		if err != nil || len(f) < 3 {
			continue
		}
		switch filepath.Base(f[1]) {
		case "prox":
			all[f[2]] = append(all[f[2]], pid)
		case "prox-shim":
			all["shim"] = append(all["shim"], pid)
		}
	}
	return all
}

// pss is a process's proportional share of memory, in MB.
func pss(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		b.Skip("needs /proc: ", err)
	}
	for l := range strings.Lines(string(text)) {
		var kb float64
		if _, err := fmt.Sscanf(l, "Pss: %f kB", &kb); err == nil {
			return kb / 1024
		}
	}
	b.Fatal("no Pss in smaps_rollup")
	return 0
}

// cpu is what processes have used of the processor, by the scheduler's count.
func cpu(b *testing.B, pids []int) time.Duration {
	b.Helper()
	var sum time.Duration
	for _, pid := range pids {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil {
			b.Fatal(err)
		}
		for _, t := range tasks {
			text, err := os.ReadFile(t)
			var ns int64
			if _, serr := fmt.Sscan(string(text), &ns); err == nil && serr == nil { // a thread may have ended
				sum += time.Duration(ns)
			}
		}
	}
	return sum
}

// stop is the time from the command until the last service has gone.
func stop(b *testing.B, p *proxtest.Project) time.Duration {
	b.Helper()
	s, _ := p.Status()
	var pids []int
	for _, svc := range s.Services {
		pids = append(pids, svc.Instances[0].Pid)
	}
	ctx, cancel := context.WithTimeout(b.Context(), proxtest.Patience)
	defer cancel()
	cmd := p.Command(ctx, "stop")
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for _, pid := range pids {
		for syscall.Kill(pid, 0) == nil { // reaped by its shim
			time.Sleep(200 * time.Microsecond)
		}
	}
	gone := time.Since(began)
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	return gone
}

// BenchmarkRestart is the time from a service's last act to the next run's
// first, with no delay.
func BenchmarkRestart(b *testing.B) {
	p := proxtest.New(b, "prox.toml", `[services.r]
command = "date +%s%N >> starts; date +%s%N >> ends; exit 1"
restart = { mode = "always", delay = "0s", max_restarts = 8, backoff_factor = 1.0 }
`) // few in a row: what ends at once again and again is slowed
	for b.Loop() {
		for range 8 {
			p.Must("start", "--no-wait")
			p.AwaitState("r", "failed")
		}
		starts, ends := strings.Fields(p.Read("starts")), strings.Fields(p.Read("ends"))
		var gaps []time.Duration
		for k := range len(starts) - 1 {
			from, err1 := strconv.ParseInt(ends[k], 10, 64)
			to, err2 := strconv.ParseInt(starts[k+1], 10, 64)
			if err := errors.Join(err1, err2); err != nil {
				b.Fatal(err)
			}
			if (k+1)%9 != 0 { // else it is a start by hand
				gaps = append(gaps, time.Duration(to-from))
			}
		}
		b.ReportMetric(ms(median(gaps)), "ms/restart")
		p.Must("kill")
		for _, name := range []string{"starts", "ends"} {
			if err := os.Remove(filepath.Join(p.Dir, name)); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}
