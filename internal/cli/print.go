package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/fatih/color"
	"golang.org/x/term"

	"prox/internal/ansi"
	"prox/internal/api"
)

// printer is where a command's words go.
type printer struct {
	out, err io.Writer
	terminal bool // out is one
	color    bool // out takes colours
	width    int  // of the terminal in cells; 0 = no terminal
	height   int
}

func newPrinter(out, err *os.File) *printer {
	p := &printer{out: out, err: err}
	fd := int(out.Fd())
	if !term.IsTerminal(fd) {
		return p
	}
	p.terminal = true
	p.color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if w, h, e := term.GetSize(fd); e == nil {
		p.width, p.height = w, h
	}
	return p
}

// say prints a result.
func (p *printer) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// note prints what is not a result, but should be known.
func (p *printer) note(format string, args ...any) {
	fmt.Fprintf(p.err, "prox: "+format+"\n", args...)
}

// paint gives s a colour, where colours are taken.
func (p *printer) paint(s string, attrs ...color.Attribute) string {
	if !p.color || len(attrs) == 0 || s == "" {
		return s
	}
	c := color.New(attrs...)
	c.EnableColor()
	return c.Sprint(s)
}

func stateColor(s api.State) color.Attribute {
	switch s {
	case api.Ready, api.Done:
		return color.FgGreen
	case api.Failed, api.Unhealthy:
		return color.FgRed
	case api.Backoff, api.Stopping:
		return color.FgYellow
	case api.Waiting, api.Starting, api.Running:
		return color.FgCyan
	}
	return color.Faint
}

// palette colours services in merged output; red is left to what went wrong.
var palette = []color.Attribute{
	color.FgCyan, color.FgYellow, color.FgGreen, color.FgMagenta, color.FgBlue,
	color.FgHiCyan, color.FgHiYellow, color.FgHiGreen, color.FgHiMagenta, color.FgHiBlue,
}

// plain is a string of foreign making, fit to be printed in one line.
func plain(s string) string {
	return strings.Join(strings.Fields(string(ansi.Plain(nil, []byte(s)))), " ")
}

// pad fills s up to a width in cells.
func pad(s string, cells int) string { return ansi.Pad(s, cells) }

// widest is the width of the widest string.
func widest(list []string) int {
	w := 0
	for _, s := range list {
		w = max(w, ansi.Width(s))
	}
	return w
}

// span writes a duration as a person would say it: 45ms, 0.3s, 12s, 3m05s,
// 2h05m, 3d4h.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}

// clock writes a time of today as 15:04:05, and another with its day.
func clock(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04:05")
	}
	return t.Format("Mon 2 Jan 15:04")
}

// size writes bytes as a person would say them: 812 kB, 12.3 MB.
func size(n uint64) string {
	f := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if f < 1000 {
			if unit == "B" || f >= 100 {
				return fmt.Sprintf("%.0f %s", f, unit)
			}
			return fmt.Sprintf("%.1f %s", f, unit)
		}
		f /= 1000
	}
	return fmt.Sprintf("%.1f TB", f)
}
