package record

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

func fromLogfmt(line []byte) []Field {
	n := bytes.Count(line, []byte("="))
	if n < 2 {
		return nil
	}
	if !eachOfLogfmt(line, func(_, _ []byte) {}) {
		return nil // before anything is kept of it: most lines are prose
	}
	fields := make([]Field, 0, min(n, 64))
	eachOfLogfmt(line, func(key, value []byte) {
		fields = append(fields, Field{string(key), string(value)})
	})
	return fields
}

// eachOfLogfmt tells of each word of a line, with what is behind its =. The
// line is logfmt when all of it is, and at least two words and half of all have
// values: prose has an = now and then. It returns false when it isn't; what it
// told of before is void then.
func eachOfLogfmt(line []byte, word func(key, value []byte)) bool {
	words, valued := 0, 0
	for {
		line = afterBlanks(line)
		if len(line) == 0 {
			return valued >= 2 && valued*2 >= words
		}
		key, rest, ok := cutKey(line)
		if !ok {
			return false
		}
		var value []byte
		if len(rest) > 0 && rest[0] == '=' {
			if value, rest, ok = cutValue(rest[1:]); !ok {
				return false
			}
		}
		if words++; len(value) > 0 {
			valued++
		}
		word(key, value)
		line = rest
	}
}

func afterBlanks(line []byte) []byte {
	for len(line) > 0 && line[0] <= ' ' {
		line = line[1:]
	}
	return line
}

// cutKey takes the key that a line begins with.
func cutKey(line []byte) (key, rest []byte, ok bool) {
	n, ascii := 0, true
	for ; n < len(line) && line[n] > ' ' && line[n] != '='; n++ {
		if line[n] == '"' {
			return nil, nil, false
		}
		ascii = ascii && line[n] < utf8.RuneSelf
	}
	key = line[:n]
	return key, line[n:], n > 0 && (ascii || !bytes.ContainsRune(key, utf8.RuneError))
}

// cutValue takes the value that is behind a =.
func cutValue(line []byte) (value, rest []byte, ok bool) {
	if len(line) > 0 && line[0] == '"' {
		return cutQuoted(line[1:])
	}
	n := 0
	for ; n < len(line) && line[n] > ' '; n++ {
		if line[n] == '=' || line[n] == '"' {
			return nil, nil, false
		}
	}
	return line[:n], line[n:], true
}

// cutQuoted takes the value behind an opening quote.
func cutQuoted(line []byte) (value, rest []byte, ok bool) {
	for n, c := range line {
		switch c {
		case '"':
			return line[:n], line[n+1:], true
		case '\\':
			return cutEscaped(line)
		}
	}
	return nil, nil, false
}

// cutEscaped is cutQuoted for a value that has escapes, which are JSON's.
func cutEscaped(line []byte) (value, rest []byte, ok bool) {
	for n := 0; n < len(line); {
		switch c := line[n]; {
		case c == '"':
			return value, line[n+1:], true
		case c == '\\':
			if n+1 == len(line) {
				return nil, nil, false
			}
			r, size := unescape(line[n:])
			if size == 0 {
				return nil, nil, false
			}
			value = utf8.AppendRune(value, r)
			n += size
		case c < ' ':
			return nil, nil, false
		case c < utf8.RuneSelf:
			value = append(value, c)
			n++
		default: // what is not UTF-8 becomes U+FFFD
			r, size := utf8.DecodeRune(line[n:])
			value = utf8.AppendRune(value, r)
			n += size
		}
	}
	return nil, nil, false
}

// unescape reads what begins with a backslash, and how long it is; 0 for what
// is nothing.
func unescape(line []byte) (rune, int) {
	switch c := line[1]; c {
	case '"', '\\', '/', '\'':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, ok := hexadecimal(line)
		if !ok {
			return 0, 0
		}
		if utf16.IsSurrogate(r) {
			low, _ := hexadecimal(line[6:])
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				return r, 12
			}
		}
		return r, 6
	}
	return 0, 0
}

// hexadecimal reads \u1234.
func hexadecimal(line []byte) (rune, bool) {
	if len(line) < 6 || line[0] != '\\' || line[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(line[2:6]), 16, 16)
	return rune(n), err == nil
}
