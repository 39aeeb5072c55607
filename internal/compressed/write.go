package compressed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	seekable "github.com/SaveTheRbtz/zstd-seekable-format-go/pkg"
	"github.com/klauspost/compress/zstd"
)

// FrameSize is how many bytes are compressed together: of 4 MiB, logs become a
// hundredth smaller, and getting at one line takes four times as long.
const FrameSize = 1 << 20

// File makes a compressed copy of the file from at to, with its time of change.
// There is a whole copy at to afterwards, on the disk, or none. It uses one
// core and some 10 MB of memory.
func File(ctx context.Context, from, to string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("cannot compress: %w", err)
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return fmt.Errorf("cannot compress: %w", err)
	}
	// A name that says it isn't one yet: what is left of a process that died
	// is overwritten by the next that tries.
	half := to + ".tmp"
	dst, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return fmt.Errorf("cannot compress %s: %w", from, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(half)
			err = fmt.Errorf("cannot compress %s: %w", from, err)
		}
	}()
	if err := errors.Join(pack(ctx, dst, src), dst.Sync(), dst.Close()); err != nil {
		return err
	}
	if err := os.Chtimes(half, info.ModTime(), info.ModTime()); err != nil {
		return err
	}
	return os.Rename(half, to)
}

// pack writes all of src to dst, frame by frame.
func pack(ctx context.Context, dst io.Writer, src io.Reader) error {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(FrameSize),
		zstd.WithEncoderCRC(false)) // the table has a checksum of each frame
	if err != nil {
		return err
	}
	defer enc.Close()
	w, err := seekable.NewWriter(dst, enc)
	if err != nil {
		return err
	}
	buf := make([]byte, FrameSize)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(src, buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return w.Close()
		}
		if err != nil {
			return err
		}
	}
}
