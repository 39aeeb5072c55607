package logstore

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"regexp/syntax"
)

// A search mostly looks for something that stands in few lines. Where a pattern
// begins with a text, bytes without that text need not be taken apart: what is
// left of them is whether they hold something that [Query.Clean] could change.

// mostNeeded is how many texts are looked for at a time.
const mostNeeded = 8

// needed are the texts of which every match begins with one; nil when there are
// none, or some that are not plain.
func needed(re *regexp.Regexp) [][]byte {
	if text, _ := re.LiteralPrefix(); text != "" {
		return plainTexts(text)
	}
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return nil
	}
	tree = tree.Simplify()
	for tree.Op == syntax.OpCapture {
		tree = tree.Sub[0]
	}
	if tree.Op != syntax.OpAlternate {
		return nil
	}
	var texts []string
	for _, branch := range tree.Sub {
		for branch.Op == syntax.OpCapture || branch.Op == syntax.OpConcat {
			branch = branch.Sub[0]
		}
		if branch.Op != syntax.OpLiteral || branch.Flags&syntax.FoldCase != 0 {
			return nil
		}
		texts = append(texts, string(branch.Rune))
	}
	return plainTexts(texts...)
}

func plainTexts(texts ...string) [][]byte {
	if len(texts) > mostNeeded {
		return nil
	}
	var out [][]byte
	for _, text := range texts {
		if len(text) < 2 || odd([]byte(text)) >= 0 {
			return nil
		}
		out = append(out, []byte(text))
	}
	return out
}

// odd is where the first byte is that may not mean just itself: anything but
// printable ASCII, tabs and line ends. -1 when there is none.
func odd(b []byte) int {
	const high, spaces = 0x8080808080808080, 0x2020202020202020
	for i := 0; i < len(b); {
		if i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			// A borrow makes more of them look odd, never fewer.
			if (x|(x-spaces)|(x+0x0101010101010101))&high == 0 {
				i += 8
				continue
			}
		}
		for end := min(i+8, len(b)); i < end; i++ {
			switch c := b[i]; {
			case c >= ' ' && c < 0x7f, c == '\t', c == '\n':
			case c == '\r' && i+1 < len(b) && b[i+1] == '\n': // a terminal's line end
			default:
				return i
			}
		}
	}
	return -1
}

// ahead is what is known of the bytes that come: there is nothing of a kind
// before an offset, and at it there is if hit.
type ahead struct {
	to  int64
	hit bool
}

// look says how many bytes of b, which begins at pos, come before the first
// that find finds. No byte is looked at twice.
func (a *ahead) look(pos int64, b []byte, find func([]byte) int) int {
	if pos > a.to || pos == a.to && !a.hit {
		k := find(b)
		a.hit = k >= 0
		if k < 0 {
			k = len(b)
		}
		a.to = pos + int64(k)
	}
	return int(min(a.to-pos, int64(len(b))))
}

// skippable is how many bytes of b, which begins at pos, are whole lines that
// can't match.
func (s *scanner) skippable(b []byte) int {
	p := &s.parts[s.cur.stream]
	if p.open || !p.synced {
		return 0
	}
	end := s.odd.look(s.pos, b, odd)
	for k, text := range s.need {
		end = min(end, s.literals[k].look(s.pos, b, func(b []byte) int { return bytes.Index(b, text) }))
	}
	return bytes.LastIndexByte(b[:end], '\n') + 1
}
