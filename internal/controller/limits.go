package controller

import (
	"fmt"
	"strings"
	"time"

	"prox/config"
	"prox/internal/machine"
	"prox/metrics"
)

// cpuSettles is how long after its start a run's CPU says something of it: the
// figure is a mean over some seconds of all that its shim has run.
const cpuSettles = 4 * time.Second

// excess follows one value against its limit.
type excess struct {
	since time.Time // when it was first seen above; zero = it is not
	told  bool
}

// over takes in the value at a time, and reports whether the limit counts as
// exceeded from now on: when the value was above it for so long without a
// break. That is so once, until it was not above the limit again.
func (x *excess) over(now time.Time, value, limit float64, lasting time.Duration) bool {
	if limit <= 0 || value <= limit {
		*x = excess{}
		return false
	}
	if x.since.IsZero() {
		x.since = now
	}
	if x.told || now.Sub(x.since) < lasting {
		return false
	}
	x.told = true
	return true
}

// watchOf follows what one run uses.
type watchOf struct {
	run         int
	memory, cpu excess
	words       string // what was told of it last
}

// above says which limit a run is above, as it was told; "" when it is above
// none for as long as counts.
func (w *watchOf) above(run int) string {
	if w == nil || w.run != run || !w.memory.told && !w.cpu.told {
		return ""
	}
	return w.words
}

// verdict says how a limit is exceeded.
type verdict struct {
	uses  string // "640 MB of memory"
	limit string // "512 MB"
}

// take takes in what a run uses at a time, and says which limits count as
// exceeded from now on.
func (w *watchOf) take(now time.Time, began time.Time, run int, t metrics.Tree, l config.Limits) []verdict {
	if w.run != run {
		*w = watchOf{run: run}
	}
	var out []verdict
	lasting := time.Duration(l.For)
	if w.memory.over(now, float64(t.MemoryBytes), float64(l.Memory), lasting) {
		out = append(out, verdict{sizeLike(t.MemoryBytes, l.Memory) + " of memory", l.Memory.String()})
	}
	cpu := t.CPUPercent
	if !t.CPUKnown || now.Sub(began) < cpuSettles {
		cpu = 0
	}
	if w.cpu.over(now, cpu, float64(l.CPU), lasting) {
		out = append(out, verdict{fmt.Sprintf("%.0f%% of a core", cpu), l.CPU.String()})
	}
	return out
}

// sizeLike writes bytes in units of a thousand or of 1024, as the limit is
// written that they are compared with.
func sizeLike(n uint64, limit config.Bytes) string {
	step, units := 1000.0, []string{"B", "kB", "MB", "GB", "TB"}
	if limit.Binary() {
		step, units = 1024, []string{"B", "KiB", "MiB", "GiB", "TiB"}
	}
	v, k := float64(n), 0
	for v >= step-0.05 && k < len(units)-1 {
		v, k = v/step, k+1
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + " " + units[k]
}

// limit compares what a run uses with what it may.
func (c *Controller) limit(now time.Time, name string, run int, t metrics.Tree) {
	i := c.machine.Instance(name)
	if i == nil || i.Run != run || i.Process != machine.ProcessAlive || i.Halting || i.Again || !i.Wanted {
		return
	}
	svc, ok := c.project.Service(i.Service)
	if !ok || svc.Limits.Memory == 0 && svc.Limits.CPU == 0 {
		delete(c.excesses, name)
		return
	}
	w := c.excesses[name]
	if w == nil {
		w = &watchOf{}
		c.excesses[name] = w
	}
	for k, v := range w.take(now, i.StartedAt, run, t, svc.Limits) {
		text := fmt.Sprintf("%s uses %s, more than its limit of %s%s", name, v.uses, v.limit, forWords(", for ", svc.Limits.For))
		c.log.Warn(text)
		w.words = fmt.Sprintf("uses %s, more than its limit of %s", v.uses, v.limit)
		c.tellInstance(name, text)
		if svc.OnLimit == "restart" && k == 0 {
			c.step(machine.Exceeded{Name: name, Run: run, Why: fmt.Sprintf("%s, more than %s", v.uses, v.limit)})
		}
	}
}

// limitWords says what a service may use, "" when there is no limit.
func limitWords(s *config.Service) string {
	var words []string
	if s.Limits.Memory != 0 {
		words = append(words, "memory "+s.Limits.Memory.String())
	}
	if s.Limits.CPU != 0 {
		words = append(words, "cpu "+s.Limits.CPU.String())
	}
	if len(words) == 0 {
		return ""
	}
	then := "told"
	if s.OnLimit == "restart" {
		then = "restarted"
	}
	return fmt.Sprintf("%s; %s when it is more%s", strings.Join(words, ", "), then, forWords(" for ", s.Limits.For))
}

func forWords(before string, d config.Duration) string {
	if d == 0 {
		return ""
	}
	return before + d.String()
}
