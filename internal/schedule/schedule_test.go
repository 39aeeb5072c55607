package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests' zones, whatever the computer has

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func parse(t testing.TB, expr string) Schedule {
	t.Helper()
	s, err := Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const layout = "2006-01-02 15:04:05 MST"

// three are the next three times.
func three(s Schedule, after time.Time) string {
	var all []string
	for range 3 {
		after = s.Next(after)
		all = append(all, after.Format(layout))
	}
	return strings.Join(all, ", ")
}

func TestNext(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 4, 12, 34, 56, 789, time.UTC) // a Wednesday
	for _, c := range []struct{ expr, want string }{
		{"*/5 * * * *", "2026-11-04 12:35:00 UTC, 2026-11-04 12:40:00 UTC, 2026-11-04 12:45:00 UTC"},
		{"* * * * *", "2026-11-04 12:35:00 UTC, 2026-11-04 12:36:00 UTC, 2026-11-04 12:37:00 UTC"},
		{"34 12 * * *", "2026-11-05 12:34:00 UTC, 2026-11-06 12:34:00 UTC, 2026-11-07 12:34:00 UTC"},
		{"0 8-18/5,20 * * *", "2026-11-04 13:00:00 UTC, 2026-11-04 18:00:00 UTC, 2026-11-04 20:00:00 UTC"},
		{"30 2 * * Mon-FRI", "2026-11-05 02:30:00 UTC, 2026-11-06 02:30:00 UTC, 2026-11-09 02:30:00 UTC"},
		{"0 0 * * fri-mon", "2026-11-06 00:00:00 UTC, 2026-11-07 00:00:00 UTC, 2026-11-08 00:00:00 UTC"},
		{"0 0 * * 7", "2026-11-08 00:00:00 UTC, 2026-11-15 00:00:00 UTC, 2026-11-22 00:00:00 UTC"},
		{"0 0 1 jan,jul *", "2027-01-01 00:00:00 UTC, 2027-07-01 00:00:00 UTC, 2028-01-01 00:00:00 UTC"},
		{"0 0 31 * *", "2026-12-31 00:00:00 UTC, 2027-01-31 00:00:00 UTC, 2027-03-31 00:00:00 UTC"},
		{"0 0 29 2 *", "2028-02-29 00:00:00 UTC, 2032-02-29 00:00:00 UTC, 2036-02-29 00:00:00 UTC"},
		{"0 0 13 * fri", "2026-11-06 00:00:00 UTC, 2026-11-13 00:00:00 UTC, 2026-11-20 00:00:00 UTC"},
		{"0 0 */10 * mon", "2026-12-21 00:00:00 UTC, 2027-01-11 00:00:00 UTC, 2027-02-01 00:00:00 UTC"},
		{"  @HOURLY ", "2026-11-04 13:00:00 UTC, 2026-11-04 14:00:00 UTC, 2026-11-04 15:00:00 UTC"},
		{"@daily", "2026-11-05 00:00:00 UTC, 2026-11-06 00:00:00 UTC, 2026-11-07 00:00:00 UTC"},
		{"@weekly", "2026-11-08 00:00:00 UTC, 2026-11-15 00:00:00 UTC, 2026-11-22 00:00:00 UTC"},
		{"@monthly", "2026-12-01 00:00:00 UTC, 2027-01-01 00:00:00 UTC, 2027-02-01 00:00:00 UTC"},
		{"@yearly", "2027-01-01 00:00:00 UTC, 2028-01-01 00:00:00 UTC, 2029-01-01 00:00:00 UTC"},
		{"@every 90s", "2026-11-04 12:36:26 UTC, 2026-11-04 12:37:56 UTC, 2026-11-04 12:39:26 UTC"},
		{"TZ=Europe/Berlin 30 9 * * *", "2026-11-05 09:30:00 CET, 2026-11-06 09:30:00 CET, 2026-11-07 09:30:00 CET"},
		{"CRON_TZ=Asia/Kolkata @daily", "2026-11-05 00:00:00 IST, 2026-11-06 00:00:00 IST, 2026-11-07 00:00:00 IST"},
	} {
		t.Run(c.expr, func(t *testing.T) {
			t.Parallel()
			if got := three(parse(t, c.expr), from); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestWhenClocksChange(t *testing.T) {
	t.Parallel()
	const (
		spring = "2027-03-28 00:59:30" // UTC; at 01:00 02:00 CET becomes 03:00 CEST
		autumn = "2026-10-24 23:59:30" // UTC; at 01:00 03:00 CEST becomes 02:00 CET
	)
	for _, c := range []struct{ name, from, expr, want string }{
		{"an hour that is not", spring, "30 2 * * *", "2027-03-28 03:00:00 CEST, 2027-03-29 02:30:00 CEST, 2027-03-30 02:30:00 CEST"},
		{"many in an hour that is not", spring, "0,20,40 2 * * *", "2027-03-28 03:00:00 CEST, 2027-03-29 02:00:00 CEST, 2027-03-29 02:20:00 CEST"},
		{"one of them is due anyway", spring, "0 2,3 * * *", "2027-03-28 03:00:00 CEST, 2027-03-29 02:00:00 CEST, 2027-03-29 03:00:00 CEST"},
		{"by the time that passes", spring, "*/30 * * * *", "2027-03-28 03:00:00 CEST, 2027-03-28 03:30:00 CEST, 2027-03-28 04:00:00 CEST"},
		{"every second hour", spring, "0 */2 * * *", "2027-03-28 04:00:00 CEST, 2027-03-28 06:00:00 CEST, 2027-03-28 08:00:00 CEST"},
		{"not that day", spring, "30 2 * * mon", "2027-03-29 02:30:00 CEST, 2027-04-05 02:30:00 CEST, 2027-04-12 02:30:00 CEST"},
		{"an hour that comes twice", autumn, "30 2 * * *", "2026-10-25 02:30:00 CEST, 2026-10-26 02:30:00 CET, 2026-10-27 02:30:00 CET"},
		{"its end comes once", autumn, "0 3 * * *", "2026-10-25 03:00:00 CET, 2026-10-26 03:00:00 CET, 2026-10-27 03:00:00 CET"},
		{"both hours pass", autumn, "30 * * * *", "2026-10-25 02:30:00 CEST, 2026-10-25 02:30:00 CET, 2026-10-25 03:30:00 CET"},
		{"in the second of both", "2026-10-25 01:10:00", "30 2 * * *", "2026-10-26 02:30:00 CET, 2026-10-27 02:30:00 CET, 2026-10-28 02:30:00 CET"},
		{"a day is not 24 hours", autumn, "@every 24h", "2026-10-26 00:59:30 CET, 2026-10-27 00:59:30 CET, 2026-10-28 00:59:30 CET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from, err := time.Parse(time.DateTime, c.from)
			if err != nil {
				t.Fatal(err)
			}
			berlin := zone(t, "Europe/Berlin")
			if got := three(parse(t, c.expr), from.In(berlin)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if strings.HasPrefix(c.expr, "@every") {
				return
			}
			if got := three(parse(t, "TZ=Europe/Berlin "+c.expr), from); got != c.want {
				t.Errorf("with its own zone\ngot  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestMidnightThatIsNot(t *testing.T) {
	t.Parallel()
	cairo := zone(t, "Africa/Cairo") // 00:00 becomes 01:00
	if got, want := parse(t, "@daily").Next(time.Date(2026, 4, 23, 12, 0, 0, 0, cairo)).Format(layout), "2026-04-24 01:00:00 EEST"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	apia := zone(t, "Pacific/Apia") // 30 December 2011 was left out
	if got, want := parse(t, "0 9 * * *").Next(time.Date(2011, 12, 29, 12, 0, 0, 0, apia)).Format("2006-01-02 15:04"), "2011-12-31 00:00"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAYearInBerlinHasARunADay(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	for _, expr := range []string{"30 2 * * *", "0 3 * * *", "0 0 * * *", "59 1 * * *"} {
		s, now := parse(t, expr), time.Date(2026, 1, 1, 0, 0, 0, -1, berlin)
		for day := range 365 {
			next := s.Next(now)
			if next.YearDay() != day+1 || next.Year() != 2026 {
				t.Errorf("%s: run %d is at %s", expr, day+1, next)
				break
			}
			now = next
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ expr, want string }{
		{"", `schedule "": expected five fields (minute, hour, day of month, month, weekday), found 0`},
		{"* * * *", `schedule "* * * *": expected five fields (minute, hour, day of month, month, weekday), found 4`},
		{"0 0 0 * * *", `schedule "0 0 0 * * *": expected five fields (minute, hour, day of month, month, weekday), found 6`},
		{"60 * * * *", `schedule "60 * * * *": minute: expected 0 to 59 (with -, /, and , between), or *, found "60"`},
		{"0 8,24 * * *", `schedule "0 8,24 * * *": hour: expected 0 to 23 (with -, /, and , between), or *, found "24"`},
		{"0 0 0 * *", `schedule "0 0 0 * *": day of month: expected 1 to 31 (with -, /, and , between), or *, found "0"`},
		{"0 0 * june *", `schedule "0 0 * june *": month: expected 1 to 12, or jan to dec (with -, /, and , between), or *, found "june"`},
		{"0 0 * * 8", `schedule "0 0 * * 8": weekday: expected 0 to 7, or sun to sat (with -, /, and , between), or *, found "8"`},
		{"0,,5 * * * *", `schedule "0,,5 * * * *": minute: expected 0 to 59 (with -, /, and , between), or *, found ""`},
		{"*-5 * * * *", `schedule "*-5 * * * *": minute: expected 0 to 59 (with -, /, and , between), or *, found "*-5"`},
		{"*/0 * * * *", `schedule "*/0 * * * *": minute: expected 0 to 59 (with -, /, and , between), or *, found "*/0"`},
		{"*/90 * * * *", `schedule "*/90 * * * *": minute: expected 0 to 59 (with -, /, and , between), or *, found "*/90"`},
		{"0 0 31 2 *", `schedule "0 0 31 2 *": day of month: expected a day that the month has, found "31" in month "2", which never comes`},
		{"0 0 31 apr,jun *", `schedule "0 0 31 apr,jun *": day of month: expected a day that the month has, found "31" in month "apr,jun", which never comes`},
		{"@dayly", `schedule "@dayly": expected @hourly, @daily, @weekly, @monthly, @yearly or @every 5m, found "@dayly"`},
		{"@every 5", `schedule "@every 5": expected a duration of a second or more, found "5"`},
		{"@every -5m", `schedule "@every -5m": expected a duration of a second or more, found "-5m"`},
		{"TZ=Europe/Bonn 0 0 * * *", `schedule "TZ=Europe/Bonn 0 0 * * *": time zone: expected a name that this computer knows, found "Europe/Bonn"`},
		{"TZ= 0 0 * * *", `schedule "TZ= 0 0 * * *": time zone: expected a name that this computer knows, found ""`},
		{"TZ=UTC", `schedule "TZ=UTC": expected five fields (minute, hour, day of month, month, weekday), found 0`},
		{"TZ=TZ=TZ=", `schedule "TZ=TZ=TZ=": time zone: expected a name that this computer knows, found "TZ=TZ="`},
	} {
		t.Run(c.expr, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(c.expr)
			if err == nil || err.Error() != c.want {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
			var mistake *Error
			if !errors.As(err, &mistake) || mistake.Hint() == "" {
				t.Fatalf("no hint: %v", err)
			}
			if _, err := Parse(mistake.Example); err != nil {
				t.Errorf("the example is a mistake too: %v", err)
			}
		})
	}
	if _, err := Parse(strings.Repeat("1,", 5000) + "1 * * * *"); err == nil || len(err.Error()) > 200 {
		t.Errorf("got %v", err)
	}
}

func TestADayInTwoWaysIsNotRefused(t *testing.T) {
	t.Parallel()
	parse(t, "0 0 31 2 mon") // every Monday in February
	if _, err := Parse("0 0 31 2 */2"); err == nil {
		t.Error("both have to match here, and never do")
	}
}

func TestEvery(t *testing.T) {
	t.Parallel()
	s, err := Every(5 * time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now() // with a monotonic reading, which must not stay
	if next := s.Next(now); !next.Equal(now.Add(5*time.Minute)) || strings.Contains(next.String(), "m=") {
		t.Errorf("got %s after %s", next, now)
	}
	again := parse(t, s.String())
	if again.Next(now) != s.Next(now) {
		t.Errorf("%s is read as %v", s, again)
	}
	if _, err := Every(time.Second - 1); err == nil {
		t.Error("less than a second was taken")
	}
}

func TestTheZeroScheduleIsNeverDue(t *testing.T) {
	t.Parallel()
	var s Schedule
	if next := s.Next(time.Now()); !next.IsZero() || s.Describe() != "never" {
		t.Errorf("at %s, %s", next, s.Describe())
	}
	if run, then := s.Due(time.Time{}, time.Now()); run || !then.IsZero() {
		t.Errorf("run %v, then %s", run, then)
	}
}

func TestTheEndsOfTime(t *testing.T) {
	t.Parallel()
	for _, s := range []Schedule{parse(t, "0 0 29 2 *"), parse(t, "@every 1h")} {
		if next := s.Next(time.Time{}); next.Year() > 8 || next.IsZero() {
			t.Errorf("%s: %s", s, next)
		}
		if next := s.Next(time.Unix(1<<60, 0)); !next.IsZero() {
			t.Errorf("%s: %s", s, next)
		}
	}
	if got := parse(t, "0 0 29 2 *").Next(time.Date(2096, 3, 1, 0, 0, 0, 0, time.UTC)).Year(); got != 2104 {
		t.Errorf("29 February after 2096 is in %d", got)
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse(time.DateTime, "2026-11-01 "+s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name, expr, next, now string
		run                   bool
		then                  string
	}{
		{"not yet", "0 * * * *", "12:00:00", "11:59:59", false, "12:00:00"},
		{"now", "0 * * * *", "12:00:00", "12:00:00", true, "13:00:00"},
		{"a little late", "0 * * * *", "12:00:00", "12:01:00", true, "13:00:00"},
		{"missed", "0 * * * *", "12:00:00", "12:01:01", false, "13:00:00"},
		{"slept through many", "*/5 * * * *", "12:00:00", "20:02:00", false, "20:05:00"},
		{"the clock was set back", "0 * * * *", "12:00:00", "07:30:00", false, "08:00:00"},
		{"so was it for an interval", "@every 10m", "12:00:00", "07:30:00", false, "07:40:00"},
		{"an interval is not put off by asking", "@every 10m", "12:00:00", "11:59:00", false, "12:00:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run, then := parse(t, c.expr).Due(at(c.next), at(c.now))
			if run != c.run || !then.Equal(at(c.then)) {
				t.Errorf("run %v, then %s; want %v, %s", run, then, c.run, c.then)
			}
		})
	}
	if run, then := parse(t, "0 * * * *").Due(time.Time{}, at("11:30:00")); run || !then.Equal(at("12:00:00")) {
		t.Errorf("first asked: run %v, then %s", run, then)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		"* * * * *":                        "every minute",
		"*/5 * * * *":                      "every 5 minutes",
		"*/7 * * * *":                      "at */7 * * * *",
		"5 * * * *":                        "every hour at minute 5",
		"30 2 * * *":                       "every day at 02:30",
		"30 2 * * mon-fri":                 "every mon-fri at 02:30",
		"30 2 * * 1":                       "at 30 2 * * 1",
		"@monthly":                         "on day 1 of every month at 00:00",
		"0 0 1 1 *":                        "at 0 0 1 1 *",
		"0 0 13 * fri":                     "at 0 0 13 * fri",
		"@every 90s":                       "every 90s",
		"TZ=Europe/Berlin 30 2 * * *":      "every day at 02:30 (Europe/Berlin)",
		"TZ=Europe/Berlin 0 0 1 1 *":       "at TZ=Europe/Berlin 0 0 1 1 *",
		"CRON_TZ=Europe/Berlin 0 * * * * ": "every hour at minute 0 (Europe/Berlin)",
		"0 9-17 * * *":                     "at 0 9-17 * * *",
		"0 0 * * mon,wed":                  "every mon,wed at 00:00",
	} {
		if got := parse(t, expr).Describe(); got != want {
			t.Errorf("%s: got %q, want %q", expr, got, want)
		}
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o                Overlap
		running, waiting bool
		want             Action
	}{
		{Skip, false, false, Start},
		{Queue, false, false, Start},
		{Replace, false, false, Start},
		{Skip, true, false, LeaveOut},
		{Queue, true, false, Hold},
		{Replace, true, false, StopOld},
		{Queue, true, true, LeaveOut},
		{Replace, true, true, LeaveOut},
		{"", true, false, LeaveOut},
	} {
		if got := c.o.Decide(c.running, c.waiting); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
	if Skip.Validate() != nil || Queue.Validate() != nil || Replace.Validate() != nil || Overlap("kill").Validate() == nil {
		t.Error("Validate is wrong")
	}
}

// TestNextIsTheFirstMatch compares with a search minute by minute.
func TestNextIsTheFirstMatch(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	rapid.Check(t, func(r *rapid.T) {
		minute := rapid.SampledFrom([]string{"*", "*/7", "*/20"}).Draw(r, "minute")
		hour := rapid.SampledFrom([]string{"*", "*/2", "1-3", "2"}).Draw(r, "hour")
		s := parse(t, minute+" "+hour+" * * *")
		// Around one of the changes.
		change := rapid.SampledFrom([]time.Time{time.Date(2027, 3, 28, 1, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC)}).Draw(r, "change")
		after := change.Add(time.Duration(rapid.IntRange(-4*3600, 3*3600).Draw(r, "seconds")) * time.Second).In(berlin)
		got := s.Next(after)
		for m := after.Truncate(time.Minute).Add(time.Minute); ; m = m.Add(time.Minute) {
			h, n := m.Hour(), m.Minute()
			fits := (minute == "*" || minute == "*/7" && n%7 == 0 || minute == "*/20" && n%20 == 0) &&
				(hour == "*" || hour == "*/2" && h%2 == 0 || hour == "1-3" && h >= 1 && h <= 3 || hour == "2" && h == 2)
			if fits {
				if !got.Equal(m) {
					r.Fatalf("%s after %s: got %s, want %s", s, after, got, m)
				}
				return
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"*/5 * * * *", "30 2 * * mon-fri", "TZ=Europe/Berlin 0 2 * * *", "CRON_TZ=Pacific/Apia @daily", "@every 1h", "0 0 29 2 *",
		"0 0 31 2 *", "TZ=", "TZ=0", "TZ=TZ=TZ=", "@", "*-5 * * * *", "1/2/3 * * * *", ", , , , ,", "59 23 31 12 7", "0-59/59 22-2 ? * sun#2", "H * L * *", "\xff * * * *",
	} {
		f.Add(s, int64(1_793_000_000))
	}
	f.Add("0 0 29 2 *", int64(-1<<62))
	f.Fuzz(func(t *testing.T, expr string, sec int64) {
		s, err := Parse(expr)
		if err != nil {
			if err.Error() == "" || len(err.Error()) > 5000 {
				t.Fatalf("%d bytes of error", len(err.Error()))
			}
			return
		}
		if s.Describe() == "" {
			t.Errorf("%q: nothing to say", expr)
		}
		if _, err := Parse(s.String()); err != nil {
			t.Errorf("%q: not read again: %v", expr, err)
		}
		now := time.Unix(sec, 0).UTC()
		next := s.Next(now)
		if !next.IsZero() && !next.After(now) {
			t.Errorf("%q: %s after %s", expr, next, now)
		}
		if y := now.Year(); next.IsZero() && y >= 1 && y < 9000 {
			t.Errorf("%q: never after %s", expr, now)
		}
	})
}
