package doctor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// nodePrograms run what a package.json's dependencies bring.
var nodePrograms = []string{"npm", "npx", "pnpm", "yarn", "bun", "bunx", "node", "tsx", "vite", "next"}

// installs is a command that brings the packages by itself.
var installs = regexp.MustCompile(`\b(?:npm|pnpm|yarn|bun)\s+(?:ci|i|install)\b`)

// Packages checks that the packages of a package.json are installed where
// services run by it: who has just cloned a project has none of them. project
// is the project's folder. Where the config installs them itself, nothing is
// said.
func Packages(uses []Use, project string) []Finding {
	if slices.ContainsFunc(uses, func(u Use) bool { return installs.MatchString(u.Command.Text) }) {
		return nil
	}
	var found []Finding
	told := map[string]bool{}
	for _, u := range uses {
		runs := slices.ContainsFunc(Programs(u.Command), func(name string) bool { return slices.Contains(nodePrograms, name) })
		if !runs || told[u.Dir] {
			continue
		}
		told[u.Dir] = true
		if !needsPackages(u.Dir) || installedAt(u.Dir) {
			continue
		}
		dir, manager := lockedBy(u.Dir, project)
		fix := manager + " install"
		if rel, err := filepath.Rel(project, dir); err == nil && rel != "." {
			fix = "cd " + rel + " && " + fix
		}
		found = append(found, problem("packages", "those of "+filepath.Join(u.Dir, "package.json")+" are not installed ("+u.Where+")", fix))
	}
	return found
}

func needsPackages(dir string) bool {
	var manifest struct {
		Dependencies    map[string]string `json:"dependencies"`
		DevDependencies map[string]string `json:"devDependencies"`
	}
	// Without a manifest that can be read, there is nothing to be installed by.
	return json.Unmarshal(small(filepath.Join(dir, "package.json")), &manifest) == nil && len(manifest.Dependencies)+len(manifest.DevDependencies) > 0
}

// installedAt looks for the packages as node does: here, or in a folder above.
func installedAt(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		for _, name := range []string{"node_modules", ".pnp.cjs"} {
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				return true
			}
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

// lockedBy is where packages are installed, and by what: where the lock file
// is, here or above within the project.
func lockedBy(dir, project string) (where, manager string) {
	for at := dir; ; at = filepath.Dir(at) {
		for _, lock := range [][2]string{
			{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"}, {"package-lock.json", "npm"},
		} {
			if _, err := os.Lstat(filepath.Join(at, lock[0])); err == nil {
				return at, lock[1]
			}
		}
		if at == project || at == filepath.Dir(at) || !strings.HasPrefix(at, project) {
			return dir, "npm"
		}
	}
}
