package discover

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"prox/config"
)

var plainWord = onDemand(`^[A-Za-z0-9_./:@,+%=^-]+$`)

// shellWord writes a text as one word of a command, so that a shell takes it as
// it stands. What is plain needs no quotes.
func shellWord(text string) string {
	if plainWord().MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// command gives the service a command as the other runner's shell reads it:
// sh's is prox's own, one for bash is handed to bash.
func (s *Service) command(text, shell string, args ...string) {
	text = strings.TrimSpace(text)
	base := shell[strings.LastIndexByte(shell, '/')+1:]
	plain := len(args) == 0 || len(args) == 1 && args[0] == "-c"
	switch {
	case plain && base == "sh", plain && base == "bash" && !needsBash(text):
		s.Command = text
	case text == "":
	default:
		s.Command, s.Argv = "", append(append([]string{shell}, args...), text)
		if len(args) == 0 {
			s.Argv = []string{shell, "-c", text}
		}
	}
}

// needsBash reports whether a command means something to bash only.
func needsBash(text string) bool {
	if _, err := config.ParseCommand(text); err != nil {
		_, err = parseShell(text)
		return err == nil
	}
	f, err := parseShell(text)
	if err != nil {
		return false
	}
	found := false
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.TestClause, *syntax.ArithmCmd, *syntax.LetClause, *syntax.ProcSubst, *syntax.ArrayExpr, *syntax.CoprocClause:
			found = true
		case *syntax.SglQuoted:
			found = found || n.Dollar
		case *syntax.Redirect:
			found = found || n.Op == syntax.RdrAll || n.Op == syntax.AppAll || n.Op == syntax.WordHdoc
		case *syntax.CallExpr:
			if len(n.Args) > 0 {
				switch n.Args[0].Lit() {
				case "source", "pushd", "popd", "shopt", "mapfile", "readarray":
					found = true
				case "set":
					found = found || len(n.Args) > 2 && n.Args[2].Lit() == "pipefail"
				}
			}
		}
		return !found
	})
	return found
}
