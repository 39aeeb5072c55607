package discover

import (
	"strconv"
	"strings"
	"time"

	"prox/config"
	"prox/internal/document"
)

// text is a scalar as text; "" if there is none.
func (e entry) text() string {
	if !e.given() {
		return ""
	}
	if e.node.Kind >= document.List || e.node.Kind == document.Null {
		e.wrong("a text")
		return ""
	}
	e.use()
	return e.node.Text
}

// texts are the scalars of a list, or the one that stands in its place.
func (e entry) texts() []string {
	if e.node.IsList() {
		var all []string
		for _, item := range e.items() {
			if v := item.text(); v != "" {
				all = append(all, v)
			}
		}
		return all
	}
	if v := e.text(); v != "" {
		return []string{v}
	}
	return nil
}

// words are all items of a list that is a command, the empty ones too.
func (e entry) words() []string {
	var all []string
	for _, item := range e.items() {
		if item.node.Kind == document.Null || item.node.Kind >= document.List {
			item.wrong("a text")
			continue
		}
		item.use()
		all = append(all, item.node.Text)
	}
	return all
}

// number is a whole number.
func (e entry) number() (int, bool) {
	n, ok := e.node.Int()
	if !ok {
		e.wrong("a whole number")
		return 0, false
	}
	e.use()
	return n, true
}

// numberIn is a whole number that prox takes; one beyond its limits is told.
func (e entry) numberIn(least, most int) (int, bool) {
	n, ok := e.number()
	if ok && (n < least || n > most) {
		e.again().drop("%d is not from %d to %d, which prox takes", n, least, most)
		return 0, false
	}
	return n, ok
}

// again lets a note be written about what was already used.
func (e entry) again() entry {
	delete(e.t.done, e.node)
	return e
}

// truth is true or false; ok is false if it is neither.
func (e entry) truth() (truth, ok bool) {
	truth, ok = e.node.Truth()
	if !ok {
		e.wrong("true or false")
		return false, false
	}
	e.use()
	return truth, true
}

// isTrue is truth for what is off unless it is on.
func (e entry) isTrue() bool {
	truth, ok := e.truth()
	return ok && truth
}

// duration is a number of units, or a text with a unit of its own, as prox
// writes it; "" if it is none.
func (e entry) duration(unit time.Duration) string {
	if !e.given() {
		return ""
	}
	if e.node.Kind >= document.List || e.node.Kind == document.Null {
		e.wrong("a duration")
		return ""
	}
	if text := durationText(e.node.Text, unit); text != "" {
		e.use()
		return text
	}
	e.wrong("a duration")
	return ""
}

// durationText writes a duration so short that it is read at one glance.
func durationText(text string, unit time.Duration) string {
	text = strings.TrimSpace(text)
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		d := v * float64(unit)
		if !(d >= 0 && d < float64(1000*24*time.Hour)) {
			return ""
		}
		return shortDuration(time.Duration(d))
	}
	var d config.Duration
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return ""
	}
	return text
}

// shortDuration writes 90s for a minute and a half, and 1h for an hour.
func shortDuration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0s"
	case d%day == 0:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	case d%time.Hour == 0:
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	case d%time.Minute == 0:
		return strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	case d%time.Second == 0:
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	case d%time.Millisecond == 0:
		return strconv.FormatInt(int64(d/time.Millisecond), 10) + "ms"
	}
	return d.String()
}

// atLeast is a duration, or the least one that prox takes.
func atLeast(text string, least time.Duration) string {
	var d config.Duration
	if err := d.UnmarshalText([]byte(text)); err == nil && time.Duration(d) < least {
		return shortDuration(least)
	}
	return text
}

// variable is one of an environment. value is null where the file says null.
type variable struct {
	entry
	name  string
	value string
	null  bool
}

// variables are those of a table of names and values, or of a list of NAME=value.
func (e entry) variables() []variable {
	return e.variablesBy(func(v entry) entry { return v })
}

// variablesBy is variables where a value in a table may be something that
// stands for one.
func (e entry) variablesBy(value func(entry) entry) []variable {
	var all []variable
	switch {
	case e.node.IsTable():
		for _, v := range e.each() {
			name := v.name
			if v = value(v); !v.there() {
				continue
			}
			v.name = name
			_, unknown := e.t.unknown[v.node]
			switch {
			case unknown || v.node.Kind >= document.List:
				v.wrong("a text")
			case !validVariable(v.name):
				v.drop("no variable can be called so")
			default:
				v.use()
				all = append(all, variable{entry: v, name: v.name, value: v.node.Text, null: v.node.Kind == document.Null})
			}
		}
	case e.node.IsList():
		for _, v := range e.items() {
			name, value, ok := strings.Cut(v.text(), "=")
			switch {
			case v.node.Kind >= document.List || v.node.Kind == document.Null:
			case !ok:
				v.again().drop("expected NAME=value, found %s", kindOf(v.node))
			case !validVariable(name):
				v.again().drop("no variable can be called so")
			default:
				v.name = name
				all = append(all, variable{entry: v, name: name, value: value})
			}
		}
	default:
		e.wrong("a table of variables")
	}
	return all
}

func validVariable(name string) bool { return name != "" && !strings.ContainsAny(name, "=\x00${}") }

// signal is a signal by its name or number, as prox writes it; "" if it is
// none that prox knows.
func (e entry) signal() string {
	text := strings.ToUpper(strings.TrimSpace(e.node.Scalar()))
	if name, ok := signalNumbers[text]; ok {
		text = name
	}
	if !strings.HasPrefix(text, "SIG") {
		text = "SIG" + text
	}
	for _, known := range signalNumbers {
		if text == known {
			e.use()
			return text
		}
	}
	e.wrong("a signal")
	return ""
}

// signalNumbers are those that mean the same on Linux and on a Mac, and those
// of Linux where they differ.
var signalNumbers = map[string]string{
	"1": "SIGHUP", "2": "SIGINT", "3": "SIGQUIT", "6": "SIGABRT", "9": "SIGKILL", "10": "SIGUSR1", "12": "SIGUSR2",
	"14": "SIGALRM", "15": "SIGTERM", "18": "SIGCONT", "28": "SIGWINCH",
}
