package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// long is when a test gives up. Nothing is asserted about a time.
const long = 20 * time.Second

type fixture struct {
	*testing.T
	dir     string
	options Options
	w       *Watcher
}

// lay writes files, by their path; one that ends in a slash is a folder.
func lay(t testing.TB, dir string, files ...string) {
	t.Helper()
	for _, f := range files {
		at := filepath.Join(dir, f)
		if strings.HasSuffix(f, "/") {
			if err := os.MkdirAll(at, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte("one of "+f), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// begin watches a folder with these files.
func begin(t *testing.T, o Options, files ...string) *fixture {
	t.Helper()
	if o.Root == "" {
		o.Root = filepath.Join(t.TempDir(), "root")
		lay(t, o.Root, "./")
	}
	lay(t, o.Root, files...)
	w, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &fixture{T: t, dir: o.Root, options: o, w: w}
}

func (f *fixture) at(rel string) string { return filepath.Join(f.dir, rel) }

func (f *fixture) write(rel, text string) {
	f.Helper()
	if err := os.WriteFile(f.at(rel), []byte(text), 0o644); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) next() Change {
	f.Helper()
	select {
	case c, ok := <-f.w.Changes():
		if !ok {
			f.Fatalf("the watcher ended: %v", f.w.Err())
		}
		if len(c.Files) == 0 || c.At.IsZero() || time.Since(c.At) < 0 {
			f.Fatalf("an empty notice: %+v", c)
		}
		return c
	case <-time.After(long):
		f.Fatal("no notice")
		panic("unreachable")
	}
}

// told is for one notice of exactly these files.
func (f *fixture) told(files ...string) {
	f.Helper()
	slices.Sort(files)
	if c := f.next(); !slices.Equal(c.Files, files) || c.More != 0 {
		f.Fatalf("told of %v and %d more, want %v", c.Files, c.More, files)
	}
}

// silent is for what must not be told of.
func (f *fixture) silent() {
	f.Helper()
	select {
	case c := <-f.w.Changes():
		f.Fatalf("told of %v", c.Files)
	case <-time.After(4 * defaultQuiet):
	}
}

func TestChangesOfFiles(t *testing.T) {
	t.Parallel()
	f := begin(t, Options{Patterns: []string{"src/**/*.go", "go.mod"}}, "src/a.go", "src/deep/b.go", "src/c.txt", "go.mod")
	f.write("src/a.go", "changed")
	f.told("src/a.go")
	f.write("src/deep/new.go", "new")
	f.told("src/deep/new.go")
	f.must(os.Remove(f.at("src/deep/b.go")))
	f.told("src/deep/b.go")
	f.must(os.Rename(f.at("src/a.go"), f.at("src/z.go")))
	f.told("src/a.go", "src/z.go")
	f.write("src/c.txt", "changed") // no pattern matches
	f.write("main.go", "elsewhere")
	f.write("go.mod", "changed")
	f.told("go.mod")
}

// A write that leaves the size and the time as they were is one all the same.
func TestAWriteThatTheStampDoesNotShow(t *testing.T) {
	t.Parallel()
	f := begin(t, Options{Patterns: []string{"*.go"}}, "a.go")
	fi, err := os.Stat(f.at("a.go"))
	f.must(err)
	f.write("a.go", "two of a.go")
	f.must(os.Chtimes(f.at("a.go"), fi.ModTime(), fi.ModTime()))
	f.told("a.go")
}

func TestAnEditorsSaveIsOneNotice(t *testing.T) {
	t.Parallel()
	f := begin(t, Options{Patterns: []string{"**"}}, "src/a.go")
	t.Log("written anew, renamed over")
	f.write("src/a.go.tmp123", "changed")
	f.must(os.Rename(f.at("src/a.go.tmp123"), f.at("src/a.go")))
	f.told("src/a.go")
	t.Log("as vim: a try, a backup, the file anew")
	f.write("src/.a.go.swp", "swap")
	f.write("src/4913", "")
	f.must(os.Remove(f.at("src/4913")))
	f.must(os.Rename(f.at("src/a.go"), f.at("src/a.go~")))
	f.write("src/a.go", "changed again")
	f.must(os.Remove(f.at("src/a.go~")))
	f.told("src/a.go")
	f.must(os.Remove(f.at("src/.a.go.swp")))
	f.silent()
}

func TestWhatIsNoChange(t *testing.T) {
	t.Parallel()
	f := begin(t, Options{Patterns: []string{"**"}}, "a.go", "sub/b.go")
	f.must(os.Chmod(f.at("a.go"), 0o600))
	f.must(os.Chmod(f.at("sub"), 0o700))
	_, err := os.ReadFile(f.at("a.go"))
	f.must(err)
	fi, err := os.Stat(f.at("a.go"))
	f.must(err)
	f.must(os.Chtimes(f.at("a.go"), time.Now(), fi.ModTime())) // access
	f.write("came", "and")
	f.must(os.Remove(f.at("came")))
	f.must(os.Mkdir(f.at("empty"), 0o755))
	f.must(syscall.Mkfifo(f.at("pipe"), 0o600))
	f.silent()
	f.must(os.Chtimes(f.at("a.go"), time.Now(), time.Now().Add(time.Hour))) // touch
	f.told("a.go")
}

func TestABurstIsOneNotice(t *testing.T) {
	t.Parallel()
	git := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "init.defaultBranch=main"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	dir := t.TempDir()
	lay(t, dir, "README")
	git(dir, "init", "-q")
	git(dir, "add", "-A")
	git(dir, "commit", "-qm", "one")
	git(dir, "checkout", "-qb", "many")
	for i := range 5000 {
		lay(t, dir, fmt.Sprintf("pkg%d/sub%d/f%d.go", i%20, i%70, i))
	}
	git(dir, "add", "-A")
	git(dir, "commit", "-qm", "many")
	git(dir, "checkout", "-q", "main")

	// A slow machine must not make two of it: the test is of bursts, and not of
	// how long git takes.
	f := begin(t, Options{Root: dir, Patterns: []string{"**"}, Quiet: time.Second, Max: time.Minute})
	for _, branch := range []string{"many", "main"} {
		git(dir, "checkout", "-q", branch)
		if c := f.next(); len(c.Files) != MaxFiles || c.More != 5000-MaxFiles || !slices.IsSorted(c.Files) {
			t.Fatalf("%s: told of %d and %d more", branch, len(c.Files), c.More)
		}
	}
	f.silent()
}

func TestAStreamIsToldOfBeforeItEnds(t *testing.T) {
	t.Parallel()
	f := begin(t, Options{Patterns: []string{"**"}, Quiet: 300 * time.Millisecond, Max: 600 * time.Millisecond})
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				_ = os.WriteFile(f.at("log"), []byte(fmt.Sprint(i)), 0o644)
			}
		}
	}()
	f.told("log")
	f.told("log")
	close(stop)
	<-done
}

func TestWhatNobodyTakesIsMerged(t *testing.T) {
	t.Parallel()
	f := begin(t, Options{Patterns: []string{"**"}, Quiet: 20 * time.Millisecond})
	f.write("a", "1")
	time.Sleep(100 * time.Millisecond) // may be one burst or two; what is told is the same
	f.write("b", "1")
	f.write("gone", "1")
	time.Sleep(200 * time.Millisecond)
	f.must(os.Remove(f.at("gone")))
	time.Sleep(200 * time.Millisecond)
	f.told("a", "b")
	f.silent()
}

func TestGitignore(t *testing.T) {
	t.Parallel()
	repo := t.TempDir()
	lay(t, repo, ".git/info/", "node_modules/x/y.js", "api/node_modules/x/y.js", "api/gen/keep/k.js", "api/sub/deep/", "api/dist/app.js")
	write := func(rel, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(repo, rel), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(".git/info/exclude", "excluded.js\n")
	write(".gitignore", "node_modules/\n*.tmp\n/api/top.js\n")
	write("api/.gitignore", "gen/*\n!gen/keep\ndist/\n")
	write("api/sub/.gitignore", "*.log\n!keep.log\n")
	f := begin(t, Options{Root: filepath.Join(repo, "api"), Patterns: []string{"**", "dist/app.js"}})

	for _, rel := range []string{"excluded.js", "a.tmp", "top.js", "gen/g.js", "sub/a.log", "sub/deep/a.log", "node_modules/x/y.js", "dist/other.js"} {
		f.write(rel, "ignored")
	}
	for _, rel := range []string{"gen/keep/k.js", "sub/keep.log", "sub/deep/keep.log", "sub/top.js", "a.log"} {
		f.write(rel, "watched")
	}
	f.told("gen/keep/k.js", "sub/keep.log", "sub/deep/keep.log", "sub/top.js", "a.log")
	t.Log("what a pattern names is watched though git ignores it")
	f.write("dist/app.js", "changed")
	f.told("dist/app.js")
	t.Log("rules that change hold at once, and their own files are ones as well")
	f.write("sub/.gitignore", "*.txt\n")
	f.told("sub/.gitignore")
	f.write("sub/deep/a.txt", "ignored")
	f.write("sub/deep/a.log", "watched")
	f.told("sub/deep/a.log")
	f.must(os.Remove(f.at("sub/.gitignore")))
	f.told("sub/.gitignore")
	f.write("sub/deep/a.txt", "watched")
	f.told("sub/deep/a.txt")
	for _, d := range f.watched() {
		if strings.Contains(d, "node_modules") {
			t.Errorf("%s is watched", d)
		}
	}
}

// watched are the folders that the kernel watches. It ends the watcher.
func (f *fixture) watched() []string {
	f.Helper()
	f.must(f.w.Close())
	// Asked of another one, for a closed one has none.
	var fs *fsnotify.Watcher
	w, err := start(f.Context(), f.options, system{
		open: func() (*fsnotify.Watcher, error) {
			var err error
			fs, err = fsnotify.NewWatcher()
			return fs, err
		},
		add: (*fsnotify.Watcher).Add,
	})
	f.must(err)
	defer w.Close()
	var all []string
	for _, d := range fs.WatchList() {
		rel, err := filepath.Rel(f.dir, d)
		f.must(err)
		all = append(all, rel)
	}
	slices.Sort(all)
	return all
}

func TestVersionControlIsNeverWatched(t *testing.T) {
	t.Parallel()
	f := begin(t, Options{Patterns: []string{"**", ".git/HEAD", ".git/**"}}, ".git/HEAD", ".git/refs/x", "sub/.git")
	f.write(".git/HEAD", "changed")
	f.write("sub/.git", "changed")
	lay(t, f.dir, "other/.git/refs/x")
	f.silent()
	if got := f.watched(); !slices.Equal(got, []string{".", "other", "sub"}) {
		t.Errorf("watched: %v", got)
	}
}

func TestOnlyFoldersThatMayHoldAMatchAreWatched(t *testing.T) {
	t.Parallel()
	f := begin(t, Options{Patterns: []string{"src/*/api/*.go", "go.mod", "web/{a/b,c}/*.js", "lib/"}, Ignore: []string{"lib/ignored", "**/tmp/**"}},
		"src/a/api/x.go", "src/a/api/deeper/x.go", "src/a/other/x.go", "src/b/x.go", "docs/a/b", "go.mod/", "web/a/b/c/d/", "web/c/", "lib/x/y/", "lib/ignored/x", "lib/x/tmp/y/z", "src2/a/api/")
	want := []string{".", "go.mod", "lib", "lib/x", "lib/x/y", "src", "src/a", "src/a/api", "src/b", "web", "web/a", "web/a/b", "web/a/b/c", "web/a/b/c/d", "web/c"}
	if got := f.watched(); !slices.Equal(got, want) {
		t.Errorf("watched:\n%q, want\n%q", got, want)
	}
}

func TestAWatchedFolderComesBack(t *testing.T) {
	t.Parallel()
	for _, rel := range []string{"", "src", "src/deep"} {
		t.Run("root/"+rel, func(t *testing.T) {
			t.Parallel()
			f := begin(t, Options{Patterns: []string{"src/deep/*.go"}}, "src/deep/a.go")
			for range 2 {
				f.must(os.RemoveAll(f.at(rel)))
				f.told("src/deep/a.go")
				lay(t, f.dir, "src/deep/a.go")
				f.told("src/deep/a.go")
				f.write("src/deep/a.go", "changed")
				f.told("src/deep/a.go")
			}
			t.Log("moved away, and back")
			away := filepath.Join(t.TempDir(), "away")
			f.must(os.Rename(f.at(rel), away))
			f.told("src/deep/a.go")
			f.must(os.Rename(away, f.at(rel)))
			f.told("src/deep/a.go")
			f.write("src/deep/a.go", "changed again")
			f.told("src/deep/a.go")
		})
	}
}

// A folder above Root that is moved tells nobody: it is looked for.
func TestAFolderAboveIsMoved(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	f := begin(t, Options{Root: filepath.Join(top, "up/root"), Patterns: []string{"**"}}, "a")
	f.must(os.Rename(filepath.Join(top, "up"), filepath.Join(top, "away")))
	f.told("a")
	lay(t, f.dir, "b")
	f.told("b")
	f.write("b", "changed")
	f.told("b")
}

func TestRootMayBeMissingAtFirst(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "not/yet")
	w, err := New(t.Context(), Options{Root: root, Patterns: []string{"**"}})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, dir: root, w: w}
	defer w.Close()
	lay(t, root, "sub/a")
	f.told("sub/a")
}

func TestNewFoldersAreWatched(t *testing.T) {
	t.Parallel()
	f := begin(t, Options{Patterns: []string{"**/*.go"}})
	lay(t, f.dir, "a/b/c/d.go", "a/e.txt")
	f.told("a/b/c/d.go")
	f.write("a/b/c/d.go", "changed")
	f.told("a/b/c/d.go")
	t.Log("a folder that is renamed takes all along")
	f.must(os.Rename(f.at("a"), f.at("z")))
	f.told("a/b/c/d.go", "z/b/c/d.go")
	f.write("z/b/c/d.go", "changed again")
	f.told("z/b/c/d.go")
	t.Log("one that is moved into a new one, before the new one is known")
	f.must(os.Mkdir(f.at("new"), 0o755))
	f.must(os.Rename(f.at("z"), f.at("new/z")))
	f.told("z/b/c/d.go", "new/z/b/c/d.go")
	f.write("new/z/b/c/d.go", "and again")
	f.told("new/z/b/c/d.go")
	t.Log("a file where a folder was, and the reverse")
	f.must(os.RemoveAll(f.at("new/z/b/c")))
	f.write("new/z/b/c", "a file")
	f.told("new/z/b/c/d.go")
	f.must(os.Remove(f.at("new/z/b/c")))
	lay(t, f.dir, "new/z/b/c/d.go")
	f.told("new/z/b/c/d.go")
}

func TestLinks(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	lay(t, top, "real/sub/a.go", "elsewhere/b.go")
	for link, to := range map[string]string{"root": "real", "real/sub/loop": "..", "real/self": "self", "real/out": "../elsewhere"} {
		if err := os.Symlink(to, filepath.Join(top, link)); err != nil {
			t.Fatal(err)
		}
	}
	f := begin(t, Options{Root: filepath.Join(top, "root"), Patterns: []string{"**"}})
	f.write("sub/a.go", "changed")
	f.told("sub/a.go")
	f.write("out/b.go", "not below the folder")
	f.silent()
	f.must(os.Remove(f.at("out")))
	f.must(os.Symlink("sub", f.at("out")))
	f.told("out")
	t.Log("root points elsewhere")
	lay(t, top, "real2/sub/a.go")
	f.must(os.Symlink("real2", filepath.Join(top, "tmp")))
	f.must(os.Rename(filepath.Join(top, "tmp"), f.dir))
	f.told("out", "self", "sub/a.go", "sub/loop")
	f.write("sub/a.go", "changed again")
	f.told("sub/a.go")
}

// What the kernel's queue has no room for is found by reading.
func TestLostEvents(t *testing.T) {
	t.Parallel()
	var fs *fsnotify.Watcher
	root := t.TempDir()
	lay(t, root, "old/a", "old/b")
	w, err := start(t.Context(), Options{Root: root, Patterns: []string{"**"}}, system{
		open: func() (*fsnotify.Watcher, error) {
			var err error
			fs, err = fsnotify.NewWatcher()
			return fs, err
		},
		add: (*fsnotify.Watcher).Add,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	f := &fixture{T: t, dir: root, w: w}
	for _, d := range fs.WatchList() {
		f.must(fs.Remove(d))
	}
	lay(t, root, "new/c")
	f.write("old/a", "changed")
	f.must(os.Remove(f.at("old/b")))
	fs.Errors <- fsnotify.ErrEventOverflow
	f.told("new/c", "old/a", "old/b")
	f.write("new/c", "changed")
	f.told("new/c")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lay(t, root, "a/", "b/", "c/")
	o := Options{Root: root, Patterns: []string{"**"}}
	has := func(err error, is error, words ...string) {
		t.Helper()
		if !errors.Is(err, is) {
			t.Fatalf("%v is not %v", err, is)
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("the error does not say %q: %v", word, err)
			}
		}
	}
	left := 3
	sys := system{open: fsnotify.NewWatcher, add: func(w *fsnotify.Watcher, dir string) error {
		if left--; left < 0 {
			return os.NewSyscallError("inotify_add_watch", syscall.ENOSPC)
		}
		return w.Add(dir)
	}}
	_, err := start(t.Context(), o, sys)
	has(err, syscall.ENOSPC, "sudo sysctl fs.inotify.max_user_watches=", root)
	_, err = start(t.Context(), o, system{open: func() (*fsnotify.Watcher, error) {
		return nil, fmt.Errorf("couldn't initialize inotify: %w", syscall.EMFILE)
	}})
	has(err, syscall.EMFILE, "sudo sysctl fs.inotify.max_user_instances=", "ulimit -n")

	t.Log("reached later, it ends the watcher and says why")
	left = 4
	w, err := start(t.Context(), o, sys)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Err(); err != nil {
		t.Fatal(err)
	}
	lay(t, root, "d/")
	for range w.Changes() {
	}
	has(w.Err(), syscall.ENOSPC, "max_user_watches")
}

func TestTheEnd(t *testing.T) {
	t.Parallel()
	ends := func(w *Watcher) {
		t.Helper()
		for range w.Changes() {
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := w.Err(); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Root: t.TempDir(), Patterns: []string{"**"}, Quiet: time.Millisecond}
	one, err := New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	two, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// A notice that nobody takes holds nothing up.
	lay(t, o.Root, "a")
	time.Sleep(50 * time.Millisecond)
	cancel()
	ends(one)
	if err := two.Close(); err != nil {
		t.Error(err)
	}
	ends(two)
}

func TestWhatCannotBeWatched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lay(t, dir, "file")
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Root: "here", Patterns: []string{"**"}}, `"here" is not absolute`},
		{Options{Root: filepath.Join(dir, "file"), Patterns: []string{"**"}}, "file is not a folder"},
		{Options{Root: dir}, "no pattern says which files to watch"},
		{Options{Root: dir, Patterns: []string{"src/[a"}}, `"src/[a" is malformed`},
		{Options{Root: dir, Patterns: []string{"**"}, Ignore: []string{"{a,b"}}, `"{a,b" is malformed`},
	} {
		if _, err := New(t.Context(), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}
