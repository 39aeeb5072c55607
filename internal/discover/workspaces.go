package discover

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// workspaces are the folders below dir that patterns of a workspace mean, in
// order of their names. Links are not followed, and what was fetched or made
// is passed over.
func (r *root) workspaces(dir string, patterns []string) []string {
	found := map[string]bool{}
	tree := os.DirFS(r.abs(dir))
	for _, pattern := range patterns {
		pattern, taken := strings.CutPrefix(pattern, "!")
		pattern = strings.TrimSuffix(strings.TrimPrefix(path.Clean(pattern), "./"), "/")
		if !doublestar.ValidatePattern(pattern) || strings.HasPrefix(pattern, "../") || path.IsAbs(pattern) {
			continue
		}
		if taken {
			for name := range found {
				if ok, _ := doublestar.Match(pattern, name); ok { // the pattern is valid
					delete(found, name)
				}
			}
			continue
		}
		r.expand(tree, dir, pattern, found)
	}
	var all []string
	for name := range found {
		all = append(all, join(dir, name))
	}
	slices.Sort(all)
	return all
}

// expand adds the folders of dir, whose tree it is, that a pattern means.
func (r *root) expand(tree fs.FS, dir, pattern string, found map[string]bool) {
	base, rest := doublestar.SplitPattern(pattern)
	if rest == "" || rest == "." {
		base, rest = pattern, "."
	}
	if !r.linkFree(join(dir, base)) {
		return // the walk would follow a link that it begins with
	}
	visited := 0
	// What can't be looked into has no workspaces; walking on is all there is to do.
	_ = fs.WalkDir(tree, base, func(name string, d fs.DirEntry, err error) error {
		if err != nil || r.ctx.Err() != nil {
			return fs.SkipDir
		}
		if !d.IsDir() {
			return nil
		}
		if name != base && (strings.HasPrefix(d.Name(), ".") || slices.Contains(passedOver, d.Name())) {
			return fs.SkipDir
		}
		if visited++; visited > mostFolders {
			return fs.SkipAll
		}
		if ok, _ := doublestar.Match(pattern, name); ok { // the pattern is valid
			found[name] = true
		}
		if !strings.Contains(rest, "**") && name != base && strings.Count(name, "/") >= strings.Count(pattern, "/") {
			return fs.SkipDir
		}
		return nil
	})
}
