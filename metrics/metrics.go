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
	trails map[key]*trail // by root
	todo   []int
}

// key is a process for as long as it lives.
type key struct {
	pid   int
	start uint64
}

// trail is what a tree has used since its first sample.
type trail struct {
	marks []mark
	sum   time.Duration // over its processes, at the last sample
	pass  uint64
}

// mark is how much CPU a tree had used in all by a time.
type mark struct {
	at  time.Time
	cpu time.Duration
}

// NewSampler returns a Sampler that has seen nothing.
func NewSampler() *Sampler {
	return &Sampler{trails: map[key]*trail{}}
}

// entry is a process as the system lists it.
type entry struct {
	Proc
	cpu    time.Duration // since its start
	waited time.Duration // of the children it has waited for
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
		if k, ok := s.table.index[root]; ok {
			trees[root] = s.tree(now, k)
		}
	}
	for id, t := range s.trails { // of what is gone, or no longer asked for
		if t.pass != s.table.pass {
			delete(s.trails, id)
		}
	}
	return trees, nil
}

// tree adds up one tree.
//
// Its CPU is that of its processes and of the children they have waited for:
// what a process has used moves to its parent when it ends, so the sum goes on
// rising through the ends of short-lived children, and its rise from sample to
// sample is what the tree has used. It falls where a child's time is taken by
// nobody (its parent ignores SIGCHLD, or the system doesn't tell); that part
// is lost.
func (s *Sampler) tree(now time.Time, at int) Tree {
	var t Tree
	var sum time.Duration
	s.todo = append(s.todo[:0], at)
	for len(s.todo) > 0 {
		k := s.todo[len(s.todo)-1]
		s.todo = s.todo[:len(s.todo)-1]
		for c := s.table.first[k]; c != 0; c = s.table.next[c-1] {
			s.todo = append(s.todo, c-1)
		}
		e := &s.table.entries[k]
		sum += e.waited
		if s.WithoutRoot && k == at {
			continue
		}
		sum += e.cpu
		t.Procs = append(t.Procs, e.Proc)
		t.MemoryBytes += e.memory
	}
	root := &s.table.entries[at]
	id := key{root.Pid, root.Start}
	tr := s.trails[id]
	total := time.Duration(0)
	if tr == nil {
		tr = &trail{}
		s.trails[id] = tr
	} else {
		total = tr.marks[len(tr.marks)-1].cpu + max(sum-tr.sum, 0)
	}
	tr.sum, tr.pass = sum, s.table.pass
	tr.marks = append(tr.marks, mark{now, total})
	for len(tr.marks) > 2 && now.Sub(tr.marks[1].at) >= window {
		tr.marks = append(tr.marks[:0], tr.marks[1:]...)
	}
	if oldest := tr.marks[0]; len(tr.marks) > 1 && now.After(oldest.at) {
		t.CPUKnown = true
		t.CPUPercent = 100 * float64(total-oldest.cpu) / float64(now.Sub(oldest.at))
	}
	return t
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
