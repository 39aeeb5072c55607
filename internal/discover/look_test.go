package discover

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLinksLeadNowhereElse(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	write(t, filepath.Join(outside, "Procfile"), []byte("secret: cat /etc/passwd\n"))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "real"), []byte("web: ./server\n"))
	for _, l := range [][2]string{
		{filepath.Join(outside, "Procfile"), "Procfile"}, // out of the folder
		{"real", "Procfile.dev"},
		{".", "loop"},
		{"Makefile", "Makefile"}, // to itself
		{outside, "packages"},
	} {
		if err := os.Symlink(l[0], filepath.Join(dir, l[1])); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Look(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Services) != 1 || p.Services[0].Name != "web" || p.Services[0].From.File != "Procfile.dev" {
		t.Errorf("found %s", p.TOML())
	}
	if got := notes(p); !strings.Contains(got, "broken: Procfile: passed over: the link leads nowhere in this folder") {
		t.Errorf("the notes are\n%s", got)
	}
}

func TestWhatIsNoFileIsNotOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "Procfile"), 0o600); err != nil {
		t.Skipf("cannot make a FIFO: %v", err)
	}
	write(t, filepath.Join(dir, "Procfile.dev"), []byte("web: ./server\nhuge: "+strings.Repeat("x", mostBytes)))
	write(t, filepath.Join(dir, "Procfile.local"), []byte("web: \x00\x01"))
	p, err := Look(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Procfile: passed over: it is not a file", "Procfile.dev: passed over: it is larger than 1 MiB", "Procfile.local: passed over: it is not a text"} {
		if !strings.Contains(notes(p), want) {
			t.Errorf("not told: %s\n%s", want, notes(p))
		}
	}
}

func TestAFolderThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := Look(t.Context(), filepath.Join(t.TempDir(), "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the error is %v", err)
	}
}

func TestLookEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("it is late"))
	if _, err := Look(ctx, t.TempDir()); err == nil || !strings.Contains(err.Error(), "it is late") {
		t.Errorf("the error is %v", err)
	}
}

func TestNamesAreValidAndTheirOwn(t *testing.T) {
	t.Parallel()
	p := find(t, "Procfile", "web: a\nWEB: b\n_x: c\n", "backend/Procfile", "web: d\n")
	var names []string
	for _, s := range p.Services {
		names = append(names, s.Name)
	}
	if got := fmt.Sprint(names); got != "[web WEB-2 x backend-web]" {
		t.Errorf("the names are %s", got)
	}
}

func TestAProjectOfItsOwnIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := find(t, "Procfile", "web: a\n", "other/prox.toml", "", "other/Procfile", "b: b\n", "node_modules/x/Procfile", "c: c\n", "examples/Procfile", "d: d\n")
	if len(p.Services) != 1 {
		t.Errorf("found\n%s", p.TOML())
	}
}

func TestWorkspacePatterns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"packages/a", "packages/b/deep", "packages/node_modules/x", "apps/web", "apps/old", "lone"} {
		write(t, filepath.Join(dir, name, "x"), nil)
	}
	r, err := newRoot(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.inside.Close()
	for _, c := range []struct{ patterns, want string }{
		{"packages/*", "packages/a packages/b"},
		{"packages/** !packages/b/**", "packages packages/a"},
		{"apps/* ./lone/ !apps/old", "apps/web lone"},
		{"gone/* ../up [", ""},
	} {
		if got := strings.Join(r.workspaces(".", strings.Fields(c.patterns)), " "); got != c.want {
			t.Errorf("%s means %q, not %q", c.patterns, got, c.want)
		}
	}
}

func FuzzProcfile(f *testing.F) {
	f.Add("web: ./server\n# a comment\nrelease: x\nno line\n")
	fuzzFile(f, "Procfile")
}

// fuzzFile looks at a folder with one file of random content: nothing may
// panic or take long, and what comes out must be what prox reads.
func fuzzFile(f *testing.F, name string) {
	f.Helper()
	f.Fuzz(func(t *testing.T, content string) {
		p := find(t, name, content)
		for _, n := range p.Notes {
			if n.File == "prox.toml" {
				t.Errorf("what was made of it is no config: %s\n%s", n, p.TOML())
			}
		}
	})
}

// What a project names outside of its folder, or reaches by a link that leads
// out of it, is not read, whoever names it.
func TestOnlyTheFolderIsRead(t *testing.T) {
	t.Parallel()
	beside := "it is outside of this folder, or a link leads to it"
	for _, c := range []struct{ name, file, content, link string }{
		{"maven", "pom.xml", "<project><modules><module>../out</module></modules></project>", ""},
		{"go.work", "go.work", "go 1.22\nuse ../out\n", ""},
		{"gowork block", "go.work", "go 1.22\nuse (\n\t./in\n\t../out // shared\n)\n", ""},
		{"npm", "package.json", `{"workspaces": ["packages/*"]}`, "packages"},
		{"npm, one", "package.json", `{"workspaces": ["packages/out"]}`, "packages"},
		{"npm, all", "package.json", `{"workspaces": ["packages/**"]}`, "packages"},
		{"cargo", "Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n", "crates"},
		{"maven, by a link", "pom.xml", "<project><modules><module>m/out</module></modules></project>", "m"},
	} {
		parent := t.TempDir()
		write(t, filepath.Join(parent, "out/Procfile"), []byte("secret: ./secret\n"))
		write(t, filepath.Join(parent, "out/package.json"), []byte(`{"scripts": {"dev": "secret"}}`))
		write(t, filepath.Join(parent, "dir/in/Procfile"), []byte("web: ./web\n"))
		write(t, filepath.Join(parent, "dir", c.file), []byte(c.content))
		if c.link != "" {
			if err := os.Symlink("..", filepath.Join(parent, "dir", c.link)); err != nil {
				t.Fatal(err)
			}
		}
		p, err := Look(t.Context(), filepath.Join(parent, "dir"))
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Services) != 1 || p.Services[0].Name != "web" {
			t.Errorf("%s: found\n%s", c.name, p.TOML())
		}
		if told := notes(p); !strings.Contains(told, beside) && !strings.Contains(told, "leads out of this folder") && c.name != "cargo" && c.name != "npm, one" {
			t.Errorf("%s: the notes are\n%s", c.name, told)
		}
	}
}
