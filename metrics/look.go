package metrics

import (
	"slices"
	"time"
)

// Detail is what a tree has open and moves, as a Look finds it. What the system
// doesn't tell is 0: all but Ports anywhere else than on Linux, and much of it
// for processes of another user.
type Detail struct {
	Files int // open file descriptors of all its processes: files, sockets, pipes

	// The process that is nearest to its own limit of open files: it is the
	// first that will fail to open one. FileLimit is its soft limit.
	FullestPid   int
	FullestFiles int
	FileLimit    int

	// Bytes per second since the look before, as they went to and came from
	// disks: what the page cache answers is not read, and what is written to a
	// file is counted when its page becomes dirty.
	ReadPerSecond    float64
	WrittenPerSecond float64
	IOKnown          bool // false in the first look at a tree

	// PrivateBytes is the proportional set size, summed: pages that are shared
	// count in parts, so that the sum is what the tree really occupies. Told if
	// Sampler.WithPSS is set.
	PrivateBytes uint64

	Ports []int // TCP ports that it listens on, sorted
}

// disk is what processes have read from disks and written to them, in bytes.
type disk struct{ read, written uint64 }

// diskTrail is what a tree had moved at the look before.
type diskTrail struct {
	at   time.Time
	sum  disk
	live bool // seen by this look
}

// Look tells more of trees than Sample does, for more: some system calls for
// each process, and one for each file that is open if anything on this system
// listens. It is given the trees of a Sample (or some of them), and like there
// the times of successive calls must not go back. A tree that is not given is
// forgotten. A Look may go on while the same Sampler samples, but there may be
// only one Look at a time.
//
// Reads and writes go on through the ends of processes as CPU does in Sample:
// the system adds those of a child to those of the parent that waits for it. If
// nobody of the tree does, the sum falls, and what was moved since the look
// before is told as 0. So it is with a process directly below a root that is
// left out of its tree.
func (s *Sampler) Look(now time.Time, trees map[int]Tree) (map[int]Detail, error) {
	r, err := newReader()
	if err != nil {
		return nil, err
	}
	details := make(map[int]Detail, len(trees))
	for root, t := range trees {
		id := t.root
		if id == (key{}) { // not of a Sample
			id.pid = root
		}
		var d Detail
		// In one go, and children first: a process that ends meanwhile is then
		// seldom missed, which the next look would take for a burst.
		var sum disk
		told := false
		for _, p := range slices.Backward(t.Procs) {
			if of, ok := r.disk(p.Pid); ok {
				told = true
				sum.read += of.read
				sum.written += of.written
			}
		}
		if told {
			s.moved(id, now, sum, &d)
		}
		for _, p := range t.Procs {
			n := r.files(p.Pid, &d.Ports)
			d.Files += n
			limit := r.limit(p.Pid)
			// Nearer is n/limit > FullestFiles/FileLimit, without the division.
			if limit > 0 && (d.FileLimit == 0 || uint64(n)*uint64(d.FileLimit) > uint64(d.FullestFiles)*uint64(limit)) {
				d.FullestPid, d.FullestFiles, d.FileLimit = p.Pid, n, limit
			}
			if s.WithPSS {
				d.PrivateBytes += r.pss(p.Pid)
			}
		}
		slices.Sort(d.Ports)
		d.Ports = slices.Compact(d.Ports)
		details[root] = d
	}
	for id, tr := range s.looks {
		if !tr.live {
			delete(s.looks, id)
		}
		tr.live = false
	}
	return details, nil
}

// moved tells what a tree has read and written per second since the look
// before.
func (s *Sampler) moved(id key, now time.Time, sum disk, d *Detail) {
	tr := s.looks[id]
	if tr == nil {
		tr = &diskTrail{}
		s.looks[id] = tr
	} else if seconds := now.Sub(tr.at).Seconds(); seconds > 0 {
		d.IOKnown = true
		d.ReadPerSecond = rise(tr.sum.read, sum.read) / seconds
		d.WrittenPerSecond = rise(tr.sum.written, sum.written) / seconds
	}
	*tr = diskTrail{at: now, sum: sum, live: true}
}

// rise is by how much a sum has risen; 0 when it has fallen.
func rise(from, to uint64) float64 {
	if to < from {
		return 0
	}
	return float64(to - from)
}
