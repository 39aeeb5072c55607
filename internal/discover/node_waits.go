package discover

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// waitTargets are the ports and addresses that wait-on is to wait for; nil if
// it waits for something else, too.
func waitTargets(c invocation) []string {
	var all []string
	for words := c.argv[1:]; len(words) > 0; {
		word := words[0]
		words = words[1:]
		if strings.HasPrefix(word, "-") {
			if !strings.Contains(word, "=") && slices.Contains([]string{"-t", "--timeout", "-d", "--delay", "-i", "--interval", "-s", "--simultaneous", "-w", "--window", "--httpTimeout", "--tcpTimeout", "-c", "--config"}, word) && len(words) > 0 {
				words = words[1:]
			}
			continue
		}
		if _, _, ok := waitPort(word); !ok {
			return nil
		}
		all = append(all, word)
	}
	return all
}

// waitPort is the local port that wait-on is to wait for, and the path for
// which it asks there; "" = it only connects.
func waitPort(target string) (port int, path string, ok bool) {
	scheme, rest, found := strings.Cut(target, ":")
	switch scheme {
	case "tcp":
		if at := strings.LastIndexByte(rest, ':'); at >= 0 {
			if host := strings.Trim(rest[:at], "[]/"); !isLocal(host) {
				return 0, "", false
			}
			rest = rest[at+1:]
		}
		port, err := strconv.Atoi(rest)
		return port, "", found && err == nil && port > 0 && port < 1<<16
	case "http", "https", "http-get", "https-get":
		u, err := url.Parse(strings.Replace(target, "-get", "", 1))
		if err != nil || !isLocal(u.Hostname()) {
			return 0, "", false
		}
		port, err := strconv.Atoi(u.Port())
		if u.Port() == "" {
			return 0, "", false
		}
		path := u.RequestURI()
		if path == "/" || scheme[:4] != "http" || strings.HasPrefix(scheme, "https") {
			path = ""
		}
		return port, path, err == nil && port > 0 && port < 1<<16
	}
	return 0, "", false
}

func isLocal(host string) bool {
	return slices.Contains([]string{"localhost", "127.0.0.1", "0.0.0.0", "::1", ""}, host)
}
