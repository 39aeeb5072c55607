package metrics

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// actor is a child of these tests: it does what it is told, a line at a time,
// and answers each with a line.
type actor struct {
	pid int
	in  io.Writer
	out *bufio.Reader
}

// tell has the actor do something, and returns its answer.
func (a actor) tell(t testing.TB, format string, args ...any) string {
	t.Helper()
	if _, err := fmt.Fprintf(a.in, format+"\n", args...); err != nil {
		t.Fatal(err)
	}
	answer, err := a.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%s: %v", fmt.Sprintf(format, args...), err)
	}
	answer = strings.TrimSuffix(answer, "\n")
	if problem, bad := strings.CutPrefix(answer, "error: "); bad {
		t.Fatalf("%s: %s", fmt.Sprintf(format, args...), problem)
	}
	return answer
}

// startActor starts one; attr may be nil.
func startActor(t testing.TB, attr *syscall.SysProcAttr) (actor, error) {
	t.Helper()
	// By way of /proc, which another user may take too.
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), role+"=actor")
	cmd.SysProcAttr = attr
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		return actor{}, err
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return actor{cmd.Process.Pid, in, bufio.NewReader(out)}, nil
}

func newActor(t testing.TB) actor {
	t.Helper()
	a, err := startActor(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func init() { roles["actor"] = act }

// act is what an actor does.
func act() {
	var keep []any // open until it ends
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer, opened, err := perform(strings.Fields(lines.Text()))
		keep = append(keep, opened)
		if err != nil {
			answer = "error: " + err.Error()
		}
		fmt.Println(answer)
	}
	runtime.KeepAlive(keep)
}

func perform(words []string) (answer string, opened any, err error) {
	arg := func(k int) string { return append(words, "", "", "")[k] }
	n, _ := strconv.Atoi(arg(1))
	switch words[0] {
	case "files": // NUMBER DIRECTORY
		var files []*os.File
		for k := range n {
			f, err := os.Create(filepath.Join(arg(2), fmt.Sprint(k)))
			if err != nil {
				return "", nil, err
			}
			files = append(files, f)
		}
		return "", files, nil
	case "threads":
		done := make(chan bool)
		var up sync.WaitGroup
		for range n {
			up.Add(1)
			go func() {
				runtime.LockOSThread()
				up.Done()
				<-done
			}()
		}
		up.Wait()
		return "", done, nil
	case "limit":
		return "", nil, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(n), Max: uint64(n)})
	case "listen": // NETWORK ADDRESS
		l, err := net.Listen(arg(1), arg(2))
		if err != nil {
			return "", nil, err
		}
		return l.Addr().String(), l, nil
	case "packets": // NETWORK ADDRESS
		l, err := net.ListenPacket(arg(1), arg(2))
		if err != nil {
			return "", nil, err
		}
		return l.LocalAddr().String(), l, nil
	case "dial": // NETWORK ADDRESS
		c, err := net.Dial(arg(1), arg(2))
		if err != nil {
			return "", nil, err
		}
		return c.LocalAddr().String(), c, nil
	case "connections": // NUMBER, with both ends of each
		ends, err := connect(n)
		return "", ends, err
	case "send": // BYTES ADDRESS, over a connection that stays open
		c, err := net.Dial("tcp", arg(2))
		if err != nil {
			return "", nil, err
		}
		_, err = c.Write(make([]byte, n))
		return "", c, err
	case "serve": // NETWORK ADDRESS, and read all that comes
		l, err := net.Listen(arg(1), arg(2))
		if err != nil {
			return "", nil, err
		}
		go func() {
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				go func() { _, _ = io.Copy(io.Discard, c) }()
			}
		}()
		return l.Addr().String(), l, nil
	case "write": // BYTES FILE
		return "", nil, writeThrough(arg(2), n)
	case "read": // FILE
		return "", nil, readThrough(arg(1))
	case "child": // WORDS of what a child does before it ends
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), role+"=actor")
		cmd.Stdin = strings.NewReader(strings.Join(words[1:], " ") + "\n")
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), nil, err
	case "look": // PID
		s := NewSampler()
		s.WithPSS = true
		trees, err := s.Sample(time.Now(), []int{n})
		if err != nil {
			return "", nil, err
		}
		trees[n] = Tree{Procs: trees[n].Procs[:1], Costs: trees[n].Costs[:1]}
		now := time.Now()
		if _, err := s.Look(now, trees); err != nil {
			return "", nil, err
		}
		got, err := s.Look(now.Add(time.Second), trees)
		if err != nil {
			return "", nil, err
		}
		b, err := json.Marshal(got[n])
		return string(b), nil, err
	case "inspect": // PID
		got, err := Inspect([]int{n})
		if err != nil {
			return "", nil, err
		}
		b, err := json.Marshal(got)
		return string(b), nil, err
	}
	return "", nil, errors.New("what?")
}

// connect makes n connections to itself, which are reset when they are closed:
// nothing waits for packets that are late.
func connect(n int) (ends []net.Conn, err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	for range n {
		c, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			return ends, err
		}
		_ = c.(*net.TCPConn).SetLinger(0)
		accepted, err := l.Accept()
		if err != nil {
			return ends, err
		}
		_ = accepted.(*net.TCPConn).SetLinger(0)
		ends = append(ends, c, accepted)
	}
	return ends, nil
}

// writeThrough writes n bytes and waits until they are on the disk.
func writeThrough(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(bytes.Repeat([]byte("x"), n)); err != nil {
		return err
	}
	return f.Sync()
}

// readThrough reads a file from the disk, not from the page cache.
func readThrough(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return err
}

func look(t testing.TB, s *Sampler, at time.Time, root int) Detail {
	t.Helper()
	got, err := s.Look(at, sample(t, s, at, root))
	if err != nil {
		t.Fatal(err)
	}
	d, ok := got[root]
	if !ok {
		t.Fatalf("%d is not in %+v", root, got)
	}
	return d
}

func TestLookCountsFiles(t *testing.T) {
	t.Parallel()
	a := newActor(t)
	a.tell(t, "files 0 /") // it is up
	s := NewSampler()
	before := look(t, s, time.Now(), a.pid)
	a.tell(t, "files 50 %s", t.TempDir())
	a.tell(t, "limit 300")
	port := a.tell(t, "listen tcp4 127.0.0.1:0")
	d := look(t, s, time.Now(), a.pid)
	// The listener comes with what the runtime waits on it with.
	if n := d.Files - before.Files; n < 51 || n > 53 {
		t.Errorf("%d more files are open than before: %+v", n, d)
	}
	if d.FileLimit != 300 || d.FullestPid != a.pid || d.FullestFiles != d.Files {
		t.Errorf("got %+v", d)
	}
	if len(d.Ports) != 1 || !strings.HasSuffix(port, fmt.Sprint(":", d.Ports[0])) {
		t.Errorf("ports %v, but it listens on %s", d.Ports, port)
	}
	if d.PrivateBytes != 0 {
		t.Error("its private memory was not asked for")
	}
	var w fdWalk
	if n, err := w.each(a.pid, nil); err != nil || n != d.Files || w.count(a.pid) != n {
		t.Errorf("%d files in its directory (%v), %d counted", n, err, w.count(a.pid))
	}
}

func TestLookFindsTheFullest(t *testing.T) {
	t.Parallel()
	// A shell has few files and may have few more, its child many of many.
	cmd := start(t, "ulimit -n 20; exec 3<&0; (cat <&3) & echo up; wait")
	s := NewSampler()
	d := look(t, s, time.Now(), os.Getpid())
	if d.FullestPid == os.Getpid() || d.FileLimit == 0 || d.Files <= d.FullestFiles {
		t.Errorf("got %+v", d)
	}
	if d := look(t, s, time.Now(), cmd.Process.Pid); d.FileLimit != 20 || d.FullestFiles < 3 || d.FullestFiles > 10 {
		t.Errorf("of a shell: %+v", d)
	}
}

func TestLookAtAnothersProcess(t *testing.T) {
	t.Parallel()
	nobody, err := startActor(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}})
	if err != nil {
		t.Skip("cannot be another user: ", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // with ports, files are looked at one by one
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var d Detail
	if err := json.Unmarshal([]byte(nobody.tell(t, "look %d", os.Getpid())), &d); err != nil {
		t.Fatal(err)
	}
	if d.IOKnown || d.PrivateBytes != 0 || len(d.Ports) != 0 || d.FileLimit == 0 {
		t.Errorf("got %+v", d)
	}
	var u unix.Stat_t
	if err := unix.Stat("/proc/self/fd", &u); err == nil && u.Size > 0 && d.Files < 3 {
		t.Errorf("%d files", d.Files)
	}
}

func TestLookTellsPrivateMemory(t *testing.T) {
	t.Parallel()
	cmd := start(t, tree)
	s := NewSampler()
	s.WithPSS = true
	d := look(t, s, time.Now(), cmd.Process.Pid)
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		t.Skip("this kernel doesn't tell: ", err)
	}
	if d.PrivateBytes == 0 {
		t.Errorf("got %+v", d)
	}
	// Four small processes share the most of what they have resident.
	if resident := sample(t, s, time.Now(), cmd.Process.Pid)[cmd.Process.Pid].MemoryBytes; d.PrivateBytes >= resident {
		t.Errorf("%d bytes of %d resident", d.PrivateBytes, resident)
	}
}

// diskOf is what the kernel says that this process has moved.
func diskOf(t *testing.T, pid int) *process.IOCountersStat {
	t.Helper()
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.IOCounters()
	if err != nil {
		t.Skip("this kernel doesn't count what goes to disks: ", err)
	}
	return c
}

func TestLookTellsDiskBytes(t *testing.T) {
	t.Parallel()
	const size = 4 << 20
	a := newActor(t)
	file := filepath.Join(t.TempDir(), "file")
	began := diskOf(t, a.pid)
	a.tell(t, "write %d %s", size, file)
	a.tell(t, "read %s", file)
	if c := diskOf(t, a.pid); c.WriteBytes-began.WriteBytes < size || c.ReadBytes-began.ReadBytes < size {
		t.Skip("what goes to this file system is not counted as going to a disk")
	}
	s := NewSampler()
	t0 := time.Now()
	if d := look(t, s, t0, a.pid); d.IOKnown || d.ReadPerSecond != 0 || d.WrittenPerSecond != 0 {
		t.Errorf("at the first look: %+v", d)
	}
	enough := func(perSecond float64) bool { return perSecond >= size/2 && perSecond < size }
	a.tell(t, "write %d %s", size, file)
	if d := look(t, s, t0.Add(2*time.Second), a.pid); !d.IOKnown || !enough(d.WrittenPerSecond) || d.ReadPerSecond >= size/4 {
		t.Errorf("after %d bytes written: %+v", size, d)
	}
	a.tell(t, "read %s", file)
	if d := look(t, s, t0.Add(4*time.Second), a.pid); !enough(d.ReadPerSecond) || d.WrittenPerSecond >= size/4 {
		t.Errorf("after %d bytes read: %+v", size, d)
	}
	// A child that was never there at a look.
	a.tell(t, "child write %d %s", size, file)
	if d := look(t, s, t0.Add(6*time.Second), a.pid); !enough(d.WrittenPerSecond) {
		t.Errorf("after a child wrote %d bytes and ended: %+v", size, d)
	}
	if d := look(t, s, t0.Add(8*time.Second), a.pid); !d.IOKnown || d.WrittenPerSecond >= size/4 {
		t.Errorf("after nothing: %+v", d)
	}
	if got, err := s.Look(t0.Add(9*time.Second), nil); err != nil || len(got) != 0 || len(s.looks) != 0 {
		t.Errorf("%v, %v, %d are remembered", got, err, len(s.looks))
	}
}

func TestASumThatFallsLosesOnlyThat(t *testing.T) {
	t.Parallel()
	s := NewSampler()
	t0 := time.Now()
	moved := func(at time.Time, written uint64, told bool) (d Detail) {
		tr, seconds := s.follow(key{1, 2}, at)
		tr.disk(disk{0, written}, told, seconds, &d)
		return d
	}
	for k, c := range []struct {
		sum     uint64
		told    bool
		known   bool
		written float64
	}{
		{1000, true, false, 0},
		{1500, true, true, 500},
		{300, true, true, 0}, // one has ended that nobody waited for
		{400, true, true, 100},
		{0, false, false, 0}, // nothing was told
		{900, true, false, 0},
	} {
		d := moved(t0.Add(time.Duration(k)*time.Second), c.sum, c.told)
		if d.IOKnown != c.known || d.WrittenPerSecond != c.written || d.ReadPerSecond != 0 {
			t.Errorf("%d: %+v", k, d)
		}
	}
	if d := moved(t0.Add(5*time.Second), 1000, true); d.IOKnown || math.IsInf(d.WrittenPerSecond, 0) {
		t.Errorf("in no time at all: %+v", d)
	}
}

// Below a supervisor that lives on, another program has another sum.
func TestAnotherLeaderIsAnotherTree(t *testing.T) {
	t.Parallel()
	s := NewSampler()
	t0 := time.Now()
	root := os.Getpid()
	of := func(a actor) map[int]Tree {
		start, err := StartTicks(a.pid)
		if err != nil {
			t.Fatal(err)
		}
		return map[int]Tree{root: {Procs: []Proc{{Pid: a.pid, Start: start}}, root: key{root, 1}}}
	}
	first, second := newActor(t), newActor(t)
	for k, c := range []struct {
		who   actor
		known bool
	}{{first, false}, {first, true}, {second, false}, {second, true}} {
		got, err := s.Look(t0.Add(time.Duration(k)*time.Second), of(c.who))
		if d := got[root]; err != nil || d.IOKnown != c.known || d.TrafficKnown != c.known {
			t.Errorf("look %d: %v, %+v", k, err, d)
		}
	}
}

func TestLookWhileSampling(t *testing.T) {
	t.Parallel()
	cmd := start(t, tree)
	s := NewSampler()
	trees := sample(t, s, time.Now(), cmd.Process.Pid)
	var looks sync.WaitGroup
	looks.Go(func() {
		for range 20 {
			if _, err := s.Look(time.Now(), trees); err != nil {
				t.Error(err)
			}
		}
	})
	for range 20 {
		sample(t, s, time.Now(), cmd.Process.Pid)
	}
	looks.Wait()
}

func TestLookAtWhatIsGone(t *testing.T) {
	t.Parallel()
	cmd := start(t, "echo up; exec cat")
	s := NewSampler()
	trees := sample(t, s, time.Now(), cmd.Process.Pid)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	got, err := s.Look(time.Now(), trees)
	d := got[cmd.Process.Pid]
	if err != nil || len(got) != 1 || d.Files != 0 || d.FileLimit != 0 || d.IOKnown || len(d.Ports) != 0 {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestParseProcessFiles(t *testing.T) {
	t.Parallel()
	limits := "Limit                     Soft Limit           Hard Limit           Units     \n" +
		"Max processes             96365                96365                processes \n" +
		"Max open files            1024                 524288               files     \n"
	if n := parseFileLimit([]byte(limits)); n != 1024 {
		t.Errorf("a limit of %d", n)
	}
	if n := parseFileLimit([]byte("Max open files            unlimited            unlimited            files")); n != 0 {
		t.Errorf("no limit is %d", n)
	}
	io := "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n"
	if d, ok := parseIO([]byte(io)); !ok || d != (disk{5, 6}) {
		t.Errorf("%t, %+v", ok, d)
	}
	if d, ok := parseIO(nil); ok {
		t.Errorf("of nothing: %+v", d)
	}
	if n := parsePSS([]byte("5600-7ffc ---p 00000000 00:00 0 [rollup]\nRss:   1704 kB\nPss:    353 kB\nPss_Dirty:  112 kB\n")); n != 353<<10 {
		t.Errorf("%d bytes", n)
	}
}

// BenchmarkLook looks at 50 trees of four processes, and asks gopsutil the same
// of as many processes one by one.
func BenchmarkLook(b *testing.B) {
	for _, pss := range []bool{false, true} {
		b.Run(fmt.Sprintf("pss=%t", pss), func(b *testing.B) {
			var roots []int
			for range 50 {
				roots = append(roots, start(b, tree).Process.Pid)
			}
			s := NewSampler()
			s.WithPSS = pss
			trees := sample(b, s, time.Now(), roots...)
			var theirs time.Duration
			began := time.Now()
			for _, t := range trees {
				for _, p := range t.Procs {
					askGopsutil(p.Pid, pss)
				}
			}
			theirs = time.Since(began)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Look(time.Now(), trees); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/theirs.Seconds(), "x-gopsutil")
		})
	}
}

func askGopsutil(pid int, pss bool) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return
	}
	_, _ = p.NumFDs()
	_, _ = p.Rlimit()
	_, _ = p.IOCounters()
	_, _ = p.Connections()
	if pss {
		_, _ = p.MemoryMaps(true)
	}
}
