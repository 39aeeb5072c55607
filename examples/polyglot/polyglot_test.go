// Package polyglot_test starts the example as a person would.
package polyglot_test

import (
	"fmt"
	"io"
	"net"
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

// free finds a port for each of the example's, which others may have taken.
func free(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func TestVisitsTravelThroughAllFour(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"go", "python3", "node"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s", tool)
		}
	}
	if _, err := exec.LookPath("curl"); err != nil {
		if _, err := exec.LookPath("wget"); err != nil {
			t.Skip("needs curl or wget")
		}
	}
	p := proxtest.New(t)
	copyExample(t, p)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOFLAGS", "GOROOT"} {
		if v := goEnv(t, name); v != "" {
			p.Env = append(p.Env, name+"="+v)
		}
	}

	r := p.Must("start", "--timeout", "120s")
	if !strings.Contains(r.Out, "4 services ready") {
		t.Fatal(r)
	}
	at := [4]int{}
	for k, name := range []string{"db", "api", "web", "visitor"} {
		at[k] = strings.Index(r.Out, "✓ "+name)
		if at[k] < 0 || k > 0 && at[k] < at[k-1] {
			t.Errorf("not in the order of dependency: %v", r)
		}
	}
	proxtest.Await(t, "a visit to go through", func() bool {
		return strings.Contains(p.Must("logs", "visitor").Out, "You are visitor")
	})
	port := p.Instance("web").Ports
	proxtest.Await(t, "the ports to be seen", func() bool { port = p.Instance("web").Ports; return len(port) == 1 })
	resp, err := (&http.Client{Timeout: proxtest.Patience}).Get(fmt.Sprintf("http://127.0.0.1:%d/", port[0]))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || !strings.Contains(string(body), "You are visitor") {
		t.Errorf("%v: %s", err, body)
	}
	if r := p.Must("exec", "api", "python3 -c 'import os; print(os.path.basename(os.getcwd()), os.environ[\"LOG_LEVEL\"])'"); r.Out != "api info\n" {
		t.Error(r)
	}

	// The API is killed; it comes back, and the page with it.
	api := p.Instance("api")
	if proc, err := os.FindProcess(api.Pid); err != nil || proc.Kill() != nil {
		t.Fatalf("cannot kill the api (pid %d)", api.Pid)
	}
	proxtest.Await(t, "the api to be back", func() bool {
		now := p.Instance("api")
		return now.State == "ready" && now.Pid != api.Pid && now.Restarts == 1
	})
	if r := p.Must("why", "api"); !strings.Contains(r.Out, "SIGKILL") {
		t.Error(r)
	}
	began := time.Now()
	if r := p.Must("kill"); !strings.Contains(r.Out, "4 services stopped, 0 processes left") {
		t.Error(r)
	}
	t.Logf("killed in %s", time.Since(began))
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func copyExample(t *testing.T, p *proxtest.Project) {
	t.Helper()
	ports := free(t, 3)
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".md") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := string(b)
		for k, port := range ports {
			text = strings.ReplaceAll(text, fmt.Sprint(7301+k), fmt.Sprint(port))
		}
		p.Write(path, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
