package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"prox/internal/document"
)

// root is what is known of the folder while it is read.
type root struct {
	ctx      context.Context
	dir      string
	inside   *os.Root
	services []*Service
	notes    []Note
	defined  map[Ref]definition
	members  map[string]bool      // folders that a workspace names
	queue    []string             // of those that are still to be looked at, however deep
	later    []func()             // to be done when it is known which service has which command
	hints    []portHint           // of ports that services may have
	folders  map[string]*folder   // that were looked at
	ran      map[string]programs  // what commands were found to run, by command and folder
	offers   map[string]portOffer // by folder: what its Procfile's services are given
	seen     map[string]bool
	kept     map[string][]byte                 // what was read; nil = could not be
	free     map[string]bool                   // folders, and whether no link leads to them
	listed   map[string]map[string]fs.FileMode // what is in folders that were listed ahead
	trees    map[string]*document.Node
	node     nodeState
	only     *file           // Import: the file that is taken over
	parts    map[string]bool // and files that belong to it
	name     string
	env      map[string]string
}

// Look reads a folder and the workspaces below it. It ends early with ctx; else
// the only error is that the folder itself can't be read.
func Look(ctx context.Context, dir string) (*Proposal, error) {
	r, err := newRoot(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer r.inside.Close()
	if err := r.walk(); err != nil {
		return nil, err
	}
	r.borrowCommands()
	r.services = same(r)
	r.thin()
	r.enrich()
	r.remindOfInstall()
	return r.settle()
}

func newRoot(ctx context.Context, dir string) (*root, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot look into %s: %w", dir, err)
	}
	inside, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("cannot look into %s: %w", dir, plain(err))
	}
	return &root{
		ctx: ctx, dir: abs, inside: inside, offers: map[string]portOffer{}, folders: map[string]*folder{}, listed: map[string]map[string]fs.FileMode{}, ran: map[string]programs{}, defined: map[Ref]definition{}, members: map[string]bool{},
		seen: map[string]bool{}, kept: map[string][]byte{}, free: map[string]bool{}, trees: map[string]*document.Node{}, env: map[string]string{},
		node: newNodeState(),
	}, nil
}

// part says that a file belongs to the one that Import takes over.
func (r *root) part(name string) {
	if r.parts == nil {
		r.parts = map[string]bool{}
	}
	r.parts[name] = true
}

func (r *root) note(n Note) {
	if !slices.Contains(r.notes, n) {
		r.notes = append(r.notes, n)
	}
}

// addMember has a folder looked at though it is deep, or beside the project.
func (r *root) addMember(dir string) {
	if !r.members[dir] {
		r.members[dir] = true
		r.queue = append(r.queue, dir)
	}
}

// walk looks into the folders, the nearest first.
func (r *root) walk() error {
	all := sources()
	type step struct {
		dir   string
		depth int
	}
	next := []step{{".", 0}}
	for len(next) > 0 || len(r.queue) > 0 {
		if err := r.ctx.Err(); err != nil {
			return fmt.Errorf("cannot look into all of %s: %w", r.dir, context.Cause(r.ctx))
		}
		// Members go first: that there are too many folders is to cost others.
		if len(r.queue) > 0 {
			var members []step
			for _, dir := range r.queue {
				members = append(members, step{dir, 1 + strings.Count(dir, "/")})
			}
			next = append(members, next...)
			r.queue = nil
		}
		now := next[0]
		next = next[1:]
		if r.seen[now.dir] {
			continue
		}
		if len(r.seen) == mostFolders {
			r.note(Note{Kind: Broken, Origin: Origin{File: "."}, Text: fmt.Sprintf("there are more than %d folders; the rest was not looked at", mostFolders)})
			return nil
		}
		r.seen[now.dir] = true
		f, ok := r.open(now.dir, now.depth)
		if !ok {
			if now.dir == "." {
				return errors.New(r.notes[len(r.notes)-1].Text)
			}
			continue
		}
		if now.dir != "." && f.has("prox.toml", "prox.yml", "prox.yaml") {
			continue // a project of its own
		}
		r.folders[now.dir] = f
		r.readFolder(f, all)
		if now.depth < mostDepth {
			for _, dir := range r.withoutClones(f) {
				next = append(next, step{dir, now.depth + 1})
			}
		}
	}
	return nil
}

// readFolder hands each file that a source knows to its reader.
func (r *root) readFolder(f *folder, all []source) {
	names := f.sorted()
	for rank := range all {
		s := &all[rank]
		if inDevcontainer(f.dir) && s.name != "devcontainer" {
			continue // what else is there is the container's
		}
		for _, name := range names {
			if r.only != nil && f.dir == "." && name == r.only.name {
				if s.name != r.only.source.name {
					continue
				}
			} else if !s.matches(name) {
				continue
			}
			data, ok := r.read(join(f.dir, name))
			if !ok {
				continue
			}
			s.read(&file{folder: f, name: name, data: data, source: s, rank: rank})
		}
	}
}

// byPreference sorts services: the root's before those below, better sources
// first, then as they were found.
func byPreference(services []*Service) {
	slices.SortStableFunc(services, func(a, b *Service) int {
		return cmp.Or(cmp.Compare(min(a.depth, 1), min(b.depth, 1)), cmp.Compare(a.rank, b.rank), cmp.Compare(a.depth, b.depth), cmp.Compare(a.order, b.order))
	})
}

// borrowCommands gives services whose command stands in another folder the one
// that this folder's own files tell.
func (r *root) borrowCommands() {
	defer func() {
		for _, do := range r.later {
			do()
		}
	}()
	for _, s := range r.services {
		if s.borrow == "" {
			continue
		}
		var own []*Service
		for _, other := range r.services {
			if other != s && other.borrow == "" && other.Dir == s.borrow && !other.Off && other.From.File != s.From.File {
				own = append(own, other)
			}
		}
		byPreference(own)
		if s.choose != nil {
			s.choose(own)
			continue
		}
		if len(own) == 0 {
			continue
		}
		best := own[0]
		s.Command, s.Argv, s.Dir, s.Off = best.Command, best.Argv, best.Dir, false
		s.Remarks = nil
		s.ids = append(s.ids, best.ids...)
		for _, set := range best.Settings {
			if s.Get(set.Key) == nil {
				s.put(set)
			}
		}
		s.Remark("its command: %s", best.From)
	}
}
