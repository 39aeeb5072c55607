package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"prox/internal/machine"
	"prox/metrics"
)

// costs is what the process trees cost, as last sampled. A tree is what its
// shim started; the shim itself is not counted.
type costs struct {
	sampler *metrics.Sampler
	trees   map[string]metrics.Tree
	details map[string]metrics.Detail // as last looked at
	ports   map[string][]int
	looked  map[string]portLook
	leaks   map[string]leak
	shims   metrics.Cost // all shims together
	busy    bool
	silent  map[string]int // the run of which it was told that it doesn't listen on its port, by instance

	watched  atomic.Int64 // when somebody looked last, in ns since 1970
	next     time.Time    // when it is sampled again
	every    time.Duration
	why      string         // as often
	took     time.Duration  // of a core, the last time
	closely  time.Duration  // likewise, when it looked at details
	detailed time.Time      // when details were looked at last
	whole    bool           // they had PSS
	waiting  []chan<- error // who waits for details that are asked for now
	series   seriesFiles
}

// How often trees are sampled. A sample goes through all processes of the
// machine: some milliseconds.
const (
	sampleWatched = time.Second      // somebody looks
	sampleLimits  = 2 * time.Second  // a limit is to be seen exceeded
	sampleIdle    = 10 * time.Second // enough for trends and leaks

	watchLasts = 5 * time.Second  // after the last question of who looks
	freshFor   = 12 * time.Second // a run's first seconds are looked at closely
	slack      = 100 * time.Millisecond
)

// Watched tells that somebody goes on looking at what things cost.
func (c *Controller) Watched() { c.costs.watched.Store(time.Now().UnixNano()) }

// watching reports whether somebody looks.
func (k *costs) watching(now time.Time) bool {
	return now.Sub(time.Unix(0, k.watched.Load())) < watchLasts
}

// pace is how often to sample, and why.
func (c *Controller) pace(now time.Time) (time.Duration, string) {
	if c.costs.watching(now) {
		return sampleWatched, "somebody looks"
	}
	every, why := sampleIdle, "nobody looks"
	for _, i := range c.machine.Instances {
		if i.Process != machine.ProcessAlive {
			continue
		}
		if now.Sub(i.StartedAt) < freshFor {
			return sampleWatched, i.Name + " has just been started"
		}
		if svc, ok := c.project.Service(i.Service); ok && (svc.Limits.Memory != 0 || svc.Limits.CPU != 0) {
			every, why = sampleLimits, "there are limits"
		}
	}
	return every, why
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

// The pauses between two looks at ports, open files and disks.
const (
	portLookMax     = 30 * time.Second
	detailsWatched  = 5 * time.Second
	detailsUnwanted = 30 * time.Second
	detailsShare    = 200 // they may take one of so many parts of a core
)

// detailsPause is how long details are taken as they were, if it took so much of
// a core to look at them: a gigabyte of memory is much to look at for PSS.
func detailsPause(watching bool, took time.Duration) time.Duration {
	pause := detailsUnwanted
	if watching {
		pause = detailsWatched
	}
	return max(pause, detailsShare*took)
}

func newCosts(dir string) costs {
	sampler := metrics.NewSampler()
	sampler.WithoutRoot = true
	return costs{
		sampler: sampler,
		trees:   map[string]metrics.Tree{},
		details: map[string]metrics.Detail{},
		ports:   map[string][]int{},
		looked:  map[string]portLook{},
		leaks:   map[string]leak{},
		silent:  map[string]int{},
		series:  seriesFiles{dir: dir, open: map[string]*metrics.Series{}},
	}
}

// members are the processes of an instance when it was last looked at.
func (k *costs) members(name string) []metrics.Proc { return k.trees[name].Procs }

// forget drops what is known of an instance that has no process.
func (k *costs) forget(name string) {
	delete(k.trees, name)
	delete(k.details, name)
	delete(k.ports, name)
	delete(k.looked, name)
	delete(k.leaks, name)
}

// subject is an instance that is looked at.
type subject struct {
	name  string
	root  int // the pid of its shim
	run   int
	began time.Time
	limit uint64 // of its memory, 0 = none
	leak  leak
}

// justNow is how old details may be that count as those of now: what moved is
// told per second, and of less time than that it says little.
const justNow = time.Second

// Look looks at all that things cost, and returns when it is known.
func (c *Controller) Look(ctx context.Context) error {
	seen := make(chan error, 1)
	err := c.do(ctx, func() error {
		k := &c.costs
		if now := time.Now(); k.whole && !k.busy && now.Sub(k.detailed) < justNow {
			seen <- nil
			return nil
		}
		k.waiting = append(k.waiting, seen)
		c.sample()
		return nil
	})
	if err != nil {
		return err
	}
	select {
	case err := <-seen:
		return err
	case <-c.done:
		return errGone
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sample looks at every instance that has a process, outside Run's goroutine.
func (c *Controller) sample() {
	now := time.Now()
	k := &c.costs
	k.every, k.why = c.pace(now)
	early := now.Add(slack).Before(k.next) && k.next.Sub(now) <= k.every
	if k.busy || early && len(k.waiting) == 0 {
		return
	}
	k.next = now.Add(k.every)
	subjects, look := c.subjects(now)
	waiting := k.waiting
	k.waiting, k.busy = nil, true
	k.sampler.WithPSS = k.watching(now) || len(waiting) > 0
	if look {
		k.whole = k.sampler.WithPSS
	}
	c.work.Go(func() {
		began := ownTime()
		seen, err := k.look(now, subjects, look)
		seen.took = ownTime() - began
		c.post(func() {
			k.busy = false
			if err != nil {
				c.log.Warn("cannot sample", "err", err)
			} else {
				c.weigh(now, subjects, seen)
			}
			for _, w := range waiting {
				w <- err
			}
			if len(k.waiting) > 0 { // they asked while it was busy
				c.sample()
			}
		})
	})
}

// subjects are the instances to look at, and whether it is time for a look at
// their ports, files and disks too.
func (c *Controller) subjects(now time.Time) (subjects []subject, look bool) {
	k := &c.costs
	pause := detailsPause(k.watching(now), k.closely)
	look = len(k.waiting) > 0 || !now.Add(slack).Before(k.detailed.Add(pause))
	for _, i := range c.machine.Instances {
		s := c.shims[i.Name]
		if i.Process != machine.ProcessAlive || s == nil || i.Pid == 0 {
			k.forget(i.Name)
			continue
		}
		x := subject{name: i.Name, root: s.pid, run: i.Run, began: i.StartedAt, leak: k.leaks[i.Name]}
		if svc, ok := c.project.Service(i.Service); ok {
			x.limit = uint64(max(0, svc.Limits.Memory))
		}
		subjects = append(subjects, x)
		port := k.looked[i.Name]
		if port.run != i.Run {
			port = portLook{run: i.Run, pause: time.Second}
		}
		if !now.Before(port.next) {
			look = true
			port.next, port.pause = now.Add(port.pause), min(2*port.pause, portLookMax)
		}
		k.looked[i.Name] = port
	}
	if len(subjects) == 0 {
		look = false
	}
	if look {
		k.detailed = now
	}
	return subjects, look
}

// sampled is what a sample has found, by instance.
type sampled struct {
	trees   map[string]metrics.Tree
	details map[string]metrics.Detail // nil: not looked at
	leaks   map[string]leak
	shims   metrics.Cost
	took    time.Duration
}

// look samples, and keeps what it finds. It runs outside Run's goroutine, one
// at a time.
func (k *costs) look(now time.Time, subjects []subject, closely bool) (sampled, error) {
	out := sampled{trees: map[string]metrics.Tree{}, leaks: map[string]leak{}}
	var pids []int
	for _, x := range subjects {
		pids = append(pids, x.root)
	}
	if len(pids) == 0 {
		k.series.keep(nil)
		return out, nil
	}
	trees, err := k.sampler.Sample(now, pids)
	if err != nil {
		return out, err
	}
	var details map[int]metrics.Detail
	if closely {
		if details, err = k.sampler.Look(now, trees); err != nil {
			return out, err
		}
		out.details = map[string]metrics.Detail{}
	}
	names := map[string]bool{}
	for _, x := range subjects {
		t, ok := trees[x.root]
		if !ok {
			continue
		}
		names[x.name] = true
		out.trees[x.name] = t
		out.shims.MemoryBytes += t.Root.MemoryBytes
		out.shims.CPUPercent += t.Root.CPUPercent
		out.shims.CPUKnown = out.shims.CPUKnown || t.Root.CPUKnown
		if closely {
			out.details[x.name] = details[x.root]
		}
		detail, known := details[x.root]
		if !known {
			detail, known = k.details[x.name]
		}
		err = errors.Join(err, k.series.add(x.name, point(now, k.every, x.run, t, detail, known)))
		out.leaks[x.name] = k.series.leak(now, x)
	}
	k.series.keep(names)
	return out, err
}

// weigh takes in what a sample has found.
func (c *Controller) weigh(now time.Time, subjects []subject, seen sampled) {
	k := &c.costs
	k.took, k.shims = seen.took, seen.shims
	if seen.details != nil {
		k.closely = seen.took
	}
	for _, x := range subjects {
		t, ok := seen.trees[x.name]
		if i := c.machine.Instance(x.name); !ok || i == nil || i.Run != x.run || i.Process != machine.ProcessAlive {
			continue
		}
		k.trees[x.name] = t
		c.limit(now, x.name, x.run, t)
		c.leaked(x.name, k.leaks[x.name], seen.leaks[x.name])
		k.leaks[x.name] = seen.leaks[x.name]
		if seen.details == nil {
			continue
		}
		k.details[x.name] = seen.details[x.name]
		k.ports[x.name] = append([]int{}, seen.details[x.name].Ports...)
		if k.silent[x.name] != 0 && slices.Contains(k.ports[x.name], c.port(x.name)) {
			delete(k.silent, x.name)
		}
		c.checkListening(x.name, now)
	}
}
