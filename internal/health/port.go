// Package health probes services: it tells when something can be used, and
// whether it still can.
//
// A probe is a function that blocks until its answer is known or its context
// ends; who owns the context ends the probe.
package health

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// The pause between two attempts begins short and grows by a tenth each time,
// so that a service is called ready about a tenth of the time it took later
// than it was, and one that takes for ever costs little.
const (
	portFirst = 20 * time.Millisecond
	portMost  = 250 * time.Millisecond
)

// dialTimeout bounds one attempt; loopback answers at once or not at all.
const dialTimeout = time.Second

// Port blocks until something listens on the TCP port of this machine and
// owned says that it is the service itself and not a stranger. waits is called
// with what it is waiting for whenever that changes. It returns nil when the
// port is ready, or the context's error.
func Port(ctx context.Context, port int, owned func() (bool, string), waits func(why string)) error {
	last := ""
	say := func(why string) {
		if why != last {
			last = why
			waits(why)
		}
	}
	pause := portFirst
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(pause)
		pause = min(pause+pause/10, portMost)
		if listens(ctx, port) {
			ok, whose := owned()
			if ok {
				return nil
			}
			say(fmt.Sprintf("port %d is served by %s, not by it", port, whose))
		} else {
			say(fmt.Sprintf("waiting for it to listen on port %d", port))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// listens tries both loopback addresses: a service may serve only one.
func listens(ctx context.Context, port int) bool {
	d := net.Dialer{Timeout: dialTimeout}
	for _, host := range []string{"127.0.0.1", "::1"} {
		c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			_ = c.Close()
			return true
		}
	}
	return false
}
