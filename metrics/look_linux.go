package metrics

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// reader reads what Look tells of processes. What can't be read, because the
// process has ended or is another user's, is 0.
type reader struct {
	spare   []byte
	walk    fdWalk
	listens map[uint64]int  // inode -> port
	flows   map[uint64]flow // of all connections; nil = the kernel doesn't tell
	carried map[uint64]flow // of those that the tree has which is looked at
}

func newReader() (*reader, error) {
	listens, err := listeners()
	if err != nil {
		return nil, err
	}
	r := &reader{spare: make([]byte, 4096), listens: listens}
	// A kernel that wasn't built to tell has all the rest.
	if r.flows, err = flows(); err != nil {
		r.flows = nil
	}
	return r, nil
}

// begin begins with another tree.
func (r *reader) begin() { r.carried = nil }

// traffic is what the connections of the tree have carried.
func (r *reader) traffic() (map[uint64]flow, bool) { return r.carried, r.flows != nil }

// text reads one of the small files of a process.
func (r *reader) text(pid int, name string) []byte {
	b, err := slurp("/proc/"+strconv.Itoa(pid)+"/"+name, r.spare)
	if err != nil {
		return nil
	}
	return b
}

func (r *reader) disk(pid int) (disk, bool) { return parseIO(r.text(pid, "io")) }
func (r *reader) limit(pid int) int         { return parseFileLimit(r.text(pid, "limits")) }
func (r *reader) pss(pid int) uint64        { return parsePSS(r.text(pid, "smaps_rollup")) }

// files counts what a process has open, and adds the ports that it listens on,
// and what its connections carried.
func (r *reader) files(pid int, ports *[]int) int {
	if len(r.listens) == 0 && len(r.flows) == 0 {
		return r.walk.count(pid)
	}
	n, err := r.walk.each(pid, func(_ int, _ string, target []byte) bool {
		if inode, ok := socketInode(target); ok {
			if port, ok := r.listens[inode]; ok {
				*ports = append(*ports, port)
			}
			if f, ok := r.flows[inode]; ok {
				if r.carried == nil {
					r.carried = map[uint64]flow{}
				}
				r.carried[inode] = f // once, also if several processes have it
			}
		}
		return true
	})
	if err != nil { // another user's has a number all the same
		return r.walk.count(pid)
	}
	return n
}

// fdWalk goes through the open files of one process after the other.
type fdWalk struct {
	entries []byte
	link    []byte
	names   []string
}

// count is how many files a process has open. Since Linux 6.2 that is the size
// of its directory of them, and anyone may ask (proc(5)).
func (w *fdWalk) count(pid int) int {
	var st unix.Stat_t
	if err := unix.Stat("/proc/"+strconv.Itoa(pid)+"/fd", &st); err != nil {
		return 0
	}
	if st.Size > 0 {
		return int(st.Size)
	}
	n, err := w.each(pid, nil)
	if err != nil {
		return 0
	}
	return n
}

// each calls fn with every file that a process has open, in ascending order,
// until fn returns false: its descriptor's name in the directory dir, and what
// the kernel says it is (valid for that call only). It returns how many it has
// gone through; a nil fn only counts. The error is fs.ErrPermission for another
// user's process.
func (w *fdWalk) each(pid int, fn func(dir int, name string, target []byte) bool) (int, error) {
	if w.entries == nil {
		w.entries, w.link = make([]byte, 16<<10), make([]byte, unix.PathMax)
	}
	dir, err := open("/proc/"+strconv.Itoa(pid)+"/fd", unix.O_DIRECTORY)
	if err != nil {
		return 0, err
	}
	defer func() { _ = unix.Close(dir) }()
	n := 0
	for {
		size, err := unix.ReadDirent(dir, w.entries)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) { // it has ended
			return n, nil
		}
		if size <= 0 || err != nil {
			return n, err
		}
		_, _, w.names = unix.ParseDirent(w.entries[:size], math.MaxInt, w.names[:0])
		for _, name := range w.names {
			n++
			if fn == nil {
				continue
			}
			size, err := unix.Readlinkat(dir, name, w.link)
			if err != nil {
				continue // closed meanwhile
			}
			if !fn(dir, name, w.link[:size]) {
				return n, nil
			}
		}
	}
}

func open(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|flags, 0)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// socketInode reads what the kernel calls a socket: socket:[INODE].
func socketInode(target []byte) (uint64, bool) {
	digits, ok := bytes.CutPrefix(target, []byte("socket:["))
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(string(digits), "]"), 10, 64)
	return inode, err == nil && inode != 0
}

// parseIO reads /proc/PID/io (proc(5)): what went through to disks. The sums
// are of all threads, of those that have ended, and of children waited for.
func parseIO(b []byte) (disk, bool) {
	var d disk
	found := 0
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch string(name) {
		case "read_bytes":
			d.read = number(value)
			found++
		case "write_bytes":
			d.written = number(value)
			found++
		}
	}
	return d, found == 2
}

// parseFileLimit finds the soft limit of open files in /proc/PID/limits; 0 when
// it isn't there or there is none.
func parseFileLimit(b []byte) int {
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("Max open files")); ok {
			return int(min(number(rest), math.MaxInt32))
		}
	}
	return 0
}

// parsePSS finds the proportional set size in /proc/PID/smaps_rollup, in bytes.
func parsePSS(b []byte) uint64 {
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
			return number(rest) << 10
		}
	}
	return 0
}

// number is the one at the beginning of b, after spaces; 0 when there is none.
func number(b []byte) uint64 {
	b = bytes.TrimLeft(b, " \t")
	end := 0
	for end < len(b) && b[end] >= '0' && b[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(string(b[:end]), 10, 64)
	if err != nil { // such as the word "unlimited"
		return 0
	}
	return n
}
