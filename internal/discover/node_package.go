package discover

import (
	"fmt"
	"slices"
	"strings"

	"prox/internal/document"
)

// nodeState is what is known of Node packages while folders are read.
type nodeState struct {
	packages map[string]*nodePackage // by folder; nil = there is none
	managers map[string]nodeManager  // by folder
	spaces   map[string]*nodeWorkspace
	nx       map[string]*nxSpace
	plans    map[Ref]plan // of scripts, each taken apart once
	roles    map[Ref]role
	started  map[Ref]*Service  // scripts and targets that are services already
	served   map[string]bool   // folders in which something is one
	chosen   map[string]string // folders whose own script says which packages below are started, and how it is typed
}

func newNodeState() nodeState {
	return nodeState{
		packages: map[string]*nodePackage{}, managers: map[string]nodeManager{}, spaces: map[string]*nodeWorkspace{},
		nx: map[string]*nxSpace{}, plans: map[Ref]plan{}, roles: map[Ref]role{}, started: map[Ref]*Service{},
		served: map[string]bool{}, chosen: map[string]string{},
	}
}

// nodePackage is a folder's package.json.
type nodePackage struct {
	dir     string
	tree    *document.Node
	scripts []nodeScript // in the order of the file
}

// nodeScript is one of a package's scripts.
type nodeScript struct {
	name, command string
	line          int
}

// nodePackage reads the package.json of a folder; nil if there is none, or a
// broken one, which is told once.
func (r *root) nodePackage(dir string) *nodePackage {
	if p, ok := r.node.packages[dir]; ok {
		return p
	}
	r.node.packages[dir] = nil
	name := join(dir, "package.json")
	data, ok := r.readQuietly(name)
	if !ok {
		return nil
	}
	tree := r.tree(name, document.JSON, data)
	if tree == nil {
		return nil
	}
	if !tree.IsTable() {
		r.note(Note{Kind: Broken, Origin: Origin{File: name, Line: tree.At()}, Text: "passed over: it holds no JSON object"})
		return nil
	}
	p := &nodePackage{dir: dir, tree: tree}
	for _, field := range tree.Get("scripts").Each() {
		if len(p.scripts) == mostTargets {
			r.note(Note{Kind: Broken, Origin: Origin{File: name}, Text: fmt.Sprintf("there are more than %d scripts in it; the rest was passed over", mostTargets)})
			break
		}
		if field.Value.IsText() && strings.TrimSpace(field.Value.Text) != "" && field.Key != "" {
			p.scripts = append(p.scripts, nodeScript{field.Key, field.Value.Text, field.Line})
		}
	}
	r.node.packages[dir] = p
	return p
}

// fullName is the package's name, with its scope.
func (p *nodePackage) fullName() string { return p.tree.Get("name").Scalar() }

// shortName is the package's name without its scope; "" if it has none.
func (p *nodePackage) shortName() string {
	name := p.fullName()
	return name[strings.LastIndexByte(name, '/')+1:]
}

func (p *nodePackage) script(name string) (nodeScript, bool) {
	at := slices.IndexFunc(p.scripts, func(s nodeScript) bool { return s.name == name })
	if at < 0 {
		return nodeScript{}, false
	}
	return p.scripts[at], true
}

func (p *nodePackage) hasScript(name string) bool {
	_, ok := p.script(name)
	return ok
}

// matching are the names of the scripts that a part of a command means.
func (p *nodePackage) matching(part togetherPart) []string {
	var names []string
	for _, s := range p.scripts {
		if part.matches(s.name) {
			names = append(names, s.name)
		}
	}
	return names
}

// depends reports whether the package names another as a dependency.
func (p *nodePackage) depends(names ...string) bool {
	for _, kind := range []string{"dependencies", "devDependencies", "optionalDependencies", "peerDependencies"} {
		table := p.tree.Get(kind)
		for _, name := range names {
			if table.Has(name) {
				return true
			}
		}
	}
	return false
}

// library reports whether the package is made to be used by others.
func (p *nodePackage) library() bool {
	private, _ := p.tree.Get("private").Truth()
	return p.tree.Has("exports") || p.tree.Has("module") || p.tree.Has("types") || p.tree.Has("bin") || p.tree.Has("main") && !private
}

func scriptRef(dir, name string) Ref { return ref("script", dir, name) }
