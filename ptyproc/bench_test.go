package ptyproc

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// cpu is what this process has used, its children not counted.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		b.Fatal(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// BenchmarkRead compares reading a terminal to its end with the least anybody
// can do: a loop of read(2) on a blocking master. It is about our own CPU; the
// wall time depends on what else the machine does.
func BenchmarkRead(b *testing.B) {
	const size = 200 << 20
	env := append(environ(), "PTYPROC_ROLE=write", fmt.Sprintf("SIZE=%d", size))
	var ours, bare, oursCPU, bareCPU time.Duration
	for b.Loop() {
		began, used := time.Now(), cpu(b)
		p := start(b, Spec{Argv: []string{"/proc/self/exe"}, Env: env, PTY: true})
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, p.Stdout(), make([]byte, 32<<10))
		if err != nil || n < size {
			b.Fatalf("%d bytes, %v", n, err)
		}
		ours, oursCPU = ours+time.Since(began), oursCPU+cpu(b)-used
		p.Close()

		began, used = time.Now(), cpu(b)
		drain(b, env)
		bare, bareCPU = bare+time.Since(began), bareCPU+cpu(b)-used
	}
	mb := float64(b.N) * size / (1 << 20)
	b.ReportMetric(mb/ours.Seconds(), "MB/s")
	b.ReportMetric(mb/bare.Seconds(), "bare-MB/s")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-bare-wall")
	b.ReportMetric(oursCPU.Seconds()/bareCPU.Seconds(), "x-bare-cpu")
	b.ReportMetric(0, "ns/op")
}

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
	buf, in := make([]byte, 32<<10), int(m.Fd())
	for {
		n, err := syscall.Read(in, buf)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if n <= 0 || err != nil {
			return
		}
	}
}

// BenchmarkStart is the life of a process that does nothing, on pipes and on a
// terminal, against os/exec without either.
func BenchmarkStart(b *testing.B) {
	var pipes, tty, bare time.Duration
	run := func(s Spec) time.Duration {
		began := time.Now()
		p := start(b, s)
		<-p.Exited()
		d := time.Since(began)
		p.Stop(b.Context(), time.Second, nil)
		p.Close()
		return d
	}
	for b.Loop() {
		pipes += run(Spec{Argv: []string{"/bin/true"}, Env: environ()})
		tty += run(Spec{Argv: []string{"/bin/true"}, Env: environ(), PTY: true})

		reaper.mu.Lock() // it would take away what os/exec waits for
		began := time.Now()
		cmd := exec.Command("/bin/true")
		cmd.Env = environ()
		err := cmd.Run()
		bare += time.Since(began)
		reaper.mu.Unlock()
		if err != nil {
			b.Fatal(err)
		}
	}
	n := float64(b.N)
	b.ReportMetric(float64(pipes.Microseconds())/n, "pipes-µs")
	b.ReportMetric(float64(tty.Microseconds())/n, "pty-µs")
	b.ReportMetric(float64(bare.Microseconds())/n, "os/exec-µs")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStop ends a tree of a shell and a sleep that ends as it is asked
// to: until nothing of it is left, and what of our CPU that takes.
func BenchmarkStop(b *testing.B) {
	var took, used time.Duration
	buf := make([]byte, 4096)
	for b.Loop() {
		p := start(b, sh("echo ready; sleep 30 & wait"))
		for text := ""; !strings.Contains(text, "ready"); {
			n, err := p.Stdout().Read(buf)
			if err != nil {
				b.Fatal(err)
			}
			text += string(buf[:n])
		}
		before := cpu(b)
		r := p.Stop(b.Context(), 10*time.Second, nil)
		used += cpu(b) - before
		took += r.Took
		if len(r.Forced) > 0 {
			b.Fatalf("%+v", r)
		}
		p.Close()
	}
	b.ReportMetric(float64(took.Microseconds())/float64(b.N), "µs/stop")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/stop")
	b.ReportMetric(0, "ns/op")
}
