package logstore

import (
	"os"

	"golang.org/x/sys/unix"
)

// toDisk waits until the file's bytes are on the disk; when it was changed is
// left to the system.
func toDisk(f *os.File) error {
	var err error
	c, e := f.SyscallConn()
	if e != nil {
		return e
	}
	if e := c.Control(func(fd uintptr) { err = unix.Fdatasync(int(fd)) }); e != nil {
		return e
	}
	return err
}
