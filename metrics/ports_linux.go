package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// listeners maps the inode of every listening TCP socket to its port.
func listeners() (map[uint64]int, error) {
	if all, err := listenersAsked(); err == nil {
		return all, nil
	}
	return listenersListed()
}

// listenersListed is listeners where the kernel doesn't answer questions: it
// was built without that, or a sandbox forbids them.
func listenersListed() (map[uint64]int, error) {
	all := map[uint64]int{}
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		err := eachLine(path, func(line []byte) {
			if inode, port, ok := parseListener(line); ok {
				all[inode] = port
			}
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel without IPv6
			return nil, fmt.Errorf("cannot list ports: %w", err)
		}
	}
	return all, nil
}

// parseListener reads a line of /proc/net/tcp (proc(5)): local address as
// HEX:PORT in field 1, state in field 3 (0A = LISTEN), inode in field 9.
func parseListener(line []byte) (inode uint64, port int, ok bool) {
	var f [10][]byte
	n, _ := split(line, f[:])
	if n < 10 || string(f[3]) != "0A" {
		return 0, 0, false
	}
	colon := bytes.LastIndexByte(f[1], ':')
	if colon < 0 {
		return 0, 0, false
	}
	p, err := strconv.ParseUint(string(f[1][colon+1:]), 16, 16)
	if err != nil {
		return 0, 0, false
	}
	inode, err = strconv.ParseUint(string(f[9]), 10, 64)
	return inode, int(p), err == nil && inode != 0
}

// sockets calls fn with the inode of every socket a process has open, until fn
// returns false. Another user's process has none to see.
func (w *fdWalk) sockets(pid int, fn func(inode uint64) bool) {
	// One that can't be looked at has none.
	_, _ = w.each(pid, func(_ int, _ string, target []byte) bool {
		inode, ok := socketInode(target)
		return !ok || fn(inode)
	})
}

// ListeningPorts finds the TCP ports that processes listen on. It takes pids
// with the root each belongs to, and gives each root's ports, sorted.
func ListeningPorts(pids map[int]int) (map[int][]int, error) {
	all, err := listeners()
	if err != nil {
		return nil, err
	}
	ports := map[int][]int{}
	if len(all) == 0 {
		return ports, nil
	}
	var walk fdWalk
	for pid, root := range pids {
		walk.sockets(pid, func(inode uint64) bool {
			if port, ok := all[inode]; ok {
				ports[root] = append(ports[root], port)
			}
			return true
		})
	}
	for root, p := range ports {
		slices.Sort(p)
		ports[root] = slices.Compact(p)
	}
	return ports, nil
}

// younger reports whether e was started after other. Only within a clock tick
// the pids tell: they begin anew when all have been used.
func (e *entry) younger(other *entry) bool {
	return e.Start > other.Start || e.Start == other.Start && e.Pid > other.Pid
}

// PortHolder tells who listens on a TCP port, on whatever address; nil when
// nobody does.
func PortHolder(port int) (*Holder, error) {
	all, err := listeners()
	if err != nil {
		return nil, err
	}
	wanted := map[uint64]bool{}
	for inode, p := range all {
		if p == port {
			wanted[inode] = true
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	var t table
	if err := t.read(); err != nil {
		return nil, err
	}
	holders := map[int]*entry{}
	var last *entry
	var walk fdWalk
	for k := range t.entries {
		e := &t.entries[k]
		walk.sockets(e.Pid, func(inode uint64) bool {
			if wanted[inode] {
				holders[e.Pid] = e
			}
			return !wanted[inode]
		})
		if holders[e.Pid] != nil && (last == nil || e.younger(last)) {
			last = e
		}
	}
	h := &Holder{Port: port}
	if last == nil {
		return h, nil
	}
	// Parents of another kind hand sockets to their children, which then serve
	// them; a child of the same program is a worker, or is not yet what it will be.
	for up := holders[last.PPid]; up != nil && up.Name == last.Name; up = holders[last.PPid] {
		last = up
	}
	h.Pid, h.Name = last.Pid, last.Name
	h.describe()
	return h, nil
}

// describe adds what helps a person to know the process; what can't be read
// stays empty.
func (h *Holder) describe() {
	dir := "/proc/" + strconv.Itoa(h.Pid)
	if cwd, err := os.Readlink(dir + "/cwd"); err == nil {
		h.Cwd = cwd
	}
	if b, err := os.ReadFile(dir + "/cmdline"); err == nil {
		h.Cmdline = strings.TrimSpace(strings.ReplaceAll(string(b), "\x00", " "))
	}
}
