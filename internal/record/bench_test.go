package record

import "testing"

func BenchmarkParse(b *testing.B) {
	for name, line := range map[string]string{
		"plain":     `2026-01-01T12:00:00.123Z INFO listening on http://localhost:3000 with 12 workers, press Ctrl-C to stop it`,
		"equations": `cannot serve GET /users?a=1&b=2 HTTP/1.1 for 127.0.0.1: the ledger says x = 1, and y = 2 was wanted of it`,
		"json":      `{"level":"info","time":"2026-01-01T12:00:00.123Z","msg":"request completed","http":{"status":200,"path":"/users/7"},"took":12}`,
		"broken":    `{"level":"info","time":"2026-01-01T12:00:00.123Z","msg":"request completed","http":{"status":200,"path":"/users/7`,
		"logfmt":    `time=2026-01-01T12:00:00.123Z level=INFO msg="request completed" status=200 path=/users/7 took=12ms`,
	} {
		b.Run(name, func(b *testing.B) {
			text := []byte(line)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(text)
			}
		})
	}
}

func BenchmarkLevelOf(b *testing.B) {
	for name, line := range map[string]string{
		"none":   `the server is listening on http://localhost:3000 with 12 workers, press Ctrl-C to stop it, or wait until it is done`,
		"early":  `2026-01-01T12:00:00.123Z INFO listening on http://localhost:3000 with 12 workers, press Ctrl-C to stop it`,
		"late":   `the server is listening on http://localhost:3000 with 12 workers, press Ctrl-C to stop it, or wait for an ERROR`,
		"npm":    `npm error cannot install what the project needs, see the log in /home/ann/.npm/_logs/2026-01-01T12_00_00_000Z-debug.log`,
		"json":   `{"level":"info","time":"2026-01-01T12:00:00.123Z","msg":"request completed","http":{"status":200,"path":"/users/7"},"took":12}`,
		"logfmt": `time=2026-01-01T12:00:00.123Z level=INFO msg="request completed" status=200 path=/users/7 took=12ms`,
	} {
		b.Run(name, func(b *testing.B) {
			text := []byte(line)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				LevelOf(text)
			}
		})
	}
}
