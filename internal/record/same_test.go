package record

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/go-logfmt/logfmt"
)

// The fields of a line are those that encoding/json and go-logfmt find, which
// are slow at it.

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":1}`, `{"a":{"b":{"c":[{"x":"]}"}]}},"d":"\"\\"}`, `{"a":"\ud800","b\n":[ ]}`, "{\"a\":\"\xff\",\"\xff\":{}}", `{ "a" : { } , "b" : -1.5e3 , "c":null}`,
		`{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}}`, `{"a":1}}`, `{"a":1,}`, `{"a" 1}`, `{"level":"warn","log":{"level":"error"}}`, `{"level":1,"LVL":2,"lvl":"WARN"}`, `{"\u006cevel":"warn"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] != '{' {
			return
		}
		var want []Field
		if json.Valid(line) {
			want = slowJSON(line)
		}
		if got := fromJSON(line); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	})
}

func FuzzLogfmt(f *testing.F) {
	for _, seed := range []string{
		`a=1 b="2"`, "a=\x00 b=1", `a="\u00e4\ud83d\ude00\n" b=x`, `a="\ud800" b="\'" c`, `x = 1 and y = 2`, "\xff=1 b=2", "a=\"\xff\\n\" b=\"\xff\"", "a=\"\x01\" b=\"\x01\\n\"", `a="b"c=d`, `a"b=1 c=2 d=3`, `a=b=c d=1 e=2`, `a=b"c d=1 e=2`, `a=1 b=2 c="\`, `a=1 b=2 c="\q"`, `a=1 b=2 c="\u12"`, `a=1 b=2 c="\u12xy"`, `a="\ud83dxxxxxx" b=1`, `a="\ud83d\u0041" b=1`, `a="\\" b=1`, `a="" b= c=1 d=2`,
		`a= b= c=d`, "\ufffd=1 b=2",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		line = bytes.TrimSpace(line)
		if bytes.IndexByte(line, '\n') >= 0 || len(line) > 1000 {
			return // lines have no end within
		}
		if got, want := fromLogfmt(line), slowLogfmt(line); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	})
}

// A line's level is that of the whole record, and what the regular expression
// that was here once found is found.
func FuzzLevelOf(f *testing.F) {
	for _, seed := range []string{
		`{"level":"warn","log":{"level":"error"}}`, `{"level":1,"LVL":2,"lvl":"WARN"}`, `{"\u006cevel":"warn"}`, `{"@l":"Warning"}`, `{"log":{"level":"error"},"loglevel":"x"}`, "level=info a=b lvl=warn", "lvl=x level_name=error a=b",
		`[error: x`, `[error`, `ERROR_X`, "\xff error | x", "E1123 1", "npm error", `x: fatal error: y`, `error TS1: x`, `error TS1`, `[ error`, "a | warn", "[[info]", "error  \t|", "err\r|",
	} {
		f.Add([]byte(seed))
	}
	words := regexp.MustCompile(`\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|PANIC)\b|^\W*(?i:(trace|debug|info|notice|warn|warning|error|err|fatal|critical|panic))(?:\]|:|\s*\|)`)
	f.Fuzz(func(t *testing.T, line []byte) {
		got := LevelOf(line)
		if r, ok := Parse(line); ok && r.Level != Unknown {
			if got != r.Level {
				t.Errorf("%q is %v, and %v as a record", line, got, r.Level)
			}
			return
		}
		if m := words.FindSubmatch(line[:min(len(line), 512)]); m != nil && got == Unknown {
			t.Errorf("%q is nothing, but has %q", line, m[0])
		}
	})
}

func slowJSON(line []byte) []Field {
	d := json.NewDecoder(bytes.NewReader(line))
	if _, err := d.Token(); err != nil {
		return nil
	}
	return slowObject(d, "", nil, 0)
}

func slowObject(d *json.Decoder, path string, fields []Field, depth int) []Field {
	for d.More() {
		t, _ := d.Token()
		key := path + t.(string)
		var raw json.RawMessage
		_ = d.Decode(&raw)
		if raw[0] == '{' && depth < deepest {
			inner := json.NewDecoder(bytes.NewReader(raw))
			_, _ = inner.Token()
			fields = slowObject(inner, key+".", fields, depth+1)
			continue
		}
		value := string(raw)
		if raw[0] == '"' {
			_ = json.Unmarshal(raw, &value)
		}
		fields = append(fields, Field{key, value})
	}
	return fields
}

func slowLogfmt(line []byte) []Field {
	if bytes.Count(line, []byte("=")) < 2 {
		return nil
	}
	d := logfmt.NewDecoder(bytes.NewReader(line))
	if !d.ScanRecord() {
		return nil
	}
	var fields []Field
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
