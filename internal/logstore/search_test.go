package logstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"prox/internal/compressed"
)

// TestASearchFindsWhatReadingAllDoes: skipping lines that can't match changes
// nothing of what is found.
func TestASearchFindsWhatReadingAllDoes(t *testing.T) {
	t.Parallel()
	pieces := []string{"NEEDLE", "NEE\x1b[31mDLE", "NEED", "LE", "needle", "\r\n", "\n", "\n", "\r", "\t", " ", "é", "\xff", "\x07", "\x7f", "x", strings.Repeat("long ", 40), "12 NEEDLE 34\n"}
	patterns := []string{`^LE`, `^NEEDLE$`, `x$`, "NEEDLE", "NEEDLE 3", "(?i)needle", "NE+DLE", "LE|NEED", "12 .*34", "NEEDLE|needle", "(xx|34)|12 N", "LE$|^NEED", "(?i:LE)|34", "NE|NEED|x"}
	// As ansi.Plain does to these bytes, as far as it matters here.
	clean := func(dst, text []byte) []byte {
		s := strings.ReplaceAll(string(text), "\x1b[31m", "")
		return append(dst, strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(s, "\ufffd"))...)
	}
	for seed := range uint64(30) {
		one := seed%3 != 0 // of one stream
		rng := rand.New(rand.NewPCG(seed, 7))
		dir := t.TempDir()
		w := create(t, dir, Options{SegmentSize: 2000})
		for k := range 60 {
			var b strings.Builder
			for range rng.IntN(30) {
				piece := pieces[rng.IntN(len(pieces))]
				if seed%2 == 0 && rng.IntN(300) > 0 { // whole segments without an odd byte, and some with one
					piece = strings.Map(func(r rune) rune {
						if r < ' ' && r != '\n' && r != '\t' || r > '~' {
							return 'N'
						}
						return r
					}, strings.ReplaceAll(piece, "\r\n", "\n"))
				}
				b.WriteString(piece)
			}
			if rng.IntN(8) == 0 {
				if err := errors.Join(w.MarkExit(at(k), k, 0, 0), w.MarkStart(at(k), k+1)); err != nil {
					t.Fatal(err)
				}
			}
			stream := Stream(rng.IntN(2))
			if one {
				stream = Stdout
			}
			put(t, w, at(k), stream, b.String())
		}
		shut(t, w)
		if seed%5 == 4 {
			if k, err := Keep(t.Context(), dir, Limits{Pack: compressed.File}); err != nil || k.Packed == 0 {
				t.Fatalf("seed %d: %+v, %v", seed, k, err)
			}
		}
		for _, pattern := range patterns {
			re := regexp.MustCompile(pattern)
			for _, q := range []Query{{}, {Since: at(30)}, {Tail: 7}, {Marks: true}} {
				want, got := q, q
				got.block = []int64{0, 50, 300, 1000}[rng.IntN(4)]
				got.Match, got.Clean = re, clean
				want.Only = func(l *Line) bool { return l.Mark != 0 || re.Match(clean(nil, l.Text)) }
				if a, b := readDir(t, dir, got), readDir(t, dir, want); !slices.Equal(a, b) {
					t.Fatalf("seed %d, %q, %+v: found %q, want %q", seed, pattern, q.Tail, a, b)
				}
			}
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	dir := b.TempDir()
	w := create(b, dir, Options{SegmentSize: 64 << 20, MaxTotal: 1 << 30})
	var text strings.Builder
	for k := range 20000 {
		fmt.Fprintf(&text, "2026-11-23 12:00:%02d INFO request %d handled in %dms by worker\r\n", k%60, k, k%997)
	}
	for range 50 {
		if err := w.Append(time.Now(), Stdout, []byte(text.String())); err != nil {
			b.Fatal(err)
		}
	}
	shut(b, w)
	for name, pattern := range map[string]string{"literal": "NEEDLE", "prefix": "request 1999[0-9] .*worker", "alternation": "ERROR|panic", "ignorecase": "(?i)needle", "class": "[a-z]+ing 99"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(50 * text.Len()))
			q := Query{Match: regexp.MustCompile(pattern), Clean: func(dst, t []byte) []byte { return append(dst, t...) }}
			for b.Loop() {
				if err := Read(b.Context(), []Source{{Dir: dir}}, q, func(Line) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
