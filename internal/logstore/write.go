package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"prox/internal/linefilter"
)

const (
	bufferMax  = 64 << 10         // bytes held back at most
	direct     = 16 << 10         // from this size on, copying costs more than it saves
	recordsMax = 256 * recordSize // index bytes held back at most
	retryEvery = time.Second      // how often a failing store is tried again
	chunkEvery = time.Millisecond // stretches that begin within this share a record
	overlong   = 1 << 20          // how far a segment may grow past its size to end with a whole line
)

// Options bound a store. The zero value of each field means its default.
type Options struct {
	SegmentSize int64         // a new segment is begun at this many bytes; 64 MiB
	SegmentAge  time.Duration // and when its first line is so old; 24 h, below 0: never
	MaxTotal    int64         // of one folder in bytes, oldest segments go first; 1 GiB
	FlushEvery  time.Duration // how long bytes may be held back; 50 ms
}

func (o Options) withDefaults() Options {
	if o.SegmentSize <= 0 {
		o.SegmentSize = 64 << 20
	}
	if o.MaxTotal <= 0 {
		o.MaxTotal = 1 << 30
	}
	if o.SegmentAge == 0 {
		o.SegmentAge = 24 * time.Hour
	}
	if o.FlushEvery <= 0 {
		o.FlushEvery = 50 * time.Millisecond
	}
	o.SegmentSize = min(o.SegmentSize, max(o.MaxTotal/2, 1))
	return o
}

// Writer appends to one folder. Its methods may be called from several
// goroutines. An idle one has no timer and no goroutine running.
type Writer struct {
	dir string
	o   Options

	mu  sync.Mutex // guards everything below
	seg segment

	// What isn't written yet. The index's part always goes first, and bytes
	// that were taken keep their place: after a failed write, the same bytes
	// are tried again at the same offsets.
	index  []byte
	bytes  []byte
	closed bool

	run                int    // 0: none is running
	chunk              record // the last chunk, when hasChunk
	hasChunk, endsLine bool
	untrue             uint32 // flags of the segment that don't hold for what isn't written yet
	cr                 bool   // the last byte is a carriage return

	timer *time.Timer
	armed bool

	unsynced  bool // something was written that may not be on the disk
	syncTimer *time.Timer
	syncing   sync.WaitGroup // of what brings bytes to the disk
	mended    []string

	failed   error     // the last write's, until one succeeds
	retry    time.Time // when to try again; also after a failed rotation
	dropping bool      // bytes have been lost since the failure began
	lost     int64     // bytes, ever
	untold   int64     // of them, those no record tells of yet

	// writeAt is os.File's; tests make it fail.
	writeAt func(f *os.File, p []byte, at int64) (int, error)
}

// Create opens dir for appending, making it when it isn't there, and goes on
// after what is there. A torn end of the index is mended. The error wraps
// ErrNewerFormat when a newer version wrote the last segment. A segment that
// another live Writer holds is left to it, and a new one is begun.
func Create(dir string, o Options) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the log folder: %w", err)
	}
	w := &Writer{dir: dir, o: o.withDefaults(), writeAt: (*os.File).WriteAt, endsLine: true}
	numbers, highest, err := list(dir)
	if err != nil {
		return nil, err
	}
	if len(numbers) > 0 {
		last := numbers[len(numbers)-1]
		var mended string
		w.seg, mended, err = reopen(dir, last)
		if mended != "" {
			w.mended = append(w.mended, mended)
		}
		switch {
		case err == nil && !w.full():
			var b [1]byte
			if _, err := w.seg.log.ReadAt(b[:], w.seg.size-1); err == nil {
				w.cr = b[0] == '\r'
			}
			return w, nil
		case err == nil:
			w.seg.close()
		case errors.Is(err, errNoIndex):
			w.mended = append(w.mended, fmt.Sprintf("%s is missing or damaged: when the lines of %s came is not known, and a new file was begun", idxPath(dir, last), logPath(dir, last)))
		case !errors.Is(err, errBusy) && !errors.Is(err, fs.ErrNotExist): // the last one is compressed
			return nil, err
		}
	}
	if w.seg, err = begin(dir, highest+1); err != nil {
		return nil, err
	}
	w.prune()
	return w, nil
}

// Limit changes the limits of a Writer; those of what is written from now on.
func (w *Writer) Limit(o Options) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.o = o.withDefaults()
}

// Mended says what was found broken when the folder was opened, and mended: a
// sentence for each.
func (w *Writer) Mended() []string { return w.mended }

// Append takes bytes that came at t. They are on disk within FlushEvery, or
// after Flush. When the disk can't take them, as many as fit are held back,
// the rest is lost and counted, and the error says why; the next calls try
// again. p isn't kept.
func (w *Writer) Append(t time.Time, stream Stream, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		w.lost += int64(len(p))
		return fmt.Errorf("cannot write the log: %w", os.ErrClosed)
	}
	if w.failed == nil && (w.full() || w.aged(t)) {
		w.rotate()
	}
	if w.failed != nil && !time.Now().Before(w.retry) || w.failed == nil && len(w.bytes)+len(p) > bufferMax {
		w.flush()
	}
	if w.dropping || w.failed != nil && len(w.index) >= bufferMax {
		return w.drop(len(p))
	}
	w.note(t, stream)
	if w.seg.flags&^w.untrue&evenBytes != 0 && !w.even(p) {
		w.untrue |= evenBytes
	}
	last := p[len(p)-1]
	if w.failed == nil && len(p) >= direct {
		if w.flush() == nil {
			n, err := w.writeAt(w.seg.log, p, w.seg.size)
			w.seg.size += int64(n)
			p = p[n:]
			w.toSync()
			if err != nil {
				_ = w.fail(err) // told by the append below, which finds that it failed
			}
		}
	}
	if len(p) > 0 {
		n := min(len(p), bufferMax-len(w.bytes))
		w.hold(p[:n])
		if n < len(p) {
			w.endsLine = n > 0 && p[n-1] == '\n'
			return w.drop(len(p) - n)
		}
		w.arm(w.o.FlushEvery)
	}
	w.endsLine = last == '\n'
	return nil
}

// MarkStart records that a run began.
func (w *Writer) MarkStart(t time.Time, run int) error {
	return w.mark(record{time: t.UnixNano(), mark: MarkStarted, value: int32(run)}, run)
}

// MarkExit records that a run ended, with a code, or by a signal when that
// isn't 0.
func (w *Writer) MarkExit(t time.Time, run, code int, signal int) error {
	if signal != 0 {
		code = -signal
	}
	return w.mark(record{time: t.UnixNano(), mark: MarkExited, value: int32(code)}, run)
}

func (w *Writer) mark(r record, run int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return fmt.Errorf("cannot write the log: %w", os.ErrClosed)
	}
	w.run, w.endsLine, w.hasChunk = run, true, false
	w.add(r)
	w.arm(w.o.FlushEvery)
	return nil
}

// Flush hands everything held back to the operating system. It doesn't wait
// for the disk.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told(w.flush())
}

// Close flushes and closes. What can't be written then is lost.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	err := w.flush()
	if err == nil {
		err = w.flush() // the record of a loss that the first one was able to add
	}
	w.lost += int64(len(w.bytes))
	w.closed = true
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.syncTimer != nil {
		w.syncTimer.Stop()
	}
	w.syncing.Wait()
	if w.unsynced {
		err = errors.Join(err, w.seg.sync())
	}
	return w.told(errors.Join(err, w.seg.close()))
}

// Lost is how many bytes were not kept, ever.
func (w *Writer) Lost() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

func (w *Writer) told(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write the log: %w", err)
}

// end is the offset of the next byte taken.
func (w *Writer) end() int64 { return w.seg.size + int64(len(w.bytes)) }

// even says whether p goes on with bytes that mean just themselves. A line end
// may come in two parts.
func (w *Writer) even(p []byte) bool {
	if w.cr && p[0] != '\n' {
		return false
	}
	if w.cr = p[len(p)-1] == '\r'; w.cr {
		p = p[:len(p)-1]
	}
	return linefilter.Odd(p) == len(p)
}

// note sees to it that the index tells of bytes that are about to be taken.
func (w *Writer) note(t time.Time, stream Stream) {
	ns := t.UnixNano()
	if stream != Stdout {
		w.untrue |= w.seg.flags & oneStream
	}
	since := ns - w.chunk.time
	if w.hasChunk && w.chunk.stream == stream && since >= 0 && since < int64(chunkEvery) {
		return
	}
	w.chunk = record{time: ns, mark: markChunk, stream: stream, value: int32(w.run)}
	w.hasChunk = true
	w.add(w.chunk)
}

func (w *Writer) add(r record) {
	r.offset = w.end()
	if w.seg.began == 0 {
		w.seg.began = r.time
	}
	w.index = r.append(w.index)
	if len(w.index) >= recordsMax && w.failed == nil {
		w.flush()
	}
}

// hold keeps bytes that fit. The buffer grows with need: a service that says
// little costs little.
func (w *Writer) hold(p []byte) {
	if need := len(w.bytes) + len(p); need > cap(w.bytes) {
		size := 4 << 10
		for size < need {
			size *= 2
		}
		w.bytes = append(make([]byte, 0, size), w.bytes...)
	}
	w.bytes = append(w.bytes, p...)
}

func (w *Writer) drop(n int) error {
	w.dropping = true
	w.lost += int64(n)
	w.untold += int64(n)
	w.hasChunk = false
	return w.told(w.failed)
}

// flush writes what is held back. After a success that ends a failure, the
// record of what was lost is held back.
func (w *Writer) flush() error {
	if w.closed {
		return nil
	}
	if w.untrue &= w.seg.flags; w.untrue != 0 {
		// Before the first byte that makes it untrue.
		flags := w.seg.flags &^ w.untrue
		if _, err := w.writeAt(w.seg.idx, binary.LittleEndian.AppendUint32(nil, flags), flagsAt); err != nil {
			return w.fail(err)
		}
		w.seg.flags, w.untrue = flags, 0
	}
	if len(w.index)+len(w.bytes) > 0 {
		w.toSync()
	}
	if len(w.index) > 0 {
		n, err := w.writeAt(w.seg.idx, w.index, w.seg.idxSize)
		w.seg.idxSize += int64(n)
		w.index = w.index[:copy(w.index, w.index[n:])]
		if err != nil {
			return w.fail(err)
		}
	}
	if len(w.bytes) > 0 {
		n, err := w.writeAt(w.seg.log, w.bytes, w.seg.size)
		w.seg.size += int64(n)
		w.bytes = w.bytes[:copy(w.bytes, w.bytes[n:])]
		if err != nil {
			return w.fail(err)
		}
	}
	if w.failed != nil {
		w.failed = nil
		w.dropping = false
		if w.untold > 0 {
			kib := min((w.untold+1023)/1024, 1<<31-1)
			w.untold = 0
			w.add(record{time: time.Now().UnixNano(), mark: MarkLost, value: int32(kib)})
			w.armed = false
			w.arm(w.o.FlushEvery)
		}
	}
	return nil
}

func (w *Writer) fail(err error) error {
	w.failed = err
	w.retry = time.Now().Add(retryEvery)
	w.armed = false
	w.arm(retryEvery)
	return err
}

func (w *Writer) arm(d time.Duration) {
	if w.armed {
		return
	}
	w.armed = true
	if w.timer == nil {
		w.timer = time.AfterFunc(d, w.tick)
	} else {
		w.timer.Reset(d)
	}
}

func (w *Writer) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
	w.flush() // a failure is told by the next call that loses bytes, and by Flush
}
