package discover

import (
	"path"
	"strings"
)

// byEnding is what pm2 runs a script with.
var byEnding = map[string]string{
	".js": "node", ".cjs": "node", ".mjs": "node", ".ts": "ts-node", ".tsx": "ts-node", ".py": "python3", ".rb": "ruby",
	".sh": "bash", ".php": "php", ".pl": "perl", ".coffee": "coffee", ".ls": "lsc",
}

// run makes a command of what pm2 is told in parts: the interpreter and its
// arguments, the script and its arguments.
func (r *pm2Reader) run(e entry, script string, s *Service) {
	interpreter := e.get("interpreter", "exec_interpreter")
	with := interpreter.text()
	with, version, pinned := strings.Cut(with, "@")
	if pinned {
		interpreter.change("prox doesn't install node %s: have mise, nvm or volta do it", version)
	}
	flags := r.arguments(e.get("interpreter_args", "node_args", "interpreterArgs"))
	args := r.arguments(e.get("args"))
	if script == "" {
		return
	}
	// The script is found from the file's folder where cwd is another.
	if strings.Contains(script, "/") && strings.HasPrefix(e.get("script", "exec").text(), scriptFolder) {
		script = seenFrom(s.Dir, r.f.dir, script)
	}
	var parts []string
	switch {
	case strings.Contains(script, " ") && with == "":
		// pm2 hands such a one to a shell.
		parts = append(parts, commandText(script))
	case with == "none":
		parts = append(parts, commandWord(programPath(script)))
	default:
		if with == "" {
			with = byEnding[path.Ext(script)]
		}
		if with == "" && (len(flags) > 0 || r.isText(s.Dir, script)) {
			with = "node" // pm2's own, of what is no program: bin/www
		}
		if with != "" {
			parts = append(parts, commandWord(r.path(with)))
			for _, flag := range flags {
				parts = append(parts, commandWord(flag))
			}
			flags = nil
			parts = append(parts, commandWord(script))
		} else {
			parts = append(parts, commandWord(programPath(script)))
		}
	}
	for _, arg := range append(flags, args...) {
		parts = append(parts, commandWord(strings.ReplaceAll(arg, scriptFolder, strings.TrimSuffix(seenFrom(s.Dir, r.f.dir, "x"), "/x"))))
	}
	s.Command = strings.Join(parts, " ")
}

// isText reports whether a script is a file of the folder, and no program.
func (r *pm2Reader) isText(dir, script string) bool {
	if path.Ext(script) != "" || !strings.Contains(script, "/") || strings.HasPrefix(script, "/") || strings.ContainsAny(dir, "$") {
		return false
	}
	_, ok := r.f.root.readQuietly(join(dir, script))
	return ok
}

// programPath is a program as a shell finds it: one of this folder needs a
// slash.
func programPath(name string) string {
	if strings.Contains(name, "/") && !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "$") {
		return "./" + name
	}
	return name
}

// arguments are a list's items, or the words of a text.
func (r *pm2Reader) arguments(e entry) []string {
	if e.node.IsList() {
		return e.words()
	}
	var words []string
	var b strings.Builder
	quote, begun := byte(0), false
	text := e.text()
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case strings.HasPrefix(text[i:], "${"):
			end := matchingBrace(text[i+1:])
			if end < 0 {
				end = 0
			}
			b.WriteString(text[i : i+2+end])
			i += 1 + end
			begun = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, begun = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n'):
			if begun {
				words = append(words, b.String())
			}
			b.Reset()
			begun = false
		default:
			b.WriteByte(c)
			begun = true
		}
	}
	if begun {
		words = append(words, b.String())
	}
	return words
}

// commandWord writes a text in prox's form as one word of a command: its
// variables are left to the shell, the rest stands as it is.
func commandWord(text string) string {
	var b strings.Builder
	for text != "" {
		i := strings.Index(text, "${")
		literal := text
		if i >= 0 {
			literal = text[:i]
		}
		if i > 0 && text[i-1] == '$' { // $${ is a literal ${
			b.WriteString(shellWord(text[:i-1] + "${"))
			text = text[i+2:]
			continue
		}
		if literal != "" {
			b.WriteString(shellWord(literal))
		}
		if i < 0 {
			break
		}
		end := matchingBrace(text[i+1:])
		if end < 0 {
			b.WriteString(shellWord(text[i:]))
			break
		}
		b.WriteString(`"` + strings.ReplaceAll(text[i:i+2+end], `"`, `\"`) + `"`)
		text = text[i+2+end:]
	}
	if b.Len() == 0 {
		return "''"
	}
	return b.String()
}

// commandText is a command in prox's form as a shell reads it.
func commandText(text string) string {
	return strings.ReplaceAll(text, "$${", "${")
}
