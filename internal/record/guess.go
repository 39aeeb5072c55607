package record

import (
	"regexp"
	"sync"
)

// words are levels as they stand in lines for people: in capitals anywhere, or
// at the beginning before a colon or in brackets.
var words = sync.OnceValue(func() *regexp.Regexp {
	const capital, small = `TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|PANIC`, `trace|debug|info|notice|warn|warning|error|err|fatal|critical|panic`
	return regexp.MustCompile(`\b(` + capital + `)\b|^\W*(?i:(` + small + `))(?:\]|:|\s*\|)`)
})

// LevelOf is how bad a line says that things are: a record by its level, any
// other line by the first word of it that is one.
func LevelOf(line []byte) Level {
	if r, ok := Parse(line); ok && r.Level != Unknown {
		return r.Level
	}
	m := words().FindSubmatch(line[:min(len(line), 512)])
	if m == nil {
		return Unknown
	}
	if m[1] != nil {
		return ParseLevel(string(m[1]))
	}
	return ParseLevel(string(m[2]))
}
