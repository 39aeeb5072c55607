package shim

import "bytes"

// escapes follows a stream of terminal output just far enough to know three
// things: whether it stands inside an escape sequence (where it must not be
// cut), whether a full-screen program has the alternate screen, and whether
// something was switched on that outlives the program. Text without escapes
// costs one scan for ESC.
type escapes struct {
	state  escapeState
	params []byte // of the CSI under way, at most 32 bytes
	alt    bool   // the alternate screen is on
	region bool   // a scroll region was set
	modes  bool   // something other than colours, erasing and moving was used
	seen   int64  // bytes fed
	unsafe int64  // a newline before this offset may stand within a sequence
}

type escapeState uint8

const (
	ground   escapeState = iota
	escape               // after ESC
	nibble               // after ESC and an intermediate byte, as in ESC ( B
	csi                  // within CSI
	text                 // within OSC, DCS, APC, PM or SOS
	textEnds             // within one of those, after ESC
)

const (
	charESC = 0x1b
	charCAN = 0x18
	charSUB = 0x1a
	charBEL = 0x07
)

func (e *escapes) feed(p []byte) {
	for i := 0; i < len(p); {
		if e.state == ground {
			j := bytes.IndexByte(p[i:], charESC)
			if j < 0 {
				break
			}
			e.state = escape
			i += j + 1
			continue
		}
		e.step(p[i], e.seen+int64(i))
		i++
	}
	e.seen += int64(len(p))
}

func (e *escapes) step(c byte, at int64) {
	if c == charCAN || c == charSUB {
		e.state = ground
		return
	}
	if c == '\n' {
		e.unsafe = at + 1
	}
	switch e.state {
	case escape:
		e.afterEscape(c)
	case nibble:
		if c >= 0x30 {
			e.state = ground
			e.modes = true
		}
	case csi:
		e.inCSI(c)
	case text:
		switch c {
		case charBEL:
			e.state = ground
		case charESC:
			e.state = textEnds
		}
	case textEnds:
		if c == '\\' {
			e.state = ground
			return
		}
		e.afterEscape(c)
	}
}

func (e *escapes) afterEscape(c byte) {
	switch {
	case c == '[':
		e.state, e.params = csi, e.params[:0]
	case c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X':
		e.state = text
	case c == charESC:
		e.state = escape
	case c >= 0x20 && c <= 0x2f:
		e.state = nibble
	default:
		e.state = ground
		e.modes = e.modes || c != 'M' && c != 'D' && c != 'E'
	}
}

func (e *escapes) inCSI(c byte) {
	switch {
	case c == charESC:
		e.state = escape
	case c >= 0x20 && c <= 0x3f:
		if len(e.params) < 32 {
			e.params = append(e.params, c)
		}
	case c >= 0x40 && c <= 0x7e:
		e.state = ground
		e.final(c)
	}
}

func (e *escapes) final(c byte) {
	switch c {
	case 'm', 'K', 'J', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'f', 'n', 'c':
		return
	case 'r':
		e.region = true
	case 'h', 'l':
		if bytes.HasPrefix(e.params, []byte("?")) {
			for p := range bytes.SplitSeq(e.params[1:], []byte(";")) {
				switch string(p) {
				case "1049", "1047", "47":
					e.alt = c == 'h'
				}
			}
		}
	}
	e.modes = true
}

// reset is what a terminal needs after a program that has died with it in any
// condition. Nothing but colours to undo: nothing but colours is undone, for
// the rest would move the cursor of an honest line printer.
func (e *escapes) reset() []byte {
	if e.state == ground && !e.modes && !e.alt {
		return []byte("\x1b[0m")
	}
	// CAN and ST end a sequence that was cut; then the alternate screen, soft
	// reset, scroll region, colours, character sets, mouse, focus, paste,
	// keypad, wrap, insert, origin, key modifiers, cursor, links.
	seq := "\x18\x1b\\\x1b[?1049l\x1b[!p\x1b[r\x1b[0m\x1b(B\x0f" +
		"\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?1l\x1b>" +
		"\x1b[?7h\x1b[4l\x1b[?25h\x1b[?6l\x1b[>4;0m\x1b[0 q\x1b]112\x07\x1b]8;;\x07"
	if e.alt || e.region {
		seq += "\x1b[999;1H"
	}
	*e = escapes{seen: e.seen, unsafe: e.seen}
	return []byte(seq)
}
