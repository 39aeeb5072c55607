package completion

import "strings"

// Typed is a command line as far as it is typed, in words as a shell reads
// them. Bash hands over the line as it stands, and words that it breaks at more
// than spaces.
type Typed struct {
	Words []string // without quotes; the last is being typed
	from  []int    // at which byte each begins
	line  string
}

// Split splits what stands before a byte of a line.
func Split(line string, point int) Typed {
	if point >= 0 && point < len(line) {
		line = line[:point]
	}
	t := Typed{line: line}
	var word strings.Builder
	begun, quote := false, byte(0)
	begin := func(at int) {
		if !begun {
			t.from, begun = append(t.from, at), true
		}
	}
	for k := 0; k < len(line); k++ {
		c := line[k]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && c != '"' && c != '\\':
			word.WriteByte(c)
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\':
			begin(k)
			if k++; k < len(line) {
				word.WriteByte(line[k])
			}
		case c == '\'' || c == '"':
			begin(k)
			quote = c
		case c == ' ' || c == '\t' || c == '\n':
			if begun {
				t.Words, begun = append(t.Words, word.String()), false
				word.Reset()
			}
		default:
			begin(k)
			word.WriteByte(c)
		}
	}
	begin(len(line))
	t.Words = append(t.Words, word.String())
	return t
}

// bashWord is which of bash's words the n-th of ours is.
func (t Typed) bashWord(n int, words []string) int {
	if n >= len(t.from) {
		return len(words)
	}
	at := 0
	for k, word := range words {
		found := strings.Index(t.line[at:], word)
		if found < 0 {
			break
		}
		if at += found; at >= t.from[n] {
			return k
		}
		at += len(word)
	}
	return max(0, len(words)-1)
}
