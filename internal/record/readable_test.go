package record

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestReadable(t *testing.T) {
	t.Parallel()
	const at = "2026-01-02T12:00:01.25Z"
	moment, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	clock := moment.Local().Format("15:04:05.000")
	for line, want := range map[string]string{
		`{"status":404,"time":"` + at + `","msg":"no such user","level":"error"}`:      clock + ` ERROR no such user status=404`,
		`ts=` + at + ` lvl=warn msg="slow query" took=12ms`:                            clock + ` WARN  slow query took=12ms`,
		`{"a":"one two","b":"","c":"\"x","d":"x=1","e":[1,2],"k k":"v","f":"日本"}`:      `a="one two" b="" c="\"x" d=x=1 e=[1,2] "k k"=v f=日本`,
		`{"time":"whenever","level":"custom","a":1}`:                                   `time=whenever level=custom a=1`,
		`{"msg":"a\u001b[31mb\r\n\tc\u0085\u202e","x":"\u001b]0;t\u0007","y\n":1}`:     `a\x1b[31mb\r\n\tc\u0085\u202e x="\x1b]0;t\x07" "y\n"=1`,
		`{"msg":"C:\\x","path":"C:\\x","both":"C:\\x y"}`:                              `C:\x path=C:\x both="C:\\x y"`,
		`{"level":"fatal","msg":"m","err":{"stack":"E: x\n\tat a\n    at b\n"},"n":1}`: "FATAL m n=1\n    E: x\n        at a\n        at b",
		`{"stack":"one line","msg":"m"}`:                                               `m stack="one line"`,
		`{"text":"a\nb","msg":"m"}`:                                                    `m text="a\nb"`,
		`{"exc_info":"Traceback:\n  x\u001b[2J\r\nE","msg":"m"}`:                       "m\n    Traceback:\n      x\\x1b[2J\n    E",
		`level=info stack="E\n\tat" msg=m`:                                             "INFO  m\n    E\n        at",
		`{"msg":"","level":"info"}`:                                                    `INFO `,
		`{"msg":"first","message":"second"}`:                                           `first message=second`,
		`{"a":"x\u00a0y","b":"👨\u200d👩"}`:                                              "a=\"x\u00a0y\" b=👨\u200d👩",
	} {
		r, ok := Parse([]byte(line))
		if !ok {
			t.Fatalf("%q is no record", line)
		}
		if got := string(r.Readable([]byte("before|"), false)); got != "before|"+want {
			t.Errorf("%s is\n%q, want\n%q", line, got, "before|"+want)
		}
	}
}

func TestReadableInColour(t *testing.T) {
	t.Parallel()
	r, _ := Parse([]byte(`{"level":"error","msg":"no such user","status":404,"k\u001b":1}`))
	if got, want := string(r.Readable(nil, true)), "\x1b[31mERROR\x1b[0m no such user \x1b[2mstatus=\x1b[0m404 \x1b[2m\"k\\x1b\"=\x1b[0m1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for l := Trace; l <= Fatal; l++ {
		r := Record{Level: l, Message: "m"}
		got := string(r.Readable(nil, true))
		if !strings.HasPrefix(got, "\x1b[") || !strings.HasSuffix(got, "\x1b[0m m") {
			t.Errorf("%v: %q", l, got)
		}
	}
	if got := string(Record{Level: 99, Message: "m"}.Readable(nil, true)); got != "m" {
		t.Errorf("a level that is none: %q", got)
	}
}

func FuzzReadable(f *testing.F) {
	for _, seed := range []string{`{"level":"error","msg":"\u001b[2J","stack":"a\n\u009bb\n","x":"\u202e"}`, "level=info msg=\"a\\nb\" \xffk=\x80 y=z", `{"time":1700000000.5,"a b":"c"}`, "a=\x1b b=\u009b", "a=\x80 b=\xffc \u202e=1"} {
		f.Add([]byte(seed))
	}
	ours := regexp.MustCompile("\x1b\\[(2|0|36|32|33|31|1;31)m")
	f.Fuzz(func(t *testing.T, line []byte) {
		r, ok := Parse(line)
		if !ok {
			return
		}
		plain, coloured := string(r.Readable(nil, false)), string(r.Readable(nil, true))
		if ours.ReplaceAllString(coloured, "") != plain {
			t.Errorf("%q in colour is %q, and %q without", line, coloured, plain)
		}
		if !utf8.ValidString(plain) {
			t.Errorf("%q is shown as %q", line, plain)
		}
		for _, c := range plain {
			if unicode.IsControl(c) && c != '\n' || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
				t.Errorf("%q is shown as %q: %U reaches the terminal", line, plain, c)
			}
		}
		lines := 0
		for _, field := range r.Fields {
			if isStack(field) {
				lines += strings.Count(field.Value, "\n") + 1
			}
		}
		if n := strings.Count(plain, "\n"); n > lines {
			t.Errorf("%q has %d ends of lines in traces, and is shown with %d", line, lines, n)
		}
	})
}

func BenchmarkReadable(b *testing.B) {
	r, _ := Parse([]byte(`{"level":"info","time":"2026-01-01T12:00:00.123Z","msg":"request completed","http":{"status":200,"path":"/users/7"},"took":12}`))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = r.Readable(dst[:0], true)
	}
}
