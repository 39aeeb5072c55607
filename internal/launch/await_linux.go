package launch

import (
	"errors"

	"golang.org/x/sys/unix"
)

// awaitEnd returns when the child has ended, and leaves it to be reaped by
// whoever does that in this process. A child that was reaped meanwhile has
// ended too.
func awaitEnd(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
