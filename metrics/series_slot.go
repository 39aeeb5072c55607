package metrics

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"time"
)

// The file: a header, the ring of seconds, the ring of minutes. A slot's place
// is its time modulo its ring; the time kept in it tells a slot of this turn
// from one of the turn before. All is little-endian.
const (
	magic      = "series 2"
	headerSize = 64
	slotSize   = 72
	fileSize   = headerSize + (fineSlots+coarseSlots)*slotSize
)

func finePlace(at int64) int64 { return headerSize + at%fineSlots*slotSize }

func coarsePlace(at int64) int64 {
	return headerSize + (fineSlots+at/60%coarseSlots)*slotSize
}

func isSeries(f *os.File) bool {
	var b [len(magic)]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return false
	}
	i, err := f.Stat()
	return err == nil && string(b[:]) == magic && i.Size() == fileSize
}

// begin makes an empty series of a file. Most of it is a hole.
func begin(f *os.File) error {
	for _, size := range []int64{0, fileSize} {
		if err := f.Truncate(size); err != nil {
			return err
		}
	}
	_, err := f.WriteAt([]byte(magic), 0)
	return err
}

// slot is what a place in a ring holds: one point, or the sum of several with
// what their mean needs.
type slot struct {
	at, run                    uint32
	span, count                uint16 // seconds; points
	processes, threads         uint16
	files                      int32 // -1 = not known
	cpu, cpuMax, cpuSeconds    float32
	memory, memoryMax, private uint32 // KiB
	read, written              float32
	received, sent             float32
	seconds                    float32 // the weight of all but CPU
}

func slotOf(p Point) slot {
	span := p.Span.Seconds()
	s := slot{
		at: uint32(p.At.Unix()), run: uint32(max(0, p.Run)), span: uint16(min(max(0, math.Round(span)), math.MaxUint16)), count: 1,
		processes: short(p.Processes), threads: short(p.Threads), files: int32(min(max(-1, p.Files), math.MaxInt32)),
		memory: kib(p.Memory), memoryMax: kib(max(p.Memory, p.MemoryMax)), private: kib(p.Private),
		read: float32(p.Read), written: float32(p.Written),
		received: float32(p.Received), sent: float32(p.Sent),
		seconds: float32(max(1, span)),
	}
	if !math.IsNaN(p.CPU) {
		s.cpu, s.cpuMax, s.cpuSeconds = float32(p.CPU), float32(p.CPU), s.seconds
		if !math.IsNaN(p.CPUMax) {
			s.cpuMax = float32(max(p.CPU, p.CPUMax))
		}
	}
	return s
}

func short(n int) uint16 { return uint16(min(max(0, n), math.MaxUint16)) }

func kib(n uint64) uint32 { return uint32(min(n>>10, math.MaxUint32)) }

func (s slot) point() Point {
	p := Point{
		At: time.Unix(int64(s.at), 0), Span: time.Duration(s.span) * time.Second, Run: int(s.run),
		CPU: math.NaN(), CPUMax: math.NaN(),
		Memory: uint64(s.memory) << 10, MemoryMax: uint64(s.memoryMax) << 10, Private: uint64(s.private) << 10,
		Processes: int(s.processes), Threads: int(s.threads), Files: int(s.files),
		Read: float64(s.read), Written: float64(s.written),
		Received: float64(s.received), Sent: float64(s.sent),
	}
	if s.cpuSeconds > 0 {
		p.CPU, p.CPUMax = float64(s.cpu), float64(s.cpuMax)
	}
	return p
}

// with is the sum of s and a later slot: means are weighted by the time that
// they stand for, of what is counted the last is kept.
func (s slot) with(v slot) slot {
	if s.count == 0 {
		return v
	}
	out := v
	out.count = uint16(min(int(s.count)+int(v.count), math.MaxUint16))
	out.span = uint16(min(int(s.span)+int(v.span), math.MaxUint16))
	out.seconds = s.seconds + v.seconds
	out.memory = uint32(mean(float64(s.memory), float64(s.seconds), float64(v.memory), float64(v.seconds)))
	out.memoryMax = max(s.memoryMax, v.memoryMax)
	if v.private == 0 {
		out.private = s.private
	}
	if v.files < 0 {
		out.files = s.files
	}
	out.cpuSeconds = s.cpuSeconds + v.cpuSeconds
	if out.cpuSeconds > 0 {
		out.cpu = float32(mean(float64(s.cpu), float64(s.cpuSeconds), float64(v.cpu), float64(v.cpuSeconds)))
		out.cpuMax = max(s.cpuMax, v.cpuMax)
	}
	out.read, out.written = meanRate(s, s.read, v, v.read), meanRate(s, s.written, v, v.written)
	out.received, out.sent = meanRate(s, s.received, v, v.received), meanRate(s, s.sent, v, v.sent)
	return out
}

// meanRate is the mean of two rates, of which either may not be known.
func meanRate(s slot, a float32, v slot, b float32) float32 {
	switch {
	case math.IsNaN(float64(a)):
		return b
	case math.IsNaN(float64(b)):
		return a
	}
	return float32(mean(float64(a), float64(s.seconds), float64(b), float64(v.seconds)))
}

func mean(a, weightA, b, weightB float64) float64 {
	if weightA+weightB <= 0 {
		return b
	}
	return (a*weightA + b*weightB) / (weightA + weightB)
}

// pack writes the slot with a checksum of itself: a slot that was being
// written when the machine stopped is not read.
func (s slot) pack(b []byte) {
	le := binary.LittleEndian
	le.PutUint32(b[4:], s.at)
	le.PutUint32(b[8:], s.run)
	le.PutUint16(b[12:], s.span)
	le.PutUint16(b[14:], s.count)
	le.PutUint16(b[16:], s.processes)
	le.PutUint16(b[18:], s.threads)
	le.PutUint32(b[20:], uint32(s.files))
	for k, v := range []float32{s.cpu, s.cpuMax, s.cpuSeconds, s.read, s.written, s.seconds} {
		le.PutUint32(b[24+4*k:], math.Float32bits(v))
	}
	le.PutUint32(b[48:], s.memory)
	le.PutUint32(b[52:], s.memoryMax)
	le.PutUint32(b[56:], s.private)
	le.PutUint32(b[60:], math.Float32bits(s.received))
	le.PutUint32(b[64:], math.Float32bits(s.sent))
	le.PutUint32(b[68:], 0)
	le.PutUint32(b, crc32.ChecksumIEEE(b[4:slotSize]))
}

// unpack reads a slot; false when it is empty or torn.
func unpack(b []byte) (slot, bool) {
	le := binary.LittleEndian
	s := slot{
		at: le.Uint32(b[4:]), run: le.Uint32(b[8:]), span: le.Uint16(b[12:]), count: le.Uint16(b[14:]),
		processes: le.Uint16(b[16:]), threads: le.Uint16(b[18:]), files: int32(le.Uint32(b[20:])),
		memory: le.Uint32(b[48:]), memoryMax: le.Uint32(b[52:]), private: le.Uint32(b[56:]),
	}
	for k, v := range []*float32{&s.cpu, &s.cpuMax, &s.cpuSeconds, &s.read, &s.written, &s.seconds} {
		*v = math.Float32frombits(le.Uint32(b[24+4*k:]))
	}
	s.received, s.sent = math.Float32frombits(le.Uint32(b[60:])), math.Float32frombits(le.Uint32(b[64:]))
	return s, s.at != 0 && s.count != 0 && le.Uint32(b) == crc32.ChecksumIEEE(b[4:slotSize])
}
