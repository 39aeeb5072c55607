package metrics

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// memoryHolder is how this program goes about memory when it is run again.
const memoryHolder = "METRICS_TEST_HOLDER"

// hold takes a step for every line it reads, and says so by one. Its memory is
// asked of the kernel: what Go's own takes depends on its collector, and is
// three times as much under the race detector.
func hold(how string) {
	const mb = 1 << 20
	var held [][]byte
	more := func(n int) {
		b, err := unix.Mmap(-1, 0, n*mb, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1 // or it has no pages
		}
		held = append(held, b)
	}
	less := func(n int) {
		for _, b := range held[len(held)-n:] {
			_ = unix.Munmap(b) // what it cannot give back, the test sees
		}
		held = held[:len(held)-n]
	}
	fmt.Println("up")
	in := bufio.NewScanner(os.Stdin)
	for k := 0; in.Scan(); k++ {
		switch {
		case how == "leak":
			more(1)
		case how == "fill" && k < 30:
			more(1)
		case how == "saw" && k%10 < 9:
			more(4)
		case how == "saw":
			less(len(held))
		case how == "leak under saw":
			if k%10 == 9 {
				less(9)
				more(10)
			} else {
				more(4)
			}
		}
		fmt.Println(len(held))
	}
}

// TestLeaksOfProcesses lets programs take steps and samples them after each. A
// step is 50 ms by the time that the watch is told, however long it takes.
func TestLeaksOfProcesses(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const tick = 50 * time.Millisecond
	w := LeakWatch{WarmUp: 10 * tick, Window: 100 * tick}
	w.MinSpan = 20 * tick
	for how, leaks := range map[string]bool{"leak": true, "leak under saw": true, "fill": false, "saw": false} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), exe)
			cmd.Env = append(os.Environ(), memoryHolder+"="+how)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _, _ = in.Close(), cmd.Wait() })
			said := bufio.NewReader(out)
			if _, err := said.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			s := NewSampler()
			began := time.Unix(1e9, 0)
			var readings []Reading
			for k := range 150 {
				if _, err := fmt.Fprintln(in); err != nil {
					t.Fatal(err)
				}
				if _, err := said.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
				at := began.Add(time.Duration(k) * tick)
				readings = append(readings, Reading{at, sample(t, s, at, cmd.Process.Pid)[cmd.Process.Pid].MemoryBytes})
				l, ok := w.Find(began, readings)
				if !ok {
					continue
				}
				if !leaks {
					t.Fatalf("at step %d, %d MB: told as a leak: %+v", k, readings[k].Bytes>>20, l)
				}
				// 1 MB a step is 20 a second.
				if mbs := l.BytesPerSecond / (1 << 20); mbs < 15 || mbs > 30 {
					t.Errorf("at step %d: %.1f MB/s", k, mbs)
				}
				return
			}
			if leaks {
				t.Errorf("not told by %d steps: %v", len(readings), readings)
			}
		})
	}
}
