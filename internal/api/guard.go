package api

import (
	"net"
	"os"
)

// Guard is a listener that drops every caller but this user and root.
type Guard struct{ *net.UnixListener }

// Accept returns the next permitted connection.
func (g Guard) Accept() (net.Conn, error) {
	for {
		c, err := g.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if uid, err := peerUID(c); err == nil && (uid == os.Getuid() || uid == 0) {
			return c, nil
		}
		_ = c.Close()
	}
}
