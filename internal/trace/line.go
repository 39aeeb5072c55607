package trace

import "bytes"

func starts(line []byte, with string) bool {
	return len(line) >= len(with) && string(line[:len(with)]) == with
}

func ends(line []byte, with string) bool {
	return len(line) >= len(with) && string(line[len(line)-len(with):]) == with
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

func isOpener(c byte) bool { return c == '{' || c == '[' || c == '(' }

// digits returns how many digits a line begins with.
func digits(line []byte) int {
	n := 0
	for n < len(line) && isDigit(line[n]) {
		n++
	}
	return n
}

// isFrame reports whether a line, without what it is indented by, is a place
// in a stack, as most languages write it.
func isFrame(text []byte) bool {
	switch text[0] {
	case 'a':
		return starts(text, "at ") && (ends(text, ")") || ends(text, "{") || ends(text, ",") || bytes.IndexByte(text, ':') > 0 || bytes.Contains(text, []byte("() in ")))
	case 'f':
		return starts(text, "from ") && bytes.Contains(text, []byte(":in "))
	case '/':
		at := bytes.Index(text, []byte(".go:"))
		return at > 0 && digits(text[at+len(".go:"):]) > 0
	case '#':
		return isHashed(text)
	}
	return false
}

// isHashed reports whether a line is a frame that is numbered: #0 main().
func isHashed(text []byte) bool {
	if text[0] != '#' {
		return false
	}
	n := digits(text[1:])
	return n > 0 && len(text) > n+1 && text[n+1] == ' '
}

// isPlace reports whether all of a line is a file and a line in it, as Node
// writes it above the source.
func isPlace(line []byte) bool {
	n := len(line)
	for n > 0 && isDigit(line[n-1]) {
		n--
	}
	return n < len(line) && n > 1 && line[n-1] == ':'
}

// isCaret reports whether a line only points at something in the line above.
func isCaret(text []byte) bool {
	marks := 0
	for _, c := range text {
		switch c {
		case '^', '~':
			marks++
		case ' ', '\t':
		default:
			return false
		}
	}
	return marks > 0
}

// isQuotedCode reports whether a line is one that a compiler quotes: 12 | x.
func isQuotedCode(text []byte) bool {
	n := digits(text)
	if n == 0 || len(text) < n+2 || text[n] != ' ' {
		return false
	}
	rest := bytes.TrimLeft(text[n:], " ")
	return rest[0] == '|' || (rest[0] == '+' || rest[0] == '-' || rest[0] == '~') && len(rest) > 1 && rest[1] == ' '
}
