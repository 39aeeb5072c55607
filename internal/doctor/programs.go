package doctor

import (
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"prox/config"
)

// Use is a command of a service.
type Use struct {
	Where   string // "web", "healthcheck of db", "on_ready of api"
	Command config.Command
	Dir     string   // it is run in
	Env     []string // it is given
}

// Uses are all the commands of a service.
func Uses(s config.Service, env []string) []Use {
	var all []Use
	add := func(where string, c config.Command) {
		if len(c.Argv) > 0 {
			all = append(all, Use{Where: where, Command: c, Dir: s.Dir, Env: env})
		}
	}
	add(s.Name, s.Command)
	add("healthcheck of "+s.Name, s.Healthcheck.Command)
	add("watch_action of "+s.Name, s.WatchAction.Command)
	add("on_ready of "+s.Name, s.Hooks.OnReady)
	add("on_exit of "+s.Name, s.Hooks.OnExit)
	add("on_restart of "+s.Name, s.Hooks.OnRestart)
	add("on_failed of "+s.Name, s.Hooks.OnFailed)
	return all
}

// Programs are the names of the programs that a command runs, as far as that
// can be told without running it: of a text for a shell, the first words of its
// commands. What stands behind a cd and is named by a relative path is left out.
func Programs(c config.Command) []string {
	argv := c.Argv
	if len(argv) == 0 {
		return nil
	}
	if script, ok := scriptOf(argv); ok {
		return slices.Concat(shellOf(c, argv), fromScript(script))
	}
	return slices.Concat(argv[:1], wrapped(argv))
}

// shellOf is the shell itself, where the config names it: the one that prox
// takes for texts is /bin/sh.
func shellOf(c config.Command, argv []string) []string {
	if c.Shell {
		return nil
	}
	return argv[:1]
}

// scriptOf is what a shell is given to interpret.
func scriptOf(argv []string) (string, bool) {
	if len(argv) < 3 || !slices.Contains([]string{"sh", "bash", "dash", "zsh", "ash", "ksh"}, filepath.Base(argv[0])) {
		return "", false
	}
	for k, arg := range argv[1:] {
		switch {
		case !strings.HasPrefix(arg, "-"):
			return "", false // a file
		case !strings.HasPrefix(arg, "--") && strings.HasSuffix(arg, "c") && k+2 < len(argv):
			return argv[k+2], true
		}
	}
	return "", false
}

// wrappers run what stands behind them.
var wrappers = []string{"exec", "command", "env", "nohup", "time", "nice", "setsid", "stdbuf", "sudo"}

// wrapped is the program behind wrappers; none where one has flags, whose
// arguments nobody here knows.
func wrapped(argv []string) []string {
	var found []string
	for len(argv) > 1 && slices.Contains(wrappers, filepath.Base(argv[0])) {
		argv = argv[1:]
		for len(argv) > 0 && strings.Contains(argv[0], "=") { // of env
			argv = argv[1:]
		}
		if len(argv) == 0 || strings.HasPrefix(argv[0], "-") {
			break
		}
		found = append(found, argv[0])
	}
	return found
}

// fromScript are the programs of a shell script.
func fromScript(script string) []string {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return nil // of another shell: it will say so itself
	}
	var names, own []string
	moved := false
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			if n.Name != nil { // the parser takes functions without one
				own = append(own, n.Name.Value)
			}
		case *syntax.CallExpr:
			argv := literalWords(n.Args)
			if len(argv) == 0 {
				return true
			}
			switch argv[0] {
			case "cd", "pushd":
				moved = true
			case "command", "type", "hash", "which":
				if asked := argv[1:]; argv[0] != "command" || len(asked) > 0 && strings.HasPrefix(asked[0], "-") {
					own = append(own, asked...) // it goes on without what isn't there
					return true
				}
			}
			for _, name := range slices.Concat(argv[:1], wrapped(argv)) {
				if !moved || !strings.Contains(name, "/") || filepath.IsAbs(name) {
					names = append(names, name)
				}
			}
		}
		return true
	})
	names = slices.DeleteFunc(names, func(name string) bool { return builtin[name] || slices.Contains(own, name) })
	return compact(names)
}

// literalWords are the words of a command up to the first in which a shell has
// something to expand.
func literalWords(args []*syntax.Word) []string {
	var words []string
	for _, w := range args {
		lit := w.Lit()
		if lit == "" {
			lit = quoted(w)
		}
		if lit == "" || strings.HasPrefix(lit, "~") || strings.ContainsAny(lit, "*?[\\") {
			return words
		}
		words = append(words, lit)
	}
	return words
}

// quoted is the text of a word in quotes; "" when there is something to expand.
func quoted(w *syntax.Word) string {
	if len(w.Parts) != 1 {
		return ""
	}
	switch p := w.Parts[0].(type) {
	case *syntax.SglQuoted:
		return p.Value
	case *syntax.DblQuoted:
		if len(p.Parts) == 1 {
			if lit, ok := p.Parts[0].(*syntax.Lit); ok {
				return lit.Value
			}
		}
	}
	return ""
}

// builtin are the words that a shell carries out itself.
var builtin = func() map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(`. : [ alias bg break builtin cd command continue declare dirs disown echo enable eval exec
		exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray
		readonly return select set shift shopt source suspend test time times trap true type typeset ulimit umask unalias unset wait`) {
		m[word] = true
	}
	return m
}()

// compact drops what stands there twice, and keeps the order.
func compact(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
