package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// managers are the programs that keep several versions of a language, by what
// is in the path of a tool of theirs.
var managers = []struct{ name, part string }{
	{"mise", "/mise/shims/"},
	{"mise", "/mise/installs/"},
	{"asdf", "/.asdf/"},
	{"asdf", "/asdf/shims/"},
	{"nvm", "/.nvm/"},
	{"nvm", "/nvm/versions/"},
	{"fnm", "/fnm_multishells/"},
	{"fnm", "/fnm/node-versions/"},
	{"volta", "/.volta/"},
	{"rbenv", "/.rbenv/"},
	{"rvm", "/.rvm/"},
	{"pyenv", "/.pyenv/"},
	{"rustup", "/.cargo/bin/"},
	{"sdkman", "/.sdkman/"},
	{"nix", "/nix/store/"},
	{"Homebrew", "/homebrew/"},
	{"Homebrew", "/.linuxbrew/"},
}

// managerOf tells by its path who has put a tool there; "" = the system, or
// somebody by hand.
func managerOf(path string) string {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		target = path
	}
	for _, p := range []string{path, target} {
		for _, m := range managers {
			if strings.Contains(p, m.part) {
				return m.name
			}
		}
	}
	return ""
}

// want is a file's word on which version of a tool a project needs.
type want struct {
	file    string // its name
	tool    string // "node"
	version string // "" = it doesn't say
	// by are the managers that go by the file.
	by []string
}

func (w want) words() string { return strings.TrimSpace(w.tool + " " + w.version) }

// oneTool are the files that name the version of one tool.
var oneTool = map[string]want{
	".nvmrc":          {tool: "node", by: []string{"nvm", "fnm", "mise", "asdf"}},
	".node-version":   {tool: "node", by: []string{"fnm", "mise", "asdf", "nvm"}},
	".ruby-version":   {tool: "ruby", by: []string{"rbenv", "rvm", "mise", "asdf"}},
	".python-version": {tool: "python", by: []string{"pyenv", "mise", "asdf"}},
	".go-version":     {tool: "go", by: []string{"mise", "asdf"}},
	".java-version":   {tool: "java", by: []string{"mise", "asdf"}},
}

// sameTool are programs that come with the tool that files name.
var sameTool = map[string]string{
	"node": "node", "nodejs": "node", "npm": "node", "npx": "node", "corepack": "node",
	"ruby": "ruby", "bundle": "ruby", "gem": "ruby", "rake": "ruby", "irb": "ruby",
	"python": "python", "python3": "python", "pip": "python", "pip3": "python",
	"go": "go", "golang": "go", "java": "java", "elixir": "elixir", "mix": "elixir", "erl": "erlang",
}

// family is the tool that a program belongs to: node of npm.
func family(name string) string {
	if f := sameTool[name]; f != "" {
		return f
	}
	return name
}

// wanted are the files in a service's folder, or above as far as the project's,
// that name a version of a program. The nearest of a kind counts.
func wanted(name, dir, project string) []want {
	tool := family(name)
	if strings.Contains(name, "/") {
		return nil
	}
	seen := map[string]bool{}
	var all []want
	for at := dir; ; at = filepath.Dir(at) {
		for _, w := range wantsIn(at) {
			if w.tool == tool && !seen[w.file] {
				seen[w.file] = true
				all = append(all, w)
			}
		}
		if at == project || at == filepath.Dir(at) || !strings.HasPrefix(at, project) {
			break
		}
	}
	slices.SortFunc(all, func(a, b want) int { return strings.Compare(a.file, b.file) })
	return all
}

// mostRead bounds how much of such a file is looked at: each is a few lines.
const mostRead = 64 << 10

func wantsIn(dir string) []want {
	var all []want
	for file, w := range oneTool {
		if text := firstOf(filepath.Join(dir, file)); text != "" {
			w.file, w.version = file, text
			all = append(all, w)
		}
	}
	if b := small(filepath.Join(dir, ".tool-versions")); b != nil {
		for line := range strings.Lines(string(b)) {
			line, _, _ = strings.Cut(line, "#")
			if f := strings.Fields(line); len(f) >= 2 {
				all = append(all, want{file: ".tool-versions", tool: family(f[0]), version: f[1], by: []string{"asdf", "mise"}})
			}
		}
	}
	for _, file := range []string{"mise.toml", ".mise.toml"} {
		var m struct {
			Tools map[string]any `toml:"tools"`
		}
		if b := small(filepath.Join(dir, file)); b == nil || toml.Unmarshal(b, &m) != nil {
			continue // mise says itself what is wrong with it
		}
		for name, v := range m.Tools {
			version, _ := v.(string) // it may be a table or a list: then any will do
			all = append(all, want{file: file, tool: family(name), version: version, by: []string{"mise"}})
		}
	}
	return all
}

func small(path string) []byte {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > mostRead {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return b
}

// firstOf is the first line of a file that is no comment.
func firstOf(path string) string {
	for line := range strings.Lines(string(small(path))) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return ""
}

// differs says what to do when a tool is not the one that the file wants, as
// far as its path tells; "" when it is, or may be.
func (w want) differs(path, manager string) string {
	switch {
	case !slices.Contains(w.by, manager):
		return w.activate()
	case w.version == "" || !isNumber(w.version):
		return "" // lts/*, latest: whatever the manager makes of it
	}
	have := versionIn(path, w.tool)
	want := strings.TrimPrefix(strings.TrimPrefix(w.version, "v"), w.tool+"-")
	if have == "" || have == want || strings.HasPrefix(have, want+".") {
		return ""
	}
	return w.activate()
}

func isNumber(version string) bool {
	version = strings.TrimPrefix(version, "v")
	return version != "" && version[0] >= '0' && version[0] <= '9'
}

// versionIn is the version that a path names, .nvm/versions/node/v18.2.0/bin/node;
// "" for a shim, which finds out when it is run.
func versionIn(path, tool string) string {
	parts := strings.Split(path, "/")
	for k := 1; k < len(parts)-1; k++ {
		part := strings.TrimPrefix(strings.TrimPrefix(parts[k], tool+"-"), "v")
		if isNumber(part) && strings.Contains(part, ".") {
			return part
		}
	}
	return ""
}

// activate is how the tool of the file comes to be the one that is used.
func (w want) activate() string {
	switch w.by[0] {
	case "mise":
		return "mise is not active in this shell: eval \"$(mise activate bash)\" (or zsh, fish), or mise exec -- prox start"
	case "asdf":
		return "asdf or mise is not active in this shell: put asdf's shims into PATH (export PATH=\"$HOME/.asdf/shims:$PATH\"), or mise exec -- prox start"
	case "nvm":
		return "nvm use, and then prox start from that shell"
	case "rbenv", "pyenv":
		return fmt.Sprintf("eval \"$(%s init -)\", and then prox start from that shell", w.by[0])
	}
	return fmt.Sprintf("use %s in this shell, by %s, and then prox start", w.words(), strings.Join(w.by, " or "))
}

// install is how the file's tool comes to be there at all.
func (w want) install() string {
	step := map[string]string{
		"mise": "mise install", "asdf": "asdf install", "nvm": "nvm install", "fnm": "fnm install", "rbenv": "rbenv install", "pyenv": "pyenv install",
	}[w.by[0]]
	return fmt.Sprintf("%s wants %s: %s; %s", w.file, w.words(), step, w.activate())
}

// Direnv checks that the .envrc files of services' folders are in force. loaded
// is direnv's DIRENV_DIR, and installed whether there is a direnv.
func Direnv(dirs []string, project, loaded string, installed bool) []Finding {
	loaded = strings.TrimPrefix(loaded, "-")
	var found []Finding
	var seen []string
	for _, dir := range dirs {
		for at := dir; ; at = filepath.Dir(at) {
			path := filepath.Join(at, ".envrc")
			if _, err := os.Stat(path); err == nil {
				if !slices.Contains(seen, at) {
					seen = append(seen, at)
					found = append(found, envrc(path, at == loaded, installed))
				}
				break
			}
			if at == project || at == filepath.Dir(at) || !strings.HasPrefix(at, project) {
				break
			}
		}
	}
	return found
}

func envrc(path string, loaded, installed bool) Finding {
	const check = "direnv"
	switch {
	case loaded:
		return ok(check, path+" is loaded")
	case !installed:
		return warning(check, path+" is there, and direnv is not installed: services are started without what it sets", "install direnv (https://direnv.net), then direnv allow "+filepath.Dir(path))
	}
	return warning(check, path+" is not loaded in this shell: services are started without what it sets",
		fmt.Sprintf("direnv allow %s, and prox start from a shell with direnv's hook; or direnv exec %s prox start", filepath.Dir(path), filepath.Dir(path)))
}
