package ptyproc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestExitIsExact(t *testing.T) {
	for _, code := range []int{0, 1, 42, 255} {
		p := start(t, sh(fmt.Sprintf("exit %d", code)))
		readAll(t, p)
		if e := p.Exit(); e.Code != code || e.Signal != 0 || e.String() != fmt.Sprintf("exit code %d", code) {
			t.Errorf("got %+v, want code %d", e, code)
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL, syscall.SIGSEGV, syscall.SIGHUP} {
		p := start(t, sh(fmt.Sprintf("kill -%d $$", sig)))
		readAll(t, p)
		if e := p.Exit(); e.Code != -1 || e.Signal != sig || !strings.HasPrefix(e.String(), "killed by SIG") {
			t.Errorf("got %+v (%s), want %s", e, e, sig)
		}
	}
}

func TestRunIsMeasured(t *testing.T) {
	p := start(t, sh("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 0.05"))
	readAll(t, p)
	e := p.Exit()
	if e.Ran < 50*time.Millisecond || e.At.Before(p.StartedAt()) || e.UserTime+e.SystemTime <= 0 || e.MaxRSS < 100<<10 {
		t.Errorf("got %+v", e)
	}
}

func TestWhatCannotBeStartedSaysWhy(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		spec Spec
		code int
		says string
	}{
		{Spec{Argv: []string{"no-such-command"}, Env: []string{"PATH=/bin:/opt/x"}}, 127, "cannot start no-such-command: command not found"},
		{Spec{Argv: []string{"./missing"}, Dir: dir}, 127, "no such file: " + dir + "/missing"},
		{Spec{Argv: []string{plain}}, 126, "is not executable"},
		{Spec{Argv: []string{dir}}, 126, "is a folder"},
		{Spec{Argv: []string{"true"}, Dir: dir + "/none", Env: environ()}, 126, "no such folder"},
		{Spec{Argv: []string{"true"}, Dir: plain, Env: environ()}, 126, "not a folder"},
		{Spec{}, 127, "there is no command"},
	} {
		_, err := reaper.Start(c.spec)
		var se *StartError
		if !errors.As(err, &se) || se.Code() != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: got %v, want code %d and %q", c.spec.Argv, err, c.code, c.says)
		}
	}
	_, err := reaper.Start(Spec{Argv: []string{"no-such-command"}, Env: []string{"PATH=/bin:/opt/x"}})
	var se *StartError
	if !errors.As(err, &se) || !strings.Contains(se.Hint(), "/bin:/opt/x") {
		t.Errorf("the hint does not name the folders searched: %v", err)
	}
}

func TestEnvironmentIsOnlyTheSpecs(t *testing.T) {
	for _, env := range [][]string{nil, {"A=1", "B=two words"}} {
		p := start(t, Spec{Argv: []string{"/usr/bin/env"}, Env: env})
		want := ""
		for _, kv := range env {
			want += kv + "\n"
		}
		if got := readAll(t, p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMissingInterpreterIsNamed(t *testing.T) {
	dir := t.TempDir()
	for line, says := range map[string]string{
		"#!/no/such/ruby -w\n":    "/no/such/ruby, named in the first line of ",
		"#! /bin/sh\r\necho hi\n": `"/bin/sh\r", named in the first line of `,
	} {
		path := filepath.Join(dir, "script")
		if err := os.WriteFile(path, []byte(line), 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := reaper.Start(Spec{Argv: []string{path}, Env: environ()})
		var se *StartError
		if !errors.As(err, &se) || se.Code() != 127 || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", line, err, says)
		}
	}
}

func TestCommandIsFoundInTheChildsPath(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	// Without a first line, as execvp takes it.
	if err := os.WriteFile(filepath.Join(dir, "bin", "hello"), []byte("echo hello $1 from $(pwd)\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := start(t, Spec{Argv: []string{"hello", "you"}, Dir: dir, Env: append(environ(), "PATH=bin:/bin:/usr/bin"), PTY: true})
	if got := readAll(t, p); got != "hello you from "+dir+"\r\n" {
		t.Errorf("got %q", got)
	}
}

// TestLastLineIsNeverLost keeps every CPU busy: only then does the kernel
// report, now and then, the end of a terminal before its last bytes.
func TestLastLineIsNeverLost(t *testing.T) {
	for range runtime.NumCPU() {
		start(t, sh("while :; do echo busy; done >/dev/null"))
	}
	for k := range 200 {
		p := start(t, sh("i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); done; printf LAST; exit 3"))
		got := readAll(t, p)
		if !strings.HasSuffix(got, "line 299\r\nLAST") || strings.Count(got, "\n") != 300 || p.Exit().Code != 3 {
			t.Fatalf("round %d: %d lines, exit %s, the end is %q", k, strings.Count(got, "\n"), p.Exit(), got[max(0, len(got)-40):])
		}
		p.Close()
	}
}

func TestASlowReaderLosesNothingThoughSomebodyHoldsTheTerminal(t *testing.T) {
	// The leader fills the terminal's buffer and leaves; its child keeps it.
	p := start(t, sh("(trap '' HUP; exec sleep 30) & i=0; while [ $i -lt 150 ]; do echo line $i; i=$((i+1)); done; printf LAST"))
	await(t, p)
	time.Sleep(atLast + quiet) // the time is up before the first read
	b, err := io.ReadAll(p.Stdout())
	if err != nil || !strings.HasSuffix(string(b), "line 149\r\nLAST") {
		t.Errorf("%v, the end is %q", err, b[max(0, len(b)-40):])
	}
}

func TestOutputEndsThoughSomebodyWritesForEver(t *testing.T) {
	p := start(t, sh("(trap '' HUP; while :; do echo noise; done) & sleep 0.2; echo LEADER; exit 4"))
	got := readAll(t, p)
	if !strings.Contains(got, "LEADER") || p.Exit().Code != 4 {
		t.Errorf("exit %s, %d bytes without the leader's line", p.Exit(), len(got))
	}
	if len(p.Remaining()) == 0 {
		t.Error("the writer is not among what remains")
	}
	// What comes after the first end can be read still.
	readUntil(t, p, "noise")
}

func TestTerminal(t *testing.T) {
	p := start(t, sh("test -t 0 && test -t 1 && test -t 2 && stty size && tty && ps -o tty= -p $$ && echo out && echo err >&2"))
	got := readAll(t, p)
	if !strings.HasPrefix(got, "24 80\r\n/dev/pts/") || !strings.HasSuffix(got, "out\r\nerr\r\n") || strings.Contains(got, "?") {
		t.Errorf("got %q", got)
	}
	if p.Stderr() != nil {
		t.Error("a terminal has one stream")
	}
}

func TestCtrlCReachesTheForegroundProcess(t *testing.T) {
	p := start(t, sh("trap 'echo caught; exit 7' INT; echo ready; sleep 20 & wait"))
	readUntil(t, p, "ready")
	if _, err := p.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, p); !strings.Contains(got, "caught") || p.Exit().Code != 7 {
		t.Errorf("exit %s, output %q", p.Exit(), got)
	}
}

func TestResize(t *testing.T) {
	p := start(t, role("size"))
	readUntil(t, p, "size 24 80 <nil>")
	if err := p.Resize(Size{Rows: 50, Cols: 200}); err != nil {
		t.Fatal(err)
	}
	readUntil(t, p, "size 50 200 <nil>")
}

func TestPipesTellTheStreamsApart(t *testing.T) {
	s := sh("cat; echo out; echo err >&2; test -t 1 || printf none")
	s.PTY = false
	p := start(t, s)
	errs := make(chan string)
	go func() {
		b, _ := io.ReadAll(p.Stderr())
		errs <- string(b)
	}()
	out := readAll(t, p)
	if e := <-errs; out != "out\nnone" || e != "err\n" {
		t.Errorf("stdout %q, stderr %q", out, e)
	}
	if _, err := p.Write([]byte("x")); !errors.Is(err, ErrNoTerminal) {
		t.Errorf("typing gave %v", err)
	}
	if err := p.Resize(Size{}); !errors.Is(err, ErrNoTerminal) {
		t.Errorf("resizing gave %v", err)
	}
}

func TestAProgramThatReadsNothingDoesNotBlockTypingForEver(t *testing.T) {
	p := start(t, sh("stty raw -echo; echo ready; exec sleep 30"))
	readUntil(t, p, "ready")
	line := []byte(strings.Repeat("x", 4095) + "\n")
	for range 100 {
		if _, err := p.Write(line); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			return
		}
	}
	t.Error("400 KB were taken by a program that reads nothing")
}

func TestNothingButTheStandardFilesIsInherited(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("needs /proc")
	}
	for _, tty := range []bool{true, false} {
		s := role("fds")
		s.Argv = []string{"/proc/" + fmt.Sprint(os.Getpid()) + "/exe"}
		s.PTY = tty
		p := start(t, s)
		got := strings.ReplaceAll(readAll(t, p), "\r", "")
		for line := range strings.Lines(got) {
			var fd int
			if _, err := fmt.Sscanf(line, "open %d", &fd); err != nil {
				t.Fatal(err)
			}
			// The runtime looks at its CPU limit through files of its own.
			if fd > 2 && !strings.Contains(line, "/sys/fs/cgroup/") {
				t.Errorf("terminal %t: %s", tty, line)
			}
		}
	}
}

func TestNoDescriptorIsLeaked(t *testing.T) {
	count := func() int {
		e, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("needs /proc")
		}
		return len(e)
	}
	one := func() {
		for _, tty := range []bool{true, false} {
			s := sh("trap '' TERM; echo ready; sleep 30")
			s.PTY = tty
			p := start(t, s)
			readUntil(t, p, "ready")
			if r := p.Stop(t.Context(), time.Millisecond, nil); len(r.Forced) == 0 {
				t.Errorf("nothing was killed, which was to be tried: %+v", r)
			}
			p.Close()
		}
	}
	bad := filepath.Join(t.TempDir(), "bad") // is refused by exec itself, when all is open
	if err := os.WriteFile(bad, []byte("#!/no/such\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	one()
	before := count()
	for range 20 {
		one()
		for _, argv := range []string{"no-such-command", bad} {
			if _, err := reaper.Start(Spec{Argv: []string{argv}, PTY: true}); err == nil {
				t.Fatal("it was started")
			}
		}
	}
	if after := count(); after > before {
		t.Errorf("%d descriptors, then %d", before, after)
	}
}
