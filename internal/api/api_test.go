package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backend answers what it is told to and remembers what it was asked.
type backend struct {
	asked  any
	err    error
	events chan Event
	shim   chan string
}

func (b *backend) Status(context.Context) (*Status, error) {
	return &Status{Project: "shop", Services: []Service{{Name: "api", State: Ready, Instances: []Instance{{Name: "api", State: Ready}}}}}, b.err
}

func (b *backend) Start(_ context.Context, r StartRequest) (*StartResponse, error) {
	b.asked = r
	return &StartResponse{Session: "shop", Started: r.Services, Seq: 7}, b.err
}

func (b *backend) Stop(_ context.Context, r StopRequest) (*StopResponse, error) {
	b.asked = r
	return &StopResponse{Stopped: r.Services}, b.err
}

func (b *backend) Restart(_ context.Context, r RestartRequest) (*StartResponse, error) {
	b.asked = r
	return &StartResponse{Started: r.Services}, b.err
}

func (b *backend) Kill(_ context.Context, r StopRequest) (*StopResponse, error) {
	b.asked = r
	return &StopResponse{Left: []Process{{Pid: 1}}}, b.err
}

func (b *backend) Explain(_ context.Context, name string) (*Explanation, error) {
	b.asked = name
	return &Explanation{Service: name}, b.err
}

func (b *backend) Environment(_ context.Context, name string) (*Environment, error) {
	b.asked = name
	return &Environment{Dir: "/" + name}, b.err
}

func (b *backend) Events(_ context.Context, seq uint64) (<-chan Event, error) {
	b.asked = seq
	return b.events, b.err
}

func (b *backend) Shim(c net.Conn, r *bufio.Reader) {
	line, _ := r.ReadString('\n')
	b.shim <- line
	_ = c.Close()
}

// serve serves b on a socket of the test's own.
func serve(t *testing.T, b *backend) (*Client, string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "api")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: NewHandler(b), ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(Guard{l}) }()
	c := NewClient(func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	})
	t.Cleanup(func() {
		c.Close()
		_ = srv.Close()
		<-served
		_ = os.RemoveAll(dir)
	})
	return c, path
}

func TestRequestsArriveAsTheyWereSent(t *testing.T) {
	t.Parallel()
	b := &backend{}
	c, _ := serve(t, b)
	ctx := t.Context()
	start := StartRequest{Config: "/p/prox.toml", Env: []string{"A=b\nc"}, Services: []string{"api"}, AdHoc: &AdHoc{Name: "x", Argv: []string{"a b"}}}
	if r, err := c.Start(ctx, start); err != nil || r.Seq != 7 || !reflect.DeepEqual(b.asked, start) {
		t.Errorf("%v, %+v, asked %+v", err, r, b.asked)
	}
	stop := StopRequest{Services: []string{"api"}, Now: true}
	if r, err := c.Stop(ctx, stop); err != nil || len(r.Stopped) != 1 || !reflect.DeepEqual(b.asked, stop) {
		t.Errorf("%v, %+v, asked %+v", err, r, b.asked)
	}
	if r, err := c.Kill(ctx, stop); err != nil || len(r.Left) != 1 {
		t.Errorf("%v, %+v", err, r)
	}
	if r, err := c.Restart(ctx, RestartRequest{Services: []string{"api"}}); err != nil || len(r.Started) != 1 {
		t.Errorf("%v, %+v", err, r)
	}
	if s, err := c.Status(ctx); err != nil || s.Project != "shop" || s.Services[0].Instances[0].Pid != nil {
		t.Errorf("%v, %+v", err, s)
	}
	for _, name := range []string{"api", "api.1", "ümläut", "a/b", "a?b#c%"} {
		if x, err := c.Explain(ctx, name); err != nil || x.Service != name {
			t.Errorf("%q: %v, %+v", name, err, x)
		}
		if e, err := c.Environment(ctx, name); err != nil || e.Dir != "/"+name {
			t.Errorf("%q: %v, %+v", name, err, e)
		}
	}
}

func TestErrorsKeepTheirKindAndHint(t *testing.T) {
	t.Parallel()
	for _, want := range []*Error{
		{Kind: KindUsage, Message: "u", HintText: "h"},
		{Kind: KindBadConfig, Message: "b", Problems: []string{"prox.toml:1: x"}},
		{Kind: KindNoService, Message: "n"},
		{Kind: KindPortTaken, Message: "p"},
		{Kind: KindBusy, Message: "y"},
		{Kind: KindInternal, Message: "i"},
	} {
		c, _ := serve(t, &backend{err: want})
		_, err := c.Start(t.Context(), StartRequest{})
		var got *Error
		if !errors.As(err, &got) || !reflect.DeepEqual(got, want) || !IsKind(err, want.Kind) {
			t.Errorf("got %+v, want %+v", err, want)
		}
	}
	c, _ := serve(t, &backend{err: hinted{}})
	_, err := c.Status(t.Context())
	var got *Error
	if !errors.As(err, &got) || got.Kind != KindInternal || got.Hint() != "do this" || err.Error() != "plain" {
		t.Errorf("got %+v", err)
	}
}

type hinted struct{}

func (hinted) Error() string { return "plain" }
func (hinted) Hint() string  { return "do this" }

func TestEventsComeInOrderUntilTheControllerEnds(t *testing.T) {
	t.Parallel()
	b := &backend{events: make(chan Event, 100)}
	for k := range 100 {
		b.events <- Event{Seq: uint64(k + 1), Kind: EventState, Reason: "line\nbreak"}
	}
	close(b.events)
	c, _ := serve(t, b)
	next := uint64(1)
	err := c.Events(t.Context(), 41, func(ev Event) error {
		if ev.Seq != next || ev.Reason != "line\nbreak" {
			t.Errorf("event %d is %+v", next, ev)
		}
		next++
		return nil
	})
	if !errors.Is(err, io.EOF) || next != 101 || b.asked != uint64(41) {
		t.Errorf("%v after %d events since %v", err, next-1, b.asked)
	}
}

func TestEventsEndWithTheirContextAndTheirListener(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, &backend{events: make(chan Event)})
	cause := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, cause)
	defer cancel()
	if err := c.Events(ctx, 0, func(Event) error { return nil }); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	b := &backend{events: make(chan Event, 1)}
	b.events <- Event{Seq: 1}
	c, _ = serve(t, b)
	if err := c.Events(t.Context(), 0, func(Event) error { return cause }); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestShimTakesTheConnectionOver(t *testing.T) {
	t.Parallel()
	b := &backend{shim: make(chan string, 1)}
	_, path := serve(t, b)
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /v1/shim HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: prox-shim/1\r\n\r\nhello\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-b.shim; got != "hello\n" {
		t.Errorf("got %q", got)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 101 ") {
		t.Errorf("%v, %q", err, answer)
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	t.Parallel()
	_, path := serve(t, &backend{})
	for request, want := range map[string]string{
		"POST /v1/start HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n{x}": "HTTP/1.1 400",
		"GET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":                        "HTTP/1.1 404",
		"GET /v1/start HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":                          "HTTP/1.1 405",
		"GET /v1/shim HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":                           "HTTP/1.1 400",
		"\x00\x01\r\n\r\n": "HTTP/1.1 400",
	} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, request)
		answer, _ := io.ReadAll(conn)
		_ = conn.Close()
		if !strings.HasPrefix(string(answer), want) {
			t.Errorf("%q is answered by %q", request, answer)
		}
	}
}

func (b *backend) Scale(context.Context, ScaleRequest) (*ScaleResponse, error) {
	return nil, errors.ErrUnsupported
}

func (b *backend) Reload(context.Context, ReloadRequest) (*ReloadResponse, error) {
	return nil, errors.ErrUnsupported
}

func (b *backend) Series(context.Context, SeriesRequest) (*Metrics, error) {
	return &Metrics{}, nil
}

func (b *backend) Inspect(context.Context, string) (*Inspection, error) {
	return nil, errors.ErrUnsupported
}

func (b *backend) Self(context.Context) (*Self, error) { return nil, errors.ErrUnsupported }

func (b *backend) Look(context.Context) error { return nil }

func (b *backend) Watched() {}

// A controller that is killed takes connections that nobody reads with it: its
// successor is asked, and given the whole request.
func TestAWishIsSaidAgainWhenNobodyHasHeardIt(t *testing.T) {
	t.Parallel()
	b := &backend{}
	_, path := serve(t, b)
	for what, ask := range map[string]func(c *Client) error{
		"status": func(c *Client) error { _, err := c.Status(t.Context()); return err },
		"stop": func(c *Client) error {
			_, err := c.Stop(t.Context(), StopRequest{Services: []string{"api"}})
			return err
		},
		"restart": func(c *Client) error {
			_, err := c.Restart(t.Context(), RestartRequest{Services: []string{"api"}})
			return err
		},
	} {
		dials := 0
		c := NewClient(func(ctx context.Context) (net.Conn, error) {
			if dials++; dials == 1 {
				ours, theirs := net.Pipe()
				_ = theirs.Close()
				return ours, nil
			}
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		})
		if err := ask(c); (err == nil) != (what != "restart") {
			t.Errorf("%s, whose first connection broke: %v", what, err)
		}
		c.Close()
	}
}
