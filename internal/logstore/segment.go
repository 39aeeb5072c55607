package logstore

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// segment is the one that a Writer appends to.
type segment struct {
	number        int
	log, idx      *os.File
	size, idxSize int64 // bytes written
	flags         uint32
	began         int64 // the time of the first record; 0: there is none
}

var errBusy = errors.New("another writer has this segment")

func (s *segment) close() error { return errors.Join(s.idx.Close(), s.log.Close()) }

// begin makes segment n, or the first later one that nobody else is making.
// The index comes first: readers find a segment by its bytes.
func begin(dir string, n int) (segment, error) {
	const flags = os.O_RDWR | os.O_CREATE | os.O_EXCL
	idx, err := os.OpenFile(idxPath(dir, n), flags, 0o600)
	for os.IsExist(err) {
		n++
		idx, err = os.OpenFile(idxPath(dir, n), flags, 0o600)
	}
	if err != nil {
		return segment{}, fmt.Errorf("cannot begin a log: %w", err)
	}
	// With its header, so that a reader that finds the bytes can tell what they are.
	_, err = idx.Write(header())
	var log *os.File
	if err == nil {
		log, err = os.OpenFile(logPath(dir, n), flags, 0o600)
	}
	if err == nil {
		if err = lock(log); err == nil {
			return segment{number: n, log: log, idx: idx, idxSize: headerSize, flags: oneStream | evenBytes}, nil
		}
		log.Close()
		if errors.Is(err, errBusy) {
			// Another writer found it between its making and its lock.
			idx.Close()
			return begin(dir, n+1)
		}
		os.Remove(log.Name())
	}
	idx.Close()
	os.Remove(idx.Name())
	return segment{}, fmt.Errorf("cannot begin a log: %w", err)
}

// reopen takes segment n to go on with, and mends its index; mended says what
// was done, if anything was. The error may be, or wrap, errBusy, errNoIndex,
// ErrNewerFormat.
func reopen(dir string, n int) (s segment, mended string, err error) {
	s.number = n
	if s.log, err = os.OpenFile(logPath(dir, n), os.O_RDWR, 0); err != nil {
		return s, "", fmt.Errorf("cannot go on with a log: %w", err)
	}
	if s.idx, err = os.OpenFile(idxPath(dir, n), os.O_RDWR, 0); err != nil {
		s.log.Close()
		if os.IsNotExist(err) {
			return s, "", errNoIndex
		}
		return s, "", fmt.Errorf("cannot go on with a log: %w", err)
	}
	flags, err := checkHeader(s.idx)
	if err == nil {
		s.flags = flags
		if err = lock(s.log); err == nil {
			mended, err = s.mend()
		}
	}
	if err != nil {
		s.close()
		return s, "", err
	}
	var b [recordSize]byte
	if s.idxSize > headerSize {
		if _, err := s.idx.ReadAt(b[:], headerSize); err == nil {
			if r, ok := parseRecord(b[:]); ok {
				s.began = r.time
			}
		}
	}
	return s, mended, nil
}

// lock keeps other writers off. It ends with the file, so it can't be left
// behind by a writer that was killed.
func lock(log *os.File) error {
	if err := unix.Flock(int(log.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if err == unix.EWOULDBLOCK {
			return errBusy
		}
		// A file system without locks: then there is no second writer to tell apart.
	}
	return nil
}

// mend removes from the end of the index what a writer that died has left:
// half a record, zeros, records of bytes that never came. Of the latter, the
// marks are kept, because a run did start or end.
func (s *segment) mend() (mended string, err error) {
	info, err := s.log.Stat()
	if err != nil {
		return "", fmt.Errorf("cannot go on with a log: %w", err)
	}
	s.size = info.Size()
	if info, err = s.idx.Stat(); err != nil {
		return "", fmt.Errorf("cannot go on with a log: %w", err)
	}
	total := info.Size()
	end := headerSize + (total-headerSize)/recordSize*recordSize
	var marks []record
	var b [recordSize]byte
	for end > headerSize {
		if _, err := s.idx.ReadAt(b[:], end-recordSize); err != nil {
			return "", fmt.Errorf("cannot read the log's index: %w", err)
		}
		r, ok := parseRecord(b[:])
		if ok && r.offset <= s.size {
			break
		}
		if ok && r.mark != markChunk {
			r.offset = s.size
			marks = append(marks, r)
		}
		end -= recordSize
	}
	s.idxSize = end
	if end == total {
		return "", nil
	}
	if err := s.idx.Truncate(end); err != nil {
		return "", fmt.Errorf("cannot mend the log's index: %w", err)
	}
	cut := total - end - int64(len(marks))*recordSize
	var out []byte
	for i := len(marks) - 1; i >= 0; i-- {
		out = marks[i].append(out)
	}
	n, _ := s.idx.WriteAt(out, end) // a full disk: they are lost, the rest is sound
	s.idxSize += int64(n / recordSize * recordSize)
	return fmt.Sprintf("the end of %s was torn: %d bytes of it that tell of no output were cut off", s.idx.Name(), cut), nil
}

// full says that a new segment is due: not amid a line, unless it is a very
// long one.
func (w *Writer) full() bool {
	size := w.end() + w.seg.idxSize + int64(len(w.index))
	return size >= w.o.SegmentSize && (w.endsLine || size >= w.o.SegmentSize+min(overlong, w.o.SegmentSize))
}

// aged says that a new segment is due for the sake of what MaxAge is counted by:
// a segment goes as a whole.
func (w *Writer) aged(t time.Time) bool {
	return w.o.SegmentAge > 0 && w.endsLine && w.seg.began != 0 && t.UnixNano()-w.seg.began >= int64(w.o.SegmentAge)
}

// rotate goes on in a new segment; when that can't be, in the old one for a
// while.
func (w *Writer) rotate() {
	if !w.retry.IsZero() && time.Now().Before(w.retry) || w.flush() != nil {
		return
	}
	next, err := begin(w.dir, w.seg.number+1)
	if err != nil {
		w.retry = time.Now().Add(retryEvery)
		return
	}
	w.retire(w.seg)
	w.seg = next
	w.hasChunk, w.cr = false, false
	w.prune()
}

// prune deletes the oldest segments until what is left, and the current one
// when it will be full, are within MaxTotal. A reader that has one open
// keeps it.
func (w *Writer) prune() {
	numbers, _, err := list(w.dir)
	if err != nil {
		return // tried again at the next segment
	}
	var total int64
	for i := len(numbers) - 1; i >= 0; i-- {
		n := numbers[i]
		if n >= w.seg.number {
			continue
		}
		total += sizeOf(w.dir, n)
		if total+w.o.SegmentSize > w.o.MaxTotal {
			_ = remove(w.dir, n) // tried again at the next segment
		}
	}
}
