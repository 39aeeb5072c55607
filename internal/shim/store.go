package shim

import (
	"strings"
	"sync"
	"time"

	"prox/internal/link"
	"prox/internal/logstore"
)

// flushEvery is how long output may be held back from the log: less than it
// takes a person to ask for it.
const flushEvery = 10 * time.Millisecond

// store keeps the output of all runs. A log that can't be written never stops
// the service: the loss is counted and told.
type store struct {
	w      *logstore.Writer // nil when it could not be opened
	err    error            // why
	losses chan<- link.Loss

	mu   sync.Mutex // guards told
	told int64      // bytes lost that have been told
}

func openStore(spec link.Spec, losses chan<- link.Loss) *store {
	w, err := logstore.Create(spec.Logs, storeOptions(spec))
	if err != nil {
		return &store{err: err, losses: losses}
	}
	return &store{w: w, losses: losses}
}

func storeOptions(spec link.Spec) logstore.Options {
	return logstore.Options{FlushEvery: flushEvery, SegmentSize: spec.LogSize, MaxTotal: spec.LogTotal, SegmentAge: spec.LogAge}
}

// limit is for a run that is given other limits than the one before.
func (s *store) limit(spec link.Spec) {
	if s.w != nil {
		s.w.Limit(storeOptions(spec))
	}
}

// mended says what of the log was broken; "" when nothing was.
func (s *store) mended() string {
	if s.w == nil {
		return ""
	}
	return strings.Join(s.w.Mended(), "; ")
}

// close brings everything to the disk.
func (s *store) close() {
	if s == nil || s.w == nil {
		return
	}
	_ = s.w.Close() // nobody is left to tell; what was lost before was told
}

func (s *store) append(stream logstore.Stream, p []byte) {
	if s.w == nil {
		return
	}
	if err := s.w.Append(time.Now(), stream, p); err != nil {
		s.lost(err)
	}
}

// lost tells the loop once, and again when it has grown tenfold: a full disk
// must not become a flood of messages.
func (s *store) lost(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.w.Lost()
	if n < 10*s.told || n == 0 {
		return
	}
	select {
	case s.losses <- link.Loss{Bytes: n, Why: err.Error()}:
		s.told = n
	default:
	}
}

func (s *store) started(run int) {
	if s.w != nil {
		if err := s.w.MarkStart(time.Now(), run); err != nil {
			s.lost(err)
		}
	}
}

// ended marks the end of a run; everything before it is on disk afterwards.
func (s *store) ended(run, code, signal int) {
	if s.w == nil {
		return
	}
	err := s.w.MarkExit(time.Now(), run, code, signal)
	if err == nil {
		err = s.w.Flush()
	}
	if err != nil {
		s.lost(err)
	}
}
