package config

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestDurationsWithDays(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"7d": 7 * day, "1d12h": 36 * time.Hour, "1.5d": 36 * time.Hour, "0d": 0, "0.5d30m": 12*time.Hour + 30*time.Minute,
		"106751d": 106751 * day, "5s": 5 * time.Second, "1h30m": 90 * time.Minute,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%q is %v (%v), not %v", text, got, err, want)
		}
	}
	for text, hint := range map[string]string{
		"d": "", "-1d": "", "-1d48h": "", "1d-48h": "", "1d+1h": "", "1d2d": "", "1d5": "", "1d0": "", "12h1d": "", "1e2d": "", "..d": "", "106752d": "", "250000d": "", "106751d24h": "", "99999999999999999999d": "",
		"7D": `write "7d"`, "7 d": `write "7d"`, "1 day": `write "1d"`, "30days": `write "30d"`, "2w": `write "14d"`, "3 weeks": `write "21d"`,
	} {
		if got, err := parseDuration(text); err == nil || hintOf(err) != hint || strings.Contains(err.Error(), "negative") != strings.HasPrefix(text, "-") {
			t.Errorf("%q is %v (%v), hint %s, want %s", text, got, err, hintOf(err), hint)
		}
	}
}

// FuzzDuration: what is read is not negative, and is the same when it is
// written; what is told to write instead can be read.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"5s", "7d", "1d12h", "-1d", "1.5d", "106751d23h47m16.854775807s", "2 weeks", "9999999999d", "1d0", "0", "5", "3 days", ".d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := parseDuration(s)
		if err != nil {
			if v != 0 {
				t.Errorf("%q is %v and %v", s, v, err)
			}
			return
		}
		text, _ := json.Marshal(Duration(v))
		var back Duration
		if err := json.Unmarshal(text, &back); err != nil || time.Duration(back) != v || v < 0 {
			t.Errorf("%q is %v, written %s, read %v (%v)", s, v, text, back, err)
		}
	})
}
