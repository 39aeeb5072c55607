package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// maxLen is how long an expression may be.
const maxLen = 500

// star marks a field that begins with * for the library.
const star = 1 << 63

// Error is what is wrong with an expression.
type Error struct {
	Expr     string
	Field    string // "hour"; "" when it is about the whole
	Expected string
	Found    string
	Example  string
}

// Error says which field is wrong, and what was expected.
func (e *Error) Error() string {
	s := fmt.Sprintf("expected %s, found %s", e.Expected, e.Found)
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	return fmt.Sprintf("schedule %q: %s", e.Expr, s)
}

// Hint is an example of what can be written.
func (e *Error) Hint() string { return fmt.Sprintf("write for instance %q", e.Example) }

// field is one of the five.
type field struct {
	name, expected, example string
	bits                    func(*cron.SpecSchedule) *uint64
}

var fields = [5]field{
	{"minute", "0 to 59", "*/5 * * * *", func(s *cron.SpecSchedule) *uint64 { return &s.Minute }},
	{"hour", "0 to 23", "0 8-18 * * *", func(s *cron.SpecSchedule) *uint64 { return &s.Hour }},
	{"day of month", "1 to 31", "0 3 1,15 * *", func(s *cron.SpecSchedule) *uint64 { return &s.Dom }},
	{"month", "1 to 12, or jan to dec", "0 3 1 jan,jul *", func(s *cron.SpecSchedule) *uint64 { return &s.Month }},
	{"weekday", "0 to 7, or sun to sat", "0 3 * * mon-fri", func(s *cron.SpecSchedule) *uint64 { return &s.Dow }},
}

// named are the expressions that have a name.
var named = map[string]string{
	"@hourly":   "0 * * * *",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@weekly":   "0 0 * * 0",
	"@monthly":  "0 0 1 * *",
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
}

// Parse reads cron's five fields: minute, hour, day of month, month, weekday.
// Each is *, a number, a name (jan, mon), a range (9-17, fri-mon), a step
// (*/5, 10-40/10), or a list of those. As in cron, a day matches when the day
// of the month or the weekday does, if neither begins with *.
//
// In their place: @hourly, @daily, @weekly, @monthly, @yearly, and @every 90s.
// TZ=Europe/Berlin (or CRON_TZ=) may stand in front of the fields. What would
// never be due, such as 31 February, is a mistake.
func Parse(expr string) (Schedule, error) {
	text := strings.Join(strings.Fields(expr), " ")
	mistake := func(e Error) error {
		e.Expr = text
		if e.Example == "" {
			e.Example = "30 2 * * mon-fri"
		}
		return &e
	}
	if len(text) > maxLen {
		text = strings.ToValidUTF8(text[:40], "") + "…"
		return Schedule{}, mistake(Error{Expected: fmt.Sprintf("%d characters at most", maxLen), Found: "more"})
	}
	s := Schedule{text: text}
	rest := text
	for _, prefix := range []string{"TZ=", "CRON_TZ="} {
		after, ok := strings.CutPrefix(text, prefix)
		if !ok {
			continue
		}
		var name string
		name, rest, _ = strings.Cut(after, " ")
		zone, err := time.LoadLocation(name)
		if err != nil || name == "" {
			return Schedule{}, mistake(Error{Field: "time zone", Expected: "a name that this computer knows", Found: fmt.Sprintf("%q", name), Example: "TZ=Europe/Berlin 30 2 * * *"})
		}
		s.zone = zone
	}

	if d, ok := strings.CutPrefix(rest, "@every "); ok {
		every, err := time.ParseDuration(d)
		if err != nil || every < time.Second {
			return Schedule{}, mistake(Error{Expected: "a duration of a second or more", Found: fmt.Sprintf("%q", d), Example: "@every 5m"})
		}
		s.every = every
		return s, nil
	}
	if strings.HasPrefix(rest, "@") {
		of, ok := named[strings.ToLower(rest)]
		if !ok {
			return Schedule{}, mistake(Error{Expected: "@hourly, @daily, @weekly, @monthly, @yearly or @every 5m", Found: fmt.Sprintf("%q", rest), Example: "@daily"})
		}
		rest = of
	}
	parts := strings.Fields(rest)
	if len(parts) != len(fields) {
		return Schedule{}, mistake(Error{Expected: "five fields (minute, hour, day of month, month, weekday)", Found: fmt.Sprint(len(parts))})
	}
	// Beyond eight years lies nothing: 29 February 2096 and 2104.
	s.spec = &cron.SpecSchedule{Second: 1, Location: time.UTC, MaxSearchYears: 9, DowOrDom: true}
	for i, part := range parts {
		part = strings.ToLower(part)
		s.fields[i] = part
		bits := fields[i].bits(s.spec)
		for item := range strings.SplitSeq(part, ",") {
			b, ok := parseItem(i, item)
			if !ok {
				return Schedule{}, mistake(Error{
					Field: fields[i].name, Expected: fields[i].expected + " (with -, /, and , between), or *",
					Found: fmt.Sprintf("%q", item), Example: fields[i].example,
				})
			}
			*bits |= b
		}
		// crontab(5) asks how a field begins; the library, whether it is all.
		if *bits &^= star; part[0] == '*' {
			*bits |= star
		}
	}
	s.fixed = s.fields[0][0] != '*' && s.fields[1][0] != '*'
	if s.spec.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, mistake(Error{Field: "day of month", Expected: "a day that the month has", Found: fmt.Sprintf("%q in month %q, which never comes", s.fields[2], s.fields[3]), Example: "0 0 28 2 *"})
	}
	return s, nil
}

// parseItem has the library read one item of a list, the other fields being *:
// so it is known which one is wrong.
func parseItem(i int, item string) (uint64, bool) {
	low, _, _ := strings.Cut(item, "/")
	if item == "" || strings.Contains(low, "*") && low != "*" || strings.ContainsAny(item, "?+=@") {
		return 0, false // the library reads some of them in its own way
	}
	parser, err := cron.TryNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.DowOrDom)
	if err != nil {
		return 0, false
	}
	all := slices.Repeat([]string{"*"}, len(fields))
	all[i] = item
	got, err := parser.Parse(strings.Join(all, " "))
	if err != nil {
		return 0, false
	}
	spec, ok := got.(*cron.SpecSchedule)
	if !ok {
		return 0, false
	}
	return *fields[i].bits(spec), true
}
