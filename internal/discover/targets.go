package discover

import (
	"fmt"
	"slices"
	"strings"
)

// target is one thing that a runner of tasks can be asked for: a target of a
// Makefile, a recipe of a justfile, a task of a Taskfile or of mise.
type target struct {
	name    string
	line    int
	body    string   // its commands, a line each, as a shell reads them
	needs   []string // others that are run before it, or beside it
	dir     string   // where it is run, relative to the root
	private bool     // it is not to be asked for by people
	asks    bool     // it can't be run without arguments
	aliases []string
	also    []Ref // how others call it beside that
}

// runner is a runner of tasks as services call it.
type runner struct {
	kind  string // of its Refs
	typed string // what stands before a target's name: "make "
	key   string // what stands before it in the file: "tasks."
}

// The names of what a developer starts and leaves running: by themselves, or
// with what they are about: dev-api, serve:docs, api_dev.
var (
	generic = []string{"dev", "develop", "serve", "server", "runserver", "start", "run", "watch", "up"}
	verb    = `(?:dev|develop|serve|server|start|run|watch)`
	part    = `(?:web|api|app|site|worker|workers|frontend|front|backend|back|server|client|ui|scheduler|queue|celery|beat|db|database|redis|css|js|assets|proxy|gateway|bot|admin|docs|grpc|consumer|jobs|sidekiq|storybook|tunnel|ngrok|mailhog|mailpit|postgres|service)`
	// A part that runs is one with a verb beside it, or one that can be nothing
	// but running.
	verbFirst = onDemand(`^` + verb + `[-_:.]([A-Za-z0-9][A-Za-z0-9_.:-]*)$`)
	verbLast  = onDemand(`^([A-Za-z0-9][A-Za-z0-9_.-]*)[-_:.]` + verb + `$`)
	onlyPart  = onDemand(`^` + part + `$`)
	// Words behind a verb that make a short run of it.
	shortRun = onDemand(`(?i)(^|[-_:.])(tests?|lint|check|build|migrat\w*|seed|format|fmt|e2e|bench\w*|shell|console|coverage|install|setup|clean|release|deploy|ci|generate|gen|once|down|stop|logs)($|[-_:.])`)
)

// addTargets adds those of a file's targets that look like services, and
// defines all of them.
func (f *file) addTargets(r runner, all []target) {
	if len(all) > mostTargets {
		f.note(Broken, 0, "", fmt.Sprintf("there are more than %d targets in it; the rest was passed over", mostTargets))
		all = all[:mostTargets]
	}
	byName := map[string]*target{}
	for i := range all {
		t := &all[i]
		if t.dir == "" {
			t.dir = f.dir
		}
		for _, name := range append([]string{t.name}, t.aliases...) {
			if byName[name] == nil {
				byName[name] = t
			}
		}
	}
	for _, t := range byName {
		body := t.body
		for _, need := range t.needs { // they are part of what it does
			if byName[need] != nil {
				body += "\n" + r.typed + need
			}
		}
		for _, name := range append([]string{t.name}, t.aliases...) {
			f.root.define(ref(r.kind, f.dir, name), body, t.dir)
		}
	}
	var chosen []*target
	for i := range all {
		if t := &all[i]; byName[t.name] == t && t.isService(f, r, byName) {
			chosen = append(chosen, t)
		}
	}
	for _, t := range f.bestGeneric(chosen) {
		s := f.add(t.serviceName(f), r.typed+t.name, t.line, r.key+t.name)
		s.vague = s.Name == vagueName
		for _, name := range append([]string{t.name}, t.aliases...) {
			s.ids = append(s.ids, ref(r.kind, f.dir, name))
		}
		s.ids = append(s.ids, t.also...)
	}
}

// isService judges by a target's name, and by what it does.
func (t *target) isService(f *file, r runner, byName map[string]*target) bool {
	if t.private || t.asks || shortRun().MatchString(t.name) {
		return false
	}
	known := slices.Contains(generic, t.name) || verbFirst().MatchString(t.name) || verbLast().MatchString(t.name)
	if !known && !onlyPart().MatchString(t.name) {
		return false
	}
	if strings.TrimSpace(t.body) == "" {
		return false // it only orders others, which are seen by themselves
	}
	if others := t.others(f, r, byName); len(others) > 0 {
		return false // it starts others of the file: they are the services
	}
	return t.keepsRunning(known && t.name != "run" && t.name != "up")
}

// others are the targets of the same file that one starts by its commands and
// that run on, as "make -j2 api web" does.
func (t *target) others(f *file, r runner, byName map[string]*target) []string {
	var found []string
	for _, id := range calls(t.body, t.dir) {
		rest, ok := strings.CutPrefix(string(id), r.kind+":"+f.dir+"#")
		if !ok || rest == t.name || byName[rest] == nil {
			continue
		}
		if other := byName[rest]; other.keepsRunning(false) || strings.TrimSpace(other.body) == "" {
			found = append(found, rest)
		}
	}
	return found
}

// Programs, and first words behind them, of which it is known that they end
// soon, or that they go on.
var (
	endsSoon = onDemand(`^(?:docker (?:build|push|pull|tag|exec|rm|stop|kill|cp|network|volume|image|ps|inspect|logs)|docker[- ]compose .*\b(?:build|down|stop|pull|run|exec|logs|ps|rm)\b|docker[- ]compose .*\bup\b.* (?:-d|--detach)\b|git |go (?:build|test|vet|fmt|install|generate|mod)|cargo (?:build|test|check|clippy|fmt)|rm |mkdir|cp |mv |echo|printf|curl|wget|npm (?:ci|install|test)|npm run (?:build|test|lint)|pip |test |\[ |tar |sed |kubectl|helm|terraform|psql|createdb|sleep \d+$|open |xdg-open)`)
	longRun  = onDemand(`(?i)(\bserve\b|\bserver\b|runserver|\bdev\b|--watch|\bwatch\b|--reload|--port|--host|--listen|\bair\b|\bgunicorn\b|\buvicorn\b|\bhypercorn\b|\bflask\b.* run|\bcelery\b|\bsidekiq\b|\brails s|\bpuma\b|\bunicorn\b|\bvite\b|\bnext\b|\bnuxt\b|nodemon|tsx |\bwebpack\b|\brollup\b.*-w|esbuild|tailwindcss.*-w|hugo|jekyll|mkdocs|docker run|docker[- ]compose .*\bup\b|\bredis-server\b|\bpostgres\b|\bmongod\b|mysqld|caddy|nginx|php -S|artisan|http\.server|phx\.server|bootRun|spring-boot:run|quarkus|go run|cargo run|cargo watch|\bworker\b|\bngrok\b|browser-sync|live-server|http-server|streamlit|jupyter|dagster|airflow|temporal|\bnpm (?:run )?start\b|\byarn start\b|\bpnpm start\b)`)
)

// keepsRunning judges by the last command that a target runs: what comes before
// it prepares. A target whose name says that it runs needs no second sign.
func (t *target) keepsRunning(named bool) bool {
	lines := strings.Split(strings.TrimSpace(t.body), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	for _, c := range invocations(last, t.dir) {
		line := strings.Join(c.argv, " ")
		if endsSoon().MatchString(line) {
			named = false
			continue
		}
		if longRun().MatchString(line) {
			return true
		}
	}
	return named || longRun().MatchString(last) && !endsSoon().MatchString(last)
}

// bestGeneric leaves, of the targets whose names say no more than that
// something runs, the one that a developer means most likely.
func (f *file) bestGeneric(all []*target) []*target {
	best := -1
	for _, t := range all {
		if at := slices.Index(generic, t.name); at >= 0 && (best < 0 || at < best) {
			best = at
		}
	}
	return slices.DeleteFunc(all, func(t *target) bool {
		at := slices.Index(generic, t.name)
		return at >= 0 && at != best
	})
}

// vagueName is for a service of which no more is known than that it runs; any
// other name that a file has for it is better.
const vagueName = "app"

// serviceName is what the target is about.
func (t *target) serviceName(f *file) string {
	if m := verbFirst().FindStringSubmatch(t.name); m != nil {
		return strings.NewReplacer(":", "-", ".", "-").Replace(m[1])
	}
	if m := verbLast().FindStringSubmatch(t.name); m != nil {
		return m[1]
	}
	if slices.Contains(generic, t.name) {
		if f.dir != "." {
			return f.base()
		}
		return vagueName
	}
	return t.name
}

// targetCalls are the Refs of a runner's targets that an invocation asks for.
// valued are the flags that a value follows.
func targetCalls(kind, dir string, words []string, standard string) []Ref {
	var refs []Ref
	for _, word := range words {
		if !isAssignment(word) {
			refs = append(refs, ref(kind, dir, word))
		}
	}
	if len(refs) == 0 && standard != "" {
		refs = append(refs, ref(kind, dir, standard))
	}
	return refs
}

// without are an invocation's arguments that are no flags, nor the values of
// some that have one.
func (c invocation) without(valued ...string) []string {
	var words []string
	for i := 1; i < len(c.argv); i++ {
		word := c.argv[i]
		switch {
		case slices.Contains(valued, word):
			i++
		case word == "--":
			return words
		case strings.HasPrefix(word, "-"):
		default:
			words = append(words, word)
		}
	}
	return words
}
