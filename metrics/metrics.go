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
// There are three ways to look, each dearer than the one before: Sample is for
// every second, Look at the same trees for every now and then (open files, disk,
// ports), Inspect for when a person wants to see all of a few processes.
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
	Threads     int     // 0 anywhere else than on Linux
	Procs       []Proc  // parents before their children
	Costs       []Cost  // of each of Procs
	Root        Cost    // of the root alone, also when it is left out of all else

	root key // what Look knows it by
}

// Cost is what one process costs, without its children.
type Cost struct {
	CPUPercent  float64 // as in Tree
	CPUKnown    bool    // false in the first sample that has this process
	MemoryBytes uint64  // resident
	Threads     int     // as in Tree
}

// window is how far back the mean of CPU goes.
const window = 3 * time.Second

// Sampler remembers earlier samples and looks. It is not for concurrent use, but
// for one Look beside its samples.
type Sampler struct {
	// WithoutRoot leaves each root itself out of its tree: it is a supervisor
	// whose own cost is not the point.
	WithoutRoot bool

	// WithPSS makes Look tell Detail.PrivateBytes. It may be changed from look
	// to look: it costs about as much as all the rest for small processes, and
	// some milliseconds for each gigabyte that a process has resident.
	WithPSS bool

	table  table
	trails map[key]*trail // by root
	alone  map[key]*trail // by process
	lived  int            // processes that the last sample had trails of
	todo   []int
	order  []int
	looks  map[key]*lookTrail // by leader; Look's own
}

// key is a process for as long as it lives.
type key struct {
	pid   int
	start uint64
}

// trail is what a tree, or one process, has used since its first sample.
type trail struct {
	marks []mark
	sum   time.Duration // over its processes, at the last sample
	pass  uint64
}

// mark is how much CPU was used in all by a time.
type mark struct {
	at  time.Time
	cpu time.Duration
}

// add goes on to a sample that has found sum. A sum that has fallen adds
// nothing.
func (tr *trail) add(now time.Time, sum time.Duration) {
	total := time.Duration(0)
	if n := len(tr.marks); n > 0 {
		total = tr.marks[n-1].cpu + max(sum-tr.sum, 0)
	}
	tr.sum = sum
	tr.marks = append(tr.marks, mark{now, total})
	for len(tr.marks) > 2 && now.Sub(tr.marks[1].at) >= window {
		tr.marks = append(tr.marks[:0], tr.marks[1:]...)
	}
}

// percent is the mean over the marks, of one core; false with fewer than two.
func (tr *trail) percent() (float64, bool) {
	oldest, newest := tr.marks[0], tr.marks[len(tr.marks)-1]
	if !newest.at.After(oldest.at) {
		return 0, false
	}
	return 100 * float64(newest.cpu-oldest.cpu) / float64(newest.at.Sub(oldest.at)), true
}

// NewSampler returns a Sampler that has seen nothing.
func NewSampler() *Sampler {
	return &Sampler{trails: map[key]*trail{}, alone: map[key]*trail{}, looks: map[key]*lookTrail{}}
}

// entry is a process as the system lists it.
type entry struct {
	Proc
	cpu     time.Duration // since its start
	waited  time.Duration // of the children it has waited for
	memory  uint64        // bytes
	threads int
	state   byte // as /proc/PID/stat has it; 0 elsewhere
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
	s.lived = 0
	trees := make(map[int]Tree, len(roots))
	for _, root := range roots {
		if k, ok := s.table.index[root]; ok {
			trees[root] = s.tree(now, k)
		}
	}
	forget(s.trails, len(trees), s.table.pass)
	forget(s.alone, s.lived, s.table.pass)
	return trees, nil
}

// forget drops the trails of what is gone, or no longer asked for: those that
// are not among the kept of this pass.
func forget(trails map[key]*trail, kept int, pass uint64) {
	if len(trails) == kept {
		return
	}
	for id, tr := range trails {
		if tr.pass != pass {
			delete(trails, id)
		}
	}
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
	root := &s.table.entries[at]
	t := Tree{root: key{root.Pid, root.Start}}
	var sum time.Duration
	s.todo, s.order = append(s.todo[:0], at), s.order[:0]
	for len(s.todo) > 0 {
		k := s.todo[len(s.todo)-1]
		s.todo = s.todo[:len(s.todo)-1]
		for c := s.table.first[k]; c != 0; c = s.table.next[c-1] {
			s.todo = append(s.todo, c-1)
		}
		e := &s.table.entries[k]
		s.table.weigh(e)
		sum += e.waited
		if s.WithoutRoot && k == at {
			continue
		}
		sum += e.cpu
		t.MemoryBytes += e.memory
		t.Threads += e.threads
		s.order = append(s.order, k)
	}
	if n := len(s.order); n > 0 {
		t.Procs, t.Costs = make([]Proc, n), make([]Cost, n)
	}
	for i, k := range s.order {
		t.Procs[i], t.Costs[i] = s.table.entries[k].Proc, s.cost(now, k)
	}
	t.Root = s.cost(now, at)
	tr := s.trails[t.root]
	if tr == nil {
		tr = &trail{}
		s.trails[t.root] = tr
	}
	if tr.pass != s.table.pass { // else the root was given twice
		tr.pass = s.table.pass
		tr.add(now, sum)
	}
	t.CPUPercent, t.CPUKnown = tr.percent()
	return t
}

// cost is what one process costs by itself.
func (s *Sampler) cost(now time.Time, k int) Cost {
	e := &s.table.entries[k]
	id := key{e.Pid, e.Start}
	tr := s.alone[id]
	if tr == nil {
		tr = &trail{}
		s.alone[id] = tr
	}
	if tr.pass != s.table.pass { // else it is in two trees
		tr.pass = s.table.pass
		s.lived++
		tr.add(now, e.cpu)
	}
	c := Cost{MemoryBytes: e.memory, Threads: e.threads}
	c.CPUPercent, c.CPUKnown = tr.percent()
	return c
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
