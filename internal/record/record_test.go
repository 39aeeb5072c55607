package record

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`{"level":"error","msg":"no such user","status":404,"ok":false,"x":null,"l":[1,2]}`: `error "no such user" level=error msg=no such user status=404 ok=false x=null l=[1,2]`,
		`{"severity":"WARNING","message":"m","http":{"status":500,"a":{"b":"c"}}}`:          `warn "m" severity=WARNING message=m http.status=500 http.a.b=c`,
		`{"level":50,"msg":"pino"}`:                    `error "pino" level=50 msg=pino`,
		`  level=info msg="hello \"you\"" took=12ms  `: `info "hello \"you\"" level=info msg=hello "you" took=12ms`,
		`ts=1 lvl=dbug a b=c`:                          `"" ts=1 lvl=dbug a= b=c`,
		`{"n":12345678901234567890}`:                   `"" n=12345678901234567890`,
		`plain text`:                                   "no", `x = 1 and y = 2, said he`: "no", `a=b`: "no", `{"broken":`: "no", `{"a":1} trailing`: "no", `{}`: "no", `["a"]`: "no", ``: "no",
		`GET /x?a=b&c=d 200`:                           "no",
		`{"a":"` + strings.Repeat("x", longest) + `"}`: "no",
	} {
		got := "no"
		if r, ok := Parse([]byte(line)); ok {
			got = strings.TrimSpace(fmt.Sprintf("%s %q", r.Level, r.Message))
			for _, f := range r.Fields {
				got += " " + f.Key + "=" + f.Value
			}
		}
		if got != want {
			t.Errorf("%.60q: %s, want %s", line, got, want)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	r, ok := Parse([]byte(`{"status":503,"path":"/users/7","user":"ann","took":1.50}`))
	if !ok {
		t.Fatal("no record")
	}
	for text, want := range map[string]bool{
		"status": true, "gone": false, "status=503": true, "status = 503.0": true, "status!=503": false, "status>=500": true, "status>503": false, "status<504": true, "status<=502": false,
		"path~^/users/": true, "path~x": false, "user=ann": true, "user!=bob": true, "user>1": false, "gone!=x": true, "gone=x": false, "took=1.5": true,
	} {
		c, err := ParseCondition(text)
		if err != nil || c.Holds(r) != want {
			t.Errorf("%s is %t (%v)", text, !want, err)
		}
	}
	for _, text := range []string{"", "=x", "a!x", "status>=many", "path~("} {
		if c, err := ParseCondition(text); err == nil {
			t.Errorf("%q is taken for %+v", text, c)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `a=1 b="2"`, `{"a":{"b":{"c":[{}]}}}`, `{"a":"\ud800"}`, `= = =`, "a=\x00 b=1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, ok := Parse(line)
		if ok && len(r.Fields) == 0 {
			t.Errorf("%q is a record of nothing", line)
		}
	})
}

func FuzzCondition(f *testing.F) {
	for _, seed := range []string{"a=1", "a>=2", "a~x", "a", "!="} {
		f.Add(seed)
	}
	r, _ := Parse([]byte(`{"a":1}`))
	f.Fuzz(func(_ *testing.T, s string) {
		if c, err := ParseCondition(s); err == nil {
			c.Holds(r)
		}
	})
}

func TestLevelOf(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Level{
		`{"level":"warn","msg":"ERROR in the text"}`:       Warn,
		`2026-01-01 12:00:00 ERROR cannot open the ledger`: Error,
		`[error] it broke`:                                Error,
		`warning: unused variable`:                        Warn,
		`Info | started`:                                  Info,
		`panic: runtime error: index out of range`:        Fatal,
		`no errors were found`:                            Unknown,
		`an error is a word`:                              Unknown,
		`12:00:01.234 [error] x`:                          Error,
		`2026-01-01T12:00:00Z [main] [warn] x`:            Warn,
		`E1123 12:00:00.123456       7 x.go:1] y`:         Error,
		`W0102 12:00:00 x.go:1] an ERROR in it`:           Warn,
		`I0102 12:00:00 x.go:1] y`:                        Info,
		`F0102 12:00:00 x.go:1] y`:                        Fatal,
		`E1123x12:00:00`:                                  Unknown,
		`app  | ERROR: x`:                                 Error,
		`app  | warning: x`:                               Warn,
		`npm ERR! x`:                                      Error,
		`npm WARN deprecated x`:                           Warn,
		`npm error code ENOENT`:                           Error,
		`npm warn deprecated x`:                           Warn,
		`error TS2304: cannot find x`:                     Error,
		`src/x.ts(1,2): error TS2304: x`:                  Error,
		`error[E0308]: mismatched types`:                  Error,
		`Program.cs(3,5): warning CS0168: x`:              Warn,
		`x.c:3:5: error: expected ;`:                      Error,
		`x.c:1:10: fatal error: nope.h: not there`:        Fatal,
		`fatal error: all goroutines are asleep`:          Fatal,
		`12:00:01 info: x`:                                Info,
		`12:00PM INF starting`:                            Info,
		`[12:00:00 WRN] x`:                                Warn,
		`fail: Microsoft.AspNetCore.Server[13]`:           Error,
		`crit: Microsoft.AspNetCore.Server[13]`:           Fatal,
		`2026-01-01 12:00:00 SEVERE x`:                    Error,
		`<warning> x`:                                     Warn,
		`{"x":"error","level":"info"}`:                    Info,
		`{"x":"error","level":"custom"}`:                  Unknown,
		`{"level":"","x":"level"}`:                        Unknown,
		`{"level":"this is no level at all","x":"level"}`: Unknown,
		`level= lvl=error x=1`:                            Error,
		`E11x3 12:00:00`:                                  Unknown,
		`error`:                                           Unknown,
		`error.TS23: x`:                                   Unknown,
		`[ERROR_CODE] x`:                                  Unknown,
		`the config: debug: true`:                         Unknown,
		`fine: it works`:                                  Unknown,
		`error x`:                                         Unknown,
		`error 404: x`:                                    Unknown,
		`an error: x`:                                     Unknown,
		`npm errors happen`:                               Unknown,
		`{"level":"custom","msg":"WARN"}`:                 Warn,
		`{"levelname":"ERROR","x":{"level":"info"}}`:      Error,
		`{"level":"x","lvl":"warn"}`:                      Warn,
		`{"log":{"level":"error"}}`:                       Error,
		`{"level":"error","broken`:                        Unknown,
		`level=error x=1`:                                 Error,
		`lvl=debug level=error x=1`:                       Error,
		`level=error is what he said = x`:                 Unknown,
		strings.Repeat("x", 95) + ` [error] x`:            Error,
		strings.Repeat("x", 120) + ` [error] x`:           Unknown,
		strings.Repeat("x", 600) + ` ERROR x`:             Unknown,
		``:                                                Unknown,
	} {
		if got := LevelOf([]byte(line)); got != want {
			t.Errorf("%q is %v, want %v", line, got, want)
		}
	}
}
