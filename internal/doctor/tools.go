package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"prox/ptyproc"
)

// tool is a program that services need, as one of them finds it.
type tool struct {
	name  string
	path  string // "" = not found
	err   error  // why
	dir   string // of a service that needs it
	users []string
}

// Tools checks that the programs that commands need are there, where the
// services would find them, and says where they come from. Installer is the
// machine's package manager: "apt", "brew", "dnf", "pacman" or "".
func Tools(uses []Use, project string, installer string) []Finding {
	var found []Finding
	for _, t := range collect(uses) {
		found = append(found, t.check(project, installer)...)
	}
	return found
}

// collect looks every program up as the service would, and brings together
// those that come to the same.
func collect(uses []Use) []*tool {
	var all []*tool
	for _, u := range uses {
		for _, name := range compact(Programs(u.Command)) {
			path, err := ptyproc.Look(ptyproc.Spec{Argv: []string{name}, Dir: u.Dir, Env: u.Env})
			at := slices.IndexFunc(all, func(t *tool) bool {
				return t.name == name && t.path == path && (path != "" || !strings.Contains(name, "/") || t.dir == u.Dir)
			})
			if at < 0 {
				all = append(all, &tool{name: name, path: path, err: err, dir: u.Dir})
				at = len(all) - 1
			}
			all[at].users = append(all[at].users, u.Where)
		}
	}
	return all
}

// mostUsers is how many services a line names.
const mostUsers = 3

func (t *tool) who() string {
	if len(t.users) > mostUsers {
		return fmt.Sprintf("%s and %d more", strings.Join(t.users[:mostUsers], ", "), len(t.users)-mostUsers)
	}
	return strings.Join(t.users, ", ")
}

func (t *tool) check(project, installer string) []Finding {
	wants := wanted(t.name, t.dir, project)
	if t.err != nil {
		return []Finding{t.missing(wants, installer)}
	}
	from := t.path
	manager := managerOf(t.path)
	if manager != "" {
		from += ", by " + manager
	}
	for _, w := range wants {
		if fix := w.differs(t.path, manager); fix != "" {
			return []Finding{warning(t.name, fmt.Sprintf("%s wants %s, and it is %s (%s)", w.file, w.words(), from, t.who()), fix)}
		}
	}
	return []Finding{ok(t.name, fmt.Sprintf("%s (%s)", from, t.who()))}
}

// missing says what keeps a program from being run, and what would help: what
// is nearest first.
func (t *tool) missing(wants []want, installer string) Finding {
	why := "not found in PATH"
	var start *ptyproc.StartError
	if errors.As(t.err, &start) && start.Why != "command not found" {
		why = start.Why
	}
	text := fmt.Sprintf("%s (%s)", why, t.who())
	if strings.Contains(t.name, "/") || start != nil && start.Why != "command not found" {
		return problem(t.name, text, cmp.Or(hint(t.err), "correct the command; a relative path counts from the service's folder, which is "+t.dir))
	}
	var fix []string
	for _, local := range []string{"node_modules/.bin", ".venv/bin", "venv/bin", "vendor/bin", "bin"} {
		if fi, err := os.Stat(filepath.Join(t.dir, local, t.name)); err == nil && !fi.IsDir() {
			fix = append(fix, fmt.Sprintf("it is in %s: env = { PATH = \"%s:${PATH}\" } in the config, or %s/%s as the command", local, local, local, t.name))
		}
	}
	if len(fix) == 0 && inManifest(t.dir, t.name) {
		fix = append(fix, "package.json has it, and it is not installed: npm install (or pnpm, yarn, bun); then npx "+t.name)
	}
	for _, w := range wants {
		fix = append(fix, w.install())
	}
	if step := installStep(t.name, installer); step != "" && len(fix) == 0 {
		fix = append(fix, step)
	}
	if len(fix) == 0 {
		fix = append(fix, "install it, or put its folder into PATH: env = { PATH = \"/its/folder:${PATH}\" } in the config")
	}
	return problem(t.name, text, fix...)
}

// inManifest reports whether a package.json names a package like the program.
func inManifest(dir, name string) bool {
	b, err := os.ReadFile(filepath.Join(dir, "package.json"))
	return err == nil && strings.Contains(string(b), fmt.Sprintf("%q:", name)) && strings.Contains(string(b), "ependencies")
}

// packages are what holds a program, where it isn't called as the program is.
// The columns are apt, brew, dnf and pacman.
var packages = map[string][4]string{
	"node":         {"nodejs", "node", "nodejs", "nodejs"},
	"npm":          {"npm", "node", "nodejs-npm", "npm"},
	"npx":          {"npm", "node", "nodejs-npm", "npm"},
	"python3":      {"python3", "python", "python3", "python"},
	"python":       {"python-is-python3", "python", "python-unversioned-command", "python"},
	"pip":          {"python3-pip", "python", "python3-pip", "python-pip"},
	"ruby":         {"ruby", "ruby", "ruby", "ruby"},
	"bundle":       {"bundler", "ruby", "rubygem-bundler", "ruby-bundler"},
	"go":           {"golang", "go", "golang", "go"},
	"cargo":        {"cargo", "rust", "cargo", "rust"},
	"java":         {"default-jdk", "openjdk", "java-latest-openjdk", "jdk-openjdk"},
	"mvn":          {"maven", "maven", "maven", "maven"},
	"gradle":       {"gradle", "gradle", "gradle", "gradle"},
	"php":          {"php-cli", "php", "php-cli", "php"},
	"composer":     {"composer", "composer", "composer", "composer"},
	"mix":          {"elixir", "elixir", "elixir", "elixir"},
	"elixir":       {"elixir", "elixir", "elixir", "elixir"},
	"psql":         {"postgresql-client", "libpq", "postgresql", "postgresql-libs"},
	"pg_isready":   {"postgresql-client", "libpq", "postgresql", "postgresql-libs"},
	"postgres":     {"postgresql", "postgresql", "postgresql-server", "postgresql"},
	"pg_ctl":       {"postgresql", "postgresql", "postgresql-server", "postgresql"},
	"mysql":        {"default-mysql-client", "mysql-client", "mysql", "mariadb-clients"},
	"mysqld":       {"default-mysql-server", "mysql", "mysql-server", "mariadb"},
	"mongod":       {"", "mongodb-community", "", ""},
	"redis-server": {"redis-server", "redis", "redis", "redis"},
	"redis-cli":    {"redis-tools", "redis", "redis", "redis"},
	"nginx":        {"nginx", "nginx", "nginx", "nginx"},
	"docker":       {"docker.io", "--cask docker", "moby-engine", "docker"},
	"curl":         {"curl", "curl", "curl", "curl"},
	"wget":         {"wget", "wget", "wget", "wget"},
	"nc":           {"netcat-openbsd", "netcat", "nmap-ncat", "openbsd-netcat"},
	"jq":           {"jq", "jq", "jq", "jq"},
	"make":         {"make", "make", "make", "make"},
	"git":          {"git", "git", "git", "git"},
	"just":         {"just", "just", "just", "just"},
	"watchexec":    {"", "watchexec", "", "watchexec"},
	"ffmpeg":       {"ffmpeg", "ffmpeg", "ffmpeg", "ffmpeg"},
}

// elsewhere are programs that package managers seldom have, and how their
// makers have them installed.
var elsewhere = map[string]string{
	"pnpm":   "npm install -g pnpm, or corepack enable",
	"yarn":   "npm install -g yarn, or corepack enable",
	"bun":    "npm install -g bun",
	"deno":   "see https://docs.deno.com/runtime/getting_started/installation",
	"uv":     "pipx install uv",
	"poetry": "pipx install poetry",
	"air":    "go install github.com/air-verse/air@latest",
	"rails":  "gem install rails, or bin/rails of the project",
}

// installStep is how a program is installed on this machine; "" when it isn't
// known.
func installStep(name, installer string) string {
	if step := elsewhere[name]; step != "" {
		return step
	}
	step, column := map[string]string{
		"apt": "sudo apt install ", "brew": "brew install ", "dnf": "sudo dnf install ", "pacman": "sudo pacman -S ",
	}[installer], slices.Index([]string{"apt", "brew", "dnf", "pacman"}, installer)
	if column < 0 || packages[name][column] == "" {
		return ""
	}
	return step + packages[name][column]
}
