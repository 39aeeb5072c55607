package metrics

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// inspect is Inspect of one process that is there.
func inspect(t testing.TB, pid int) Process {
	t.Helper()
	got, err := Inspect([]int{pid})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 {
		t.Fatalf("pid %d: %+v", pid, got)
	}
	return got[0]
}

// without leaves out where a socket is in its process.
func without(s Socket) Socket {
	s.FD = 0
	return s
}

func TestInspectOneProcess(t *testing.T) {
	t.Parallel()
	a := newActor(t)
	dir := t.TempDir()
	a.tell(t, "files 5 %s", dir)
	a.tell(t, "threads 7")
	a.tell(t, "limit 123")
	p := inspect(t, a.pid)
	e, err := statOf(a.pid)
	if err != nil {
		t.Fatal(err)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if p.Proc != e.Proc || p.PPid != os.Getpid() || p.Cwd != wd || p.Cmdline != "/proc/self/exe" || p.Denied {
		t.Errorf("got %+v", p)
	}
	if p.State != "sleeping" && p.State != "running" || p.Threads < 8 || p.PrivateBytes == 0 || p.FileLimit != 123 {
		t.Errorf("got %+v", p)
	}
	if p.FilesTotal != len(p.Files) || !slices.IsSortedFunc(p.Files, func(a, b File) int { return cmp.Compare(a.FD, b.FD) }) {
		t.Errorf("%d files, but %+v", p.FilesTotal, p.Files)
	}
	for k := range 5 {
		path := filepath.Join(dir, fmt.Sprint(k))
		if !slices.ContainsFunc(p.Files, func(f File) bool { return f.Path == path && f.Kind == "file" && f.FD > 2 }) {
			t.Errorf("%s is not in %+v", path, p.Files)
		}
	}
	if p.Files[0].FD != 0 || p.Files[0].Kind != "pipe" || !strings.HasPrefix(p.Files[0].Path, "pipe:[") {
		t.Errorf("its standard input is %+v", p.Files[0])
	}
	if len(p.Sockets) != 0 || p.SocketsTotal != 0 {
		t.Errorf("sockets of one that has none: %+v", p.Sockets)
	}
}

func TestInspectSockets(t *testing.T) {
	t.Parallel()
	a := newActor(t)
	dir, err := os.MkdirTemp("", "s") // a unix socket's path may not be long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "a socket")
	abstract := fmt.Sprintf("@metrics-test-%d", a.pid)
	v4 := a.tell(t, "listen tcp4 127.0.0.1:0")
	udp := a.tell(t, "packets udp4 127.0.0.1:0")
	free := a.tell(t, "listen tcp 0.0.0.0:0")
	a.tell(t, "listen unix %s", abstract)
	wants := []Socket{
		{Proto: "tcp", Local: v4, State: "listening"},
		{Proto: "tcp", Local: free, State: "listening"},
		{Proto: "udp", Local: udp, State: "unconnected"},
		{Proto: "unix", Local: abstract, State: "listening"},
		{Proto: "tcp", Local: a.tell(t, "dial tcp4 %s", v4), Remote: v4, State: "established"},
		{Proto: "udp", Local: a.tell(t, "dial udp4 %s", udp), Remote: udp, State: "established"},
		{Proto: "unix", State: "established"},
	}
	a.tell(t, "dial unix %s", abstract)
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Log("no IPv6 here: ", err)
	} else {
		_ = l.Close()
		v6, udp6 := a.tell(t, "listen tcp6 [::1]:0"), a.tell(t, "packets udp6 [::1]:0")
		both := a.tell(t, "listen tcp [::]:0")
		port := netip.MustParseAddrPort(both).Port()
		mapped := fmt.Sprintf("127.0.0.1:%d", port)
		wants = append(wants,
			Socket{Proto: "tcp", Local: v6, State: "listening"},
			Socket{Proto: "tcp", Local: both, State: "listening"},
			Socket{Proto: "udp", Local: udp6, State: "unconnected"},
			Socket{Proto: "tcp", Local: a.tell(t, "dial tcp6 %s", v6), Remote: v6, State: "established"},
			Socket{Proto: "tcp", Local: a.tell(t, "dial tcp4 %s", mapped), Remote: mapped, State: "established"},
		)
	}
	p := inspect(t, a.pid)
	if p.SocketsTotal != len(p.Sockets) || len(p.Sockets) < len(wants) {
		t.Errorf("%d of %d sockets, for %d", len(p.Sockets), p.SocketsTotal, len(wants))
	}
	for _, want := range wants {
		k := slices.IndexFunc(p.Sockets, func(s Socket) bool { return without(s) == want })
		if k < 0 {
			t.Errorf("%+v is not in %+v", want, p.Sockets)
			continue
		}
		if f := p.Files[slices.IndexFunc(p.Files, func(f File) bool { return f.FD == p.Sockets[k].FD })]; f.Kind != "socket" {
			t.Errorf("%+v is in file %+v", want, f)
		}
	}
	for k, s := range p.Sockets[1:] {
		if s.State == "listening" && p.Sockets[k].State != "listening" {
			t.Errorf("what listens doesn't come first: %+v", p.Sockets)
		}
	}
	// A path with a space is no word of the actor's.
	u, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	// Neither twice, nor those that are of nobody's interest.
	again, err := u.(*net.UnixListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	netlink, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(netlink)
	want := Socket{Proto: "unix", Local: path, State: "listening"}
	found := 0
	for _, s := range inspect(t, os.Getpid()).Sockets {
		if without(s) == want {
			found++
		}
		if s.FD == netlink || s.Proto == "" {
			t.Errorf("a socket too many: %+v", s)
		}
	}
	if found != 1 {
		t.Errorf("%+v is there %d times", want, found)
	}
}

func TestInspectMappedAddresses(t *testing.T) {
	t.Parallel()
	// Of a connection of IPv4 to a socket of IPv6 the kernel has both addresses
	// mapped into IPv6.
	l, err := net.Listen("tcp", "[::]:0")
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	defer l.Close()
	c, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", l.Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	want := Socket{Proto: "tcp", Local: c.RemoteAddr().String(), Remote: c.LocalAddr().String(), State: "established"}
	p := inspect(t, os.Getpid())
	if !slices.ContainsFunc(p.Sockets, func(s Socket) bool { return without(s) == want }) {
		t.Errorf("%+v is not in %+v", want, p.Sockets)
	}
}

func TestInspectListsNoMoreThanTheMost(t *testing.T) {
	t.Parallel()
	a := newActor(t)
	a.tell(t, "files %d %s", InspectMax+50, t.TempDir())
	a.tell(t, "listen tcp4 127.0.0.1:0") // beyond them
	p := inspect(t, a.pid)
	if len(p.Files) != InspectMax || p.FilesTotal < InspectMax+50 || len(p.Sockets) != 1 || p.Sockets[0].FD < InspectMax {
		t.Errorf("%d of %d files, sockets %+v", len(p.Files), p.FilesTotal, p.Sockets)
	}
	many := Process{Sockets: make([]Socket, InspectMax+2)}
	many.Sockets[InspectMax+1] = Socket{FD: 9, State: "listening"}
	many.orderSockets()
	if len(many.Sockets) != InspectMax || many.SocketsTotal != InspectMax+2 || many.Sockets[0].FD != 9 {
		t.Errorf("%d of %d sockets, first %+v", len(many.Sockets), many.SocketsTotal, many.Sockets[0])
	}
}

func TestInspectAnothersProcess(t *testing.T) {
	t.Parallel()
	var got Process
	if os.Getuid() == 0 {
		nobody, err := startActor(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}})
		if err != nil {
			t.Skip("cannot be another user: ", err)
		}
		var all []Process
		if err := json.Unmarshal([]byte(nobody.tell(t, "inspect %d", os.Getpid())), &all); err != nil || len(all) != 1 {
			t.Fatalf("%v: %+v", err, all)
		}
		got = all[0]
		if its := inspect(t, nobody.pid); its.Denied || len(its.Files) < 3 {
			t.Errorf("root is refused: %+v", its)
		}
	} else {
		got = inspect(t, 1)
	}
	if !got.Denied || len(got.Files) != 0 || len(got.Sockets) != 0 || got.Cwd != "" || got.PrivateBytes != 0 {
		t.Errorf("got what is another user's: %+v", got)
	}
	var u unix.Stat_t
	if err := unix.Stat("/proc/self/fd", &u); err != nil || u.Size == 0 {
		t.Log("this kernel doesn't tell the number of another's files: ", err)
	} else if got.FilesTotal < 3 {
		t.Errorf("%d files", got.FilesTotal)
	}
	if got.Threads == 0 || got.Cmdline == "" || got.FileLimit == 0 || got.State == "" {
		t.Errorf("what anyone may know is missing: %+v", got)
	}
}

func TestInspectWhatHasEnded(t *testing.T) {
	t.Parallel()
	cmd := start(t, "echo up; cat")
	pid := cmd.Process.Pid
	_ = cmd.Process.Kill()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		p := inspect(t, pid)
		if p.State == "zombie" {
			if p.Files != nil || p.Threads != 0 || p.FileLimit != 0 || p.FilesTotal != 0 || p.Pid != pid || p.Start == 0 {
				t.Errorf("a zombie has %+v", p)
			}
			if trees := sample(t, NewSampler(), time.Now(), pid); len(trees) != 0 {
				t.Errorf("a zombie costs %+v", trees)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatalf("got %+v", p)
		}
	}
	_ = cmd.Wait()
	if got, err := Inspect([]int{pid, os.Getpid(), 1 << 30, 0, -1}); err != nil || len(got) != 1 || got[0].Pid != os.Getpid() {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestInspectWhileProcessesEnd(t *testing.T) {
	t.Parallel()
	pids := make(chan int, 100)
	var starts sync.WaitGroup
	starts.Go(func() {
		defer close(pids)
		for range 200 {
			cmd := exec.CommandContext(t.Context(), "/bin/true")
			if err := cmd.Start(); err != nil {
				t.Error(err)
				return
			}
			pids <- cmd.Process.Pid
			_ = cmd.Wait()
		}
	})
	defer starts.Wait()
	for pid := range pids {
		got, err := Inspect([]int{pid, os.Getpid()})
		if err != nil || len(got) == 0 || len(got) > 2 || got[len(got)-1].Pid != os.Getpid() {
			t.Fatalf("%v, %+v", err, got)
		}
		// Of one that lives, the limit can be read to its end.
		if p := got[0]; p.Pid == pid && (p.Start == 0 || p.State == "" || p.State != "zombie" && p.FileLimit == 0) {
			t.Errorf("got %+v", p)
		}
	}
}

func TestInspectInAnotherNetwork(t *testing.T) {
	t.Parallel()
	a, err := startActor(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET})
	if err != nil {
		t.Skip("cannot make a network namespace: ", err)
	}
	local := a.tell(t, "listen tcp4 0.0.0.0:0")
	if p := inspect(t, a.pid); len(p.Sockets) != 1 || p.Sockets[0].Local != local {
		t.Errorf("%s is not in %+v", local, p.Sockets)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	opened := map[string]string{}
	for path, kind := range map[string]string{
		"/dev/null": "device", "/dev/ptmx": "terminal", os.TempDir(): "directory", "/proc/self/stat": "file",
	} {
		f, err := os.Open(path)
		if err != nil {
			t.Log(err)
			continue
		}
		defer f.Close()
		opened[fmt.Sprint(f.Fd())] = kind
	}
	for _, f := range inspect(t, os.Getpid()).Files {
		if kind, ok := opened[fmt.Sprint(f.FD)]; ok && f.Kind != kind {
			t.Errorf("%+v is no %s", f, kind)
		}
	}
	for name, kind := range map[string]string{
		"/var/log/x (deleted)": "file", "/dev/shm/x": "file", "/dev/pts/3": "terminal", "/dev/tty": "terminal",
		"/dev/kvm": "device", "socket:[1]": "socket", "pipe:[1]": "pipe", "/memfd:x (deleted)": "memory",
		"anon_inode:[eventpoll]": "event", "anon_inode:inotify": "event", "anon_inode:bpf-map": "other", "net:[4026531840]": "other",
	} {
		if got := kindByName([]byte(name)); got != kind {
			t.Errorf("%s is a %s", name, got)
		}
	}
}

func TestParseSockets(t *testing.T) {
	t.Parallel()
	all := func(uint64) bool { return true }
	tail := " 00000000:00000000 00:00000000 00000000  1000 0 4242 1 00000000f51bec51"
	for line, want := range map[string]Socket{
		"   0: 0100007F:1F90 00000000:0000 0A":                                                 {Local: "127.0.0.1:8080", State: "listening"},
		"   1: 0100007F:1F90 0202000A:C000 08":                                                 {Local: "127.0.0.1:8080", Remote: "10.0.2.2:49152", State: "close-wait"},
		"   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A": {Local: "[::]:80", State: "listening"},
		"   3: B80D0120000000000000000001000000:01BB 00000000000000000000000001000000:0016 01": {Local: "[2001:db8::1]:443", Remote: "[::1]:22", State: "established"},
		"   4: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000202000A:0001 06": {Local: "127.0.0.1:8080", Remote: "10.0.2.2:1", State: "time-wait"},
	} {
		if littleEndian() {
			if inode, got, ok := parseTCP([]byte(line+tail), all); !ok || inode != 4242 || got != want {
				t.Errorf("%s: %t, %d, %+v", line, ok, inode, got)
			}
		}
	}
	if _, got, ok := parseTCP([]byte("   0: 0100007F:1F90 00000000:0000 0A"+tail), func(uint64) bool { return false }); ok {
		t.Errorf("not wanted: %+v", got)
	}
	if _, got, ok := parseUDP([]byte("   0: 0100007F:0035 00000000:0000 07"+tail), all); !ok || got.State != "unconnected" {
		t.Errorf("%t, %+v", ok, got)
	}
	for line, want := range map[string]Socket{
		"00000000f51bec51: 00000002 00000000 00010000 0001 01  4242 /run/a b": {Local: "/run/a b", State: "listening"},
		"00000000f51bec51: 00000003 00000000 00000000 0001 03  4242":          {State: "established"},
		"00000000f51bec51: 00000003 00000000 00000000 0002 01  4242 @name":    {Local: "@name", State: "unconnected"},
	} {
		if inode, got, ok := parseUnix([]byte(line), all); !ok || inode != 4242 || got != want {
			t.Errorf("%s: %t, %d, %+v", line, ok, inode, got)
		}
	}
	for _, header := range []string{
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
		"Num       RefCount Protocol Flags    Type St Inode Path", "",
	} {
		_, _, tcp := parseTCP([]byte(header), all)
		_, _, local := parseUnix([]byte(header), all)
		if tcp || local {
			t.Errorf("%q is a socket", header)
		}
	}
}

// littleEndian tells which byte order the kernel writes addresses in here.
func littleEndian() bool {
	a, _ := parseAddress([]byte("0100007F:0000"))
	b, _ := parseAddress([]byte("7F000001:0000"))
	return a.Addr().IsLoopback() || !b.Addr().IsLoopback()
}

// BenchmarkInspect looks at a process with many files, half of them sockets,
// and asks gopsutil for the same.
func BenchmarkInspect(b *testing.B) {
	for _, n := range []int{1000, 9000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a := newActor(b)
			a.tell(b, "files %d %s", n/2, b.TempDir())
			a.tell(b, "connections %d", n/4)
			began := time.Now()
			p, err := process.NewProcess(int32(a.pid))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = p.OpenFiles()
			_, _ = p.Connections()
			_, _ = p.MemoryMaps(true)
			theirs := time.Since(began)
			b.ReportAllocs()
			for b.Loop() {
				if p := inspect(b, a.pid); p.FilesTotal < n || p.SocketsTotal < n/2 {
					b.Fatalf("%d files, %d sockets", p.FilesTotal, p.SocketsTotal)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/theirs.Seconds(), "x-gopsutil")
		})
	}
}

// BenchmarkInspectAmongSockets looks at a process with one socket on a system
// that has twenty thousand.
func BenchmarkInspectAmongSockets(b *testing.B) {
	for range 2 {
		newActor(b).tell(b, "connections 5000")
	}
	a := newActor(b)
	a.tell(b, "listen tcp4 127.0.0.1:0")
	p, err := process.NewProcess(int32(a.pid))
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	_, _ = p.Connections()
	theirs := time.Since(began)
	b.ReportAllocs()
	for b.Loop() {
		if p := inspect(b, a.pid); p.SocketsTotal != 1 {
			b.Fatalf("%+v", p.Sockets)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/theirs.Seconds(), "x-gopsutil")
}
