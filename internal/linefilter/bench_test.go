package linefilter

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"sync"
	"testing"
	"time"
)

// benchLog is what servers of several kinds write.
var benchLog = sync.OnceValue(func() []byte {
	const size = 64 << 20
	r := rand.New(rand.NewPCG(3, 4))
	of := func(from ...string) string { return from[r.IntN(len(from))] }
	b := make([]byte, 0, size+1024)
	at := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	for len(b) < size {
		at = at.Add(time.Duration(r.IntN(1e8)))
		stamp := at.Format("2006-01-02T15:04:05.000Z")
		path := of("/api/v1/users", "/api/v1/orders/"+fmt.Sprint(r.IntN(1e5)), "/static/app.js", "/health", "/login")
		level := "INFO"
		switch r.IntN(200) {
		case 0:
			level = "ERROR"
		case 1, 2, 3:
			level = "WARN"
		}
		status := of("200", "200", "200", "200", "304", "404")
		if r.IntN(500) == 0 {
			status = "503"
		}
		switch r.IntN(5) {
		case 0:
			b = fmt.Appendf(b, `{"time":"%s","level":"%s","msg":"request served","method":"%s","path":"%s","status":%s,"duration_ms":%d,"request_id":"%016x"}`, stamp, level, of("GET", "GET", "POST"), path, status, r.IntN(900), r.Uint64())
		case 1:
			b = fmt.Appendf(b, `10.0.%d.%d - - [%s] "%s %s HTTP/1.1" %s %d "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`, r.IntN(256), r.IntN(256), at.Format("02/Jan/2006:15:04:05 -0700"), of("GET", "POST"), path, status, r.IntN(1e5))
		case 2:
			b = fmt.Appendf(b, `%s %s [worker-%d] job %d done in %dms, %d left in the queue`, stamp, level, r.IntN(16), r.IntN(1e6), r.IntN(4000), r.IntN(50))
		case 3:
			b = fmt.Appendf(b, `time=%s level=%s msg="cache refreshed" keys=%d took=%.3fms status=%s`, stamp, level, r.IntN(1e4), r.Float64()*20, status)
		default:
			b = fmt.Appendf(b, `%s %-5s com.example.orders.OrderService - order %d of customer %d: state %s`, stamp, level, r.IntN(1e6), r.IntN(1e4), of("created", "paid", "shipped", "delivered"))
		}
		switch r.IntN(3000) {
		case 0:
			b = append(b, ": dial tcp 10.0.0.7:5432: connection refused"...)
		case 1:
			b = append(b, ": panic: runtime error: index out of range"...)
		case 2:
			b = append(b, ": upstream request Timeout after 30s"...)
		case 3:
			b = append(b, " latency=1234ms 0badcafe"...)
		}
		b = append(b, '\n')
	}
	return b
})

// BenchmarkSearch searches a log with a filter before package regexp, and with
// package regexp alone. Both have to find the same lines.
func BenchmarkSearch(b *testing.B) {
	for _, pattern := range []string{
		`connection refused`,
		`ERROR|panic`,
		`(?i)error`,
		`(?i)timeout|refused`,
		`status=5\d\d`,
		`[A-Za-z]+=[0-9]{3,5}ms [a-f0-9]{8}`,
		`panic|fatal|refused|timed out|segfault|OOM|killed|abort`,
		`^\S+ WARN .*done in \d{4}ms`,
		`job \d+7 done in 39\d\dms, 4\d left`,
	} {
		re := regexp.MustCompile(pattern)
		found := 0
		b.Run("filter/"+pattern, func(b *testing.B) {
			log := benchLog()
			b.SetBytes(int64(len(log)))
			for b.Loop() {
				found = search(re, Compile(re), log)
			}
			b.ReportMetric(float64(found), "lines")
		})
		b.Run("regexp/"+pattern, func(b *testing.B) {
			log := benchLog()
			b.SetBytes(int64(len(log)))
			n := 0
			for b.Loop() {
				n = search(re, nil, log)
			}
			if found != 0 && n != found {
				b.Fatalf("%d lines, %d with the filter", n, found)
			}
		})
	}
}

// search counts the lines that match.
func search(re *regexp.Regexp, f *Filter, b []byte) (n int) {
	for at := 0; at < len(b); {
		if f != nil {
			if at += f.Next(b[at:]); at == len(b) {
				break
			}
		}
		end := len(b)
		if nl := bytes.IndexByte(b[at:], '\n'); nl >= 0 {
			end = at + nl
		}
		if re.Match(b[at:end]) {
			n++
		}
		at = min(end+1, len(b))
	}
	return n
}

// BenchmarkParts is what the parts take by themselves.
func BenchmarkParts(b *testing.B) {
	log := benchLog()
	run := func(name string, look func()) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(log)))
			for b.Loop() {
				look()
			}
		})
	}
	windows := func(look func(b []byte, from, to int)) func() {
		return func() {
			for at := 0; at < len(log); at += mostLook {
				look(log, at, min(at+mostLook, len(log)))
			}
		}
	}
	f := Compile(regexp.MustCompile(`[A-Za-z]+=[0-9]{3,5}ms [x-z]{8}`))
	run("odd", windows(func(b []byte, from, to int) { firstOdd(b, from, to) }))
	run("odd fetched", windows(func(b []byte, from, to int) { f.fetch(b[from:to]); firstOdd(b, from, to) }))
	wrong := 0
	for _, t := range []text{{"connection refused", false}, {"error that there is not", true}} {
		l := newLiteral(t)
		run("literal/"+t.s, windows(func(b []byte, from, to int) { l.index(b, from, to, &wrong) }))
	}
	run("automaton", func() {
		for at := 0; at < len(log); {
			end := bytes.LastIndexByte(log[:min(at+mostLook, len(log))], '\n') + 1
			f.log.scan(log[at:end])
			at = end
		}
	})
	run("bytes.Index", func() { bytes.Index(log, []byte("connection refusal")) })
}
