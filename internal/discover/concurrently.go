package discover

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// together is what a program runs at the same time, and what before.
type together struct {
	before   []togetherPart
	parts    []togetherPart
	restarts string // how often one that failed is started again
	teardown []string
}

// togetherPart is a command, or a script by its name, in which * may stand for
// anything.
type togetherPart struct {
	command string
	script  string
	args    string
	without string // scripts that a pattern is not to mean

	anything bool // * in it stands for colons, too
	name     string
}

// runsTogether reads the command lines of programs that run several commands:
// concurrently and its kin, npm-run-all, mprocs.
func runsTogether(c invocation) (together, bool) {
	switch c.program() {
	case "concurrently", "conc":
		return concurrently(c, concurrentlyValued), true
	case "mprocs":
		t := concurrently(c, []string{"--names", "-c", "--config", "-s", "--server", "--ctl", "--npm"})
		return t, len(t.parts) > 0
	case "parallelshell", "stmux":
		t := concurrently(c, nil)
		return t, len(t.parts) > 0
	case "npm-run-all", "npm-run-all2", "yarn-run-all":
		return npmRunAll(c, false), true
	case "run-p", "npm-run-parallel":
		return npmRunAll(c, true), true
	case "run-s":
		return npmRunAll(c, false), true
	}
	return together{}, false
}

// concurrentlyValued are concurrently's flags that take the next word.
var concurrentlyValued = []string{
	"-n", "--names", "--name-separator", "-m", "--max-processes", "-s", "--success", "-c", "--prefix-colors", "-p", "--prefix",
	"-l", "--prefix-length", "-t", "--timestamp-format", "--restart-tries", "--restart-after", "--default-input-target", "--hide",
	"--kill-signal", "--ks", "--kill-timeout", "--teardown", "--cwd", "--spacer",
}

// concurrently reads commands that each are one word, and what names them.
func concurrently(c invocation, valued []string) together {
	var t together
	names, separator := "", ","
	for words := c.argv[1:]; len(words) > 0; {
		word := words[0]
		words = words[1:]
		if word == "--" {
			break // arguments for the commands, or nothing
		}
		if !strings.HasPrefix(word, "-") {
			if p := shortcut(word); len(t.parts) < mostTargets && (strings.TrimSpace(p.command) != "" || p.script != "") {
				t.parts = append(t.parts, p)
			}
			continue
		}
		flag, value, given := strings.Cut(word, "=")
		if !given && slices.Contains(valued, flag) && len(words) > 0 {
			value, words = words[0], words[1:]
		}
		switch flag {
		case "-n", "--names":
			names = value
		case "--name-separator":
			separator = value
		case "--restart-tries":
			t.restarts = value
		case "--teardown":
			t.teardown = append(t.teardown, value)
		}
	}
	for i, name := range strings.Split(names, separator) {
		if i < len(t.parts) && strings.TrimSpace(name) != "" {
			t.parts[i].name = strings.ToLower(strings.TrimSpace(name))
		}
	}
	return t
}

// shortcut reads "npm:dev:*(!dev:test)" for "npm run" of each such script.
func shortcut(word string) togetherPart {
	who, rest, ok := strings.Cut(word, ":")
	if ok && slices.Contains([]string{"npm", "pnpm", "yarn", "bun", "node", "deno"}, who) {
		p := scriptPart(rest)
		p.anything = true
		return p
	}
	fields := strings.Fields(word)
	if len(fields) >= 3 && fields[1] == "run" && strings.Contains(fields[2], "*") && slices.Contains([]string{"npm", "pnpm", "yarn", "bun", "deno"}, fields[0]) {
		p := scriptPart(strings.Join(fields[2:], " "))
		p.anything = true
		return p
	}
	return togetherPart{command: word}
}

// scriptPart reads a script's name, or a pattern, with arguments behind it.
func scriptPart(text string) togetherPart {
	name, args, _ := strings.Cut(strings.TrimSpace(text), " ")
	p := togetherPart{script: name, args: strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(args), "--"))}
	if head, tail, ok := strings.Cut(name, "(!"); ok {
		inner, behind, _ := strings.Cut(tail, ")")
		p.script, p.without = head+behind, inner
	}
	if strings.Contains(p.args, "{") {
		p.args = "" // what stands behind the whole command, which is nothing
	}
	return p
}

// npmRunAll reads names of scripts in groups, of which each is run in parallel
// or one after the other. What the last group runs goes on.
func npmRunAll(c invocation, parallel bool) together {
	type group struct {
		parallel bool
		parts    []togetherPart
	}
	groups := []group{{parallel: parallel}}
	for words := c.argv[1:]; len(words) > 0; {
		word := words[0]
		words = words[1:]
		if word == "--" {
			break
		}
		switch name, _, _ := strings.Cut(word, "="); {
		case name == "-p" || name == "--parallel":
			groups = append(groups, group{parallel: true})
		case name == "-s" || name == "--sequential" || name == "--serial":
			groups = append(groups, group{})
		case name == word && (name == "--max-parallel" || name == "--npm-path"):
			words = words[min(1, len(words)):]
		case strings.HasPrefix(word, "-"):
			// -ls and the like are flags in one; what they say of the output is
			// nothing to prox.
			if !strings.HasPrefix(word, "--") && strings.Contains(word, "p") {
				groups = append(groups, group{parallel: true})
			}
		default:
			last := &groups[len(groups)-1]
			if p := scriptPart(word); p.script != "" {
				last.parts = append(last.parts, p)
			}
		}
	}
	groups = slices.DeleteFunc(groups, func(g group) bool { return len(g.parts) == 0 })
	var t together
	for i, g := range groups {
		switch {
		case i < len(groups)-1:
			t.before = append(t.before, g.parts...)
		case g.parallel:
			t.parts = g.parts
		default:
			t.before = append(t.before, g.parts[:len(g.parts)-1]...)
			t.parts = g.parts[len(g.parts)-1:]
		}
	}
	return t
}

// matches reports whether the part means a script's name. To npm-run-all, *
// is anything but a colon, and ** anything; to concurrently * is anything.
func (p togetherPart) matches(name string) bool {
	match := func(pattern, name string) bool {
		if p.anything {
			ok, err := path.Match(pattern, name)
			return ok && err == nil
		}
		swap := strings.NewReplacer(":", "/", "/", ":") // as if they were paths
		ok, err := doublestar.Match(swap.Replace(pattern), swap.Replace(name))
		return ok && err == nil
	}
	return match(p.script, name) && (p.without == "" || !match(p.without, name) && !strings.Contains(name, p.without))
}
