package discover

import (
	"fmt"
	"slices"
)

// mostServices is how many are proposed, beside those of files that somebody
// wrote to run them together. Nobody reads or starts more at once.
const mostServices = 64

// mostClones is how many repositories beside each other may be one project. A
// folder of more is where somebody keeps all of theirs.
const mostClones = 8

// withoutClones are the folders in f that are looked at next, without the
// repositories that only lie beside each other there.
func (r *root) withoutClones(f *folder) []string {
	dirs := f.below()
	if len(dirs) <= mostClones || r.exists(".git") {
		return dirs
	}
	isClone := func(dir string) bool { return r.exists(join(dir, ".git")) }
	rest := slices.DeleteFunc(slices.Clone(dirs), isClone)
	clones := len(dirs) - len(rest)
	if clones <= mostClones {
		return dirs
	}
	first := dirs[slices.IndexFunc(dirs, isClone)]
	r.note(Note{Kind: Left, Origin: Origin{File: f.dir}, Text: fmt.Sprintf(
		"%d folders have a .git of their own, and are not looked at: go to one of them, such as %s", clones, first)})
	return rest
}

// thin leaves services out of a folder that has far too many: watchers of
// libraries first, then those that are found last. One note tells of all.
func (r *root) thin() {
	if len(r.services) <= mostServices {
		return
	}
	all := sources()
	together := func(s *Service) bool { return all[s.rank].whole }
	byPreference(r.services)
	kept := map[*Service]bool{}
	number := 0
	keep := func(want func(*Service) bool) {
		for _, s := range r.services {
			if !kept[s] && want(s) {
				kept[s] = true
				number++
			}
		}
	}
	fits := func(*Service) bool { return number < mostServices }
	keep(together)
	keep(func(s *Service) bool { return fits(s) && !s.minor && s.Get("autostart") == nil })
	keep(func(s *Service) bool { return fits(s) && !s.minor })
	keep(fits)
	became := map[*Service]*Service{}
	for _, s := range r.services {
		for _, own := range s.everybody() {
			became[own] = s
		}
	}
	for _, s := range r.services { // what is kept needs what it waits for
		for next := []*Service{s}; kept[s] && len(next) > 0; next = next[1:] {
			for _, own := range next[0].everybody() {
				for _, a := range own.awaited {
					if other := became[a.service]; other != nil && !kept[other] {
						kept[other] = true
						next = append(next, other)
					}
				}
			}
		}
	}
	var first *Service
	left := 0
	for _, s := range r.services {
		if !kept[s] {
			left++
			if first == nil {
				first = s
			}
		}
	}
	if first == nil {
		return
	}
	r.services = slices.DeleteFunc(r.services, func(s *Service) bool { return !kept[s] })
	r.note(Note{Kind: Left, Origin: Origin{File: "."}, Text: fmt.Sprintf(
		"%d more look like services and are left out, the first of them %s: nobody runs so many at once; prox init in a folder below finds those of that folder", left, first.From)})
}
