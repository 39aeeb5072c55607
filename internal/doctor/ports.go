package doctor

import "fmt"

// Port is a port that a config asks for.
type Port struct {
	Number  int
	Service string
	Holder  *Holder // nil when it is free
	Err     error   // why that can't be told
}

// Holder is who listens on a port.
type Holder struct {
	Pid      int // 0 = another user's process
	Name     string
	Dir      string // it runs in; "" = not known
	Instance string // of prox's, where it is one
	Project  string // that it belongs to
	Folder   string // of that project
	Own      bool   // it is of the project that is asked about
}

// Ports checks that the ports of a config are free, or held by the services
// they are for. Those below least are for root only; 0 = none is.
func Ports(all []Port, least int) []Finding {
	var found []Finding
	for _, p := range all {
		found = append(found, p.check(least))
	}
	return found
}

func (p Port) check(least int) Finding {
	check := fmt.Sprintf("port %d", p.Number)
	h := p.Holder
	other := fmt.Sprintf("give %s another port in the config (\"auto\" finds a free one)", p.Service)
	switch {
	case p.Err != nil:
		return warning(check, fmt.Sprintf("of %s: cannot tell whether it is free: %v", p.Service, p.Err))
	case h == nil && p.Number < least:
		return problem(check, fmt.Sprintf("of %s: ports below %d are for root", p.Service, least), other,
			fmt.Sprintf("or allow it: sudo sysctl net.ipv4.ip_unprivileged_port_start=%d", p.Number))
	case h == nil:
		return ok(check, "of "+p.Service+", free")
	case h.Own:
		return ok(check, fmt.Sprintf("of %s, which %s has (pid %d)", p.Service, h.Instance, h.Pid))
	case h.Pid == 0:
		return problem(check, fmt.Sprintf("of %s is taken by a process of another user", p.Service), fmt.Sprintf("sudo ss -ltnp 'sport = :%d' says by which", p.Number), "or "+other)
	}
	who := fmt.Sprintf("%s (pid %d", h.Name, h.Pid)
	if h.Dir != "" {
		who += ", in " + h.Dir
	}
	who += ")"
	end := fmt.Sprintf("end it: kill %d", h.Pid)
	if h.Instance != "" {
		who += fmt.Sprintf(", which is service %s of the prox project %s", h.Instance, h.Project)
		if h.Folder != "" {
			end = fmt.Sprintf("prox -C %s stop %s", h.Folder, h.Instance)
		}
	}
	return problem(check, fmt.Sprintf("of %s is taken by %s", p.Service, who), end, "or "+other)
}
