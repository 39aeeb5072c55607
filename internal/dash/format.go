package dash

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	unknown = "…" // not known yet
	none    = "-"
)

// age is a duration in at most six cells, coarser the longer it is, so that a
// service that has been up for hours does not change its line every second.
func age(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	case d < 100*24*time.Hour:
		return fmt.Sprintf("%dd%02dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

// size is a number of bytes in at most seven cells.
func size(n uint64) string {
	v, unit := float64(n)/1000, 0
	for v >= 999.5 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	if v < 9.95 && unit > 1 {
		return fmt.Sprintf("%.1f %s", v, units[unit])
	}
	return fmt.Sprintf("%.0f %s", v, units[unit])
}

var units = []string{"kB", "MB", "GB", "TB", "PB", "EB"}

// percent is of one core, in at most six cells.
func percent(p float64) string {
	if p < 99.95 {
		return fmt.Sprintf("%.1f%%", max(0, p))
	}
	return fmt.Sprintf("%.0f%%", min(p, 99999))
}

// ports names the first and counts the rest, in at most width cells if that
// can be.
func ports(ps []int, width int) string {
	all := ""
	for i, p := range ps {
		if i > 0 {
			all += ","
		}
		all += ":" + strconv.Itoa(p)
	}
	if len(all) <= width || len(ps) < 2 {
		return all
	}
	return fmt.Sprintf(":%d+%d", ps[0], len(ps)-1)
}

// atHome writes a folder as a person does: ~ is theirs.
func atHome(dir string) string {
	home, err := os.UserHomeDir()
	if rest, ok := strings.CutPrefix(dir, home); ok && err == nil && home != "/" && (rest == "" || rest[0] == '/') {
		return "~" + rest
	}
	return dir
}
