package record

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// deepest is how far objects within objects are looked into.
const deepest = 8

func fromJSON(line []byte) []Field {
	var fields []Field
	if !eachOfJSON(line, func(path, key, value string) {
		if fields == nil {
			fields = make([]Field, 0, min(bytes.Count(line, []byte(`":`)), 64))
		}
		fields = append(fields, Field{path + key, value})
	}) {
		return nil
	}
	return fields
}

// eachOfJSON tells of each field of an object, and of each of the objects
// within; path is what those are called by. It returns false when the line is
// no object.
//
// encoding/json says whether it is one, which takes it no memory. To get the
// fields from it takes a hundred allocations for a line; from what is known to
// be valid they are found by the quotes and brackets alone.
func eachOfJSON(line []byte, field func(path, key, value string)) bool {
	if len(line) == 0 || line[0] != '{' || line[len(line)-1] != '}' || !json.Valid(line) {
		return false
	}
	w := walker{text: string(line)}
	w.object("", 0, field)
	return true
}

// walker goes through text that is valid.
type walker struct {
	text string
	at   int
}

// object goes through the object that begins here.
func (w *walker) object(path string, depth int, field func(path, key, value string)) {
	w.at++
	for w.next() != '}' {
		key := w.quoted()
		switch c := w.next(); {
		case c == '"':
			field(path, key, w.quoted())
		case c == '{' && depth < deepest:
			w.object(path+key+".", depth+1, field)
		default:
			field(path, key, w.raw())
		}
	}
	w.at++
}

// next goes to the next key, value or end.
func (w *walker) next() byte {
	for {
		switch c := w.text[w.at]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			w.at++
		default:
			return c
		}
	}
}

// quoted takes the text between the quotes that begin here.
func (w *walker) quoted() string {
	begin := w.at
	plain := w.skipQuoted()
	inner := w.text[begin+1 : w.at-1]
	if plain && utf8.ValidString(inner) {
		return inner
	}
	var s string
	_ = json.Unmarshal([]byte(w.text[begin:w.at]), &s) // it is valid
	return s
}

// skipQuoted goes behind the closing quote. It reports whether the text is
// written as it is, without a backslash.
func (w *walker) skipQuoted() bool {
	plain := true
	w.at++
	for {
		end := strings.IndexByte(w.text[w.at:], '"')
		escape := strings.IndexByte(w.text[w.at:w.at+end], '\\')
		if escape < 0 {
			w.at += end + 1
			return plain
		}
		plain = false
		w.at += escape + 2
	}
}

// raw takes a value as it is written.
func (w *walker) raw() string {
	begin, depth := w.at, 0
	for {
		switch w.text[w.at] {
		case '"':
			w.skipQuoted()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return w.text[begin:w.at]
			}
			if depth--; depth == 0 {
				w.at++
				return w.text[begin:w.at]
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return w.text[begin:w.at]
			}
		}
		w.at++
	}
}
