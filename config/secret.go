package config

import (
	"net/url"
	"strings"
)

// mask stands for a value that is not to be shown. It has one length, because
// a secret's is part of the secret.
const mask = "********"

// Secret reports whether a variable's value is not to be shown, by its name:
// *TOKEN*, *SECRET*, *PASSWORD*, *_KEY and the like.
func Secret(name string) bool {
	upper := strings.ToUpper(name)
	for _, part := range []string{"TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL"} {
		if strings.Contains(upper, part) {
			return true
		}
	}
	for _, end := range []string{"_KEY", "APIKEY", "_PASS", "_PWD", "_AUTH"} {
		if strings.HasSuffix(upper, end) {
			return true
		}
	}
	return false
}

// Masked is a variable's value, fit to be shown: nothing of a secret, and of a
// URL all but its password.
func Masked(name, value string) string {
	if Secret(name) && value != "" {
		return mask
	}
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok || !strings.Contains(rest, "@") {
		return value
	}
	u, err := url.Parse(value)
	if err != nil || u.User == nil {
		return value
	}
	if _, has := u.User.Password(); !has {
		return value
	}
	// As it is written, but for the password: a person compares it by eye.
	user, after, _ := strings.Cut(rest, "@")
	if at := strings.LastIndex(rest[:len(rest)-len(u.Path)], "@"); at > len(user) {
		user, after = rest[:at], rest[at+1:]
	}
	name, _, _ = strings.Cut(user, ":")
	return scheme + "://" + name + ":" + mask + "@" + after
}
