package ansi

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, clean, plain string }{
		{"nothing", "", "", ""},
		{"text and tabs", "a\tb c", "a\tb c", "a\tb c"},
		{"line end of a terminal", "ready\r\r", "ready", "ready"},
		{"other scripts", "żółć 日本 👍🏽", "żółć 日本 👍🏽", "żółć 日本 👍🏽"},
		{"colour", "\x1b[31mred\x1b[0m x", "\x1b[31mred\x1b[0m x", "red x"},
		{"colour by colons", "\x1b[38:2::1:2:3mx\x1b[m", "\x1b[38:2::1:2:3mx\x1b[m", "x"},
		{"colour left on", "\x1b[1;32mok", "\x1b[1;32mok\x1b[0m", "ok"},
		{"colour left on, off by parts", "\x1b[1;32mok\x1b[39;22m.", "\x1b[1;32mok\x1b[39;22m.", "ok."},
		{"bright and 256 left on", "\x1b[38;5;200;101mx\x1b[39m", "\x1b[38;5;200;101mx\x1b[39m\x1b[0m", "x"},
		{"title", "\x1b]0;you are owned\x07text", "text", "text"},
		{"clipboard, ended by ST", "a\x1b]52;c;aGk=\x1b\\b", "ab", "ab"},
		{"link", "\x1b]8;;http://x\x1b\\here\x1b]8;;\x1b\\", "here", "here"},
		{"window name of screen", "\x1bkname\x1b\\x", "x", "x"},
		{"device control", "\x1bPq#0;2\x1b\\x", "x", "x"},
		{"application command", "\x1b_Gf=32;AAAA\x1b\\x", "x", "x"},
		{"string that breaks off", "\x1b]0;tit\x1b[31mx\x1b[0m", "\x1b[31mx\x1b[0m", "x"},
		{"string cancelled", "\x1bPab\x18x", "x", "x"},
		{"string without an end", "\x1b]0;title and more", "0;title and more", "0;title and more"},
		{"control characters", "a\x00\x07\x0b\x0c\x0e\x7fb", "ab", "ab"},
		{"clear screen, cursor up", "\x1b[2J\x1b[H\x1b[3Ax", "x", "x"},
		{"private m is no colour", "\x1b[>4;2mx\x1b[?4m", "x", "x"},
		{"m with more parameters than anybody needs", "\x1b[" + strings.Repeat("1;", maxParams) + "mx", "x", "x"},
		{"m with an intermediate", "\x1b[1 mx", "x", "x"},
		{"alternate screen, mouse", "\x1b[?1049h\x1b[?1000hx", "x", "x"},
		{"two bytes", "\x1bcx\x1b=y\x1b(Bz", "xyz", "xyz"},
		{"escape at the end", "x\x1b", "x", "x"},
		{"sequence at the end", "x\x1b[31", "x", "x"},
		{"escape before escape", "\x1b\x1b[31mx\x1b[0m", "\x1b[31mx\x1b[0m", "x"},
		{"C1 sequence", "\u009b2Jx\u0085y", "xy", "xy"},
		{"C1 colour", "\u009b31mx", "\x1b[31mx\x1b[0m", "x"},
		{"C1 string", "\u009d0;t\u009cx\u0090abc\u009cy", "xy", "xy"},
		{"not UTF-8", "a\xff\xc3(b\x9b", "a\uFFFD\uFFFD(b\uFFFD", "a\uFFFD\uFFFD(b\uFFFD"},
		{"text turned round", "a\u202eb\u2066c\u2069", "abc", "abc"},
		{"progress bar", "  1%\r 50%\r100%", "100%", "100%"},
		{"progress bar with colours", "\x1b[33m50%\x1b[0m\r\x1b[32m100%\x1b[0m", "\x1b[0;32m100%\x1b[0m", "100%"},
		{"the longer one shows through", "done: 50%\rfail", "fail: 50%", "fail: 50%"},
		{"erased before", "downloading 50%\r\x1b[Kdone", "done", "done"},
		{"all erased", "downloading\x1b[2K\rok", "ok", "ok"},
		{"erased to the cursor", "abcdef\x1b[3D\x1b[1Kx", "   xef", "   xef"},
		{"backspaces", "fo\bo\b\bg", "go", "go"},
		{"bold of typewriters", "N\bNA\bA", "NA", "NA"},
		{"spinner", "|\b/\b-\b\\", "\\", "\\"},
		{"movements", "abc\x1b[2Dx\x1b[5Gy", "axc y", "axc y"},
		{"backspace at the beginning", "\b\bx", "x", "x"},
		{"half of a wide one", "日本\rx", "x 本", "x 本"},
		{"other half of a wide one", "日本\b\b\bx", " x本", " x本"},
		{"accents stay", "xx\re\u0301", "e\u0301x", "e\u0301x"},
		{"tab stays a tab", "x\ty\rz", "z\ty", "z\ty"},
		{"writing into a tab", "\ty\rab", "ab      y", "ab      y"},
		{"colours of what is overwritten go", "\x1b[31mab\x1b[0m\rxy", "xy", "xy"},
		{"colours of what stays stay", "\x1b[31;1mabc\x1b[0m\rx", "x\x1b[0;1;31mbc\x1b[0m", "xbc"},
		{"every way to colour", "-\r\x1b[4:3;53;95;48;5;7;58;2;1;2;3mx", "\x1b[0;53;4:3;95;48;5;7;58;2;1;2;3mx\x1b[0m", "x"},
	} {
		if got := string(Clean(nil, []byte(c.in))); got != c.clean {
			t.Errorf("%s: Clean(%q)\n got %q\nwant %q", c.name, c.in, got, c.clean)
		}
		if got := string(Plain([]byte("> "), []byte(c.in))); got != "> "+c.plain {
			t.Errorf("%s: Plain(%q)\n got %q\nwant %q", c.name, c.in, got, "> "+c.plain)
		}
	}
}

// What a hostile service writes must not keep us busy: each of these is a
// megabyte that would take minutes if it were done as it says.
func TestHostileLinesAreCheap(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 400_000)
	for name, s := range map[string]string{
		"strings without an end":     strings.Repeat("\x1b]", 500_000),
		"C1 strings without an end":  strings.Repeat("\u009d", 500_000),
		"erased again and again":     long + strings.Repeat("\x1b[2Kx", 120_000),
		"erased to the cursor":       long + strings.Repeat("\x1b[1K", 150_000),
		"far right, and back":        strings.Repeat("\x1b[9999Cx\x1b[9999D\x1b[K", 50_000),
		"accents on two characters":  "ab" + strings.Repeat("\r\x1b[C\u0301\x1b[C\u0301", 60_000),
		"a control sequence so long": "\x1b[" + strings.Repeat("1;", 500_000) + "mx",
		"tabs":                       "\r" + strings.Repeat("\t", 1_000_000),
	} {
		begin := time.Now()
		out := Clean(nil, []byte(s))
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if len(out) > 16*len(s)+farRight {
			t.Errorf("%s: %d bytes became %d", name, len(s), len(out))
		}
	}
}

func TestCleanAppends(t *testing.T) {
	buf := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { buf = Clean(buf[:0], []byte("\x1b[32mok\x1b[0m ready żółć\r")) }); n != 0 {
		t.Errorf("Clean of a coloured line allocates %v times, want none", n)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"plain", "\x1b[31mred", "a\rb\bc", "\x1b]0;t\x07x", "日本\rx\t\b\b", "\u009b31m\u202e\xff", "\x1b[2K\x1b[1K\x1b[5G\x1b[9C\x1b[3D",
		"e\u0301\r\u0301", "\x1b[38;2;1;2;3;48:5:9mx\rx", "\x1bP\x1b\\\x18", "\xe2\x1b[0m\x80\xaa", "\xc2\x1b[m\x9b31m",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if bytes.ContainsRune(in, '\n') {
			return // not one line
		}
		clean := Clean(nil, in)
		harmless(t, in, clean, true)
		if again := Clean(nil, clean); !bytes.Equal(again, clean) {
			t.Fatalf("cleaning %q twice: %q, then %q", in, clean, again)
		}
		plain := Plain(nil, in)
		harmless(t, in, plain, false)
		if got := Plain(nil, clean); !bytes.Equal(got, plain) {
			t.Fatalf("%q: plain %q, but plain of clean %q", in, plain, got)
		}
	})
}

// harmless judges out without using the code under test.
func harmless(t *testing.T, in, out []byte, colour bool) {
	t.Helper()
	if !utf8.Valid(out) {
		t.Fatalf("%q became %q, which is not UTF-8", in, out)
	}
	for i, s := 0, string(out); i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == 0x1b && colour:
			rest := strings.TrimLeft(strings.TrimPrefix(s[i+1:], "["), "0123456789;:")
			if s[i+1] != '[' || rest == "" || rest[0] != 'm' {
				t.Fatalf("%q became %q, with another sequence than SGR", in, out)
			}
		case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			t.Fatalf("%q became %q, with %U", in, out, r)
		}
		i += n
	}
	if colour && bytes.ContainsRune(out, 0x1b) {
		// Whatever the last sequence is, all is off after it: by SGR 0 as we
		// write it, or because the line itself switched off what it used.
		var st style
		for s := out; len(s) > 0; {
			tok := next(s)
			if tok.kind == sgr {
				st.apply(tok.params)
			}
			s = s[tok.size:]
		}
		if st != (style{}) {
			t.Fatalf("%q became %q, which leaves %+v on", in, out, st)
		}
	}
}

func BenchmarkClean(b *testing.B) {
	for name, s := range map[string]string{
		"plain":    strings.Repeat("GET /api/orders 200 in 12ms ", 4),
		"coloured": strings.Repeat("\x1b[32mGET\x1b[0m /api/orders \x1b[1;33m200\x1b[0m ", 4),
		"utf8":     strings.Repeat("zażółć gęślą jaźń ", 6),
		"progress": strings.Repeat("\r[#####     ] 50%", 20),
	} {
		b.Run(name, func(b *testing.B) {
			in, buf := []byte(s), make([]byte, 0, 4096)
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				buf = Clean(buf[:0], in)
			}
		})
	}
}
