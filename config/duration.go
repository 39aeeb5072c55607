package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// durationError says that a text is not a duration.
type durationError struct{ text, why, hint string }

func (e *durationError) Error() string {
	return fmt.Sprintf("expected a duration such as \"5s\", found %q", shorten(e.text)) + e.why
}

func (e *durationError) Hint() string { return e.hint }

func parseDuration(s string) (time.Duration, error) {
	v, err := withDays(s)
	switch {
	case err == nil && strings.Trim(s, "+-0123456789.") == "":
		// time.ParseDuration takes a bare 0.
		return 0, &durationError{text: s, why: ", which has no unit", hint: fmt.Sprintf("write %q", s+"s")}
	case err == nil && v < 0:
		return 0, &durationError{text: s, why: ", which is negative"}
	case err == nil:
		return v, nil
	}
	e := &durationError{text: s}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		e.why, e.hint = ", which has no unit", fmt.Sprintf("write %q", s+"s")
	} else {
		e.hint = durationHint(strings.ToLower(strings.ReplaceAll(s, " ", "")), s)
	}
	return 0, e
}

// errNoDuration is told in the words of durationError only.
var errNoDuration = errors.New("not a duration")

// withDays is time.ParseDuration that knows days too, in front of all else:
// "7d", "1d12h". A day has 24 hours.
func withDays(s string) (time.Duration, error) {
	number, rest, ok := strings.Cut(s, "d")
	if !ok {
		return time.ParseDuration(s)
	}
	if strings.Trim(number, "+-0123456789.") != "" {
		return 0, errNoDuration
	}
	hours, err := time.ParseDuration(number + "h")
	if err != nil {
		return 0, err
	}
	var more time.Duration
	if rest != "" {
		if strings.Trim(rest, "0123456789.") == "" || strings.ContainsAny(rest, "+-") {
			return 0, errNoDuration
		}
		if more, err = time.ParseDuration(rest); err != nil {
			return 0, err
		}
	}
	const most = math.MaxInt64
	switch {
	case hours < 0:
		return hours, nil // told as negative, however much it is
	case hours > most/24 || 24*hours > most-more:
		return 0, errNoDuration
	}
	return 24*hours + more, nil
}

// durationHint knows what people write for a duration elsewhere.
func durationHint(plain, asWritten string) string {
	if _, err := withDays(plain); err == nil && plain != asWritten {
		return fmt.Sprintf("write %q", plain)
	}
	unit := strings.TrimLeft(plain, "0123456789.")
	number := strings.TrimSuffix(plain, unit)
	switch {
	case number == "", strings.ContainsAny(unit, "0123456789"):
	case strings.HasPrefix(unit, "sec"):
		return fmt.Sprintf("write %q", number+"s")
	case strings.HasPrefix(unit, "min"):
		return fmt.Sprintf("write %q", number+"m")
	case strings.HasPrefix(unit, "h"):
		return fmt.Sprintf("write %q", number+"h")
	case strings.HasPrefix(unit, "day"):
		return fmt.Sprintf("write %q", number+"d")
	case unit == "w" || strings.HasPrefix(unit, "week"):
		if weeks, err := strconv.Atoi(number); err == nil && weeks < 10000 {
			return fmt.Sprintf("write \"%dd\"", 7*weeks)
		}
	}
	return ""
}
