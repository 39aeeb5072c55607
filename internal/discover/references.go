package discover

import (
	"strings"
)

var (
	variableName  = onDemand(`^[A-Za-z_][A-Za-z0-9_]*`)
	plainVariable = onDemand(`(?s)^[A-Za-z_][A-Za-z0-9_]*(:?[-?].*)?$`)
)

// expanded rewrites a text in which $NAME and ${NAME} stand for variables and
// $$ for a dollar, as several runners have it, into prox's form. What is not
// known is empty there, and would be an error here: it gets an empty default.
// ok is false if it has forms in it that prox doesn't have; they then mean
// nothing.
func expanded(text string, known func(name string) bool) (out string, ok bool) {
	if !strings.Contains(text, "$") {
		return text, true
	}
	var b strings.Builder
	ok = true
	for text != "" {
		i := strings.IndexByte(text, '$')
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		text = text[i+1:]
		var inside, rest string
		switch {
		case strings.HasPrefix(text, "${"):
			b.WriteString("$${")
			text = text[2:]
			continue
		case strings.HasPrefix(text, "$"):
			b.WriteString("$")
			text = text[1:]
			continue
		case strings.HasPrefix(text, "{"):
			end := matchingBrace(text)
			if end < 0 {
				b.WriteString("$$")
				ok = false
				continue
			}
			inside, rest = text[1:end], text[end+1:]
		default:
			if inside = variableName().FindString(text); inside == "" {
				b.WriteString("$")
				continue
			}
			rest = text[len(inside):]
		}
		switch {
		case !plainVariable().MatchString(inside):
			b.WriteString("$${" + Literal(inside) + "}")
			ok = false
		case variableName().FindString(inside) == inside && !known(inside):
			b.WriteString("${" + inside + ":-}")
		default:
			b.WriteString("${" + inside + "}")
		}
		text = rest
	}
	b.WriteString(text)
	return b.String(), ok
}

// matchingBrace is where the } of the { that a text begins with is; -1 for nowhere.
func matchingBrace(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
