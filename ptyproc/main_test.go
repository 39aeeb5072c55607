package ptyproc

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// The tests share one process, of which a Reaper owns all children, so they
// run one after the other, and none of them uses os/exec.
var reaper *Reaper

func TestMain(m *testing.M) {
	if role := os.Getenv("PTYPROC_ROLE"); role != "" {
		os.Exit(roles[role]())
	}
	// A file that whoever started us left open.
	if _, err := unix.Dup(0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var err error
	if reaper, err = NewReaper(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	reaper.Close()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// roles are programs that the tests start: this binary, with PTYPROC_ROLE set.
var roles = map[string]func() int{
	// size prints the terminal's size at each SIGWINCH.
	"size": func() int {
		winch := make(chan os.Signal, 8)
		signal.Notify(winch, syscall.SIGWINCH)
		for {
			ws, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
			fmt.Printf("size %d %d %v\n", ws.Row, ws.Col, err)
			<-winch
		}
	},
	// fds lists what is open.
	"fds": func() int {
		for fd := range 64 {
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
				name, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
				if !strings.Contains(name, "eventpoll") && !strings.Contains(name, "eventfd") {
					fmt.Printf("open %d %s\n", fd, name)
				}
			}
		}
		return 0
	},
	// write writes SIZE bytes of short lines in big pieces.
	"write": func() int {
		size, _ := strconv.Atoi(os.Getenv("SIZE"))
		piece := bytes.Repeat([]byte("a line of output, as services write them, of about a hundred characters, again and again, and again\n"), 640)
		for size > 0 {
			n, err := os.Stdout.Write(piece[:min(size, len(piece))])
			if err != nil {
				return 1
			}
			size -= n
		}
		return 0
	},
}

func role(name string, env ...string) Spec {
	return Spec{Argv: []string{"/proc/self/exe"}, Env: append(environ(), append(env, "PTYPROC_ROLE="+name)...), PTY: true, Size: Size{Rows: 24, Cols: 80}}
}

func environ() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/", "TERM=xterm"}
}

// sh runs a line of shell on a terminal.
func sh(line string) Spec {
	return Spec{Argv: []string{"/bin/sh", "-c", line}, Env: environ(), PTY: true, Size: Size{Rows: 24, Cols: 80}}
}

func start(t testing.TB, s Spec) *Process {
	t.Helper()
	p, err := reaper.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		now := make(chan struct{})
		close(now)
		if r := p.Stop(t.Context(), 0, now); len(r.Left) > 0 {
			t.Errorf("left alive: %v", r.Left)
		}
		p.Close()
	})
	return p
}

// readAll reads to the first end, and awaits the exit.
func readAll(t testing.TB, p *Process) string {
	t.Helper()
	b, err := io.ReadAll(p.Stdout())
	if err != nil {
		t.Fatal(err)
	}
	await(t, p)
	return string(b)
}

func await(t testing.TB, p *Process) {
	t.Helper()
	select {
	case <-p.Exited():
	case <-time.After(20 * time.Second):
		t.Fatal("it does not exit")
	}
}

// readUntil reads until the text has come.
func readUntil(t testing.TB, p *Process, text string) string {
	t.Helper()
	timer := time.AfterFunc(20*time.Second, p.Close)
	defer timer.Stop()
	var got []byte
	buf := make([]byte, 4096)
	for {
		n, err := p.Stdout().Read(buf)
		got = append(got, buf[:n]...)
		if strings.Contains(string(got), text) {
			return string(got)
		}
		if err != nil {
			t.Fatalf("%q did not come, but %q, and then %v", text, got, err)
		}
	}
}
