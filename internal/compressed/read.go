package compressed

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"

	seekable "github.com/SaveTheRbtz/zstd-seekable-format-go/pkg"
	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// Reader reads a compressed file. ReadAt may be called by several goroutines.
type Reader struct {
	path  string
	file  *os.File
	unzip *seekable.Reader
	table seekable.SeekTable
}

// decoder is shared by all files: it has no state between frames.
var decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(64<<20), zstd.WithDecoderLowmem(true))
})

// Open opens a file that [File] has made. The error is a *DamagedError when it
// isn't one, or only a part of one.
func Open(path string) (*Reader, error) {
	dec, err := decoder()
	if err != nil {
		return nil, fmt.Errorf("cannot unpack: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &Reader{path: path, file: f}
	if r.unzip, err = seekable.NewReader(f, dec); err == nil {
		r.table, err = r.unzip.SeekTable()
	}
	if err != nil {
		_ = f.Close()
		if _, isFile := errors.AsType[*fs.PathError](err); isFile {
			return nil, err
		}
		return nil, &DamagedError{Path: path, Err: err}
	}
	return r, nil
}

// Size is that of the unpacked bytes.
func (r *Reader) Size() (int64, error) { return int64(r.table.Size()), nil }

// Stat is of the compressed file.
func (r *Reader) Stat() (fs.FileInfo, error) { return r.file.Stat() }

// Close lets go of the file.
func (r *Reader) Close() error { return errors.Join(r.unzip.Close(), r.file.Close()) }

// ReadAt gives unpacked bytes. The error is a *DamagedError when they can't be
// had any more.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if r.whole(p, off) {
		return len(p), nil
	}
	n, err := r.unzip.ReadAt(p, off)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if _, isFile := errors.AsType[*fs.PathError](err); isFile {
		return n, err
	}
	d := &DamagedError{Path: r.path, Err: err}
	if e, ok := r.table.EntryByDecompressedOffset(uint64(off) + uint64(n)); ok {
		d.From, d.To = int64(e.DecompressedOffset), int64(e.DecompressedOffset+uint64(e.DecompressedSize))
	}
	return n, d
}

// whole unpacks a frame right to where it is wanted, if exactly one is. It is
// false when it is not so, or can't be: then the long way says why.
func (r *Reader) whole(p []byte, off int64) bool {
	e, ok := r.table.EntryByDecompressedOffset(uint64(off))
	if !ok || e.DecompressedOffset != uint64(off) || uint64(len(p)) != uint64(e.DecompressedSize) || e.CompressedSize > 2*FrameSize {
		return false
	}
	src, ok := packed.Get().(*[]byte)
	if !ok {
		src = new([]byte)
	}
	defer packed.Put(src)
	*src = slices.Grow((*src)[:0], int(e.CompressedSize))[:e.CompressedSize]
	if _, err := r.file.ReadAt(*src, int64(e.CompressedOffset)); err != nil {
		return false
	}
	dec, err := decoder()
	if err != nil {
		return false
	}
	out, err := dec.DecodeAll(*src, p[:0:len(p)])
	return err == nil && len(out) == len(p) && &out[0] == &p[0] && uint32(xxhash.Sum64(out)) == e.Checksum
}

// packed holds buffers for frames before they are unpacked.
var packed sync.Pool

// DamagedError says that bytes of a file can't be had: it was changed by
// something else, or its disk was.
type DamagedError struct {
	Path     string
	From, To int64 // which of the unpacked bytes; 0, 0: all
	Err      error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged: %v", e.Path, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// Damaged is the stretch of unpacked bytes that is lost; 0, 0 means all.
func (e *DamagedError) Damaged() (from, to int64) { return e.From, e.To }
