package discover

import (
	"os"
	"path"
	"path/filepath"
	"strings"
)

// remindOfInstall tells of packages that services run without what these need:
// who has just cloned a project has none of it, and each would say so only by
// ending.
func (r *root) remindOfInstall() {
	told := map[string]bool{}
	for _, s := range r.services {
		p := r.nodePackage(s.Dir)
		if p == nil || s.Off || !r.runsPackage(s) {
			continue
		}
		dir, needs := s.Dir, p.needsPackages()
		if w := r.spaceOf(s.Dir); w != nil && w.has[s.Dir] {
			dir = w.dir
			if top := r.nodePackage(dir); top != nil {
				needs = needs || top.needsPackages()
			}
		}
		if told[dir] || !needs || r.installed(dir) {
			continue
		}
		told[dir] = true
		text := "its packages are not installed: run " + string(r.managerOf(dir)) + " install"
		if dir != "." {
			text += " in " + dir
		}
		r.note(Note{Kind: Missing, Origin: Origin{File: join(dir, "package.json")}, Text: text})
	}
}

// runsPackage reports whether a service runs something of its folder's package.
func (r *root) runsPackage(s *Service) bool {
	if path.Base(s.From.File) == "package.json" {
		return true
	}
	own, called := r.programs(s)
	for _, c := range append(own, called...) {
		if callsOfScripts(c) != nil || roles[c.program()] == roleServer {
			return true
		}
	}
	return false
}

// needsPackages reports whether the package needs others that a manager
// installs.
func (p *nodePackage) needsPackages() bool {
	for _, kind := range []string{"dependencies", "devDependencies"} {
		for _, field := range p.tree.Get(kind).Each() {
			if !strings.HasPrefix(field.Value.Scalar(), "workspace:") {
				return true
			}
		}
	}
	return false
}

// installed reports whether the packages of a folder are there. Those of the
// root may be in a folder above, of a workspace that it belongs to.
func (r *root) installed(dir string) bool {
	for at := r.abs(dir); ; at = filepath.Dir(at) {
		if stands(at, "node_modules") || stands(at, ".pnp.cjs") {
			return true
		}
		if dir != "." || at == filepath.Dir(at) {
			return false
		}
	}
}

func stands(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}
