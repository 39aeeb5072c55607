package ptyproc

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// provable: without a subreaper a tree may live on without its root.
const provable = false

// rssUnit is the unit of ru_maxrss: bytes on macOS (getrusage(2)).
const rssUnit = 1

func widen(*os.File) {}

func adoptOrphans(bool) error { return nil }

// members finds the descendants of the leader, and whoever is still in its
// session: a process that has lost its parent, and made no session of its own.
func (p *Process) members() ([]Member, error) {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil, fmt.Errorf("cannot look at the process tree: %w", err)
	}
	const zombie = 5 // SZOMB, sys/proc.h
	ours := map[int]bool{}
	var out []Member
	for grown := true; grown; {
		grown = false
		for k := range all {
			pid := int(all[k].Proc.P_pid)
			if ours[pid] || pid <= 1 || pid == os.Getpid() {
				continue
			}
			if !p.leads(pid) && !ours[int(all[k].Eproc.Ppid)] && !inSession(pid, p.pid) {
				continue
			}
			ours[pid], grown = true, true
			if all[k].Proc.P_stat != zombie {
				out = append(out, Member{Pid: pid, Start: uint64(all[k].Proc.P_starttime.Nano()), Name: unix.ByteSliceToString(all[k].Proc.P_comm[:])})
			}
		}
	}
	return out, nil
}

// leads reports whether pid is the leader, and not a later process that was
// given the same number.
func (p *Process) leads(pid int) bool {
	select {
	case <-p.exited:
		return false
	default:
		return pid == p.pid
	}
}

func inSession(pid, leader int) bool {
	sid, err := unix.Getsid(pid)
	return err == nil && sid == leader
}

// kill signals a process if it still is who it was, and makes it go on if wake
// says so. One that has ended is as good as signalled.
func kill(m Member, sig syscall.Signal, wake bool) error {
	now, err := unix.SysctlKinfoProc("kern.proc.pid", m.Pid)
	if err != nil || uint64(now.Proc.P_starttime.Nano()) != m.Start {
		return nil
	}
	err = syscall.Kill(m.Pid, sig)
	if wake && err == nil {
		err = syscall.Kill(m.Pid, syscall.SIGCONT)
	}
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("cannot send %s to process %d (%s): %w", unix.SignalName(sig), m.Pid, m.Name, err)
	}
	return nil
}
