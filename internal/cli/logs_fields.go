package cli

import (
	"fmt"

	"prox/internal/ansi"
	"prox/internal/logstore"
	"prox/internal/record"
)

// onlyFields makes the query one for lines of a level, or with fields, as it
// was asked for.
func (c *logsCmd) onlyFields(q *logstore.Query) error {
	if c.Level == "" && len(c.Field) == 0 {
		return nil
	}
	least := record.Unknown
	if c.Level != "" {
		if least = record.ParseLevel(c.Level); least == record.Unknown {
			return &exitError{code: exitUsage, err: fmt.Errorf("expected trace, debug, info, warn, error or fatal after --level, found %q", c.Level)}
		}
	}
	var conditions []record.Condition
	for _, text := range c.Field {
		condition, err := record.ParseCondition(text)
		if err != nil {
			return &exitError{code: exitUsage, err: fmt.Errorf("cannot use --field: %w", err)}
		}
		conditions = append(conditions, condition)
	}
	if c.Lines == "" {
		q.Tail = 0
	}
	before := q.Only
	var buf []byte
	q.Only = func(l *logstore.Line) bool {
		if before != nil && !before(l) {
			return false
		}
		buf = ansi.Plain(buf[:0], l.Text)
		if len(conditions) > 0 {
			r, ok := record.Parse(buf)
			for _, condition := range conditions {
				if !ok || !condition.Holds(r) {
					return false
				}
			}
		}
		return least == record.Unknown || record.LevelOf(buf) >= least
	}
	return nil
}
