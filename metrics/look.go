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

	// Bytes per second since the look before, as they went over the TCP
	// connections that are open now: in, and out as the other end has said to
	// have them. Connections that were opened and closed between two looks are
	// not seen; of other kinds the system doesn't tell.
	ReceivedPerSecond float64
	SentPerSecond     float64
	TrafficKnown      bool // false in the first look at a tree

	// PrivateBytes is the proportional set size, summed: pages that are shared
	// count in parts, so that the sum is what the tree really occupies. Told if
	// Sampler.WithPSS is set.
	PrivateBytes uint64

	Ports []int // TCP ports that it listens on, sorted
}

// disk is what processes have read from disks and written to them, in bytes.
type disk struct{ read, written uint64 }

// flow is what a TCP connection has carried so far, in bytes.
type flow struct{ received, sent uint64 }

// lookTrail is what a tree had moved at the look before.
type lookTrail struct {
	at      time.Time
	sum     disk
	counted bool            // sum is known
	flows   map[uint64]flow // by inode; nil = not known
	live    bool            // seen by this look
}

// Look tells more of trees than Sample does, for more: some system calls for
// each process, and one for each file that is open if anything on this system
// listens or is connected. It is given the trees of a Sample (or some of them), and like there
// the times of successive calls must not go back. A tree that is not given is
// forgotten. A Look may go on while the same Sampler samples, but there may be
// only one Look at a time.
//
// Reads and writes go on through the ends of processes as CPU does in Sample:
// the system adds those of a child to those of the parent that waits for it. If
// nobody of the tree does, the sum falls, and what was moved since the look
// before is told as 0. A tree whose first process is another than at the look
// before is a new one.
func (s *Sampler) Look(now time.Time, trees map[int]Tree) (map[int]Detail, error) {
	r, err := newReader()
	if err != nil {
		return nil, err
	}
	details := make(map[int]Detail, len(trees))
	for root, t := range trees {
		var d Detail
		tr, seconds := s.follow(t.leader(root), now)
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
		tr.disk(sum, told, seconds, &d)
		r.begin()
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
		carried, told := r.traffic()
		tr.traffic(carried, told, seconds, &d)
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

// leader is the first process of a tree: what a tree without its root has moved
// is that of another program once the leader is another.
func (t Tree) leader(root int) key {
	if len(t.Procs) == 0 {
		return key{pid: root}
	}
	return key{t.Procs[0].Pid, t.Procs[0].Start}
}

// follow is what is remembered of a tree, and how long ago it was looked at; 0
// if there is nothing to compare with.
func (s *Sampler) follow(id key, now time.Time) (*lookTrail, float64) {
	tr := s.looks[id]
	if tr == nil {
		tr = &lookTrail{at: now}
		s.looks[id] = tr
	}
	seconds := max(now.Sub(tr.at).Seconds(), 0)
	tr.at, tr.live = now, true
	return tr, seconds
}

// disk tells what a tree has read and written per second.
func (tr *lookTrail) disk(sum disk, told bool, seconds float64, d *Detail) {
	if told && tr.counted && seconds > 0 {
		d.IOKnown = true
		d.ReadPerSecond = rise(tr.sum.read, sum.read) / seconds
		d.WrittenPerSecond = rise(tr.sum.written, sum.written) / seconds
	}
	tr.sum, tr.counted = sum, told
}

// traffic tells what the connections of a tree have carried per second. One
// that is new, or has a number that was another's, carried all since the look
// before.
func (tr *lookTrail) traffic(carried map[uint64]flow, told bool, seconds float64, d *Detail) {
	if told && tr.flows != nil && seconds > 0 {
		var sum flow
		for inode, f := range carried {
			before := tr.flows[inode]
			if f.received < before.received || f.sent < before.sent {
				before = flow{}
			}
			sum.received += f.received - before.received
			sum.sent += f.sent - before.sent
		}
		d.TrafficKnown = true
		d.ReceivedPerSecond, d.SentPerSecond = float64(sum.received)/seconds, float64(sum.sent)/seconds
	}
	if told && carried == nil {
		carried = map[uint64]flow{}
	}
	tr.flows = carried
}

// rise is by how much a sum has risen; 0 when it has fallen.
func rise(from, to uint64) float64 {
	if to < from {
		return 0
	}
	return float64(to - from)
}
