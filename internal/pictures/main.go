// Command pictures makes the pictures of the README: it builds prox, starts
// examples/microservices with it in folders of its own, opens the status window
// in a tmux of its own, and writes what the screen shows as SVG.
//
//	make pictures    # writes docs/pictures/*.svg, takes some two minutes
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	width, height = 120, 30
	project       = "shop"
	web           = "http://127.0.0.1:7410/" // of the example
	busy          = 75 * time.Second         // of customers, so that the charts have something to show
	patience      = 60 * time.Second         // for anything to appear
)

// shots are the pictures: which keys lead there, and what tells that it is
// there.
var shots = []struct {
	name  string
	keys  []string
	await string
}{
	{"services", []string{"1", "Home", "Down", "Down", "Down", "Down"}, "reports"},
	{"service", []string{"2"}, "Processes"},
	{"logs", []string{"3"}, "following"},
	{"graph", []string{"4"}, "◀"},
	{"events", []string{"5"}, "reports"},
}

// failing is one service more than the example has, which cannot work.
const failing = `
[services.reports]
command = 'echo "reading reports.yml" && printf "\033[31mERROR\033[0m no such file: reports.yml\n" && exit 1'
groups = ["backend"]
restart = { mode = "on-failure", max_restarts = 3, delay = "1s" }
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := makeAll(ctx, filepath.Join("docs", "pictures")); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func makeAll(ctx context.Context, to string) (err error) {
	if _, err := os.Stat(filepath.Join("examples", "microservices")); err != nil {
		return fmt.Errorf("it is run in the folder of prox's sources: %w", err)
	}
	s, err := newStage()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	if err := s.build(ctx); err != nil {
		return err
	}
	if out, err := s.command(ctx, "prox", "start").CombinedOutput(); !strings.Contains(string(out), "web") {
		return fmt.Errorf("cannot start the project: %w\n%s", err, out)
	}
	if err := s.tmux(ctx, "-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height), "prox dash"); err != nil {
		return err
	}
	if err := s.await(ctx, "web"); err != nil {
		return err
	}
	fmt.Println("customers come for", busy)
	if err := customers(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, shot := range shots {
		if err := s.tmux(ctx, append([]string{"send-keys"}, shot.keys...)...); err != nil {
			return err
		}
		if err := s.await(ctx, shot.await); err != nil {
			return err
		}
		screen, err := s.still(ctx)
		if err != nil {
			return err
		}
		path := filepath.Join(to, shot.name+".svg")
		if err := os.WriteFile(path, []byte(picture(screen, project+" · prox dash", width, height)), 0o644); err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}

// customers ask the example's shop for its page, more and less often, for a
// while.
func customers(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, busy)
	defer stop()
	client := &http.Client{Timeout: 2 * time.Second}
	for began := time.Now(); ctx.Err() == nil; {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, web, nil)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil { // it may not listen yet, or ctx has ended
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		switch ran := time.Since(began); {
		case ran > busy-10*time.Second: // few, whose lines have others between them
			time.Sleep(time.Second)
		case int(ran.Seconds())%20 < 10:
			time.Sleep(5 * time.Millisecond)
		default:
			time.Sleep(time.Millisecond / 2)
		}
	}
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return nil
	}
	return context.Cause(ctx)
}

// stage is where it all happens: folders, a tmux server and a project that
// nobody else has.
type stage struct {
	root, bin, dir string
	env            []string
}

func newStage() (*stage, error) {
	root, err := os.MkdirTemp("/tmp", "px") // short: a Unix socket's path has little room
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder: %w", err)
	}
	home := filepath.Join(root, "home")
	s := &stage{root: root, bin: filepath.Join(root, "bin"), dir: filepath.Join(home, project)}
	for _, dir := range []string{"bin", "home", "run", "state", "tmux"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
			return nil, err
		}
	}
	s.env = append(os.Environ(), "HOME="+home, "XDG_RUNTIME_DIR="+root+"/run", "XDG_STATE_HOME="+root+"/state", "XDG_CONFIG_HOME="+home,
		"TMUX_TMPDIR="+root+"/tmux", "TMUX=", "PATH="+s.bin+":"+os.Getenv("PATH"), "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=",
		"GOCACHE="+goEnv("GOCACHE"), "GOMODCACHE="+goEnv("GOMODCACHE"), "LC_ALL=C.UTF-8")
	return s, nil
}

// goEnv is a setting of go, which another HOME must not change; "" when it
// cannot be had, and then go makes one of its own.
func goEnv(name string) string {
	out, _ := exec.CommandContext(context.Background(), "go", "env", name).Output()
	return strings.TrimSpace(string(out))
}

// build makes prox, and the project from the example.
func (s *stage) build(ctx context.Context) error {
	for name, pkg := range map[string]string{"prox": ".", "prox-shim": "./internal/prox-shim"} {
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(s.bin, name), pkg).CombinedOutput(); err != nil {
			return fmt.Errorf("cannot build %s: %w\n%s", name, err, out)
		}
	}
	now := time.Now()
	if err := os.Chtimes(filepath.Join(s.bin, "prox-shim"), now, now); err != nil { // one that is older than prox is not used
		return err
	}
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join("examples", "microservices"))); err != nil {
		return fmt.Errorf("cannot copy the example: %w", err)
	}
	path := filepath.Join(s.dir, "prox.toml")
	config, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := strings.Replace(string(config), `name = "microservices"`, `name = "`+project+`"`, 1) + failing
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", "feat/cart"}, {"add", "-A"}, {"-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x"},
	} {
		if out, err := s.command(ctx, "git", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w\n%s", args[0], err, out)
		}
	}
	return nil
}

func (s *stage) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if name == "prox" {
		name = filepath.Join(s.bin, name)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

// viewer is the tmux that the window is looked at in; the project's own is
// another.
func (s *stage) viewer(ctx context.Context, args ...string) *exec.Cmd {
	return s.command(ctx, "tmux", append([]string{"-S", filepath.Join(s.root, "tmux", "viewer")}, args...)...)
}

func (s *stage) tmux(ctx context.Context, args ...string) error {
	if out, err := s.viewer(ctx, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("tmux %q: %w: %s", args, err, out)
	}
	return nil
}

func (s *stage) capture(ctx context.Context) (string, error) {
	out, err := s.viewer(ctx, "capture-pane", "-e", "-p", "-N").Output()
	if err != nil {
		return "", fmt.Errorf("cannot look at the screen: %w", err)
	}
	return string(out), nil
}

// await waits until a text is on the screen.
func (s *stage) await(ctx context.Context, text string) error {
	ctx, stop := context.WithTimeoutCause(ctx, patience, fmt.Errorf("%q does not appear", text))
	defer stop()
	for {
		screen, err := s.capture(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if strings.Contains(screen, text) {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// still is the screen when everything that was asked for has arrived: the
// answers of two rounds.
func (s *stage) still(ctx context.Context) (string, error) {
	select {
	case <-time.After(4 * time.Second):
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	return s.capture(ctx)
}

// end ends what was started, also when that was only half of it.
func (s *stage) end() error {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	_ = s.tmux(ctx, "kill-server") // there may be none
	out, err := s.command(ctx, "prox", "kill").CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 3) && !errors.Is(err, os.ErrNotExist) { // 3: it does not run
		return fmt.Errorf("cannot end the project in %s: %w\n%s", s.root, err, out)
	}
	return os.RemoveAll(s.root)
}
