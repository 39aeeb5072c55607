package metrics

import (
	"net/netip"
	"slices"
)

// InspectMax is how many files, and how many sockets, Inspect lists of one
// process. FilesTotal and SocketsTotal count them all.
const InspectMax = 1000

// Process is all that Inspect can tell of one.
//
// Cmdline, Cwd, Path and the addresses of unix sockets are what the process
// made them, control characters included. A command line may hold passwords and
// tokens: whoever shows or keeps it must see to that. The environment, where
// most of them are, is never read.
type Process struct {
	Proc
	Cmdline string // its arguments with spaces between them, cut at 32 KB; "" for the kernel's own
	Cwd     string
	State   string // running, sleeping, blocked (it can't be interrupted), stopped, traced, idle, zombie
	Threads int

	// PrivateBytes is the proportional set size: pages that are shared count in
	// parts.
	PrivateBytes uint64

	Files      []File // those with the lowest descriptors, at most InspectMax
	FilesTotal int    // open file descriptors
	FileLimit  int    // how many it may have open (the soft limit)

	// Sockets are those for TCP, UDP and unix that are bound or connected, each
	// once; those that listen first. At most InspectMax.
	Sockets      []Socket
	SocketsTotal int

	// Denied says that the process is another user's, or protected from being
	// looked at: of its directory, memory, files and sockets it tells nothing
	// but FilesTotal.
	Denied bool
}

// File is one that a process has open.
type File struct {
	FD   int
	Path string // or what the system calls it, such as pipe:[4711]; " (deleted)" at its end if it is
	Kind string // file, directory, socket, pipe, terminal, device, event (what a program waits on), memory, other
}

// Socket is one that a process has open.
type Socket struct {
	FD     int    // the lowest, if several are of this socket
	Proto  string // tcp, udp or unix
	Local  string // such as 127.0.0.1:3000, [::1]:3000, the path of a unix socket, @name for an abstract one
	Remote string // "" when it is connected to nothing; a unix socket's is not told
	State  string // listening, established, unconnected, or TCP's other states (RFC 9293): close-wait, time-wait, …
}

// orderSockets puts a process's sockets into the order that Process promises,
// and leaves out those beyond the most.
func (p *Process) orderSockets() {
	slices.SortStableFunc(p.Sockets, func(a, b Socket) int {
		if la, lb := a.State == "listening", b.State == "listening"; la != lb {
			if la {
				return -1
			}
			return 1
		}
		return a.FD - b.FD
	})
	p.SocketsTotal = len(p.Sockets)
	if len(p.Sockets) > InspectMax {
		p.Sockets = slices.Clone(p.Sockets[:InspectMax])
	}
}

// hostPort writes an address as people do: one of IPv4 that was mapped into
// IPv6 as that of IPv4.
func hostPort(a netip.AddrPort) string {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String()
}
