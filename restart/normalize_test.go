package restart

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"words stay", "connection refused", "connection refused"},
		{"the one in the doc", "2026-11-01T12:00:00Z [4711] panic at 0xc000012345: /tmp/x81/db.sock: refused", "<time> [#] panic at <hex>: <tmp>: refused"},
		{"fractions come and go", "2026-11-01 12:00:00,5 a\n2026-11-01T12:00:00.123456789+01:00 a", "<time> a\n<time> a"},
		{"a date", "since 2026/11/01", "since <time>"},
		{"a clock", "12:00:00 PM up", "<time> up"},
		{"syslog", "Nov  1 12:00:00 host app[12]: x\nNov 11 12:00:00 host app[3456]: x", "<time> host app[#]: x\n<time> host app[#]: x"},
		{"a mail's date", "Sun, Nov 01 12:00:00 2026", "<time>"},
		{"a month is a word too", "May be", "May be"},
		{"durations", "after 1m2.5s, 350ms and 17µs", "after <duration>, <duration> and <duration>"},
		{"numbers", "port 3000, 1,234.5 of 17%", "port #, # of #%"},
		{"an address", "addr=0x0 pc=0x4A0F", "addr=<hex> pc=<hex>"},
		{"ids", "123e4567-e89b-12d3-a456-426614174000 9fceb02d0ae598e9", "<hex> <hex>"},
		{"words of hexadecimal letters", "defaced effaced", "defaced effaced"},
		{"mixed words", "utf8 sha256sum", "utf# sha#sum"},
		{"macOS", "/private/var/folders/zz/T/go-build12/x.o:12: bad", "<tmp>:#: bad"},
		{"a quoted path", `open "/tmp/a b"`, `open "<tmp> b"`},
		{"home stays", "/home/me/x.go:3", "/home/me/x.go:#"},
		{"colours", "\x1b[1;31mfatal\x1b[0m: x\x1b]0;title\x07", "fatal: x"},
		{"progress", "10%\r20%\rdone", "#%\n#%\ndone"},
		{"blanks", "  a\t b \n\n \n c", "a b\nc"},
		{"bytes", "a\xff\x00b", "a?b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Normalize(c.in); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTheEndOfALongEndingIsKept(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"lines":      strings.Repeat("goroutine dump\n", 1000) + "the end",
		"words":      strings.Repeat("word ", 1000) + "the end",
		"characters": strings.Repeat("ä", 5000) + "x" + "end",
	} {
		got := Normalize(in)
		if len(got) > maxKept || len(got) < maxKept/2 || !strings.HasSuffix(got, "end") || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes: %q", name, len(got), got)
		}
	}
	if got := Normalize(strings.Repeat("goroutine dump\n", 1000)); !strings.HasPrefix(got, "goroutine dump\n") {
		t.Errorf("it does not start with a line: %q", got[:20])
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{
		"", "panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/a/main.go:3 +0x1d", "Nov  1 12:00:00.5 a[1]", "\x1b\x1b[0m[0m",
		"/private/tmp//tmp/<1>/var/tmp/", "0x0x0x1 1s2m3 1e5", "12:34:56:78", "deadbeef1 123e4567-e89b-12d3-a456-426614174000", "\xff\xfe\x1b]\x1b",
		"1,1.1,,1", "/t\x00mp/x", "١٢٣ \u2028 \u00a0 µs", strings.Repeat("1s ", 2000), strings.Repeat("/tmp/", 2000),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Normalize(s)
		if twice := Normalize(once); twice != once {
			t.Errorf("%q\nfirst  %q\nsecond %q", s, once, twice)
		}
		if len(once) > maxKept {
			t.Errorf("%d bytes", len(once))
		}
		if strings.ContainsAny(once, "0123456789\x1b\r") || !utf8.ValidString(once) {
			t.Errorf("%q became %q", s, once)
		}
	})
}
