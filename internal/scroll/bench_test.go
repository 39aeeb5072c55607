package scroll

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"prox/internal/logstore"
	"prox/internal/record"
)

// much is a log of 100 MB of four instances.
func much(b *testing.B) (root string, size int64, middle time.Time) {
	b.Helper()
	root = b.TempDir()
	var ws []*logstore.Writer
	for k := range 4 {
		ws = append(ws, create(b, root, fmt.Sprintf("svc-%d", k), logstore.Options{SegmentSize: 8 << 20}))
	}
	n := 0
	for ; size < 100<<20; n++ {
		level := "INFO"
		if n%1000 == 999 {
			level = "ERROR"
		}
		line := fmt.Sprintf("2026-05-01 12:00:00 %s request %d of many, served to customer %d in 12 ms by the shop's gateway\n", level, n, n*7919%100_003)
		put(b, ws[n%4], at(n/20), logstore.Stdout, line)
		size += int64(len(line))
	}
	flush(b, ws...)
	return root, size, at(n / 40)
}

func BenchmarkLog(b *testing.B) {
	root, size, middle := much(b)
	g, ctx := Open(root), b.Context()
	sources, err := logstore.Sources(root)
	if err != nil {
		b.Fatal(err)
	}
	// The yardstick of all that follows: everything is read once.
	everything := sync.OnceValue(func() time.Duration {
		best := time.Hour
		for range 3 {
			began := time.Now()
			if err := logstore.Read(ctx, sources, logstore.Query{}, func(logstore.Line) error { return nil }); err != nil {
				b.Fatal(err)
			}
			best = min(best, time.Since(began))
		}
		return best
	})
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"last", func() error { _, err := g.Last(ctx, Filter{}, 500); return err }},
		{"before, in the middle", func() error { _, err := g.Before(ctx, Filter{}, Line{At: middle}, 500); return err }},
		{"after, in the middle", func() error { _, err := g.After(ctx, Filter{}, Line{At: middle}, 500); return err }},
		{"text of many lines", func() error { _, err := g.Last(ctx, Filter{Text: "customer 1"}, 1000); return err }},
		{"text of few lines", func() error { _, err := g.Last(ctx, Filter{Text: "customer 99999"}, 1000); return err }},
		{"text of no line", func() error { _, err := g.Last(ctx, Filter{Text: "timeout"}, 1000); return err }},
		{"level of few lines", func() error { _, err := g.Last(ctx, Filter{Level: record.Error}, 5000); return err }},
		{"level of no line", func() error { _, err := g.Last(ctx, Filter{Level: record.Fatal}, 1000); return err }},
		{"error before the middle", func() error { _, _, err := g.NextError(ctx, Filter{}, Line{At: middle}, true); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.do(); err != nil {
					b.Fatal(err)
				}
			}
			each := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(each)/float64(everything()), "of-reading-all")
			b.ReportMetric(float64(size)/1e6/each.Seconds(), "MB/s-if-all")
		})
	}
}
