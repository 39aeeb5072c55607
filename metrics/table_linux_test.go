package metrics

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	line := "42 (a (b) c) S 7 42 42 0 -1 4194304 100 200 0 0 150 50 3 4 20 0 1 0 9876 12345678 300 18446744073709551615 1 1"
	e, ok := parseStat(42, []byte(line), func(_ key, b []byte) string { return string(b) })
	want := entry{Proc: Proc{Pid: 42, PPid: 7, Start: 9876, Name: "a (b) c"}, cpu: 2 * time.Second, waited: 70 * time.Millisecond, memory: 300 * pageSize, threads: 1, state: 'S'}
	if !ok || e != want {
		t.Errorf("%t, %+v", ok, e)
	}
	zombie, ok := parseStat(42, []byte("42 (x) Z 7 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9876 0 0"), func(key, []byte) string { return "" })
	if !ok || zombie.lives() || !e.lives() {
		t.Error("a zombie costs nothing")
	}
}

// residentByStatus is what ps shows.
func residentByStatus(t *testing.T, pid int) uint64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			return number(rest) << 10
		}
	}
	t.Fatalf("no VmRSS: %s", b)
	return 0
}

// The kernel keeps a part of the count for each processor, which stat passes
// over: a tenth of a small process.
func TestMemoryIsWhatPsShows(t *testing.T) {
	t.Parallel()
	for range 5 {
		pid := start(t, "echo up; read line").Process.Pid
		same := false
		var got, want uint64
		for end := time.Now().Add(10 * time.Second); !same && time.Now().Before(end); { // it may not yet wait
			want = residentByStatus(t, pid)
			tree := sample(t, NewSampler(), time.Now(), pid)[pid]
			got = tree.MemoryBytes
			same = got == want && tree.Costs[0].MemoryBytes == want && tree.Root.MemoryBytes == want
		}
		if !same {
			t.Errorf("%d bytes, and ps shows %d", got, want)
		}
	}
}

func TestParseResident(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]uint64{"5000 300 200 1 0 90 0\n": 300 * pageSize, "0 0 0 0 0 0 0\n": 0, "": 0, "7": 0} {
		if got, ok := parseResident([]byte(line)); got != want || ok != (want > 0) {
			t.Errorf("%q: %d, %t", line, got, ok)
		}
	}
}

func TestYoungerAfterPidsBeganAnew(t *testing.T) {
	t.Parallel()
	old, next := entry{Proc: Proc{Pid: 32000, Start: 5}}, entry{Proc: Proc{Pid: 300, Start: 9}}
	if !next.younger(&old) || old.younger(&next) {
		t.Error("the higher pid is taken for the younger process")
	}
	if twin := (entry{Proc: Proc{Pid: 301, Start: 9}}); !twin.younger(&next) || next.younger(&twin) {
		t.Error("in the same tick")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("42 (a (b) c) S 7 42 42 0 -1 4194304 100 200 0 0 150 50 3 4 20 0 1 0 9876 12345678 300"))
	f.Add([]byte("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 4242 1"))
	f.Add([]byte(") ("))
	f.Add([]byte("   1: 0000000000000000FFFF00000100007F:1F90 B80D0120000000000000000001000000:01BB 01 00000000:00000000 00:00000000 00000000 0 0 7 1"))
	f.Add([]byte("00000000f51bec51: 00000002 00000000 00010000 0001 01 648 @/a path\x00 with spaces"))
	f.Add([]byte("read_bytes: 18446744073709551616\nwrite_bytes: -1\n"))
	f.Add([]byte("Max open files            unlimited            20000                files     \n"))
	f.Add([]byte("5600-7ffc ---p 00000000 00:00 0   [rollup]\nPss:                 353 kB\n"))
	f.Add([]byte("socket:[4242]"))
	f.Add([]byte("anon_inode:[eventpoll]"))
	all := func(uint64) bool { return true }
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = parseStat(1, b, func(_ key, b []byte) string { return string(b) })
		_, _, _ = parseListener(b)
		_, _ = parseIO(b)
		_ = parsePSS(b)
		_, _ = parseResident(b)
		_, _, _ = parseUnix(b, all)
		if limit := parseFileLimit(b); limit < 0 {
			t.Errorf("a limit of %d", limit)
		}
		if a, ok := parseAddress(b); ok && !a.IsValid() {
			t.Errorf("an address %v", a)
		}
		inode, s, ok := parseUDP(b, all)
		if ok && (s.Local == "" || s.State == "" || s.State == "closed") {
			t.Errorf("socket %d: %+v", inode, s)
		}
		if inode, ok := socketInode(b); ok && inode == 0 {
			t.Error("a socket without an inode")
		}
		if kindByName(b) == "" {
			t.Error("a file of no kind")
		}
		if strings.Contains(cmdline(b), "\x00") {
			t.Error("a zero in a command line")
		}
	})
}
