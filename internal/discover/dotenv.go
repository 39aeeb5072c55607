package discover

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

// dotenvNames are the files of variables, strongest first.
var dotenvNames = []string{".env.local", ".env.development.local", ".env.development", ".env"}

// exampleNames are what people copy to .env. Their values are nobody's, and
// only the names in them count.
var exampleNames = []string{".env.example", ".env.sample", ".env.template", ".env.dist", "env.example"}

// dotenv are the variables of the folder's .env. They may be secrets: no value
// is written anywhere but a port.
func (f *folder) dotenv() map[string]string {
	values, _ := f.root.variables(join(f.dir, ".env"))
	return values
}

// variables reads a file of variables; none if there is no such file, and
// false, with a note, if it is broken.
func (r *root) variables(name string) (map[string]string, bool) {
	data, ok := r.readQuietly(name)
	if !ok {
		return nil, true
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	values, err := dotenv.UnmarshalWithLookup(text, func(string) (string, bool) { return "", false })
	if err != nil {
		// The parser's message has the text beside the mistake in it, and that may
		// be a secret.
		n := Note{Kind: Broken, Origin: Origin{File: name}, Text: "passed over: it is not written as a file of variables is"}
		var line int
		if _, scanErr := fmt.Sscanf(err.Error(), "line %d:", &line); scanErr == nil {
			n.Line = line
		}
		r.note(n)
		return nil, false
	}
	return values, true
}

// lineOfVariable is where a variable stands in a file; 0 if it can't be told.
func lineOfVariable(text, name string) int {
	at := regexp.MustCompile(`(?m)^[ \t]*(export[ \t]+)?` + regexp.QuoteMeta(name) + `[ \t]*[=:]`).FindStringIndex(text)
	if at == nil {
		return 0
	}
	return 1 + strings.Count(text[:at[0]], "\n")
}

// portsOfDotenv sets ports that .env files name: PORT is the one of the
// folder's only server, API_PORT of the service called api. Where several could
// be meant nothing is concluded.
func (r *root) portsOfDotenv() {
	dirs, known := []string{"."}, map[string]bool{".": true}
	for _, s := range r.services {
		if !known[s.Dir] {
			known[s.Dir] = true
			dirs = append(dirs, s.Dir)
		}
	}
	for _, dir := range dirs {
		in := r.folders[dir]
		if in == nil {
			continue
		}
		seen := map[string]bool{}
		for _, file := range dotenvNames {
			if !in.has(file) {
				continue
			}
			name := join(dir, file)
			values, _ := r.variables(name)
			for _, variable := range sortedKeys(values) {
				port, ok := portNumber(values[variable])
				if !ok || seen[variable] {
					continue
				}
				seen[variable] = true
				why := Origin{File: name, Key: variable, Line: lineOfVariable(string(r.kept[name]), variable)}
				if variable == "PORT" {
					r.portOfFolder(dir, port, why)
				} else if service, ok := strings.CutSuffix(variable, "_PORT"); ok {
					r.portOfNamed(dir, service, port, why)
				}
			}
		}
		in.remindOfExample()
	}
}

// remindOfExample tells of a file that is meant to be copied and was not.
func (f *folder) remindOfExample() {
	if f.has(dotenvNames...) {
		return
	}
	for _, file := range exampleNames {
		if !f.has(file) {
			continue
		}
		name := join(f.dir, file)
		values, _ := f.root.variables(name)
		names := sortedKeys(values)
		if len(names) == 0 {
			continue
		}
		const most = 4
		if len(names) > most {
			names = append(names[:most:most], "others")
		}
		f.root.note(Note{Kind: Missing, Origin: Origin{File: name}, Text: "copy it to .env, which is missing: it names " + strings.Join(names, ", ")})
		return
	}
}

func sortedKeys(values map[string]string) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// portOfFolder gives a port to the folder's one service that takes one.
func (r *root) portOfFolder(dir string, port int, why Origin) {
	var all, servers, takers []*Service
	for _, s := range r.services {
		if s.Dir != dir || !r.mayListen(s) {
			continue
		}
		all = append(all, s)
		switch {
		case r.takesPort(s):
			takers = append(takers, s)
		case r.isServer(s):
			servers = append(servers, s)
		}
	}
	for _, some := range [][]*Service{takers, servers, all} {
		if len(some) == 1 {
			some[0].guessPort(port, why.String())
		}
		if len(some) > 0 {
			return
		}
	}
}

// portOfNamed gives a port to the service of a name, in whatever case and with
// - or _: API_PORT, WEB_APP_PORT. It reports whether there is one.
func (r *root) portOfNamed(dir, name string, port int, why Origin) bool {
	same := func(other string) bool {
		return strings.EqualFold(strings.NewReplacer("-", "_", ".", "_").Replace(other), name)
	}
	var named, inFolder []*Service
	for _, s := range r.services {
		if dir != "." && s.Dir != dir || !r.mayListen(s) {
			continue
		}
		if same(s.Name) || slices.ContainsFunc(s.names, same) {
			named = append(named, s)
		}
		if s.Dir != "." && same(path.Base(s.Dir)) {
			inFolder = append(inFolder, s)
		}
	}
	if len(named) == 0 {
		named = inFolder
	}
	if len(named) == 1 {
		named[0].guessPort(port, why.String())
	}
	return len(named) == 1
}

// mayListen reports whether a service could have a port of its own here.
func (r *root) mayListen(s *Service) bool {
	return s.Get("task") != true && !s.Off && !strings.HasPrefix(s.Command, "docker compose ")
}

// guessPort concludes a port, unless it is known how the service is ready.
func (s *Service) guessPort(port int, why string) {
	if s.Get("healthcheck.tcp") == nil {
		s.Guess("port", port, why)
	}
}

// portHint is a port that a file has a name for.
type portHint struct {
	name string // of a service; "" = none is said
	port int
	from Origin
}

// portsOfHints gives services the ports that files know them by.
func (r *root) portsOfHints() {
	alone := map[string][]portHint{}
	for _, h := range r.hints {
		if h.name == "" || !r.portOfNamed(".", strings.NewReplacer("-", "_", " ", "_", ".", "_").Replace(h.name), h.port, h.from) {
			alone[h.from.File] = append(alone[h.from.File], h)
		}
	}
	for _, all := range alone {
		if len(all) != 1 {
			continue
		}
		var open []*Service
		for _, s := range r.services {
			if r.mayListen(s) && (r.takesPort(s) || r.isServer(s)) {
				open = append(open, s)
			}
		}
		if len(open) == 1 {
			open[0].guessPort(all[0].port, all[0].from.String())
		}
	}
}
