package link

import (
	"bufio"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestFramesArriveAsSent(t *testing.T) {
	t.Parallel()
	a, b := net.Pipe()
	from, to := New(a, nil), New(b, nil)
	defer func() { _ = from.Close(); _ = to.Close() }()
	// Longer than the reader's buffer: an environment is.
	sent := ToShim{Start: &Start{Run: 3, Spec: Spec{Argv: []string{"api"}, Env: []string{"X=" + strings.Repeat("y", 100_000)}, StopTimeout: time.Second}}}
	go func() {
		if err := from.Send(sent); err != nil {
			t.Error(err)
		}
	}()
	var got ToShim
	if err := to.Receive(&got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, sent) {
		t.Errorf("got another frame than was sent: run %d, %d bytes of environment", got.Start.Run, len(got.Start.Spec.Env[0]))
	}
}

func TestReceiveEndsWithThePeer(t *testing.T) {
	t.Parallel()
	a, b := net.Pipe()
	l := New(b, nil)
	_ = a.Close()
	var m ToShim
	if err := l.Receive(&m); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want EOF", err)
	}
}

func TestAnEndlessLineIsRefused(t *testing.T) {
	t.Parallel()
	l := New(nil, bufio.NewReader(endless{}))
	var m ToShim
	if err := l.Receive(&m); !errors.Is(err, ErrFrameTooLong) {
		t.Errorf("got %v, want %v", err, ErrFrameTooLong)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
