package discover

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestMakefileIsRead(t *testing.T) {
	t.Parallel()
	all := makeTargets("A = 1\nB := $(A)$(A)\nrun serve: build | dirs # a comment\n\t@echo $(B) $$HOME\n\t# no\nbuild:: ; cc x\n" +
		"define text\nrun: not this\nendef\nx.o: x.c\n%.a: %.b\nlong: a \\\n  b\n\tone \\\n\t two\nrun: late\n.PHONY: run\nC ::= 2\nurl = http://x:80/\n")
	var b strings.Builder
	for _, t := range all {
		b.WriteString(t.name + " <" + strings.Join(t.needs, " ") + "> " + strings.ReplaceAll(t.body, "\n", ";") + "\n")
	}
	want := "run <build dirs late> echo 11 $HOME;\nserve <build dirs> echo 11 $HOME;\nbuild <> cc x;\nx.o <x.c> \nlong <a b> one  \t two;\n"
	if b.String() != want {
		t.Errorf("read\n%swant\n%s", b.String(), want)
	}
	if all[len(all)-1].line != 12 {
		t.Errorf("long is in line %d", all[len(all)-1].line)
	}
}

func TestAServiceIsToldByNameAndByWhatItDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		service    bool
	}{
		{"dev", "./start.sh", true},
		{"run", "./start.sh", false},
		{"run", "./shop serve", true},
		{"up", "docker compose up -d", false},
		{"up", "docker compose up", true},
		{"dev-api", "air", true},
		{"run-tests", "pytest --watch", false},
		{"worker", "echo hi", false},
		{"worker", "bundle exec sidekiq", true},
		{"server", "go build -o server .", false},
		{"start", "npm ci\nnpm start", true},
		{"logs-server", "tail -f x", false},
		{"compile", "vite --watch", false},
		{"dev", "", false},
	} {
		f := &file{folder: &folder{dir: "."}}
		tg := &target{name: c.name, body: c.body, dir: "."}
		if got := tg.isService(f, runner{kind: "make"}, map[string]*target{c.name: tg}); got != c.service {
			t.Errorf("%s: %q is a service: %v", c.name, c.body, got)
		}
	}
}

func FuzzMakefile(f *testing.F) {
	f.Add("dev: build\n\t$(MAKE) run\nrun:\n\t./x serve --port 80\nA=$(A)$(A)\ndefine x\n")
	f.Add("a b: c \\\n d\n\t@x \\\n\ty\n")
	fuzzFile(f, "Makefile")
}

func FuzzJustfile(f *testing.F) {
	f.Add("set shell := ['x']\nalias d := dev\n[private]\ndev a='1' *b: (x 'y') z && w\n    @vite {{a}}\n")
	fuzzFile(f, "justfile")
}

func FuzzTaskfile(f *testing.F) {
	f.Add("includes: {a: ./a, b: {taskfile: b.yml, dir: b}}\ntasks:\n  dev: {cmds: [vite, {task: x}], deps: [y, {task: z}], watch: true, dir: w}\n  serve: vite\n")
	fuzzFile(f, "Taskfile.yml")
}

func FuzzMise(f *testing.F) {
	f.Add("[tasks]\ndev = 'vite'\n[tasks.serve]\nrun = ['a', 'b --watch']\ndepends = ['x y']\nalias = 's'\n")
	fuzzFile(f, "mise.toml")
}

func TestLinesGoOnBehindABackslash(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"a\nb": {"a", "b"}, "a\\\nb\nc\n": {"a\\\nb", "c"}, "\n\na": {"", "", "a"}, "a\r\nb\\\r\nc": {"a", "b\\\nc"}, "a\\\n": {"a"}, `a\`: {"a"}, "\\\n\\\nb": {"\\\n\\\nb"}, "": nil,
	} {
		if got := logicalLines(text); !slices.Equal(got, want) {
			t.Errorf("%q has the lines %q, not %q", text, got, want)
		}
	}
}

// A file of a few hundred kilobytes may ask for gigabytes.
func TestVariablesDoNotGrowWithoutEnd(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 1<<16)
	for name, text := range map[string]string{
		"Makefile": "A = " + large + "\ndev:\n\tnode x $(N) " + strings.Repeat("$(A)", 1<<15) + "\n",
		"justfile": "a := '" + large + "'\ndev:\n  node x " + strings.Repeat("{{a}}", 1<<15) + "\n",
	} {
		p := find(t, name, text)
		if len(p.Services) != 1 {
			t.Errorf("%s: found\n%s", name, p.TOML())
		}
	}
	vars := map[string]string{"A": "$(B)-$(B)", "B": "1"}
	if got := makeExpand("x $(A) $(NO) $$HOME", vars); got != "x 1-1 $(NO) $HOME" {
		t.Errorf("it is %q", got)
	}
}

func TestFarTooManyArePassedOver(t *testing.T) {
	t.Parallel()
	var targets, processes strings.Builder
	for i := range mostTargets + 5 {
		fmt.Fprintf(&targets, "dev-a%d:\n\tnode x%d.js\n", i, i)
		fmt.Fprintf(&processes, "a%d: ./a%d\n", i, i)
	}
	if told := notes(find(t, "Makefile", targets.String())); !strings.Contains(told, "broken: Makefile: there are more than 1000 targets in it") {
		t.Errorf("the notes are\n%s", told)
	}
	scripts := `{"scripts": {` + strings.NewReplacer(":\n\t", `": "`, "dev-", `"dev-`, "js\n", "js\",").Replace(targets.String()) + `}}`
	if told := notes(find(t, "package.json", scripts)); !strings.Contains(told, "broken: package.json: there are more than 1000 scripts in it") {
		t.Errorf("the notes are\n%s", told)
	}
	services := "services:\n" + strings.ReplaceAll(" "+strings.TrimSpace(strings.ReplaceAll(processes.String(), "\n", "\n ")), ": ./a", ": {image: x} # ")
	if told := notes(find(t, "compose.yaml", services)); !strings.Contains(told, "broken: compose.yaml services: there are more than 1000 services") {
		t.Errorf("the notes are\n%s", told)
	}
	p := find(t, "Procfile", processes.String())
	if told := notes(p); len(p.Services) != mostFound || strings.Count(told, "there are more than 1000 services") != 1 {
		t.Errorf("%d services, and the notes are\n%s", len(p.Services), told)
	}
}
