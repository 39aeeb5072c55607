package trace

import "bytes"

// isRecord reports whether a line, without what it is indented by, is plainly
// the beginning of a record: it begins with a time or a level, or is an object
// or logfmt.
func isRecord(text []byte) bool {
	switch text[0] {
	case '{':
		return starts(text, `{"`)
	case 't':
		return starts(text, "time=") || starts(text, "ts=") || starts(text, "timestamp=") || isLevelWord(text)
	case 'l':
		return starts(text, "level=") || starts(text, "lvl=")
	}
	return beginsWithTime(text) || isLevelWord(text) || isBracketedLevel(text)
}

// isWrappedRecord is isRecord for a line that is indented: what is printed to
// be read has keys and lists within, which look much like levels and objects.
// last is what the line before ends in.
func isWrappedRecord(text []byte, last byte) bool {
	switch c := text[0]; {
	case c == '{':
		return !isOpener(last) && last != ',' && last != ':' && starts(text, `{"`) && text[len(text)-1] == '}' && isStructured(text)
	case isDigit(c), c == '[', c == '<':
		return beginsWithTime(text) || isBracketedLevel(text)
	case c >= 'A' && c <= 'Z':
		return isLevelWord(text) || beginsWithTime(text)
	}
	return false
}

// isStructured reports whether an object is a record, by its keys.
func isStructured(text []byte) bool {
	for _, key := range []string{`"level"`, `"msg"`, `"message"`, `"time"`, `"ts"`, `"severity"`, `"timestamp"`} {
		if bytes.Contains(text, []byte(key)) {
			return true
		}
	}
	return false
}

// beginsWithTime reports whether a line begins with a date or a time of day,
// in brackets or not, or as klog, syslog and Ruby's Logger write them.
func beginsWithTime(text []byte) bool {
	if text[0] == '[' || text[0] == '(' || text[0] == '<' {
		if text = text[1:]; len(text) == 0 {
			return false
		}
	}
	if isLetter(text[0]) {
		switch {
		case len(text) > 8 && digits(text[1:]) == 4 && text[5] == ' ' && isClock(bytes.TrimLeft(text[5:], " ")): // klog
			return true
		case len(text) > 5 && starts(text[1:], ", ["): // Ruby: E, [2026-01-01T...
			return isDigit(text[4])
		}
		return len(text) > 11 && text[3] == ' ' && isClock(bytes.TrimLeft(text[6:], " ")) && isMonth(text[:3])
	}
	n := digits(text)
	switch {
	case n == 4 && len(text) > 9 && (text[4] == '-' || text[4] == '/' || text[4] == '.'):
		return digits(text[5:]) == 2 && text[7] == text[4] && digits(text[8:]) >= 2
	case n == 2 && len(text) > 6 && (text[2] == '/' || text[2] == '-' || text[2] == '.'):
		return (digits(text[3:]) == 2 || isMonth(text[3:6])) && (text[5] == text[2] || text[6] == text[2])
	case n == 10 && len(text) > 10 && (text[10] == '.' || text[10] == ' '), n == 13:
		return text[0] == '1' // seconds since 1970, or milliseconds
	}
	return isClock(text)
}

// isClock reports whether a line begins with hours, minutes and seconds.
func isClock(text []byte) bool {
	n := digits(text)
	return (n == 1 || n == 2) && len(text) >= n+6 && text[n] == ':' && digits(text[n+1:]) == 2 && text[n+3] == ':' && digits(text[n+4:]) == 2
}

func isMonth(text []byte) bool {
	return bytes.Contains([]byte("JanFebMarAprMayJunJulAugSepOctNovDec"), text) && text[0] < 'a'
}

// level is what a word says of how bad things are.
type level uint8

const (
	none level = iota
	calm
	bad // warnings are: exceptions are logged with them
)

// levelOf reads a level, all of it in capitals or all of it in small letters.
func levelOf(word []byte) level {
	if len(word) < 3 || len(word) > 11 {
		return none
	}
	var lower [11]byte
	capitals := word[0] < 'a'
	for i, c := range word {
		if !isLetter(c) || (c < 'a') != capitals {
			return none
		}
		lower[i] = c | 0x20
	}
	switch string(lower[:len(word)]) {
	case "trace", "debug", "info", "information", "notice", "verbose":
		return calm
	case "warn", "warning", "error", "err", "fatal", "critical", "crit", "panic", "severe", "emerg", "alert":
		return bad
	}
	return none
}

// isLevelWord reports whether a line begins with a level: ERROR x, error: x.
func isLevelWord(text []byte) bool {
	n := 0
	for n < len(text) && isLetter(text[n]) {
		n++
	}
	if n < 3 || n > 11 || levelOf(text[:n]) == none {
		return false
	}
	if n == len(text) {
		return false
	}
	switch text[n] {
	case ':', '|':
		return true
	case ' ', '\t', ']':
		return text[0] < 'a'
	}
	return false
}

// isBracketedLevel reports whether a line begins with [error] or <error>.
func isBracketedLevel(text []byte) bool {
	if text[0] != '[' && text[0] != '<' {
		return false
	}
	inner := bytes.TrimLeft(text[1:], " ")
	n := 0
	for n < len(inner) && isLetter(inner[n]) {
		n++
	}
	rest := bytes.TrimLeft(inner[n:], " ")
	return len(rest) > 0 && (rest[0] == ']' || rest[0] == '>') && levelOf(inner[:n]) != none
}

// tellsOfError reports whether a line is one that an exception is logged with:
// its level says so, or a word when it has none.
func tellsOfError(line []byte) bool {
	for i := 0; i < len(line); {
		if !isLetter(line[i]) {
			i++
			continue
		}
		n := i
		for n < len(line) && isWord(line[n]) {
			n++
		}
		if l := levelOf(line[i:n]); l != none && (line[i] < 'a' || isSetApart(line, i, n)) {
			return l == bad
		}
		i = n
	}
	var lower [192]byte
	n := copy(lower[:], line)
	for i, c := range lower[:n] {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	for _, word := range []string{"error", "exception", "fatal", "panic", "fail", "uncaught", "unhandled", "crash", "abort"} {
		if bytes.Contains(lower[:n], []byte(word)) {
			return true
		}
	}
	return false
}

// isSetApart reports whether a word in small letters is a level by what is
// around it, and not a word of a sentence.
func isSetApart(line []byte, from, to int) bool {
	before := from == 0 || line[from-1] == '[' || line[from-1] == '<' || line[from-1] == '=' || line[from-1] == '"' || line[from-1] == '|'
	return before && (to == len(line) || bytes.IndexByte([]byte(`]>:|" `), line[to]) >= 0) && (from > 0 || to < len(line) && line[to] != ' ')
}
