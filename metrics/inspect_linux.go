package metrics

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Inspect tells all of a few processes, for a person who looks at them: it
// costs some system calls for each open file, and goes through all sockets of
// the system once. They come in the order of pids; those that are gone, or end
// meanwhile, are left out. The error says that sockets can't be listed.
func Inspect(pids []int) ([]Process, error) {
	in := inspection{text: make([]byte, 32<<10), spaces: map[string]*netSpace{}}
	in.own, _ = os.Readlink("/proc/self/ns/net") // "" is never a process's
	all := make([]Process, 0, len(pids))
	opens := make([]opened, 0, len(pids))
	for _, pid := range pids {
		if p, o, ok := in.process(pid); ok {
			all, opens = append(all, p), append(opens, o)
		}
	}
	for _, space := range in.spaces {
		if err := readSockets(space.dir, space.sockets); err != nil {
			return nil, err
		}
	}
	for i := range all {
		o := opens[i]
		if o.space == nil {
			continue
		}
		seen := make(map[uint64]bool, len(o.sockets))
		for _, of := range o.sockets {
			s := o.space.sockets[of.inode]
			if s.Proto == "" || seen[of.inode] { // of another family, or bound to nothing
				continue
			}
			seen[of.inode] = true
			s.FD = of.fd
			all[i].Sockets = append(all[i].Sockets, s)
		}
		all[i].orderSockets()
	}
	return all, nil
}

// inspection is one call of Inspect.
type inspection struct {
	text   []byte
	walk   fdWalk
	own    string // name of this process's network namespace
	spaces map[string]*netSpace
}

// netSpace is a network namespace: a container has its own, and only its own
// processes' tables list its sockets.
type netSpace struct {
	dir     string            // of its tables
	sockets map[uint64]Socket // that are asked for, by inode
}

// opened are the sockets of a process until it is known what they are.
type opened struct {
	space   *netSpace
	sockets []openSocket
}

type openSocket struct {
	fd    int
	inode uint64
}

// stat is what process pid is now.
func (in *inspection) stat(pid int) (entry, bool) {
	b, err := slurp("/proc/"+strconv.Itoa(pid)+"/stat", in.text)
	if err != nil {
		return entry{}, false
	}
	return parseStat(pid, b, func(_ key, b []byte) string { return string(b) })
}

// process tells all of one but what its sockets are; false when it is gone.
func (in *inspection) process(pid int) (Process, opened, bool) {
	e, ok := in.stat(pid)
	if !ok {
		return Process{}, opened{}, false
	}
	p := Process{Proc: e.Proc, State: stateWord(e.state), Threads: e.threads}
	dir := "/proc/" + strconv.Itoa(pid) + "/"
	read := func(name string) []byte {
		b, err := slurp(dir+name, in.text)
		if err != nil {
			return nil // another user's, or gone: seen below
		}
		return b
	}
	p.Cmdline = cmdline(read("cmdline"))
	p.FileLimit = parseFileLimit(read("limits"))
	p.PrivateBytes = parsePSS(read("smaps_rollup"))
	p.Cwd, _ = os.Readlink(dir + "cwd")
	o, err := in.files(&p)
	if errors.Is(err, fs.ErrPermission) {
		p.Denied = true
		p.FilesTotal = in.walk.count(pid)
	}
	// What was read in between may be of nobody, or of a later process. A zombie
	// has nothing any more.
	now, ok := in.stat(pid)
	if !ok || now.Start != e.Start {
		return Process{}, opened{}, false
	}
	if !now.lives() {
		return Process{Proc: now.Proc, State: stateWord(now.state)}, opened{}, true
	}
	return p, o, true
}

// files lists what a process has open.
func (in *inspection) files(p *Process) (opened, error) {
	var o opened
	n, err := in.walk.each(p.Pid, func(dir int, name string, target []byte) bool {
		fd, err := strconv.Atoi(name)
		if err != nil {
			return true
		}
		if len(p.Files) < InspectMax {
			p.Files = append(p.Files, File{fd, string(target), kindOf(dir, name, target)})
		}
		if inode, ok := socketInode(target); ok {
			o.sockets = append(o.sockets, openSocket{fd, inode})
		}
		return true
	})
	p.FilesTotal = n
	if len(o.sockets) > 0 {
		o.space = in.space(p.Pid)
		for _, of := range o.sockets {
			o.space.sockets[of.inode] = Socket{}
		}
	}
	return o, err
}

// space is the network namespace that a process is in.
func (in *inspection) space(pid int) *netSpace {
	dir := "/proc/" + strconv.Itoa(pid) + "/"
	name, err := os.Readlink(dir + "ns/net")
	if err != nil || name == in.own {
		name, dir = in.own, "/proc/self/"
	}
	if in.spaces[name] == nil {
		in.spaces[name] = &netSpace{dir + "net/", map[uint64]Socket{}}
	}
	return in.spaces[name]
}

// cmdline puts spaces between arguments. Programs that write a title over them
// leave zeros behind it.
func cmdline(b []byte) string {
	b = bytes.TrimRight(b, "\x00 ")
	return strings.ReplaceAll(string(b), "\x00", " ")
}

// stateWord is the word for a letter of /proc/PID/stat (proc(5)).
func stateWord(letter byte) string {
	switch letter {
	case 'R':
		return "running"
	case 'S':
		return "sleeping"
	case 'D':
		return "blocked"
	case 'T':
		return "stopped"
	case 't':
		return "traced"
	case 'I':
		return "idle"
	case 'Z', 'X':
		return "zombie"
	}
	return ""
}

// kindOf is what kind of file a descriptor is, by what the kernel calls it, and
// for one with a path by asking.
func kindOf(dir int, name string, target []byte) string {
	if len(target) == 0 || target[0] != '/' || bytes.HasPrefix(target, []byte("/memfd:")) {
		return kindByName(target)
	}
	// Of what the kernel knows by itself: a file server that is gone answers
	// nobody.
	var st unix.Statx_t
	const flags = unix.AT_STATX_DONT_SYNC | unix.AT_NO_AUTOMOUNT
	if err := unix.Statx(dir, name, flags, unix.STATX_TYPE, &st); err != nil {
		return kindByName(target)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFIFO:
		return "pipe"
	case unix.S_IFBLK:
		return "device"
	case unix.S_IFCHR:
		// Majors 136 to 143 are pseudo-terminals (admin-guide/devices.txt),
		// whatever their path is, as seen from outside of a container.
		if st.Rdev_major >= 136 && st.Rdev_major <= 143 || isTerminal(target) {
			return "terminal"
		}
		return "device"
	}
	return "file"
}

// kindByName is kindOf without asking.
func kindByName(target []byte) string {
	has := func(prefix string) bool { return bytes.HasPrefix(target, []byte(prefix)) }
	switch {
	case has("socket:"):
		return "socket"
	case has("pipe:"):
		return "pipe"
	case has("/memfd:"), has("/dmabuf:"):
		return "memory"
	case has("anon_inode:"):
		for _, word := range []string{"eventfd", "eventpoll", "timerfd", "signalfd", "inotify", "fanotify"} {
			if bytes.Contains(target, []byte(word)) {
				return "event"
			}
		}
		return "other"
	case isTerminal(target):
		return "terminal"
	case has("/dev/shm/"):
		return "file"
	case has("/dev/"):
		return "device"
	case has("/"):
		return "file"
	}
	return "other"
}

func isTerminal(path []byte) bool {
	for _, prefix := range []string{"/dev/pts/", "/dev/tty", "/dev/console", "/dev/ptmx"} {
		if bytes.HasPrefix(path, []byte(prefix)) {
			return true
		}
	}
	return false
}
