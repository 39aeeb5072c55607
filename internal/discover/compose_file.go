package discover

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"prox/internal/document"
)

// composeProject is what a compose file and all that belongs to it say.
type composeProject struct {
	f           *file
	given       []string // files that docker has to be told; none if it finds them itself
	projectName string
	services    []*composeService // in the order of the files
	dotenv      map[string]string // the .env beside the file, which docker reads too
	profiles    []string          // that are asked for by .env
}

// composeService is one service, with everything laid over it.
type composeService struct {
	*composeProject
	name  string
	node  *document.Node
	file  string // where it begins, relative to the root
	line  int
	ports []composePort
	task  bool // another waits until it has ended

	own *Service // what was made of it
}

func (p *composeProject) service(name string) *composeService {
	at := slices.IndexFunc(p.services, func(s *composeService) bool { return s.name == name })
	if at < 0 {
		return nil
	}
	return p.services[at]
}

// composeReader gathers services from the files.
type composeReader struct {
	f        *file
	seen     map[string]bool            // files that are being read
	services map[string]*composeService // by name
	order    []string
	name     string
}

// Bounds on chains that people write by hand.
const (
	deepestExtends  = 16
	deepestIncludes = 8
)

// readCompose reads files that are laid over each other; nil if nothing comes
// of it, which a note has told.
func readCompose(f *file, files []string, given bool) *composeProject {
	r := &composeReader{f: f, seen: map[string]bool{}, services: map[string]*composeService{}}
	p := &composeProject{f: f, dotenv: f.dotenv()}
	if given {
		p.given = files
	}
	if active := p.dotenv["COMPOSE_PROFILES"]; active != "" {
		p.profiles = strings.Split(strings.ReplaceAll(active, " ", ""), ",")
	}
	for _, name := range files {
		r.readFile(join(f.dir, name), 0)
	}
	p.projectName, _ = p.static(r.name)
	if len(r.order) > mostFound {
		f.note(Broken, 0, "services", fmt.Sprintf("there are more than %d services; the rest was passed over", mostFound))
		r.order = r.order[:mostFound]
	}
	for _, name := range r.order {
		s := r.services[name]
		s.composeProject = p
		p.services = append(p.services, s)
	}
	if len(p.services) == 0 && f.root.only != nil {
		return nil
	}
	return p
}

// readFile reads one file, and what it includes, over what is known.
func (r *composeReader) readFile(name string, depth int) {
	if r.seen[name] || depth > deepestIncludes {
		return
	}
	r.seen[name] = true
	tree := r.tree(name)
	if tree == nil {
		return
	}
	for _, item := range tree.Get("include").Elements() {
		paths := item.Scalars()
		if item.IsTable() {
			paths = item.Get("path").Scalars()
		}
		for _, included := range paths {
			r.include(name, item, included, depth)
		}
	}
	if own := tree.Get("name").Scalar(); own != "" && path.Dir(name) == r.f.dir {
		r.name = own
	}
	if services := tree.Get("services"); services != nil && !services.IsTable() && services.Kind != document.Null {
		r.broken(name, services.At(), "services", "expected a table of services")
	}
	for _, field := range tree.Get("services").Each() {
		if !field.Value.IsTable() {
			r.broken(name, field.Line, "services."+field.Key, "expected a table of settings")
			continue
		}
		node := r.extended(name, tree, field.Key, nil)
		known := r.services[field.Key]
		if known == nil {
			r.services[field.Key] = &composeService{name: field.Key, node: node, file: name, line: field.Line}
			r.order = append(r.order, field.Key)
			continue
		}
		known.node = composeMerge(known.node, node, "")
	}
}

func (r *composeReader) include(from string, item *document.Node, included string, depth int) {
	target := path.Join(path.Dir(from), included)
	if strings.Contains(included, "$") || !r.exists(target) {
		r.broken(from, item.At(), "include", included+" is not there, or not in this folder")
		return
	}
	before := len(r.order)
	r.readFile(target, depth+1)
	base := path.Dir(target)
	if dir := item.Get("project_directory").Scalar(); dir != "" {
		base = path.Join(path.Dir(from), dir)
	}
	for _, name := range r.order[before:] {
		if s := r.services[name]; s.file == target {
			s.node = rebased(s.node, base, r.f.dir)
		}
	}
}

// extended is a service with what it extends below it.
func (r *composeReader) extended(file string, tree *document.Node, name string, chain []string) *document.Node {
	node := tree.Get("services", name)
	extends := node.Get("extends")
	if extends == nil {
		return node
	}
	id := file + "#" + name
	base, other := extends.Scalar(), ""
	if extends.IsTable() {
		base, other = extends.Get("service").Scalar(), extends.Get("file").Scalar()
	}
	baseFile, baseTree := file, tree
	if other != "" {
		baseFile = path.Join(path.Dir(file), other)
		baseTree = r.tree(baseFile)
	}
	switch {
	case slices.Contains(chain, id) || len(chain) > deepestExtends:
		r.broken(file, extends.At(), "services."+name+".extends", "the services extend each other in a circle")
		return node
	case !baseTree.Get("services", base).IsTable():
		if other != "" {
			base += " of " + other
		}
		r.broken(file, extends.At(), "services."+name+".extends", "there is no service "+base)
		return node
	}
	below := r.extended(baseFile, baseTree, base, append(chain, id))
	if path.Dir(baseFile) != path.Dir(file) {
		below = rebased(below, path.Dir(baseFile), path.Dir(file))
	}
	return composeMerge(below, node, "")
}

func (r *composeReader) exists(name string) bool {
	_, ok := r.f.root.readQuietly(name)
	return ok
}

// tree is a further file, or the one that was given.
func (r *composeReader) tree(name string) *document.Node {
	data, ok := r.f.root.readQuietly(name)
	if !ok {
		return nil
	}
	return r.f.root.tree(name, document.YAML, data)
}

// broken tells of a mistake in one of the files. Import is about one file, and
// shows what is said of it only.
func (r *composeReader) broken(file string, line int, key, text string) {
	if r.f.root.only != nil && file != r.f.path() {
		text, file, line = text+" ("+file+")", r.f.path(), 0
	}
	r.f.root.note(Note{Kind: Broken, Origin: Origin{File: file, Line: line, Key: key}, Text: text})
}

// rebased is a service whose relative paths were meant from another folder.
func rebased(node *document.Node, from, to string) *document.Node {
	if from == to || node == nil {
		return node
	}
	out := *node
	out.Fields = slices.Clone(node.Fields)
	for i, field := range out.Fields {
		switch field.Key {
		case "build":
			out.Fields[i].Value = rebasedPath(field.Value, from, to, "context")
		case "env_file":
			out.Fields[i].Value = rebasedPath(field.Value, from, to, "path")
		}
	}
	return &out
}

// rebasedPath moves the path that a value is, or that it has under a key.
func rebasedPath(node *document.Node, from, to, key string) *document.Node {
	out := *node
	switch {
	case node.IsList():
		out.Items = slices.Clone(node.Items)
		for i, item := range out.Items {
			out.Items[i] = rebasedPath(item, from, to, key)
		}
	case node.IsTable():
		out.Fields = slices.Clone(node.Fields)
		for i, field := range out.Fields {
			if field.Key == key {
				out.Fields[i].Value = rebasedPath(field.Value, from, to, key)
			}
		}
	case node.Text != "" && !path.IsAbs(node.Text) && !strings.Contains(node.Text, "://"):
		out.Text = relativeTo(path.Join(from, node.Text), to)
	}
	return &out
}

// relativeTo is a path from a folder to another, both from the root.
func relativeTo(name, dir string) string {
	if dir == "." {
		return name
	}
	up := ""
	for dir != "." && name != dir && !strings.HasPrefix(name, dir+"/") {
		dir = path.Dir(dir)
		up += "../"
	}
	if dir == "." {
		return up + name
	}
	return path.Clean(up + "./" + strings.TrimPrefix(strings.TrimPrefix(name, dir), "/"))
}
