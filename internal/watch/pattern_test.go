package watch

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		watch, ignore string
		yes, no       string // files
		in, out       string // folders
	}{
		{"**", "", "a a/b .a", "", "a a/b", ""},
		{".", "", "a a/b", "", "a", ""},
		{"*.go", "", "a.go", "a/a.go a.txt", "", "a"},
		{"./src//**/*.go", "", "src/a.go src/b/a.go", "a.go src/a", "src src/b src/b/c", "a b/src"},
		{"src", "", "src src/a src/b/c", "srca", "src src/b", "srca"},
		{"src/", "", "src/a src/b/c", "srca", "src src/b", "srca"},
		{"src/*/x.go", "", "src/a/x.go", "src/x.go src/a/b/x.go", "src src/a", "src/a/b"},
		{"{a/b,c}/*.go", "", "a/b/x.go c/x.go", "a/x.go b/x.go", "a a/b c", ""},
		{"*.{js,ts}", "", "a.js a.ts", "a.go", "", "a"},
		{"{a,b}/[cd]/?.go", "", "a/c/x.go b/d/y.go", "c/c/x.go a/e/x.go", "a b/d", "c a/e a/c/d"},
		{`a\*/b.go`, "", "a*/b.go", "ab/b.go", "a*", "ab"},
		{"**/*.go", "gen **/*_test.go tmp/", "a.go b/gen/a.go", "gen/a.go a_test.go b/a_test.go tmp/b/x.go", "a b/gen", "gen tmp"},
		{"**/*.go", ".", "", "a.go", "", "a"},
	} {
		ps, err := parse([]string{c.watch}, strings.Fields(c.ignore))
		if err != nil {
			t.Errorf("%s: %v", c.watch, err)
			continue
		}
		// A folder is asked about only if those above it were let in.
		in := func(rel string) bool {
			for i := range len(rel) + 1 {
				if (i == len(rel) || rel[i] == '/') && !ps.folder(rel[:i], 0) {
					return false
				}
			}
			return true
		}
		file := func(rel string) bool {
			dir := filepath.Dir(rel)
			return ps.file(rel, 0) && (dir == "." || in(dir))
		}
		for want, list := range map[bool][2]string{true: {c.yes, c.in}, false: {c.no, c.out}} {
			for _, rel := range strings.Fields(list[0]) {
				if file(rel) != want {
					t.Errorf("%s without %q: the file %s: %v, want %v", c.watch, c.ignore, rel, !want, want)
				}
			}
			for _, rel := range strings.Fields(list[1]) {
				if in(rel) != want {
					t.Errorf("%s without %q: the folder %s: %v, want %v", c.watch, c.ignore, rel, !want, want)
				}
			}
		}
	}
}

func TestBadPatternsAreNamed(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"":            "is empty",
		"/etc/*":      "is absolute",
		"../x":        "leaves the watched folder",
		"a/../b":      "leaves the watched folder",
		"a/[b":        "is malformed",
		"{a,b":        "is malformed",
		`a\`:          "is malformed",
		"a/[]/b":      "is malformed",
		`a/\/./`:      "is malformed",
		"src/**/{a,}": "",
	} {
		for _, lists := range [][2][]string{{{pattern}, nil}, {{"**"}, {pattern}}} {
			_, err := parse(lists[0], lists[1])
			switch {
			case want == "" && err != nil:
				t.Errorf("%q: %v", pattern, err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), strconv.Quote(pattern))):
				t.Errorf("%q: %v, want the pattern and %q", pattern, err, want)
			}
		}
	}
}

// A pattern either is refused by its name, or lets in every folder on the way
// to each file that it matches.
func FuzzPatterns(f *testing.F) {
	for _, p := range []string{
		"**", "*.go", "src/**/*.go", "src/", "./a//b", "{a,b}/*.go", "{a/b,c/**}/d", "a/{b,c/{d,e}}/f", "[a-c]/x", "[a/b]/c", `a\/b/c`, `\*`,
		"a/**", "**/a/**", "a**b/c", "{**,a}/b", "{,a/}b", "a/[!b]/c", "/a", "../a", "a/..", "{a", "[", `a\`, "é/**/ü",
	} {
		for _, rel := range []string{"a/b/c", "src/a/b.go", "a"} {
			f.Add(p, rel)
		}
	}
	f.Fuzz(func(t *testing.T, p, rel string) {
		if len(p) > 60 || len(rel) > 60 {
			return // what takes long to match is no news
		}
		ps, err := parse([]string{p}, nil)
		if err != nil {
			if !strings.Contains(err.Error(), strconv.Quote(p)) {
				t.Fatalf("the error does not name %q: %v", p, err)
			}
			return
		}
		if rel == "" || strings.Contains(rel, "//") || strings.HasPrefix(rel, "/") || strings.HasSuffix(rel, "/") || !ps.file(rel, 0) {
			return
		}
		for i := range rel {
			if rel[i] == '/' && !ps.folder(rel[:i], 0) {
				t.Fatalf("%q matches %q, but does not let in %q", p, rel, rel[:i])
			}
		}
	})
}

// git is asked about each path, and must say the same. (Only of letters beyond
// ASCII in brackets it does not: it counts their bytes.)
func TestRulesAreThoseOfGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	for _, text := range []string{
		"*.o", "/a", "a/", "a/b", "**/b", "a/**", "a/**/d", "a/*\n!a/b", "a/**\n!a/b", "*\n!*/\n!*.go", "!a", "a\n!a/b", "# a", `\#x`, `\!x`, "{a,b}", "a{b}",
		"[ab]", "[!a]", "[^a]*", "a?", "  ", "b  ", `b\ `, "b.go \r\n", "a*/", "**", "/**", "a**b", `\a`, "[", "a/b/", "/*\n!/a", "d\nd.go\n!d.go", "!d.go\nd.go", "a//b", "/", "*.go\n!/a/*.go", "-", "a/*/d",
	} {
		dir := t.TempDir()
		files := []string{"a/b/c/d.go", "a/b/d", "a/d.go", "a/x.o", "b.go", "b/a/d", "b /x", "ab", "aXb", "{a,b}", "a{b}", "#x", "!x", "x/y.o", "-", "x/a/b/y", "[", "d.go"}
		lay(t, dir, files...)
		if err := os.WriteFile(filepath.Join(dir, gitignore), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		run := func(stdin string, args ...string) string {
			cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
			cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
			cmd.Stdin = strings.NewReader(stdin)
			out, _ := cmd.Output() // check-ignore fails if nothing is ignored
			return string(out)
		}
		run("", "init", "-q")
		ignored := strings.Split(run(strings.Join(files, "\x00"), "check-ignore", "--no-index", "-z", "--stdin"), "\x00")
		rules := readRules(filepath.Join(dir, gitignore), dir, nil)
		for _, file := range files {
			is := rules.ignore(filepath.Join(dir, file), false)
			for i := range file {
				is = is || file[i] == '/' && rules.ignore(filepath.Join(dir, file[:i]), true)
			}
			if want := slices.Contains(ignored, file); is != want {
				t.Errorf("%q: %s is ignored: %v, git says %v", text, file, is, want)
			}
		}
	}
}

func FuzzRules(f *testing.F) {
	for _, s := range []string{"*.o", "!a/", `\#x`, "{a,b}", "a/**/b", "[!a]", `a\`, "  ", "/"} {
		f.Add(s, "a/b.o")
	}
	f.Fuzz(func(t *testing.T, line, rel string) {
		if len(line) > 60 || len(rel) > 60 {
			return
		}
		r, ok := parseRule(line)
		if !ok {
			return
		}
		if !doublestar.ValidatePattern(r.pattern) {
			t.Fatalf("%q became %q", line, r.pattern)
		}
		rules := &rules{dir: "/r", list: []rule{r}}
		rules.ignore("/r/"+rel, true)
	})
}
