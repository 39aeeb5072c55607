package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"prox/internal/compressed"
	"prox/internal/logstore"
	"prox/internal/proxtest"
)

// pastOf is a project that has run once, with so many bytes of output of each of
// some services, spread evenly over a time that ends now.
func pastOf(b *testing.B, services, bytesEach int, over time.Duration) (p *proxtest.Project, folders []string) {
	b.Helper()
	var config strings.Builder
	for k := range services {
		fmt.Fprintf(&config, "[services.s%d]\ncommand = \"true\"\ntask = true\n", k)
	}
	p = proxtest.New(b, "prox.toml", config.String())
	p.Must("start")
	files := strings.Fields(p.Must("logs", "--path").Out)
	p.Must("kill")
	levels := []string{"INFO", "DEBUG", "INFO", "WARN", "INFO"}
	for _, file := range files {
		dir := filepath.Dir(file)
		folders = append(folders, dir)
		w, err := logstore.Create(dir, logstore.Options{MaxTotal: 100 << 30})
		if err != nil {
			b.Fatal(err)
		}
		const together = 8
		lines := bytesEach / 150
		began := time.Now().Add(-over)
		var out []byte
		for n := 0; n < lines; n += together {
			out = out[:0]
			for k := n; k < n+together; k++ {
				level, said := levels[k%len(levels)], "request handled"
				if k%40000 == 777 {
					level, said = "ERROR", "connection refused"
				}
				out = fmt.Appendf(out, "2026-11-24T02:%02d:%02d.%03dZ %s [worker-%d] %s method=GET path=/api/v1/items/%06d status=%d took=%04dms trace=%08x user=u%05d\r\n",
					n/60%60, n%60, k%1000, level, k%8, said, k*13%999_983, 200+k%3, k*31%2000, uint32(k)*2654435761, k*7%99_991)
			}
			if err := w.Append(began.Add(time.Duration(float64(over)*float64(n)/float64(lines))), logstore.Stdout, out); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	return p, folders
}

// fastest runs a command some times, and gives the least time it took, what it
// printed in lines, and the most memory it had, in MB.
func fastest(b *testing.B, command func() *exec.Cmd) (took time.Duration, lines int, memory float64) {
	b.Helper()
	for range 5 {
		cmd := command()
		began := time.Now()
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("%s: %v", cmd, err)
		}
		if d := time.Since(began); took == 0 || d < took {
			took = d
		}
		lines = bytes.Count(out, []byte("\n"))
		if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			memory = max(memory, float64(u.Maxrss)/1024)
		}
	}
	return took, lines, memory
}

// BenchmarkLogsSearch: prox logs --grep against ripgrep over the same files.
func BenchmarkLogsSearch(b *testing.B) {
	rg, err := exec.LookPath("rg")
	if err != nil {
		b.Skip("ripgrep is not there to compare with")
	}
	for _, store := range []struct {
		name     string
		services int
		pack     bool
	}{{"one", 1, false}, {"twenty", 20, false}, {"compressed", 1, true}} {
		p, folders := pastOf(b, store.services, (1<<30)/store.services, time.Hour)
		flags := []string{"--no-filename", "--text", "--no-line-number"}
		if store.pack {
			flags = append(flags, "--search-zip")
			for _, dir := range folders {
				if _, err := logstore.Keep(b.Context(), dir, logstore.Limits{Pack: compressed.File}); err != nil {
					b.Fatal(err)
				}
			}
		}
		files := strings.Fields(p.Must("logs", "--path").Out)
		for _, search := range []struct{ name, pattern string }{
			{"literal", "connection refused"}, {"alternation", "ERROR|panic"}, {"ignorecase", "(?i)refused"}, {"class", "[a-z]+=[0-9]{4}ms trace=[0-9a-f]{4}dead"},
		} {
			b.Run(store.name+"/"+search.name, func(b *testing.B) {
				for b.Loop() {
					theirs, want, _ := fastest(b, func() *exec.Cmd {
						return exec.CommandContext(b.Context(), rg, append(append(slices.Clone(flags), search.pattern), files...)...)
					})
					ours, found, memory := fastest(b, func() *exec.Cmd { return p.Command(b.Context(), "logs", "--grep", search.pattern) })
					if found != want || found == 0 {
						b.Fatalf("%d lines, ripgrep finds %d", found, want)
					}
					b.ReportMetric(ms(ours), "ms")
					b.ReportMetric(ms(theirs), "ms-rg")
					b.ReportMetric(ours.Seconds()/theirs.Seconds(), "x-rg")
					b.ReportMetric(memory, "MB")
				}
				b.ReportMetric(0, "ns/op")
			})
		}
		if store.name == "one" {
			b.Run("first", func(b *testing.B) {
				for b.Loop() {
					took, found, memory := fastest(b, func() *exec.Cmd { return p.Command(b.Context(), "logs", "--grep", "connection refused", "-n", "1") })
					if found != 1 {
						b.Fatalf("%d lines", found)
					}
					b.ReportMetric(ms(took), "ms")
					b.ReportMetric(memory, "MB")
				}
				b.ReportMetric(0, "ns/op")
			})
		}
		for _, dir := range folders {
			_ = os.RemoveAll(dir) // a gigabyte, and more follow
		}
	}
}

// BenchmarkLogsSince: the last five minutes of ten gigabytes, against as much
// that is all there is.
func BenchmarkLogsSince(b *testing.B) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(os.TempDir(), &fs); err != nil || fs.Bavail*uint64(fs.Bsize) < 20<<30 {
		b.Skip("there is no room for ten gigabytes")
	}
	const size, over = 10 << 30, 500 * time.Hour // five minutes are 1.8 MB
	took := map[string]time.Duration{}
	for b.Loop() {
		for name, of := range map[string]struct {
			size int
			over time.Duration
		}{"all": {size, over}, "alone": {size / 6000, over / 6000}} {
			p, folders := pastOf(b, 1, of.size, of.over)
			t, lines, memory := fastest(b, func() *exec.Cmd { return p.Command(b.Context(), "logs", "--since", "5m") })
			if lines < 1000 {
				b.Fatalf("%s: %d lines", name, lines)
			}
			took[name] = t
			b.ReportMetric(ms(t), "ms-"+name)
			b.ReportMetric(memory, "MB-"+name)
			_ = os.RemoveAll(folders[0])
		}
	}
	b.ReportMetric(took["all"].Seconds()/took["alone"].Seconds(), "x-alone")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLogsFollow: fifty services print ten thousand lines a second together;
// how long it takes from a line's writing to its being read from who follows.
func BenchmarkLogsFollow(b *testing.B) {
	const services, each, seconds = 50, 200, 8
	p, folders := pastOf(b, services, 1000, time.Second)
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		follow := p.Command(ctx, "logs", "--follow", "-n", "0")
		out, err := follow.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := follow.Start(); err != nil {
			b.Fatal(err)
		}
		time.Sleep(time.Second) // until it follows; what is measured is how it goes on
		var writers sync.WaitGroup
		for _, dir := range folders {
			writers.Go(func() {
				w, err := logstore.Create(dir, logstore.Options{FlushEvery: 10 * time.Millisecond})
				if err != nil {
					b.Error(err)
					return
				}
				defer w.Close()
				tick := time.NewTicker(time.Second / each)
				defer tick.Stop()
				for range each * seconds {
					<-tick.C
					now := time.Now()
					if err := w.Append(now, logstore.Stdout, fmt.Appendf(nil, "%d is when this line was written\n", now.UnixNano())); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		var late []time.Duration
		in := bufio.NewScanner(out)
		for len(late) < services*each*seconds && in.Scan() {
			_, said, _ := strings.Cut(in.Text(), "| ")
			word, _, _ := strings.Cut(said, " ")
			if n, err := strconv.ParseInt(word, 10, 64); err == nil {
				late = append(late, time.Since(time.Unix(0, n)))
			}
		}
		writers.Wait()
		cancel()
		_ = follow.Wait() // it was killed
		if len(late) < services*each*seconds {
			b.Fatalf("%d lines of %d", len(late), services*each*seconds)
		}
		slices.Sort(late)
		used := follow.ProcessState.UserTime() + follow.ProcessState.SystemTime()
		b.ReportMetric(ms(late[len(late)/2]), "ms-p50")
		b.ReportMetric(ms(late[len(late)*99/100]), "ms-p99")
		b.ReportMetric(100*used.Seconds()/seconds, "%core")
	}
	b.ReportMetric(0, "ns/op")
}
