package discover

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Ref names something that can be run, however it is called: "script:web#dev"
// is the script dev of the package.json in folder web.
type Ref string

// ref is a Ref of a kind, in a folder; name is "" where a folder has only one.
func ref(kind, dir, name string) Ref { return Ref(kind + ":" + dir + "#" + name) }

// definition is what a Ref stands for: a command, and where it is run.
type definition struct {
	command string
	dir     string
}

// define says what is run when something is called, though it may be no
// service itself: every script of a package.json, every target of a Makefile.
func (r *root) define(id Ref, command, dir string) {
	if _, ok := r.defined[id]; !ok {
		r.defined[id] = definition{command, dir}
	}
}

// definition is what a Ref stands for; false if no file says.
func (r *root) definition(id Ref) (definition, bool) {
	if d, ok := r.defined[id]; ok {
		return d, true
	}
	return r.nodeDefinition(id)
}

// invocation is one program that a command runs.
type invocation struct {
	dir  string   // relative to the root
	env  []string // NAME=VALUE in front of it
	argv []string // without what only leads to the program: exec, env, bundle exec, npx …
}

// program is the name of what is run, without its folder.
func (c invocation) program() string {
	return c.argv[0][strings.LastIndexByte(c.argv[0], '/')+1:]
}

// flag is the value of one of some flags, "--port 80", "--port=80" or, of one
// letter, "-p80"; "" if none is given.
func (c invocation) flag(names ...string) string {
	for i, word := range c.argv {
		for _, name := range names {
			if word == name && i+1 < len(c.argv) {
				return c.argv[i+1]
			}
			if v, ok := strings.CutPrefix(word, name+"="); ok {
				return v
			}
			if v, ok := strings.CutPrefix(word, name); ok && len(name) == 2 && v != "" {
				return v
			}
		}
	}
	return ""
}

// words are the arguments that are no flags.
func (c invocation) words() []string {
	var all []string
	for _, word := range c.argv[1:] {
		if !strings.HasPrefix(word, "-") {
			all = append(all, word)
		}
	}
	return all
}

// caller tells what a program that is run amounts to; nil if it doesn't know
// the program. Each stands in the file of the source that it belongs to.
type caller func(c invocation) []Ref

func callers() []caller {
	return []caller{
		scriptCalls, composeCalls, procfileCalls, makeCalls, justCalls, taskCalls, miseCalls,
		pythonCalls, rubyCalls, golangCalls, cargoCalls, elixirCalls, phpCalls, jvmCalls, fileCalls,
	}
}

// calls are the Refs of what a command runs itself.
func calls(command, dir string) []Ref {
	var all []Ref
	for _, c := range invocations(command, dir) {
		for _, known := range callers() {
			if refs := known(c); refs != nil {
				all = append(all, refs...)
				break
			}
		}
	}
	return all
}

// fileCalls knows a program by its file: "bin/server", "node server.js".
func fileCalls(c invocation) []Ref {
	if strings.Contains(c.argv[0], "/") && !strings.HasPrefix(c.argv[0], "/") {
		return []Ref{ref("file", join(c.dir, c.argv[0]), "")}
	}
	switch c.program() {
	case "node", "bun", "deno", "tsx", "ts-node", "nodemon", "python", "python3", "ruby", "php", "perl", "bash", "sh":
		for _, word := range c.words() {
			if strings.Contains(word, ".") {
				return []Ref{ref("file", join(c.dir, word), "")}
			}
		}
	}
	return nil
}

// reach is everything that a service amounts to: its own names, and what its
// command calls, and what that calls.
func (r *root) reach(s *Service) map[Ref]bool {
	const deepest = 8 // scripts that call scripts; a circle ends here too
	reached := map[Ref]bool{}
	next := slices.Clone(s.ids)
	if s.Command != "" {
		next = append(next, calls(s.Command, s.Dir)...)
	} else if len(s.Argv) > 0 {
		next = append(next, callsOf(invocation{dir: s.Dir, argv: s.Argv})...)
	}
	for range deepest {
		var after []Ref
		for _, id := range next {
			if reached[id] {
				continue
			}
			reached[id] = true
			if d, ok := r.definition(id); ok {
				after = append(after, calls(d.command, d.dir)...)
			}
		}
		if next = after; len(next) == 0 {
			break
		}
	}
	return reached
}

func callsOf(c invocation) []Ref {
	c = unwrap(c)
	if len(c.argv) == 0 {
		return nil
	}
	for _, known := range callers() {
		if refs := known(c); refs != nil {
			return refs
		}
	}
	return nil
}

// invocations takes a command apart into the programs it runs. Words with
// variables in them keep them as written. What the shell can't read is empty.
func invocations(command, dir string) []invocation {
	f, err := parseShell(command)
	if err != nil {
		return nil
	}
	var all []invocation
	syntax.Walk(f, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if !ok {
			return true
		}
		c := invocation{dir: dir}
		for _, a := range call.Assigns {
			if a.Name != nil && a.Value != nil {
				c.env = append(c.env, a.Name.Value+"="+wordText(a.Value))
			}
		}
		for _, w := range call.Args {
			c.argv = append(c.argv, wordText(w))
		}
		if len(c.argv) >= 2 && c.argv[0] == "cd" {
			if !strings.HasPrefix(c.argv[1], "/") && !strings.ContainsAny(c.argv[1], "$`~") {
				dir = join(dir, c.argv[1])
			}
			return true
		}
		if c = unwrap(c); len(c.argv) > 0 {
			all = append(all, c)
		}
		return true
	})
	return all
}

// wordText is a word without its quotes; variables stay as written.
func wordText(w *syntax.Word) string {
	var b strings.Builder
	var add func(parts []syntax.WordPart)
	add = func(parts []syntax.WordPart) {
		for _, p := range parts {
			switch p := p.(type) {
			case *syntax.Lit:
				b.WriteString(strings.ReplaceAll(p.Value, `\`, ""))
			case *syntax.SglQuoted:
				b.WriteString(p.Value)
			case *syntax.DblQuoted:
				add(p.Parts)
			default:
				_ = syntax.NewPrinter().Print(&b, p) // a strings.Builder takes everything
			}
		}
	}
	add(w.Parts)
	return b.String()
}

// unwrap takes away what only leads to the program that matters.
func unwrap(c invocation) invocation {
	for len(c.argv) > 0 {
		n := 0
		switch c.program() {
		case "dotenv", "env-cmd", "dotenvx", "doppler", "op", "infisical":
			// What their flags take as values is no program; "--" ends them.
			if at := slices.Index(c.argv, "--"); at > 0 && at+1 < len(c.argv) {
				c.argv = c.argv[at+1:]
				continue
			}
		}
		switch c.program() {
		case "exec", "command", "time", "nohup", "npx", "bunx", "nice", "dotenv", "cross-env", "cross-env-shell", "env", "env-cmd", "sudo", "winpty":
			n = 1
		case "bundle", "poetry", "pipenv", "uv", "rye", "hatch", "pdm", "pixi", "rbenv", "pyenv", "direnv", "mise", "asdf", "dotenvx", "doppler", "op", "infisical":
			if len(c.argv) > 2 && (c.argv[1] == "exec" || c.argv[1] == "run" || c.argv[1] == "x") {
				if c.program() == "mise" && c.argv[1] == "run" {
					return c // a task of mise's own
				}
				n = 2
			}
		case "pnpm", "yarn":
			if len(c.argv) > 2 && (c.argv[1] == "exec" || c.argv[1] == "dlx") {
				n = 2
			}
		}
		if n == 0 {
			return c
		}
		c.argv = c.argv[n:]
		// Flags and variables of the wrapper; "--" ends them.
		for len(c.argv) > 0 {
			word := c.argv[0]
			if isAssignment(word) {
				c.env = append(c.env, word)
			} else if !strings.HasPrefix(word, "-") {
				break
			}
			c.argv = c.argv[1:]
			if word == "--" {
				break
			}
		}
	}
	return c
}

func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
