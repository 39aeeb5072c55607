//go:build !linux

package metrics

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"

	gnet "github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
)

// Inspect tells what is known here of a few processes: not their files, limits
// and private memory. They come in the order of pids; those that are gone, or
// can't be looked at, are left out. The error says that sockets can't be
// listed.
func Inspect(pids []int) ([]Process, error) {
	// Once for all: for each process it would cost as much.
	connections, err := gnet.Connections("all")
	if err != nil {
		return nil, fmt.Errorf("cannot list sockets: %w", err)
	}
	sockets := map[int][]Socket{}
	for _, c := range connections {
		if s, ok := socketOf(c); ok {
			sockets[int(c.Pid)] = append(sockets[int(c.Pid)], s)
		}
	}
	all := make([]Process, 0, len(pids))
	for _, pid := range pids {
		of, err := process.NewProcess(int32(pid))
		if err != nil {
			continue
		}
		p, err := processOf(of)
		if err != nil {
			continue
		}
		p.Sockets = sockets[pid]
		p.orderSockets()
		all = append(all, p)
	}
	return all, nil
}

func processOf(of *process.Process) (Process, error) {
	p := Process{Proc: Proc{Pid: int(of.Pid)}}
	ppid, err := of.Ppid()
	if err != nil {
		return p, err
	}
	start, err := of.CreateTime()
	if err != nil {
		return p, err
	}
	p.PPid, p.Start = int(ppid), uint64(start)
	// What is not told stays empty.
	p.Name, _ = of.Name()
	p.Cmdline, _ = of.Cmdline()
	p.Cwd, _ = of.Cwd()
	if n, err := of.NumThreads(); err == nil {
		p.Threads = int(n)
	}
	if states, err := of.Status(); err == nil && len(states) > 0 {
		p.State = stateWord(states[0])
	}
	return p, nil
}

// stateWord is our word for one of gopsutil's.
func stateWord(word string) string {
	switch word {
	case process.Sleep, process.Wait, process.Lock:
		return "sleeping"
	case process.Stop:
		return "stopped"
	}
	return word
}

func socketOf(c gnet.ConnectionStat) (Socket, bool) {
	s := Socket{FD: int(c.Fd)}
	switch {
	case c.Family == syscall.AF_UNIX:
		s.Proto, s.Local = "unix", c.Laddr.IP
		return s, s.Local != ""
	case c.Type == syscall.SOCK_STREAM:
		s.Proto = "tcp"
	case c.Type == syscall.SOCK_DGRAM:
		s.Proto = "udp"
	default:
		return s, false
	}
	s.Local, s.Remote = address(c.Laddr), address(c.Raddr)
	switch c.Status {
	case "LISTEN":
		s.State = "listening"
	case "NONE", "":
		s.State = "unconnected"
		if s.Remote != "" {
			s.State = "established"
		}
	default:
		s.State = strings.ReplaceAll(strings.ToLower(c.Status), "_", "-")
	}
	return s, true
}

// address writes one of gopsutil's, which has "*" for all; "" for none.
func address(a gnet.Addr) string {
	if a.Port == 0 {
		return ""
	}
	ip, err := netip.ParseAddr(a.IP)
	if err != nil {
		return fmt.Sprintf("%s:%d", a.IP, a.Port)
	}
	return hostPort(netip.AddrPortFrom(ip, uint16(a.Port)))
}
