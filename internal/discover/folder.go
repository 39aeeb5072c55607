package discover

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"prox/internal/document"
)

// Bounds on what is looked at. They are far beyond what people write, and keep
// a folder that is something else from taking long.
const (
	mostBytes   = 1 << 20 // of one file
	mostDepth   = 3       // of folders below the root, but for members of workspaces
	mostFolders = 30_000
	mostEntries = 20_000 // of one folder
	mostTargets = 1000   // of one Makefile, or of another file of tasks or scripts
	mostFound   = 1000   // services, before those that say the same are one
)

// folder is one that is looked at.
type folder struct {
	root   *root
	dir    string // relative to the root, with slashes; "." is the root
	depth  int
	member bool                   // a workspace names it
	names  map[string]fs.FileMode // what is in it: files, folders, links
}

// join is a path relative to the root; "." stays out of it.
func join(dir string, names ...string) string {
	return path.Join(append([]string{dir}, names...)...)
}

// open looks what is in a folder; false, with a note, if it can't be told. One
// that is not in the root, or that a link leads to, is not looked into.
func (r *root) open(dir string, depth int) (*folder, bool) {
	if !fs.ValidPath(dir) || r.exists(dir) && !r.linkFree(dir) {
		r.note(Note{Kind: Left, Origin: Origin{File: dir + "/"}, Text: "it is outside of this folder, or a link leads to it, and it is not looked at"})
		return nil, false
	}
	f := &folder{root: r, dir: dir, depth: depth, member: r.members[dir], names: r.listed[dir]}
	if f.names != nil {
		return f, true
	}
	names, err := list(r.abs(dir))
	if err != nil {
		r.note(Note{Kind: Broken, Origin: Origin{File: dir + "/"}, Text: "cannot look into the folder: " + plain(err).Error()})
		return nil, false
	}
	f.names = names
	return f, true
}

// list tells what is in a folder, at a path of the system.
func list(path string) (map[string]fs.FileMode, error) {
	d, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(mostEntries)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	names := make(map[string]fs.FileMode, len(entries))
	for _, e := range entries {
		if utf8.ValidString(e.Name()) { // no config can name another
			names[e.Name()] = e.Type()
		}
	}
	return names, nil
}

func (r *root) abs(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// has reports whether the folder has an entry of one of the names, of whatever
// kind.
func (f *folder) has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { _, ok := f.names[name]; return ok })
}

// subfolder reports whether name is a folder in it, and no link to one.
func (f *folder) subfolder(name string) bool {
	mode, ok := f.names[name]
	return ok && mode.IsDir()
}

// isFolder reports whether there is a folder, and no link to one.
func (r *root) isFolder(name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	fi, err := r.inside.Lstat(name)
	return err == nil && fi.IsDir()
}

// isFile reports whether there is a file, or a link to one in the folder.
func (r *root) isFile(name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	fi, err := r.inside.Stat(name)
	return err == nil && fi.Mode().IsRegular()
}

// sorted are the names of what is in the folder.
func (f *folder) sorted() []string {
	all := make([]string, 0, len(f.names))
	for name := range f.names {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// base is the folder's name.
func (f *folder) base() string {
	if f.dir == "." {
		return filepath.Base(f.root.dir)
	}
	return path.Base(f.dir)
}

// text reads a file of the folder or below it; "" if there is none, and with a
// note if it can't be read.
func (f *folder) text(name string) string {
	data, _ := f.root.readQuietly(join(f.dir, name))
	return string(data)
}

// tree reads a further file of the folder; nil if there is none, and with a
// note if it is broken.
func (f *folder) tree(name string) *document.Node {
	data, ok := f.root.readQuietly(join(f.dir, name))
	if !ok {
		return nil
	}
	return f.root.tree(join(f.dir, name), document.FormatOf(name), data)
}

// glob are the folders below that a pattern of a workspace means, as
// "packages/*" or "apps/**"; "!" in front takes away. Links are not followed.
func (f *folder) glob(patterns []string) []string { return f.root.workspaces(f.dir, patterns) }

// addMember has a folder looked at, however deep it is.
func (f *folder) addMember(dir string) { f.root.addMember(dir) }

// exists reports whether there is something of this name, relative to the root.
func (r *root) exists(name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	_, err := os.Lstat(r.abs(name))
	return err == nil
}

// readQuietly reads a file that need not be there.
func (r *root) readQuietly(name string) ([]byte, bool) {
	if kept, ok := r.kept[name]; ok {
		return kept, kept != nil
	}
	if !fs.ValidPath(name) || !r.linkFree(path.Dir(name)) {
		return nil, false
	}
	fi, err := os.Lstat(r.abs(name))
	if err != nil {
		return nil, false
	}
	data, err := r.readEntry(name, fi)
	return r.keep(name, data, err)
}

// linkFree reports whether a folder is reached without a symbolic link, which
// may lead out of the root.
func (r *root) linkFree(dir string) bool {
	if dir == "." {
		return true
	}
	if free, ok := r.free[dir]; ok {
		return free
	}
	fi, err := os.Lstat(r.abs(dir))
	free := err == nil && fi.IsDir() && r.linkFree(path.Dir(dir))
	r.free[dir] = free
	return free
}

// read reads a file, relative to the root; false, with a note, if it can't be
// read or isn't a text.
func (r *root) read(name string) ([]byte, bool) {
	if kept, ok := r.kept[name]; ok {
		return kept, kept != nil
	}
	data, err := r.readFile(name)
	return r.keep(name, data, err)
}

// keep remembers what was read of a file, or that it can't be, which is told.
func (r *root) keep(name string, data []byte, err error) ([]byte, bool) {
	if err != nil {
		r.note(Note{Kind: Broken, Origin: Origin{File: name}, Text: "passed over: " + plain(err).Error()})
		data = nil
	} else if data == nil {
		data = []byte{}
	}
	r.kept[name] = data
	return data, data != nil
}

func (r *root) readFile(name string) ([]byte, error) {
	fi, err := os.Lstat(r.abs(name))
	if err != nil {
		return nil, err
	}
	return r.readEntry(name, fi)
}

func (r *root) readEntry(name string, fi fs.FileInfo) (data []byte, err error) {
	open := func() (*os.File, error) { return os.Open(r.abs(name)) }
	if fi.Mode()&fs.ModeSymlink != 0 {
		// What a link leads to must be in the folder too, and be a file: opening
		// a FIFO would wait for a writer.
		if fi, err = r.inside.Stat(name); err != nil {
			return nil, fmt.Errorf("the link leads nowhere in this folder: %w", plain(err))
		}
		open = func() (*os.File, error) { return r.inside.Open(name) }
	}
	switch {
	case fi.IsDir():
		return nil, errors.New("it is a folder")
	case !fi.Mode().IsRegular():
		return nil, errors.New("it is not a file")
	case fi.Size() > mostBytes:
		return nil, fmt.Errorf("it is larger than %d MiB", mostBytes>>20)
	}
	f, err := open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// It may have grown since, which a byte more of room shows.
	var b bytes.Buffer
	b.Grow(int(fi.Size()) + bytes.MinRead)
	_, err = b.ReadFrom(io.LimitReader(f, mostBytes+1))
	data = b.Bytes()
	switch {
	case err != nil:
		return nil, err
	case len(data) > mostBytes:
		return nil, fmt.Errorf("it is larger than %d MiB", mostBytes>>20)
	case slices.Contains(data, 0) || !utf8.Valid(data):
		return nil, errors.New("it is not a text")
	}
	return data, nil
}

// tree parses a file once, however often it is asked for.
func (r *root) tree(name string, format document.Format, data []byte) *document.Node {
	if n, ok := r.trees[name]; ok {
		return n
	}
	n, err := document.Parse(format, data)
	if err != nil {
		note := Note{Kind: Broken, Origin: Origin{File: name}, Text: "passed over: " + err.Error()}
		var syntax *document.SyntaxError
		if errors.As(err, &syntax) {
			note.Line, note.Text = syntax.Line, "passed over: "+syntax.Message
		}
		r.note(note)
	}
	r.trees[name] = n
	return n
}

// plain is an error of the file system without the path, which the note has.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// passedOver are folders that hold what was made or fetched, not written.
var passedOver = []string{
	"node_modules", "bower_components", "vendor", "target", "dist", "build", "out", "_build", "deps", "venv", "env",
	"__pycache__", "site-packages", "coverage", "tmp", "log", "logs", "Pods", "DerivedData", "bin", "obj",
}

// aside are folders whose services are not the project's, unless a workspace
// names them.
var aside = []string{
	"example", "examples", "sample", "samples", "demo", "demos", "doc", "docs", "test", "tests", "spec", "e2e",
	"testdata", "fixtures", "__fixtures__", "__tests__", "template", "templates", "bench", "benchmarks", "third_party",
}

// below are the folders in f that are looked at next.
func (f *folder) below() []string {
	var dirs []string
	for _, name := range f.sorted() {
		if f.subfolder(name) && (!strings.HasPrefix(name, ".") || name == devcontainerFolder) && !slices.Contains(passedOver, name) && !slices.Contains(aside, name) {
			dirs = append(dirs, join(f.dir, name))
		}
	}
	return dirs
}
