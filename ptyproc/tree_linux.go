package ptyproc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// provable: a subreaper without children has nothing below it.
const provable = true

// rssUnit is the unit of ru_maxrss: kilobytes on Linux (getrusage(2)).
const rssUnit = 1024

// pipeSize is what the kernel gives any user without asking
// (/proc/sys/fs/pipe-max-size): fewer switches between writer and reader.
const pipeSize = 1 << 20

func widen(f *os.File) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	// A smaller pipe works as well.
	_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) })
}

func adoptOrphans(on bool) error {
	v := uintptr(0)
	if on {
		v = 1
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, v, 0, 0, 0); err != nil {
		return fmt.Errorf("cannot become the one who adopts orphans (PR_SET_CHILD_SUBREAPER): %w", err)
	}
	return nil
}

// members walks the tree below this process, parents before their children.
// Zombies are left out.
//
// A Go program has a handful of threads, and each has children of its own.
// The tree's roots are looked for where they are: a leader is known, and the
// kernel gives orphans to the first thread (find_new_reaper in kernel/exit.c).
// Only when nothing is there are all threads asked.
func (p *Process) members() ([]Member, error) {
	roots := p.reaper.running()
	roots, err := taskChildren("/proc/self/task/"+strconv.Itoa(os.Getpid()), roots)
	if err == nil {
		out, err := walk(roots)
		if err != nil || len(out) > 0 {
			return out, err
		}
	}
	if roots, err = children(os.Getpid(), nil); err != nil {
		return nil, err
	}
	return walk(roots)
}

// walk lists processes and all that is below them.
func walk(todo []int) ([]Member, error) {
	var out []Member
	seen := make(map[int]bool, len(todo))
	for len(todo) > 0 {
		pid := todo[0]
		todo = todo[1:]
		if seen[pid] {
			continue
		}
		seen[pid] = true
		m, state, err := stat(pid)
		if err != nil {
			continue // it has ended meanwhile
		}
		if state != 'Z' && state != 'X' {
			out = append(out, m)
		}
		if todo, err = children(pid, todo); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// children appends the children of pid. A process that has ended has none.
func children(pid int, to []int) ([]int, error) {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	tasks, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return to, nil
	}
	if err != nil {
		return to, fmt.Errorf("cannot look at the process tree: %w", err)
	}
	for _, t := range tasks {
		found, err := taskChildren(dir+"/"+t.Name(), to)
		if errors.Is(err, fs.ErrNotExist) {
			if _, err := os.Stat(dir + "/" + t.Name()); err == nil {
				return scanChildren(pid, to) // a kernel without CONFIG_PROC_CHILDREN
			}
		}
		if err == nil { // else the thread has ended
			to = found
		}
	}
	return to, nil
}

// taskChildren appends the children of one thread, given its folder in /proc.
func taskChildren(dir string, to []int) ([]int, error) {
	b, err := readProc(dir + "/children")
	if err != nil {
		return to, err
	}
	for f := range bytes.FieldsSeq(b) {
		if child, err := strconv.Atoi(string(f)); err == nil {
			to = append(to, child)
		}
	}
	return to, nil
}

// scanChildren looks through all processes.
func scanChildren(pid int, to []int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return to, fmt.Errorf("cannot look at the process tree: %w", err)
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		f, _, err := statFields(child)
		if err == nil && len(f) > 1 && string(f[1]) == strconv.Itoa(pid) {
			to = append(to, child)
		}
	}
	return to, nil
}

func stat(pid int) (Member, byte, error) {
	f, name, err := statFields(pid)
	if err != nil {
		return Member{}, 0, err
	}
	start, err := strconv.ParseUint(string(f[19]), 10, 64)
	if err != nil {
		return Member{}, 0, fmt.Errorf("cannot read the start of process %d: %w", pid, err)
	}
	return Member{Pid: pid, Start: start, Name: name}, f[0][0], nil
}

// statFields splits /proc/PID/stat after the name, which may itself hold
// spaces and parentheses: state, ppid, ... (proc(5) counts from 3).
func statFields(pid int) ([][]byte, string, error) {
	b, err := readProc("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil, "", err
	}
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return nil, "", fmt.Errorf("cannot read /proc/%d/stat: no name in it", pid)
	}
	f := bytes.Fields(b[end+1:])
	if len(f) < 20 {
		return nil, "", fmt.Errorf("cannot read /proc/%d/stat: %d fields after the name", pid, len(f))
	}
	return f, string(b[open+1 : end]), nil
}

// readProc is os.ReadFile without what that does for files one can wait for,
// which is most of its cost here. The calls don't block: no EINTR.
func readProc(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }() // only read
	b := make([]byte, 0, 1024)
	for {
		n, err := unix.Read(fd, b[len(b):cap(b)])
		if err != nil {
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if n == 0 {
			return b, nil
		}
		if b = b[:len(b)+n]; len(b) == cap(b) {
			b = slices.Grow(b, len(b))
		}
	}
}

// kill signals a process if it still is who it was, and makes it go on, if
// wake says so and it was stopped. One that has ended is as good as signalled.
func kill(m Member, sig syscall.Signal, wake bool) error {
	fd, err := unix.PidfdOpen(m.Pid, 0)
	if err == nil {
		defer func() { _ = unix.Close(fd) }()
	}
	now, state, serr := stat(m.Pid)
	if serr != nil || now.Start != m.Start {
		return nil
	}
	send := func(sig syscall.Signal) error { return syscall.Kill(m.Pid, sig) }
	if err == nil { // no pid is taken over while it is looked at
		send = func(sig syscall.Signal) error { return unix.PidfdSendSignal(fd, sig, nil, 0) }
	}
	err = send(sig)
	if wake && state == 'T' && err == nil {
		err = send(syscall.SIGCONT)
	}
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("cannot send %s to process %d (%s): %w", unix.SignalName(sig), m.Pid, m.Name, err)
	}
	return nil
}
