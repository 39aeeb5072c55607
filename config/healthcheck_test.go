package config

import "testing"

func TestHealthcheckKinds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`http_get = "/x"`:                         "http_get",
		`http_get = "https://[::1]:8443/x?y#z"`:   "http_get",
		`http_get = "HTTP://user:pw@example.com"`: "http_get",
		`tcp = "1"`:                    "tcp",
		`command = "a | b"`:            "command",
		`log = '(?i)listening on \d+'`: "log",
		`notify = true`:                "notify",
	} {
		p, err := load("/x/prox.toml", []byte("[services.a]\ncommand = 'a'\nport = 1\nhealthcheck = { "+text+" }"), Options{}, &problems{file: "/x/prox.toml"})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		h := p.Services[0].Healthcheck
		status := ""
		if want == "http_get" {
			status = "200-399"
		}
		if h.Kind() != want || h.Status != status || h.Retries != 3 {
			t.Errorf("%s is of the kind %q: %+v", text, h.Kind(), h)
		}
	}
	if k := newService("a", "").Healthcheck.Kind(); k != "" {
		t.Errorf("no healthcheck is of the kind %q", k)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[string][2]int{
		"": {200, 399}, "204": {204, 204}, "2xx": {200, 299}, "5XX": {500, 599}, "200-204": {200, 204}, "100-599": {100, 599},
	} {
		if low, high := (Healthcheck{Status: status}).Statuses(); low != want[0] || high != want[1] {
			t.Errorf("%q is %d to %d, want %v", status, low, high, want)
		}
	}
	for _, bad := range []string{"", "99", "600", "204-200", "6xx", "xx", "2xx-3xx", "+20", "200-", "-200", "200,204"} {
		if low, high, ok := statuses(bad); ok {
			t.Errorf("%q is %d to %d", bad, low, high)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"5432": "localhost:5432", ":80": "localhost:80", "db:5432": "db:5432", "127.0.0.1:1": "127.0.0.1:1", "[::1]:65535": "[::1]:65535",
		"": "", "0": "", "65536": "", "db": "", "db:": "", "db:http": "", "::1:80": "", "a b:80": "", "-1": "", "+1": "", "a/b:80": "",
	} {
		if got := address(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
