package discover

import (
	"slices"
	"strings"
)

// same makes one service of all that say the same. The preferred one stays,
// and keeps the others as what also says so.
//
// Two services are the same when what they amount to overlaps (a Procfile's
// "npm run dev" is the package.json's script dev), or when files that each list
// a project's services give both the same name in one folder. Two of one file
// are never the same: who wrote both wanted both.
func same(r *root) []*Service {
	all := slices.Clone(r.services)
	byPreference(all)
	var kept []*Service
	holder := map[Ref]*Service{}
	named := map[string]*Service{}
	for _, s := range all {
		reached := r.reach(s)
		if first := r.findSame(s, reached, holder, named); first != nil {
			first.absorb(s)
			for id := range reached { // a third may say the same as the second only
				if holder[id] == nil {
					holder[id] = first
				}
			}
			continue
		}
		for id := range reached {
			if holder[id] == nil {
				holder[id] = s
			}
		}
		if named[nameKey(s)] == nil {
			named[nameKey(s)] = s
		}
		kept = append(kept, s)
	}
	return kept
}

func nameKey(s *Service) string { return s.Dir + "\x00" + s.Name }

func (r *root) findSame(s *Service, reached map[Ref]bool, holder map[Ref]*Service, named map[string]*Service) *Service {
	var found *Service
	for id := range reached {
		// The best of them, so that it does not depend on the map's order.
		if first := holder[id]; first != nil && first.From.File != s.From.File && (found == nil || first.order < found.order) {
			found = first
		}
	}
	if found == nil {
		if first := named[nameKey(s)]; first != nil && first.From.File != s.From.File {
			found = first
		}
	}
	return found
}

// absorb notes that another says the same, and takes over what only it knows.
func (s *Service) absorb(other *Service) {
	s.absorbed = append(s.absorbed, other)
	s.Also = append(s.Also, other.From)
	s.Also = append(s.Also, other.Also...)
	s.names = append(s.names, other.Name)
	s.names = append(s.names, other.names...)
	if s.at("port") >= 0 || slices.ContainsFunc(s.Settings, isCheck) {
		return
	}
	for _, set := range other.Settings {
		if set.Key != "port" && !isCheck(set) {
			continue
		}
		if set.Guess == "" && !strings.HasPrefix(set.Key, "healthcheck.") || slices.Contains(kindsOfChecks, set.Key) {
			set.Guess = "from " + other.From.String()
		}
		s.put(set)
	}
}

var kindsOfChecks = []string{"healthcheck.http_get", "healthcheck.tcp", "healthcheck.command", "healthcheck.log"}

// isCheck reports whether a setting is about how a service is found ready.
func isCheck(set Setting) bool { return strings.HasPrefix(set.Key, "healthcheck.") }
