package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"prox/internal/api"
	"prox/internal/logstore"
)

// eventsSource is the name of the log of what happened. No instance has it.
const eventsSource = ""

// withEvents shows what happened to the services that are asked for between
// their lines. What --grep, --level and their kin say is of lines only.
func (c *logsCmd) withEvents(m *merged, show func(logstore.Line) error, q *logstore.Query, sources []logstore.Source) func(logstore.Line) error {
	wanted := func(ev api.Event) bool {
		if len(c.Services) == 0 || ev.Instance == "" && ev.Service == "" {
			return true
		}
		return slices.ContainsFunc(sources, func(s logstore.Source) bool {
			return s.Name != eventsSource && (s.Name == ev.Instance || ev.Instance == "" && serviceOf(s.Name) == ev.Service)
		}) || slices.Contains(c.Services, ev.Service)
	}
	only, match, invert, clean := q.Only, q.Match, q.Invert, q.Clean
	q.Match = nil
	q.Only = func(l *logstore.Line) bool {
		if l.Source == eventsSource {
			var ev api.Event
			return json.Unmarshal(l.Text, &ev) == nil && wanted(ev) && ev.Text() != ""
		}
		if only != nil && !only(l) {
			return false
		}
		return match == nil || match.Match(clean(nil, l.Text)) != invert
	}
	return func(l logstore.Line) error {
		if l.Source != eventsSource {
			return show(l)
		}
		var ev api.Event
		if err := json.Unmarshal(l.Text, &ev); err != nil {
			return fmt.Errorf("cannot read what happened: %w", err) // it could be, when it was looked at
		}
		if c.JSON {
			return m.eventRecord(ev)
		}
		who := ev.Instance
		if who == "" {
			who = ev.Service
		}
		if who == "" {
			who = "prox"
		}
		m.event(l.Time, who, ev.Text())
		return m.failed()
	}
}

// checkEvents refuses what doesn't go with events.
func (c *logsCmd) checkEvents() error {
	if c.Events && (c.Context != "" || c.Raw || c.Copy || c.Clear || c.Path || c.Edit) {
		return &exitError{code: exitUsage, err: errors.New("--events goes between lines: not with -C, --raw, --path, --edit, --clear or --copy-last-error")}
	}
	return nil
}
