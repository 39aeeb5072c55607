package record

import (
	"strconv"
	"strings"
	"time"
)

// timeKeys are where programs put when a line was written.
var timeKeys = [...]string{"time", "ts", "timestamp", "@timestamp", "@t", "t", "datetime", "asctime", "date"}

// layouts are how they write it beside RFC 3339. Those that have no zone are in
// the machine's.
var layouts = [...]string{
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05Z0700",
	"2006-01-02 15:04:05 Z07:00",
	"2006-01-02 15:04:05 Z0700",
	"2006-01-02 15:04:05 Z0700 MST",
	"2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05",
	"2006/01/02 15:04:05",
	"02/Jan/2006:15:04:05 -0700",
	time.RFC1123Z,
	time.RFC1123,
	time.UnixDate,
	time.ANSIC,
}

// Time is when the record says that it was written; false when it says nothing
// of it that can be read. Numbers are seconds, milliseconds, microseconds or
// nanoseconds since 1970, whichever gives a time of this century.
func (r Record) Time() (time.Time, bool) {
	_, at := r.time()
	return at, !at.IsZero()
}

// time finds which field has the time; -1 for none.
func (r Record) time() (int, time.Time) {
	for _, key := range timeKeys {
		if i := r.index(key); i >= 0 {
			if at, ok := parseTime(r.Fields[i].Value); ok {
				return i, at
			}
		}
	}
	return -1, time.Time{}
}

func parseTime(s string) (time.Time, bool) {
	const shortest, longest = len("1700000000"), len("Mon, 02 Jan 2006 15:04:05.999999999 -0700")
	if len(s) < shortest || len(s) > longest {
		return time.Time{}, false
	}
	if at, ok := parseUnix(s); ok {
		return at, true
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at, inRange(at)
	}
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return at, inRange(at)
		}
	}
	return time.Time{}, false
}

// parseUnix reads a number of seconds or of parts of them. It takes the digits
// as they stand: a float64 has too few for nanoseconds.
func parseUnix(s string) (time.Time, bool) {
	if strings.ContainsAny(s, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f < 0 || f > 1e19 {
			return time.Time{}, false
		}
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil {
		return time.Time{}, false
	}
	var parts uint64 // of a whole one, in billionths
	if fraction != "" {
		if parts, err = strconv.ParseUint((fraction + "000000000")[:9], 10, 32); err != nil {
			return time.Time{}, false
		}
	}
	for _, unit := range [...]uint64{1, 1e3, 1e6, 1e9} {
		at := time.Unix(int64(n/unit), int64(n%unit*(1e9/unit)+parts/unit))
		if inRange(at) {
			return at, true
		}
	}
	return time.Time{}, false
}

// inRange reports whether a time is one that a log can be of: other numbers
// are not times.
func inRange(at time.Time) bool {
	year := at.UTC().Year()
	return year >= 2000 && year < 2100
}
