package config

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// mostCommand is what Linux takes as one argument, which a script for "sh -c"
// is, less some room for our "exec".
const mostCommand = 128<<10 - 64

// shell interprets commands that need one.
const shell = "/bin/sh"

var (
	errEmptyCommand = errors.New("the command is empty")
	errNoProgram    = errors.New("the first word of the command is empty")
	errLong         = fmt.Errorf("the command is longer than %d bytes: put it into a script", mostCommand)
	errNUL          = errors.New("the command has a NUL character in it")
)

// ParseCommand turns a command as one would type it into what is executed.
//
// Words without anything for a shell to do are executed directly. One command
// with variables, patterns or redirections becomes "sh -c 'exec ...'", so that
// the shell is replaced and signals reach the command itself. Anything more (a
// pipeline, a list, a shell's own command such as cd) is left to "sh -c".
func ParseCommand(s string) (Command, error) {
	// A file with Windows' line ends is no reason to hand a shell carriage returns.
	for strings.Contains(s, "\r\n") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	text := strings.TrimSpace(s)
	if strings.ContainsRune(text, 0) {
		return Command{}, errNUL
	}
	if len(text) > mostCommand {
		return Command{}, errLong
	}
	// The common case needs no parser, which would cost most of the time that
	// a config takes to load.
	if argv := plainWords(text); argv != nil {
		return Command{Text: text, Argv: argv}, nil
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
	if err != nil {
		return Command{}, syntaxError(text, err)
	}
	if len(file.Stmts) == 0 {
		return Command{}, errEmptyCommand
	}
	script := text
	if call, stmt := simple(file); call != nil {
		argv := literals(call)
		if len(argv) > 0 && argv[0] == "" {
			return Command{}, errNoProgram
		}
		if argv != nil && len(stmt.Redirs) == 0 && len(call.Assigns) == 0 {
			return Command{Text: text, Argv: argv}, nil
		}
		at := call.Args[0].Pos().Offset()
		script = text[:at] + "exec " + text[at:]
	}
	return Command{Text: text, Argv: []string{shell, "-c", script}, Shell: true}, nil
}

// listCommand is a command given word by word.
func listCommand(argv []string) (Command, error) {
	if len(argv) == 0 {
		return Command{}, errEmptyCommand
	}
	if argv[0] == "" {
		return Command{}, errNoProgram
	}
	words := make([]string, len(argv))
	for i, a := range argv {
		if strings.ContainsRune(a, 0) {
			return Command{}, errNUL
		}
		words[i] = quote(a)
	}
	return Command{Text: strings.Join(words, " "), Argv: append([]string(nil), argv...)}, nil
}

// quote writes a word so that a shell reads it back as it is.
func quote(word string) string {
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !isPlain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// isPlain reports whether a character means itself to a shell wherever it is.
func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:@,+%", r)
}

// plainWords splits a command of nothing but plain characters and blanks; nil
// when it is anything else.
func plainWords(text string) []string {
	for _, r := range text {
		if !isPlain(r) && r != ' ' && r != '\t' {
			return nil
		}
	}
	words := strings.Fields(text)
	if len(words) == 0 || ofShell()[words[0]] {
		return nil
	}
	return words
}

// ofShell are the words that only a shell can execute, or that begin something
// that is more than a command.
var ofShell = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`. : alias bg break builtin cd command continue declare dirs disown eval exec exit export
		fc fg getopts hash jobs let local popd pushd read readonly return set shift source times trap type typeset
		ulimit umask unalias unset wait
		if then else elif fi do done case esac while until for in function select time coproc`) {
		m[w] = true
	}
	return m
})

// simple returns the only command of a script, if it is one that "exec" can be
// put in front of.
func simple(f *syntax.File) (*syntax.CallExpr, *syntax.Stmt) {
	if len(f.Stmts) != 1 {
		return nil, nil
	}
	stmt := f.Stmts[0]
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || stmt.Negated || stmt.Background || stmt.Coprocess || len(call.Args) == 0 {
		return nil, nil
	}
	if first, ok := literal(call.Args[0]); ok && ofShell()[first] {
		return nil, nil
	}
	return call, stmt
}

// literals are the words of a command in which a shell has nothing to expand;
// nil if it has.
func literals(call *syntax.CallExpr) []string {
	argv := make([]string, len(call.Args))
	for i, w := range call.Args {
		s, ok := literal(w)
		if !ok {
			return nil
		}
		argv[i] = s
	}
	return argv
}

func literal(w *syntax.Word) (string, bool) {
	var b strings.Builder
	for i, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			if i == 0 && strings.HasPrefix(part.Value, "~") || !unescape(&b, part.Value, false) {
				return "", false
			}
		case *syntax.SglQuoted:
			if part.Dollar {
				return "", false
			}
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok || part.Dollar || !unescape(&b, lit.Value, true) {
					return "", false
				}
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

// unescape writes s without its backslashes; false if s is a pattern.
func unescape(b *strings.Builder, s string, quoted bool) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			next := s[i+1]
			if quoted && !strings.ContainsRune("$`\"\\\n", rune(next)) {
				b.WriteByte(c) // means itself there
				continue
			}
			i++
			if next != '\n' {
				b.WriteByte(next)
			}
		case !quoted && strings.IndexByte("*?[", c) >= 0:
			return false
		default:
			b.WriteByte(c)
		}
	}
	return true
}

// CommandError says that a command is not one that a shell could read.
type CommandError struct {
	why  string
	hint string
}

func (e *CommandError) Error() string { return "the command cannot be read by " + shell + ": " + e.why }

// Hint says what to write instead; it may be empty.
func (e *CommandError) Hint() string { return e.hint }

func syntaxError(text string, err error) error {
	e := &CommandError{why: err.Error()}
	var parse syntax.ParseError
	if errors.As(err, &parse) {
		e.why = place(text, parse.Pos) + parse.Text
	}
	if _, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), ""); err == nil {
		e.hint = `it is bash: write ["bash", "-c", "..."]`
	}
	return e
}

// place tells where in a command: by line only where it has several.
func place(text string, pos syntax.Pos) string {
	switch {
	case pos.Col() == 0: // the parser counts columns up to a limit
		return ""
	case strings.Contains(text, "\n"):
		return fmt.Sprintf("at its line %d, character %d: ", pos.Line(), pos.Col())
	}
	return fmt.Sprintf("at character %d: ", pos.Col())
}
