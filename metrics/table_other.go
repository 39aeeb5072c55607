//go:build !linux

package metrics

import (
	"fmt"
	"slices"
	"time"

	gnet "github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
)

// read lists all processes. Those that can't be looked at are left out.
func (t *table) read() error {
	t.entries = t.entries[:0]
	all, err := process.Processes()
	if err != nil {
		return fmt.Errorf("cannot list processes: %w", err)
	}
	for _, p := range all {
		if e, err := entryOf(p); err == nil {
			t.entries = append(t.entries, e)
		}
	}
	return nil
}

// weigh has nothing to add to what the table says.
func (t *table) weigh(*entry) {}

func entryOf(p *process.Process) (entry, error) {
	var e entry
	ppid, err := p.Ppid()
	if err != nil {
		return e, err
	}
	start, err := p.CreateTime()
	if err != nil {
		return e, err
	}
	e.Pid, e.PPid, e.Start = int(p.Pid), int(ppid), uint64(start)
	// Of other users' processes these are not told.
	if name, err := p.Name(); err == nil {
		e.Name = name
	}
	if times, err := p.Times(); err == nil {
		e.cpu = time.Duration((times.User + times.System) * float64(time.Second))
	}
	if mem, err := p.MemoryInfo(); err == nil {
		e.memory = mem.RSS
	}
	return e, nil
}

// StartTicks is the start of a living process, to be told from a later one
// with the same pid.
func StartTicks(pid int) (uint64, error) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0, fmt.Errorf("cannot look at process %d: %w", pid, err)
	}
	start, err := p.CreateTime()
	if err != nil {
		return 0, fmt.Errorf("cannot look at process %d: %w", pid, err)
	}
	return uint64(start), nil
}

// Alive reports whether the process lives that had pid and start; 0 as start
// means any.
func Alive(pid int, start uint64) bool {
	now, err := StartTicks(pid)
	return err == nil && (start == 0 || now == start)
}

// FindByEnv can't be answered here: ErrUnsupported.
func FindByEnv(string, string) ([]Proc, error) { return nil, ErrUnsupported }

// EnvOf is not known here: "".
func EnvOf(int, string) string { return "" }

func listening() ([]gnet.ConnectionStat, error) {
	all, err := gnet.Connections("tcp")
	if err != nil {
		return nil, fmt.Errorf("cannot list ports: %w", err)
	}
	return slices.DeleteFunc(all, func(c gnet.ConnectionStat) bool { return c.Status != "LISTEN" }), nil
}

// ListeningPorts finds the TCP ports that processes listen on. It takes pids
// with the root each belongs to, and gives each root's ports, sorted.
func ListeningPorts(pids map[int]int) (map[int][]int, error) {
	all, err := listening()
	if err != nil {
		return nil, err
	}
	ports := map[int][]int{}
	for _, c := range all {
		if root, ok := pids[int(c.Pid)]; ok {
			ports[root] = append(ports[root], int(c.Laddr.Port))
		}
	}
	for root, p := range ports {
		slices.Sort(p)
		ports[root] = slices.Compact(p)
	}
	return ports, nil
}

// PortHolder tells who listens on a TCP port, on whatever address; nil when
// nobody does.
func PortHolder(port int) (*Holder, error) {
	all, err := listening()
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if int(c.Laddr.Port) != port {
			continue
		}
		h := &Holder{Port: port, Pid: int(c.Pid)}
		if p, err := process.NewProcess(c.Pid); err == nil && c.Pid != 0 {
			// What is not told stays empty.
			h.Name, _ = p.Name()
			h.Cwd, _ = p.Cwd()
			h.Cmdline, _ = p.Cmdline()
		}
		return h, nil
	}
	return nil, nil
}
