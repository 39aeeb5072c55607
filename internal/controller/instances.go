package controller

import (
	"fmt"
	"slices"
	"strconv"

	"prox/config"
	"prox/internal/machine"
)

// A service that was never more than one has one instance, with its own name.
// Another's are called api.1, api.2 and so on, and keep their names when there
// is only one of them again.

// wanted is how many instances a service is to have, and whether they are
// numbered.
func (c *Controller) wantedInstances(s config.Service) (n int, numbered bool) {
	if n, ok := c.scales[s.Name]; ok {
		return n, true
	}
	return s.Instances, s.Instances > 1
}

func instanceName(service string, k int) string { return service + "." + strconv.Itoa(k) }

// definitions are what the machine is told of a service.
func (c *Controller) definitions(s config.Service) []machine.Definition {
	d := definition(s)
	n, numbered := c.wantedInstances(s)
	if !numbered {
		d.Replaces = instanceName(s.Name, 1) // should there have been several
		return []machine.Definition{d}
	}
	var all []machine.Definition
	for k := range n {
		one := d
		one.Name = instanceName(s.Name, k+1)
		if k == 0 { // it takes over the port of the one without a number
			one.Replaces = s.Name
		}
		all = append(all, one)
	}
	return all
}

// port is the port of an instance: of the first its service's, of the others
// those that follow, or others that were chosen. 0 = it has none.
func (c *Controller) port(instance string) int {
	if port, ok := c.instancePorts[instance]; ok {
		return port
	}
	if svc, ok := c.project.Service(c.serviceOf(instance)); ok {
		return svc.Port
	}
	return 0
}

// givePorts settles the ports of a service's instances.
func (c *Controller) givePorts(p *config.Project, s config.Service, n int, numbered bool) error {
	if !numbered || s.Port == 0 {
		return nil
	}
	taken := map[int]string{}
	for _, other := range p.Services {
		if other.Name == s.Name || other.Port == 0 {
			continue
		}
		m, _ := c.wantedInstances(other)
		for k := range m {
			port := other.Port + k
			if chosen, ok := c.instancePorts[instanceName(other.Name, k+1)]; ok {
				port = chosen
			}
			taken[port] = other.Name
		}
	}
	ports := map[string]int{}
	for k := range n {
		name, port := instanceName(s.Name, k+1), s.Port+k
		if s.AutoPort && k > 0 {
			var err error
			if port, err = c.ports.choose(name, func(int) bool { return c.processOf(name) }); err != nil {
				return err
			}
		}
		if other := taken[port]; other != "" {
			return fmt.Errorf("%s would have port %d, which is that of %s", name, port, other)
		}
		if port > 65535 {
			return fmt.Errorf("%s would have port %d: ports end at 65535", name, port)
		}
		ports[name] = port
	}
	for name, port := range ports {
		c.instancePorts[name] = port
	}
	return nil
}

// processOf reports whether an instance has a process.
func (c *Controller) processOf(name string) bool {
	i := c.machine.Instance(name)
	return i != nil && !i.AtRest()
}

// surplus are the instances of a service beyond those that are defined, the
// newest first.
func (c *Controller) surplus(s config.Service) []string {
	var names []string
	for _, d := range c.definitions(s) {
		names = append(names, d.Name)
	}
	var out []string
	for _, i := range slices.Backward(c.machine.Of(s.Name)) {
		if !slices.Contains(names, i.Name) {
			out = append(out, i.Name)
		}
	}
	return out
}
