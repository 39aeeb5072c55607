package config

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Bytes is a number of bytes that is written as text, with a unit: "512MB",
// "1.5 GiB".
type Bytes uint64

// sizes are the units of Bytes, from small to large; those of a thousand before
// those of 1024.
var sizes = []struct {
	unit string
	of   Bytes
}{
	{"B", 1},
	{"kB", 1e3},
	{"KiB", 1 << 10},
	{"MB", 1e6},
	{"MiB", 1 << 20},
	{"GB", 1e9},
	{"GiB", 1 << 30},
	{"TB", 1e12},
	{"TiB", 1 << 40},
}

// Binary reports whether b is better told in units of 1024 than of 1000.
func (b Bytes) Binary() bool { return b != 0 && b%1024 == 0 && b%1000 != 0 }

// String writes b in the largest unit that needs no fraction: "512 MB".
func (b Bytes) String() string {
	best := sizes[0]
	for _, s := range sizes {
		if b != 0 && b%s.of == 0 {
			best = s
		}
	}
	return fmt.Sprintf("%d %s", b/best.of, best.unit)
}

// MarshalText writes what UnmarshalText reads.
func (b Bytes) MarshalText() ([]byte, error) {
	return []byte(strings.ReplaceAll(b.String(), " ", "")), nil
}

// UnmarshalText reads a number and a unit: B, kB, MB, GB, TB, KiB, MiB, GiB or
// TiB. It refuses what has no unit, is negative or is more than any machine has.
func (b *Bytes) UnmarshalText(text []byte) error {
	v, err := parseBytes(string(text))
	if err == nil {
		*b = v
	}
	return err
}

// amountError says that a text is not the amount that it should be.
type amountError struct{ kind, text, why, hint string }

func (e *amountError) Error() string {
	return fmt.Sprintf("expected %s, found %q", e.kind, shorten(e.text)) + e.why
}

func (e *amountError) Hint() string { return e.hint }

const (
	sizeWords    = `a size such as "512MB"`
	percentWords = `a share such as "150%"`
)

// mostBytesWritten is as far as floating point counts every byte.
const mostBytesWritten = 1 << 53

func parseBytes(s string) (Bytes, error) {
	bad := func(why, hint string) (Bytes, error) { return 0, &amountError{sizeWords, s, why, hint} }
	number, unit := cutNumber(s)
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return bad("", "")
	}
	if unit == "" {
		return bad(", which has no unit", "write "+strconv.Quote(meantSize(number, v)))
	}
	for _, u := range sizes {
		if u.unit != unit {
			continue
		}
		n := math.Round(v * float64(u.of)) // 1.1 kB is 1100, whatever floating point says
		switch {
		case n < 0:
			return bad(", which is negative", "")
		case n > mostBytesWritten:
			return bad(", which is more than any machine has", "")
		}
		return Bytes(n), nil
	}
	if near := meantUnit(unit); near != "" {
		return bad("", "write "+strconv.Quote(number+near))
	}
	var known []string
	for _, u := range sizes {
		known = append(known, u.unit)
	}
	return bad("", "known are "+strings.Join(known, ", "))
}

// cutNumber cuts "1.5 GiB" in two; blanks between them are nothing.
func cutNumber(s string) (number, unit string) {
	s = strings.TrimSpace(s)
	unit = strings.TrimLeft(s, "+-.0123456789")
	number = strings.TrimSuffix(s, unit)
	return number, strings.TrimSpace(unit)
}

// meantSize is what a number alone most likely means: nobody limits a service
// to 512 bytes.
func meantSize(number string, v float64) string {
	if v >= 1e6 {
		return number + "B"
	}
	return number + "MB"
}

// meantUnit knows what a unit is called elsewhere; "" for what is none.
func meantUnit(unit string) string {
	lower := strings.ToLower(unit)
	for _, u := range sizes {
		if name := strings.ToLower(u.unit); lower == name || lower+"b" == name || lower == name+"s" {
			return u.unit
		}
	}
	for word, meant := range map[string]string{
		"byte": "B", "kilobyte": "kB", "megabyte": "MB", "gigabyte": "GB", "terabyte": "TB",
		"kibibyte": "KiB", "mebibyte": "MiB", "gibibyte": "GiB", "tebibyte": "TiB",
	} {
		if strings.TrimSuffix(lower, "s") == word {
			return meant
		}
	}
	return ""
}

// Percent is a share of one CPU core, written as text: "150%" is one core and a
// half.
type Percent float64

func (p Percent) String() string { return strconv.FormatFloat(float64(p), 'f', -1, 64) + "%" }

// MarshalText writes what UnmarshalText reads.
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a number and a percent sign. It refuses what has no sign,
// is negative or is more than any machine has.
func (p *Percent) UnmarshalText(text []byte) error {
	v, err := parsePercent(string(text))
	if err == nil {
		*p = v
	}
	return err
}

const (
	mostPercent = 1e6
	mostCores   = 20 // a number alone is more likely a percentage from here on
)

func parsePercent(s string) (Percent, error) {
	bad := func(why, hint string) (Percent, error) { return 0, &amountError{percentWords, s, why, hint} }
	number, unit := cutNumber(s)
	v, err := strconv.ParseFloat(number, 64)
	switch cores := strings.HasPrefix(unit, "core") || strings.HasPrefix(unit, "cpu"); {
	case err != nil:
		return bad("", "")
	case cores || unit == "" && v > 0 && v < mostCores:
		return bad("", fmt.Sprintf("write %q for %s cores", Percent(math.Round(1e4*v)/100), strings.TrimSpace(number)))
	case unit == "":
		return bad(", which has no %", "write "+strconv.Quote(number+"%"))
	case unit != "%":
		return bad("", "")
	case v < 0:
		return bad(", which is negative", "")
	case v > mostPercent:
		return bad(", which is more than any machine has", "")
	}
	return Percent(v), nil
}

// amount reads a text with a unit, for which a number alone is no substitute.
func (d *decoder) amount(n *node, key, kind string, dst interface{ UnmarshalText([]byte) error }) {
	if n.kind != text && n.kind != integer && n.kind != float {
		d.wrong(n, key, kind, "")
		return
	}
	without := "delete it for no limit"
	if !reflect.ValueOf(dst).Elem().IsZero() {
		without = "delete it for the default"
	}
	err := dst.UnmarshalText([]byte(n.raw))
	switch {
	case err == nil && reflect.ValueOf(dst).Elem().IsZero():
		d.wrong(n, key, "more than 0", without)
	case err != nil && n.kind == text:
		d.add(n.at, key, err.Error(), hintOf(err))
	case err != nil:
		d.wrong(n, key, kind, hintOf(err))
	}
}
