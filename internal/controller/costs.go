package controller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"prox/internal/machine"
	"prox/metrics"
)

// costs is what the process trees cost, as last sampled. A tree is what its
// shim started; the shim itself is not counted.
type costs struct {
	sampler *metrics.Sampler
	trees   map[string]metrics.Tree
	ports   map[string][]int
	looked  map[string]portLook
	busy    bool
	silent  map[string]int // the run of which it was told that it doesn't listen on its port, by instance
}

// portPatience is how long a service that is ready may take to listen on its
// declared port before it is told that it doesn't.
const portPatience = 2 * time.Second

// checkListening tells of a service that is ready by its healthcheck, while
// nothing of it listens on the port that it declares.
func (c *Controller) checkListening(name string, looked time.Time) {
	i := c.machine.Instance(name)
	port := c.port(name)
	ports := c.costs.ports[name]
	if i == nil || port == 0 || i.State != machine.Ready || slices.Contains(ports, port) ||
		looked.Sub(i.ReadyAt) < portPatience || c.costs.silent[name] == i.Run {
		return
	}
	c.costs.silent[name] = i.Run
	c.tellInstance(name, name+" is ready, but "+c.silence(name))
}

// silence says on which port nothing of an instance listens, and on which
// something does.
func (c *Controller) silence(name string) string {
	text := fmt.Sprintf("nothing of it listens on its port %d", c.port(name))
	if ports := c.costs.ports[name]; len(ports) > 0 {
		var words []string
		for _, p := range ports {
			words = append(words, fmt.Sprint(p))
		}
		text += "; it listens on " + strings.Join(words, ", ")
	}
	return text
}

// portLook says when an instance's ports are looked at again: soon after a
// start, seldom later, for a look costs far more than a sample.
type portLook struct {
	run   int
	next  time.Time
	pause time.Duration
}

const portLookMax = 30 * time.Second

func newCosts() costs {
	sampler := metrics.NewSampler()
	sampler.WithoutRoot = true
	return costs{
		sampler: sampler,
		trees:   map[string]metrics.Tree{},
		ports:   map[string][]int{},
		looked:  map[string]portLook{},
		silent:  map[string]int{},
	}
}

// members are the processes of an instance when it was last looked at.
func (k *costs) members(name string) []metrics.Proc { return k.trees[name].Procs }

// sample looks at every instance that has a process, outside Run's goroutine.
func (c *Controller) sample() {
	if c.costs.busy {
		return
	}
	now := time.Now()
	roots, runs := map[string]int{}, map[string]int{}
	var pids []int
	ports := false
	for _, i := range c.machine.Instances {
		s := c.shims[i.Name]
		if i.Process != machine.ProcessAlive || s == nil || i.Pid == 0 {
			delete(c.costs.trees, i.Name)
			delete(c.costs.ports, i.Name)
			delete(c.costs.looked, i.Name)
			continue
		}
		roots[i.Name], runs[i.Name] = s.pid, i.Run
		pids = append(pids, s.pid)
		look := c.costs.looked[i.Name]
		if look.run != i.Run {
			look = portLook{run: i.Run, pause: time.Second}
		}
		if !now.Before(look.next) {
			ports = true
			look.next, look.pause = now.Add(look.pause), min(2*look.pause, portLookMax)
		}
		c.costs.looked[i.Name] = look
	}
	if len(roots) == 0 {
		return
	}
	c.costs.busy = true
	c.work.Go(func() {
		trees, err := c.costs.sampler.Sample(now, pids)
		var listening map[int][]int
		if err == nil && ports {
			owner := map[int]int{}
			for root, t := range trees {
				for _, p := range t.Procs {
					owner[p.Pid] = root
				}
			}
			listening, err = metrics.ListeningPorts(owner)
		}
		c.post(func() {
			c.costs.busy = false
			if err != nil {
				c.log.Warn("cannot sample", "err", err)
				return
			}
			for name, root := range roots {
				if t, ok := trees[root]; ok {
					c.costs.trees[name] = t
					c.limit(now, name, runs[name], t)
				}
				if listening != nil {
					c.costs.ports[name] = append([]int{}, listening[root]...)
					if c.costs.silent[name] != 0 && slices.Contains(c.costs.ports[name], c.port(name)) {
						delete(c.costs.silent, name)
					}
					c.checkListening(name, now)
				}
			}
		})
	})
}
