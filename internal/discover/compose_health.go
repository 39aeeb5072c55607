package discover

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// alwaysFails is what people end a check with to turn any failure into a 1,
// which is all the same to prox.
var alwaysFails = onDemand(`\s*\|\|\s*(exit\s+[1-9][0-9]*|false)\s*;?\s*$`)

// test is the command of a service's healthcheck: words that are run as they
// are, or one text for a shell; neither if there is none.
func (s *composeService) test() (words []string, script string) {
	check := s.node.Get("healthcheck")
	if off, _ := check.Get("disable").Truth(); off {
		return nil, ""
	}
	test := check.Get("test")
	if !test.IsList() {
		return nil, alwaysFails().ReplaceAllString(strings.TrimSpace(test.Scalar()), "")
	}
	all := test.Scalars()
	switch {
	case len(all) < 2:
		return nil, ""
	case all[0] == "CMD":
		return all[1:], ""
	case all[0] == "CMD-SHELL":
		return nil, alwaysFails().ReplaceAllString(strings.TrimSpace(all[1]), "")
	}
	return nil, ""
}

// checkInside has the service asked as docker does it: inside of the container.
func (s *composeService) checkInside(to *Service) bool {
	words, script := s.test()
	if words == nil && script == "" {
		return false
	}
	command := s.docker() + " exec -T " + shellWord(s.name)
	if words == nil {
		if words = strings.Fields(script); !isPlainScript(script) {
			words = []string{"sh", "-c", script}
		}
	}
	for _, word := range words {
		command += " " + s.shellWord(word)
	}
	to.Set("healthcheck.command", command)
	s.checkTimes(to)
	// Each check starts a program in the container, which takes its time and
	// should not happen ten times a second.
	for _, longer := range []Setting{{Key: "healthcheck.timeout", Value: "10s"}, {Key: "healthcheck.start_interval", Value: "1s"}} {
		if to.Get(longer.Key) == nil {
			to.put(longer)
		}
	}
	to.Set("on_unhealthy", "report") // docker restarts nothing for it
	return true
}

// plainScript is a text in which a shell has nothing to do but to part words.
var plainScript = onDemand(`^([A-Za-z0-9_./:@,+%= -]|\$\{[A-Za-z0-9_:-]+\})+$`)

func isPlainScript(script string) bool {
	first, _, _ := strings.Cut(script, " ")
	return plainScript().MatchString(script) && !strings.Contains(first, "=") && !slices.Contains([]string{"exit", "test", "[", "if", "for", "while", ":", "true"}, first)
}

// checkOutside has a service that runs on this machine asked from here.
func (s *composeService) checkOutside(to *Service) {
	words, script := s.test()
	if words == nil && script == "" {
		return
	}
	asked := words
	if asked == nil && isPlainScript(script) {
		asked = strings.Fields(script)
	}
	if u := urlOfCheck(asked); u != "" {
		to.Set("healthcheck.http_get", u)
	} else if words != nil {
		var parts []string
		for _, word := range words {
			parts = append(parts, s.shellWord(word))
		}
		to.Set("healthcheck.command", strings.Join(parts, " "))
	} else {
		to.Set("healthcheck.command", strings.ReplaceAll(script, "$$", "$"))
	}
	s.checkTimes(to)
}

// harmlessFlag are those of curl and wget that change nothing of what is asked.
var harmlessFlag = onDemand(`^(-[fsSLqO]+|-nv|-|--fail|--silent|--show-error|--location|--quiet|--no-verbose|--spider|--tries=\d+|--timeout=\d+|--output|-o|/dev/null|--output-document=(-|/dev/null)|-T|-t|--max-time|-m|--connect-timeout|\d+)$`)

// urlOfCheck is the URL that a command asks this machine for, if that is all
// it does.
func urlOfCheck(words []string) string {
	if len(words) < 2 || words[0] != "curl" && words[0] != "wget" {
		return ""
	}
	found := ""
	for _, word := range words[1:] {
		u, err := url.Parse(word)
		switch {
		case harmlessFlag().MatchString(word):
		case err != nil || found != "" || strings.Contains(word, "$"):
			return ""
		case (u.Scheme == "http" || u.Scheme == "https") && slices.Contains([]string{"localhost", "127.0.0.1", "0.0.0.0"}, u.Hostname()):
			found = strings.Replace(word, "0.0.0.0", "localhost", 1)
		default:
			return ""
		}
	}
	return found
}

func (s *composeService) checkTimes(to *Service) {
	check := s.node.Get("healthcheck")
	for _, key := range []string{"interval", "timeout", "start_period", "start_interval"} {
		if value := s.duration(check.Get(key).Scalar(), key != "start_period"); value != "" {
			to.Set("healthcheck."+key, value)
		}
	}
	if n, ok := check.Get("retries").Int(); ok && n > 0 {
		to.Set("healthcheck.retries", min(n, 1000))
	}
}

// duration is one of docker's as prox writes it; "" if it says nothing.
func (s *composeService) duration(text string, positive bool) string {
	value, _ := s.static(text)
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || positive && d < 100*time.Millisecond {
		return ""
	}
	if value == text {
		return text
	}
	return s.text(text)
}
