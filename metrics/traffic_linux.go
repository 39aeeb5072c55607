package metrics

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// flows asks the kernel what every TCP connection of this network namespace has
// carried, by inode. Of UDP and of unix sockets it keeps no count.
func flows() (map[uint64]flow, error) {
	all := map[uint64]flow{}
	err := askSockets(connected, func(b []byte) {
		if inode, f, ok := parseFlow(b); ok {
			all[inode] = f
		}
	})
	return all, err
}

// listenersAsked asks the kernel for the listening TCP sockets, as listeners
// tells them. It goes through these only, where /proc/net/tcp costs a walk
// through the table of all connections that there is room for.
func listenersAsked() (map[uint64]int, error) {
	all := map[uint64]int{}
	err := askSockets(listens, func(b []byte) {
		if inode, port, ok := parseListening(b); ok {
			all[inode] = port
		}
	})
	return all, err
}

// askSockets calls fn with what the kernel tells of each TCP socket in one of
// the states (sock_diag(7)); fn must not keep it.
func askSockets(states uint32, fn func(b []byte)) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return fmt.Errorf("cannot ask about sockets: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	// The kernel answers within the call that asks; this is for one that doesn't.
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return fmt.Errorf("cannot ask about sockets: %w", err)
	}
	buf := make([]byte, 32<<10)
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		if err := dump(fd, family, states, buf, fn); err != nil {
			return fmt.Errorf("cannot ask about sockets: %w", err)
		}
	}
	return nil
}

// What linux/netlink.h, sock_diag.h and inet_diag.h lay down.
const (
	headerLen   = 16 // of a message
	requestLen  = headerLen + 56
	socketLen   = 72 // of what is told of each socket, before its attributes
	portAt      = 4  // in that, the byte of most weight first
	inodeAt     = 68
	infoKind    = 2   // INET_DIAG_INFO: an attribute that is a tcp_info
	ackedAt     = 120 // in a tcp_info
	receivedAt  = 128
	byFamily    = 20 // SOCK_DIAG_BY_FAMILY
	attributeAt = 4  // where the value of an attribute begins
)

// The states of sockets to ask for.
const (
	listens = 1 << 10
	// That have an inode and may have carried something: all but syn-received,
	// time-wait and listening.
	connected = 0xfff &^ (1<<3 | 1<<6 | 1<<10 | 1<<12)
)

// dump asks for the sockets of one family.
func dump(fd int, family byte, states uint32, buf []byte, fn func(b []byte)) error {
	var q [requestLen]byte
	ne := binary.NativeEndian
	ne.PutUint32(q[0:], requestLen)
	ne.PutUint16(q[4:], byFamily)
	ne.PutUint16(q[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	q[headerLen], q[headerLen+1], q[headerLen+2] = family, unix.IPPROTO_TCP, 1<<(infoKind-1)
	ne.PutUint32(q[headerLen+4:], states)
	if err := unix.Sendto(fd, q[:], 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		done, err := parseDump(buf[:n], fn)
		if done || err != nil {
			return err
		}
	}
}

// parseDump reads some messages of an answer; done says that it is complete.
func parseDump(b []byte, fn func(b []byte)) (done bool, err error) {
	ne := binary.NativeEndian
	for len(b) >= headerLen {
		n := int(ne.Uint32(b))
		if n < headerLen || n > len(b) {
			return true, unix.EBADMSG
		}
		switch body := b[headerLen:n]; ne.Uint16(b[4:]) {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			if len(body) < 4 {
				return true, unix.EBADMSG
			}
			return true, unix.Errno(-int32(ne.Uint32(body)))
		case byFamily:
			fn(body)
		}
		b = b[min(aligned(n), len(b)):]
	}
	return false, nil
}

// parseListening reads what is told of one socket that listens.
func parseListening(b []byte) (inode uint64, port int, ok bool) {
	if len(b) < socketLen {
		return 0, 0, false
	}
	inode = uint64(binary.NativeEndian.Uint32(b[inodeAt:]))
	return inode, int(binary.BigEndian.Uint16(b[portAt:])), inode != 0
}

// parseFlow reads what is told of one socket.
func parseFlow(b []byte) (inode uint64, f flow, ok bool) {
	if len(b) < socketLen {
		return 0, flow{}, false
	}
	ne := binary.NativeEndian
	inode = uint64(ne.Uint32(b[inodeAt:]))
	for b = b[socketLen:]; len(b) >= attributeAt; {
		n := int(ne.Uint16(b))
		if n < attributeAt || n > len(b) {
			break
		}
		if value := b[attributeAt:n]; ne.Uint16(b[2:]) == infoKind && len(value) >= receivedAt+8 {
			return inode, flow{ne.Uint64(value[receivedAt:]), ne.Uint64(value[ackedAt:])}, inode != 0
		}
		b = b[min(aligned(n), len(b)):]
	}
	return 0, flow{}, false
}

// aligned is where what follows begins.
func aligned(n int) int { return (n + 3) &^ 3 }
