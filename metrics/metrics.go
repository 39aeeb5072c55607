// Package metrics tells what process trees cost: CPU, memory, ports.
//
// A Sampler looks at all trees in one pass over the system, so that fifty of
// them cost little more than one. It is given the pids of roots and knows
// nothing of why they run:
//
//	s := metrics.NewSampler()
//	trees, err := s.Sample(time.Now(), []int{pid})
//	if t := trees[pid]; t.CPUKnown {
//		fmt.Printf("%.1f %% of a core, %d MB\n", t.CPUPercent, t.MemoryBytes>>20)
//	}
//
// On Linux it reads /proc itself, elsewhere it asks gopsutil, which costs more
// (the benchmarks compare the two).
package metrics

import (
	"errors"
	"slices"
	"time"
)

// ErrUnsupported says that this system does not tell.
var ErrUnsupported = errors.New("this system does not tell")

// Proc is a process. Start tells it from a later one with the same pid: clock
// ticks since boot on Linux, milliseconds since 1970 elsewhere.
type Proc struct {
	Pid   int
	PPid  int
	Start uint64
	Name  string
}

// Tree is what a root and all its descendants cost together.
type Tree struct {
	CPUPercent  float64 // of one core, the mean over the last seconds of samples; never negative
	CPUKnown    bool    // false until there are two samples to compare
	MemoryBytes uint64  // resident, summed: pages that are shared count more than once
	Procs       []Proc  // parents before their children
}

// window is how far back the mean of CPU goes.
const window = 3 * time.Second

// Sampler remembers earlier samples. It is not for concurrent use.
type Sampler struct {
	// WithoutRoot leaves each root itself out of its tree: it is a supervisor
	// whose own cost is not the point.
	WithoutRoot bool

	table  table
	used   map[key]usage // CPU of each process when it was last seen
	trails map[int][]mark
}

// key is a process for as long as it lives.
type key struct {
	pid   int
	start uint64
}

type usage struct {
	cpu  time.Duration
	pass uint64
}

// mark is how much CPU a tree had used in all by a time.
type mark struct {
	at  time.Time
	cpu time.Duration
}

// NewSampler returns a Sampler that has seen nothing.
func NewSampler() *Sampler {
	return &Sampler{used: map[key]usage{}, trails: map[int][]mark{}}
}

// entry is a process as the system lists it.
type entry struct {
	Proc
	cpu    time.Duration // since its start
	memory uint64        // bytes
}

// table is one pass over the system. Its slices are used again by the next.
type table struct {
	pass    uint64
	entries []entry
	index   map[int]int // pid -> entry
	first   []int       // entry -> its first child's entry + 1, 0 = none
	next    []int       // entry -> its next sibling's entry + 1
	spare   []byte      // of the reader
	names   map[key]string
}

// link fills in who is whose child.
func (t *table) link() {
	if t.index == nil {
		t.index = map[int]int{}
	}
	clear(t.index)
	t.first = append(t.first[:0], make([]int, len(t.entries))...)
	t.next = append(t.next[:0], make([]int, len(t.entries))...)
	for k := range t.entries {
		t.index[t.entries[k].Pid] = k
	}
	for k := len(t.entries) - 1; k >= 0; k-- {
		parent, ok := t.index[t.entries[k].PPid]
		if !ok || parent == k {
			continue
		}
		t.next[k] = t.first[parent]
		t.first[parent] = k + 1
	}
}

// Sample looks at the trees below roots. A root that is gone has no tree. The
// times of successive calls must not go back.
func (s *Sampler) Sample(now time.Time, roots []int) (map[int]Tree, error) {
	if err := s.table.read(); err != nil {
		return nil, err
	}
	s.table.link()
	s.table.pass++
	trees := make(map[int]Tree, len(roots))
	for _, root := range roots {
		k, ok := s.table.index[root]
		if !ok {
			delete(s.trails, root)
			continue
		}
		trees[root] = s.tree(now, root, k)
	}
	s.forget(roots)
	return trees, nil
}

// tree adds up one tree. The CPU of those that have ended between two samples
// is lost: it is in nobody's figures any more but their parents', whose are
// not told apart from their own.
func (s *Sampler) tree(now time.Time, root, at int) Tree {
	var t Tree
	var spent time.Duration
	todo := []int{at}
	for len(todo) > 0 {
		k := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		e := &s.table.entries[k]
		for c := s.table.first[k]; c != 0; c = s.table.next[c-1] {
			todo = append(todo, c-1)
		}
		if s.WithoutRoot && k == at {
			continue
		}
		t.Procs = append(t.Procs, e.Proc)
		t.MemoryBytes += e.memory
		id := key{e.Pid, e.Start}
		before, known := s.used[id]
		switch {
		case known:
			spent += max(e.cpu-before.cpu, 0)
		case len(s.trails[root]) > 0:
			spent += e.cpu // it was born since
		}
		s.used[id] = usage{e.cpu, s.table.pass}
	}
	trail := s.trails[root]
	total := spent
	if n := len(trail); n > 0 {
		total += trail[n-1].cpu
	}
	trail = append(trail, mark{now, total})
	for len(trail) > 2 && now.Sub(trail[1].at) >= window {
		trail = trail[1:]
	}
	s.trails[root] = trail
	if oldest := trail[0]; len(trail) > 1 && now.After(oldest.at) {
		t.CPUKnown = true
		t.CPUPercent = 100 * float64(total-oldest.cpu) / float64(now.Sub(oldest.at))
	}
	return t
}

// forget drops what is remembered of processes and roots that are gone.
func (s *Sampler) forget(roots []int) {
	for id, u := range s.used {
		if u.pass != s.table.pass {
			delete(s.used, id)
		}
	}
	for r := range s.trails {
		if !slices.Contains(roots, r) {
			delete(s.trails, r)
		}
	}
}

// Holder is who listens on a port. Pid is 0 when it can't be told: it is
// another user's.
type Holder struct {
	Port    int
	Pid     int
	Name    string
	Cwd     string
	Cmdline string
}
