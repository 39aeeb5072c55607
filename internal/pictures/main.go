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
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	width, height = 120, 30
	project       = "shop"
	patience      = 60 * time.Second // for anything to appear
	notReady      = 5                // prox start's exit code when a service has failed
)

// visits are what customers ask of the example.
var visits = []string{
	"http://127.0.0.1:7410/?item=1",
	"http://127.0.0.1:7411/items/2?user=ann",
	"http://127.0.0.1:7410/?item=2",
	"http://127.0.0.1:7411/items/1?user=bob",
	"http://127.0.0.1:7411/items/3?user=ann", // there is none
}

// act is a time with so many customers, and the pictures at its end.
type act struct {
	pause func(ran time.Duration) time.Duration // between two customers
	long  time.Duration
	shots []shot
}

// shot is a picture: which keys lead there, and what tells that it is there.
type shot struct {
	name  string
	keys  []string
	await string
}

var acts = []act{
	{crowds, 75 * time.Second, []shot{ // so that the charts have something to show
		{"services", []string{"1", "Home", "Down", "Down", "Down", "Down"}, "reports"},
		{"service", []string{"2"}, "Processes"},
	}},
	{few, 12 * time.Second, []shot{ // so that the lines of others stand between theirs
		{"logs", []string{"3"}, "following"},
		{"graph", []string{"4"}, "◀"},
		{"events", []string{"5"}, "reports"},
	}},
}

// crowds come and go every ten seconds.
func crowds(ran time.Duration) time.Duration {
	if int(ran.Seconds())%20 < 10 {
		return 5 * time.Millisecond
	}
	return time.Millisecond / 2
}

func few(time.Duration) time.Duration { return 1500 * time.Millisecond }

// more are services besides those of the example: one that cannot work, and
// one that logs records.
const more = `
[services.reports]
command = 'echo "reading reports.yml" && printf "\033[31mERROR\033[0m no such file: reports.yml\n" && exit 1'
groups = ["backend"]
restart = { mode = "on-failure", max_restarts = 3, delay = "1s" }

[services.payments]
command = "sh payments.sh"
depends_on = ["store"]
groups = ["backend"]
healthcheck = { log = "bank" }
`

const payments = `printf '\033[32mconnected\033[0m to the bank\n'
n=100
while sleep 2; do
	n=$((n + 1))
	case $n in
	*4 | *9) printf '{"level":"error","msg":"card declined","order":%d,"status":402}\n' $n ;;
	*2 | *7) printf '{"level":"warn","msg":"the bank is slow","order":%d,"ms":812}\n' $n ;;
	*) printf '{"level":"info","msg":"charged","order":%d,"ms":%d}\n' $n $((n % 7 * 9 + 20)) ;;
	esac
done
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
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := s.tmux(ctx, "-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height), "prox dash"); err != nil {
		return err
	}
	if err := s.await(ctx, "web"); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, a := range acts {
		if err := s.play(ctx, a, to); err != nil {
			return err
		}
	}
	return nil
}

// play lets customers come, and takes the pictures while they do.
func (s *stage) play(ctx context.Context, a act, to string) error {
	coming, stop := context.WithCancel(ctx)
	gone := make(chan struct{})
	go func() {
		customers(coming, a.pause)
		close(gone)
	}()
	defer func() { stop(); <-gone }()
	fmt.Println("customers come for", a.long)
	if err := pass(ctx, a.long); err != nil {
		return err
	}
	for _, shot := range a.shots {
		if err := s.take(ctx, shot, to); err != nil {
			return fmt.Errorf("picture %s: %w", shot.name, err)
		}
	}
	return nil
}

// take writes the picture of a view.
func (s *stage) take(ctx context.Context, shot shot, to string) error {
	if err := s.tmux(ctx, append([]string{"send-keys"}, shot.keys...)...); err != nil {
		return err
	}
	if err := s.await(ctx, shot.await); err != nil {
		return err
	}
	if err := pass(ctx, 4*time.Second); err != nil { // the answers of two rounds have arrived
		return err
	}
	screen, err := s.capture(ctx)
	if err != nil {
		return err
	}
	path := filepath.Join(to, shot.name+".svg")
	if err := os.WriteFile(path, []byte(picture(screen, project+" · prox dash", width, height)), 0o644); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// pass lets time pass.
func pass(ctx context.Context, long time.Duration) error {
	select {
	case <-time.After(long):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// customers visit the shop until ctx ends. That one finds it closed is nothing
// to the pictures.
func customers(ctx context.Context, pause func(ran time.Duration) time.Duration) {
	client := &http.Client{Timeout: 2 * time.Second}
	began := time.Now()
	for k := 0; pass(ctx, pause(time.Since(began))) == nil; k++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, visits[k%len(visits)], nil)
		if err != nil {
			panic(err) // the addresses are those above
		}
		if resp, err := client.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body) // what it says is of no interest
			_ = resp.Body.Close()
		}
	}
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
			return nil, errors.Join(err, os.RemoveAll(root))
		}
	}
	ours := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "PROX_") }) // they could name the person's own tmux server
	s.env = append(ours, "HOME="+home, "XDG_RUNTIME_DIR="+root+"/run", "XDG_STATE_HOME="+root+"/state", "XDG_CONFIG_HOME="+home,
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
	text := strings.Replace(string(config), `name = "microservices"`, `name = "`+project+`"`, 1) + more
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "payments.sh"), []byte(payments), 0o644); err != nil {
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

// start starts the project. That reports fails is meant.
func (s *stage) start(ctx context.Context) error {
	out, err := s.command(ctx, "prox", "start").CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == notReady) {
		return fmt.Errorf("cannot start the project: %w\n%s", err, out)
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

// end ends what was started, also when that was only half of it.
func (s *stage) end() error {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	_ = s.tmux(ctx, "kill-server") // there may be none
	kill := s.command(ctx, "prox", "kill")
	kill.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a second Ctrl-C must not reach it
	out, err := kill.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 3) && !errors.Is(err, os.ErrNotExist) { // 3: it does not run
		return fmt.Errorf("cannot end the project in %s: %w\n%s", s.root, err, out)
	}
	return os.RemoveAll(s.root)
}
