package place

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// project makes a folder for a project, and places for it below root.
func project(t *testing.T, name, folder string) Project {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	p, err := For(name, folder)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// home gives the test folders of its own.
func home(t *testing.T) (root string) {
	t.Helper()
	root, err := os.MkdirTemp("/tmp", "pl") // short, for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	for _, dir := range []string{"run", "state", "home"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(root, "run"))
	t.Setenv("XDG_STATE_HOME", filepath.Join(root, "state"))
	t.Setenv("HOME", filepath.Join(root, "home"))
	return root
}

func TestOneProjectHasOnePlace(t *testing.T) {
	root := home(t)
	a := project(t, "shop", filepath.Join(root, "a"))
	b := project(t, "shop", filepath.Join(root, "b"))
	if a.ID == b.ID || a.Runtime == b.Runtime || a.State == b.State {
		t.Errorf("two worktrees meet: %+v and %+v", a, b)
	}
	link := filepath.Join(root, "link")
	if err := os.Symlink(filepath.Join(root, "a"), link); err != nil {
		t.Fatal(err)
	}
	if c, err := For("shop", link); err != nil || c != a {
		t.Errorf("through a link: %v, %+v is not %+v", err, c, a)
	}
	if other := project(t, "shop2", filepath.Join(root, "a")); other.ID == a.ID {
		t.Error("another name is another project")
	}
	if !strings.HasPrefix(a.ID, "shop-") || filepath.Dir(a.Runtime) != filepath.Join(root, "run", "prox") || filepath.Dir(a.State) != filepath.Join(root, "state", "prox") {
		t.Errorf("%+v", a)
	}
}

func TestOddNamesMakeSafeFolders(t *testing.T) {
	root := home(t)
	for _, name := range []string{"ümläut", "a/b", "..", strings.Repeat("x", 300), "a b"} {
		p := project(t, name, filepath.Join(root, "p"))
		if strings.ContainsAny(p.ID, "/. ü") || len(p.ID) > 40 {
			t.Errorf("%q has id %q", name, p.ID)
		}
	}
}

func TestSocketPathIsShortEnough(t *testing.T) {
	root := home(t)
	long := filepath.Join(root, strings.Repeat("r", 90))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", long)
	p := project(t, strings.Repeat("n", 60), filepath.Join(root, strings.Repeat("d", 120)))
	if n := len(p.Socket()); n > MaxSocketPath {
		t.Errorf("the socket's path has %d bytes: %s", n, p.Socket())
	}
	if strings.HasPrefix(p.Runtime, long) {
		t.Errorf("it lies in %s", p.Runtime)
	}
}

func TestWithoutXDGAndHomeThereIsAPlace(t *testing.T) {
	root := home(t)
	for _, name := range []string{"XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"} {
		t.Setenv(name, "")
	}
	p := project(t, "shop", filepath.Join(root, "a"))
	if !filepath.IsAbs(p.Runtime) || !filepath.IsAbs(p.State) {
		t.Errorf("%+v", p)
	}
}

func TestStateThatCannotBeWrittenGoesElsewhereAndIsTold(t *testing.T) {
	root := home(t)
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_STATE_HOME", file)
	p := project(t, "shop", filepath.Join(root, "a"))
	if !strings.HasPrefix(p.State, p.Runtime) || !strings.Contains(p.Notice, file) {
		t.Errorf("%+v", p)
	}
	if err := p.Prepare(); err != nil {
		t.Error(err)
	}
}

func TestFoldersAreThisUsersOnly(t *testing.T) {
	root := home(t)
	p := project(t, "shop", filepath.Join(root, "a"))
	if err := os.MkdirAll(p.Runtime, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(p.Runtime, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := p.Prepare(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{p.Runtime, p.State, filepath.Dir(p.Runtime)} {
		if fi, err := os.Stat(dir); err != nil || fi.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, fi.Mode(), err)
		}
	}
	if err := p.CheckRuntime(); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(p.Runtime); err != nil {
		t.Fatal(err)
	}
	if err := p.CheckRuntime(); err != nil {
		t.Errorf("it can be made: %v", err)
	}
	if err := os.Symlink(root, p.Runtime); err != nil {
		t.Fatal(err)
	}
	var foreign *ForeignError
	if err := p.CheckRuntime(); !errors.As(err, &foreign) {
		t.Errorf("a link in its place: %v", err)
	}
	if err := p.Prepare(); !errors.As(err, &foreign) || foreign.Hint() == "" {
		t.Errorf("a link in its place: %v", err)
	}
}

func TestSavedPlacesAreFoundAgain(t *testing.T) {
	root := home(t)
	p := project(t, "shop", filepath.Join(root, "a"))
	if err := p.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := p.Save(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_STATE_HOME", "/elsewhere")
	if got, err := Load(p.Runtime); err != nil || got != p {
		t.Errorf("%v, %+v is not %+v", err, got, p)
	}
	if _, err := Load(root); err == nil {
		t.Error("a folder without places was taken")
	}
}
