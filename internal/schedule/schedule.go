// Package schedule says when work is due that runs at set times.
//
// It is pure: times come in, times go out, and nothing is waited for. (Only
// Parse reads a time zone's file.)
//
//	s, err := schedule.Parse("30 2 * * mon-fri")
//	next := s.Next(now)
//	// at next, or when the clock may have jumped:
//	run, next = s.Due(next, now)
//
// Whether a run that is due starts while the last one still goes on is a
// matter of its Overlap.
//
// # Time zones
//
// An expression without a zone is meant in that of the time given to Next.
// When clocks change, what is bound to hours (30 2 * * *) is due once a day:
// in an hour that does not exist it is due at its end, in an hour that comes
// twice it is due the first time. What has a * in its minutes or hours goes by
// the time that passes, so an hour that comes twice has its runs twice. This
// is what cron does.
//
// # Clocks that jump
//
// Every answer is about the time asked for alone; nothing is remembered of the
// runs before. Missed runs are not made up for: of those that a computer slept
// through, or that a clock set forward has skipped, none is run later. If the
// clock is set back, the times it shows again are due again.
package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// Grace is how late a run may be started; later than this it is missed.
const Grace = time.Minute

// A Schedule is when work is due. The zero value is never due.
type Schedule struct {
	text   string
	every  time.Duration // 0 when it is cron's
	spec   *cron.SpecSchedule
	fields [5]string
	zone   *time.Location // nil when none is named
	fixed  bool           // bound to hours, not to the time that passes
}

// Every is due each time d has passed since the time asked for. The least is a
// second.
func Every(d time.Duration) (Schedule, error) {
	if d < time.Second {
		return Schedule{}, &Error{Expr: "@every " + d.String(), Expected: "a second or more", Found: d.String(), Example: "@every 5m"}
	}
	return Schedule{text: "@every " + d.String(), every: d}, nil
}

// String is the expression.
func (s Schedule) String() string { return s.text }

// Next is the first time after the given one when work is due, never that time
// itself; zero when there is none.
func (s Schedule) Next(after time.Time) time.Time {
	after = after.Round(0) // by the wall clock
	switch year := after.Year(); {
	case year > 9900: // near the end of what time knows
		return time.Time{}
	case year < 1:
		after = time.Time{}.AddDate(0, 0, 2).In(after.Location())
	}
	switch {
	case s.every > 0:
		return after.Add(s.every)
	case s.spec == nil:
		return time.Time{}
	}
	zone := s.zone
	if zone == nil {
		zone = after.Location()
	}
	return s.next(after.In(zone))
}

// next looks for it in one stretch of time without a change of clocks after
// the other. Within such a stretch the clock's time is that of UTC, moved by
// the offset: the library is asked about UTC only, where no clock changes.
func (s Schedule) next(t time.Time) time.Time {
	from := wall(t)
	for range 200 { // changes of clocks; nine years have forty at most
		start, end := t.ZoneBounds()
		_, offset := t.Zone()
		if s.fixed && !start.IsZero() {
			// What the clock shows for the second time is over.
			if twice := wallAt(start, offsetBefore(start)).Add(-1); twice.After(from) {
				from = twice
			}
		}
		shown := s.spec.Next(from)
		if shown.IsZero() {
			return shown
		}
		due := time.Unix(shown.Unix()-int64(offset), 0).In(t.Location())
		if end.IsZero() || due.Before(end) {
			return due
		}
		if s.fixed && shown.Before(wall(end)) { // it is never shown
			return end
		}
		t, from = end, wall(end).Add(-1)
	}
	return time.Time{}
}

// wall is what the clock shows, as if it were UTC.
func wall(t time.Time) time.Time {
	_, offset := t.Zone()
	return wallAt(t, offset)
}

func wallAt(t time.Time, offset int) time.Time {
	return time.Unix(t.Unix()+int64(offset), int64(t.Nanosecond())).UTC()
}

func offsetBefore(t time.Time) int {
	_, offset := t.Add(-1).Zone()
	return offset
}

// Due says at time now whether the run planned for next is to start, and for
// when the next one is planned then. Ask when next has come, and now and then
// before: if the clock was set back, the plan comes nearer with it.
func (s Schedule) Due(next, now time.Time) (run bool, then time.Time) {
	then = s.Next(now)
	if next.IsZero() {
		return false, then
	}
	if late := now.Sub(next); late >= 0 {
		return late <= Grace, then
	}
	if then.IsZero() || next.Before(then) {
		then = next
	}
	return false, then
}

// Describe says it in words where they are short, and else in the expression's
// own.
func (s Schedule) Describe() string {
	switch {
	case s.every > 0:
		return "every " + strings.TrimPrefix(s.text, "@every ")
	case s.spec == nil:
		return "never"
	}
	said := s.words()
	if said == "" {
		return "at " + s.text
	}
	if s.zone != nil {
		said += " (" + s.zone.String() + ")"
	}
	return said
}

func (s Schedule) words() string {
	minute, hour, day, month, weekday := s.fields[0], s.fields[1], s.fields[2], s.fields[3], s.fields[4]
	if month != "*" {
		return ""
	}
	daily := day == "*" && weekday == "*"
	m, mErr := strconv.Atoi(minute)
	h, hErr := strconv.Atoi(hour)
	switch {
	case daily && hour == "*" && minute == "*":
		return "every minute"
	case daily && hour == "*" && mErr == nil:
		return fmt.Sprintf("every hour at minute %d", m)
	case daily && hour == "*":
		step, ok := strings.CutPrefix(minute, "*/")
		if n, err := strconv.Atoi(step); ok && err == nil && n > 1 && 60%n == 0 {
			return fmt.Sprintf("every %d minutes", n)
		}
		return ""
	case mErr != nil || hErr != nil:
		return ""
	}
	at := fmt.Sprintf("at %02d:%02d", h, m)
	switch _, err := strconv.Atoi(day); {
	case daily:
		return "every day " + at
	case day == "*" && strings.Trim(weekday, "abcdefghijklmnopqrstuvwxyz,-") == "":
		return "every " + weekday + " " + at
	case weekday == "*" && err == nil:
		return "on day " + day + " of every month " + at
	}
	return ""
}
