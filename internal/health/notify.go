package health

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"
)

// Message is what a service says of itself, by the protocol of sd_notify(3).
type Message struct {
	Ready    bool
	Stopping bool
	Watchdog bool   // it lives
	Status   string // for people; one line
}

// ParseNotify reads a datagram: lines of NAME=VALUE. What it does not know it
// passes over.
func ParseNotify(b []byte) Message {
	var m Message
	for line := range strings.Lines(string(b)) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if !ok {
			continue
		}
		switch {
		case name == "READY" && value == "1":
			m.Ready = true
		case name == "STOPPING" && value == "1":
			m.Stopping = true
		case name == "WATCHDOG" && value == "1":
			m.Watchdog = true
		case name == "STATUS":
			m.Status = oneLine(value)
		}
	}
	return m
}

// datagramMost is what systemd takes of one message, too (its NOTIFY_BUFFER_MAX).
const datagramMost = 4096

// Notify is the socket on which a service says of itself how it is.
type Notify struct {
	c    *net.UnixConn
	path string
}

// ListenNotify makes the socket. One that an earlier listener has left is replaced.
func ListenNotify(path string) (*Notify, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot make the notify socket: %w", err)
	}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("cannot make the notify socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("cannot make the notify socket: %w", err)
	}
	return &Notify{c: c, path: path}, nil
}

// Close ends the listening and removes the socket.
func (n *Notify) Close() { _, _ = n.c.Close(), os.Remove(n.path) }

// Serve reports messages until ctx ends, and then closes.
func (n *Notify) Serve(ctx context.Context, report func(Message)) {
	stop := context.AfterFunc(ctx, func() { _ = n.c.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	defer n.Close()
	buf := make([]byte, datagramMost)
	for ctx.Err() == nil {
		k, _, err := n.c.ReadFromUnix(buf)
		if err != nil {
			return // ctx has ended, or nothing will come any more
		}
		report(ParseNotify(buf[:k]))
	}
}
