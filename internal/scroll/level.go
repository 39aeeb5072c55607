package scroll

import (
	"regexp"

	"prox/internal/record"
)

// suspects is an expression that all lines of a level or a worse one match, and
// few others; nil for levels that most lines have. A search leaves out what
// can't match without taking it apart, and asks for the level of the rest only.
//
// Levels stand in lines as words, as the numbers 10 to 60 of a key that ends like
// "level", as an escape of either in JSON, or as Google's loggers begin a line.
func suspects(l record.Level) *regexp.Regexp {
	const (
		fatal = `fatal|ftl|crit|panic|alert|emerg`
		worse = fatal + `|err|severe|fail`
		key   = `[lye]"?\s*[:=]\s*"?[+0]*`
		rest  = `|\\u`
	)
	switch l {
	case record.Fatal:
		return regexp.MustCompile(`(?i)` + fatal + `|` + key + `60|^F[0-9]{4} ` + rest)
	case record.Error:
		return regexp.MustCompile(`(?i)` + worse + `|` + key + `[56][0-9]|^[EF][0-9]{4} ` + rest)
	case record.Warn:
		return regexp.MustCompile(`(?i)` + worse + `|warn|wrn|` + key + `[456][0-9]|^[WEF][0-9]{4} ` + rest)
	}
	return nil
}
