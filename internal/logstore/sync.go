package logstore

import (
	"errors"
	"time"
)

// syncEvery is how long bytes that were written may be in the memory of the
// operating system alone. With what FlushEvery and the disk add, a machine that
// loses its power loses less than the last second.
const syncEvery = 700 * time.Millisecond

// toSync sees to it that what is being written is on the disk soon.
func (w *Writer) toSync() {
	if w.unsynced || w.closed {
		return
	}
	w.unsynced = true
	if w.syncTimer == nil {
		w.syncTimer = time.AfterFunc(syncEvery, w.sync)
	} else {
		w.syncTimer.Reset(syncEvery)
	}
}

// sync waits for the disk, while others go on writing.
func (w *Writer) sync() {
	w.mu.Lock()
	if w.closed || !w.unsynced {
		w.mu.Unlock()
		return
	}
	w.unsynced = false
	seg := w.seg
	w.syncing.Add(1)
	w.mu.Unlock()
	defer w.syncing.Done()
	// A disk that can't is found out by the writes that follow; what is said
	// of it here is of bytes that nobody can bring any more.
	_ = seg.sync()
}

// retire puts a segment on the disk and closes it, without making anybody wait.
func (w *Writer) retire(seg segment) {
	w.unsynced = false
	w.syncing.Go(func() {
		_ = seg.sync() // as above
		_ = seg.close()
	})
}

// sync brings a segment to the disk: first what the bytes are, then they.
func (s *segment) sync() error {
	return errors.Join(toDisk(s.idx), toDisk(s.log))
}
