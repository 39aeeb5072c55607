package proxtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Unable ends a test that lacks something: it is skipped, but not where
// everything is to be tested.
func Unable(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// NeedTools ends a test that lacks a program.
func NeedTools(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			Unable(t, "needs "+name)
		}
	}
}

// FreePorts are n ports that nobody listens on.
func FreePorts(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// Example is a project from the example in this folder, as git keeps it, less
// its Go tests. Of each port that its files name, a free one takes the place.
// Left out is what is made while the example runs: these folders and files.
func Example(t testing.TB, made []string, ports ...int) (p *Project, free map[int]int) {
	t.Helper()
	p, free = New(t), map[int]int{}
	var other []string
	for k, port := range FreePorts(t, len(ports)) {
		free[ports[k]] = port
		other = append(other, fmt.Sprint(ports[k]), fmt.Sprint(port))
	}
	replace := strings.NewReplacer(other...)
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && slices.Contains(made, path) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		p.Write(path, replace.Replace(string(b)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, free
}

// Compilers tells the project, which has a home of its own, where this
// machine's Go and Rust have what they need.
func (p *Project) Compilers() {
	p.t.Helper()
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOFLAGS", "GOROOT"} {
		out, err := exec.CommandContext(p.t.Context(), "go", "env", name).Output()
		if err != nil {
			p.t.Fatal(err)
		}
		if v := strings.TrimSpace(string(out)); v != "" {
			p.Env = append(p.Env, name+"="+v)
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		p.t.Fatal(err)
	}
	for name, usual := range map[string]string{"RUSTUP_HOME": ".rustup", "CARGO_HOME": ".cargo"} {
		dir := os.Getenv(name)
		if dir == "" {
			dir = filepath.Join(home, usual)
		}
		if _, err := os.Stat(dir); err == nil {
			p.Env = append(p.Env, name+"="+dir)
		}
	}
}

// Get is what a URL answers, or why it doesn't.
func Get(url string) string {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err.Error()
	}
	resp, err := http.DefaultClient.Do(req)
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

// ByHand starts a server as a shell would, the yardstick of many a benchmark:
// in the project's folder and environment, with env besides. It returns as soon
// as the server listens on its port, which is its PORT too, and ends it when
// the benchmark says so.
func (p *Project) ByHand(port int, dir string, env []string, argv ...string) (end func()) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), argv[0], argv[1:]...)
	cmd.Dir = filepath.Join(p.Dir, dir)
	cmd.Env = append(append(slices.Clone(p.Env), env...), fmt.Sprintf("PORT=%d", port))
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	for late := time.Now().Add(Patience); !listens(p.t.Context(), port); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			p.t.Fatalf("%v does not listen on port %d", argv, port)
		}
	}
	return func() {
		var exit *exec.ExitError
		if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil && !errors.As(err, &exit) {
			p.t.Error(err)
		}
	}
}

func listens(ctx context.Context, port int) bool {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	_ = c.Close() // nothing was sent
	return true
}
