package record

import "strconv"

// Level is how bad a line says that things are.
type Level int

// The levels; Unknown is below all of them.
const (
	Unknown Level = iota
	Trace
	Debug
	Info
	Warn
	Error
	Fatal
)

// levels are what programs call them.
var levels = map[string]Level{
	"trace": Trace, "trc": Trace, "verbose": Trace, "silly": Trace,
	"debug": Debug, "dbg": Debug, "fine": Debug,
	"info": Info, "inf": Info, "information": Info, "notice": Info, "informational": Info,
	"warn": Warn, "warning": Warn, "wrn": Warn,
	"error": Error, "err": Error, "severe": Error,
	"fatal": Fatal, "ftl": Fatal, "critical": Fatal, "crit": Fatal, "panic": Fatal, "alert": Fatal, "emergency": Fatal, "emerg": Fatal, "dpanic": Fatal,
}

var names = [...]string{"", "trace", "debug", "info", "warn", "error", "fatal"}

func (l Level) String() string { return names[max(0, min(int(l), len(names)-1))] }

// ParseLevel reads the name of a level, whoever's it is, or a number as bunyan
// and pino write it (30 is info); Unknown for what is none.
func ParseLevel(s string) Level {
	var small [len("informational")]byte
	if len(s) == 0 || len(s) > len(small) {
		return Unknown
	}
	if s[0] <= '9' {
		if n, err := strconv.Atoi(s); err == nil && n >= 10 && n <= 60 {
			return Level(n / 10)
		}
		return Unknown
	}
	for i := range len(s) {
		small[i] = lower(s[i])
	}
	return levels[string(small[:len(s)])]
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}
