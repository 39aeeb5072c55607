package discover

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"prox/internal/document"
)

// devcontainerFolder is the one hidden folder that is looked into.
const devcontainerFolder = ".devcontainer"

var devcontainerNames = []string{"devcontainer.json", ".devcontainer.json"}

// inDevcontainer reports whether a folder is the hidden one, or below it.
func inDevcontainer(dir string) bool {
	return slices.Contains(strings.Split(dir, "/"), devcontainerFolder)
}

// devcontainer reads what a container for developing starts, which is what one
// would start by hand without it; and what its ports are called.
func devcontainer(f *file) {
	if f.name == "devcontainer.json" && !inDevcontainer(f.dir) {
		return
	}
	tree := f.tree(document.JSON)
	if tree == nil {
		return
	}
	// Its commands run in the folder that the container is for.
	dir := f.dir
	if inDevcontainer(dir) {
		words := strings.Split(dir, "/")
		dir = path.Join(append([]string{"."}, words[:slices.Index(words, devcontainerFolder)]...)...)
	}
	for _, key := range []string{"postStartCommand", "postAttachCommand"} {
		f.startCommands(tree.Get(key), key, dir)
	}
	f.forwardedPorts(tree)
}

// startCommands adds what goes on running of a command in one of its forms: a
// text, a list of words, or a table of several that are started side by side.
func (f *file) startCommands(n *document.Node, key, dir string) {
	switch {
	case n.IsTable():
		for _, field := range n.Fields {
			if !field.Value.IsTable() {
				f.startCommand(field.Value, key+"."+field.Key, field.Key, field.Line, dir)
			}
		}
	case n != nil:
		f.startCommand(n, key, "", n.At(), dir)
	}
}

func (f *file) startCommand(n *document.Node, key, name string, line int, dir string) {
	command := n.Scalar()
	if n.IsList() {
		var words []string
		for _, word := range n.Scalars() {
			words = append(words, shellWord(word))
		}
		command = strings.Join(words, " ")
	}
	for _, running := range longRunning(command, dir, 0) {
		own := name
		if own == "" {
			own = nameOfCommand(running, dir)
		}
		s := f.add(own, running, line, key)
		s.Dir = dir
	}
}

// longRunning are the parts of a command that go on running: what is put into
// the background, and what is known to be a server or a watcher.
func longRunning(command, dir string, depth int) []string {
	const deepest = 3 // of shells in shells
	file, err := parseShell(command)
	if err != nil || depth > deepest {
		return nil
	}
	var all []string
	for _, stmt := range file.Stmts {
		background := stmt.Background
		inner := *stmt
		inner.Background, inner.Redirs, inner.Comments = false, nil, nil
		if call, ok := inner.Cmd.(*syntax.CallExpr); ok {
			words := call.Args
			if len(words) > 1 && (wordText(words[0]) == "nohup" || wordText(words[0]) == "setsid") {
				background = true
				bare := *call
				bare.Args = words[1:]
				inner.Cmd, words = &bare, bare.Args
			}
			if len(words) == 3 && slices.Contains([]string{"sh", "bash"}, wordText(words[0])) && slices.Contains([]string{"-c", "-lc", "-ic"}, wordText(words[1])) {
				if nested := longRunning(wordText(words[2]), dir, depth+1); len(nested) > 0 {
					all = append(all, nested...)
					continue
				}
			}
		}
		var b strings.Builder
		if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, &inner); err != nil {
			continue // what was parsed can be printed
		}
		text := strings.TrimSpace(b.String())
		if background && !idles(text) || goesOn(text, dir) {
			all = append(all, text)
		}
	}
	return all
}

// idles are commands in the background that do nothing for the project.
func idles(command string) bool {
	first, _, _ := strings.Cut(command, " ")
	return slices.Contains([]string{"sleep", "tail", "wait", "true", "echo", "cat", "dockerd", "git", "sudo"}, first)
}

// servingScripts are names of scripts that go on running.
var servingScripts = []string{"dev", "start", "serve", "watch", "develop", "start:dev", "dev:server", "storybook"}

// goesOn reports whether a command is known not to end by itself.
func goesOn(command, dir string) bool {
	for _, c := range invocations(command, dir) {
		if l, _ := listenerOf(c); l != nil && l != ownProgram && (!l.any || c.program() == "nodemon" || c.program() == "air") {
			return true
		}
		words := c.words()
		if len(words) > 1 && words[0] == "run" {
			words = words[1:]
		}
		switch c.program() {
		case "npm", "yarn", "pnpm", "bun", "make", "just", "task":
			if len(words) > 0 && slices.Contains(servingScripts, words[0]) {
				return true
			}
		case "foreman", "overmind", "hivemind", "honcho":
			if len(words) > 0 && words[0] == "start" || c.program() == "hivemind" {
				return true
			}
		case "dev":
			if strings.HasSuffix(c.argv[0], "bin/dev") {
				return true
			}
		}
	}
	return false
}

// nameOfCommand is a name for a service that has none: the script that it runs,
// else the program.
func nameOfCommand(command, dir string) string {
	all := invocations(command, dir)
	if len(all) == 0 {
		return "dev"
	}
	c := all[len(all)-1]
	words := c.words()
	switch c.program() {
	case "npm", "yarn", "pnpm", "bun", "make", "just", "task":
		if len(words) > 1 && words[0] == "run" {
			words = words[1:]
		}
		if len(words) > 0 {
			return words[0]
		}
	case "python", "python3", "node", "ruby", "deno", "tsx":
		if len(words) > 0 && words[0] != "manage.py" {
			return strings.TrimSuffix(path.Base(words[0]), path.Ext(words[0]))
		}
	}
	return c.program()
}

// forwardedPorts remembers the ports, and what they are called.
func (f *file) forwardedPorts(tree *document.Node) {
	named := map[int]bool{}
	for _, field := range tree.Get("portsAttributes").Each() {
		port, ok := portNumber(field.Key)
		label := field.Value.Get("label").Scalar()
		if ok && label != "" {
			named[port] = true
			f.root.hints = append(f.root.hints, portHint{name: label, port: port, from: f.origin(field.Line, "portsAttributes."+field.Key)})
		}
	}
	ports := tree.Get("forwardPorts")
	for _, item := range ports.Elements() {
		if port, ok := portNumber(item.Scalar()); ok && !named[port] {
			f.root.hints = append(f.root.hints, portHint{port: port, from: f.origin(item.At(), "forwardPorts")})
		}
	}
}
