package clipboard

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const takes = `printf '%s\n' "$@" > "$0.args"; exec /bin/cat > "$0.in"`

// desk is a folder of programs, and an environment whose PATH is that folder.
type desk struct {
	t       *testing.T
	dir     string
	environ []string
}

// newDesk makes programs out of name, shell script pairs.
func newDesk(t *testing.T, environ []string, scripts ...string) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	d.environ = append([]string{"PATH=" + d.dir}, environ...)
	for k := 0; k+1 < len(scripts); k += 2 {
		// No fork in between: the child would have the file open for writing
		// for a moment, and what is open so can't be run.
		syscall.ForkLock.RLock()
		err := os.WriteFile(filepath.Join(d.dir, scripts[k]), []byte("#!/bin/sh\n"+scripts[k+1]+"\n"), 0o755)
		syscall.ForkLock.RUnlock()
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *desk) read(name string) string {
	d.t.Helper()
	b, err := os.ReadFile(filepath.Join(d.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Fatal(err)
	}
	return string(b)
}

// TestTheWayFitsThePlace copies with every program there, so that it is the
// place that decides.
func TestTheWayFitsThePlace(t *testing.T) {
	t.Parallel()
	var all []string
	for _, name := range []string{"pbcopy", "clip.exe", "wl-copy", "xclip", "xsel", "tmux"} {
		all = append(all, name, takes)
	}
	desktop := []string{"DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0", "TMUX=/tmp/x,1,0"}
	for _, c := range []struct {
		name    string
		system  string
		environ []string
		want    Way
		program string // that gets the text, with args
		args    string
	}{
		{"macOS", "darwin", desktop, Pbcopy, "pbcopy", ""},
		{"WSL", "linux", append([]string{"WSL_DISTRO_NAME=Debian"}, desktop...), ClipExe, "clip.exe", ""},
		{"WSL by its socket", "linux", append([]string{"WSL_INTEROP=/run/WSL/1_interop"}, desktop...), ClipExe, "clip.exe", ""},
		{"Wayland", "linux", desktop, WlCopy, "wl-copy", "--type text/plain"},
		{"X11", "linux", []string{"DISPLAY=:0", "TMUX=/tmp/x,1,0"}, Xclip, "xclip", "-selection clipboard"},
		{"X11, by a socket", "linux", []string{"DISPLAY=/private/tmp/launch/org.xquartz:0"}, Xclip, "xclip", "-selection clipboard"},
		{"tmux", "linux", []string{"TMUX=/tmp/x,1,0"}, Tmux, "tmux", "load-buffer -w -"},
		{"a terminal", "linux", nil, Terminal, "", ""},
		{"empty variables", "linux", []string{"DISPLAY=", "WAYLAND_DISPLAY=", "TMUX=", "SSH_TTY="}, Terminal, "", ""},
		{"SSH", "linux", []string{"SSH_TTY=/dev/pts/1", "DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0"}, Terminal, "", ""},
		{"SSH to macOS", "darwin", []string{"SSH_CONNECTION=::1 1 ::1 22"}, Terminal, "", ""},
		{"SSH to WSL", "linux", []string{"SSH_CONNECTION=::1 1 ::1 22", "WSL_DISTRO_NAME=Debian"}, Terminal, "", ""},
		{"SSH, with X11 forwarded", "linux", []string{"SSH_TTY=/dev/pts/1", "DISPLAY=localhost:10.0"}, Terminal, "", ""},
		{"tmux over SSH", "linux", append([]string{"SSH_TTY=/dev/pts/1"}, desktop...), Tmux, "tmux", "load-buffer -w -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, c.environ, all...)
			var terminal bytes.Buffer
			way, err := copyOn(t.Context(), c.system, []byte("a line\n"), Options{Environ: d.environ, Terminal: &terminal})
			if err != nil || way != c.want {
				t.Fatalf("%q, %v; %q was wanted", way, err, c.want)
			}
			if (terminal.Len() > 0) != (c.want == Terminal) {
				t.Errorf("the terminal got %q", terminal.String())
			}
			for _, name := range []string{"pbcopy", "clip.exe", "wl-copy", "xclip", "xsel", "tmux"} {
				got, want := d.read(name+".in"), ""
				switch {
				case name != c.program:
				case name == "clip.exe":
					want = "a\x00 \x00l\x00i\x00n\x00e\x00\n\x00"
				default:
					want = "a line\n"
				}
				if got != want {
					t.Errorf("%s got %q, not %q", name, got, want)
				}
			}
			if args := strings.Join(strings.Fields(d.read(c.program+".args")), " "); c.program != "" && args != c.args {
				t.Errorf("the arguments are %q, not %q", args, c.args)
			}
		})
	}
}

// TestWhatFailsIsFollowedByTheNext takes away one way after the other.
func TestWhatFailsIsFollowedByTheNext(t *testing.T) {
	t.Parallel()
	const fails = `/bin/cat > /dev/null; exit 3`
	for _, c := range []struct {
		name    string
		scripts []string
		want    Way
	}{
		{"wl-copy fails", []string{"wl-copy", fails, "xclip", takes}, Xclip},
		{"xclip fails", []string{"wl-copy", fails, "xclip", fails, "xsel", takes}, Xsel},
		{"wl-copy and xclip are not there", []string{"xsel", takes}, Xsel},
		{"no display answers", []string{"wl-copy", fails, "xclip", fails, "xsel", fails, "tmux", takes}, Tmux},
		{"all fail", []string{"wl-copy", fails, "xclip", fails, "xsel", fails, "tmux", fails}, Terminal},
		{"none is there", nil, Terminal},
		{"one is ended by a signal", []string{"wl-copy", "kill -9 $$", "xclip", takes}, Xclip},
		{"one is no program", []string{"wl-copy", takes, "xclip", takes}, Xclip},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, []string{"DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0", "TMUX=/tmp/x,1,0"}, c.scripts...)
			if c.name == "one is no program" {
				if err := os.Chmod(filepath.Join(d.dir, "wl-copy"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var terminal bytes.Buffer
			way, err := copyOn(t.Context(), "linux", []byte("x"), Options{Environ: d.environ, Terminal: &terminal})
			if err != nil || way != c.want {
				t.Errorf("%q, %v; %q was wanted", way, err, c.want)
			}
		})
	}
}

func TestOverSSHTheForwardedDisplayIsLast(t *testing.T) {
	t.Parallel()
	d := newDesk(t, []string{"SSH_TTY=/dev/pts/1", "DISPLAY=localhost:10.0", "WAYLAND_DISPLAY=wayland-0"}, "xclip", takes, "wl-copy", takes)
	if way, err := copyOn(t.Context(), "linux", []byte("x"), Options{Environ: d.environ}); way != Xclip || err != nil {
		t.Errorf("without a terminal: %q, %v", way, err)
	}
	for _, display := range []string{"", ":0", "unix:0", "/private/tmp/launch/org.xquartz:0"} {
		d = newDesk(t, []string{"SSH_TTY=/dev/pts/1", "DISPLAY=" + display, "WAYLAND_DISPLAY=wayland-0"}, "xclip", takes, "wl-copy", takes, "pbcopy", takes)
		if way, err := copyOn(t.Context(), "darwin", []byte("x"), Options{Environ: d.environ}); err == nil {
			t.Errorf("%q has set the clipboard of a machine that nobody sits at, by its display %q", way, display)
		}
	}
}

// TestPathIsTheGivenOne puts a program into this process's PATH that must not
// be run, and a folder that isn't named in full into the given one.
func TestPathIsTheGivenOne(t *testing.T) {
	wrong := newDesk(t, nil, "xclip", takes)
	right := newDesk(t, []string{"DISPLAY=:0"}, "xclip", takes)
	t.Setenv("PATH", wrong.dir)
	t.Chdir(wrong.dir)
	environ := append([]string{"PATH=/nowhere"}, right.environ...)   // the last one counts
	file, folder := newDesk(t, nil, "xclip", takes), newDesk(t, nil) // neither holds a program
	if err := errors.Join(os.Chmod(filepath.Join(file.dir, "xclip"), 0o644), os.Mkdir(filepath.Join(folder.dir, "xclip"), 0o755)); err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "PATH=::.:/nowhere:"+file.dir+":"+folder.dir+":"+right.dir)
	if way, err := copyOn(t.Context(), "linux", []byte("x"), Options{Environ: environ}); way != Xclip || err != nil {
		t.Fatalf("%q, %v", way, err)
	}
	if wrong.read("xclip.in") != "" || right.read("xclip.in") != "x" {
		t.Error("the wrong xclip was run")
	}
}

func TestEnvIsAskedForWhereItIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, []string{"DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0"}, "wl-copy", takes, "xclip", `printf '%s' "$DISPLAY" > "$0.display"; exec /bin/cat > "$0.in"`)
	env := func(name string) (string, bool) { return map[string]string{"DISPLAY": ":1"}[name], name == "DISPLAY" }
	if way, err := copyOn(t.Context(), "linux", []byte("x"), Options{Env: env, Environ: d.environ}); way != Xclip || err != nil {
		t.Fatalf("%q, %v", way, err)
	}
	if got := d.read("xclip.display"); got != ":0" {
		t.Errorf("the program's DISPLAY is %q", got)
	}
}

// TestPbcopyIsToldUTF8 and that nothing else is changed for it.
func TestPbcopyIsToldUTF8(t *testing.T) {
	t.Parallel()
	d := newDesk(t, []string{"LC_ALL=C", "KEPT=1"}, "pbcopy", `printf '%s %s' "$LC_ALL" "$KEPT" > "$0.env"; exec /bin/cat > "$0.in"`)
	if way, err := copyOn(t.Context(), "darwin", []byte("é"), Options{Environ: d.environ}); way != Pbcopy || err != nil {
		t.Fatalf("%q, %v", way, err)
	}
	if got := d.read("pbcopy.env"); got != "en_US.UTF-8 1" {
		t.Errorf("its environment is %q", got)
	}
}

func TestWindowsGetsUTF16(t *testing.T) {
	t.Parallel()
	if got, want := string(windows([]byte("é😀\xff"))), "\xe9\x00\x3d\xd8\x00\xde\xfd\xff"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

// TestWhatStaysInTheBackgroundIsNotWaitedFor has an xclip that goes on with
// what it was given open, as the real one does.
func TestWhatStaysInTheBackgroundIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"wl-copy", "xclip", "xsel"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, []string{"DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0"}, name, `/bin/cat > "$0.in"; /bin/sleep 60 & echo $! > "$0.pid"`)
			text := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16) // more than a pipe holds
			began := time.Now()
			way, err := copyOn(t.Context(), "linux", text, Options{Environ: d.environ})
			took := time.Since(began)
			pid, e := strconv.Atoi(strings.TrimSpace(d.read(name + ".pid")))
			if e != nil {
				t.Fatalf("%q, %v: it did not run: %v", way, err, e)
			}
			session, _ := getsid(pid)
			alive := syscall.Kill(pid, 0) == nil
			_ = syscall.Kill(pid, syscall.SIGKILL)
			if string(way) != name || err != nil {
				t.Errorf("%q, %v", way, err)
			}
			if took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
			if mine, _ := getsid(0); !alive || session == mine {
				t.Errorf("alive: %v; its session is %d, this process's is %d", alive, session, mine)
			}
			if d.read(name+".in") != string(text) {
				t.Error("it did not get the text")
			}
		})
	}
}

func getsid(pid int) (int, error) {
	id, _, errno := syscall.Syscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(id), nil
}

// TestAProgramThatHangsIsEnded with the child that it waits for, and the next
// one gets its turn.
func TestAProgramThatHangsIsEnded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, []string{"DISPLAY=:0"}, "xclip", hangs, "xsel", takes)
	pipe := d.pipe("xclip")
	began := time.Now()
	way, err := copyOn(t.Context(), "linux", []byte("x"), Options{Environ: d.environ})
	if way != Xsel || err != nil {
		t.Errorf("%q, %v", way, err)
	}
	if took := time.Since(began); took < programLimit || took > 10*programLimit {
		t.Errorf("it took %s", took)
	}
	d.gone("xclip", pipe)
}

// hangs is a script that waits for a child. Both keep a pipe open, for gone.
const hangs = `exec 9> "$0.pipe"; echo $$ > "$0.pid"; /bin/sleep 60; exit 0`

// pipe makes what hangs opens, and gives the end of it to read.
func (d *desk) pipe(name string) *os.File {
	d.t.Helper()
	path := filepath.Join(d.dir, name+".pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		d.t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = f.Close() })
	return f
}

// gone fails the test when the program that hangs, or its child, goes on.
func (d *desk) gone(name string, pipe *os.File) {
	d.t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(d.read(name + ".pid")))
	if err != nil {
		d.t.Fatal(err)
	}
	_ = pipe.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadAll(pipe); err != nil {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
		d.t.Fatalf("a process of it is left: %v", err)
	}
}

func TestTheContextEndsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, []string{"DISPLAY=:0"}, "xclip", hangs, "xsel", takes)
	pipe := d.pipe("xclip")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for d.read("xclip.pid") == "" && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	way, err := copyOn(ctx, "linux", []byte("x"), Options{Environ: d.environ, Terminal: new(bytes.Buffer)})
	var all *Error
	if way != "" || !errors.Is(err, context.Canceled) || !errors.As(err, &all) || len(all.Tried) != 1 || all.Hint() != "" {
		t.Errorf("%q, %v", way, err)
	}
	if d.read("xsel.in") != "" {
		t.Error("the next one was tried")
	}
	d.gone("xclip", pipe)

	var terminal bytes.Buffer
	if way, err := copyOn(ctx, "linux", []byte("x"), Options{Environ: []string{}, Terminal: &terminal}); !errors.Is(err, context.Canceled) || terminal.Len() > 0 {
		t.Errorf("%q, %v: the terminal got %q", way, err, terminal.String())
	}
}

// TestAProgramThatDoesNotReadHasFailed though it says that all is well.
func TestAProgramThatDoesNotReadHasFailed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, []string{"DISPLAY=:0"}, "xclip", `exec 3<&0; /bin/sleep 60 <&3 & echo $! > "$0.pid"`, "xsel", takes)
	way, err := copyOn(t.Context(), "linux", make([]byte, 1<<20), Options{Environ: d.environ})
	if pid, e := strconv.Atoi(strings.TrimSpace(d.read("xclip.pid"))); e == nil {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	if way != Xsel || err != nil {
		t.Errorf("%q, %v", way, err)
	}
}

func TestWhatTheTerminalGets(t *testing.T) {
	t.Parallel()
	const plain = "\x1b]52;c;YcOpCg==\a"
	for _, c := range []struct {
		name    string
		environ []string
		want    string
	}{
		{"plain", nil, plain},
		{"over SSH, from a tmux there", []string{"SSH_TTY=/dev/pts/1", "TERM=tmux-256color"}, plain},
		{"tmux", []string{"TMUX=/tmp/x,1,0"}, "\x1bPtmux;\x1b\x1b]52;c;YcOpCg==\a\x1b\\"},
		{"screen", []string{"STY=1.pts-0.host"}, "\x1bP" + plain + "\x1b\\"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, c.environ)
			var terminal writes
			way, err := copyOn(t.Context(), "linux", []byte("aé\n"), Options{Environ: d.environ, Terminal: &terminal})
			if way != Terminal || err != nil || len(terminal) != 1 || terminal[0] != c.want {
				t.Errorf("%q, %v: %q", way, err, terminal)
			}
		})
	}
}

// writes keeps what was written, one by one.
type writes []string

func (w *writes) Write(b []byte) (int, error) {
	*w = append(*w, string(b))
	return len(b), nil
}

func TestScreenGetsPieces(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte("piece "), 500)
	rest, whole, n := string(throughScreen(osc52(text))), "", 0
	for rest != "" {
		piece, after, ok := strings.Cut(strings.TrimPrefix(rest, "\x1bP"), "\x1b\\")
		if !ok || !strings.HasPrefix(rest, "\x1bP") || len(piece) > screenPiece {
			t.Fatalf("not a piece of at most %d bytes: %q", screenPiece, rest)
		}
		whole, rest, n = whole+piece, after, n+1
	}
	if want := "\x1b]52;c;" + base64.StdEncoding.EncodeToString(text) + "\a"; whole != want || n < 2 {
		t.Errorf("%d pieces make %q", n, whole)
	}
}

func TestTheTerminalIsNotGivenTooMuch(t *testing.T) {
	t.Parallel()
	o := Options{Environ: []string{"SSH_TTY=/dev/pts/1"}}
	var terminal bytes.Buffer
	o.Terminal = &terminal
	way, err := copyOn(t.Context(), "linux", make([]byte, MaxTerminal+1), o)
	var large *TooLargeError
	if way != "" || !errors.As(err, &large) || large.Size != MaxTerminal+1 || terminal.Len() > 0 {
		t.Errorf("%q, %v: %d bytes were written", way, err, terminal.Len())
	}
	if hint := hintOf(err); !strings.Contains(hint, "copy less") {
		t.Errorf("the hint is %q", hint)
	}
	if way, err := copyOn(t.Context(), "linux", make([]byte, MaxTerminal), o); way != Terminal || err != nil || terminal.Len() != 100_000 {
		t.Errorf("%q, %v: %d bytes were written", way, err, terminal.Len())
	}
}

func TestATerminalWithoutAClipboardIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, term := range []string{"linux", "dumb"} {
		var terminal bytes.Buffer
		_, err := copyOn(t.Context(), "linux", []byte("x"), Options{Environ: []string{"TERM=" + term}, Terminal: &terminal})
		if !errors.Is(err, errNoOSC) || terminal.Len() > 0 {
			t.Errorf("%s: %v, %q", term, err, terminal.String())
		}
	}
}

// TestATerminalThatIsStoppedIsNotWaitedFor has a pipe that nobody reads.
func TestATerminalThatIsStoppedIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	stop := time.AfterFunc(20*time.Second, func() { _ = r.Close() }) // or it would hang for good
	defer stop.Stop()
	began := time.Now()
	way, err := copyOn(ctx, "linux", make([]byte, MaxTerminal), Options{Environ: []string{}, Terminal: w})
	if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took >= programLimit {
		t.Errorf("%q, %v, after %s", way, err, took)
	}
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if !errors.As(err, &h) {
		return ""
	}
	return h.Hint()
}

// TestErrorsTellEachWayAndWhatToDo also where there is none.
func TestErrorsTellEachWayAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, system string
		environ      []string
		scripts      []string
		says, hint   string // what is in them
	}{
		{"nothing", "linux", nil, nil, "there is no clipboard here", "install xclip or wl-clipboard"},
		{"Wayland", "linux", []string{"WAYLAND_DISPLAY=wayland-0"}, nil, "wl-copy: it is not in PATH", "apt install wl-clipboard"},
		{"X11", "linux", []string{"DISPLAY=:0"}, nil, "xclip: it is not in PATH; xsel: it is not in PATH", "apt install xclip"},
		{"WSL", "linux", []string{"WSL_DISTRO_NAME=Debian"}, nil, "clip.exe: it is not in PATH", "wsl.conf"},
		{"macOS", "darwin", nil, nil, "pbcopy: it is not in PATH", "/usr/bin"},
		{"SSH", "linux", []string{"SSH_TTY=/dev/pts/1"}, nil, "there is no clipboard here", "OSC 52"},
		{"a display that is gone", "linux", []string{"DISPLAY=:7"}, []string{"xclip", "exit 1", "xsel", "exit 2"}, "xclip: with DISPLAY=:7: exit status 1; xsel: with DISPLAY=:7: exit status 2", "what the errors say"},
		{"what a program says", "darwin", nil, []string{"pbcopy", "echo no pasteboard >&2; echo >&2; exit 1"}, "pbcopy: no pasteboard (exit status 1)", "what the errors say"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, c.environ, c.scripts...)
			way, err := copyOn(t.Context(), c.system, []byte("x"), Options{Environ: d.environ})
			if way != "" || err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q, %v; %q was wanted", way, err, c.says)
			}
			if hint := hintOf(err); !strings.Contains(hint, c.hint) {
				t.Errorf("the hint is %q; %q was wanted", hint, c.hint)
			}
			var exit *exec.ExitError
			if strings.Contains(c.says, "exit status") && !errors.As(err, &exit) {
				t.Error("the program's error is not in it")
			}
		})
	}
}

func TestNothingIsNotCopied(t *testing.T) {
	t.Parallel()
	var terminal bytes.Buffer
	if way, err := Copy(t.Context(), nil, Options{Environ: []string{}, Terminal: &terminal}); !errors.Is(err, ErrEmpty) || terminal.Len() > 0 {
		t.Errorf("%q, %v: the terminal got %q", way, err, terminal.String())
	}
}

// TestAnOldTmuxGetsTheTextToo has one that knows no -w.
func TestAnOldTmuxGetsTheTextToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, []string{"TMUX=/tmp/x,1,0"}, "tmux", `if [ "$2" = -w ]; then echo usage >&2; exit 1; fi; `+takes)
	if way, err := copyOn(t.Context(), "linux", []byte("x"), Options{Environ: d.environ}); way != Tmux || err != nil || d.read("tmux.in") != "x" {
		t.Errorf("%q, %v: it got %q", way, err, d.read("tmux.in"))
	}
}

// server is a tmux server on a socket of the test's own.
type server struct {
	t      *testing.T
	bin    string
	socket string
}

func newServer(t *testing.T, config string) *server {
	t.Helper()
	bin, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("needs tmux")
	}
	dir, err := os.MkdirTemp("/tmp", "clip") // short, for the socket's path
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t, bin, filepath.Join(dir, "s")}
	conf := filepath.Join(dir, "tmux.conf")
	if err := os.WriteFile(conf, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = s.try(context.Background(), "kill-server")
		_ = os.RemoveAll(dir)
	})
	s.must("-f", conf, "new-session", "-d", "-x", "80", "-y", "24", "exec sleep 1000")
	return s
}

func (s *server) try(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.bin, append([]string{"-u", "-S", s.socket}, args...)...)
	cmd.Env = append(os.Environ(), "TMUX=", "TERM=xterm-256color")
	out, err := cmd.CombinedOutput()
	return strings.TrimSuffix(string(out), "\n"), err
}

func (s *server) must(args ...string) string {
	s.t.Helper()
	out, err := s.try(s.t.Context(), args...)
	if err != nil {
		s.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return out
}

// variable is the $TMUX of a pane there.
func (s *server) variable() string {
	return "TMUX=" + s.must("display-message", "-p", "#{socket_path},#{pid},0")
}

// attached is a server whose one client runs in a pane of outer.
func attached(t *testing.T, outer *server, config string) *server {
	t.Helper()
	s := newServer(t, config)
	outer.must("respawn-window", "-k", fmt.Sprintf("exec env TMUX= '%s' -u -S '%s' attach", s.bin, s.socket))
	await(t, "a client", func() bool { return s.must("list-clients") != "" })
	return s
}

func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// hasGot waits until a server has text as its buffer.
func (s *server) hasGot(text string) {
	s.t.Helper()
	var got string
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var err error
		if got, err = s.try(s.t.Context(), "show-buffer"); err == nil && got == strings.TrimSuffix(text, "\n") {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("the buffer is %.100q, not %.100q", got, text)
		}
	}
}

// takesAll is the configuration of a tmux that stands for a terminal: what an
// OSC 52 sequence sets becomes its buffer.
const takesAll = "set -g set-clipboard on\nset -g default-terminal screen-256color\n"

// TestTmuxHandsItToItsTerminal runs one tmux in another, which sees what the
// terminal gets.
func TestTmuxHandsItToItsTerminal(t *testing.T) {
	t.Parallel()
	outer := newServer(t, takesAll)
	inner := attached(t, outer, "set -as terminal-features ',*:clipboard'\n")
	d := newDesk(t, []string{inner.variable()})
	if err := os.Symlink(inner.bin, filepath.Join(d.dir, "tmux")); err != nil {
		t.Fatal(err)
	}
	const text = "one é\ttwo\n  three\n"
	if way, err := copyOn(t.Context(), "linux", []byte(text), Options{Environ: d.environ}); way != Tmux || err != nil {
		t.Fatalf("%q, %v", way, err)
	}
	inner.hasGot(text)
	outer.hasGot(text)
}

// pane opens the terminal of a server's pane.
func (s *server) pane() *os.File {
	s.t.Helper()
	return open(s.t, s.must("display-message", "-p", "#{pane_tty}"))
}

func open(t *testing.T, tty string) *os.File {
	t.Helper()
	f, err := os.OpenFile(tty, os.O_WRONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestARealTerminalTakesTheSequence as long as it may be.
func TestARealTerminalTakesTheSequence(t *testing.T) {
	t.Parallel()
	s := newServer(t, takesAll)
	terminal := s.pane()
	for _, text := range []string{"aé\n", strings.Repeat("seven. ", MaxTerminal/7)} {
		if way, err := copyOn(t.Context(), "linux", []byte(text), Options{Environ: []string{}, Terminal: terminal}); way != Terminal || err != nil {
			t.Fatalf("%q, %v", way, err)
		}
		s.hasGot(text)
	}
}

// TestTmuxPassesTheSequenceOn where it may.
func TestTmuxPassesTheSequenceOn(t *testing.T) {
	t.Parallel()
	outer := newServer(t, takesAll)
	inner := attached(t, outer, "set -gq allow-passthrough on\n")
	text := strings.Repeat("passed on, ", 1000)
	if way, err := copyOn(t.Context(), "linux", []byte(text), Options{Environ: []string{inner.variable()}, Terminal: inner.pane()}); way != Terminal || err != nil {
		t.Fatalf("%q, %v", way, err)
	}
	outer.hasGot(text)
}

// TestScreenPassesTheSequenceOn runs a screen in tmux.
func TestScreenPassesTheSequenceOn(t *testing.T) {
	t.Parallel()
	screen, err := exec.LookPath("screen")
	if err != nil {
		t.Skip("needs screen")
	}
	outer := newServer(t, takesAll)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil { // or screen doesn't take it
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd := exec.CommandContext(context.Background(), screen, "-S", "clip", "-X", "quit")
		cmd.Env = append(os.Environ(), "SCREENDIR="+dir)
		_ = cmd.Run()
	})
	name := filepath.Join(t.TempDir(), "tty")
	outer.must("respawn-window", "-k", fmt.Sprintf("exec env SCREENDIR='%s' '%s' -c /dev/null -S clip /bin/sh -c 'tty > %s.new; mv %s.new %s; exec sleep 1000'", dir, screen, name, name, name))
	var tty []byte
	await(t, "screen", func() bool { tty, err = os.ReadFile(name); return err == nil })
	text := strings.Repeat("passed on, ", 1000)
	if way, err := copyOn(t.Context(), "linux", []byte(text), Options{Environ: []string{"STY=1.clip"}, Terminal: open(t, strings.TrimSpace(string(tty)))}); way != Terminal || err != nil {
		t.Fatalf("%q, %v", way, err)
	}
	outer.hasGot(text)
}
