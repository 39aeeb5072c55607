package record

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// How what there is in a line is told apart, in colours that every terminal
// has.
const (
	dim   = "\x1b[2m"
	reset = "\x1b[0m"
)

// colours are those of the levels.
var colours = [...]string{Trace: "\x1b[2m", Debug: "\x1b[36m", Info: "\x1b[32m", Warn: "\x1b[33m", Error: "\x1b[31m", Fatal: "\x1b[1;31m"}

// padded are the levels, as wide as one another.
var padded = [...]string{Trace: "TRACE", Debug: "DEBUG", Info: "INFO ", Warn: "WARN ", Error: "ERROR", Fatal: "FATAL"}

// stackKeys are what fields are called that hold a trace; those of objects
// within are meant as well, by the end of their path.
var stackKeys = [...]string{"stack", "stacktrace", "stack_trace", "stackTrace", "exc_info", "exc_text", "exception", "traceback", "backtrace", "errorVerbose"}

// Readable appends to dst the record as a person reads it, and returns the
// extended slice: the time of day here, the level and the message, then the
// other fields as key=value. A trace comes after that, each of its lines on
// one of its own and indented.
//
// What a program wrote can't do anything to the terminal: control characters
// are escaped as Go does it. With colour, the level has that of how bad it is,
// and the keys are dim.
func (r Record) Readable(dst []byte, colour bool) []byte {
	p := printer{dst: dst, begin: len(dst), colour: colour}
	timeAt, at := r.time()
	if timeAt >= 0 {
		p.gap()
		p.paint(dim, at.Local().Format("15:04:05.000"))
	}
	levelAt, _ := r.level()
	if r.Level > Unknown && int(r.Level) < len(padded) {
		p.gap()
		p.paint(colours[r.Level], padded[r.Level])
	}
	messageAt := r.message()
	if r.Message != "" {
		p.gap()
		p.escaped(r.Message, 0)
	}
	for i, f := range r.Fields {
		if i == timeAt || i == levelAt || i == messageAt || isStack(f) {
			continue
		}
		p.gap()
		p.key(f.Key)
		p.value(f.Value)
	}
	for i, f := range r.Fields {
		if i != messageAt && isStack(f) {
			p.stack(f.Value)
		}
	}
	return p.dst
}

// isStack reports whether a field is a trace: one that has several lines.
func isStack(f Field) bool {
	if !strings.Contains(f.Value, "\n") {
		return false
	}
	return slices.Contains(stackKeys[:], f.Key[strings.LastIndexByte(f.Key, '.')+1:])
}

// printer appends what is to be seen.
type printer struct {
	dst    []byte
	begin  int
	colour bool
}

func (p *printer) gap() {
	if len(p.dst) > p.begin {
		p.dst = append(p.dst, ' ')
	}
}

func (p *printer) paint(sgr, text string) {
	if !p.colour {
		p.dst = append(p.dst, text...)
		return
	}
	p.dst = append(append(append(p.dst, sgr...), text...), reset...)
}

func (p *printer) key(key string) {
	if p.colour {
		p.dst = append(p.dst, dim...)
	}
	p.word(key, "=")
	p.dst = append(p.dst, '=')
	if p.colour {
		p.dst = append(p.dst, reset...)
	}
}

func (p *printer) value(value string) { p.word(value, "") }

// word prints a text so that one can see where it ends; apart are characters
// that must not be in it without quotes.
func (p *printer) word(s, apart string) {
	if s != "" && s[0] != '"' && !strings.ContainsFunc(s, isBlank) && (apart == "" || !strings.Contains(s, apart)) {
		p.escaped(s, 0)
		return
	}
	p.dst = append(p.dst, '"')
	p.escaped(s, '"')
	p.dst = append(p.dst, '"')
}

// stack prints a trace: what stands between two ends of lines is a line.
func (p *printer) stack(text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\r\n")) {
		p.dst = append(p.dst, "\n    "...)
		line = strings.TrimRight(line, "\r\n")
		indent := len(line) - len(strings.TrimLeft(line, "\t"))
		for range indent {
			p.dst = append(p.dst, "    "...)
		}
		p.escaped(line[indent:], 0)
	}
}

// escaped prints a text without what a terminal might obey. quote is what
// stands around it, and is escaped in it, as is the backslash then.
func (p *printer) escaped(s string, quote byte) {
	for len(s) > 0 {
		n := 0
		for n < len(s) && s[n] >= ' ' && s[n] < 0x7f && (quote == 0 || s[n] != quote && s[n] != '\\') {
			n++
		}
		p.dst = append(p.dst, s[:n]...)
		if s = s[n:]; s == "" {
			return
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			p.hex(s[0])
		case quote != 0 && (s[0] == quote || s[0] == '\\'):
			p.dst = append(p.dst, '\\', s[0])
		case isShown(r):
			p.dst = append(p.dst, s[:size]...)
		default:
			p.escape(r)
		}
		s = s[size:]
	}
}

// isShown reports whether a character is one to look at. The one that joins
// others to one picture is.
func isShown(r rune) bool { return strconv.IsGraphic(r) || r == '\u200d' }

// isBlank reports whether a character makes it hard to see where a word ends.
func isBlank(r rune) bool { return r <= ' ' || strconv.IsGraphic(r) && !strconv.IsPrint(r) }

func (p *printer) escape(r rune) {
	switch r {
	case '\n':
		p.dst = append(p.dst, `\n`...)
	case '\r':
		p.dst = append(p.dst, `\r`...)
	case '\t':
		p.dst = append(p.dst, `\t`...)
	default:
		if r < 0x80 {
			p.hex(byte(r))
			return
		}
		quoted := strconv.QuoteRuneToASCII(r) // '\u202e'
		p.dst = append(p.dst, quoted[1:len(quoted)-1]...)
	}
}

func (p *printer) hex(c byte) {
	const digits = "0123456789abcdef"
	p.dst = append(p.dst, '\\', 'x', digits[c>>4], digits[c&15])
}
