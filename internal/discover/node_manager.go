package discover

import (
	"os"
	"path"
	"slices"
	"strings"
)

// nodeManager is what installs a package's dependencies, and runs its scripts.
type nodeManager string

// The managers that are known.
const (
	npm  nodeManager = "npm"
	pnpm nodeManager = "pnpm"
	yarn nodeManager = "yarn"
	bun  nodeManager = "bun"
)

// lockFiles tell the manager. npm's stands last: it is the one that is made by
// mistake beside another's.
var lockFiles = []struct {
	name    string
	manager nodeManager
}{
	{"pnpm-lock.yaml", pnpm},
	{"pnpm-workspace.yaml", pnpm},
	{"yarn.lock", yarn},
	{".yarnrc.yml", yarn},
	{"bun.lock", bun},
	{"bun.lockb", bun},
	{"bunfig.toml", bun},
	{"package-lock.json", npm},
	{"npm-shrinkwrap.json", npm},
}

// managerOf is the manager of a folder: what the nearest package.json says
// about it, or the nearest lock file, from the folder up to the root.
func (r *root) managerOf(dir string) nodeManager {
	if m, ok := r.node.managers[dir]; ok {
		return m
	}
	m := r.managerIn(dir)
	switch {
	case m != "":
	case dir == ".":
		m = npm
	default:
		m = r.managerOf(path.Dir(dir))
	}
	r.node.managers[dir] = m
	return m
}

func (r *root) managerIn(dir string) nodeManager {
	if p := r.nodePackage(dir); p != nil {
		name, _, _ := strings.Cut(p.tree.Get("packageManager").Scalar(), "@")
		if name == "" {
			name = p.tree.Get("devEngines", "packageManager", "name").Scalar()
		}
		if m := nodeManager(name); slices.Contains([]nodeManager{npm, pnpm, yarn, bun}, m) {
			return m
		}
	}
	if w := r.spaceOf(dir); w != nil && w.has[dir] {
		return "" // one lock file for all of them, at the top
	}
	for _, lock := range lockFiles {
		if _, err := os.Lstat(r.abs(join(dir, lock.name))); err == nil {
			return lock.manager
		}
	}
	return ""
}

// ownCommands are words that a manager takes for its own command rather than
// for a script.
var ownCommands = map[nodeManager][]string{
	pnpm: strings.Fields(`add approve-builds audit bin cache cat-file cat-index completion config create deploy dislink dlx env
		exec fetch find-hash help i import info init install link list ls ll licenses outdated pack patch prune publish rb
		rebuild remove rm root run self-update server setup store unlink un up update upgrade why`),
	yarn: strings.Fields(`add audit autoclean bin cache check config constraints create dedupe dlx exec explain generate-lock-entry
		global help import info init install licenses link list login logout node npm outdated owner pack patch plugin policies
		publish rebuild remove run search set stage tag team unlink unplug up upgrade upgrade-interactive version versions why
		workspace workspaces`),
}

// runs is how a script is typed: "npm run dev", "pnpm dev", "bun run dev".
// args are for the script, as the shell takes them.
func (m nodeManager) runs(script, args string) string {
	word := shellWord(script)
	text := string(m) + " run " + word
	switch {
	case m == npm && script == "start":
		text = "npm start"
	case (m == pnpm || m == yarn) && !slices.Contains(ownCommands[m], script):
		text = string(m) + " " + word
	}
	if args == "" {
		return text
	}
	if m == npm {
		text += " --"
	}
	return text + " " + args
}

// execs is what goes in front of a program that a dependency brings.
func (m nodeManager) execs() string {
	switch m {
	case pnpm:
		return "pnpm exec "
	case yarn:
		return "yarn " // as it is typed in every version
	case bun:
		return "bunx "
	}
	return "npx "
}
