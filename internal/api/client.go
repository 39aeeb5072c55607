package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Client talks to one project's controller. It is safe for concurrent use.
type Client struct{ http *http.Client }

// NewClient dials with dial, which knows the way to the controller.
func NewClient(dial func(ctx context.Context) (net.Conn, error)) *Client {
	return &Client{&http.Client{Transport: &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		DisableCompression: true,
	}}}
}

// Close drops connections that are kept for reuse.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status asks for the whole project.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/v1/status", nil)
}

// Watch is Status for somebody who goes on looking: what things cost is looked
// at each second, until some seconds after the last such call.
func (c *Client) Watch(ctx context.Context) (*Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/v1/status?watching", nil)
}

// Look is Status with all that things cost as it is now. It takes as long as
// they take to be looked at: some tens of milliseconds.
func (c *Client) Look(ctx context.Context) (*Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/v1/status?look", nil)
}

// Series asks for what instances cost over a time.
func (c *Client) Series(ctx context.Context, r SeriesRequest) (*Metrics, error) {
	return call[Metrics](ctx, c, http.MethodGet, "/v1/series?"+r.query().Encode(), nil)
}

// Inspect asks for the processes of one instance.
func (c *Client) Inspect(ctx context.Context, instance string) (*Inspection, error) {
	return call[Inspection](ctx, c, http.MethodGet, "/v1/instances/"+url.PathEscape(instance)+"/processes", nil)
}

// Self asks for what prox itself costs.
func (c *Client) Self(ctx context.Context) (*Self, error) {
	return call[Self](ctx, c, http.MethodGet, "/v1/self", nil)
}

// Start asks for services to be up, and returns as soon as that is known.
func (c *Client) Start(ctx context.Context, r StartRequest) (*StartResponse, error) {
	return call[StartResponse](ctx, c, http.MethodPost, "/v1/start", r)
}

// Stop asks for services to be down, and returns when they are.
func (c *Client) Stop(ctx context.Context, r StopRequest) (*StopResponse, error) {
	return call[StopResponse](ctx, c, http.MethodPost, "/v1/stop", r)
}

// Restart asks for a stop and a start, and returns as soon as that is known.
func (c *Client) Restart(ctx context.Context, r RestartRequest) (*StartResponse, error) {
	return call[StartResponse](ctx, c, http.MethodPost, "/v1/restart", r)
}

// Scale asks for a number of instances, and returns as soon as that is known.
func (c *Client) Scale(ctx context.Context, r ScaleRequest) (*ScaleResponse, error) {
	return call[ScaleResponse](ctx, c, http.MethodPost, "/v1/scale", r)
}

// Reload asks for the config to be read again, and what changed to be made so.
func (c *Client) Reload(ctx context.Context, r ReloadRequest) (*ReloadResponse, error) {
	return call[ReloadResponse](ctx, c, http.MethodPost, "/v1/reload", r)
}

// Kill ends everything, the session and the controller too.
func (c *Client) Kill(ctx context.Context, r StopRequest) (*StopResponse, error) {
	return call[StopResponse](ctx, c, http.MethodPost, "/v1/kill", r)
}

// Explain asks for the story of one instance.
func (c *Client) Explain(ctx context.Context, instance string) (*Explanation, error) {
	return call[Explanation](ctx, c, http.MethodGet, "/v1/instances/"+url.PathEscape(instance)+"/explanation", nil)
}

// Environment asks for what a service is given.
func (c *Client) Environment(ctx context.Context, service string) (*Environment, error) {
	return call[Environment](ctx, c, http.MethodGet, "/v1/services/"+url.PathEscape(service)+"/environment", nil)
}

// Events calls fn with each event after seq, until fn returns an error, ctx
// ends or the controller does (io.EOF).
func (c *Client) Events(ctx context.Context, seq uint64, fn func(Event) error) error {
	resp, err := c.send(ctx, http.MethodGet, "/v1/events?since="+strconv.FormatUint(seq, 10), nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	r := bufio.NewReader(resp.Body)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			return err
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var ev Event
		if err := json.Unmarshal([]byte(data), &ev); err != nil {
			return fmt.Errorf("cannot read an event: %w", err)
		}
		if err := fn(ev); err != nil {
			return err
		}
	}
}

// A question whose controller dies while it is asked is asked again, and so is
// a wish that comes to the same when it is carried out twice: all but a restart.
const (
	getRetries = 3
	getPause   = 20 * time.Millisecond
)

// closedIdle is what net/http says of a connection that the other side closed
// before anything was asked on it; it exports no value for that.
const closedIdle = "http: server closed idle connection"

func isBroken(err error) bool {
	if err == nil {
		return false
	}
	for _, broken := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return strings.Contains(err.Error(), closedIdle)
}

func call[T any](ctx context.Context, c *Client, method, path string, body any) (*T, error) {
	resp, err := c.send(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	v := new(T)
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		return nil, fmt.Errorf("cannot read the controller's answer to %s: %w", path, err)
	}
	return v, nil
}

// send returns a response with status 200, or an error.
func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("cannot encode the request: %w", err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://prox"+path, r)
	if err != nil {
		return nil, fmt.Errorf("cannot make the request: %w", err)
	}
	resp, err := c.http.Do(req)
	for try := 1; try <= getRetries && path != "/v1/restart" && isBroken(err) && ctx.Err() == nil; try++ {
		time.Sleep(getPause) // a controller that died is brought back by the next dial
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, fmt.Errorf("cannot make the request: %w", err)
			}
		}
		resp, err = c.http.Do(req)
	}
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // its text names a URL that means nothing to a person
			err = u.Err
		}
		return nil, fmt.Errorf("cannot reach the controller: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	var failed struct {
		Error *Error `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&failed); err != nil || failed.Error == nil {
		return nil, fmt.Errorf("the controller answered %s to %s", resp.Status, path)
	}
	return nil, failed.Error
}
