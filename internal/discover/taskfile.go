package discover

import (
	"path"
	"strings"

	"prox/internal/document"
)

var taskfileNames = []string{"Taskfile.yml", "taskfile.yml", "Taskfile.yaml", "taskfile.yaml", "Taskfile.dist.yml", "taskfile.dist.yml", "Taskfile.dist.yaml", "taskfile.dist.yaml"}

// taskfile reads the tasks of go-task, and of the Taskfiles that it includes.
func taskfile(f *file) {
	for _, better := range taskfileNames {
		if better == f.name {
			break
		}
		if f.has(better) {
			return // task reads the first only
		}
	}
	doc := f.tree(document.YAML)
	all := taskTargets(doc, "", f.dir, f.dir)
	for _, include := range doc.Get("includes").Each() {
		to := include.Value.Scalar()
		dir := ""
		if to == "" {
			to, dir = include.Value.Get("taskfile").Scalar(), include.Value.Get("dir").Scalar()
		}
		if to == "" || strings.ContainsAny(to, "{:") || path.IsAbs(to) {
			continue // another machine's, or one that only task can tell
		}
		name := path.Clean(to)
		if document.FormatOf(name) != document.YAML {
			name = path.Join(name, "Taskfile.yml")
		}
		runs := f.dir
		if dir != "" {
			runs = join(f.dir, dir)
		}
		for _, t := range taskTargets(f.folder.tree(name), include.Key+":", f.dir, runs) {
			t.line = include.Line
			// The included file is found by itself too.
			t.also = append(t.also, ref("task", join(f.dir, path.Dir(name)), strings.TrimPrefix(t.name, include.Key+":")))
			t.private = t.private || saysYes(include.Value.Get("internal"))
			all = append(all, t)
		}
	}
	f.addTargets(runner{kind: "task", typed: "task ", key: "tasks."}, all)
}

func saysYes(n *document.Node) bool { truth, _ := n.Truth(); return truth }

// taskTargets are the tasks of one document. Those of an included one have its
// name in front.
func taskTargets(doc *document.Node, prefix, base, dir string) []target {
	var all []target
	for _, field := range doc.Get("tasks").Each() {
		t := target{name: prefix + field.Key, line: field.Line, dir: dir}
		v := field.Value
		commands := v.First("cmds", "cmd")
		if !v.IsTable() {
			commands = v
		}
		t.private = saysYes(v.Get("internal"))
		t.asks = v.Has("requires") || strings.Contains(field.Key, "*")
		if to := v.Get("dir").Scalar(); to != "" && !strings.Contains(to, "{{") {
			t.dir = join(base, to)
		}
		for _, alias := range v.Get("aliases").Scalars() {
			t.aliases = append(t.aliases, prefix+alias)
		}
		for _, need := range v.Get("deps").Elements() {
			if name := strings.TrimPrefix(orElse(need.Get("task").Scalar(), need.Scalar()), ":"); name != "" {
				t.needs = append(t.needs, prefix+name)
			}
		}
		t.body = taskBody(commands, prefix)
		if saysYes(v.Get("watch")) {
			t.body += "task --watch\n" // it goes on, and does so by itself
		}
		all = append(all, t)
	}
	return all
}

func taskBody(commands *document.Node, prefix string) string {
	if commands.IsText() {
		return strings.TrimSpace(commands.Scalar()) + "\n"
	}
	var b strings.Builder
	for _, c := range commands.Elements() {
		switch {
		case c.IsText():
			b.WriteString(strings.TrimSpace(c.Scalar()) + "\n")
		case c.Get("task").IsText():
			b.WriteString("task " + prefix + strings.TrimPrefix(c.Get("task").Scalar(), ":") + "\n")
		case c.Get("cmd").IsText():
			b.WriteString(strings.TrimSpace(c.Get("cmd").Scalar()) + "\n")
		}
	}
	return b.String()
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func taskCalls(c invocation) []Ref {
	if p := c.program(); p != "task" && p != "go-task" {
		return nil
	}
	dir := c.dir
	if to := c.flag("-d", "--dir"); to != "" {
		dir = join(dir, to)
	}
	return targetCalls("task", dir, c.without("-d", "--dir", "-t", "--taskfile", "-C", "--concurrency", "-o", "--output", "-I", "--interval"), "default")
}
