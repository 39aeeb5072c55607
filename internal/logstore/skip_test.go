package logstore

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestASearchFindsWhatReadingAllDoes: skipping lines that can't match changes
// nothing of what is found.
func TestASearchFindsWhatReadingAllDoes(t *testing.T) {
	t.Parallel()
	pieces := []string{"NEEDLE", "NEE\x1b[31mDLE", "NEED", "LE", "needle", "\r\n", "\n", "\n", "\r", "\t", " ", "é", "\xff", "\x07", "\x7f", "x", strings.Repeat("long ", 40), "12 NEEDLE 34\n"}
	patterns := []string{"NEEDLE", "NEEDLE 3", "(?i)needle", "NE+DLE", "LE|NEED", "12 .*34", "NEEDLE|needle", "(xx|34)|12 N", "LE$|^NEED", "(?i:LE)|34", "NE|NEED|x"}
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
	for seed := range uint64(25) {
		rng := rand.New(rand.NewPCG(seed, 7))
		dir := t.TempDir()
		w := create(t, dir, Options{SegmentSize: 2000})
		for k := range 60 {
			var b strings.Builder
			for range rng.IntN(30) {
				b.WriteString(pieces[rng.IntN(len(pieces))])
			}
			put(t, w, at(k), Stream(rng.IntN(2)), b.String())
		}
		shut(t, w)
		for _, pattern := range patterns {
			re := regexp.MustCompile(pattern)
			for _, q := range []Query{{}, {Since: at(30)}, {Tail: 7}} {
				want, got := q, q
				got.Match, got.Clean = re, clean
				want.Only = func(l *Line) bool { return re.Match(clean(nil, l.Text)) }
				if a, b := readDir(t, dir, got), readDir(t, dir, want); !slices.Equal(a, b) {
					t.Fatalf("seed %d, %q, %+v: found %q, want %q", seed, pattern, q.Tail, a, b)
				}
			}
		}
	}
}

func TestNeeded(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"ERROR": "ERROR", "ERROR.*x": "ERROR", "ERROR|panic": "ERROR|panic", "(ERROR|panic)": "ERROR|panic", "ERROR|ERR": "ERR", "fatal: (a|b)|panic": "fatal: |panic",
		"(?i)error": "", "ERROR|(?i:panic)": "", "^ERROR": "ERROR", "ERROR|": "", "ERROR|x*": "", "a|b": "", "E": "", "é+é": "", ".*": "", "[a-z]+": "", "": "", "one|two|three|four|five|six|seven|eight|nine": "",
	} {
		var texts []string
		for _, b := range needed(regexp.MustCompile(pattern)) {
			texts = append(texts, string(b))
		}
		if got := strings.Join(texts, "|"); got != want {
			t.Errorf("%q needs %q, want %q", pattern, got, want)
		}
	}
}

func TestOdd(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": -1, "plain text of some length\twith a tab\n": -1, "a\r\nb\r\n": -1, "a\rb": 1, "a\r": 1, "12345678é": 8, "\x1b[m": 0, "1234567\x7f": 7, "12345678901234567890\x00": 20,
		"~~~~~~~~~~~~~~~~": -1, "\n\n\n\n\n\n\n\n\n\n\x80": 10,
	} {
		if got := odd([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	for c := range 256 {
		for at := range 20 {
			b := []byte(strings.Repeat("x", 20))
			b[at] = byte(c)
			want := -1
			if (c < ' ' || c >= 0x7f) && c != '\t' && c != '\n' {
				want = at
			}
			if got := odd(b); got != want {
				t.Errorf("byte %#x at %d: %d", c, at, got)
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
