package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"prox/internal/proxtest"
)

// role is what this binary does as a service: "listen", "say" or "hup".
const role = "PROX_BENCH_ROLE"

// act plays a service.
func act(what string) {
	delay, err := time.ParseDuration(os.Getenv("DELAY"))
	if err != nil { // any time, so that no check hits it always alike
		delay = 50*time.Millisecond + rand.N(300*time.Millisecond)
	}
	time.Sleep(delay)
	switch what {
	case "listen":
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "localhost:"+os.Getenv("PORT"))
		note(time.Now())
		if err != nil {
			os.Exit(1)
		}
		fmt.Fprintln(os.Stderr, (&http.Server{ReadHeaderTimeout: time.Second}).Serve(l))
	case "say":
		fmt.Println("up")
		time.Sleep(time.Hour)
	case "hup":
		hups := make(chan os.Signal, 1)
		signal.Notify(hups, syscall.SIGHUP)
		fmt.Println("up")
		for range hups {
			note(time.Now())
		}
	}
}

// note writes a time down, whole.
func note(at time.Time) {
	name := os.Getenv("TOOK")
	if os.WriteFile(name+".new", []byte(strconv.FormatInt(at.UnixNano(), 10)), 0o600) != nil || os.Rename(name+".new", name) != nil {
		os.Exit(1)
	}
}

// noted waits for a time that was written down.
func noted(b *testing.B, path string) time.Time {
	b.Helper()
	var ns int64
	proxtest.Await(b, path, func() bool {
		text, err := os.ReadFile(path)
		if err == nil {
			ns, err = strconv.ParseInt(string(text), 10, 64)
		}
		return err == nil
	})
	if err := os.Remove(path); err != nil {
		b.Fatal(err)
	}
	return time.Unix(0, ns)
}

func self(b *testing.B) string {
	b.Helper()
	path, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	return path
}

func freePort(b *testing.B) int {
	b.Helper()
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "localhost:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// readyAt is when the controller saw that a service is ready.
func readyAt(b *testing.B, p *proxtest.Project, name string) time.Time {
	b.Helper()
	var st struct {
		Services []struct {
			Name      string
			Instances []struct {
				ReadyAt time.Time `json:"ready_at"`
			}
		}
	}
	if err := json.Unmarshal([]byte(p.Must("status", "--json").Out), &st); err != nil {
		b.Fatal(err)
	}
	for _, s := range st.Services {
		if s.Name == name {
			return s.Instances[0].ReadyAt
		}
	}
	b.Fatalf("there is no %s", name)
	return time.Time{}
}

// BenchmarkReadiness is the time from a service being ready until that is seen,
// over a hundred runs that take a different time each to come up. The yardstick
// is the pause between two checks, which is as long as it may take.
func BenchmarkReadiness(b *testing.B) {
	for kind, check := range map[string]string{
		"tcp":  "healthcheck = { tcp = %d }",
		"http": "healthcheck = { http_get = \"http://localhost:%d/\", status = \"404\" }",
		"port": "# %d",
	} {
		b.Run(kind, func(b *testing.B) {
			port := freePort(b)
			took := filepath.Join(b.TempDir(), "took")
			p := proxtest.New(b, "prox.toml", fmt.Sprintf("[services.a]\ncommand = [%q]\nport = %d\nstop = { signal = \"SIGKILL\" }\nenv = { %s = \"listen\", TOOK = %q }\n"+check+"\n", self(b), port, role, took, port))
			p.Must("start")
			noted(b, took)
			var seen []time.Duration
			for b.Loop() {
				for range 100 {
					p.Must("restart", "a")
					seen = append(seen, readyAt(b, p, "a").Sub(noted(b, took)))
				}
			}
			b.ReportMetric(ms(median(seen)), "ms-median")
			b.ReportMetric(ms(seen[len(seen)-1]), "ms-worst")
			b.ReportMetric(seen[len(seen)-1].Seconds()/0.1, "x-interval-worst")
			b.ReportMetric(0, "ns/op")
			p.Must("kill")
		})
	}
}

// BenchmarkLayers starts 200 services in five layers, each of which takes a
// tenth of a second to come up and depends on two of the layer before. The
// yardstick is one of each layer, started by hand when the one before is up.
func BenchmarkLayers(b *testing.B) {
	const layers, wide = 5, 40
	var c strings.Builder
	for l := range layers {
		for k := range wide {
			fmt.Fprintf(&c, "[services.s%d-%d]\ncommand = [%q]\nhealthcheck = { log = \"up\" }\nenv = { %s = \"say\", DELAY = \"100ms\" }\n", l, k, self(b), role)
			if l > 0 {
				fmt.Fprintf(&c, "depends_on = [\"s%d-%d\", \"s%d-%d\"]\n", l-1, k, l-1, (k+1)%wide)
			}
		}
	}
	p := proxtest.New(b, "prox.toml", c.String())
	var ours, bare []time.Duration
	for b.Loop() {
		r := p.Must("start")
		ours = append(ours, r.Took)
		p.Must("kill", "--now")
		began := time.Now()
		for range layers {
			cmd := exec.CommandContext(b.Context(), self(b))
			cmd.Env = append(os.Environ(), role+"=say", "DELAY=100ms")
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err == nil {
				_, err = out.Read(make([]byte, 3))
			}
			if err != nil {
				b.Fatal(err)
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		bare = append(bare, time.Since(began))
	}
	b.ReportMetric(ms(median(ours)), "ms")
	b.ReportMetric(median(ours).Seconds()/median(bare).Seconds(), "x-chain")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkProbed is what it costs the controller to ask a hundred services
// over HTTP each second, against the same hundred that nobody asks.
func BenchmarkProbed(b *testing.B) {
	const n = 100
	share := func(check string) float64 {
		port := freePort(b)
		var c strings.Builder
		fmt.Fprintf(&c, "[services.server]\ncommand = [%q]\nport = %d\nenv = { %s = \"listen\", DELAY = \"0s\", TOOK = %q }\n", self(b), port, role, filepath.Join(b.TempDir(), "took"))
		for k := range n {
			fmt.Fprintf(&c, "[services.s%d]\ncommand = \"sleep 1000\"\ndepends_on = [\"server\"]\n"+check+"\n", k, port)
		}
		p := proxtest.New(b, "prox.toml", c.String())
		p.Must("start")
		time.Sleep(2 * time.Second) // until it is at rest
		controller := ours(b, p)["controller"]
		before, began := cpu(b, controller), time.Now()
		time.Sleep(10 * time.Second)
		used := 100 * (cpu(b, controller) - before).Seconds() / time.Since(began).Seconds()
		p.Must("kill", "--now")
		return used
	}
	for b.Loop() {
		idle := share("# %d")
		probed := share("healthcheck = { http_get = \"http://localhost:%d/\", status = \"404\", interval = \"1s\" }")
		b.ReportMetric(probed, "%core")
		b.ReportMetric(idle, "%core-unprobed")
		b.ReportMetric(probed/idle, "x-unprobed")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkWatch is the time from a file's save until the service has the
// signal, less the tenth of a second that a burst is given to end, and what the
// controller uses while it watches 50,000 files of which none changes.
func BenchmarkWatch(b *testing.B) {
	took := filepath.Join(b.TempDir(), "took")
	p := proxtest.New(b, "prox.toml", fmt.Sprintf("[services.a]\ncommand = [%q]\nhealthcheck = { log = \"up\" }\nwatch = [\"src/**/*.txt\"]\nwatch_action = \"HUP\"\nenv = { %s = \"hup\", DELAY = \"0s\", TOOK = %q }\n", self(b), role, took))
	for d := range 500 {
		dir := filepath.Join(p.Dir, "src", strconv.Itoa(d))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			b.Fatal(err)
		}
		for f := range 100 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.txt", f)), []byte("x"), 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	p.Must("start")
	time.Sleep(2 * time.Second) // the walk through the tree
	controller := ours(b, p)["controller"]
	for b.Loop() {
		var late []time.Duration
		for k := range 20 {
			began := time.Now()
			if err := os.WriteFile(filepath.Join(p.Dir, "src", strconv.Itoa(k), "1.txt"), []byte(strconv.Itoa(k)+"!"), 0o600); err != nil {
				b.Fatal(err)
			}
			late = append(late, noted(b, took).Sub(began)-100*time.Millisecond)
		}
		b.ReportMetric(ms(median(late)), "ms-after-quiet")
		before, began := cpu(b, controller), time.Now()
		time.Sleep(5 * time.Second)
		b.ReportMetric(100*(cpu(b, controller)-before).Seconds()/time.Since(began).Seconds(), "%core-idle")
	}
	b.ReportMetric(0, "ns/op")
	p.Must("kill")
}
