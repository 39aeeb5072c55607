package discover

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"prox/config"
)

// settle gives every service a name that is valid and its own, points
// dependencies at these names, and turns off what prox would refuse.
func (r *root) settle() (*Proposal, error) {
	p := &Proposal{Dir: r.dir, Name: r.name, Env: r.env, Services: r.services, Notes: r.notes}
	if p.Name != "" {
		p.Name = validName(p.Name)
	}
	byPreference(p.Services)
	final := r.giveNames(p.Services)
	became := map[*Service]*Service{}
	for _, s := range p.Services {
		for _, own := range s.everybody() {
			became[own] = s
		}
	}
	for _, s := range p.Services {
		r.pointDependencies(s, final, became)
	}
	p.turnOffInvalid()
	for _, s := range p.Services {
		for _, o := range append([]Origin{s.From}, s.Also...) {
			if !slices.Contains(p.Files, o.File) {
				p.Files = append(p.Files, o.File)
			}
		}
	}
	return p, nil
}

// Literal is a text in which ${ means nothing, for a setting.
func Literal(text string) string { return strings.ReplaceAll(text, "${", "$${") }

// validName is the valid name most like name.
func validName(name string) string {
	var bad *config.NameError
	if errors.As(config.ValidName(name), &bad) {
		return bad.Safe
	}
	return name
}

// called is how a file calls a service.
type called struct{ file, name string }

// giveNames names the services, and tells what became of the names that their
// files know them by.
func (r *root) giveNames(services []*Service) map[called]*Service {
	final := map[called]*Service{}
	taken := map[string]bool{}
	for _, s := range services {
		for _, own := range s.everybody() {
			key := called{own.From.File, own.Name}
			if final[key] == nil {
				final[key] = s
			}
		}
	}
	for _, s := range services {
		wanted := append([]string{s.Name}, s.names...)
		if s.vague {
			wanted = append(slices.Clone(s.names), s.Name)
		}
		if s.Dir != "." {
			base := path.Base(s.Dir)
			wanted = append(wanted, base+"-"+s.Name, strings.ReplaceAll(s.Dir, "/", "-")+"-"+s.Name)
		}
		name := ""
		for _, w := range wanted {
			// Two names that differ in case only are one folder on some disks.
			if v := validName(w); w != "" && !taken[strings.ToLower(v)] {
				name = v
				break
			}
		}
		for n := 2; name == ""; n++ {
			if v := validName(fmt.Sprintf("%s-%d", validName(s.Name), n)); !taken[strings.ToLower(v)] {
				name = v
			}
		}
		taken[strings.ToLower(name)] = true
		s.Name = name
	}
	return final
}

// everybody is the service and what it absorbed.
func (s *Service) everybody() []*Service {
	all := []*Service{s}
	for _, other := range s.absorbed {
		all = append(all, other.everybody()...)
	}
	return all
}

// pointDependencies replaces the names that the file gives by the final ones.
// What is not there can't be waited for, which is told.
func (r *root) pointDependencies(s *Service, final map[called]*Service, became map[*Service]*Service) {
	var resolved []config.Dependency
	known := func(name string) bool {
		return slices.ContainsFunc(resolved, func(d config.Dependency) bool { return d.Service == name })
	}
	for _, own := range s.everybody() {
		for _, a := range own.awaited {
			if other := became[a.service]; other != nil && other != s && !known(other.Name) {
				resolved = append(resolved, config.Dependency{Service: other.Name, Condition: a.condition})
			}
		}
		for _, d := range own.DependsOn {
			other := final[called{own.From.File, d.Service}]
			switch {
			case other == s:
			case other == nil:
				s.Remark("it is to wait for %s, which was not found", d.Service)
			case !known(other.Name):
				resolved = append(resolved, config.Dependency{Service: other.Name, Condition: d.Condition})
			}
		}
	}
	s.DependsOn = resolved
}

var (
	// keyed finds the service in the key of a problem.
	keyed    = onDemand(`^services\.([^.]+)`)
	referred = onDemand(`\$\{([A-Za-z_][A-Za-z0-9_]*)`)
)

// turnOffInvalid loads the proposal as prox would, and turns off what it would
// refuse. What stays wrong after that is no service's fault.
func (p *Proposal) turnOffInvalid() {
	for range len(p.Services) + 1 {
		p.leaveOutOff()
		live := slices.ContainsFunc(p.Services, func(s *Service) bool { return !s.Off })
		if !live {
			return
		}
		text := p.TOML()
		// A variable that is not set here is told when prox starts, by its name.
		var set []string
		for _, m := range referred().FindAllSubmatch(text, -1) {
			set = append(set, string(m[1])+"=1")
		}
		_, err := config.Parse(path.Join(p.Dir, "prox.toml"), text, config.Options{
			Given: config.Given{Shell: set},
			Port:  func(string) (int, error) { return 1, nil },
		})
		var invalid *config.InvalidError
		if !errors.As(err, &invalid) {
			return
		}
		again := false
		for _, problem := range invalid.Problems {
			m := keyed().FindStringSubmatch(problem.Key)
			if m == nil {
				continue
			}
			at := slices.IndexFunc(p.Services, func(s *Service) bool { return s.Name == m[1] && !s.Off })
			if at < 0 {
				continue
			}
			p.Services[at].TurnOff("off, because %s: %s", strings.TrimPrefix(problem.Key, m[0]+"."), problem.Message)
			again = true
		}
		if !again {
			for _, problem := range invalid.Problems {
				n := Note{Kind: Broken, Origin: Origin{File: path.Base(problem.File), Line: problem.Line, Key: problem.Key}, Text: problem.Message}
				if !slices.Contains(p.Notes, n) {
					p.Notes = append(p.Notes, n)
				}
			}
			return
		}
	}
}

// leaveOutOff keeps services from waiting for what is turned off.
func (p *Proposal) leaveOutOff() {
	for _, s := range p.Services {
		s.DependsOn = slices.DeleteFunc(s.DependsOn, func(d config.Dependency) bool {
			at := slices.IndexFunc(p.Services, func(other *Service) bool { return other.Name == d.Service })
			if at >= 0 && !p.Services[at].Off || s.Off {
				return false
			}
			if at >= 0 {
				s.Remark("it is to wait for %s, which is off", d.Service)
			}
			return true
		})
	}
}

// Keep leaves only the services that keep says yes to.
func (p *Proposal) Keep(keep func(*Service) bool) {
	p.Services = slices.DeleteFunc(p.Services, func(s *Service) bool { return !keep(s) })
	p.leaveOutOff()
}
