package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"prox/mux"
)

// TmuxFacts are what is known of tmux.
type TmuxFacts struct {
	Path    string // "" = there is none
	Version mux.Version
	Err     error // why the version can't be told
	// Server is that of the server that runs; nil when none does.
	Server *mux.Version
	// ServerErr is why a server that runs can't be asked.
	ServerErr error
	// Harm is what is wrong with the options of the server that runs.
	Harm *mux.HarmError
	// Configs are the files that a server would read at its start, the first
	// that exists of each place.
	Configs []string
	// Private is true for a project that has a server of its own.
	Private bool
}

// Tmux checks that there is a tmux, of a version that will do, and that a
// session of prox's would live in it.
func Tmux(f TmuxFacts) []Finding {
	const check = "tmux"
	switch {
	case f.Path == "":
		return []Finding{problem(check, "is not installed", hint(mux.ErrNoTmux))}
	case f.Err != nil:
		return []Finding{problem(check, fmt.Sprintf("%s does not say its version: %v", f.Path, f.Err), "run tmux -V, and install another tmux if that fails")}
	case f.Version.Less(mux.MinVersion):
		old := &mux.TooOldError{Have: f.Version}
		return []Finding{problem(check, fmt.Sprintf("%s is too old, %s or newer is needed (%s)", f.Version, mux.MinVersion, f.Path), old.Hint())}
	}
	found := []Finding{ok(check, fmt.Sprintf("%s (%s)", f.Version, f.Path))}
	if f.Private {
		return append(found, ok("tmux server", "the project has one of its own, without your configuration"))
	}
	return append(found, f.server()...)
}

// server checks the server that the session would be in, or the configuration
// that it would be started with.
func (f TmuxFacts) server() []Finding {
	const check = "tmux server"
	switch {
	case f.ServerErr != nil:
		return []Finding{problem(check, fmt.Sprintf("it runs, and %s can't talk to it: %v", f.Path, f.ServerErr),
			"it is of another version, most likely: end it when nothing in it is needed any more (tmux kill-server of the old tmux, or a logout)")}
	case f.Harm != nil:
		return []Finding{f.harmful(check, f.Harm, "")}
	case f.Server != nil && f.Server.Less(mux.MinVersion):
		return []Finding{problem(check, fmt.Sprintf("the one that runs is %s, and %s or newer is needed", f.Server, mux.MinVersion),
			"tmux was upgraded while it ran: end it when nothing in it is needed any more (tmux kill-server)")}
	case f.Server != nil && *f.Server != f.Version:
		return []Finding{warning(check, fmt.Sprintf("the one that runs is %s, the program %s", f.Server, f.Version),
			"it is replaced when it ends: tmux kill-server, when nothing in it is needed any more")}
	case f.Server != nil:
		return []Finding{ok(check, "runs, and bears a session of prox")}
	}
	for _, path := range f.Configs {
		if h, line := harmIn(path, f.Version.String()); h != nil {
			return []Finding{f.harmful(check, h, fmt.Sprintf("%s:%d: ", path, line))}
		}
	}
	return []Finding{ok(check, "none runs; prox start starts one")}
}

func (f TmuxFacts) harmful(check string, h *mux.HarmError, where string) Finding {
	return warning(check, fmt.Sprintf("%s%v; prox uses a server of its own instead", where, h),
		fmt.Sprintf("take %s %s out of your tmux configuration to have the windows in your own server, or say so in the config: tmux.server = \"private\"", h.Option, h.Value))
}

// setting finds the options that do harm in a line of a tmux configuration. It
// is read and not run: a plugin may do anything at the start of a server.
var setting = regexp.MustCompile(`^\s*set(?:-option|w|-window-option)?\s+(?:-\S+\s+)*(window-size|exit-unattached)\s+["']?(\w+)`)

// harmIn looks for a setting in a tmux configuration under which no session
// lives, and its line.
func harmIn(path, version string) (*mux.HarmError, int) {
	b := small(path) // tmux itself says what it can't read
	size, exit := "", ""
	lines := map[string]int{}
	for n, line := range strings.Split(string(b), "\n") {
		m := setting.FindStringSubmatch(line)
		switch {
		case m == nil:
			continue
		case m[1] == "window-size":
			size = m[2]
		case m[2] == "on" || m[2] == "1":
			exit = "1"
		default:
			exit = "0"
		}
		lines[m[1]] = n + 1
	}
	h := mux.HarmOf(version, size, exit)
	if h == nil {
		return nil, 0
	}
	return h, lines[h.Option]
}

// TmuxConfigs are the files that tmux reads for a person with that home and
// configuration folder, as far as they exist.
func TmuxConfigs(home, config string) []string {
	if config == "" && home != "" {
		config = filepath.Join(home, ".config")
	}
	candidates := []string{"/etc/tmux.conf"}
	if home != "" {
		candidates = append(candidates, filepath.Join(home, ".tmux.conf"))
	}
	if config != "" {
		candidates = append(candidates, filepath.Join(config, "tmux", "tmux.conf"))
	}
	var found []string
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	return found
}

// hint is the next step that an error knows.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
