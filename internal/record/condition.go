package record

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Condition is what a field is to be.
type Condition struct {
	Key, Op, Value string
	number         float64
	isNumber       bool
	re             *regexp.Regexp
}

// ParseCondition reads KEY=VALUE, KEY!=VALUE, KEY>=N, KEY<=N, KEY>N, KEY<N and
// KEY~REGEX. KEY alone is that the field is there.
func ParseCondition(s string) (Condition, error) {
	at := strings.IndexAny(s, "=!<>~")
	if at < 0 {
		at = len(s)
	}
	c := Condition{Key: strings.TrimSpace(s[:at])}
	if c.Key == "" {
		return c, fmt.Errorf("expected a field, such as status>=500, found %q", s)
	}
	rest := s[at:]
	for _, op := range []string{"!=", ">=", "<=", "=", ">", "<", "~"} {
		if value, ok := strings.CutPrefix(rest, op); ok {
			c.Op, c.Value = op, strings.TrimSpace(value)
			break
		}
	}
	if c.Op == "" && rest != "" {
		return c, fmt.Errorf("expected =, !=, >=, <=, >, < or ~ after %s, found %q", c.Key, rest)
	}
	var err error
	c.number, err = strconv.ParseFloat(c.Value, 64)
	c.isNumber = err == nil
	switch c.Op {
	case "~":
		if c.re, err = regexp.Compile(c.Value); err != nil {
			return c, fmt.Errorf("cannot use %q: %w", s, err)
		}
	case ">=", "<=", ">", "<":
		if !c.isNumber {
			return c, fmt.Errorf("expected a number after %s%s, found %q", c.Key, c.Op, c.Value)
		}
	}
	return c, nil
}

// Holds reports whether a record is as the condition says. A field that is not
// there is only unlike what it is compared with.
func (c Condition) Holds(r Record) bool {
	value, ok := r.Get(c.Key)
	if !ok {
		return c.Op == "!="
	}
	number, err := strconv.ParseFloat(value, 64)
	switch c.Op {
	case "":
		return true
	case "=":
		return value == c.Value || err == nil && c.isNumber && number == c.number
	case "!=":
		return value != c.Value && !(err == nil && c.isNumber && number == c.number)
	case "~":
		return c.re.MatchString(value)
	}
	if err != nil {
		return false
	}
	switch c.Op {
	case ">=":
		return number >= c.number
	case "<=":
		return number <= c.number
	case ">":
		return number > c.number
	}
	return number < c.number
}
