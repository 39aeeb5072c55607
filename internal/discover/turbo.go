package discover

import (
	"slices"
	"strings"

	"prox/config"
	"prox/internal/document"
)

// turboValued are turbo's flags that take the next word.
var turboValued = []string{
	"--filter", "-F", "--scope", "--ignore", "--concurrency", "--log-order", "--log-prefix", "--output-logs", "--ui", "--env-mode",
	"--cache-dir", "--cwd", "--team", "--token", "--api", "--cache", "--verbosity", "--cache-workers", "--global-deps", "--since",
}

// turboCalls reads "turbo run dev --filter=web".
func turboCalls(c invocation) []scriptCall {
	var tasks []string
	all := scriptCall{dir: c.dir, many: true}
	for words := c.argv[1:]; len(words) > 0; {
		word := words[0]
		words = words[1:]
		if word == "--" {
			all.args = words
			break
		}
		if !strings.HasPrefix(word, "-") {
			tasks = append(tasks, word)
			continue
		}
		name, value, given := strings.Cut(word, "=")
		if !given && slices.Contains(turboValued, name) && len(words) > 0 {
			value, words = words[0], words[1:]
		}
		switch name {
		case "--filter", "-F", "--scope":
			all.filters = append(all.filters, value)
		case "--ignore":
			all.without = append(all.without, value)
		case "--cwd":
			all.dir = join(all.dir, value)
		}
	}
	if len(tasks) > 0 && (tasks[0] == "run" || tasks[0] == "watch") {
		tasks = tasks[1:]
	}
	var calls []scriptCall
	for _, task := range tasks {
		call := all
		call.script = task
		if name, script, ok := strings.Cut(task, "#"); ok {
			call.script, call.filters = script, []string{name}
		}
		calls = append(calls, one(call, true)...)
	}
	return calls
}

// turboTasks is what turbo.json says about tasks.
func (r *root) turboTasks(w *nodeWorkspace) *document.Node {
	for _, file := range []string{"turbo.json", "turbo.jsonc"} {
		if data, ok := r.readQuietly(join(w.dir, file)); ok {
			return r.tree(join(w.dir, file), document.JSON, data).First("tasks", "pipeline") // before turbo 2
		}
	}
	return nil
}

// turboBefore adds the tasks that turbo.json orders before what the runs are,
// as turbo itself would do them: "^build" is the build of all that a package
// depends on.
func (r *root) turboBefore(w *nodeWorkspace, pl *plan, by *nodeFrom) {
	tasks := r.turboTasks(w)
	if tasks == nil {
		return
	}
	var order []string
	filters := map[string][]string{}
	known := map[[2]string]bool{}
	add := func(task, filter string) {
		if filters[task] == nil {
			order = append(order, task)
		}
		if !known[[2]string{task, filter}] {
			known[[2]string{task, filter}] = true
			filters[task] = append(filters[task], filter)
		}
	}
	for _, run := range pl.runs {
		if run.script == "" {
			continue
		}
		settings := tasks.First(run.pkg.fullName()+"#"+run.script, run.script)
		for _, on := range settings.Get("dependsOn").Elements() {
			task, ofOthers := strings.CutPrefix(on.Scalar(), "^")
			name, other, named := strings.Cut(task, "#")
			switch {
			case task == "" || strings.HasPrefix(task, "$"):
				continue
			case ofOthers:
				if !slices.ContainsFunc(r.needed(w, run.pkg.dir), func(dir string) bool { return r.nodePackage(dir).hasScript(task) }) {
					continue
				}
				add(task, "--filter="+shellWord(run.pkg.fullName()+"^..."))
			case named && name == "//":
				add(task, "")
			case named:
				add(other, "--filter="+shellWord(name))
			case run.pkg.hasScript(task):
				add(task, "--filter="+shellWord(run.pkg.fullName()))
			default:
				continue
			}
		}
	}
	const most = 12 // filters that a person would still read
	for _, task := range order {
		command := r.managerOf(w.dir).execs() + "turbo run " + shellWord(task)
		if len(filters[task]) <= most {
			command = strings.TrimSpace(command + " " + strings.Join(filters[task], " "))
		}
		pl.before = append(pl.before, nodeRun{
			pkg: r.nodePackage(w.dir), command: command, dir: w.dir, name: strings.Trim(strings.ReplaceAll(task, "//#", ""), "^"), from: by, typed: true,
			remark: "turbo.json has it run before", condition: config.Completed,
		})
	}
}
