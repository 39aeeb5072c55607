package watch

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// tree50k is a tree of 50,000 files in 2,550 folders.
func tree50k(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	for i := range 50_000 {
		at := filepath.Join(dir, fmt.Sprintf("pkg%d/sub%d", i%50, i/50%50))
		if i < 2500 {
			if err := os.MkdirAll(at, 0o755); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(at, fmt.Sprintf("f%d.go", i)), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func walk(b *testing.B, dir string) int {
	n := 0
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// What it takes to begin with a tree of 50,000 files: all of them, what two
// patterns can match, and all with a .gitignore of a usual length. The
// yardstick is a walk of it that does nothing, right before each.
func BenchmarkNew(b *testing.B) {
	dir := tree50k(b)
	rules := filepath.Join(dir, gitignore)
	for _, c := range []struct{ name, rules, pattern string }{
		{"all", "", "**/*.go"},
		{"few", "", "pkg1/sub1/**/*.go"},
		{"gitignore", "*.o\n*.tmp\nnode_modules/\n/dist/\nbuild/\n*.log\n.env\n**/gen/*.pb.go\n!keep.log\ntarget/\n", "**/*.go"},
	} {
		b.Run(c.name, func(b *testing.B) {
			if err := os.WriteFile(rules, []byte(c.rules), 0o644); err != nil {
				b.Fatal(err)
			}
			var walked, walkedCPU, begun, begunCPU time.Duration
			for b.Loop() {
				b.StopTimer()
				at, used := time.Now(), cpu()
				walk(b, dir)
				walked, walkedCPU = walked+time.Since(at), walkedCPU+cpu()-used
				b.StartTimer()
				at, used = time.Now(), cpu()
				w, err := New(b.Context(), Options{Root: dir, Patterns: []string{c.pattern}})
				if err != nil {
					b.Fatal(err)
				}
				begun, begunCPU = begun+time.Since(at), begunCPU+cpu()-used
				b.StopTimer()
				w.Close()
				b.StartTimer()
			}
			n := float64(b.N)
			b.ReportMetric(float64(begunCPU.Milliseconds())/n, "cpu-ms/op")
			b.ReportMetric(float64(walked.Milliseconds())/n, "walk-ms/op")
			b.ReportMetric(float64(walkedCPU.Milliseconds())/n, "walk-cpu-ms/op")
			b.ReportMetric(float64(begun)/float64(walked), "x-walk")
		})
	}
}

// From a save to its notice, without the quiet time: in a folder of one file,
// and in a tree of 50,000. The yardstick is a walk of the same tree, which is
// what looking for the change would take.
func BenchmarkSave(b *testing.B) {
	const quiet = 10 * time.Millisecond
	small := b.TempDir()
	for name, dir := range map[string]string{"one": small, "50000": tree50k(b)} {
		b.Run(name, func(b *testing.B) {
			w, err := New(b.Context(), Options{Root: dir, Patterns: []string{"**"}, Quiet: quiet})
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			file := filepath.Join(dir, "saved")
			var told time.Duration
			for i := 0; b.Loop(); i++ {
				if err := os.WriteFile(file, fmt.Append(nil, i), 0o644); err != nil {
					b.Fatal(err)
				}
				at := time.Now()
				<-w.Changes()
				told += time.Since(at) - quiet
			}
			b.StopTimer()
			at := time.Now()
			walk(b, dir)
			b.ReportMetric(float64(time.Since(at).Microseconds()), "walk-µs")
			b.ReportMetric(float64(told.Microseconds())/float64(b.N), "after-quiet-µs/op")
		})
	}
}

// What a checkout of 5,000 files costs: the processor's time until the notice,
// with that of writing them alone as the yardstick.
func BenchmarkBurst(b *testing.B) {
	dir := b.TempDir()
	write := func(i int) {
		for f := range 5000 {
			sub := filepath.Join(dir, fmt.Sprintf("sub%d", f%50))
			if i == 0 && f < 50 {
				if err := os.Mkdir(sub, 0o755); err != nil {
					b.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(sub, fmt.Sprintf("f%d", f)), fmt.Append(nil, i), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	write(0)
	i := 1
	for b.Loop() {
		b.StopTimer()
		used := cpu()
		write(i)
		alone := cpu() - used
		w, err := New(b.Context(), Options{Root: dir, Patterns: []string{"**"}, Max: time.Minute})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		used = cpu()
		write(i + 1)
		<-w.Changes()
		b.ReportMetric(float64((cpu() - used).Milliseconds()), "cpu-ms")
		b.ReportMetric(float64(alone.Milliseconds()), "write-cpu-ms")
		b.StopTimer()
		w.Close()
		i += 2
		b.StartTimer()
	}
}
