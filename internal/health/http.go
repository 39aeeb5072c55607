package health

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const (
	bodyMost   = 1 << 20 // of a body, what is looked at
	headerMost = 1 << 16
)

// HTTPSpec is what to ask for, and what to be answered.
type HTTPSpec struct {
	URL       string
	Low, High int // the statuses that are good, from and to
	Body      *regexp.Regexp
	Headers   map[string]string
}

// HTTP is good when a GET is answered as it should be. A redirect is an answer
// and not followed; no proxy is used; the certificate of a server on this
// machine is not verified, for a developer's seldom can be. Of the body, 1 MB
// at most is read, and none if none is to match.
func HTTP(s HTTPSpec) Check {
	return func(ctx context.Context) error {
		if err := s.ask(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.URL, err)
		}
		return nil
	}
}

func (s HTTPSpec) ask(ctx context.Context) error {
	u, err := url.Parse(s.URL)
	if err != nil {
		return err
	}
	t := &http.Transport{
		DisableKeepAlives:      true, // a check leaves no connection behind
		DisableCompression:     true,
		MaxResponseHeaderBytes: headerMost,
	}
	if loopback(u.Hostname()) {
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // on this machine only
	}
	defer t.CloseIdleConnections()
	c := http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "prox")
	for name, value := range s.Headers {
		if strings.EqualFold(name, "Host") {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	resp, err := c.Do(req)
	if err != nil {
		return errors.New(cause(unwrapURL(err)))
	}
	defer resp.Body.Close()
	if resp.StatusCode < s.Low || resp.StatusCode > s.High {
		if s.Low == s.High {
			return fmt.Errorf("status %d, wanted %d", resp.StatusCode, s.Low)
		}
		return fmt.Errorf("status %d, wanted %d-%d", resp.StatusCode, s.Low, s.High)
	}
	if s.Body == nil {
		return nil
	}
	body := io.LimitReader(resp.Body, bodyMost)
	if s.Body.MatchReader(bufio.NewReader(body)) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("its body does not match %s", s.Body)
}

// unwrapURL takes off what repeats the method and the URL.
func unwrapURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
