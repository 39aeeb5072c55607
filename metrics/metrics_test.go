package metrics

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// start runs a line of shell that prints a line once it is up.
func start(t testing.TB, line string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", line)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe() // its end is the tree's
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// tree is a shell with two children that end with its standard input.
const tree = "exec 3<&0; cat <&3 >/dev/null & (cat <&3 >/dev/null; true) & echo up; wait"

func sample(t testing.TB, s *Sampler, at time.Time, roots ...int) map[int]Tree {
	t.Helper()
	trees, err := s.Sample(at, roots)
	if err != nil {
		t.Fatal(err)
	}
	return trees
}

func TestTreeIsWhole(t *testing.T) {
	t.Parallel()
	cmd := start(t, "exec 3<&0; cat <&3 >/dev/null & (cat <&3 >/dev/null; true) & echo up; wait")
	whole, below := NewSampler(), NewSampler()
	below.WithoutRoot = true
	// Its children are there, and no longer growing, a moment after it says so.
	var got, without Tree
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		got = sample(t, whole, time.Now(), cmd.Process.Pid)[cmd.Process.Pid]
		without = sample(t, below, time.Now(), cmd.Process.Pid)[cmd.Process.Pid]
		if len(got.Procs) == 4 && without.MemoryBytes < got.MemoryBytes {
			break
		}
	}
	if len(got.Procs) != 4 || got.Procs[0].Pid != cmd.Process.Pid || got.MemoryBytes < 1<<20 {
		t.Errorf("got %+v", got)
	}
	if len(without.Procs) != 3 || without.MemoryBytes >= got.MemoryBytes {
		t.Errorf("without its root: %+v, with it: %+v", without, got)
	}
}

func TestCPUIsKnownFromTheSecondSampleOn(t *testing.T) {
	t.Parallel()
	cmd := start(t, "echo up; while :; do :; done")
	pid := cmd.Process.Pid
	s := NewSampler()
	t0 := time.Now()
	if first := sample(t, s, t0, pid)[pid]; first.CPUKnown || first.CPUPercent != 0 {
		t.Errorf("after one sample: %+v", first)
	}
	// Until it has used a tenth of a second.
	e, err := process.NewProcess(int32(pid))
	if err != nil {
		t.Fatal(err)
	}
	begin, err := e.Times()
	if err != nil {
		t.Fatal(err)
	}
	for {
		now, err := e.Times()
		if err != nil {
			t.Fatal(err)
		}
		if now.User+now.System-begin.User-begin.System > 0.1 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	// Time is what the caller says it is: a tenth of a second of CPU in one.
	got := sample(t, s, t0.Add(time.Second), pid)[pid]
	if !got.CPUKnown || got.CPUPercent < 8 || got.CPUPercent > 100 {
		t.Errorf("after two samples: %+v", got)
	}
}

func TestShortLivedChildrenCount(t *testing.T) {
	t.Parallel()
	// Each child works for some ticks, ends, and is never there at two samples.
	cmd := start(t, "echo up; while :; do sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; done")
	pid := cmd.Process.Pid
	s := NewSampler()
	t0 := time.Now()
	sample(t, s, t0, pid)
	var got Tree
	for end := t0.Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		// A tenth of a second or more of CPU, whatever else the machine does.
		if got = sample(t, s, t0.Add(time.Second), pid)[pid]; got.CPUPercent >= 10 {
			return
		}
	}
	t.Errorf("got %+v", got)
}

func TestMeanIsShort(t *testing.T) {
	t.Parallel()
	s := NewSampler()
	pid := os.Getpid()
	t0 := time.Now()
	for k := range 20 {
		sample(t, s, t0.Add(time.Duration(k)*time.Second), pid)
	}
	for _, tr := range s.trails {
		if d := tr.marks[len(tr.marks)-1].at.Sub(tr.marks[0].at); d < window || d > window+time.Second {
			t.Errorf("the mean goes over %s", d)
		}
	}
}

func TestCPUThatIsTakenByNobodyIsLost(t *testing.T) {
	t.Parallel()
	var tr trail
	t0 := time.Now()
	for k, sum := range []time.Duration{10 * time.Second, 11 * time.Second, time.Second, 1500 * time.Millisecond} {
		tr.add(t0.Add(time.Duration(k)*500*time.Millisecond), sum)
	}
	if p, ok := tr.percent(); !ok || p != 100 {
		t.Errorf("a second and a half, of one and a half: %g, %t", p, ok)
	}
}

func TestARootsPidUsedAgainStartsAfresh(t *testing.T) {
	t.Parallel()
	s := NewSampler()
	pid := os.Getpid()
	t0 := time.Now()
	sample(t, s, t0, pid)
	for id, tr := range s.trails { // as if it had been an earlier process's
		delete(s.trails, id)
		s.trails[key{pid, id.start - 1}] = tr
	}
	if got := sample(t, s, t0.Add(time.Second), pid)[pid]; got.CPUKnown {
		t.Errorf("got %+v", got)
	}
	if len(s.trails) != 1 {
		t.Error("a process that is gone is still remembered")
	}
}

func TestNothingIsKeptOfWhatIsGone(t *testing.T) {
	t.Parallel()
	cmd := start(t, "echo up; cat")
	s := NewSampler()
	sample(t, s, time.Now(), cmd.Process.Pid, os.Getpid())
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	trees := sample(t, s, time.Now(), cmd.Process.Pid)
	if len(trees) != 0 || len(s.trails) != 0 || len(s.alone) != 0 {
		t.Errorf("%v, %d trails, %d of processes", trees, len(s.trails), len(s.alone))
	}
}

func TestCostsOfEachProcess(t *testing.T) {
	t.Parallel()
	// Among the children of this process, with those of other tests.
	busy, idle := start(t, "echo up; while :; do :; done").Process.Pid, start(t, "echo up; exec cat").Process.Pid
	self := os.Getpid()
	s := NewSampler()
	t0 := time.Now()
	first := sample(t, s, t0, self)[self]
	for _, c := range first.Costs {
		if c.CPUKnown || c.CPUPercent != 0 {
			t.Errorf("seen once: %+v", c)
		}
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := sample(t, s, t0.Add(time.Second), self)[self]
		if len(got.Costs) != len(got.Procs) {
			t.Fatalf("%d costs of %d processes", len(got.Costs), len(got.Procs))
		}
		var sum Cost
		of := map[int]Cost{}
		for k, c := range got.Costs {
			sum.MemoryBytes += c.MemoryBytes
			sum.Threads += c.Threads
			of[got.Procs[k].Pid] = c
		}
		if sum.MemoryBytes != got.MemoryBytes || sum.Threads != got.Threads {
			t.Fatalf("%+v together, but the tree %+v", sum, got)
		}
		if c := of[idle]; !c.CPUKnown || c.CPUPercent > 5 || c.Threads > 1 || of[self].MemoryBytes == 0 {
			t.Fatalf("the idle one: %+v", c)
		}
		if of[busy].CPUPercent >= 10 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the busy one: %+v", of[busy])
		}
	}
}

func TestCostsOfAProcessThatComesLater(t *testing.T) {
	t.Parallel()
	s := NewSampler()
	self := os.Getpid()
	t0 := time.Now()
	sample(t, s, t0, self)
	child := start(t, "echo up; cat").Process.Pid
	costs := func(at time.Time) (mine, its Cost) {
		got := sample(t, s, at, self, child) // the child is in both trees
		if k := slices.IndexFunc(got[self].Procs, func(p Proc) bool { return p.Pid == child }); k >= 0 {
			its = got[self].Costs[k]
		}
		if its != got[child].Costs[0] {
			t.Errorf("%+v in one tree, %+v in the other", its, got[child].Costs[0])
		}
		return got[self].Costs[0], its
	}
	if mine, its := costs(t0.Add(time.Second)); !mine.CPUKnown || its.CPUKnown || its.MemoryBytes == 0 {
		t.Errorf("known for longer: %+v, new: %+v", mine, its)
	}
	if _, its := costs(t0.Add(2 * time.Second)); !its.CPUKnown {
		t.Errorf("seen twice: %+v", its)
	}
	for id, tr := range s.alone {
		if id.pid == child && len(tr.marks) != 2 {
			t.Errorf("%d marks of two samples", len(tr.marks))
		}
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l6, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Log("no IPv6 here")
		l6 = l
	}
	defer l6.Close()
	port, port6 := l.Addr().(*net.TCPAddr).Port, l6.Addr().(*net.TCPAddr).Port
	self := os.Getpid()
	got, err := ListeningPorts(map[int]int{self: 7})
	if err != nil || !slices.Contains(got[7], port) || !slices.Contains(got[7], port6) || !slices.IsSorted(got[7]) {
		t.Errorf("%v, %v without %d and %d", err, got, port, port6)
	}
	h, err := PortHolder(port)
	wd, _ := os.Getwd()
	if err != nil || h == nil || h.Pid != self || h.Port != port || h.Cwd != wd || !strings.Contains(h.Cmdline, "test") {
		t.Errorf("%v, %+v", err, h)
	}
	_ = l.Close()
	if h, err := holder(port, func(h *Holder) bool { return h == nil }); h != nil || err != nil {
		t.Errorf("a free port: %+v, %v", h, err)
	}
}

// holder asks for who holds a port until it is as it should be: a child that
// another test starts has all that is open here for a moment.
func holder(port int, right func(*Holder) bool) (*Holder, error) {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		h, err := PortHolder(port)
		if err != nil || right(h) || time.Now().After(end) {
			return h, err
		}
	}
}

// heir keeps what it was given open until its standard input ends.
const heir = "METRICS_TEST_HEIR"

// role is what a child of these tests does, one of roles.
const role = "METRICS_TEST_ROLE"

var roles = map[string]func(){}

func TestMain(m *testing.M) {
	if play := roles[os.Getenv(role)]; play != nil {
		play()
		return
	}
	if how := os.Getenv(memoryHolder); how != "" {
		hold(how)
		return
	}
	if os.Getenv(heir) != "" {
		fmt.Println("up")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	os.Exit(m.Run())
}

func TestHolderOfASharedPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	share := func(name string, args ...string) int {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env = append(os.Environ(), heir+"=1")
		cmd.ExtraFiles = []*os.File{f}
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
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		return cmd.Process.Pid
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	share(exe)
	is := func(pid int) func(*Holder) bool { return func(h *Holder) bool { return h != nil && h.Pid == pid } }
	if h, err := holder(port, is(os.Getpid())); err != nil || h == nil || h.Pid != os.Getpid() {
		t.Errorf("a worker of the same program: %+v, %v", h, err)
	}
	other := share("/bin/sh", "-c", "echo up; exec cat")
	if h, err := holder(port, is(other)); err != nil || h == nil || h.Pid != other {
		t.Errorf("handed to another program, pid %d: %+v, %v", other, h, err)
	}
}

func TestFindByEnv(t *testing.T) {
	t.Parallel()
	mark := fmt.Sprintf("mark-%d-%d", os.Getpid(), time.Now().UnixNano())
	cmd := start(t, "echo up; cat", "METRICS_TEST="+mark)
	found, err := FindByEnv("METRICS_TEST", mark)
	if err != nil {
		t.Skip(err)
	}
	if !slices.ContainsFunc(found, func(p Proc) bool { return p.Pid == cmd.Process.Pid }) {
		t.Errorf("pid %d is not in %+v", cmd.Process.Pid, found)
	}
	if found, err := FindByEnv("METRICS_TEST", mark[:len(mark)-1]); err != nil || len(found) > 0 {
		t.Errorf("a part of the value finds %+v, %v", found, err)
	}
}

func TestAlive(t *testing.T) {
	t.Parallel()
	cmd := start(t, "echo up; cat")
	pid := cmd.Process.Pid
	begin, err := StartTicks(pid)
	if err != nil || !Alive(pid, begin) || !Alive(pid, 0) || Alive(pid, begin+1) {
		t.Errorf("%v, started at %d", err, begin)
	}
	_ = cmd.Process.Kill()
	for end := time.Now().Add(10 * time.Second); Alive(pid, begin); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a zombie is taken for alive")
		}
	}
	_ = cmd.Wait()
	if _, err := StartTicks(pid); err == nil {
		t.Error("the start of a process that is gone")
	}
}

// BenchmarkSample looks at trees of three processes, and asks gopsutil about
// the same processes one by one.
func BenchmarkSample(b *testing.B) {
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var roots []int
			for range n {
				roots = append(roots, start(b, tree).Process.Pid)
			}
			s := NewSampler()
			var ours, theirs time.Duration
			b.ReportAllocs()
			for b.Loop() {
				began := time.Now()
				sample(b, s, began, roots...)
				ours += time.Since(began)
				began = time.Now()
				for _, r := range roots {
					gopsutil(r)
				}
				theirs += time.Since(began)
			}
			b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "µs/sample")
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "x-gopsutil")
		})
	}
}

func gopsutil(pid int) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return
	}
	_, _ = p.Times()
	_, _ = p.MemoryInfo()
	children, _ := p.Children()
	for _, c := range children {
		_, _ = c.Times()
		_, _ = c.MemoryInfo()
	}
}
