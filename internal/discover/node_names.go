package discover

import (
	"path"
	"slices"
	"strings"
)

// partsOfScriptName are words of a script's name that say that it runs, and
// not what.
var partsOfScriptName = []string{"dev", "develop", "development", "start", "serve", "watch", "run", "local", "build", "up", "nodemon", "live", "hot"}

// scriptWords are the words of a script's name that say what it runs: "api" of
// "dev:api", "css" of "watch-css".
func scriptWords(script string) string {
	words := strings.FieldsFunc(script, func(r rune) bool { return r == ':' || r == '-' || r == '.' || r == '/' || r == '_' || r == ' ' })
	words = slices.DeleteFunc(words, func(word string) bool { return slices.Contains(partsOfScriptName, strings.ToLower(word)) })
	return strings.ToLower(strings.Join(words, "-"))
}

// packageName is the name for what a package's main script runs. A member of a
// workspace has a name of its own, a folder below has its folder's; the root's
// says more by what it is than by its name, which is the project's.
func (r *root) packageName(p *nodePackage, run nodeRun) (best string, others []string) {
	base := path.Base(p.dir)
	if p.dir == "." {
		names := []string{r.roleName(run), p.shortName(), "app"}
		names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
		return names[0], names[1:]
	}
	if w := r.spaceOf(p.dir); w != nil && w.has[p.dir] && p.shortName() != "" {
		return p.shortName(), []string{base, strings.ReplaceAll(p.dir, "/", "-")}
	}
	return base, []string{strings.ReplaceAll(p.dir, "/", "-"), p.shortName()}
}

// nameRun is the name of a service, and others in case that is taken.
func (r *root) nameRun(run nodeRun) (best string, others []string) {
	words := ""
	if run.script != "" {
		words = scriptWords(run.script)
	}
	own, more := r.packageName(run.pkg, run)
	if run.script == "" && run.pkg.dir != "." || run.name != "" && run.pkg.dir != "." && run.from != nil && run.from.pkg == run.pkg {
		// A part of what a package below runs.
		part, _ := r.namePart(run)
		if part == own || run.name == "" && part == "" {
			return own, more
		}
		return own + "-" + part, append([]string{part}, more...)
	}
	switch {
	case run.script == "watch" && r.mainScript(run.pkg) != "watch" && run.name == "":
		if run.pkg.dir == "." {
			return "watch", []string{own + "-watch"}
		}
		return own + "-watch", more
	case run.name != "" && scriptWords(run.name) != "":
		return run.name, append([]string{words, own}, more...)
	case run.script != "" && words != "" && run.pkg.dir == ".":
		return words, append([]string{words + "-dev", own}, more...)
	case run.script != "" && words != "":
		return own + "-" + words, more
	case run.script != "":
		return own, append(more, strings.ReplaceAll(run.script, ":", "-"))
	}
	name, ok := r.namePart(run)
	if ok {
		return name, append([]string{own}, more...)
	}
	return own, more
}

// namePart is the name for a command that stands in a script: the one it is
// given there, or what it is, or its program's.
func (r *root) namePart(run nodeRun) (string, bool) {
	if run.name != "" {
		return run.name, true
	}
	if name := r.roleName(run); name != "" {
		return name, true
	}
	for _, c := range r.mains(run) {
		if name := c.program(); name != "" && !strings.ContainsAny(name, "$") {
			return strings.TrimSuffix(name, path.Ext(name)), true
		}
	}
	return "", false
}

var (
	// variant is a word of a script's name that says it is another way to run
	// what a plainer script runs.
	variant = onDemand(`(?i)^(debug|inspect|brk|https?|ssl|host|prod|production|staging|stage|test|tests|testing|e2e|ci|mock|mocks?|msw|local|remote|docker|compose|turbo|turbopack|webpack|legacy|fast|verbose|clean|fresh|reset|force|only|all|full|quick|network|lan|expose|open|ios|android|windows|mac|linux|chrome|firefox|bun|node|deno|vite|next|swc|experimental|rspack|profile|analyze|tunnel|preview|setup|install|prepare|init|seed|migrate|db|build|lint|format|check|typecheck|types|coverage|unit|once|info|help|silent|alpha|beta|next|canary|v\d+|\d+|hmr|ssr|csr|spa|pwa|demo|example|examples|playground|stop|down|logs|kill|deploy|release|publish|update|upgrade|single|no.*|with.*|without.*)$`)
	// workerWord is the name of something that works beside the app.
	workerWord = onDemand(`(?i)^(workers?|queues?|jobs?|scheduler|cron|consumers?|sidekiq|bots?|indexer|listener|relay|cronjobs?|temporal|inngest|trigger|sockets?|ws|websockets?|stripe|convex)$`)
	// partWord is the name of something that a project is often made of.
	partWord = onDemand(`(?i)^(api|apis|server|backend|back|web|website|www|client|frontend|front|ui|app|admin|dashboard|site|graphql|gateway|proxy|auth|mailer?|emails?|functions?|storefront|portal|mobile|expo|native|desktop|electron|docs?|cms|studio|renderer|main|services?|realtime|edge)$`)
	// bookWord is the name of what shows components one by one.
	bookWord = onDemand(`(?i)^(storybook|ladle|histoire|sb)$`)
	// styleWord is the name of what is made of style sheets.
	styleWord = onDemand(`(?i)^(css|styles?|scss|sass|less|tailwind|tw|postcss|assets|js|ts|scripts?)$`)
)
