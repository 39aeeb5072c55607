package config

import (
	"fmt"
	"strings"
	"unicode"
)

// maxName is the longest name in characters. It keeps log folders, window
// titles and tables in bounds.
const maxName = 64

// NamePattern is what names match, as a regular expression for other programs.
const NamePattern = `^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$`

// NameError says that a service or a project cannot be called so.
type NameError struct {
	Name string
	Safe string // a name that may be used instead
	why  string
}

func (e *NameError) Error() string { return fmt.Sprintf("the name %q %s", e.Name, e.why) }

// Hint proposes a name that is allowed.
func (e *NameError) Hint() string { return fmt.Sprintf("call it %q", e.Safe) }

// ValidName returns nil or a [*NameError]. A name begins with a letter or
// digit of any script, goes on with letters, digits, "_" and "-", and has at
// most 64 characters: it becomes a tmux window, a folder and a command-line
// argument, where dots, colons and spaces mean other things.
func ValidName(name string) error {
	why := invalid(name)
	if why == "" {
		return nil
	}
	return &NameError{Name: name, Safe: safeName(name), why: why}
}

// invalid says what is wrong with a name; "" if nothing is.
func invalid(name string) string {
	n := 0
	for i, r := range name {
		n++
		plain := r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.In(r, unicode.N))
		switch {
		case plain || i > 0 && (r == '_' || r == '-'):
		case i == 0:
			return fmt.Sprintf("begins with %q, where a letter or digit is expected", r)
		default:
			return fmt.Sprintf("has %q in it, where only letters, digits, _ and - may be", r)
		}
	}
	switch {
	case n == 0:
		return "is empty"
	case n > maxName:
		return fmt.Sprintf("is longer than %d characters", maxName)
	}
	return ""
}

// safeName is the valid name most like name.
func safeName(name string) string {
	if invalid(name) == "" {
		return name
	}
	var b strings.Builder
	n := 0
	gap := false
	for _, r := range name {
		if n == maxName {
			break
		}
		switch {
		case r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.In(r, unicode.N)):
		case r == '_' && n > 0:
		default:
			gap = true
			continue
		}
		if gap && n > 0 && n < maxName-1 {
			b.WriteByte('-')
			n++
		}
		gap = false
		b.WriteRune(r)
		n++
	}
	if n == 0 {
		return "service"
	}
	return b.String()
}
