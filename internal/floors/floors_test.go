// Package floors holds no code: its test keeps every package on its floor. The
// table is the one of ARCHITECTURE.md; a new package or a new import of ours
// has to be entered in both.
package floors

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may lists, for each package, which packages of ours it may import. What is
// not in the table does not exist.
var may = map[string][]string{
	".": {"internal/compressed", "internal/logstore", "internal/api", "internal/cli", "internal/controller", "internal/shim", "internal/dash", "internal/hush"},

	// The roles. They never import one another.
	"internal/cli":        {"internal/clipboard", "internal/trace", "internal/api", "internal/checkout", "config", "internal/discover", "internal/record", "internal/schedule", "internal/launch", "internal/logstore", "internal/ansi", "mux", "internal/place", "internal/version", "metrics", "internal/doctor", "internal/completion", "internal/manual"},
	"internal/controller": {"internal/compressed", "internal/machine", "config", "restart", "mux", "metrics", "internal/health", "internal/checkout", "internal/schedule", "internal/watch", "internal/logstore", "internal/ansi", "internal/api", "internal/launch", "internal/link", "internal/place", "internal/version"},
	"internal/shim":       {"ptyproc", "internal/logstore", "internal/launch", "internal/link", "internal/place", "internal/version"},
	"internal/dash":       {"internal/api", "internal/diagram", "internal/ansi", "internal/record", "internal/scroll"},
	"internal/prox-shim":  {"internal/shim"},

	// Parts that know a library or two.
	"internal/launch":   {"internal/place"},
	"internal/machine":  {"internal/schedule", "restart"},
	"internal/discover": {"config", "internal/document"},
	"internal/scroll":   {"internal/logstore", "internal/record", "internal/trace", "internal/ansi"},
	"internal/doctor":   {"config", "mux", "ptyproc"},

	// Parts that know none of ours.
	"internal/api":        {},
	"internal/document":   {},
	"internal/link":       {},
	"internal/logstore":   {"internal/linefilter"},
	"internal/compressed": {},
	"internal/health":     {},
	"internal/watch":      {},
	"internal/checkout":   {},
	"internal/record":     {},
	"internal/trace":      {},
	"internal/schedule":   {},
	"internal/ansi":       {},
	"internal/place":      {},
	"internal/version":    {},
	"internal/floors":     {},
	"internal/docscheck":  {},
	"internal/promises":   {},
	"internal/bench":      {},
	"internal/proxtest":   {"mux", "internal/place"},

	// Parts that know the standard library alone.
	"internal/linefilter": {},
	"internal/clipboard":  {},
	"internal/hush":       {},
	"internal/completion": {},
	"internal/manual":     {},
	"internal/reference":  {"internal/cli", "config"},
	"internal/pictures":   {},
	"internal/compare":    {},
	"internal/diagram":    {},

	// What prox is installed with; a test alone.
	"packaging":            {},
	"packaging/vendorhash": {},

	// Libraries: nothing of ours, no word of prox's in them.
	"mux":     {},
	"ptyproc": {},
	"config":  {},
	"restart": {},
	"metrics": {},
}

// never lists what a package must not import itself.
var never = map[string][]string{
	"internal/machine":  {"os", "net", "os/exec", "net/http"},
	"internal/shim":     {"os/exec"},
	"restart":           {"os", "net", "os/exec"},
	"ptyproc":           {"os/exec", "log/slog"},
	"mux":               {"log/slog"},
	"config":            {"os/exec", "net", "log/slog"},
	"internal/discover": {"os/exec", "net", "net/http"}, // it runs nothing that it finds
	"metrics":           {"log/slog"},
}

// beyond lists what a package must not reach, not even through others. There
// is a shim for each instance: what it links, memory is spent on as many times.
var beyond = map[string][]string{
	"internal/shim":    {"charm.land/lipgloss/v2", "github.com/klauspost/compress/zstd", "net/http", "github.com/alecthomas/kong", "github.com/shirou/gopsutil/v3/process", "github.com/BurntSushi/toml"},
	"internal/machine": {"net"},
	"mux":              {"github.com/alecthomas/kong"},
	"ptyproc":          {"github.com/alecthomas/kong"},
	"config":           {"github.com/alecthomas/kong"},
	"metrics":          {"github.com/alecthomas/kong"},
}

// tests lists what only test files may import.
var tests = []string{"internal/proxtest"}

type pkg struct {
	ImportPath  string
	Imports     []string
	Deps        []string
	TestImports []string
}

func list(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Deps,TestImports", "prox/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]pkg{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all[name(p.ImportPath)] = p
	}
}

func name(path string) string {
	if path == "prox" {
		return "."
	}
	return strings.TrimPrefix(path, "prox/")
}

func TestEveryPackageStandsOnItsFloor(t *testing.T) {
	t.Parallel()
	for where, p := range list(t) {
		if strings.HasPrefix(where, "examples/") || strings.Contains(where, "/internal/gen") {
			continue
		}
		allowed, ok := may[where]
		if !ok {
			t.Errorf("package %s has no line in the table: say where it stands", where)
			continue
		}
		for _, path := range p.Imports {
			if ours := name(path); strings.HasPrefix(path, "prox/") && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which its line in the table does not allow", where, ours)
			}
			if slices.Contains(tests, name(path)) {
				t.Errorf("%s imports %s outside its tests", where, path)
			}
		}
		for _, path := range never[where] {
			if slices.Contains(p.Imports, path) {
				t.Errorf("%s imports %s, which it never must", where, path)
			}
		}
		for _, path := range beyond[where] {
			if slices.Contains(p.Deps, path) {
				t.Errorf("%s reaches %s, which it never must", where, path)
			}
		}
	}
}

func TestTheTableNamesNothingThatIsGone(t *testing.T) {
	t.Parallel()
	all := list(t)
	for where := range may {
		if _, ok := all[where]; !ok {
			t.Errorf("the table has a line for %s, which does not exist", where)
		}
	}
}
