package ptyproc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// BenchmarkRead compares reading a terminal to its end with the least anybody
// can do: a loop of read(2) on a blocking master.
func BenchmarkRead(b *testing.B) {
	const size = 50 << 20
	env := append(environ(), "PTYPROC_ROLE=write", fmt.Sprintf("SIZE=%d", size))
	var ours, bare time.Duration
	for b.Loop() {
		began := time.Now()
		p := start(b, Spec{Argv: []string{"/proc/self/exe"}, Env: env, PTY: true})
		if _, err := io.CopyBuffer(io.Discard, onlyReader{p.Stdout()}, make([]byte, 32<<10)); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(began)
		p.Close()

		began = time.Now()
		drain(b, env)
		bare += time.Since(began)
	}
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-bare-pty")
	b.ReportMetric(0, "ns/op")
}

type onlyReader struct{ io.Reader }

func drain(b *testing.B, env []string) {
	b.Helper()
	m, tty, err := pty.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	fd := tty.Fd()
	if _, err := syscall.ForkExec("/proc/self/exe", []string{"write"}, &syscall.ProcAttr{
		Env: env, Files: []uintptr{fd, fd, fd}, Sys: &syscall.SysProcAttr{Setsid: true, Setctty: true},
	}); err != nil {
		b.Fatal(err)
	}
	_ = tty.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := syscall.Read(int(m.Fd()), buf)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if n <= 0 || err != nil {
			return
		}
	}
}

// BenchmarkStart is the life of a process that does nothing, against the same
// by fork and exec alone.
func BenchmarkStart(b *testing.B) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	var ours, bare time.Duration
	for b.Loop() {
		began := time.Now()
		p := start(b, Spec{Argv: []string{"/bin/true"}, Env: environ(), PTY: true})
		<-p.Exited()
		ours += time.Since(began)
		p.Stop(b.Context(), time.Second, nil)
		p.Close()

		began = time.Now()
		_, changed := reaper.look()
		if _, err := syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{Env: environ(), Files: []uintptr{null.Fd(), null.Fd(), null.Fd()}}); err != nil {
			b.Fatal(err)
		}
		<-changed
		bare += time.Since(began)
	}
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-fork-exec")
}
