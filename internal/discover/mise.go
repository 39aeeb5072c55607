package discover

import (
	"strings"

	"prox/internal/document"
)

var miseNames = []string{"mise.toml", ".mise.toml"}

// mise reads the tasks of a mise.toml.
func mise(f *file) {
	if f.name == ".mise.toml" && f.has("mise.toml") {
		return // the same settings, told twice
	}
	var all []target
	for _, field := range f.tree(document.TOML).Get("tasks").Each() {
		t := target{name: field.Key, line: field.Line}
		v := field.Value
		run := v
		if v.IsTable() {
			run = v.Get("run")
			t.private = saysYes(v.Get("hide"))
			t.asks = strings.Contains(v.Get("usage").Scalar(), "arg \"<")
			t.aliases = v.First("alias", "aliases").Scalars()
			t.needs = miseNeeds(v.Get("depends"))
			if dir := v.Get("dir").Scalar(); dir != "" && !strings.Contains(dir, "{{") {
				t.dir = join(f.dir, dir)
			}
			if file := v.Get("file").Scalar(); file != "" && run == nil {
				t.body = file + "\n"
			}
		}
		for _, line := range run.Scalars() {
			t.body += strings.TrimSpace(line) + "\n"
		}
		all = append(all, t)
	}
	f.addTargets(runner{kind: "mise", typed: "mise run ", key: "tasks."}, all)
}

// miseNeeds are names of tasks; arguments may follow them.
func miseNeeds(n *document.Node) []string {
	var names []string
	for _, text := range n.Scalars() {
		if words := strings.Fields(text); len(words) > 0 {
			names = append(names, words[0])
		}
	}
	return names
}

func miseCalls(c invocation) []Ref {
	if c.program() != "mise" || len(c.argv) < 3 || c.argv[1] != "run" && c.argv[1] != "r" {
		return nil
	}
	words := c.without("-C", "--cd", "-j", "--jobs")[1:]
	if len(words) > 1 {
		words = words[:1]
	}
	return targetCalls("mise", c.dir, words, "")
}
