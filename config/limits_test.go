package config

import (
	"encoding/json"
	"math"
	"testing"
)

func TestBytes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		n    Bytes
		says string
	}{
		"512MB":     {512e6, "512 MB"},
		" 512 MB ":  {512e6, "512 MB"},
		"1.5GiB":    {3 << 29, "1536 MiB"},
		"1.1kB":     {1100, "1100 B"},
		"2000kB":    {2e6, "2 MB"},
		"1024KiB":   {1 << 20, "1 MiB"},
		"0.3kB":     {300, "300 B"},
		"0B":        {0, "0 B"},
		"7TiB":      {7 << 40, "7 TiB"},
		"1024000B":  {1024000, "1000 KiB"},
		"8192TiB":   {1 << 53, "8192 TiB"},
		"+1.000 TB": {1e12, "1 TB"},
	} {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want.n || b.String() != want.says {
			t.Errorf("%q is %d, %q (%v), not %d, %q", text, b, b, err, want.n, want.says)
		}
	}
	for _, text := range []string{"", "MB", "512", "-1MB", "1e3MB", "1 M B", "0x10MB", "1.2.3MB", "NaNMB", "infMB", "8193TiB", "99999999999999999999999TB", "512mb", "512M", "1\x00MB", "MB1"} {
		b := Bytes(7)
		if err := b.UnmarshalText([]byte(text)); err == nil || b != 7 {
			t.Errorf("%q is read as %d", text, b)
		}
	}
	for b, want := range map[Bytes]bool{512 << 20: true, 512e6: false, 3 << 29: true, 0: false, 1024000: false} {
		if b.Binary() != want {
			t.Errorf("%s is binary: %t", b, !want)
		}
	}
}

func TestHintsOfSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"512": `write "512MB"`, "536870912": `write "536870912B"`, "1.5": `write "1.5MB"`,
		"512M": `write "512MB"`, "512m": `write "512MB"`, "2g": `write "2GB"`, "512Mi": `write "512MiB"`, "1KB": `write "1kB"`,
		"2 megabytes": `write "2MB"`, "3 gibibyte": `write "3GiB"`, "5 bytes": `write "5B"`,
	} {
		if _, err := parseBytes(text); hintOf(err) != want {
			t.Errorf("%q: %s, want %s", text, hintOf(err), want)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Percent{"200%": 200, " 0.5 % ": 0.5, "0%": 0, "1000000%": 1e6} {
		var p Percent
		if err := p.UnmarshalText([]byte(text)); err != nil || p != want {
			t.Errorf("%q is %v (%v)", text, p, err)
		}
	}
	for _, text := range []string{"", "%", "200", "2", "-1%", "1000001%", "NaN%", "1%%", "1e2%"} {
		p := Percent(7)
		if err := p.UnmarshalText([]byte(text)); err == nil || p != 7 {
			t.Errorf("%q is read as %v", text, p)
		}
	}
}

// FuzzAmounts: what is read is sound, and is the same when it is written.
func FuzzAmounts(f *testing.F) {
	for _, s := range []string{"512MB", "1.5 GiB", "9007199254740991B", "0.0000001kB", "200%", "33.333333333333336%", "-1MB", "1e9", "..5MB", "٣MB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if b, err := parseBytes(s); err == nil {
			text, _ := json.Marshal(b)
			var back Bytes
			if err := json.Unmarshal(text, &back); err != nil || back != b || b > mostBytesWritten {
				t.Errorf("%q is %d, written %s, read %d (%v)", s, b, text, back, err)
			}
		}
		if p, err := parsePercent(s); err == nil {
			text, _ := json.Marshal(p)
			var back Percent
			if err := json.Unmarshal(text, &back); err != nil || back != p || !(p >= 0 && p <= mostPercent) || math.IsNaN(float64(p)) {
				t.Errorf("%q is %v, written %s, read %v (%v)", s, p, text, back, err)
			}
		}
	})
}
