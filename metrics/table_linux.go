package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of CPU times in /proc/PID/stat. USER_HZ is 100 on every
// architecture that Go runs on.
const tick = 10 * time.Millisecond

var pageSize = uint64(os.Getpagesize())

// read lists all processes. Those that end meanwhile are left out.
func (t *table) read() error {
	t.entries = t.entries[:0]
	if t.spare == nil {
		t.spare = make([]byte, 4096)
	}
	dir, err := os.Open("/proc")
	if err != nil {
		return fmt.Errorf("cannot list processes: %w", err)
	}
	names, err := dir.Readdirnames(-1)
	_ = dir.Close()
	if err != nil {
		return fmt.Errorf("cannot list processes: %w", err)
	}
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		b, err := slurp("/proc/"+name+"/stat", t.spare)
		if err != nil {
			continue
		}
		if e, ok := parseStat(pid, b, t.name); ok && e.lives() {
			t.entries = append(t.entries, e)
		}
	}
	t.trim()
	return nil
}

// weigh looks again at what a process that counts has resident. The figure in
// its stat leaves out what each processor has yet to add up, up to some hundred
// pages; statm, of which ps and top tell too, has all of it.
func (t *table) weigh(e *entry) {
	b, err := slurp("/proc/"+strconv.Itoa(e.Pid)+"/statm", t.spare)
	if err != nil {
		return // it has ended, and has what it had
	}
	if n, ok := parseResident(b); ok {
		e.memory = n
	}
}

// parseResident reads the second number of /proc/PID/statm (proc(5)), in
// bytes; false for a process that has nothing, such as one that just ended.
func parseResident(b []byte) (uint64, bool) {
	_, rest, _ := bytes.Cut(b, []byte(" "))
	n := number(rest)
	return n * pageSize, n > 0
}

// name keeps the strings of names from one pass to the next.
func (t *table) name(id key, b []byte) string {
	if t.names == nil {
		t.names = map[key]string{}
	}
	if n, ok := t.names[id]; ok && n == string(b) {
		return n
	}
	n := string(b)
	t.names[id] = n
	return n
}

// trim forgets names once most of them are of processes that are gone.
func (t *table) trim() {
	if len(t.names) > 2*len(t.entries)+64 {
		clear(t.names)
	}
}

// slurp reads a small file in one go; buf is grown by nobody: what does not
// fit is of no interest.
func slurp(path string, buf []byte) ([]byte, error) {
	fd, err := open(path, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
	for {
		n, err := unix.Read(fd, buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return buf[:n], nil
	}
}

// parseStat reads a line of /proc/PID/stat (proc(5)). The name may itself hold
// spaces and parentheses, so the fields are counted from the last ')'.
func parseStat(pid int, b []byte, name func(key, []byte) string) (entry, bool) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open || end+2 >= len(b) {
		return entry{}, false
	}
	state := b[end+2]
	rest := b[end+3:]
	var f [24]uint64 // from field 4, the parent's pid
	n := 0
	for k := 0; k < len(rest) && n < len(f); {
		for k < len(rest) && rest[k] == ' ' {
			k++
		}
		var v uint64
		negative := k < len(rest) && rest[k] == '-'
		if negative {
			k++
		}
		begin := k
		for k < len(rest) && rest[k] >= '0' && rest[k] <= '9' {
			v = v*10 + uint64(rest[k]-'0')
			k++
		}
		if k == begin {
			break
		}
		if !negative {
			f[n] = v
		}
		n++
	}
	if n < 21 {
		return entry{}, false
	}
	e := entry{
		cpu:     time.Duration(f[10]+f[11]) * tick,
		waited:  time.Duration(f[12]+f[13]) * tick,
		memory:  f[20] * pageSize,
		threads: int(f[16]),
		state:   state,
	}
	e.Pid, e.PPid, e.Start = pid, int(f[0]), f[18]
	e.Name = name(key{pid, e.Start}, b[open+1:end])
	return e, true
}

// lives tells a process from a zombie, which costs nothing and is left out.
func (e *entry) lives() bool { return e.state != 'Z' && e.state != 'X' }

func statOf(pid int) (entry, error) {
	b, err := slurp("/proc/"+strconv.Itoa(pid)+"/stat", make([]byte, 1024))
	if err != nil {
		return entry{}, fmt.Errorf("cannot look at process %d: %w", pid, err)
	}
	e, ok := parseStat(pid, b, func(_ key, b []byte) string { return string(b) })
	if !ok || !e.lives() {
		return entry{}, fmt.Errorf("cannot look at process %d: it has ended", pid)
	}
	return e, nil
}

// StartTicks is the start of a living process, to be told from a later one
// with the same pid.
func StartTicks(pid int) (uint64, error) {
	e, err := statOf(pid)
	return e.Start, err
}

// Alive reports whether the process lives that had pid and start; 0 as start
// means any. A zombie does not live.
func Alive(pid int, start uint64) bool {
	e, err := statOf(pid)
	return err == nil && (start == 0 || e.Start == start)
}

// FindByEnv finds the processes of this user that were started with key=value
// in their environment.
func FindByEnv(name, value string) ([]Proc, error) {
	var t table
	if err := t.read(); err != nil {
		return nil, err
	}
	want := []byte(name + "=" + value)
	self := os.Getpid()
	var found []Proc
	for k := range t.entries {
		e := &t.entries[k]
		if e.Pid == self {
			continue
		}
		b, err := os.ReadFile("/proc/" + strconv.Itoa(e.Pid) + "/environ")
		if err != nil {
			continue // another user's, or gone
		}
		for kv := range bytes.SplitSeq(b, []byte{0}) {
			if bytes.Equal(kv, want) {
				found = append(found, e.Proc)
				break
			}
		}
	}
	return found, nil
}

// EnvOf is a variable of the environment that a process was started with; ""
// when it has none, or is another user's.
func EnvOf(pid int, name string) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return ""
	}
	for kv := range bytes.SplitSeq(b, []byte{0}) {
		if v, ok := bytes.CutPrefix(kv, []byte(name+"=")); ok {
			return string(v)
		}
	}
	return ""
}
