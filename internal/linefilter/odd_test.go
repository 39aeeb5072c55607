package linefilter

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestFirstOdd(t *testing.T) {
	t.Parallel()
	plainBytes := []byte("plain text of some length\twith a tab ~ and\nline\r\nends\r\n and more, so that it is more than is read at once: {}[]!\n")
	text := bytes.Repeat(plainBytes, 3)
	if got := firstOdd(text, 0, len(text)); got != len(text) {
		t.Fatalf("%q at %d of a plain text", text[got], got)
	}
	for from := range 100 {
		for at := range text {
			if text[at] == '\n' {
				continue
			}
			for _, c := range []byte{0, 8, '\v', '\f', 14, 0x1b, 0x1f, 0x7f, 0x80, 0xff} {
				b := bytes.Clone(text)
				b[at] = c
				want := at
				if at < from {
					want = len(b)
				}
				if got := firstOdd(b, from, len(b)); got != want {
					t.Fatalf("%#x at %d, from %d: %d, want %d", c, at, from, got, want)
				}
				if got := firstOdd(b, from, max(at, from)); got != max(at, from) {
					t.Fatalf("%#x at %d, from %d up to there: %d", c, at, from, got)
				}
			}
			if from > 0 {
				break // the other offsets were tried
			}
		}
	}
	for c := range 256 {
		b := bytes.Repeat([]byte{byte(c)}, 100)
		if even := firstOdd(b, 0, 100) == 100; even != (plain(byte(c)) || c == '\n') {
			t.Errorf("a hundred of %#x: %t", c, even)
		}
	}
	for text, want := range map[string]int{"a\rb": 1, "a\r": 1, "\r\n": 2, "\r\r\n": 0, "": 0} {
		if got := firstOdd([]byte(text), 0, len(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestEvenBytesAreNotLookedAt(t *testing.T) {
	t.Parallel()
	text := []byte("one \x1b[31mline\n" + strings.Repeat("a line of a log that says little\n", 100) + "and a needle\n")
	f := Compile(regexp.MustCompile("needle"))
	if at := f.Next(text); at != 0 {
		t.Errorf("an odd line is passed over: %d", at)
	}
	f = f.Clone()
	f.Even(true)
	if at, want := f.Next(text), bytes.Index(text, []byte("and a")); at != want {
		t.Errorf("what can't match is found: %d, want %d", at, want)
	}
	if at := Odd(text); at != 4 {
		t.Errorf("the first odd byte is at %d", at)
	}
}
