package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// tree is what is known of the files below a folder. Events only mark what to
// look at (touch); what changed is told by what was known and what is
// (resolve), once for each burst.
type tree struct {
	root     string
	patterns patterns
	fs       *fsnotify.Watcher
	add      func(dir string) error

	id      os.FileInfo        // which folder root is; nil while there is none
	real    string             // root without links: git knows folders so
	outer   *rules             // for git, from above root
	folders map[string]*folder // those that are watched, by their path from root

	touched map[string]mark
	reread  map[string]bool // folders whose .gitignore was touched
	moved   bool            // folders went
	missed  bool            // events were lost
}

type folder struct {
	rules     *rules
	ignoredAt int              // see patterns.folder
	files     map[string]stamp // those that are watched
	kids      map[string]bool  // folders in it that are watched
}

// stamp tells whether a file is still the same. The zero one is for a file that
// is not there.
type stamp struct {
	time, size int64
	link       bool
}

// mark is a file to look at.
type mark struct {
	before  stamp
	written bool // the kernel said so, which counts even if the stamp is the same
}

// never are names that are not looked at, whatever the patterns are: they
// change with each command of a version control, for reasons that are nobody's.
var never = []string{".git", ".hg", ".svn", ".jj"}

// litter tells whether editors leave files of this name while a file is open.
func litter(name string) bool {
	switch {
	case name == "4913", // vim tries whether it may write here
		name[0] == '.' && len(path.Ext(name)) == 4 && strings.HasPrefix(path.Ext(name), ".sw"), // vim's .swp, .swo, .swx
		strings.HasSuffix(name, "~"),  // backups of vim, emacs and others
		strings.HasPrefix(name, ".#"), // locks of emacs
		len(name) > 1 && strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#"): // emacs: not yet saved
		return true
	}
	return false
}

func (t *tree) abs(rel string) string { return filepath.Join(t.root, filepath.FromSlash(rel)) }

func (t *tree) rel(abs string) (string, bool) {
	if abs == t.root {
		return ".", true
	}
	rel, ok := strings.CutPrefix(abs, strings.TrimSuffix(t.root, "/")+"/")
	return rel, ok
}

func under(dir, name string) string {
	if dir == "." {
		return name
	}
	return dir + "/" + name
}

// ignoredAt is as for patterns.folder, of what is in f.
func (t *tree) ignoredAt(f *folder, rel string, isDir bool) int {
	if f.ignoredAt == 0 && f.rules == nil {
		return 0
	}
	if f.rules.ignore(t.real+"/"+rel, isDir) {
		return strings.Count(rel, "/") + 1
	}
	return f.ignoredAt
}

// watches tells whether a file in f is one that is watched.
func (t *tree) watches(f *folder, name, rel string) bool {
	if litter(name) || slices.Contains(never, name) || !t.patterns.file(rel, 0) {
		return false
	}
	at := t.ignoredAt(f, rel, false)
	return at == 0 || t.patterns.file(rel, at)
}

// look sees whether root came, went, or is another folder than before; anew
// says that it may be, though it looks the same. All files of one that came
// are touched if loud.
func (t *tree) look(anew, loud bool) (bool, error) {
	if t.folders["."] == nil {
		t.id = nil // it could not be read
	}
	is, err := os.Stat(t.root)
	if err != nil || !is.IsDir() {
		is = nil
	}
	switch {
	case is == nil && t.id == nil:
		return false, nil
	case is != nil && t.id != nil && !anew && os.SameFile(is, t.id):
		return false, nil
	}
	t.drop(".")
	t.id = nil
	if is == nil {
		return true, nil
	}
	if t.real, err = filepath.EvalSymlinks(t.root); err != nil {
		return true, nil //nolint:nilerr // it went again: the next look tells
	}
	t.outer = outerRules(t.real)
	t.id = is
	return true, t.enter(".", loud)
}

// enter watches a folder and all below that may hold a match, or reads them
// again. What is new in them is touched if loud, else only known from now on.
func (t *tree) enter(rel string, loud bool) error {
	f := t.folders[rel]
	if f == nil {
		f = &folder{files: map[string]stamp{}, kids: map[string]bool{}}
		t.folders[rel] = f
	}
	f.rules, f.ignoredAt = t.outer, 0
	if rel != "." {
		above := t.folders[path.Dir(rel)]
		above.kids[path.Base(rel)] = true
		f.rules, f.ignoredAt = above.rules, t.ignoredAt(above, rel, true)
	}
	f.rules = readRules(filepath.Join(t.abs(rel), gitignore), filepath.Join(t.real, rel), f.rules)

	// The watch comes before the reading, so that nothing falls between.
	err := t.add(t.abs(rel))
	var entries []os.DirEntry
	if err == nil {
		entries, err = os.ReadDir(t.abs(rel))
	}
	if err != nil {
		t.drop(rel)
		if unreadable(err) {
			return nil
		}
		return t.explain(err)
	}
	found := make(map[string]bool, len(entries))
	for _, e := range entries {
		name, at := e.Name(), under(rel, e.Name())
		found[name] = true
		if e.IsDir() {
			if t.enters(f, name, at) {
				if err := t.enter(at, loud); err != nil {
					return err
				}
			} else {
				t.drop(at)
			}
			continue
		}
		if f.kids[name] {
			t.drop(at)
		}
		_, known := f.files[name]
		switch {
		case !t.watches(f, name, at):
			delete(f.files, name)
		case loud:
			t.touch(at, false)
		case !known:
			if fi, err := e.Info(); err == nil {
				if s := stampOf(fi); s != (stamp{}) {
					f.files[name] = s
				}
			}
		}
	}
	for name := range f.files {
		if !found[name] {
			t.touch(under(rel, name), false)
		}
	}
	for name := range f.kids {
		if !found[name] {
			t.drop(under(rel, name))
		}
	}
	return nil
}

// enters tells whether a folder in f is one to watch.
func (t *tree) enters(f *folder, name, rel string) bool {
	if slices.Contains(never, name) || !t.patterns.folder(rel, 0) {
		return false
	}
	at := t.ignoredAt(f, rel, true)
	return at == 0 || t.patterns.folder(rel, at)
}

// unreadable tells whether a folder is not there, or not for us. If that
// changes, the one above tells.
func unreadable(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

// drop gives up a folder and all below, and touches what was known of them.
func (t *tree) drop(rel string) {
	f := t.folders[rel]
	if f == nil {
		return
	}
	t.moved = true
	for name := range f.files {
		t.touch(under(rel, name), false)
	}
	for name := range f.kids {
		t.drop(under(rel, name))
	}
	// It fails if the folder is gone, and its watch with it.
	_ = t.fs.Remove(t.abs(rel))
	delete(t.folders, rel)
	if above := t.folders[path.Dir(rel)]; above != nil {
		delete(above.kids, path.Base(rel))
	}
}

// touch marks a file to look at when the burst is over.
func (t *tree) touch(rel string, written bool) {
	m, ok := t.touched[rel]
	if !ok {
		if f := t.folders[path.Dir(rel)]; f != nil {
			m.before = f.files[path.Base(rel)]
		}
	}
	m.written = m.written || written
	t.touched[rel] = m
}

// event takes what the kernel tells, and says whether it is of anything that
// is watched. What is so by now is asked of the file system.
func (t *tree) event(e fsnotify.Event) (bool, error) {
	rel, ok := t.rel(e.Name)
	if !ok {
		return false, nil
	}
	went := e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)
	if rel == "." {
		if !went {
			return false, nil
		}
		return t.look(true, true)
	}
	f, name := t.folders[path.Dir(rel)], path.Base(rel)
	if f == nil {
		return false, nil
	}
	some := false
	if f.kids[name] {
		if !went && !e.Has(fsnotify.Create) {
			return false, nil
		}
		// It may be another one now. Its watches go first: the kernel knows a
		// folder by what it is and not by its name, so that a watch for one that
		// was moved would be taken for that of its new place.
		t.drop(rel)
		some = true
	}
	if !e.Has(fsnotify.Write) && t.enters(f, name, rel) {
		if fi, err := os.Lstat(e.Name); err == nil && fi.IsDir() {
			return true, t.enter(rel, true)
		}
	}
	if name == gitignore {
		t.reread[path.Dir(rel)] = true
		some = true
	}
	if t.watches(f, name, rel) {
		t.touch(rel, e.Has(fsnotify.Write) || e.Has(fsnotify.Create))
		some = true
	}
	return some, nil
}

// resolve ends a burst: it reports each file that changed in it, with whether
// it was there before and is now.
func (t *tree) resolve(report func(rel string, before, now bool)) error {
	if t.missed && t.id != nil {
		if err := t.enter(".", true); err != nil {
			return err
		}
	}
	// Rules come before the files: those that a checkout changed with them hold
	// for them.
	for rel := range t.reread {
		if t.folders[rel] != nil {
			if err := t.enter(rel, false); err != nil {
				return err
			}
		}
	}
	if t.moved {
		if err := t.verify(); err != nil {
			return err
		}
	}
	for rel, m := range t.touched {
		var now stamp
		if fi, err := os.Lstat(t.abs(rel)); err == nil {
			now = stampOf(fi)
		}
		there, name := now != stamp{}, path.Base(rel)
		if f := t.folders[path.Dir(rel)]; f != nil && there && t.watches(f, name, rel) {
			f.files[name] = now
		} else {
			if f != nil {
				delete(f.files, name)
			}
			if there {
				continue // it is ignored now
			}
		}
		if now != m.before || there && m.written {
			report(rel, m.before != stamp{}, there)
		}
	}
	clear(t.touched)
	clear(t.reread)
	t.moved, t.missed = false, false
	return nil
}

// verify sees that all folders have their watches. A folder that was found in
// its new place before the kernel told that it left the old one shares the old
// one's watch, and so has lost it by now.
func (t *tree) verify() error {
	has := map[string]bool{}
	for _, dir := range t.fs.WatchList() {
		has[dir] = true
	}
	lost := map[string]bool{}
	for rel := range t.folders {
		if !has[t.abs(rel)] {
			lost[rel] = true
		}
	}
	for rel := range lost {
		if t.folders[rel] == nil || rel != "." && lost[path.Dir(rel)] {
			continue // entered with the one above
		}
		if err := t.enter(rel, true); err != nil {
			return err
		}
	}
	return nil
}

// stampOf is zero for what is no file to anybody: folders, sockets, pipes.
func stampOf(fi os.FileInfo) stamp {
	link := fi.Mode()&fs.ModeSymlink != 0
	if !link && !fi.Mode().IsRegular() {
		return stamp{}
	}
	return stamp{time: fi.ModTime().UnixNano(), size: fi.Size() + 1, link: link}
}

// explain tells what to do about the system's limits.
func (t *tree) explain(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("there are more folders than the system watches for one user%s: raise the limit with `sudo sysctl fs.inotify.max_user_watches=524288`, or watch or ignore by patterns that leave more of %s out (%d folders are watched): %w",
			setting("max_user_watches"), t.root, len(t.folders), err)
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("too many files or watchers are open%s: raise the limit with `sudo sysctl fs.inotify.max_user_instances=1024`, and that of open files with `ulimit -n 65536`: %w",
			setting("max_user_instances"), err)
	}
	return err
}

func setting(name string) string {
	text, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
	if err != nil {
		return "" // not Linux
	}
	return fmt.Sprintf(" (fs.inotify.%s is %s)", name, strings.TrimSpace(string(text)))
}
