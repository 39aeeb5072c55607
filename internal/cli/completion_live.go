package cli

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prox/config"
	"prox/internal/ansi"
	"prox/internal/api"
	"prox/internal/completion"
	"prox/internal/launch"
	"prox/internal/logstore"
)

// The kinds of values that are looked up when Tab is pressed.
const (
	kindService     = "service"
	kindInstance    = "instance"
	kindGroup       = "group"
	kindLogged      = "logged" // what has printed something
	kindEnvironment = "environment"
	kindRun         = "run"
)

// controllerPatience is how long a controller may take to say what runs; then
// the config's word has to do.
const controllerPatience = 100 * time.Millisecond

// lookup finds out what a project has, once for all kinds that are asked for.
type lookup struct {
	app    *app
	asked  bool
	target *target
	status *api.Status // nil when nothing runs
}

// live gives the values of a kind, for the folder, config and environment that
// the line names.
func (l *lookup) live(ctx context.Context, kind string, line completion.Line) []completion.Candidate {
	if !l.asked {
		l.asked = true
		if l.app.chdir(last(line.Flags["chdir"])) != nil {
			return nil
		}
		l.app.config = last(line.Flags["config"])
		if kind != kindEnvironment {
			l.look(ctx, kind, last(line.Flags["env"]))
		}
	}
	switch {
	case kind == kindEnvironment:
		return l.app.environments()
	case l.target == nil:
		return nil
	}
	switch kind {
	case kindRun:
		return runs(l.target, line.Args)
	case kindLogged:
		return logged(l.target)
	case kindService:
		return services(l.target, l.status)
	case kindInstance:
		return instances(l.status)
	case kindGroup:
		return groups(l.target, l.status)
	}
	return nil
}

// look reads the config, and asks the controller where its word is wanted.
func (l *lookup) look(ctx context.Context, kind, environment string) {
	l.app.environment = environment
	t, err := l.app.find()
	if err != nil {
		return
	}
	l.target = t
	if kind != kindRun && kind != kindLogged {
		l.status = l.app.runsNow(ctx, t)
	}
}

// runsNow asks the controller, if there is one; nil otherwise. None is started.
func (a *app) runsNow(ctx context.Context, t *target) *api.Status {
	ctx, cancel := context.WithTimeout(ctx, controllerPatience)
	defer cancel()
	client := api.NewClient(func(ctx context.Context) (net.Conn, error) { return launch.Dial(ctx, t.place) })
	defer client.Close()
	st, err := client.Status(ctx)
	if err != nil {
		return nil // it isn't running, or doesn't answer
	}
	return st
}

// services are what runs and what the config has, in the config's order.
func services(t *target, st *api.Status) []completion.Candidate {
	var out []completion.Candidate
	states := map[string]string{}
	if st != nil {
		for _, s := range st.Services {
			states[s.Name] = stateWords(s)
		}
	}
	if t.project != nil {
		for _, s := range t.project.Services {
			about, ok := states[s.Name]
			if !ok {
				about = ansi.Truncate(plain(s.Command.Text), commandRoom, "…")
			}
			out = append(out, completion.Candidate{Value: s.Name, About: about})
			delete(states, s.Name)
		}
	}
	if st == nil {
		return out
	}
	for _, s := range st.Services {
		if about, ok := states[s.Name]; ok {
			out = append(out, completion.Candidate{Value: s.Name, About: about})
		}
	}
	return out
}

// commandRoom is how much of a command is shown beside a service.
const commandRoom = 50

func stateWords(s api.Service) string {
	if len(s.Instances) == 1 {
		i := s.Instances[0]
		if why := plain(orElse(i.Reason, i.Because)); why != "" {
			return string(i.State) + ", " + why
		}
		return string(i.State)
	}
	return fmt.Sprintf("%s, %s", s.State, count(len(s.Instances), "instance"))
}

// instances are those of services that have several.
func instances(st *api.Status) []completion.Candidate {
	var out []completion.Candidate
	if st == nil {
		return nil
	}
	for _, s := range st.Services {
		for _, i := range s.Instances {
			if i.Name != s.Name {
				out = append(out, completion.Candidate{Value: i.Name, About: string(i.State)})
			}
		}
	}
	return out
}

// groups are those of the config, or of what runs where it can't be read.
func groups(t *target, st *api.Status) []completion.Candidate {
	members := map[string][]string{}
	var names []string
	add := func(service string, groups []string) {
		for _, g := range groups {
			if len(members[g]) == 0 {
				names = append(names, g)
			}
			if !slices.Contains(members[g], service) {
				members[g] = append(members[g], service)
			}
		}
	}
	if t.project != nil {
		for _, s := range t.project.Services {
			add(s.Name, s.Groups)
		}
	}
	if st != nil {
		for _, s := range st.Services {
			add(s.Name, s.Groups)
		}
	}
	var out []completion.Candidate
	for _, g := range names {
		out = append(out, completion.Candidate{Value: "@" + g, About: strings.Join(members[g], ", ")})
	}
	return out
}

// logged are the services and instances whose output is kept, also of those
// that the config no longer has.
func logged(t *target) []completion.Candidate {
	sources, err := logstore.Sources(t.place.Logs())
	if err != nil {
		sources = nil // then the config's are offered
	}
	var out []completion.Candidate
	seen := map[string]bool{}
	add := func(name, about string) {
		if !seen[name] {
			seen[name] = true
			out = append(out, completion.Candidate{Value: name, About: about})
		}
	}
	if t.project != nil {
		for _, s := range t.project.Services {
			add(s.Name, ansi.Truncate(plain(s.Command.Text), commandRoom, "…"))
		}
	}
	for _, s := range sources {
		add(serviceOf(s.Name), "")
		add(s.Name, "")
	}
	return out
}

// environments are those that files are named after.
func (a *app) environments() []completion.Candidate {
	p := &config.Project{Dir: a.dir}
	if path, err := a.configPath(); err == nil {
		p.File, p.Dir = path, filepath.Dir(path)
	}
	var out []completion.Candidate
	for _, name := range p.Environments() {
		out = append(out, completion.Candidate{Value: name})
	}
	return out
}

// runsOffered is how many runs are offered, the last ones.
const runsOffered = 20

// runs are those whose output is kept: of the services on the line, or of all.
func runs(t *target, names []string) []completion.Candidate {
	sources, err := logstore.Sources(t.place.Logs())
	if err != nil {
		return nil
	}
	if names, err = t.members(names); err != nil {
		return nil
	}
	began := map[int]time.Time{}
	of := map[int][]string{}
	for _, s := range sources {
		if len(names) > 0 && !slices.Contains(names, s.Name) && !slices.Contains(names, serviceOf(s.Name)) {
			continue
		}
		kept, err := logstore.Runs(s.Dir, runsOffered)
		if err != nil {
			continue // of the others more may be known
		}
		for _, r := range kept {
			if r.Began.After(began[r.Number]) {
				began[r.Number] = r.Began
			}
			of[r.Number] = append(of[r.Number], s.Name)
		}
	}
	var numbers []int
	for n := range began {
		numbers = append(numbers, n)
	}
	slices.SortFunc(numbers, func(a, b int) int { return b - a })
	var out []completion.Candidate
	for _, n := range numbers[:min(len(numbers), runsOffered)] {
		about := "began " + began[n].Local().Format("2006-01-02 15:04:05")
		if len(of[n]) > 1 {
			about = "of " + strings.Join(slices.Compact(of[n]), ", ")
		}
		out = append(out, completion.Candidate{Value: fmt.Sprint(n), About: about})
	}
	if len(out) > 1 {
		out = append(out, completion.Candidate{Value: "-1", About: "the run before the last"})
	}
	return out
}
