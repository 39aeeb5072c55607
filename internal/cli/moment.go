package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// errMoment says which times are understood.
var errMoment = errors.New(`expected how long ago (5m, 2h, 3d), a time (14:30, "yesterday 9:00"), a day (2026-01-31), both, or RFC 3339`)

// moment reads a time as a person gives it: how long before now, a time of
// today or of another day, or RFC 3339. A time of day alone that is still to
// come is meant of yesterday.
func moment(s string, now time.Time) (time.Time, error) {
	s = strings.TrimSpace(s)
	if s == "now" {
		return now, nil
	}
	if ago, ok := longAgo(s); ok {
		return now.Add(-ago), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	day, clock, both := strings.Cut(s, " ")
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	from, known := today, true
	switch strings.ToLower(day) {
	case "today":
	case "yesterday":
		from = today.AddDate(0, 0, -1)
	default:
		d, err := time.ParseInLocation(time.DateOnly, day, now.Location())
		if known = err == nil; known {
			from = d
		}
	}
	switch {
	case known && !both:
		return from, nil
	case !known && both:
		return time.Time{}, errMoment
	case !known:
		clock = s
	}
	h, m, sec, ok := timeOfDay(strings.TrimSpace(clock))
	if !ok {
		return time.Time{}, errMoment
	}
	t := time.Date(from.Year(), from.Month(), from.Day(), h, m, sec, 0, now.Location())
	if !known && t.After(now) {
		t = t.AddDate(0, 0, -1)
	}
	return t, nil
}

// longAgo reads 90s, 5m, 1h30m as Go does, and days and weeks: 3d, 2w.
func longAgo(s string) (time.Duration, bool) {
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return d, true
	}
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			if n, err := strconv.ParseFloat(number, 64); err == nil && n >= 0 && n < 36500 {
				return time.Duration(n * float64(length)), true
			}
		}
	}
	return 0, false
}

// timeOfDay reads 9:00, 14:30 and 14:30:05.
func timeOfDay(s string) (h, m, sec int, ok bool) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Hour(), t.Minute(), t.Second(), true
		}
	}
	return 0, 0, 0, false
}

// momentFlag reads a flag that is a time; zero when it is not given.
func momentFlag(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := moment(s, now)
	if err != nil {
		return t, &exitError{code: exitUsage, err: fmt.Errorf("cannot use %s %q: %w", flag, s, err)}
	}
	return t, nil
}
