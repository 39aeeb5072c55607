package discover

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"prox/internal/document"
)

// nodeWorkspace is a folder whose package.json, or a file beside it, names
// packages below that belong together.
type nodeWorkspace struct {
	dir     string
	members []string          // folders with a package.json, in order
	has     map[string]bool   // those folders
	byName  map[string]string // full names of packages → folders
	without []string          // patterns of folders that are no members, though others mean them
}

// readWorkspace finds the packages that a folder's files name as its members,
// and has their folders looked at; nil if they name none.
func (f *file) readWorkspace() *nodeWorkspace {
	patterns := f.workspacePatterns()
	if len(patterns) == 0 {
		return nil
	}
	w := &nodeWorkspace{dir: f.dir, has: map[string]bool{}, byName: map[string]string{}}
	var globs []string
	for _, p := range patterns {
		globs = append(globs, p.glob)
		if not, ok := strings.CutPrefix(p.glob, "!"); ok {
			w.without = append(w.without, join(f.dir, not))
		}
	}
	dirs := f.glob(globs)
	for _, p := range patterns {
		dirs = append(dirs, f.linkedMembers(p)...)
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	var files []string
	for _, dir := range dirs {
		if f.root.linkFree(dir) {
			files = append(files, join(dir, "package.json"))
		}
	}
	f.root.readAhead(files, document.JSON)
	for _, dir := range dirs {
		if dir == f.dir {
			continue
		}
		f.addMember(dir)
		if p := f.root.nodePackage(dir); p != nil {
			w.members = append(w.members, dir)
			w.has[dir] = true
			if name := p.fullName(); name != "" && w.byName[name] == "" {
				w.byName[name] = dir
			}
		}
	}
	f.root.node.spaces[f.dir] = w
	return w
}

// workspacePattern is one that means folders, and where it stands.
type workspacePattern struct {
	glob string
	at   Origin
}

func (f *file) workspacePatterns() []workspacePattern {
	var all []workspacePattern
	add := func(list *document.Node, file, key string) {
		for _, item := range list.Elements() {
			if item.IsText() && item.Text != "" {
				all = append(all, workspacePattern{item.Text, Origin{File: join(f.dir, file), Line: item.Line, Key: key}})
			}
		}
	}
	if f.has("pnpm-workspace.yaml") {
		add(f.folder.tree("pnpm-workspace.yaml").Get("packages"), "pnpm-workspace.yaml", "packages")
	}
	spaces := f.tree(document.JSON).Get("workspaces")
	if spaces.IsTable() {
		spaces = spaces.Get("packages")
	}
	add(spaces, f.name, "workspaces")
	if f.has("lerna.json") {
		add(f.folder.tree("lerna.json").Get("packages"), "lerna.json", "packages")
	}
	return all
}

// linkedMembers are folders that a pattern reaches by a symbolic link only, as
// far as they are in the root; the others are told of. A folder that a pattern
// names and that is not there is told, too.
func (f *file) linkedMembers(p workspacePattern) []string {
	glob := strings.TrimSuffix(strings.TrimPrefix(path.Clean(p.glob), "./"), "/")
	if strings.HasPrefix(p.glob, "!") || glob == "." || !doublestar.ValidatePattern(glob) {
		return nil
	}
	if strings.HasPrefix(glob, "../") || glob == ".." || path.IsAbs(glob) {
		f.root.note(Note{Kind: Left, Origin: p.at, Text: p.glob + " is outside of this folder, and is not looked at"})
		return nil
	}
	base, rest := doublestar.SplitPattern(glob)
	if !strings.ContainsAny(glob, "*?[{") {
		base, rest = glob, ""
	}
	mode, err := os.Lstat(f.root.abs(join(f.dir, base)))
	if err != nil {
		f.root.note(Note{Kind: Broken, Origin: p.at, Text: "there is no folder " + base})
		return nil
	}
	if mode.Mode()&fs.ModeSymlink != 0 {
		return f.followLink(base, rest, p)
	}
	if rest == "" || strings.Contains(rest, "**") {
		return nil
	}
	entries, err := os.ReadDir(f.root.abs(join(f.dir, base)))
	if err != nil { // told where the folder is looked into
		return nil
	}
	var dirs []string
	for _, e := range entries {
		name := join(base, e.Name())
		if ok, _ := doublestar.Match(glob, name); ok && e.Type()&fs.ModeSymlink != 0 { // the pattern is valid
			dirs = append(dirs, f.followLink(name, "", p)...)
		}
	}
	return dirs
}

// followLink is the folder that a link in the root leads to, or the folders in
// it that the rest of a pattern means.
func (f *file) followLink(name, rest string, p workspacePattern) []string {
	led, err := filepath.EvalSymlinks(f.root.abs(join(f.dir, name)))
	top, errTop := filepath.EvalSymlinks(f.root.dir)
	if err != nil || errTop != nil {
		f.root.note(Note{Kind: Broken, Origin: p.at, Text: "the link " + name + " leads nowhere"})
		return nil
	}
	dir, err := filepath.Rel(top, led)
	dir = filepath.ToSlash(dir)
	link := join(f.dir, name)
	switch fi, errStat := os.Stat(led); {
	case err != nil || dir == ".." || strings.HasPrefix(dir, "../"):
		f.root.note(Note{Kind: Left, Origin: p.at, Text: "the link " + name + " leads out of this folder, and is not followed"})
		return nil
	case dir == "." || strings.HasPrefix(link, dir+"/"):
		f.root.note(Note{Kind: Left, Origin: p.at, Text: "the link " + name + " leads back to a folder that it is in, and is not followed"})
		return nil
	case errStat != nil || !fi.IsDir(): // a file among the packages is no package
		return nil
	case rest == "":
		return []string{dir}
	}
	return f.root.workspaces(dir, []string{rest})
}

// leftOut reports whether a workspace says that a folder is not one of its own.
func (r *root) leftOut(dir string) bool {
	w := r.spaceOf(dir)
	return w != nil && slices.ContainsFunc(w.without, func(pattern string) bool {
		ok, err := doublestar.Match(pattern, dir)
		return ok && err == nil
	})
}

// spaceOf is the workspace that a folder is in, or is the root of; nil if it
// is in none, as one outside of the root.
func (r *root) spaceOf(dir string) *nodeWorkspace {
	for fs.ValidPath(dir) {
		if w := r.node.spaces[dir]; w != nil {
			return w
		}
		if dir == "." {
			return nil
		}
		dir = path.Dir(dir)
	}
	return nil
}

// filtered are the members that filters of pnpm, turbo, npm or bun mean, seen
// from a folder. Without any, all of them.
func (r *root) filtered(w *nodeWorkspace, from string, filters, without []string) []string {
	picked := map[string]bool{}
	only := false
	for _, filter := range filters {
		if bare, not := strings.CutPrefix(filter, "!"); not {
			without = append(slices.Clone(without), bare)
			continue
		}
		only = true
		for _, dir := range r.filter(w, from, filter) {
			picked[dir] = true
		}
	}
	left := map[string]bool{}
	for _, filter := range without {
		for _, dir := range r.filter(w, from, filter) {
			left[dir] = true
		}
	}
	var dirs []string
	for _, dir := range w.members {
		if (!only || picked[dir]) && !left[dir] {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// filter are the members that one filter means: a name or its pattern, a folder
// or its pattern in { } or after ./, each with "..." for its dependencies.
func (r *root) filter(w *nodeWorkspace, from, filter string) []string {
	filter, _, _ = strings.Cut(filter, "[") // what changed since a commit: any may have
	filter, dependencies := strings.CutSuffix(filter, "...")
	filter, notItself := strings.CutSuffix(filter, "^")
	filter = strings.TrimPrefix(strings.TrimPrefix(filter, "..."), "^")
	filter, byFolder := strings.CutPrefix(filter, "{")
	if byFolder {
		filter = strings.TrimSuffix(filter, "}")
	}
	byFolder = byFolder || strings.HasPrefix(filter, ".")
	folder := join(from, filter)
	var dirs []string
	for _, dir := range w.members {
		full := r.nodePackage(dir).fullName()
		matched := filter == "" || dir == folder || full == filter || strings.HasPrefix(full, "@") && path.Base(full) == filter
		if !matched && byFolder {
			matched, _ = doublestar.Match(folder, dir) // what is no pattern matches nothing
		} else if !matched && strings.ContainsAny(filter, "*?{") {
			matched, _ = doublestar.Match(filter, full)
			matched = matched || strings.Trim(filter, "*") == "" // everything, with a scope or without
		}
		if matched && !(dependencies && notItself) {
			dirs = append(dirs, dir)
		}
		if matched && dependencies {
			dirs = append(dirs, r.needed(w, dir)...)
		}
	}
	return dirs
}

// needed are the members that one depends on, and those that they depend on.
func (r *root) needed(w *nodeWorkspace, dir string) []string {
	var all []string
	seen := map[string]bool{dir: true}
	for next := []string{dir}; len(next) > 0; {
		p := r.nodePackage(next[0])
		next = next[1:]
		for _, kind := range []string{"dependencies", "devDependencies"} {
			for _, name := range p.tree.Get(kind).Keys() {
				if to, ok := w.byName[name]; ok && !seen[to] {
					seen[to] = true
					all = append(all, to)
					next = append(next, to)
				}
			}
		}
	}
	return all
}
