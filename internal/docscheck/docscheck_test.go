// Package docscheck holds no code: its tests keep the documentation true. Every
// config in it is one that prox takes, every command of prox that it names
// exists, and every link within the repository leads somewhere.
//
// A ```toml block is a whole prox.toml, unless its fence says otherwise:
//
//	```toml fragment    what stands below a service's table, or beside services
//	```toml pitchfork   another program's file; it only has to be TOML
package docscheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/BurntSushi/toml"

	"prox/config"
)

const root = "../.."

// page is a document; its path is relative to the repository.
type page struct {
	path   string
	lines  []string
	blocks []block
}

// block is what stands between two fences.
type block struct {
	line int
	info []string // the words behind the fence
	text string
}

// pages are all documents of the repository that people read.
func pages(t *testing.T) []page {
	t.Helper()
	var all []page
	add := func(path string) {
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, read(path, string(b)))
	}
	for _, pattern := range []string{"*.md", "examples/*/README.md", "internal/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			add(filepath.ToSlash(rel))
		}
	}
	err := fs.WalkDir(os.DirFS(root), "docs", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			add(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// read takes a document apart: its blocks, and what stands outside them. The
// lines of blocks are empty in lines, so that numbers stay right.
func read(path, text string) page {
	p := page{path: path}
	var open *block
	for k, line := range strings.Split(text, "\n") {
		info, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open == nil:
			open = &block{line: k + 1, info: strings.Fields(info)}
		case fence:
			p.blocks = append(p.blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
		if fence || open != nil {
			line = ""
		}
		p.lines = append(p.lines, line)
	}
	return p
}

func TestEveryConfigIsTaken(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if len(b.info) == 0 || b.info[0] != "toml" {
				continue
			}
			checked++
			if err := accepts(t, b); err != nil {
				t.Errorf("%s:%d: %v", p.path, b.line, err)
			}
		}
	}
	if checked == 0 {
		t.Error("no document shows a config")
	}
}

// accepts reads a block as what its fence says it is.
func accepts(t *testing.T, b block) error {
	t.Helper()
	switch {
	case len(b.info) == 1:
		return parse(t, b.text)
	case b.info[1] != "fragment":
		return toml.Unmarshal([]byte(b.text), new(any))
	}
	below := parse(t, "[services.some]\ncommand = \"true\"\n"+b.text)
	if below == nil {
		return nil
	}
	if parse(t, b.text+"\n[services.some]\ncommand = \"true\"\n") == nil {
		return nil
	}
	return below
}

var folder = regexp.MustCompile(`(?m)\bdir\s*=\s*"([^"]+)"`)

// parse reads a text as the prox.toml of a folder that has what it names.
func parse(t *testing.T, text string) error {
	t.Helper()
	dir := t.TempDir()
	for _, m := range folder.FindAllStringSubmatch(text, -1) {
		if err := os.MkdirAll(filepath.Join(dir, m[1]), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, err := config.Parse(filepath.Join(dir, "prox.toml"), []byte(text), config.Options{Given: config.Given{Shell: []string{"PATH=/bin", "HOME=/home/ann"}}})
	return err
}

var (
	span = regexp.MustCompile("`([^`]+)`")
	// Where a shell would look for one: elsewhere prox is only spoken of.
	command = regexp.MustCompile(`(?:^\s*(?:[$#] )?|[;&|(]\s*|\b(?:sudo|exec|then|do|&&) )prox (?:-[cC] \S+ )?([a-z][a-z-]*)`)
)

func TestEveryCommandExists(t *testing.T) {
	t.Parallel()
	known := append(commands(t), "startt") // which is shown as a mistake
	checked := 0
	for _, p := range pages(t) {
		for line, typed := range p.typed() {
			for _, m := range command.FindAllStringSubmatch(typed, -1) {
				checked++
				if !slices.Contains(known, m[1]) {
					t.Errorf("%s:%d: there is no command prox %s", p.path, line, m[1])
				}
			}
		}
	}
	if checked == 0 {
		t.Error("no document names a command")
	}
}

// typed is what stands as code in a document, by line: between backquotes, and
// the blocks of what a shell reads, without their comments.
func (p page) typed() map[int]string {
	out := map[int]string{}
	for k, line := range p.lines {
		code, indented := strings.CutPrefix(line, "    ")
		if indented {
			out[k+1], _, _ = strings.Cut(code, " #")
			continue
		}
		for _, m := range span.FindAllStringSubmatch(line, -1) {
			out[k+1] += m[1] + "\n"
		}
	}
	for _, b := range p.blocks {
		if len(b.info) > 0 && !slices.Contains([]string{"sh", "shell", "bash", "console"}, b.info[0]) {
			continue
		}
		for k, line := range strings.Split(b.text, "\n") {
			out[b.line+1+k], _, _ = strings.Cut(" "+line, " #")
		}
	}
	return out
}

// commands are what prox can be told, read from the model of its command line.
func commands(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(root + "/internal/cli/*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"help", "controller", "shim"} // the last two prox runs itself
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == "commands" {
				names = append(names, fields(t, spec.Type.(*ast.StructType))...)
			}
			return true
		})
	}
	if len(names) < 10 {
		t.Fatalf("cannot find the commands: only %v", names)
	}
	return names
}

// fields are the names that a struct's fields have on the command line.
func fields(t *testing.T, s *ast.StructType) []string {
	t.Helper()
	var names []string
	for _, f := range s.Fields.List {
		if f.Tag == nil || len(f.Names) == 0 {
			continue
		}
		text, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		tag := reflect.StructTag(text)
		if _, ok := tag.Lookup("cmd"); !ok {
			continue
		}
		name := tag.Get("name")
		if name == "" {
			name = strings.ToLower(f.Names[0].Name)
		}
		names = append(names, name)
		names = append(names, strings.FieldsFunc(tag.Get("aliases"), func(r rune) bool { return r == ',' })...)
	}
	return names
}

var (
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mention   = regexp.MustCompile(`\[\^([^\]]+)\]`)
	mentioned = regexp.MustCompile(`^\[\^([^\]]+)\]:`)
)

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	all := pages(t)
	anchors := map[string][]string{}
	for _, p := range all {
		anchors[p.path] = p.anchors()
	}
	for _, p := range all {
		for k, line := range p.lines {
			for _, m := range link.FindAllStringSubmatch(span.ReplaceAllString(line, ""), -1) {
				if strings.Contains(m[1], ":") {
					continue // another site
				}
				file, anchor, _ := strings.Cut(m[1], "#")
				target := p.path
				if file != "" {
					target = filepath.ToSlash(filepath.Join(filepath.Dir(p.path), file))
				}
				if _, err := os.Stat(filepath.Join(root, target)); err != nil {
					t.Errorf("%s:%d: there is no %s", p.path, k+1, target)
				} else if known, ok := anchors[target]; ok && anchor != "" && !slices.Contains(known, anchor) {
					t.Errorf("%s:%d: %s has no heading #%s", p.path, k+1, target, anchor)
				}
			}
		}
	}
}

// anchors are the headings as links name them.
func (p page) anchors() []string {
	var names []string
	for _, line := range p.lines {
		title := strings.TrimLeft(line, "#")
		if title == line || !strings.HasPrefix(title, " ") {
			continue
		}
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title)))
	}
	return names
}

func TestEveryFootnoteIsThereAndUsed(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		notes, uses := map[string]int{}, map[string]int{}
		for k, line := range p.lines {
			line = span.ReplaceAllString(line, "")
			if m := mentioned.FindStringSubmatch(line); m != nil {
				notes[m[1]] = k + 1
				line = line[len(m[0]):]
			}
			for _, m := range mention.FindAllStringSubmatch(line, -1) {
				uses[m[1]] = k + 1
			}
		}
		for name, line := range uses {
			if notes[name] == 0 {
				t.Errorf("%s:%d: there is no footnote [^%s]", p.path, line, name)
			}
		}
		for name, line := range notes {
			if uses[name] == 0 {
				t.Errorf("%s:%d: nothing refers to [^%s]", p.path, line, name)
			}
		}
	}
}

// What the checks find is seen in documents that are wrong.
func TestTheChecksFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := read("docs/x.md", "# A `title`, here\n`prox foo` and prox bar\n\n    prox baz # prox qux\n\n```sh\nprox one # prox two\n```\n```json\nprox three\n```\n")
	var found []string
	for _, line := range []int{2, 4, 7, 10} {
		for _, m := range command.FindAllStringSubmatch(p.typed()[line], -1) {
			found = append(found, m[1])
		}
	}
	if want := []string{"foo", "baz", "one"}; !slices.Equal(found, want) {
		t.Errorf("found the commands %v, want %v", found, want)
	}
	if got := p.anchors(); !slices.Equal(got, []string{"a-title-here"}) {
		t.Errorf("anchors %v", got)
	}
	for _, tc := range []struct {
		info, text string
		good       bool
	}{
		{"toml", "[services.a]\ncommand = \"x\"\ndir = \"web\"\n", true},
		{"toml", "[services.a]\ncomand = \"x\"\n", false},
		{"toml", "port = 1\n", false},
		{"toml fragment", "port = 1\n", true},
		{"toml fragment", "[tmux]\nserver = \"private\"\n", true},
		{"toml fragment", "prot = 1\n", false},
		{"toml pitchfork", "prot = 1\n", true},
		{"toml pitchfork", "prot = \n", false},
	} {
		if err := accepts(t, block{info: strings.Fields(tc.info), text: tc.text}); (err == nil) != tc.good {
			t.Errorf("%s %q: %v", tc.info, tc.text, err)
		}
	}
}
