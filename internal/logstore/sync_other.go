//go:build !linux

package logstore

import (
	"os"

	"golang.org/x/sys/unix"
)

// toDisk hands the file's bytes to the disk. On macOS the disk may keep them in
// a cache of its own for a moment: having it empty that, as Go's Sync does,
// takes tens of milliseconds, each second, for each service.
func toDisk(f *os.File) error {
	var err error
	c, e := f.SyscallConn()
	if e != nil {
		return e
	}
	if e := c.Control(func(fd uintptr) { err = unix.Fsync(int(fd)) }); e != nil {
		return e
	}
	return err
}
