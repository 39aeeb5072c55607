package logstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// longest is how much of a line without an end is held in memory before it
// is given out in parts.
const longest = 4 << 20

// leastStride is how much is read at least. Who reads on gets more.
const leastStride = 4 << 10

// lookBack is how many records are looked at to learn whether a stream is amid
// a line. A terminal has no second stream: all of them would be in vain.
const lookBack = 1 << 14

// Line is one line of output, or a mark when Mark isn't 0.
type Line struct {
	Time   time.Time // when its first byte came
	Source string
	Stream Stream
	Run    int    // 0: not known
	Text   []byte // without the line's end
	Length int    // how many bytes that is, also where the query cut the text
	// Partial: the line has no end (yet). If it goes on, the rest follows as
	// another line that is Continued; an empty rest isn't given.
	Partial   bool
	Continued bool
	// Segment and Offset are where its first byte is kept, and never change: no
	// other line of the source has the same.
	Segment int
	Offset  int64

	Mark  Mark // only when the query asks for marks
	Value int  // of the mark: the run, the code or minus the signal, the KiB lost

	cut     bool // its beginning wasn't read: only for counting
	refused bool // its beginning wasn't wanted
}

// part is a line of one stream of which no end was seen yet.
type part struct {
	text    []byte
	time    time.Time
	seg     int   // where text begins
	at      int64 // likewise
	open    bool  // some of the line was seen
	shown   bool  // some of it was given out
	synced  bool  // its beginning was seen
	refused bool  // what was given out wasn't wanted
}

// scanner gives the lines of one source, in order, from a place on and up to
// what was there at the last freeze.
type scanner struct {
	src   Source
	marks bool
	// final: what has no end at the frozen end is given as Partial.
	final bool

	seg        int // 0: none is open
	log        Contents
	idx        *os.File
	size       int64 // bytes of this segment that may be read
	pos        int64 // the next byte
	idxPos     int64 // after what records holds
	records    []byte
	idxBuf     []byte // what records lies in
	recordsEnd bool   // the index has no more for the bytes below size
	cur        record // the chunk that pos is in
	run        int
	parts      [2]part
	spent      int // 1 + the stream whose part.text the last line aliases
	buf        []byte
	bufAt      int64
	bufLen     int
	endSeg     int
	endSize    int64
	top        place       // for lastOf, where the lines end that are wanted; nowhere: at the frozen end
	until      int64       // why they end there
	moved      bool        // bytes were read since it was last cleared
	search     *search     // nil: every line is to be taken apart
	outlook    *outlook    // over this segment; nil: likewise
	noLeap     int64       // up to there it doesn't help
	stride     int64       // how much is read next
	damaged    func(error) // told of what can't be read; nil: nobody asks
	last       time.Time
	together   func(*Line) bool // nil: each line stands alone
	head       Line
	hasHead    bool
	joined     bool // the head goes on with what the line before is part of
}

func newScanner(src Source, marks bool) *scanner {
	s := &scanner{src: src, marks: marks}
	s.sync(true)
	return s
}

func (s *scanner) sync(on bool) {
	for i := range s.parts {
		s.parts[i] = part{text: s.parts[i].text[:0], synced: on}
	}
}

func (s *scanner) close() {
	s.outlook.close()
	s.outlook = nil
	if s.log != nil {
		s.log.Close()
	}
	if s.idx != nil {
		s.idx.Close()
	}
	s.log, s.idx = nil, nil
}

// freeze takes what is on disk now as the end. The sizes are read before the
// index is: every byte below them has its record.
func (s *scanner) freeze() error {
	numbers, _, err := list(s.src.Dir)
	if err != nil || len(numbers) == 0 {
		return err
	}
	last := numbers[len(numbers)-1]
	info, err := os.Stat(logPath(s.src.Dir, last))
	var size int64
	switch {
	case err == nil:
		size = info.Size()
	case os.IsNotExist(err):
		if size, err = packedSize(s.src.Dir, last); os.IsNotExist(err) {
			return nil
		} else if err != nil {
			return readError(err)
		}
	default:
		return readError(err)
	}
	again := s.seg > last
	if s.seg == last && s.log != nil && info != nil {
		mine, err := s.log.Stat()
		again = err == nil && !os.SameFile(mine, info)
	}
	if again {
		// The folder was cleared, and filled again.
		s.close()
		s.seg, s.run = 0, 0
		s.sync(true)
	}
	s.endSeg, s.endSize = last, size
	return nil
}

// open goes to the beginning of segment n.
func (s *scanner) open(n int) error {
	s.close()
	log, err := openContents(s.src.Dir, n)
	if err != nil {
		return err
	}
	info, err := log.Stat()
	var size int64
	if err == nil {
		size, err = log.Size()
	}
	if err != nil {
		log.Close()
		return err
	}
	s.seg, s.log, s.idx = n, log, nil
	s.pos, s.bufLen, s.bufAt = 0, 0, 0
	s.idxPos, s.records, s.recordsEnd = headerSize, nil, false
	s.noLeap = 0
	s.cur = record{mark: markChunk, stream: Stdout, time: info.ModTime().UnixNano()}
	s.size = size
	if n == s.endSeg {
		s.size = min(s.size, s.endSize)
	}
	idx, err := os.Open(idxPath(s.src.Dir, n))
	var flags uint32
	if err == nil {
		flags, err = checkHeader(idx)
	}
	if err == nil {
		s.idx = idx
		if flags&oneStream != 0 {
			// They are true of all that came before, so of the bytes below size.
			size := s.size
			if n == s.top.seg {
				size = min(size, s.top.at)
			}
			s.outlook = s.search.look(s.src.Dir, n, s.log, size, flags&evenBytes != 0)
		}
		return nil
	}
	if idx != nil {
		idx.Close()
	}
	if os.IsNotExist(err) || errors.Is(err, errNoIndex) {
		return nil // the bytes are still worth reading
	}
	s.close()
	return err
}

func readError(err error) error {
	if errors.Is(err, ErrNewerFormat) {
		return err // says enough
	}
	return fmt.Errorf("cannot read the log: %w", err)
}

// advance makes more bytes readable, if there are any before the frozen end.
func (s *scanner) advance() (bool, error) {
	if s.endSeg == 0 {
		return false, nil
	}
	if s.seg == s.endSeg {
		if s.endSize <= s.size {
			return s.moreRecords()
		}
		s.size = s.endSize
		// What was read of the index beyond the bytes may have been mended since.
		s.idxPos -= int64(len(s.records))
		s.records, s.recordsEnd = nil, false
		return true, nil
	}
	if s.log != nil {
		// Another segment has been begun: this one is as long as it gets.
		size, err := s.log.Size()
		if err != nil {
			return false, readError(err)
		}
		if size > s.size {
			s.size = size
			s.idxPos -= int64(len(s.records))
			s.records, s.recordsEnd = nil, false
			return true, nil
		}
	}
	numbers, _, err := list(s.src.Dir)
	if err != nil {
		return false, err
	}
	for _, n := range numbers {
		if n <= s.seg || n > s.endSeg {
			continue
		}
		err := s.open(n)
		if os.IsNotExist(err) {
			continue // deleted to keep the limit
		}
		if _, _, ok := damage(err); ok {
			s.tell(err)
			if s.seg = n; n == s.endSeg {
				s.size = s.endSize
			}
			s.sync(false)
			continue
		}
		if err != nil {
			return false, readError(err)
		}
		return true, nil
	}
	return false, nil
}

// moreRecords makes marks readable that came without a byte: a run that begins
// or ends and says nothing.
func (s *scanner) moreRecords() (bool, error) {
	if s.idx == nil || !s.recordsEnd || len(s.records) >= recordSize {
		return false, nil
	}
	info, err := s.idx.Stat()
	if err != nil {
		return false, fmt.Errorf("cannot read the log's index: %w", err)
	}
	if info.Size()-s.idxPos < recordSize {
		return false, nil
	}
	s.recordsEnd = false
	return true, nil
}

// peek gives the next record of the index.
func (s *scanner) peek() (record, bool, error) {
	for {
		for len(s.records) >= recordSize {
			r, ok := parseRecord(s.records)
			if ok && r.offset >= s.cur.offset {
				return r, true, nil
			}
			s.records = s.records[recordSize:]
		}
		if s.recordsEnd || s.idx == nil {
			return record{}, false, nil
		}
		if s.idxBuf == nil {
			s.idxBuf = make([]byte, 256*recordSize)
		}
		b := s.idxBuf
		n, err := s.idx.ReadAt(b, s.idxPos)
		if err != nil && err != io.EOF {
			return record{}, false, fmt.Errorf("cannot read the log's index: %w", err)
		}
		n = n / recordSize * recordSize
		s.records = b[:n]
		s.idxPos += int64(n)
		s.recordsEnd = n < len(b)
	}
}

// window gives bytes from pos on, at most up to limit.
func (s *scanner) window(limit int64) ([]byte, error) {
	if s.pos < s.bufAt || s.pos >= s.bufAt+int64(s.bufLen) {
		if s.buf == nil {
			s.buf = make([]byte, 64<<10)
		}
		want := min(max(s.stride, leastStride), s.size-s.pos)
		s.stride = min(2*max(s.stride, leastStride), int64(len(s.buf)))
		n, err := s.log.ReadAt(s.buf[:want], s.pos)
		if n == 0 {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // it was cut since
			}
			return nil, readError(err)
		}
		s.bufAt, s.bufLen = s.pos, n
	}
	b := s.buf[s.pos-s.bufAt : s.bufLen]
	if int64(len(b)) > limit-s.pos {
		b = b[:limit-s.pos]
	}
	return b, nil
}

// next gives the next line, or false when there is none before the frozen
// end. The text is valid until the following call.
func (s *scanner) next() (Line, bool, error) {
	if s.spent > 0 {
		p := &s.parts[s.spent-1]
		p.text = p.text[:0]
		if cap(p.text) > 256<<10 {
			p.text = nil
		}
		s.spent = 0
	}
	for {
		if s.log == nil {
			if ok, err := s.advance(); !ok || err != nil {
				return Line{}, false, err
			}
		}
		r, ok, err := s.peek()
		if err != nil {
			return Line{}, false, err
		}
		if ok && r.offset <= s.pos {
			if r.mark == MarkStarted || r.mark == MarkExited {
				// A line doesn't outlast its run.
				if s.dropCut() {
					return Line{cut: true}, true, nil
				}
				if l, ok := s.takePart(); ok {
					return l, true, nil
				}
			}
			s.records = s.records[recordSize:]
			if l, ok := s.apply(r); ok && s.marks {
				return l, true, nil
			}
			continue
		}
		limit := s.size
		if ok {
			limit = min(limit, r.offset)
		}
		if s.pos >= limit {
			if ok, err := s.advance(); err != nil {
				return Line{}, false, err
			} else if ok {
				continue
			}
			if s.final {
				if l, ok := s.takePart(); ok {
					return l, true, nil
				}
			}
			return Line{}, false, nil
		}
		if ok, err := s.leap(); err != nil {
			return Line{}, false, err
		} else if ok {
			continue
		}
		b, err := s.window(limit)
		if _, to, ok := damage(err); ok {
			if l, ok := s.takePart(); ok {
				return l, true, nil
			}
			s.tell(err)
			if to <= s.pos {
				to = s.size
			}
			s.pos = min(to, s.size)
			s.sync(false)
			continue
		}
		if err != nil {
			return Line{}, false, err
		}
		if l, ok := s.feed(b); ok {
			return l, true, nil
		}
	}
}

func (s *scanner) tell(err error) {
	if s.damaged != nil {
		s.damaged(err)
	}
}

// apply takes a record into account; it is true for what a person may want
// to see.
func (s *scanner) apply(r record) (Line, bool) {
	switch r.mark {
	case markChunk:
		s.cur = r
		s.ofRun(r)
		return Line{}, false
	case MarkStarted:
		s.run = int(r.value)
		s.sync(true)
	}
	l := Line{Time: time.Unix(0, r.time), Source: s.src.Name, Run: s.run, Mark: r.mark, Value: int(r.value), Segment: s.seg, Offset: r.offset}
	if r.mark == MarkExited {
		s.sync(true)
	}
	return l, true
}

// ofRun takes the run's number from a chunk. A writer that wasn't told of a
// run writes 0.
func (s *scanner) ofRun(r record) {
	if r.value != 0 {
		s.run = int(r.value)
	}
}

// feed moves over bytes of the current chunk, to the first line's end at most.
func (s *scanner) feed(b []byte) (Line, bool) {
	s.moved = true
	p := &s.parts[s.cur.stream]
	i := bytes.IndexByte(b, '\n')
	if !p.open {
		p.open = true
		p.time, p.seg, p.at = time.Unix(0, s.cur.time), s.seg, s.pos
	}
	if i < 0 {
		s.pos += int64(len(b))
		if p.synced {
			p.text = append(p.text, b...)
			if len(p.text) > longest {
				return s.show(s.cur.stream), true
			}
		}
		return Line{}, false
	}
	s.pos += int64(i) + 1
	text := b[:i]
	if len(p.text) > 0 {
		p.text = append(p.text, text...)
		text = p.text
		s.spent = 1 + int(s.cur.stream)
	}
	l := s.line(s.cur.stream, text)
	l.Continued, l.cut, l.refused = p.shown, !p.synced, p.refused
	p.open, p.shown, p.synced, p.refused = false, false, true, false
	if l.Continued && len(l.Text) == 0 {
		return Line{}, false
	}
	return l, true
}

func (s *scanner) line(stream Stream, text []byte) Line {
	for len(text) > 0 && text[len(text)-1] == '\r' {
		text = text[:len(text)-1]
	}
	p := &s.parts[stream]
	return Line{Time: p.time, Source: s.src.Name, Stream: stream, Run: s.run, Text: text, Length: len(text), Segment: p.seg, Offset: p.at}
}

// show gives what there is of a line that has no end yet.
func (s *scanner) show(stream Stream) Line {
	p := &s.parts[stream]
	l := s.line(stream, p.text)
	l.Partial, l.Continued, l.refused = true, p.shown, p.refused
	p.shown, p.seg, p.at = true, s.seg, s.pos
	s.spent = 1 + int(stream)
	return l
}

// takePart gives a line without an end, if one is there that has something
// not shown yet.
func (s *scanner) takePart() (Line, bool) {
	for i := range s.parts {
		if s.unended(Stream(i)) {
			return s.show(Stream(i)), true
		}
	}
	return Line{}, false
}

// dropCut ends a line whose beginning wasn't read, if there is one.
func (s *scanner) dropCut() bool {
	for i := range s.parts {
		if p := &s.parts[i]; p.open && !p.synced {
			p.open, p.synced = false, true
			return true
		}
	}
	return false
}

// unended says whether a stream has a line without an end of which something
// is to be given out. A carriage return alone most often is half a line's end.
func (s *scanner) unended(stream Stream) bool {
	p := &s.parts[stream]
	return p.open && p.synced && len(bytes.TrimRight(p.text, "\r")) > 0
}
