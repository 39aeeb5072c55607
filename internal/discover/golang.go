package discover

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

var golangNames = []string{"go.mod", "go.work"}

var (
	goUse    = onDemand(`(?m)^\s*"?([A-Za-z0-9_./-]+)"?\s*(?://.*)?$`)
	goMain   = onDemand(`(?m)^package main\b`)
	goServes = onDemand(`ListenAndServe|net\.Listen\(|\.Listen\(|\.Run\(":|http\.Server\{|grpc\.NewServer|gin\.(?:Default|New)\(|echo\.New\(|fiber\.New\(|chi\.NewRouter|asynq\.NewServer|\.Serve\(|river\.NewClient`)
	goPort   = onDemand(`(?:ListenAndServe|\.Run|\.Start|\.Listen)\(\s*"(?:localhost|0\.0\.0\.0|127\.0\.0\.1)?:(\d{2,5})"`)
	goWorks  = onDemand(`(?i)^(?:server|api|web|app|worker|gateway|service|daemon|scheduler|consumer|bot|.*(?:-|_)?(?:server|api|worker|svc|service|d))$`)
)

// golang looks for main packages that serve, in the module's folder and in cmd,
// and for air's config, which restarts them when a file changes.
func golang(f *file) {
	if f.name == "go.work" {
		_, uses, _ := strings.Cut(string(f.data), "use")
		for _, m := range goUse().FindAllStringSubmatch(strings.NewReplacer("(", "\n", ")", "\n", "use ", "\n").Replace(uses), -1) {
			f.addMember(join(f.dir, m[1]))
		}
		return
	}
	dirs := []string{"."}
	for _, above := range []string{"cmd", "cmds", "services", "apps"} {
		if f.subfolder(above) {
			if sub, ok := f.root.open(join(f.dir, above), 0); ok {
				for _, name := range sub.sorted() {
					if sub.subfolder(name) {
						dirs = append(dirs, above+"/"+name)
					}
				}
			}
			dirs = append(dirs, above)
		}
	}
	var found []*Service
	for _, dir := range dirs {
		if s := f.goProgram(dir); s != nil {
			found = append(found, s)
		}
	}
	f.air(found)
}

// goProgram adds the program of a folder if it is one that goes on.
func (f *file) goProgram(dir string) *Service {
	sub, ok := f.root.open(join(f.dir, dir), 0)
	if !ok {
		return nil
	}
	isMain, serves, file, port := false, false, "", ""
	for _, name := range sub.sorted() {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text := sub.text(name)
		if !goMain().MatchString(text) {
			continue
		}
		if isMain = true; file == "" || name == "main.go" {
			file = name
		}
		serves = serves || goServes().MatchString(text)
		if m := goPort().FindStringSubmatch(text); m != nil {
			port = m[1]
		}
	}
	base := path.Base(join(f.dir, dir))
	// The root's folder has whatever name it was cloned to.
	if !isMain || !serves && (join(f.dir, dir) == "." || !goWorks().MatchString(base)) {
		return nil
	}
	name := base
	if dir == "." {
		name = f.base()
		if f.dir == "." {
			name = "app"
		}
	}
	target := "."
	if dir != "." {
		target = "./" + dir
	}
	s := f.add(name, "go run "+target, 0, "")
	s.From.File = join(f.dir, dir, file)
	s.ids = append(s.ids, ref("go", f.dir, target))
	if !serves {
		s.Remark("a guess by its name")
	}
	if n, err := strconv.Atoi(port); err == nil && n > 0 && n < 1<<16 {
		s.Guess("port", n, s.From.File+" listens on it")
	}
	return s
}

// air has the config of air run in place of the one program that there is.
func (f *file) air(found []*Service) {
	config := ""
	for _, name := range []string{".air.toml", "air.toml"} {
		if f.has(name) {
			config = name
			break
		}
	}
	if config == "" {
		return
	}
	command := "air"
	if config != ".air.toml" {
		command += " -c " + config
	}
	built := ""
	for _, c := range invocations(f.folder.tree(config).Get("build", "cmd").Scalar(), f.dir) {
		if words := c.words(); c.program() == "go" && len(words) > 1 {
			built = goTarget(words[len(words)-1])
		}
	}
	for _, s := range found {
		if len(found) == 1 || slices.Contains(s.ids, ref("go", f.dir, built)) {
			s.Command = command
			s.From = f.origin(0, "")
			s.From.File = join(f.dir, config)
			s.ids = append(s.ids, ref("air", f.dir, ""))
			f.preferAir(ref("go", f.dir, built))
			return
		}
	}
	if len(found) == 0 {
		s := f.add("app", command, 0, "")
		s.From.File = join(f.dir, config)
		s.names = append(s.names, f.base())
		s.ids = append(s.ids, ref("air", f.dir, ""))
	}
}

// preferAir leaves out targets of a Makefile, say, that run the program which
// another of its targets has air restart: they are two ways to the same.
func (f *file) preferAir(program Ref) {
	r, all := f.root, sources()
	air := ref("air", f.dir, "")
	at := slices.IndexFunc(r.services, func(s *Service) bool { return !all[s.rank].whole && s.rank != f.rank && r.reach(s)[air] })
	if at < 0 {
		return
	}
	by := r.services[at]
	r.services = slices.DeleteFunc(r.services, func(s *Service) bool {
		if s == by || s.From.File != by.From.File {
			return false
		}
		reached := r.reach(s)
		if !reached[program] || reached[air] {
			return false
		}
		by.absorb(s)
		return true
	})
}

// goTarget is a package as `go run` takes it, however it is written.
func goTarget(word string) string {
	if strings.HasSuffix(word, ".go") {
		word = path.Dir(word)
	}
	if word = path.Clean(word); word == "." {
		return word
	}
	return "./" + strings.TrimPrefix(word, "./")
}

func golangCalls(c invocation) []Ref {
	switch c.program() {
	case "air":
		return []Ref{ref("air", c.dir, "")}
	case "go", "gow", "wgo":
		words := c.without("-C", "-tags", "-ldflags", "-mod", "-exec", "-gcflags", "-file", "-dir", "-xdir", "-xfile")
		if len(words) == 0 || c.program() != "wgo" && words[0] != "run" {
			return nil
		}
		if words[0] == "run" {
			words = words[1:]
		}
		if len(words) == 0 {
			return []Ref{ref("go", c.dir, ".")}
		}
		return []Ref{ref("go", c.dir, goTarget(words[0]))}
	}
	return nil
}
