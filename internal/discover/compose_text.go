package discover

import (
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
	composeNamed  = onDemand(`^\$([A-Za-z_][A-Za-z0-9_]*)`)
	composeBraced = onDemand(`(?s)^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])(.*))?$`)
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
		if m := composeNamed().FindStringSubmatch(text); m != nil {
			flush()
			parts = append(parts, composePart{name: m[1]})
			text = text[len(m[0]):]
			continue
		}
		if end := closingBrace(text); end > 0 {
			if m := composeBraced().FindStringSubmatch(text[2:end]); m != nil {
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
	text := ""
	for _, part := range composeParts(s) {
		next := ""
		switch {
		case part.name == "":
			next = Literal(part.literal)
		case strings.HasSuffix(part.op, "+"):
			if p.isSet(part) {
				next = p.nestedText(part.word, depth+1)
			}
		case part.op == "":
			next = "${" + part.name + ":-}"
		case strings.HasSuffix(part.op, "?"):
			next = "${" + part.name + part.op + balanced(part.word) + "}"
		default:
			next = "${" + part.name + part.op + balanced(p.nestedText(part.word, depth+1)) + "}"
		}
		text = afterDollar(text, next)
	}
	return text
}

// afterDollar puts two texts together of which the first may end in a dollar,
// for which prox would read the second's ${ as a literal one. A value of .env
// may be a secret, and is not written in its place.
func afterDollar(text, next string) string {
	if bare := strings.TrimRight(text, "$"); bare != text && strings.HasPrefix(strings.TrimLeft(next, "$"), "{") {
		return bare + "${DOLLAR:-" + text[len(bare):] + "}" + next
	}
	return text + next
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

// isSet reports whether a variable has a value in .env, as op understands it.
func (p *composeProject) isSet(part composePart) bool {
	value, set := p.dotenv[part.name]
	return set && !(strings.HasPrefix(part.op, ":") && value == "")
}

// value is a variable's, by .env and the default.
func (p *composeProject) value(part composePart, depth int) string {
	value, set := p.dotenv[part.name], p.isSet(part)
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
	return shellWord(plain)
}

func (p *composeProject) quotedWord(parts []composePart) string {
	return `"` + p.inQuotes(parts, 0) + `"`
}

// inQuotes is what stands between double quotes. A word that the shell would
// read in another way is taken where .env doesn't set the variable.
func (p *composeProject) inQuotes(parts []composePart, depth int) string {
	var b strings.Builder
	for _, part := range parts {
		switch {
		case part.name == "":
			b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(part.literal))
		case !strings.ContainsAny(part.word, "\"'\\`${}"):
			b.WriteString("${" + part.name + part.op + part.word + "}")
		case strings.HasSuffix(part.op, "+") == p.isSet(part) && !strings.HasSuffix(part.op, "?"):
			if depth <= mostNestedText {
				b.WriteString(p.inQuotes(composeParts(part.word), depth+1))
			}
		case !strings.HasSuffix(part.op, "+"):
			b.WriteString("${" + part.name + "}")
		}
	}
	return b.String()
}
