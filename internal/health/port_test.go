package health

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T, addr string) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("cannot listen on %s: %v", addr, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, l.Addr().(*net.TCPAddr).Port
}

func own() (bool, string) { return true, "" }

func TestPortThatListensIsReady(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		t.Run(addr, func(t *testing.T) {
			t.Parallel()
			_, port := listen(t, addr)
			if err := Port(t.Context(), port, own, func(why string) { t.Errorf("it said %q", why) }); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPortWaitsAndSaysForWhat(t *testing.T) {
	t.Parallel()
	l, port := listen(t, "127.0.0.1:0")
	addr := l.Addr().String()
	_ = l.Close()
	said := make(chan string, 16)
	done := make(chan error, 1)
	go func() { done <- Port(t.Context(), port, own, func(why string) { said <- why }) }()
	if why := <-said; why == "" {
		t.Error("it says nothing")
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("the port was taken meanwhile: %v", err)
	}
	defer l.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(said) > 0 {
		t.Errorf("it said the same again: %q", <-said)
	}
}

func TestStrangersPortIsNotTheServices(t *testing.T) {
	t.Parallel()
	_, port := listen(t, "127.0.0.1:0")
	var said []string
	asked := 0
	err := Port(t.Context(), port, func() (bool, string) {
		asked++
		return asked == 3, "nginx (pid 7)"
	}, func(why string) { said = append(said, why) })
	if err != nil || len(said) != 1 || !strings.Contains(said[0], "nginx (pid 7)") {
		t.Errorf("%v, it said %q", err, said)
	}
}

func TestContextEndsTheProbe(t *testing.T) {
	t.Parallel()
	l, port := listen(t, "127.0.0.1:0")
	_ = l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := Port(ctx, port, own, func(string) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
