package discover

import (
	"regexp"
	"slices"
	"strings"
)

// mainScripts are the names of what one runs to work on a package, best first.
var mainScripts = []string{
	"dev", "develop", "development", "start:dev", "dev:start", "start:development", "start:local", "serve", "watch", "start",
}

// mainScript is the script that one runs to work on a package; "" if there is
// none.
func (r *root) mainScript(p *nodePackage) string {
	for _, name := range mainScripts {
		if !p.hasScript(name) {
			continue
		}
		switch kind := r.roleOfRun(nodeRun{pkg: p, script: name}); {
		case kind == roleTool:
			continue
		case name == "watch" && kind != roleServer && kind != roleWeb && (p.hasScript("start") || p.library()):
			continue
		}
		return name
	}
	return ""
}

// further are scripts that run beside the main one, each with what it is.
func (r *root) further(p *nodePackage, main string) []string {
	best := map[string]string{} // what it runs → script
	var order []string
	called := map[Ref]bool{}
	r.called(p, main, called)
	for _, s := range p.scripts {
		if called[scriptRef(p.dir, s.name)] || slices.Contains(mainScripts, s.name) && s.name != "watch" {
			continue
		}
		what := r.furtherRole(p, s, main)
		if what == "" {
			continue
		}
		old, ok := best[what]
		if !ok {
			order = append(order, what)
		}
		if !ok || forWork(s.name) > forWork(old) {
			best[what] = s.name
		}
	}
	var names []string
	for _, what := range order {
		names = append(names, best[what])
	}
	return names
}

// forWork is how much a script's name says that it is for working on the code.
func forWork(name string) int {
	switch {
	case strings.Contains(name, "dev"):
		return 3
	case strings.Contains(name, "watch"):
		return 2
	case strings.Contains(name, "start"), strings.Contains(name, "serve"):
		return 1
	}
	return 0
}

// furtherRole is what a script runs beside the main one; "" if it is another
// way to run the same, or nothing that goes on.
func (r *root) furtherRole(p *nodePackage, s nodeScript, main string) string {
	n := readScriptName(s.name)
	if !n.runs && !n.has(workerWord) && !n.has(styleWord) && !n.has(partWord) && !n.has(bookWord) {
		return "" // as most are: it need not be read
	}
	kind := r.roleOfRun(nodeRun{pkg: p, script: s.name})
	if strings.HasPrefix(s.name, "pre") && p.hasScript(s.name[3:]) || strings.HasPrefix(s.name, "post") && p.hasScript(s.name[4:]) {
		return "" // its manager runs it
	}
	if s.name == "watch" && main == "start" && (kind == roleWatch || kind == roleCSS) {
		return "watch" // what start runs is made of what it writes
	}
	if n.what == "" || kind == roleTool {
		return ""
	}
	worker := n.has(workerWord)
	if n.has(variant) && !worker && !(n.runs && main == "" && n.has(partWord)) {
		return ""
	}
	wanted := false
	switch {
	case kind == roleBook:
		wanted = !n.builds
	case worker:
		wanted = !n.builds
	case n.has(styleWord):
		wanted = kind == roleCSS || n.runs && kind == roleWatch
	case n.builds:
	case n.has(partWord):
		wanted = kind != roleUnknown && kind != roleCSS && kind != roleWatch || kind == roleUnknown && n.runs
	default:
		wanted = n.runs && main == "" && kind != roleUnknown
	}
	if !wanted {
		return ""
	}
	return n.what
}

// scriptName is what a script's name says.
type scriptName struct {
	what   string // what it is about: "api" of "dev:api"
	runs   bool   // it says that it runs
	builds bool   // it says that it builds
}

func readScriptName(name string) scriptName {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ':' || r == '-' || r == '_' || r == '.' })
	return scriptName{
		what: scriptWords(name),
		runs: slices.ContainsFunc(words, func(word string) bool {
			return slices.Contains([]string{"dev", "start", "watch", "serve", "develop"}, word)
		}),
		builds: slices.Contains(words, "build"),
	}
}

// has reports whether one of the words that say what it is about is of a kind.
func (n scriptName) has(kind func() *regexp.Regexp) bool {
	return slices.ContainsFunc(strings.Split(n.what, "-"), kind().MatchString)
}
