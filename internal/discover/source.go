package discover

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"prox/internal/document"
)

// source is a kind of files that say how a project is run. Of two that say the
// same, the one that stands first in the list is preferred.
type source struct {
	name  string   // for Import and for people
	files []string // names of files, or patterns of path.Match
	read  func(*file)
	whole bool // a whole config, which Import takes
	// What it tells was concluded from a project's parts, and written by nobody.
	concluded bool
}

// sources are all that there are, best first: what was written to run several
// services together goes before what runs one, and what was written by
// somebody before what can be concluded.
func sources() []source {
	return []source{
		{name: "process-compose", files: processComposeNames, read: processCompose, whole: true},
		{name: "mprocs", files: mprocsNames, read: mprocs, whole: true},
		{name: "pitchfork", files: pitchforkNames, read: pitchfork, whole: true},
		{name: "procfile", files: procfileNames, read: procfile, whole: true},
		{name: "overmind", files: overmindNames, read: overmind},
		{name: "pm2", files: pm2Names, read: pm2, whole: true},
		{name: "tmuxinator", files: tmuxinatorNames, read: tmuxinator, whole: true},
		{name: "compose", files: composeNames, read: compose, whole: true},
		{name: "package.json", files: []string{"package.json"}, read: packageJSON},
		{name: "taskfile", files: taskfileNames, read: taskfile},
		{name: "justfile", files: justfileNames, read: justfile},
		{name: "makefile", files: makefileNames, read: makefile},
		{name: "mise", files: miseNames, read: mise},
		{name: "python", files: pythonNames, read: python, concluded: true},
		{name: "ruby", files: rubyNames, read: ruby, concluded: true},
		{name: "go", files: golangNames, read: golang, concluded: true},
		{name: "cargo", files: cargoNames, read: cargo, concluded: true},
		{name: "elixir", files: elixirNames, read: elixir, concluded: true},
		{name: "php", files: phpNames, read: php, concluded: true},
		{name: "jvm", files: jvmNames, read: jvm, concluded: true},
		{name: "devcontainer", files: devcontainerNames, read: devcontainer},
	}
}

// file is one file that a reader is given.
type file struct {
	*folder
	name   string // without the folder
	data   []byte
	source *source
	rank   int
}

// path is the file's, relative to the root.
func (f *file) path() string { return join(f.dir, f.name) }

// origin is a place in the file.
func (f *file) origin(line int, key string) Origin {
	return Origin{File: f.path(), Line: line, Key: key}
}

// add adds a service that runs command in the file's folder, and returns it to
// be told more of. key is what in the file asks for it. Where there are far too
// many, what is returned is of no service.
func (f *file) add(name, command string, line int, key string) *Service {
	s := &Service{
		Name: name, Command: command, Dir: f.dir, From: f.origin(line, key),
		rank: f.rank, order: len(f.root.services), depth: f.depth, concluded: f.source.concluded,
	}
	if len(f.root.services) == mostFound {
		f.root.note(Note{Kind: Broken, Origin: Origin{File: "."}, Text: fmt.Sprintf("there are more than %d services; the rest was passed over", mostFound)})
		return s
	}
	f.root.services = append(f.root.services, s)
	return s
}

// nameByFolder gives what was concluded the folder's name as well. Below the
// root it goes before "web" and "api", which are what every application is.
func (f *file) nameByFolder(s *Service) {
	s.names = append(s.names, f.base())
	s.vague = f.dir != "." && (s.Name == "web" || s.Name == "api")
}

// note tells of something in the file.
func (f *file) note(kind NoteKind, line int, key, text string) {
	f.root.note(Note{Kind: kind, Origin: f.origin(line, key), Text: text})
}

// tree reads the file as YAML, JSON or TOML; nil, with a note, if it isn't.
func (f *file) tree(format document.Format) *document.Node {
	return f.root.tree(f.path(), format, f.data)
}

// matches reports whether a file of this name is of the source.
func (s *source) matches(name string) bool {
	return slices.ContainsFunc(s.files, func(pattern string) bool {
		if pattern == name || !strings.ContainsAny(pattern, "*?[") { // the quick way: there are thousands of files
			return pattern == name
		}
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}
