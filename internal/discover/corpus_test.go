package discover

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"prox/config"
)

var update = flag.Bool("update", false, "write what is found into the corpus, to be looked at by a person")

// TestCorpus reads folders as people have them. Each is one archive: the files,
// then what is expected of them, in "want.toml" and "want.notes". The first line
// of the archive's comment may say "import FILE [FORMAT]"; else the folder is
// looked at.
func TestCorpus(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/corpus/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("there is no corpus: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "shop")
			want := map[string]string{}
			var files []txtar.File
			for _, f := range archive.Files {
				if strings.HasPrefix(f.Name, "want.") {
					want[f.Name] = string(f.Data)
					continue
				}
				files = append(files, f)
				write(t, filepath.Join(dir, f.Name), f.Data)
			}
			p := lookOrImport(t, dir, string(archive.Comment))
			text := p.TOML()
			for _, s := range p.Services { // what is written must be what prox reads
				if !s.Off {
					if _, err := config.Parse(filepath.Join(dir, "prox.toml"), text, config.Options{
						Given: config.Given{Shell: allSet(text)}, Port: func(string) (int, error) { return 1, nil },
					}); err != nil {
						t.Errorf("prox would refuse it: %v", err)
					}
					break
				}
			}
			got := map[string]string{"want.toml": string(text), "want.notes": notes(p)}
			if *update {
				archive.Files = append(files, txtar.File{Name: "want.toml", Data: text}, txtar.File{Name: "want.notes", Data: []byte(notes(p))})
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			for name, text := range got {
				if text != want[name] {
					t.Errorf("%s is not what was expected (go test ./internal/discover -run Corpus -update writes it)\n--- got\n%s--- want\n%s", name, text, want[name])
				}
			}
		})
	}
}

// allSet gives each variable that a text refers to a value.
func allSet(text []byte) []string {
	var set []string
	for _, m := range referred().FindAllSubmatch(text, -1) {
		set = append(set, string(m[1])+"=1")
	}
	return set
}

func lookOrImport(t *testing.T, dir, comment string) *Proposal {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var p *Proposal
	var err error
	first, _, _ := strings.Cut(comment, "\n")
	if words := strings.Fields(first); len(words) > 1 && words[0] == "import" {
		p, err = Import(ctx, filepath.Join(dir, words[1]), strings.Join(words[2:], ""))
	} else {
		p, err = Look(ctx, dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func notes(p *Proposal) string {
	var b strings.Builder
	for _, n := range p.Notes {
		b.WriteString(string(n.Kind) + ": " + n.String() + "\n")
	}
	return b.String()
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// find looks at a folder with the files given as name, content pairs.
func find(t testing.TB, files ...string) *Proposal {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i+1 < len(files); i += 2 {
		write(t, filepath.Join(dir, files[i]), []byte(files[i+1]))
	}
	p, err := Look(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
