package manual

import (
	"fmt"
	"go/doc/comment"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

var durationType = reflect.TypeFor[time.Duration]()

// Roff writes the man page.
func (m Manual) Roff() []byte {
	w := &roff{}
	name := m.App.Name
	w.macro("TH", strings.ToUpper(name), "1", m.Date.UTC().Format("2006-01-02"), name+" "+m.Version, "User Commands")
	w.macro("SH", "NAME")
	w.text(name + " - " + m.Title)
	w.macro("SH", "SYNOPSIS")
	w.line(bold(name) + " [" + italic("flags") + "] " + italic("command") + " [" + italic("argument") + " ...]")
	w.macro("SH", "DESCRIPTION")
	w.blocks(m.App.Help)
	w.macro("SH", "OPTIONS")
	w.text("These go with every command.")
	for _, f := range flags(m.App.Node) {
		w.item(bold(flagNames(f)), flagHelp(f))
	}
	w.macro("SH", "COMMANDS")
	for _, n := range m.commands() {
		w.macro("SS", escape(usage(m.App, n)))
		w.text(n.Help)
		if len(n.Aliases) > 0 {
			w.macro("PP")
			w.text("Also: " + strings.Join(n.Aliases, ", ") + ".")
		}
		for _, p := range n.Positional {
			w.item(italic(p.Summary()), p.Help)
		}
		for _, f := range flags(n) {
			w.item(bold(flagNames(f)), flagHelp(f))
		}
		if n.Detail != "" {
			w.macro("PP")
			w.blocks(n.Detail)
		}
	}
	for _, t := range m.Tables {
		w.macro("SH", strings.ToUpper(t.Title))
		for _, row := range t.Rows {
			w.item(bold(row[0]), row[1])
		}
	}
	if len(m.SeeAlso) > 0 {
		w.macro("SH", "SEE ALSO")
		w.text(strings.Join(m.SeeAlso, ", "))
	}
	return []byte(w.String())
}

// roff is a page as it grows. No empty line is ever written: some formatters
// warn of it.
type roff struct{ strings.Builder }

// macro writes a macro, with arguments that are escaped already.
func (w *roff) macro(name string, args ...string) {
	w.WriteString("." + name)
	for _, a := range args {
		w.WriteString(` "` + strings.ReplaceAll(a, `"`, `\(dq`) + `"`)
	}
	w.WriteByte('\n')
}

// line writes what is escaped already.
func (w *roff) line(s string) {
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s // or it would be a macro
	}
	w.WriteString(s + "\n")
}

// text writes a paragraph, in lines that are not too long for tools that read
// the source.
func (w *roff) text(s string) {
	var line string
	for _, word := range strings.Fields(escape(s)) {
		if line != "" && len(line)+1+len(word) > 78 {
			w.line(line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		w.line(line)
	}
}

func (w *roff) item(tag, text string) {
	w.macro("TP")
	w.line(tag)
	w.text(text)
}

func (w *roff) blocks(text string) {
	for k, b := range blocks(text) {
		switch b := b.(type) {
		case *comment.Paragraph:
			if k > 0 {
				w.macro("PP")
			}
			w.text(plain(b.Text))
		case *comment.Heading:
			w.macro("PP")
			w.line(bold(plain(b.Text)))
		case *comment.Code:
			w.code(b.Text)
		case *comment.List:
			for _, item := range b.Items {
				for _, p := range item.Content {
					if p, ok := p.(*comment.Paragraph); ok {
						w.WriteString(".IP \\(bu 2\n")
						w.text(plain(p.Text))
					}
				}
			}
		}
	}
}

// code writes lines that are kept as they are.
func (w *roff) code(text string) {
	w.macro("PP")
	w.WriteString(".RS 4\n.nf\n")
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		if line = strings.TrimRight(line, "\n"); line == "" {
			line = `\&`
		} else {
			line = escape(line)
		}
		w.line(line)
	}
	w.WriteString(".fi\n.RE\n")
}

func bold(s string) string   { return `\fB` + escape(s) + `\fR` }
func italic(s string) string { return `\fI` + escape(s) + `\fR` }

// escape makes a text stand for itself: a - that can be copied as one, and
// characters beyond ASCII by their numbers, for formatters that read none.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case r == '\'':
			b.WriteString(`\(aq`)
		case r == '`':
			b.WriteString(`\(ga`)
		case r == '^':
			b.WriteString(`\(ha`)
		case r == '~':
			b.WriteString(`\(ti`)
		case r >= utf8.RuneSelf:
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
