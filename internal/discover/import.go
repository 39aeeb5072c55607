package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Formats are the configs of others that Import takes over, by name.
func Formats() []string {
	var names []string
	for _, s := range sources() {
		if s.whole {
			names = append(names, s.name)
		}
	}
	return names
}

// FormatOf is the one of [Formats] that a file's name tells; "" if none does.
func FormatOf(name string) string {
	for _, s := range sources() {
		if s.whole && s.matches(filepath.Base(name)) {
			return s.name
		}
	}
	return ""
}

// ErrUnknownFormat says that a file's name does not tell whose config it is.
var ErrUnknownFormat = errors.New("the file's name does not tell whose config it is")

// Import takes over one config of another runner, with every setting that prox
// has too; the notes name every one that it doesn't have. format is one of
// [Formats], or "" to tell it by the file's name; the error then wraps
// [ErrUnknownFormat] if it can't be told. The file's folder is the proposal's.
func Import(ctx context.Context, name, format string) (*Proposal, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, fmt.Errorf("cannot import %s: %w", name, err)
	}
	base := filepath.Base(abs)
	all := sources()
	at := slices.IndexFunc(all, func(s source) bool {
		return s.whole && (format == s.name || format == "" && s.matches(base))
	})
	switch {
	case at < 0 && format != "":
		return nil, fmt.Errorf("cannot import %s: there is no format %q; there are %s", name, format, strings.Join(Formats(), ", "))
	case at < 0:
		return nil, fmt.Errorf("cannot import %s: %w", name, ErrUnknownFormat)
	}
	r, err := newRoot(ctx, filepath.Dir(abs))
	if err != nil {
		return nil, err
	}
	defer r.inside.Close()
	if _, err := r.readFile(base); err != nil {
		return nil, fmt.Errorf("cannot import %s: %w", name, plain(err))
	}
	r.only = &file{name: base, source: &all[at]}
	if err := r.walk(); err != nil {
		return nil, err
	}
	r.borrowCommands()
	if all[at].name == "procfile" {
		r.offerPorts()
	}
	r.services = slices.DeleteFunc(r.services, func(s *Service) bool { return s.From.File != base })
	r.notes = slices.DeleteFunc(r.notes, func(n Note) bool { return n.File != base && !r.parts[n.File] })
	slices.SortStableFunc(r.notes, func(a, b Note) int { // as one reads the file
		if own := a.File == base; own != (b.File == base) {
			if own {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	if len(r.services) == 0 {
		for _, n := range r.notes {
			if n.Kind == Broken {
				return nil, fmt.Errorf("cannot import %s", n)
			}
		}
		return nil, fmt.Errorf("cannot import %s: there are no services in it, read as a config of %s", name, all[at].name)
	}
	return r.settle()
}
