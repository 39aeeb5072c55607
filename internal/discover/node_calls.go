package discover

import (
	"path"
	"slices"
	"strings"
)

// scriptCall is a script that a command has a package manager run, or a tool
// for many packages.
type scriptCall struct {
	dir     string   // where, relative to the root
	script  string   // its name, or a pattern
	many    bool     // of the workspace's members, not of the package in dir
	filters []string // which members; none = all
	without []string
	args    []string // for the script
	perhaps bool     // it is a program if there is no such script: "yarn vite"
}

// callsOfScripts are the scripts that a program runs; nil if it runs none.
func callsOfScripts(c invocation) []scriptCall {
	switch name := c.program(); name {
	case "npm", "pnpm", "bun":
		return one(managerCall(c, nodeManager(name)))
	case "yarn", "yarnpkg":
		return one(yarnCall(c))
	case "node", "deno", "nr":
		return one(runnerCall(c))
	case "lerna":
		return lernaCalls(c)
	case "turbo":
		return turboCalls(c)
	}
	return nil
}

func one(call scriptCall, ok bool) []scriptCall {
	if !ok || call.script == "" || strings.ContainsAny(call.script, "$`") {
		return nil
	}
	return []scriptCall{call}
}

// valued are flags of the managers that the next word belongs to.
var valued = map[nodeManager][]string{
	npm:  {"-w", "--workspace", "--prefix", "-C", "--loglevel", "--script-shell", "--userconfig"},
	pnpm: {"-F", "--filter", "--filter-prod", "-C", "--dir", "--workspace-concurrency", "--reporter", "--loglevel", "--resume-from"},
	yarn: {"--cwd", "--include", "--exclude", "--from", "-j", "--jobs", "--mutex", "--require"},
	bun:  {"-F", "--filter", "--cwd", "--env-file", "-r", "--preload", "-c", "--config", "--shell", "--elide-lines"},
}

// managerCall reads a command line of npm, pnpm or bun.
func managerCall(c invocation, m nodeManager) (scriptCall, bool) {
	call := scriptCall{dir: c.dir}
	ran := false // "run" was said
	words := c.argv[1:]
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if word == "--" {
			call.args = append(call.args, words...)
			break
		}
		if strings.HasPrefix(word, "-") && (call.script == "" || m == npm) {
			words = call.flag(word, words, m)
			continue
		}
		switch {
		case call.script != "":
			call.args = append(call.args, word)
		case !ran && slices.Contains([]string{"run", "run-script", "rum", "urn"}, word):
			ran = true
		case ran || m != npm || slices.Contains([]string{"start", "test", "restart"}, word):
			call.script = word
			call.perhaps = !ran && m != npm
			if call.perhaps && slices.Contains(ownCommands[m], word) {
				return call, false
			}
		default:
			return call, false
		}
	}
	// What bun runs may be a file.
	return call, call.script != "" && !(m == bun && strings.Contains(call.script, "."))
}

// flag takes what a manager's flag says about which packages are meant, and
// returns the words behind it.
func (call *scriptCall) flag(word string, words []string, m nodeManager) []string {
	name, value, given := strings.Cut(word, "=")
	if !given && slices.Contains(valued[m], name) && len(words) > 0 {
		value, words = words[0], words[1:]
	}
	switch {
	case name == "--prefix" || name == "--dir" || name == "-C" || name == "--cwd":
		if !path.IsAbs(value) {
			call.dir = join(call.dir, value)
		}
	case m == npm && (name == "-w" || name == "--workspace"), m != npm && (name == "-F" || strings.HasPrefix(name, "--filter")):
		call.many = true
		call.filters = append(call.filters, value)
	case m == npm && (name == "--workspaces" || name == "-ws"), m == pnpm && (name == "-r" || name == "--recursive" || name == "--parallel"), m == bun && name == "--workspaces":
		call.many = true
	case m == pnpm && (name == "-w" || name == "--workspace-root"):
		call.dir = "."
	}
	return words
}

// yarnCall reads a command line of yarn, of every version.
func yarnCall(c invocation) (scriptCall, bool) {
	call := scriptCall{dir: c.dir, perhaps: true}
	words := c.argv[1:]
	each := false // "workspaces" was said
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if strings.HasPrefix(word, "-") {
			name, value, given := strings.Cut(word, "=")
			if !given && slices.Contains(valued[yarn], name) && len(words) > 0 {
				value, words = words[0], words[1:]
			}
			switch name {
			case "--cwd":
				call.dir = join(call.dir, value)
			case "--include", "--from":
				call.filters = append(call.filters, value)
			case "--exclude":
				call.without = append(call.without, value)
			}
			continue
		}
		switch {
		case word == "run" || each && word == "foreach":
			call.perhaps = false
			continue
		case word == "workspace" && len(words) > 1:
			call.many, call.filters = true, []string{words[0]}
			words = words[1:]
			continue
		case word == "workspaces":
			call.many, each = true, true
			continue
		case slices.Contains(ownCommands[yarn], word):
			return call, false
		}
		call.script, call.args = word, words
		return call, true
	}
	return call, false
}

// runnerCall reads "node --run dev", "deno task dev" and "nr dev".
func runnerCall(c invocation) (scriptCall, bool) {
	call := scriptCall{dir: c.dir}
	switch c.program() {
	case "node":
		call.script = c.flag("--run")
	case "deno":
		if words := c.words(); len(words) > 1 && words[0] == "task" {
			call.script, call.args = words[1], words[2:]
		}
	case "nr":
		if words := c.words(); len(words) > 0 {
			call.script, call.args = words[0], words[1:]
		}
	}
	return call, call.script != ""
}

// lernaCalls reads "lerna run dev --scope web --parallel".
func lernaCalls(c invocation) []scriptCall {
	words := c.words()
	if len(words) < 2 || words[0] != "run" {
		return nil
	}
	call := scriptCall{dir: c.dir, script: words[1], many: true}
	for i, word := range c.argv {
		name, value, given := strings.Cut(word, "=")
		if !given && i+1 < len(c.argv) {
			value = c.argv[i+1]
		}
		switch name {
		case "--scope":
			call.filters = append(call.filters, value)
		case "--ignore":
			call.without = append(call.without, value)
		}
	}
	return one(call, true)
}

// scriptCalls knows who runs scripts of a package.json.
func scriptCalls(c invocation) []Ref {
	var all []Ref
	for _, call := range callsOfScripts(c) {
		switch {
		case !call.many:
			all = append(all, scriptRef(call.dir, call.script))
		case len(call.filters) == 0:
			all = append(all, ref("members", call.dir, call.script))
		}
		for _, filter := range call.filters {
			all = append(all, ref("member", call.dir, filter+"#"+call.script), scriptRef(join(call.dir, strings.Trim(filter, "{}")), call.script))
		}
	}
	for _, command := range togetherCommands(c) {
		all = append(all, calls(command, c.dir)...)
	}
	return append(all, nxCalls(c)...)
}

// togetherCommands are the commands that a program for running several at once
// is given, as far as they stand there.
func togetherCommands(c invocation) []string {
	var all []string
	if t, ok := runsTogether(c); ok {
		for _, part := range append(slices.Clone(t.before), t.parts...) {
			switch {
			case part.script != "" && !strings.ContainsAny(part.script, "*"):
				all = append(all, npm.runs(part.script, ""))
			case len(part.command) < len(strings.Join(c.argv, " ")): // it ends
				all = append(all, part.command)
			}
		}
	}
	return all
}
