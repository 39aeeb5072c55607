package ansi

import "testing"

func TestWidth(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{
		"": 0, "abc": 3, "żółć": 4, "日本": 4, "e\u0301": 1, "👍🏽": 2, "\x1b[31mred\x1b[0m": 3, "…": 1, "●": 1,
	} {
		if got := Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s     string
		cells int
		tail  string
		want  string
	}{
		{"fits", 4, "…", "fits"},
		{"too long", 4, "…", "too…"},
		{"too long", 1, "…", "…"},
		{"too long", 0, "…", ""},
		{"too long", -1, "…", ""},
		{"too long", 2, "...", "to"},
		{"日本語", 4, "…", "日…"},
		{"日本語", 3, "…", "日…"},
		{"日本語", 2, "…", "…"},
		{"e\u0301e\u0301e\u0301", 2, "…", "e\u0301…"},
		{"\x1b[31mred and more\x1b[0m", 4, "…", "\x1b[31mred…\x1b[0m"},
	} {
		if got := Truncate(c.s, c.cells, c.tail); got != c.want {
			t.Errorf("Truncate(%q, %d, %q) = %q, want %q", c.s, c.cells, c.tail, got, c.want)
		}
	}
}

func TestPad(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s     string
		cells int
		want  string
	}{{"ab", 4, "ab  "}, {"日本", 5, "日本 "}, {"long", 2, "long"}, {"\x1b[1mx\x1b[0m", 2, "\x1b[1mx\x1b[0m "}} {
		if got := Pad(c.s, c.cells); got != c.want {
			t.Errorf("Pad(%q, %d) = %q, want %q", c.s, c.cells, got, c.want)
		}
	}
}
