package logstore

import (
	"bytes"
	"io"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"prox/internal/linefilter"
)

// A search mostly looks for something that stands in few lines. So while one
// goroutine goes through the lines in their order, others look ahead, on all
// cores, at the bytes as they lie on the disk, and find where lines begin that
// may match. What lies between is never taken apart.
//
// That is possible where the bytes are those of one stream: then a line is what
// stands between two line ends. A segment's index says whether they are.

const (
	searchBlock = 1 << 20 // looked at by one goroutine at a time; a frame of a compressed segment
	mostFound   = 4096    // of a block: where more lines may match, all are taken apart
	longestEdge = 64 << 10

	// Of files as they were written blocks are larger: handing one over takes time.
	blocksTogether = 4
	// readTogether stays in the processor's cache until it is looked at.
	readTogether = 128 << 10
)

// search is what all scanners of a query share.
type search struct {
	filter *linefilter.Filter // only to be cloned
	block  int64
	slots  chan struct{} // one for each core

	mu   sync.Mutex // guards free
	free []*searcher
}

// searcher is what one goroutine needs to look at a block.
type searcher struct {
	filter *linefilter.Filter
	buf    []byte
}

// newSearch is nil for an expression that can only be tried on each line.
func newSearch(re *regexp.Regexp, block int64) *search {
	f := linefilter.Compile(re)
	if f == nil {
		return nil
	}
	if block == 0 {
		block = searchBlock
	}
	return &search{filter: f, block: block, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

func (s *search) take() *searcher {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		x := s.free[n-1]
		s.free = s.free[:n-1]
		return x
	}
	return &searcher{filter: s.filter.Clone()}
}

func (s *search) give(x *searcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, x)
}

// sight is what is known of one block of a segment.
type sight struct {
	seen chan struct{} // closed when the others are there
	// starts are where lines begin that may match, of those that lie wholly in
	// the block.
	starts []int64
	all    bool   // all lines of it may match
	plain  bool   // there is no line end in it
	head   []byte // up to its first line end, with it
	tail   []byte // after its last line end
}

// outlook looks ahead over one segment.
type outlook struct {
	search *search
	from   Contents
	own    bool // from is to be closed
	even   bool // its bytes mean just themselves
	block  int64
	step   int64 // how much is read at a time
	size   int64
	sights map[int64]*sight // by the number of the block
	filter *linefilter.Filter
	edge   []byte
	busy   sync.WaitGroup
	closed atomic.Bool
}

// look opens the outlook over a segment of which size bytes may be read. It is
// nil where looking ahead isn't worth it.
func (s *search) look(dir string, n int, log Contents, size int64, even bool) *outlook {
	if s == nil || size < s.block/4 {
		return nil
	}
	o := &outlook{search: s, from: log, size: size, even: even, block: blocksTogether * s.block, step: readTogether, sights: map[int64]*sight{}, filter: s.filter.Clone()}
	if _, plain := log.(plainFile); !plain {
		// Its cache of unpacked bytes is for the lines that are taken apart.
		other, err := openContents(dir, n)
		if err != nil {
			return nil
		}
		o.from, o.own = other, true
		o.block, o.step = s.block, s.block // a frame, which is unpacked as a whole
	}
	return o
}

// close is to be called before what it looks at is closed.
func (o *outlook) close() {
	if o == nil {
		return
	}
	o.closed.Store(true)
	o.busy.Wait()
	if o.own {
		o.from.Close()
	}
}

// at gives what is known of a block, and sees to it that those after it are
// looked at.
func (o *outlook) at(k int64) *sight {
	ahead := int64(2 * cap(o.search.slots))
	for n := k; n <= k+ahead && n*o.block < o.size; n++ {
		if o.sights[n] != nil {
			continue
		}
		x := &sight{seen: make(chan struct{})}
		o.sights[n] = x
		o.busy.Go(func() {
			defer close(x.seen)
			o.search.slots <- struct{}{}
			defer func() { <-o.search.slots }()
			if !o.closed.Load() {
				o.see(n, x)
			}
		})
	}
	for n := range o.sights {
		if n < k-1 {
			delete(o.sights, n)
		}
	}
	x := o.sights[k]
	<-x.seen
	return x
}

// see looks at block n.
func (o *outlook) see(n int64, x *sight) {
	s := o.search.take()
	defer o.search.give(s)
	s.filter.Even(o.even)
	base, end := n*o.block, min((n+1)*o.block, o.size)
	// What was read is looked at while it is still in the processor's cache.
	have := 0 // bytes in buf, from a line's beginning on, but for the block's first
	for at, headless := base, true; at < end; {
		want := have + int(min(o.step, end-at))
		if len(s.buf) < want {
			s.buf = append(s.buf[:have], make([]byte, want-have)...)
		}
		k, err := o.from.ReadAt(s.buf[have:want], at)
		if k == 0 || err != nil && err != io.EOF { //nolint:errorlint // ReadAt's own, unwrapped
			x.starts, x.all = nil, true // who takes them apart finds out why
			return
		}
		from := at - int64(have) // where buf begins
		at += int64(k)
		b := s.buf[:have+k]
		last := bytes.LastIndexByte(b[have:], '\n')
		if last < 0 {
			have += k
			continue
		}
		lines := b[:have+last+1]
		pos := 0
		if headless {
			headless = false
			pos = bytes.IndexByte(lines, '\n') + 1
			x.head = bytes.Clone(lines[:pos])
		}
		for pos < len(lines) {
			pos += s.filter.Next(lines[pos:])
			if pos >= len(lines) {
				break
			}
			if x.starts = append(x.starts, from+int64(pos)); len(x.starts) > mostFound {
				x.starts, x.all = nil, true
				return
			}
			pos += bytes.IndexByte(lines[pos:], '\n') + 1
		}
		have = copy(s.buf, b[len(lines):])
	}
	if x.head == nil {
		x.plain = true
		return
	}
	x.tail = bytes.Clone(s.buf[:have])
}

// next gives where the first line from pos on begins that may match, or where
// nothing more is known; pos is where a line begins. It is size when there is
// none.
func (o *outlook) next(pos int64) int64 {
	block := o.block
	for pos < o.size {
		k := pos / block
		x := o.at(k)
		if x.all || x.plain {
			return pos
		}
		base, end := k*block, min((k+1)*block, o.size)
		if pos < base+int64(len(x.head)) {
			// A line that began in the block before, unless that ended with a line.
			if pos != base || o.may(x.head) {
				return pos
			}
			pos = base + int64(len(x.head))
		}
		if i, _ := slices.BinarySearch(x.starts, pos); i < len(x.starts) {
			return x.starts[i]
		}
		edge := end - int64(len(x.tail))
		if edge > pos {
			pos = edge
		}
		if pos == end {
			continue
		}
		if pos != edge || end == o.size {
			return pos // its end isn't there yet
		}
		after := o.at(k + 1)
		if after.all || after.plain || len(x.tail)+len(after.head) > longestEdge {
			return pos
		}
		o.edge = append(append(o.edge[:0], x.tail...), after.head...)
		if o.may(o.edge) {
			return pos
		}
		pos = end + int64(len(after.head))
	}
	return pos
}

func (o *outlook) may(line []byte) bool { return o.filter.Next(line) < len(line) }

// leap goes over lines that can't match, to the beginning of one that may, or
// of a mark of a run. It is false when nothing was gone over.
func (s *scanner) leap() (bool, error) {
	if s.outlook == nil || s.pos < s.noLeap || s.amid() {
		return false, nil
	}
	if !s.atLineStart() {
		return false, nil
	}
	to := s.outlook.next(s.pos)
	if to >= s.size {
		to = s.size
	}
	if to <= s.pos {
		return false, nil
	}
	// The records up to there; back to here if one ends a line that has no end.
	at, cur, run := s.idxPos-int64(len(s.records)), s.cur, s.run
	for {
		r, ok, err := s.peek()
		if err != nil {
			return false, err
		}
		if !ok || r.offset > to || r.offset == to && r.mark != markChunk {
			break
		}
		if r.mark == MarkStarted || r.mark == MarkExited || r.mark == MarkLost && s.marks {
			if r.offset == s.pos {
				break
			}
			if s.endsLine(r.offset) {
				to = r.offset
				break
			}
			start, err := s.lineStart(s.pos, r.offset)
			if err != nil {
				return false, err
			}
			s.idxPos, s.records, s.recordsEnd, s.cur, s.run = at, nil, false, cur, run
			s.noLeap = r.offset
			if start == s.pos {
				return false, nil
			}
			to = start
			continue
		}
		s.records = s.records[recordSize:]
		if r.mark == markChunk {
			s.cur = r
			s.ofRun(r)
		}
	}
	if to <= s.pos {
		return false, nil
	}
	s.pos = to
	s.moved = true
	s.stride = leastStride // most likely only a line is wanted
	return true, nil
}

// atLineStart reports whether the byte before pos ends a line: a run that ended
// amid one has ended it, and the next begins right there.
func (s *scanner) atLineStart() bool {
	switch i := s.pos - s.bufAt - 1; {
	case s.pos == 0:
		return true
	case i >= 0 && i < int64(s.bufLen):
		return s.buf[i] == '\n'
	}
	return s.endsLine(s.pos)
}

// amid reports whether a line has begun, or was left out the beginning of.
func (s *scanner) amid() bool {
	for i := range s.parts {
		if s.parts[i].open || !s.parts[i].synced {
			return true
		}
	}
	return false
}

// lineStart is where the line begins that the byte before to is in; not before
// from.
func (s *scanner) lineStart(from, to int64) (int64, error) {
	buf := make([]byte, 4096)
	for to > from {
		b := buf[:min(to-from, int64(len(buf)))]
		to -= int64(len(b))
		if _, err := s.log.ReadAt(b, to); err != nil {
			return 0, readError(err)
		}
		if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
			return to + int64(i) + 1, nil
		}
	}
	return from, nil
}
