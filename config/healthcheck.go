package config

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The statuses of an HTTP check that says none.
const (
	defaultStatus = "200-399"
	lowestStatus  = 200
	highestStatus = 399
)

const (
	shortestInterval      = Duration(100 * time.Millisecond)
	shortestStartInterval = Duration(10 * time.Millisecond)
)

// kinds of healthchecks, by their keys.
var kinds = []string{"http_get", "tcp", "command", "log", "notify"}

// newHealthcheck has every default in place that does not hang on the kind.
func newHealthcheck() Healthcheck {
	return Healthcheck{
		Interval:      Duration(10 * time.Second),
		Timeout:       Duration(2 * time.Second),
		Retries:       3,
		StartPeriod:   Duration(30 * time.Second),
		StartInterval: Duration(100 * time.Millisecond),
	}
}

// Kind is the key that says how the service is asked: "http_get", "tcp",
// "command", "log" or "notify"; "" when there is no healthcheck.
func (h Healthcheck) Kind() string {
	switch {
	case h.HTTPGet != "":
		return "http_get"
	case h.TCP != "":
		return "tcp"
	case len(h.Command.Argv) > 0:
		return "command"
	case h.Log != "":
		return "log"
	case h.Notify:
		return "notify"
	}
	return ""
}

// Statuses are the lowest and the highest status of an HTTP answer that is a
// healthy one.
func (h Healthcheck) Statuses() (low, high int) {
	if low, high, ok := statuses(h.Status); ok {
		return low, high
	}
	return lowestStatus, highestStatus
}

// statuses reads "200", "200-399" and "2xx".
func statuses(s string) (low, high int, ok bool) {
	if len(s) == 3 && strings.EqualFold(s[1:], "xx") && s[0] >= '1' && s[0] <= '5' {
		low = int(s[0]-'0') * 100
		return low, low + 99, true
	}
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	low, okLow := status(first)
	high, okHigh := status(last)
	return low, high, okLow && okHigh && low <= high
}

func status(s string) (int, bool) {
	if len(s) != 3 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 100 && n <= 599
}

// healthcheck begins with the defaults, which a service without one has not.
func (d *decoder) healthcheck(n *node, key string, dst *Healthcheck) {
	if n.kind == table {
		*dst = newHealthcheck()
		d.table(n, key, reflect.ValueOf(dst).Elem())
		return
	}
	hint := ""
	switch {
	case n.kind == integer && isPort(n.raw):
		hint = "write { " + d.setting("tcp", n.raw) + " }"
	case n.kind == list:
		hint = "write { " + d.setting("command", "[...]") + " }"
	case n.kind == text && n.raw != "":
		hint = "write " + d.pair(meantKind(n.raw), n.raw)
	}
	d.wrong(n, key, "a table", hint)
}

// meantKind is what a single text is as a healthcheck.
func meantKind(s string) string {
	switch {
	case strings.HasPrefix(s, "/"), strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		return "http_get"
	case address(s) != "":
		return "tcp"
	}
	return "command"
}

// address is what tcp may say, as host and port; "" if it is neither.
func address(s string) string {
	host, port := "", s
	if strings.Contains(s, ":") {
		var ok bool
		if host, port, ok = cutPort(s); !ok {
			return ""
		}
	}
	if !isPort(port) {
		return ""
	}
	if host == "" {
		host = "localhost"
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strings.TrimLeft(port, "0")
}

// cutPort cuts "host:port"; a host with colons of its own, an IPv6 address,
// stands in brackets.
func cutPort(s string) (host, port string, ok bool) {
	colon := strings.LastIndexByte(s, ':')
	host, port = s[:colon], s[colon+1:]
	if inner, isBracketed := strings.CutPrefix(host, "["); isBracketed {
		host, ok = strings.CutSuffix(inner, "]")
		return host, port, ok && !strings.ContainsAny(host, "[]/ \t\r\n")
	}
	return host, port, !strings.ContainsAny(host, ":[]/ \t\r\n")
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 1 && n <= 65535 && strings.Trim(s, "0123456789") == ""
}

// healthcheck checks that one kind is asked for, and what belongs to it.
func (c serviceCheck) healthcheck() {
	n := c.n.get("healthcheck")
	if n == nil || n.kind != table {
		return
	}
	c.n, c.key = n, c.key+".healthcheck"
	kind := c.kind()
	h := &c.s.Healthcheck
	if v := c.given("http_get"); v != nil {
		c.httpGet(v)
	}
	if v := c.given("tcp"); v != nil {
		c.tcp(v)
	}
	for _, key := range []string{"body", "log"} {
		if v := c.given(key); v != nil {
			c.expression(v, c.key+"."+key)
		}
	}
	if v := c.given("status"); v != nil {
		c.status(v)
	} else if kind == "http_get" && n.get("status") == nil {
		h.Status = defaultStatus
	}
	for _, key := range []string{"status", "body", "headers"} {
		if kind != "" && kind != "http_get" && n.get(key) != nil {
			c.add(n.find(key).at, c.key+"."+key, "goes with http_get only, found "+kind, "delete it")
		}
	}
	c.atLeast("interval", h.Interval, shortestInterval)
	c.atLeast("start_interval", h.StartInterval, shortestStartInterval)
	if h.Timeout == 0 {
		v := n.get("timeout")
		c.wrong(v, c.key+".timeout", "more than 0", "")
	}
}

// given is a key's text, or a number where that is taken; nil if what is there
// was already found wrong.
func (c serviceCheck) given(key string) *node {
	v := c.n.get(key)
	if v == nil || v.kind != text && (key != "tcp" || v.kind != integer) || strings.ContainsRune(v.raw, 0) {
		return nil
	}
	return v
}

// kind is the only kind that is there; "" after a mistake.
func (c serviceCheck) kind() string {
	var found []string
	for _, f := range c.n.fields {
		if f.key == "notify" && f.value.kind == boolean && !f.value.truth {
			continue
		}
		if slices.Contains(kinds, f.key) {
			found = append(found, f.key)
		} else if slices.Contains(kinds, meantKey(f.key, reflect.TypeFor[Healthcheck]())) {
			return "" // the problem of the unknown key says it
		}
	}
	expected := "expected one of " + strings.Join(kinds, ", ")
	switch len(found) {
	case 0:
		c.add(c.n.at, c.key, expected+", found none of them", "")
		return ""
	case 1:
		return found[0]
	}
	last := len(found) - 1
	c.add(c.n.find(found[1]).at, c.key, expected+", found "+strings.Join(found[:last], ", ")+" and "+found[last], "delete all but one")
	return ""
}

func (c serviceCheck) httpGet(n *node) {
	key := c.key + ".http_get"
	s := n.raw
	u, err := url.Parse(s)
	switch {
	case strings.HasPrefix(s, "/") && err == nil && u.Host == "" && !strings.HasPrefix(s, "//"):
		if c.s.Port == 0 && !c.s.AutoPort {
			c.add(n.at, key, fmt.Sprintf("the path %q needs the service's port", shorten(s)),
				"give the service a port, or write the whole URL: "+strconv.Quote("http://localhost:PORT"+s))
		}
		return
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && (u.Port() == "" || isPort(u.Port())):
		return
	}
	c.wrong(n, key, `a URL or a path such as "/health"`, urlHint(s, err))
}

// urlHint knows what people leave out of a URL.
func urlHint(s string, err error) string {
	var bad *url.Error
	host, rest, _ := strings.Cut(s, "/")
	switch {
	case strings.HasPrefix(s, "http:"), strings.HasPrefix(s, "https:"):
		if errors.As(err, &bad) {
			return bad.Err.Error()
		}
		return `a URL is "http://HOST:PORT/PATH"`
	case strings.Contains(s, "://"):
		return "known are http and https"
	case strings.ContainsAny(s, " \t\r\n"):
		return ""
	case address(host) != "":
		return fmt.Sprintf("write %q", "http://"+address(host)+"/"+rest)
	case host == "":
		return ""
	case host == "localhost", strings.ContainsAny(host, ".:"):
		return fmt.Sprintf("write %q", "http://"+s)
	}
	return fmt.Sprintf("write %q", "/"+s)
}

func (c serviceCheck) tcp(n *node) {
	if a := address(c.s.Healthcheck.TCP); a != "" {
		c.s.Healthcheck.TCP = a
		return
	}
	hint := ""
	switch s := n.raw; {
	case n.kind == integer:
	case strings.Contains(s, "://"):
		if u, err := url.Parse(s); err == nil && address(u.Host) != "" {
			hint = fmt.Sprintf("write %q", u.Host)
		}
	case s != "" && !strings.ContainsAny(s, ":/ \t\r\n") && strings.Trim(s, "-0123456789") != "":
		hint = fmt.Sprintf("write %q", s+":PORT")
	}
	c.wrong(n, c.key+".tcp", `a port from 1 to 65535 or "HOST:PORT"`, hint)
}

func (c serviceCheck) status(n *node) {
	if _, _, ok := statuses(n.raw); ok {
		return
	}
	hint := ""
	plain := strings.Join(strings.Fields(n.raw), "")
	if _, _, ok := statuses(plain); ok {
		hint = fmt.Sprintf("write %q", plain)
	} else if first, last, isRange := strings.Cut(plain, "-"); isRange {
		if _, _, ok := statuses(last + "-" + first); ok {
			hint = fmt.Sprintf("write %q", last+"-"+first)
		}
	}
	c.wrong(n, c.key+".status", `a status such as "200", "2xx" or "200-399"`, hint)
}

// expression reports a text that is no regular expression.
func (c serviceCheck) expression(n *node, key string) {
	if n.raw == "" {
		c.wrong(n, key, "a regular expression", "one that is empty matches everything")
		return
	}
	_, err := regexp.Compile(n.raw)
	if err == nil {
		return
	}
	why, hint := err.Error(), ""
	var bad *syntax.Error
	if errors.As(err, &bad) {
		why = bad.Code.String() + ": " + shorten(bad.Expr)
		// The parser says what is wrong, but not where.
		if strings.Count(n.raw, bad.Expr) == 1 && bad.Expr != n.raw {
			at := strings.Index(n.raw, bad.Expr)
			why = fmt.Sprintf("at character %d: %s", len([]rune(n.raw[:at]))+1, why)
		}
		hint = expressionHint(n.raw, bad)
	}
	c.add(n.at, key, "the regular expression cannot be read: "+why, hint)
}

func expressionHint(written string, bad *syntax.Error) string {
	switch {
	case strings.Contains(written, "(?=") || strings.Contains(written, "(?!") || strings.Contains(written, "(?<=") || strings.Contains(written, "(?<!"):
		return "it cannot look ahead or behind: see https://golang.org/s/re2syntax"
	case bad.Code == syntax.ErrMissingRepeatArgument:
		return `\ before a character makes it mean itself`
	case bad.Code == syntax.ErrMissingParen, bad.Code == syntax.ErrUnexpectedParen:
		return `\( and \) mean the characters themselves`
	case bad.Code == syntax.ErrMissingBracket:
		return `\[ means the character itself`
	}
	return ""
}

func (c serviceCheck) atLeast(key string, d, least Duration) {
	if d < least {
		c.wrong(c.n.get(key), c.key+"."+key, "at least "+least.String(), "")
	}
}
