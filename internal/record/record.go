// Package record understands lines that programs write for other programs: JSON
// objects and logfmt.
//
//	r, ok := record.Parse([]byte(`{"level":"error","msg":"no such user","status":404}`))
//	r.Level               // record.Error
//	r.Get("status")       // "404"
//
// A condition on a field is a text such as "status>=500": see [ParseCondition].
package record

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/go-logfmt/logfmt"
)

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
	if l, ok := levels[strings.ToLower(s)]; ok {
		return l
	}
	if n, err := strconv.Atoi(s); err == nil && n >= 10 && n <= 60 {
		return Level(n / 10)
	}
	return Unknown
}

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
	levelKeys   = []string{"level", "lvl", "severity", "log.level", "loglevel"}
	messageKeys = []string{"msg", "message", "event"}
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
	for _, key := range levelKeys {
		if v, ok := r.Get(key); ok {
			r.Level = ParseLevel(v)
			break
		}
	}
	for _, key := range messageKeys {
		if v, ok := r.Get(key); ok {
			r.Message = v
			break
		}
	}
	return r, true
}

// Get is a field's value. Fields of objects within are called by their path:
// "http.status".
func (r Record) Get(key string) (string, bool) {
	for _, f := range r.Fields {
		if f.Key == key {
			return f.Value, true
		}
	}
	return "", false
}

func fromJSON(line []byte) []Field {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	fields, ok := object(d, "", nil, 0)
	if !ok || d.More() {
		return nil
	}
	return fields
}

// deepest is how far objects within objects are looked into.
const deepest = 8

// object reads an object that has been begun, to its end.
func object(d *json.Decoder, path string, fields []Field, depth int) ([]Field, bool) {
	for d.More() {
		t, err := d.Token()
		key, isText := t.(string)
		if err != nil || !isText {
			return nil, false
		}
		key = path + key
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, false
		}
		if len(raw) > 0 && raw[0] == '{' && depth < deepest {
			inner := json.NewDecoder(bytes.NewReader(raw))
			inner.UseNumber()
			if _, err := inner.Token(); err != nil {
				return nil, false
			}
			var ok bool
			if fields, ok = object(inner, key+".", fields, depth+1); !ok {
				return nil, false
			}
			continue
		}
		value := string(raw)
		if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &value) != nil {
			return nil, false
		}
		fields = append(fields, Field{key, value})
	}
	_, err := d.Token()
	return fields, err == nil
}

// fromLogfmt takes a line for logfmt when all of it is, and at least two of its
// words have values: prose has an = now and then.
func fromLogfmt(line []byte) []Field {
	if bytes.Count(line, []byte("=")) < 2 {
		return nil
	}
	d := logfmt.NewDecoder(bytes.NewReader(line))
	var fields []Field
	if !d.ScanRecord() {
		return nil
	}
	valued := 0
	for d.ScanKeyval() {
		if len(d.Key()) == 0 {
			return nil
		}
		if d.Value() != nil {
			valued++
		}
		fields = append(fields, Field{string(d.Key()), string(d.Value())})
	}
	if d.Err() != nil || valued < 2 || valued*2 < len(fields) {
		return nil
	}
	return fields
}
