package ansi

import "unicode/utf8"

// kind says what a token is.
type kind uint8

const (
	text   kind = iota // a character, printable or of no width, or a tab
	broken             // a byte that is not UTF-8
	hidden             // something that must not be shown
	sgr                // colours and the like; params holds what stands between ESC [ and m
	moves              // something that changes where the next character goes; see final
)

// token is the first thing in a line.
type token struct {
	kind   kind
	size   int    // bytes it takes, at least 1
	params []byte // of sgr and moves by a control sequence
	final  byte   // of moves: the control character, or the last byte of the control sequence
}

// maxParams bounds what is believed to be parameters of SGR.
const maxParams = 128

// next reads the first token of b, which must not be empty.
func next(b []byte) token {
	switch c := b[0]; {
	case c == 0x1b:
		return escape(b)
	case c == '\r' || c == '\b':
		return token{kind: moves, size: 1, final: c}
	case c == '\t' || c >= ' ' && c < 0x7f:
		return token{kind: text, size: 1}
	case c < utf8.RuneSelf:
		return token{kind: hidden, size: 1}
	}
	r, n := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && n == 1:
		return token{kind: broken, size: 1}
	case r == 0x9b:
		return control(b, n)
	case isString(r):
		return stringOf(b, n, r == 0x9d)
	case r < 0xa0, turnsRound(r):
		return token{kind: hidden, size: n}
	}
	return token{kind: text, size: n}
}

// isString reports whether r is a C1 character that begins a string: DCS, SOS,
// OSC, PM or APC.
func isString(r rune) bool {
	return r == 0x90 || r == 0x98 || r >= 0x9d && r <= 0x9f
}

// turnsRound reports whether r makes text appear in another order than it has.
func turnsRound(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// escape reads what an ESC at the beginning of b begins.
func escape(b []byte) token {
	if len(b) == 1 {
		return token{kind: hidden, size: 1}
	}
	switch b[1] {
	case '[':
		return control(b, 2)
	case ']':
		return stringOf(b, 2, true)
	case 'P', 'X', '^', '_', 'k': // k is screen's way to name a window
		return stringOf(b, 2, false)
	}
	i := 1
	for i < len(b) && b[i] >= 0x20 && b[i] <= 0x2f {
		i++
	}
	if i < len(b) && b[i] >= 0x30 && b[i] <= 0x7e {
		i++
	}
	return token{kind: hidden, size: i}
}

// control reads a control sequence whose introducer takes n bytes. What breaks
// off is hidden as far as it goes.
func control(b []byte, n int) token {
	i := n
	for i < len(b) && b[i] >= 0x30 && b[i] <= 0x3f {
		i++
	}
	params := b[n:i]
	plain := i
	for i < len(b) && b[i] >= 0x20 && b[i] <= 0x2f {
		i++
	}
	if i == len(b) || b[i] < 0x40 || b[i] > 0x7e {
		return token{kind: hidden, size: i}
	}
	t := token{kind: hidden, size: i + 1, params: params, final: b[i]}
	if plain != i { // intermediate bytes make it something else
		return t
	}
	for _, c := range params {
		if c > ';' { // so do private markers
			return t
		}
	}
	switch t.final {
	case 'm':
		if len(params) <= maxParams {
			t.kind = sgr
		}
	case 'C', 'D', 'G', 'K':
		t.kind = moves
	}
	return t
}

// stringOf reads a control string whose introducer takes n bytes, up to ST, or
// BEL where that ends it too, or to whatever breaks it off. One that never
// ends loses its introducer only: swallowing the line would lose output.
func stringOf(b []byte, n int, bel bool) token {
	for i := n; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x1b:
			if i+1 < len(b) && b[i+1] == '\\' {
				i += 2
			}
			return token{kind: hidden, size: i}
		case c == 0x07 && bel:
			return token{kind: hidden, size: i + 1}
		case c == 0x18, c == 0x1a: // CAN and SUB cancel it
			return token{kind: hidden, size: i + 1}
		case c == 0xc2 && i+1 < len(b) && b[i+1] >= 0x80 && b[i+1] <= 0x9f: // a C1 character
			if b[i+1] == 0x9c {
				i += 2
			}
			return token{kind: hidden, size: i}
		}
	}
	return token{kind: hidden, size: n}
}
