package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Stream says which of a process's two outputs bytes came from. Everything
// that comes from a terminal is Stdout.
type Stream uint16

// The streams.
const (
	Stdout Stream = 0
	Stderr Stream = 1
)

func (s Stream) String() string {
	if s == Stderr {
		return "stderr"
	}
	return "stdout"
}

// Mark says what a record of the index tells.
type Mark uint16

// The marks.
const (
	markChunk   Mark = 1 // bytes of one stream begin here; the value is the run's number
	MarkStarted Mark = 2 // a run began; the value is its number
	MarkExited  Mark = 3 // a run ended; the value is its code, or minus its signal
	MarkLost    Mark = 4 // output could not be kept; the value is how much, in KiB
)

const (
	formatVersion = 1
	headerSize    = 16
	recordSize    = 24
	flagsAt       = 12 // in the header
)

// The flags of an index. They hold from the beginning of a segment on, until they
// are cleared for good.
const (
	oneStream = 1 << iota // its records are of standard output alone
	evenBytes             // its bytes are printable ASCII, tabs, and line ends
)

// magic begins every index. The bytes that aren't text catch a file that was
// changed by a tool that believes it is.
const magic = "PROXLOG\x1a"

// ErrNewerFormat is what errors about a store of a later version of the
// format wrap. Such a store is never written to.
var ErrNewerFormat = errors.New("the log was written by a newer version of prox")

// errNoIndex means that the file isn't an index, or not a whole header of one.
var errNoIndex = errors.New("not an index")

type record struct {
	time   int64 // Unix time in nanoseconds
	offset int64 // in the segment's bytes
	mark   Mark
	stream Stream
	value  int32
}

func (r record) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.time))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.offset))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(r.mark))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(r.stream))
	return binary.LittleEndian.AppendUint32(dst, uint32(r.value))
}

// parseRecord reads the record that b begins with. It is false for one that
// no writer writes: what a power cut leaves, or damage.
func parseRecord(b []byte) (record, bool) {
	if len(b) < recordSize {
		return record{}, false
	}
	r := record{
		time:   int64(binary.LittleEndian.Uint64(b)),
		offset: int64(binary.LittleEndian.Uint64(b[8:])),
		mark:   Mark(binary.LittleEndian.Uint16(b[16:])),
		stream: Stream(binary.LittleEndian.Uint16(b[18:])),
		value:  int32(binary.LittleEndian.Uint32(b[20:])),
	}
	ok := r.mark >= markChunk && r.mark <= MarkLost && r.stream <= Stderr && r.offset >= 0
	return r, ok
}

func header() []byte {
	b := append(make([]byte, 0, headerSize), magic...)
	b = binary.LittleEndian.AppendUint32(b, formatVersion)
	return binary.LittleEndian.AppendUint32(b, oneStream|evenBytes)
}

// checkHeader reads an index's header, and gives its flags. The error is
// errNoIndex, or wraps ErrNewerFormat, or is one of reading.
func checkHeader(f *os.File) (flags uint32, err error) {
	var b [headerSize]byte
	if _, err := f.ReadAt(b[:], 0); err == io.EOF {
		return 0, errNoIndex
	} else if err != nil {
		return 0, err
	}
	if string(b[:len(magic)]) != magic {
		return 0, errNoIndex
	}
	v := binary.LittleEndian.Uint32(b[len(magic):])
	if v > formatVersion {
		return 0, &NewerError{Path: f.Name(), Version: int(v)}
	}
	return binary.LittleEndian.Uint32(b[flagsAt:]), nil
}

// NewerError is an ErrNewerFormat that says where.
type NewerError struct {
	Path    string
	Version int
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("cannot use %s: %v (format %d, this one knows %d)", e.Path, ErrNewerFormat, e.Version, formatVersion)
}

func (e *NewerError) Unwrap() error { return ErrNewerFormat }

// Hint says what the person can do.
func (e *NewerError) Hint() string { return "use the newer prox, or move the log folder away" }
