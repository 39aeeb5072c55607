package metrics

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// socketTables are where the kernel lists the sockets of a network namespace,
// with what reads a line of each (proc(5)).
var socketTables = [...]struct {
	name  string
	proto string
	parse func(line []byte, wanted func(inode uint64) bool) (uint64, Socket, bool)
}{
	{"tcp", "tcp", parseTCP},
	{"tcp6", "tcp", parseTCP},
	{"udp", "udp", parseUDP},
	{"udp6", "udp", parseUDP},
	{"unix", "unix", parseUnix},
}

// readSockets fills in those of the sockets, by inode, that the tables in dir
// have.
func readSockets(dir string, sockets map[uint64]Socket) error {
	wanted := func(inode uint64) bool { _, ok := sockets[inode]; return ok }
	for _, table := range socketTables {
		err := eachLine(dir+table.name, func(line []byte) {
			if inode, s, ok := table.parse(line, wanted); ok {
				s.Proto = table.proto
				sockets[inode] = s
			}
		})
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH), errors.Is(err, unix.EINVAL):
			// A kernel without IPv6, or the process has ended.
		case err != nil:
			return fmt.Errorf("cannot list sockets: %w", err)
		}
	}
	return nil
}

// eachLine calls fn with the lines of a file.
func eachLine(path string, fn func(line []byte)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fn(lines.Bytes())
	}
	return lines.Err()
}

// split puts the first fields of a line into f, and returns how many there are
// and what follows them.
func split(line []byte, f [][]byte) (n int, rest []byte) {
	for n < len(f) {
		line = bytes.TrimLeft(line, " ")
		if len(line) == 0 {
			break
		}
		end := bytes.IndexByte(line, ' ')
		if end < 0 {
			end = len(line)
		}
		f[n], line = line[:end], line[end:]
		n++
	}
	return n, line
}

// TCP's states as the kernel numbers them (include/net/tcp_states.h).
var tcpStates = [...]string{
	1: "established", "syn-sent", "syn-received", "fin-wait-1", "fin-wait-2", "time-wait",
	"closed", "close-wait", "last-ack", "listening", "closing", "syn-received", "unconnected",
}

// parseTCP reads a line of /proc/net/tcp or tcp6: the local and the remote
// address in fields 1 and 2, the state in 3, the inode in 9. A socket that is
// not wanted is seen to be so before the rest is read.
func parseTCP(line []byte, wanted func(uint64) bool) (uint64, Socket, bool) {
	var f [10][]byte
	if n, _ := split(line, f[:]); n < len(f) {
		return 0, Socket{}, false
	}
	inode, err := strconv.ParseUint(string(f[9]), 10, 64)
	if err != nil || !wanted(inode) {
		return 0, Socket{}, false
	}
	local, ok := parseAddress(f[1])
	if !ok {
		return 0, Socket{}, false
	}
	remote, ok := parseAddress(f[2])
	if !ok {
		return 0, Socket{}, false
	}
	state, err := strconv.ParseUint(string(f[3]), 16, 8)
	if err != nil || state == 0 || state >= uint64(len(tcpStates)) {
		return 0, Socket{}, false
	}
	s := Socket{Local: hostPort(local), State: tcpStates[state]}
	if remote.Port() != 0 || !remote.Addr().IsUnspecified() {
		s.Remote = hostPort(remote)
	}
	return inode, s, true
}

// parseUDP reads a line of /proc/net/udp or udp6, which is like TCP's; what is
// closed there is only not connected here.
func parseUDP(line []byte, wanted func(uint64) bool) (uint64, Socket, bool) {
	inode, s, ok := parseTCP(line, wanted)
	if s.State == "closed" {
		s.State = "unconnected"
	}
	return inode, s, ok
}

// parseAddress reads HEX:PORT of /proc/net/tcp: the address in words of 32
// bits, each in the byte order of the machine.
func parseAddress(b []byte) (netip.AddrPort, bool) {
	digits, port, ok := bytes.Cut(b, []byte(":"))
	if !ok {
		return netip.AddrPort{}, false
	}
	p, err := strconv.ParseUint(string(port), 16, 16)
	if err != nil || len(digits) != 8 && len(digits) != 32 {
		return netip.AddrPort{}, false
	}
	var ip [16]byte
	n, err := hex.Decode(ip[:], digits)
	if err != nil {
		return netip.AddrPort{}, false
	}
	for k := 0; k < n; k += 4 {
		binary.NativeEndian.PutUint32(ip[k:], binary.BigEndian.Uint32(ip[k:]))
	}
	addr, ok := netip.AddrFromSlice(ip[:n])
	return netip.AddrPortFrom(addr, uint16(p)), ok
}

// parseUnix reads a line of /proc/net/unix: flags in field 3, the state in 5,
// the inode in 6, then the path, which may hold spaces.
func parseUnix(line []byte, wanted func(uint64) bool) (uint64, Socket, bool) {
	const accepts = 1 << 16 // __SO_ACCEPTCON
	var f [7][]byte
	n, rest := split(line, f[:])
	if n < len(f) {
		return 0, Socket{}, false
	}
	inode, err := strconv.ParseUint(string(f[6]), 10, 64)
	if err != nil || !wanted(inode) {
		return 0, Socket{}, false
	}
	flags, err := strconv.ParseUint(string(f[3]), 16, 32)
	if err != nil {
		return 0, Socket{}, false
	}
	s := Socket{State: "unconnected"}
	switch {
	case flags&accepts != 0:
		s.State = "listening"
	case string(f[5]) == "03":
		s.State = "established"
	}
	path, _ := bytes.CutPrefix(rest, []byte(" "))
	s.Local = string(path)
	return inode, s, true
}
