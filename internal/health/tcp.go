package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// TCP is good when something accepts connections at an address of host and
// port. Of a host with several addresses, as localhost is, one is enough.
func TCP(addr string) Check {
	return func(ctx context.Context) error {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return fmt.Errorf("tcp %s: %s", addr, cause(err))
		}
		return c.Close()
	}
}

// cause is the innermost reason of a network error: what is around it repeats
// addresses that the caller has named already.
func cause(err error) string {
	var no syscall.Errno
	var dns *net.DNSError
	switch {
	case errors.As(err, &no):
		return no.Error()
	case errors.As(err, &dns):
		return "no such host"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "no answer"
	}
	return err.Error()
}
