package main

import (
	"fmt"
	"image/color"
	"strings"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// Pixels of a cell and of the frame around the screen. The cell is that of a
// monospaced font of 14 pixels; where a reader's font is wider or narrower,
// textLength squeezes it, so that columns stay columns.
const (
	cellWidth, cellHeight = 8.4, 17.0
	fontSize              = 14
	baseline              = 13.0 // of a cell
	margin                = 14.0
	bar                   = 32.0 // the title's
)

const (
	ground = "#16181d"
	ink    = "#d6d9e0"
	rim    = "#2a2e37"

	faintness = ` opacity="0.6"`
)

// basic are the sixteen colours that a terminal chooses, as this one does.
var basic = [16]string{
	"#3b3f4a", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
	"#6b7280", "#f07f88", "#a9d48a", "#f0d08c", "#7cc0ff", "#d590ea", "#6fcbd6", "#ffffff",
}

// hex writes a colour as SVG does; nil is other.
func hex(c color.Color, other string) string {
	switch c := c.(type) {
	case nil:
		return other
	case ansi.BasicColor:
		return basic[c%16]
	case ansi.IndexedColor:
		if c < 16 {
			return basic[c]
		}
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// look is how cells are drawn.
type look struct {
	fg, bg                         string
	bold, faint, italic, underline bool
}

func lookOf(s uv.Style) look {
	l := look{
		fg: hex(s.Fg, ink), bg: hex(s.Bg, ground),
		bold: s.Attrs&uv.AttrBold != 0, faint: s.Attrs&uv.AttrFaint != 0, italic: s.Attrs&uv.AttrItalic != 0,
		underline: s.Underline != uv.UnderlineNone,
	}
	if s.Attrs&uv.AttrReverse != 0 {
		l.fg, l.bg = l.bg, l.fg
	}
	return l
}

// kind is how a character gets its place.
type kind int

const (
	letter kind = iota // a monospaced font has it, as wide as all others
	sign               // perhaps from another font: its width says nothing about where the next one begins
	drawn              // a shape of ours
)

func kindOf(text string) kind {
	r, _ := utf8.DecodeRuneInString(text)
	switch {
	case isShape(r):
		return drawn
	case r >= '←' && r < '⺀': // arrows, circles, ticks; Chinese begins there
		return sign
	}
	return letter
}

// run is what is drawn at once.
type run struct {
	look
	kind
	x, y, cells int
	text        string
}

// runs are what is to be drawn of a screen: a run for cells of one look and
// kind, blanks that nobody sees left out. Ends of lines that were erased have a background
// that tmux does not capture: it is that of the last cell.
func runs(screen *vt.Emulator, lines []string, width int) []run {
	var out []run
	for y, line := range lines {
		next := 0 // the cell after the last run, if that may be gone on with
		for x := range width {
			c := screen.CellAt(x, y)
			if c == nil || c.Width == 0 { // the second half of a wide one
				continue
			}
			l := lookOf(c.Style)
			text := c.Content
			if text == "" {
				text = " "
			}
			if text == " " && l.bg == ground && !l.underline {
				continue
			}
			kind := kindOf(text)
			if n := len(out); n > 0 && next == x && out[n-1].y == y && out[n-1].look == l && out[n-1].kind == kind {
				out[n-1].text += text
				out[n-1].cells += c.Width
			} else {
				out = append(out, run{look: l, kind: kind, x: x, y: y, cells: c.Width, text: text})
			}
			next = x + c.Width
		}
		if used := ansi.StringWidth(line); used > 0 && used < width {
			if c := screen.CellAt(used-1, y); c != nil && c.Style.Bg != nil {
				out = append(out, run{look: lookOf(uv.Style{Bg: c.Style.Bg}), x: used, y: y, cells: width - used})
			}
		}
	}
	return out
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// picture draws what tmux captured of a screen (capture-pane -e -p -N), within a
// window with a title.
func picture(captured, title string, width, height int) string {
	screen := vt.NewEmulator(width, height)
	lines := strings.Split(strings.TrimSuffix(captured, "\n"), "\n")
	lines = lines[:min(len(lines), height)]
	_, _ = screen.WriteString("\x1b[?7l" + strings.Join(lines, "\r\n")) // it never fails
	w, h := 2*margin+cellWidth*float64(width), bar+margin+cellHeight*float64(height)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.1f %.1f" width="%.0f" role="img" aria-label="%s">`+"\n", w, h, w, escape.Replace(title))
	fmt.Fprintf(&b, `<rect width="%.1f" height="%.1f" rx="8" fill="%s" stroke="%s"/>`+"\n", w, h, ground, rim)
	for k, c := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="16" r="5.5" fill="%s"/>`+"\n", 20+18*k, c)
	}
	fmt.Fprintf(&b, `<g font-family="'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="%d" fill="%s">`+"\n", fontSize, ink)
	fmt.Fprintf(&b, `<text x="%.1f" y="21" text-anchor="middle" opacity="0.6">%s</text>`+"\n", w/2, escape.Replace(title))
	for _, r := range runs(screen, lines, width) {
		x, y, long := margin+cellWidth*float64(r.x), bar+cellHeight*float64(r.y), cellWidth*float64(r.cells)
		if r.bg != ground {
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, long, cellHeight, r.bg)
		}
		if r.kind == drawn {
			b.WriteString(`<path d="`)
			for k, c := range []rune(r.text) {
				b.WriteString(shape(c, x+cellWidth*float64(k), y))
			}
			fmt.Fprintf(&b, `" fill="%s"`, r.fg)
			if r.faint {
				b.WriteString(faintness)
			}
			b.WriteString("/>\n")
			continue
		}
		if strings.TrimSpace(r.text) == "" && !r.underline {
			continue
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" xml:space="preserve"`, x, y+baseline, long)
		if r.fg != ink {
			fmt.Fprintf(&b, ` fill="%s"`, r.fg)
		}
		for _, a := range []struct {
			on   bool
			text string
		}{{r.bold, ` font-weight="bold"`}, {r.faint, faintness}, {r.italic, ` font-style="italic"`}, {r.underline, ` text-decoration="underline"`}} {
			if a.on {
				b.WriteString(a.text)
			}
		}
		fmt.Fprintf(&b, ">%s</text>\n", escape.Replace(r.text))
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}
