package cli

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("somewhere", 3600)
	now := time.Date(2026, 3, 10, 14, 0, 0, 0, zone)
	for text, want := range map[string]string{
		"now":                         "2026-03-10T14:00:00+01:00",
		"5m":                          "2026-03-10T13:55:00+01:00",
		"1h30m":                       "2026-03-10T12:30:00+01:00",
		"1.5d":                        "2026-03-09T02:00:00+01:00",
		"2w":                          "2026-02-24T14:00:00+01:00",
		"9:00":                        "2026-03-10T09:00:00+01:00",
		"14:30":                       "2026-03-09T14:30:00+01:00", // still to come: yesterday's
		"13:59:30":                    "2026-03-10T13:59:30+01:00",
		"today":                       "2026-03-10T00:00:00+01:00",
		"today 14:30":                 "2026-03-10T14:30:00+01:00",
		"yesterday 9:00":              "2026-03-09T09:00:00+01:00",
		"Yesterday":                   "2026-03-09T00:00:00+01:00",
		"2026-01-31":                  "2026-01-31T00:00:00+01:00",
		" 2026-01-31 8:15:01 ":        "2026-01-31T08:15:01+01:00",
		"2026-01-31T08:15:01Z":        "2026-01-31T08:15:01Z",
		"2026-01-31T08:15:01.5+02:00": "2026-01-31T08:15:01.5+02:00",
		"":                            "", "soon": "", "-5m": "", "25:00": "", "tomorrow 9:00": "", "yesterday 9": "", "5": "", "9:00 today": "", "1e99d": "", "2026-02-30": "",
	} {
		got, err := moment(text, now)
		s := ""
		if err == nil {
			s = got.Format(time.RFC3339Nano)
		}
		if s != want {
			t.Errorf("%q is %q (%v), want %q", text, s, err, want)
		}
	}
}

func FuzzMoment(f *testing.F) {
	for _, seed := range []string{"5m", "3d", "14:30", "yesterday 9:00", "2026-01-31", "2026-01-31T08:15:01Z", "now", "1e9w"} {
		f.Add(seed)
	}
	now := time.Date(2026, 3, 10, 14, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := moment(s, now); err == nil && got.IsZero() {
			t.Errorf("%q is no time", s)
		}
	})
}
