package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// lookup gives a variable's value, and whether there is one.
type lookup func(name string) (string, bool)

// reference is what stands between ${ and }.
type reference struct {
	name string // of a variable; of a service when port is true
	port bool   // ${api.port}
	op   string // ":-", "-", ":?", "?" or ""
	word string // what follows op, not expanded yet
}

// UnsetError says that a text refers to a variable that has no value.
type UnsetError struct {
	Variable string
	Why      string // what the text itself says about it: ${VAR:?why}; may be empty
}

func (e *UnsetError) Error() string {
	if e.Why != "" {
		return fmt.Sprintf("the variable %s is not set: %s", e.Variable, e.Why)
	}
	return fmt.Sprintf("the variable %s is not set", e.Variable)
}

// Hint shows how it could do without.
func (e *UnsetError) Hint() string {
	return fmt.Sprintf("set it in the shell or in .env, or write ${%s:-default}", e.Variable)
}

// mostNestedWords bounds ${A:-${B:-…}}.
const mostNestedWords = 32

// expander replaces the references in a text:
//
//	${VAR}          the variable's value; an error when it has none
//	${VAR:-word}    word when it has none, or an empty one; ${VAR-word} only when it has none
//	${VAR:?word}    an error that says word when it has none, or an empty one; also ${VAR?word}
//	${api.port}     the port of the service api
//	$${             ${ as it stands
//
// A word may have references in it. A $ that no { follows stands for itself.
type expander struct {
	variable lookup
	port     func(service string) (int, error)
}

// expand returns the text with its references replaced.
func (x expander) expand(s string) (string, error) { return x.nested(s, 0) }

func (x expander) nested(s string, depth int) (string, error) {
	if !strings.Contains(s, "${") {
		return s, nil
	}
	if depth > mostNestedWords {
		return "", fmt.Errorf("references are nested deeper than %d", mostNestedWords)
	}
	var b strings.Builder
	for s != "" {
		i := strings.Index(s, "${")
		if i < 0 {
			break
		}
		if i > 0 && s[i-1] == '$' {
			b.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		end := closing(s[i:])
		if end < 0 {
			return "", fmt.Errorf("there is no } for the ${ in %q", shorten(s[i:]))
		}
		value, err := x.replace(s[i+2:i+end], depth)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
		s = s[i+end+1:]
	}
	b.WriteString(s)
	return b.String(), nil
}

// closing is where the } of the ${ that s begins with is; -1 for nowhere.
func closing(s string) int {
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

func (x expander) replace(inside string, depth int) (string, error) {
	r, err := parseReference(inside)
	if err != nil {
		return "", err
	}
	if r.port {
		port, err := x.port(r.name)
		return strconv.Itoa(port), err
	}
	value, ok := x.variable(r.name)
	if ok && (value != "" || !strings.HasPrefix(r.op, ":")) {
		return value, nil
	}
	switch r.op {
	case ":-", "-":
		return x.nested(r.word, depth+1)
	case ":?", "?":
		why, err := x.nested(r.word, depth+1)
		if err != nil {
			why = r.word
		}
		return "", &UnsetError{Variable: r.name, Why: why}
	}
	return "", &UnsetError{Variable: r.name}
}

// variableReference is compiled when it is needed first: most commands read no
// reference, and pay for what is made before.
var variableReference = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?])(.*))?$`)
})

func parseReference(inside string) (reference, error) {
	if service, ok := strings.CutSuffix(inside, ".port"); ok && ValidName(service) == nil {
		return reference{name: service, port: true}, nil
	}
	if m := variableReference().FindStringSubmatch(inside); m != nil {
		return reference{name: m[1], op: m[2], word: m[3]}, nil
	}
	return reference{}, fmt.Errorf("expected a variable or a service's port in ${%s}", shorten(inside))
}

// mentions reports whether a text refers to a variable, wherever in it.
func mentions(s, variable string) bool {
	found := false
	_, _ = expander{
		variable: func(name string) (string, bool) {
			found = found || name == variable
			return "", false // so that words are looked at too
		},
		port: func(string) (int, error) { return 0, nil },
	}.expand(s)
	return found
}

// expandPorts replaces the references to ports only. It is for commands, in
// which a shell knows what to do with the others.
func expandPorts(s string, port func(service string) (int, error)) (string, error) {
	var b strings.Builder
	var first error
	for {
		end := strings.Index(s, ".port}")
		if end < 0 {
			b.WriteString(s)
			return b.String(), first
		}
		begin := strings.LastIndex(s[:end], "${")
		if begin < 0 || ValidName(s[begin+2:end]) != nil {
			b.WriteString(s[:end+1])
			s = s[end+1:]
			continue
		}
		n, err := port(s[begin+2 : end])
		if err != nil && first == nil {
			first = err
		}
		b.WriteString(s[:begin] + strconv.Itoa(n))
		s = s[end+len(".port}"):]
	}
}
