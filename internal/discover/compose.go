package discover

import (
	"path"
	"slices"
	"strings"
)

// composeDefaults are the files that docker reads by itself, the preferred
// first, and composeOverrides what it lays over them.
var (
	composeDefaults  = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	composeOverrides = []string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)

var composeNames = []string{
	"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml",
	"compose.*.yaml", "compose.*.yml", "docker-compose.*.yml", "docker-compose.*.yaml", "docker-compose-*.yml", "docker-compose-*.yaml",
}

// composeForDeveloping are the further files that stand for themselves where
// docker's own are not there.
var composeForDeveloping = []string{"dev", "development", "local"}

// compose reads a file of Docker Compose, with all that docker lays over it.
// What has an image stays in docker and is run by docker compose, which knows
// its volumes, networks and all else; what is built from a folder of the project
// is run as that folder tells.
func compose(f *file) {
	files, given := f.composeFiles()
	if len(files) == 0 {
		return
	}
	p := readCompose(f, files, given)
	if p == nil {
		return
	}
	if p.projectName != "" && f.root.name == "" && (f.dir == "." || f.root.only != nil) {
		f.root.name = p.projectName
	}
	p.addServices()
	var names []string
	for _, s := range p.services {
		names = append(names, s.name)
	}
	if len(names) > 0 {
		// "docker compose up" without names stands for all of them.
		f.root.define(ref("compose", f.dir, ""), "docker compose up "+strings.Join(names, " "), f.dir)
	}
}

// composeFiles are the files to read, in the order in which they are laid over
// each other; none if another file of the folder is read in this one's place.
// given says that docker has to be told which they are.
func (f *file) composeFiles() (files []string, given bool) {
	imported := f.root.only != nil && f.dir == "." && f.name == f.root.only.name
	if own := f.composeFileVariable(); len(own) > 0 {
		if slices.Contains(own, f.name) && (imported || f.name == own[0]) {
			return own, false // docker reads the variable too
		}
		if !imported {
			return nil, false
		}
	}
	main := firstOf(f.folder, composeDefaults)
	switch {
	case f.name == main:
		if over := firstOf(f.folder, composeOverrides); over != "" {
			return []string{f.name, over}, false
		}
		return []string{f.name}, false
	case imported:
		return []string{f.name}, true
	case slices.Contains(composeOverrides, f.name):
		return nil, false
	case slices.Contains(composeDefaults, f.name):
		f.note(Left, 0, "", "docker reads "+main+" in its place")
		return nil, false
	}
	if !f.forDeveloping() {
		return nil, false // of a test or a server
	}
	if main != "" {
		f.note(Left, 0, "", "docker reads it only when told to; prox import takes it over")
		return nil, false
	}
	return []string{f.name}, true
}

// forDeveloping reports whether a name such as docker-compose.dev.yml says so.
func (f *file) forDeveloping() bool {
	name := strings.TrimSuffix(f.name, path.Ext(f.name))
	return slices.Contains(composeForDeveloping, name[strings.LastIndexAny(name, ".-")+1:])
}

// composeFileVariable are the files that .env names for docker.
func (f *file) composeFileVariable() []string {
	value := f.dotenv()["COMPOSE_FILE"]
	if value == "" {
		return nil
	}
	var files []string
	for name := range strings.SplitSeq(value, ":") {
		if name = path.Clean(name); f.has(name) {
			files = append(files, name)
		}
	}
	return files
}

func firstOf(f *folder, names []string) string {
	for _, name := range names {
		if f.has(name) {
			return name
		}
	}
	return ""
}

// composeCalls knows "docker compose up db" and its old spelling. What is only
// brought up in the background is no service of the command's.
func composeCalls(c invocation) []Ref {
	words := c.argv
	switch {
	case c.program() == "docker" && len(words) > 1 && words[1] == "compose":
		words = words[2:]
	case c.program() == "docker-compose" || c.program() == "podman-compose":
		words = words[1:]
	default:
		return nil
	}
	none := []Ref{} // it is docker's, and calls nothing
	dir := c.dir
	words, file := composeFlags(words, composeGlobalFlags)
	if file != "" && !path.IsAbs(file) && !strings.Contains(file, "$") {
		dir = join(dir, path.Dir(file))
	}
	if len(words) == 0 || words[0] != "up" && words[0] != "run" {
		return none
	}
	verb := words[0]
	var services []string
	for words = words[1:]; len(words) > 0; {
		if slices.Contains([]string{"-d", "--detach", "--wait", "--no-start"}, words[0]) {
			return none
		}
		before := len(words)
		words, _ = composeFlags(words, composeUpFlags)
		if len(words) == before {
			services = append(services, words[0])
			words = words[1:]
		}
	}
	switch {
	case verb == "run" && len(services) != 1:
		return none // another command in the service's container
	case len(services) == 0:
		return []Ref{ref("compose", dir, "")}
	}
	refs := none
	for _, name := range services {
		refs = append(refs, ref("compose", dir, name))
	}
	return refs
}

// Flags that have a value behind them.
var (
	composeGlobalFlags = []string{"-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory", "--ansi", "--parallel", "--progress"}
	composeUpFlags     = []string{
		"--exit-code-from", "--scale", "-t", "--timeout", "--attach", "--no-attach", "--pull", "--wait-timeout",
		"--name", "-e", "--env", "--entrypoint", "-u", "--user", "-v", "--volume", "-w", "--workdir", "-p", "--publish", "-l", "--label",
	}
)

// composeFlags takes the flags in front away, and tells which file they name.
func composeFlags(words, withValue []string) (rest []string, file string) {
	for len(words) > 0 && strings.HasPrefix(words[0], "-") && !slices.Contains([]string{"-d", "--detach", "--wait", "--no-start"}, words[0]) {
		name, value, joined := strings.Cut(words[0], "=")
		n := 1
		if !joined && slices.Contains(withValue, name) {
			if len(words) > 1 {
				value = words[1]
			}
			n = 2
		}
		if (name == "-f" || name == "--file") && file == "" {
			file = value
		}
		words = words[min(n, len(words)):]
	}
	return words, file
}
