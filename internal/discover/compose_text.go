package discover

import (
	"regexp"
	"strings"
)

// composePart is a stretch of a compose file's text: literal, or a variable
// that docker puts in.
type composePart struct {
	literal string
	name    string // of the variable; "" = literal
	op      string // "", ":-", "-", ":?", "?", ":+", "+"
	word    string // what follows op
}

var (
	composeNamed  = regexp.MustCompile(`^\$([A-Za-z_][A-Za-z0-9_]*)`)
	composeBraced = regexp.MustCompile(`(?s)^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])(.*))?$`)
)

// composeParts takes a text apart as docker does: $NAME, ${NAME}, ${NAME:-word}
// and its kin, and $$ for a dollar. What it would refuse is literal here.
func composeParts(text string) []composePart {
	var parts []composePart
	literal := ""
	flush := func() {
		if literal != "" {
			parts = append(parts, composePart{literal: literal})
			literal = ""
		}
	}
	for text != "" {
		dollar := strings.IndexByte(text, '$')
		if dollar < 0 {
			break
		}
		literal, text = literal+text[:dollar], text[dollar:]
		if strings.HasPrefix(text, "$$") {
			literal, text = literal+"$", text[2:]
			continue
		}
		if m := composeNamed.FindStringSubmatch(text); m != nil {
			flush()
			parts = append(parts, composePart{name: m[1]})
			text = text[len(m[0]):]
			continue
		}
		if end := closingBrace(text); end > 0 {
			if m := composeBraced.FindStringSubmatch(text[2:end]); m != nil {
				flush()
				parts = append(parts, composePart{name: m[1], op: m[2], word: m[3]})
				text = text[end+1:]
				continue
			}
		}
		literal, text = literal+"$", text[1:]
	}
	literal += text
	flush()
	return parts
}

// closingBrace is where the } of the ${ that s begins with is; -1 for nowhere.
func closingBrace(s string) int {
	if !strings.HasPrefix(s, "${") {
		return -1
	}
	open := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "${"):
			open++
			i++
		case s[i] == '}':
			if open--; open == 0 {
				return i
			}
		}
	}
	return -1
}

// mostNestedText bounds ${A:-${B:-…}}, as config does.
const mostNestedText = 16

// text is a text of the file for a setting of prox, which knows most of what
// docker does. A variable that isn't set is empty to docker.
func (p *composeProject) text(s string) string { return p.nestedText(s, 0) }

func (p *composeProject) nestedText(s string, depth int) string {
	if !strings.Contains(s, "$") {
		return s
	}
	if depth > mostNestedText {
		return ""
	}
	var b strings.Builder
	for _, part := range composeParts(s) {
		switch {
		case part.name == "":
			b.WriteString(Literal(part.literal))
		case strings.HasSuffix(b.String(), "$"):
			b.WriteString(Literal(p.value(part, depth))) // prox would read $${ as a literal one
		case strings.HasSuffix(part.op, "+"):
			b.WriteString(Literal(p.value(part, depth)))
		case part.op == "":
			b.WriteString("${" + part.name + ":-}")
		case strings.HasSuffix(part.op, "?"):
			b.WriteString("${" + part.name + part.op + balanced(part.word) + "}")
		default:
			b.WriteString("${" + part.name + part.op + balanced(p.nestedText(part.word, depth+1)) + "}")
		}
	}
	return b.String()
}

// balanced keeps a word from ending the reference that it stands in.
func balanced(word string) string {
	open := 0
	for i := 0; i < len(word); i++ {
		switch {
		case strings.HasPrefix(word[i:], "${"):
			open++
			i++
		case word[i] == '}':
			open--
		}
	}
	if open != 0 {
		return strings.NewReplacer("${", "", "}", "").Replace(word)
	}
	return word
}

// static is what a text comes to by .env and its own defaults alone; false if a
// variable has no value there.
func (p *composeProject) static(s string) (string, bool) {
	var b strings.Builder
	known := true
	for _, part := range composeParts(s) {
		if part.name == "" {
			b.WriteString(part.literal)
			continue
		}
		value := p.value(part, 0)
		known = known && (value != "" || part.op != "")
		b.WriteString(value)
	}
	return b.String(), known
}

// value is a variable's, by .env and the default.
func (p *composeProject) value(part composePart, depth int) string {
	value, set := p.dotenv[part.name]
	if strings.HasPrefix(part.op, ":") && value == "" {
		set = false
	}
	word := func() string {
		if depth > mostNestedText {
			return ""
		}
		var b strings.Builder
		for _, inner := range composeParts(part.word) {
			if inner.name == "" {
				b.WriteString(inner.literal)
			} else {
				b.WriteString(p.value(inner, depth+1))
			}
		}
		return b.String()
	}
	switch strings.TrimPrefix(part.op, ":") {
	case "+":
		if set {
			return word()
		}
		return ""
	case "-":
		if !set {
			return word()
		}
	}
	return value
}

// shellWord is a text as one word of a command on this machine, where the
// shell puts in the variables that docker would. Those of the container, which
// the file writes with two dollars, are left to the container.
func (p *composeProject) shellWord(s string) string {
	parts := composeParts(s)
	plain := ""
	for _, part := range parts {
		if part.name != "" {
			return p.quotedWord(parts)
		}
		plain += part.literal
	}
	return shellQuote(plain)
}

func (p *composeProject) quotedWord(parts []composePart) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, part := range parts {
		switch {
		case part.name == "":
			b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(part.literal))
		case strings.ContainsAny(part.word, "\"'\\`${}"):
			value, _ := p.static("${" + part.name + part.op + part.word + "}")
			b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(value))
		default:
			b.WriteString("${" + part.name + part.op + part.word + "}")
		}
	}
	b.WriteByte('"')
	return b.String()
}
