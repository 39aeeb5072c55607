package scroll

import (
	"fmt"
	"testing"

	"prox/internal/record"
)

var searched = []record.Level{record.Warn, record.Error, record.Fatal}

// FuzzSuspects holds the search to what a level is.
func FuzzSuspects(f *testing.F) {
	words := []string{
		"trace", "trc", "verbose", "silly", "debug", "dbg", "fine", "info", "inf", "information", "notice", "informational",
		"warn", "warning", "wrn", "error", "err", "severe", "fatal", "ftl", "critical", "crit", "panic", "alert", "emergency", "emerg", "dpanic", "fail",
		"WARN", "WARNING", "WRN", "ERROR", "ERR", "SEVERE", "FATAL", "FTL", "CRITICAL", "CRIT", "PANIC", "EMERG", "Error", "Warning", "Fatal",
	}
	for n := 10; n <= 60; n++ {
		words = append(words, fmt.Sprint(n))
	}
	for _, w := range words {
		for _, form := range []string{
			"%s: x", "[%s] x", "a [%s ] b", "12:00:00 %s x", "npm %s x", "a.c:1:2: %s: x", "%s|x", "time=1 level=%s msg=x", `lvl="%s" msg=x a=b`, "level=+%s msg=x", "level=0%s msg=x", `severity=%s msg=x b=c`,
			`{"level":"%s"}`, `{"level" : %s, "msg":"x"}`, `{"log":{"level":"%s"}}`, `{"severity":%s}`, `{"levelname":"%s"}`, `{"level_name":"%s"}`, `{"@l":"%s"}`, `{"@level":%s}`, `{"loglevel":"%s"}`,
			"\x1b[31m%s\x1b[0m x",
		} {
			f.Add(fmt.Sprintf(form, w))
		}
	}
	f.Add(`{"level":"\u0065rror"}`)
	f.Add(`{"lev\u0065l":"\u0065\u0072ror"}`)
	for _, c := range "IWEF" {
		f.Add(string(c) + "1123 12:00:00.000 7 main.go:3] x")
	}
	f.Fuzz(func(t *testing.T, line string) {
		l := record.LevelOf([]byte(line))
		for _, least := range searched {
			if l >= least && !suspects(least).MatchString(line) {
				t.Errorf("%q is of level %v, and a search for %v leaves it out", line, l, least)
			}
		}
	})
}
