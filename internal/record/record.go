// Package record understands lines that programs write for other programs: JSON
// objects and logfmt.
//
//	r, ok := record.Parse([]byte(`{"level":"error","msg":"no such user","status":404}`))
//	r.Level               // record.Error
//	r.Get("status")       // "404"
//	r.Time()              // when it was written; here it doesn't say
//	r.Readable(nil, true) // ERROR no such user status=404
//
// [LevelOf] takes any line, also one that was written for people. Everything a
// service prints goes through it and Parse, and most of that is no record: both
// are quick to see so.
//
// A condition on a field is a text such as "status>=500": see [ParseCondition].
package record

import "bytes"

// Field is one of a line's keys, and its value as text.
type Field struct{ Key, Value string }

// Record is what a line says.
type Record struct {
	Level   Level
	Message string
	Fields  []Field // in the order of the line, level and message among them
}

// Where programs put what every line has.
var (
	levelKeys   = [...]string{"level", "lvl", "severity", "log.level", "loglevel", "levelname", "level_name", "@level", "@l"}
	messageKeys = [...]string{"msg", "message", "event", "@message", "@m"}
)

// longest is how long a line may be to be understood: what is longer is data.
const longest = 64 << 10

// Parse reads a line; false when it is neither JSON nor logfmt.
func Parse(line []byte) (Record, bool) {
	line = bytes.TrimSpace(line)
	if len(line) < 3 || len(line) > longest {
		return Record{}, false
	}
	var fields []Field
	if line[0] == '{' {
		fields = fromJSON(line)
	} else {
		fields = fromLogfmt(line)
	}
	if len(fields) == 0 {
		return Record{}, false
	}
	r := Record{Fields: fields}
	_, r.Level = r.level()
	if i := r.message(); i >= 0 {
		r.Message = fields[i].Value
	}
	return r, true
}

// level finds which field has the level; -1 for none.
func (r Record) level() (int, Level) {
	for _, key := range levelKeys {
		if i := r.index(key); i >= 0 {
			if l := ParseLevel(r.Fields[i].Value); l != Unknown {
				return i, l
			}
		}
	}
	return -1, Unknown
}

// message finds which field has the message; -1 for none.
func (r Record) message() int {
	for _, key := range messageKeys {
		if i := r.index(key); i >= 0 {
			return i
		}
	}
	return -1
}

func (r Record) index(key string) int {
	for i := range r.Fields {
		if r.Fields[i].Key == key {
			return i
		}
	}
	return -1
}

// Get is a field's value. Fields of objects within are called by their path:
// "http.status".
func (r Record) Get(key string) (string, bool) {
	if i := r.index(key); i >= 0 {
		return r.Fields[i].Value, true
	}
	return "", false
}
