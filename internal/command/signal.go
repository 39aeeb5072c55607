package cli

import "golang.org/x/sys/unix"

// signalNumber is the number of "SIGTERM" and its kin; 0 when there is none.
func signalNumber(name string) int { return int(unix.SignalNum(name)) }
