package config

import (
	"fmt"
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
	v, err := time.ParseDuration(s)
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

// durationHint knows what people write for a duration elsewhere.
func durationHint(plain, asWritten string) string {
	if _, err := time.ParseDuration(plain); err == nil && plain != asWritten {
		return fmt.Sprintf("write %q", plain)
	}
	unit := strings.TrimLeft(plain, "0123456789.")
	number := strings.TrimSuffix(plain, unit)
	switch {
	case number == "":
	case strings.HasPrefix(unit, "sec"):
		return fmt.Sprintf("write %q", number+"s")
	case strings.HasPrefix(unit, "min"):
		return fmt.Sprintf("write %q", number+"m")
	case strings.HasPrefix(unit, "h"):
		return fmt.Sprintf("write %q", number+"h")
	case unit == "d" || strings.HasPrefix(unit, "day"):
		if days, err := strconv.Atoi(number); err == nil && days < 10000 {
			return fmt.Sprintf("write \"%dh\"", 24*days)
		}
	}
	return ""
}
