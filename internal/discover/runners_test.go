package discover

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// fuzzImport is fuzzFile for a config that is imported: its corpus is where the
// fuzzer begins.
func fuzzImport(f *testing.F, name string, seeds ...string) {
	f.Helper()
	archives, err := filepath.Glob("testdata/corpus/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name == name {
				f.Add(string(file.Data))
			}
		}
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), []byte(content))
		p, err := Import(t.Context(), filepath.Join(dir, name), "")
		if err != nil {
			return // it says what is wrong with the file
		}
		for _, n := range p.Notes {
			if n.File == "prox.toml" {
				t.Errorf("what was made of it is no config: %s\n%s", n, p.TOML())
			}
		}
	})
}

// imported takes over one file, beside others given as name, content pairs.
func imported(t *testing.T, name, content string, others ...string) *Proposal {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, name), []byte(content))
	for i := 0; i+1 < len(others); i += 2 {
		write(t, filepath.Join(dir, others[i]), []byte(others[i+1]))
	}
	p, err := Import(t.Context(), filepath.Join(dir, name), "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// has fails unless each text is in what was made of a config, or in its notes.
func has(t *testing.T, p *Proposal, wanted ...string) {
	t.Helper()
	all := string(p.TOML()) + notes(p)
	for _, want := range wanted {
		if !strings.Contains(all, want) {
			t.Errorf("there is no %q in\n%s", want, all)
		}
	}
}

func TestReferencesOfOthers(t *testing.T) {
	t.Parallel()
	known := func(name string) bool { return name == "KNOWN" }
	for _, c := range []struct {
		text, want string
		odd        bool
	}{
		{"plain", "plain", false},
		{"$KNOWN/${KNOWN}", "${KNOWN}/${KNOWN}", false},
		{"a $X-$Y_1.", "a ${X:-}-${Y_1:-}.", false},
		{"${X:-d}${Y-}${Z:?why}", "${X:-d}${Y-}${Z:?why}", false},
		{"5$$", "5$", false},
		{"$$X $${X}", "$X $${X}", false},
		{"$ $1 $", "$ $1 $", false},
		{"${X^^}", "$${X^^}", true},
		{"${X", "$${X", true},
		{"${A:-${B}}", "${A:-${B}}", false},
	} {
		if got, ok := expanded(c.text, known); got != c.want || ok == c.odd {
			t.Errorf("%q is %q (%v), not %q", c.text, got, ok, c.want)
		}
	}
}

func TestPathsSeenFromElsewhere(t *testing.T) {
	t.Parallel()
	for _, c := range [][4]string{
		{".", ".", "src", "src"},
		{"api", ".", "api/src/**", "src/**"},
		{"api", ".", "web/src", "../web/src"},
		{"apps/api", "apps", "lib", "../lib"},
		{"apps/api", ".", "apps/api", "."},
		{"api", ".", "apikeys", "../apikeys"},
		{"../out", ".", "src", "src"},
		{"${HOME}/x", ".", "src", "src"},
		{"api", ".", "/abs", "/abs"},
	} {
		if got := seenFrom(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%s of %s is %s in %s, not %s", c[2], c[1], got, c[0], c[3])
		}
	}
}

func TestWhatOnlyBashKnows(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"npm start":                 false,
		"a && b || c":               false,
		"[ -d x ] && y":             false,
		"set -e; a":                 false,
		"[[ -d x ]] && y":           true,
		"set -euo pipefail; a":      true,
		"set -o pipefail; a":        true,
		"source venv/bin/activate":  true,
		"cat <(ls)":                 true,
		"a &> log":                  true,
		"x=(1 2); echo ${x[0]}":     true,
		"echo ${x^^}":               true,
		"it is 'broken":             false,
		". venv/bin/activate && go": false,
	} {
		if got := needsBash(text); got != want {
			t.Errorf("%q needs bash: %v", text, got)
		}
	}
}

func TestSizesOfOthers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"300M": "300MiB", "1G": "1GiB", "512MB": "512MB", "1.5GiB": "1.5GiB", "64k": "64KiB", "1048576": "1048576B", "2kb": "2kB",
		"": "", "lots": "", "-1M": "", "0": "", "1 EB": "", "M": "",
	} {
		if got := memory(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

func TestDurationsOfOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		unit int64
		want string
	}{
		{"5", 1e9, "5s"},
		{"90", 1e9, "90s"},
		{"120", 1e9, "2m"},
		{"3600", 1e9, "1h"},
		{"86400", 1e9, "1d"},
		{"1500", 1e6, "1500ms"},
		{"0.5", 1e9, "500ms"},
		{"0", 1e9, "0s"},
		{"30s", 1e6, "30s"},
		{"1h", 1e6, "1h"},
		{"soon", 1e9, ""},
		{"-1", 1e9, ""},
		{"NaN", 1e9, ""},
		{"1e300", 1e9, ""},
	} {
		if got := durationText(c.text, time.Duration(c.unit)); got != c.want {
			t.Errorf("%q is %q, not %q", c.text, got, c.want)
		}
	}
}
