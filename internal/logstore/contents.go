package logstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Contents are the bytes of a segment, however they are kept.
type Contents interface {
	io.ReaderAt
	io.Closer
	// Size is how many bytes there are; of a segment that is written to, now.
	Size() (int64, error)
	// Stat is of the file they are kept in.
	Stat() (fs.FileInfo, error)
}

// Unpack opens a compressed segment. A program that reads logs sets it before
// it reads the first, to compressed.Open; one that only writes them leaves it,
// and doesn't pay for a decompressor.
//
// An error about bytes that can't be had has a method Damaged() (from, to
// int64) that says which; 0, 0 means all.
var Unpack func(path string) (Contents, error)

// plainFile is a segment as it was written.
type plainFile struct{ *os.File }

func (f plainFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// openContents opens segment n. The error is fs.ErrNotExist when it was deleted.
func openContents(dir string, n int) (Contents, error) {
	f, err := os.Open(logPath(dir, n))
	if err == nil {
		return plainFile{f}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	// Compressed, perhaps since it was listed. The packed one is there before
	// the plain one goes.
	if Unpack == nil {
		if _, e := os.Stat(packedPath(dir, n)); e == nil {
			return nil, fmt.Errorf("%s is compressed, and this program was built without what reads it", packedPath(dir, n))
		}
		return nil, err
	}
	return Unpack(packedPath(dir, n))
}

// damage is the stretch of a segment's bytes that an error says is lost.
func damage(err error) (from, to int64, ok bool) {
	var d interface{ Damaged() (from, to int64) }
	if !errors.As(err, &d) {
		return 0, 0, false
	}
	from, to = d.Damaged()
	return from, to, true
}

// packedSize is how many bytes a compressed segment has when it is unpacked.
func packedSize(dir string, n int) (int64, error) {
	f, err := openContents(dir, n)
	if _, _, ok := damage(err); ok {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Size()
}
