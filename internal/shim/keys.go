package shim

import (
	"bytes"
	"syscall"

	"prox/internal/link"
)

// Keys that mean a signal where no line discipline stands in between.
const (
	ctrlC         = 0x03
	ctrlBackslash = 0x1c
)

// key gives what was typed to the service. With nothing running, r and Enter
// ask for a start.
func (s *shim) key(keys []byte) {
	switch {
	case s.run == nil:
		if bytes.ContainsAny(keys, "rR\r\n") {
			s.send(link.FromShim{Wish: &link.Wish{Start: true}})
		}
	case !s.run.spec.PTY:
		if bytes.IndexByte(keys, ctrlC) >= 0 {
			s.signal(int(syscall.SIGINT))
		}
		if bytes.IndexByte(keys, ctrlBackslash) >= 0 {
			s.signal(int(syscall.SIGQUIT))
		}
	default:
		s.run.typed(keys)
	}
}

// signal sends sig to the whole tree. A tree that has just ended needs none.
func (s *shim) signal(sig int) {
	if s.run != nil {
		_ = s.run.process.Signal(syscall.Signal(sig))
	}
}
