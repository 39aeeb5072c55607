package record

import (
	"fmt"
	"testing"
	"time"
)

func TestTime(t *testing.T) {
	t.Parallel()
	utc := time.Date(2026, 1, 2, 12, 0, 1, 250_000_000, time.UTC)
	local := time.Date(2026, 1, 2, 12, 0, 1, 250_000_000, time.Local)
	whole := utc.Truncate(time.Second)
	for line, want := range map[string]time.Time{
		`{"time":"2026-01-02T12:00:01.25Z"}`:                         utc,
		`{"ts":"2026-01-02T14:00:01.250+02:00"}`:                     utc,
		`{"@timestamp":"2026-01-02T14:00:01,250+0200"}`:              utc,
		`{"timestamp":"2026-01-02 12:00:01.25 +0000 UTC"}`:           utc,
		`{"time":"2026-01-02 12:00:01.25Z"}`:                         utc,
		`{"time":"2026-01-02T12:00:01.25"}`:                          local,
		`{"asctime":"2026-01-02 12:00:01,250"}`:                      local,
		`{"time":"2026/01/02 12:00:01.250"}`:                         local,
		`{"time":"02/Jan/2026:12:00:01 +0000"}`:                      whole,
		`{"date":"Fri, 02 Jan 2026 12:00:01 +0000"}`:                 whole,
		`{"ts":1767355201.25}`:                                       utc,
		`{"ts":1767355201}`:                                          whole,
		`{"ts":"1767355201"}`:                                        whole,
		`{"ts":1.76735520125e9}`:                                     utc,
		`{"time":1767355201250}`:                                     utc,
		`{"time":1767355201250.000001}`:                              utc.Add(time.Nanosecond),
		`{"time":1767355201250000}`:                                  utc,
		`{"time":1767355201250000001}`:                               utc.Add(time.Nanosecond),
		`{"t":"soon","time":"later","ts":1767355201}`:                whole,
		`time=2026-01-02T12:00:01.25Z level=info`:                    utc,
		`{"time":"soon"}`:                                            {},
		`{"time":12}`:                                                {},
		`{"time":-1767355201250}`:                                    {},
		`{"time":99999999999999999999}`:                              {},
		`{"time":-1.767355201e9}`:                                    {},
		`{"time":"1767355201x"}`:                                     {},
		`{"time":"1767355201.x"}`:                                    {},
		`{"time":"1767355201.1e999"}`:                                {},
		`{"time":1e300000000000}`:                                    {},
		`{"time":"0001-01-01T00:00:00Z"}`:                            {},
		`{"time":"2026-01-02T25:00:01Z"}`:                            {},
		`{"time":{"year":2026}}`:                                     {},
		`{"a":1}`:                                                    {},
		`{"time":"2026-01-02T12:00:01Z and a great deal more text"}`: {},
	} {
		r, ok := Parse([]byte(line))
		if !ok {
			t.Fatalf("%s is no record", line)
		}
		got, ok := r.Time()
		if !got.Equal(want) || ok != !want.IsZero() {
			t.Errorf("%s is of %v (%t), want %v", line, got, ok, want)
		}
	}
}

// Whatever number a program writes for a moment, it is the same moment.
func TestTimeInAnyUnit(t *testing.T) {
	t.Parallel()
	for at := time.Date(2001, 1, 1, 0, 0, 0, 123_456_789, time.UTC); at.Year() < 2099; at = at.Add(1234567 * time.Minute) {
		for unit, shown := range map[time.Duration]string{
			time.Second:      fmt.Sprintf("%d.%09d", at.Unix(), at.Nanosecond()),
			time.Millisecond: fmt.Sprintf("%d.%06d", at.UnixMilli(), at.Nanosecond()%1e6),
			time.Microsecond: fmt.Sprintf("%d.%03d", at.UnixMicro(), at.Nanosecond()%1e3),
			time.Nanosecond:  fmt.Sprint(at.UnixNano()),
		} {
			if got, ok := parseTime(shown); !ok || !got.Equal(at) {
				t.Errorf("%s in units of %v is %v, want %v", shown, unit, got, at)
			}
		}
	}
}

func FuzzTime(f *testing.F) {
	for _, seed := range []string{"1767355201.25", "1.7e9", "2026-01-02T12:00:01Z", "Fri, 02 Jan 2026 12:00:01 +0000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if at, ok := parseTime(s); ok != inRange(at) {
			t.Errorf("%q is %v (%t)", s, at, ok)
		}
	})
}
