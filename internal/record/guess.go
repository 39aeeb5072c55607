package record

import "bytes"

// LevelOf is how bad a line says that things are: a record by its level, any
// other line by the first word of it that is one. What a program writes of its
// own accord is not known, so that a word has to stand out: in capitals
// anywhere, or where levels stand, before a colon or in brackets.
func LevelOf(line []byte) Level {
	if text := bytes.TrimSpace(line); len(text) >= 3 && len(text) <= longest {
		var l Level
		if text[0] == '{' {
			l = levelOfJSON(text)
		} else {
			l = levelOfLogfmt(text)
		}
		if l != Unknown {
			return l
		}
	}
	return levelOfWords(line[:min(len(line), 512)])
}

// levelOfJSON is the level of an object, without its other fields.
func levelOfJSON(text []byte) Level {
	if !mentions(text, "") && bytes.IndexByte(text, '\\') < 0 {
		return Unknown
	}
	best, level := len(levelKeys), Unknown
	eachOfJSON(text, func(path, key, value string) {
		if len(value) > len("informational") {
			return
		}
		for i, known := range levelKeys[:best] {
			if len(known) != len(path)+len(key) || known[len(path):] != key || known[:len(path)] != path {
				continue
			}
			if l := ParseLevel(value); l != Unknown {
				best, level = i, l
			}
			return
		}
	})
	return level
}

// levelOfLogfmt is the level of a line of logfmt, without its other fields.
func levelOfLogfmt(text []byte) Level {
	if bytes.Count(text, []byte("=")) < 2 || !mentions(text, "=") {
		return Unknown
	}
	best, level := len(levelKeys), Unknown
	if !eachOfLogfmt(text, func(key, value []byte) {
		for i, known := range levelKeys[:best] {
			if known != string(key) {
				continue
			}
			if l := ParseLevel(string(value)); l != Unknown {
				best, level = i, l
			}
			return
		}
	}) {
		return Unknown
	}
	return level
}

// mentions reports whether a key of levels can be in a text; after is what
// comes after it.
func mentions(text []byte, after string) bool {
	for _, part := range [...]string{"level", "lvl", "severity", "levelname", "level_name", "@l"} {
		if bytes.Contains(text, []byte(part+after)) {
			return true
		}
	}
	return false
}

// levelOfWords is the level that the first word gives which is one.
func levelOfWords(line []byte) Level {
	if l := levelOfGlog(line); l != Unknown {
		return l
	}
	w := wording{line: line, timed: true}
	for i := 0; i < len(line); {
		if !isWord(line[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(line) && isWord(line[end]) {
			end++
		}
		if n := end - i; n >= len("err") && n <= len("information") {
			if l := w.level(i, end); l != Unknown {
				return l
			}
		}
		w.words++
		w.timed = w.timed && line[i] <= '9'
		i = end + 1
	}
	return Unknown
}

// levelOfGlog reads how Google's loggers begin a line: E1123 12:00:00.
func levelOfGlog(line []byte) Level {
	if len(line) < 7 || line[0] < 'A' || line[5] != ' ' || line[6] > '9' || line[6] < '0' {
		return Unknown
	}
	for _, c := range line[1:5] {
		if c < '0' || c > '9' {
			return Unknown
		}
	}
	switch line[0] {
	case 'I':
		return Info
	case 'W':
		return Warn
	case 'E':
		return Error
	case 'F':
		return Fatal
	}
	return Unknown
}

// wording is a line, and what has been seen of it.
type wording struct {
	line  []byte
	words int  // how many there are before this one
	timed bool // all of those are parts of a time
}

// level is what a word says, by how it is written and what is around it.
func (w *wording) level(from, to int) Level {
	word := w.line[from:to]
	if !canBeLevel(word[0]) {
		return Unknown
	}
	if word[1] <= 'Z' {
		if l := ofCapitals(word); l != Unknown {
			return l
		}
	}
	if !w.standsOut(from, to) {
		return Unknown
	}
	switch string(word) {
	case "fail": // .NET
		return Error
	case "fine", "silly", "Fine", "Silly": // they are words more often than levels
		return Unknown
	}
	return ParseLevel(string(word))
}

// ofCapitals is what a word in capitals says.
func ofCapitals(word []byte) Level {
	switch string(word) {
	case "TRACE", "TRC", "VRB", "VERBOSE":
		return Trace
	case "DEBUG", "DBG":
		return Debug
	case "INFO", "INF", "NOTICE":
		return Info
	case "WARN", "WARNING", "WRN":
		return Warn
	case "ERROR", "ERR", "SEVERE":
		return Error
	case "FATAL", "FTL", "CRITICAL", "CRIT", "PANIC", "EMERG":
		return Fatal
	}
	return Unknown
}

// standsOut reports whether a word in small letters is where levels stand.
func (w *wording) standsOut(from, to int) bool {
	const early = 100 // brackets further on are somebody's list
	rest := w.line[to:]
	if len(rest) == 0 {
		return false
	}
	if from > 0 && from < early && w.line[from-1] == '[' && bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("]")) {
		return true
	}
	called := rest[0] == ':' || hasCode(rest) || bytes.HasPrefix(rest, []byte(" error:"))
	switch {
	case w.words == 0:
		return called || rest[0] == ']' || rest[0] == '>' && from > 0 || bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n\f"), []byte("|"))
	case w.words == 1 && rest[0] == ' ' && bytes.HasPrefix(w.line, []byte("npm ")):
		return true
	case from < 2 || w.line[from-1] != ' ' || !called:
		return false
	case w.timed, w.line[from-2] == '|':
		return true
	}
	// A compiler says the file first. What is behind a colon otherwise is
	// rarely a level, and does no harm when it is a bad one.
	return w.line[from-2] == ':' && ParseLevel(string(w.line[from:to])) >= Warn
}

// hasCode reports whether what is behind a word is the number of a mistake, as
// compilers have them: error[E0308], error TS2304: x.
func hasCode(rest []byte) bool {
	if rest[0] == '[' {
		return true
	}
	if rest[0] != ' ' {
		return false
	}
	letters := 1
	for letters < len(rest) && rest[letters] >= 'A' && rest[letters] <= 'Z' {
		letters++
	}
	digits := letters
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	return letters > 1 && digits > letters && digits < len(rest) && rest[digits] == ':'
}

// canBeLevel reports whether a level has a name that begins so.
func canBeLevel(c byte) bool {
	switch c | 0x20 {
	case 'a', 'c', 'd', 'e', 'f', 'i', 'n', 'p', 's', 't', 'v', 'w':
		return true
	}
	return false
}

func isWord(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_'
}
