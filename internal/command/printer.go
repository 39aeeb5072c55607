package cli

import (
	"fmt"
	"io"
	"os"
	"prox/internal/ansi"
	"prox/internal/api"
	"strings"

	"github.com/fatih/color"
	"golang.org/x/term"
)

// printer writes to one stream: with colours and to its width on a terminal,
// plain into a pipe.
type printer struct {
	io.Writer
	terminal bool
	colours  bool
	width    int // 0 = as wide as it gets
}

func newPrinter(f *os.File) *printer {
	p := &printer{Writer: f, terminal: term.IsTerminal(int(f.Fd()))}
	p.colours = p.terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if p.terminal {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			p.width = w
		}
	}
	return p
}

// line writes a line. A reader that has gone away ends the program by SIGPIPE,
// and other errors of a terminal leave nobody to tell.
func (p *printer) line(s string) { _, _ = fmt.Fprintln(p, s) }

func (p *printer) linef(format string, args ...any) { p.line(fmt.Sprintf(format, args...)) }

func (p *printer) paint(s string, attrs ...color.Attribute) string {
	if !p.colours || s == "" {
		return s
	}
	c := color.New(attrs...)
	c.EnableColor()
	return c.Sprint(s)
}

func (p *printer) red(s string) string   { return p.paint(s, color.FgRed) }
func (p *printer) green(s string) string { return p.paint(s, color.FgGreen) }
func (p *printer) bold(s string) string  { return p.paint(s, color.Bold) }
func (p *printer) faint(s string) string { return p.paint(s, color.Faint) }

// state paints a state's word.
func (p *printer) state(s api.State, text string) string {
	switch s {
	case api.Ready, api.Done:
		return p.green(text)
	case api.Failed, api.Unhealthy:
		return p.red(text)
	case api.Backoff, api.Starting, api.Running, api.Waiting, api.Stopping:
		return p.paint(text, color.FgYellow)
	case api.Stopped:
		return p.faint(text)
	}
	return text
}

// symbols tell the states apart without colours.
var symbols = map[api.State]string{
	api.Ready: "●", api.Done: "✓", api.Running: "◐", api.Starting: "◔", api.Waiting: "○",
	api.Stopping: "◑", api.Stopped: "·", api.Backoff: "↻", api.Failed: "✗", api.Unhealthy: "!",
}

// palette colours services in merged logs; red and yellow are left for what
// is wrong.
var palette = []color.Attribute{
	color.FgCyan, color.FgGreen, color.FgMagenta, color.FgBlue,
	color.FgHiCyan, color.FgHiGreen, color.FgHiMagenta, color.FgHiBlue,
}

// service paints the name of the n-th service.
func (p *printer) service(n int, s string) string { return p.paint(s, palette[n%len(palette)]) }

// table writes rows in aligned columns. The last column is cut where the
// terminal ends; painting, if there is one, is done after measuring.
func (p *printer) table(rows [][]string, paint func(row, col int, s string) string) {
	var widths []int
	for _, r := range rows {
		for k, cell := range r {
			if k == len(widths) {
				widths = append(widths, 0)
			}
			widths[k] = max(widths[k], ansi.Width(cell))
		}
	}
	for n, r := range rows {
		var b strings.Builder
		used := 0
		for k, cell := range r {
			last := k == len(r)-1
			if last && p.width > 0 {
				cell = ansi.Truncate(cell, max(p.width-used, 0), "…")
			}
			text := cell
			if paint != nil {
				text = paint(n, k, cell)
			}
			b.WriteString(text)
			if !last {
				gap := widths[k] - ansi.Width(cell) + 2
				b.WriteString(strings.Repeat(" ", gap))
				used += widths[k] + 2
			}
		}
		p.line(strings.TrimRight(b.String(), " "))
	}
}
