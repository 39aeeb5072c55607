package controller

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"prox/config"
	"prox/internal/api"
	"prox/metrics"
)

// What a shell says of a program that it can't run, in the words of dash, bash
// and zsh; and what programs of all kinds say of a port that is taken.
var (
	notFound  = regexp.MustCompile(`(?:^|: )([^\s:]+): (?:command )?not found|command not found: (\S+)`)
	denied    = regexp.MustCompile(`(?:^|: )([^\s:]+): Permission denied`)
	portTaken = regexp.MustCompile(`(?i)EADDRINUSE|address already in use|port \d+ is (?:already )?(?:in use|allocated)`)
	someport  = regexp.MustCompile(`\b[1-9][0-9]{1,4}\b`)
)

// The exit codes of a shell that could not run what it was to run.
const (
	codeNotExecutable = 126
	codeNotFound      = 127
)

// advice says what to do about how the last run ended, as far as that and the
// last lines tell. It looks for who has a port, and takes its time.
func (c *Controller) advice(ctx context.Context, x *api.Explanation, hint, path string) []string {
	e := x.Instance.Exit
	switch {
	case e == nil || x.Instance.Pid != nil || e.Code == 0 || e.Asked != "":
		return nil
	case hint != "":
		return []string{hint}
	case e.Error != "" || e.Signal != "":
		return nil
	}
	said := strings.Join(x.Lines, "\n")
	switch {
	case e.Code == codeNotFound:
		name := cmp.Or(strings.Join(firstMatch(notFound, said), ""), "a program of the command")
		return []string{fmt.Sprintf("the shell did not find %s (exit code %d); not in any folder of PATH: %s", name, codeNotFound, path)}
	case e.Code == codeNotExecutable:
		if m := firstMatch(denied, said); m != nil {
			return []string{fmt.Sprintf("%s is not executable (exit code %d): chmod +x %s, in %s", m[0], codeNotExecutable, m[0], x.Dir)}
		}
	case portTaken.MatchString(said):
		return c.portAdvice(ctx, x, said)
	}
	return nil
}

// firstMatch is what the groups of an expression match, "" left out.
func firstMatch(re *regexp.Regexp, s string) []string {
	m := re.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	return slices.DeleteFunc(m[1:], func(group string) bool { return group == "" })
}

// portAdvice names who has the port that a service could not have. Which one
// that is stands in what it said, in its command, or in its config.
func (c *Controller) portAdvice(ctx context.Context, x *api.Explanation, said string) []string {
	var lines []string
	for line := range strings.Lines(said) {
		if portTaken.MatchString(line) {
			lines = append(lines, line)
		}
	}
	words := someport.FindAllString(strings.Join(lines, "\n")+" "+x.Command, -1)
	if x.Instance.Port != 0 {
		words = append(words, strconv.Itoa(x.Instance.Port))
	}
	for _, word := range words {
		port, err := strconv.Atoi(word)
		if err != nil {
			continue
		}
		h, err := metrics.PortHolder(port)
		if err != nil || h == nil {
			continue // it is no port, or free again
		}
		var who, step string
		if c.do(ctx, func() error { who, step = c.holder(h); return nil }) != nil || who == "" {
			continue
		}
		return []string{fmt.Sprintf("port %d is taken by %s: %s, or give the service another port", port, who, step)}
	}
	return []string{"another process has the port that it wants, or had it: prox doctor looks at the ports of the config"}
}

// pathOf is the PATH that an instance was given for its last run.
func (c *Controller) pathOf(instance string) string {
	at := slices.IndexFunc(c.gave[instance], func(v config.Var) bool { return v.Name == "PATH" })
	if at < 0 {
		return "(not known any more)"
	}
	return c.gave[instance][at].Value
}
