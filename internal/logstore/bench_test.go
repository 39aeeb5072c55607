package logstore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// Appending, with the yardstick beside it: writing the same bytes to a file.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{80, 4 << 10, 32 << 10} {
		p := make([]byte, size)
		for i := range p {
			p[i] = 'x'
		}
		p[size-1] = '\n'
		b.Run(fmt.Sprintf("%d/store", size), func(b *testing.B) {
			w := create(b, b.TempDir(), Options{MaxTotal: 256 << 20})
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Append(time.Now(), Stdout, p); err != nil {
					b.Fatal(err)
				}
			}
			shut(b, w)
		})
		b.Run(fmt.Sprintf("%d/file", size), func(b *testing.B) {
			f, err := os.Create(filepath.Join(b.TempDir(), "file"))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			n := 0
			for b.Loop() {
				if _, err := f.Write(p); err != nil {
					b.Fatal(err)
				}
				if n += size; n > 64<<20 {
					// Like the store, begin another file: a single one can't grow for ever.
					f.Close()
					os.Remove(f.Name())
					f, _ = os.Create(f.Name())
					n = 0
				}
			}
			f.Close()
		})
	}
}

func fill(b *testing.B, bytes int) string {
	dir := b.TempDir()
	w := create(b, dir, Options{})
	for i := 0; bytes > 0; i++ {
		p := fmt.Appendf(nil, "%08d the quick brown fox jumps over the lazy dog and does it again\r\n", i)
		bytes -= len(p)
		put(b, w, at(i), Stdout, string(p))
	}
	shut(b, w)
	return dir
}

func BenchmarkRead(b *testing.B) {
	const size = 64 << 20
	dir := fill(b, size)
	src := []Source{{Dir: dir}}
	none := func(Line) error { return nil }
	for name, q := range map[string]Query{
		"all":   {},
		"match": {Match: regexp.MustCompile("needle")},
		"tail":  {Tail: 100},
		"since": {Since: at(size/72 - 100)},
	} {
		b.Run(name, func(b *testing.B) {
			if q.Tail == 0 && q.Since.IsZero() {
				b.SetBytes(size)
			}
			for b.Loop() {
				if err := Read(context.Background(), src, q, none); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCreate(b *testing.B) {
	dir := fill(b, 4<<20)
	for b.Loop() {
		w, err := Create(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		w.Close()
	}
}
