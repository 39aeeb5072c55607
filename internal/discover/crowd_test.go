package discover

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// manyPackages writes a workspace of n packages, of which every tenth is an
// app and one is broken.
func manyPackages(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "package.json"), []byte(`{"name": "huge", "private": true, "workspaces": ["packages/*"], "scripts": {"dev": "turbo run dev"}}`))
	write(t, filepath.Join(dir, "turbo.json"), []byte(`{"tasks": {"dev": {"persistent": true, "dependsOn": ["^build"]}, "build": {"dependsOn": ["^build"]}}}`))
	write(t, filepath.Join(dir, "pnpm-lock.yaml"), nil)
	for i := range n {
		dev := "tsc --watch"
		if i%10 == 9 {
			dev = "vite --port " + strconv.Itoa(10_000+i)
		}
		text := fmt.Sprintf(`{
  "name": "@huge/p%d",
  "version": "1.0.0",
  "exports": {".": "./dist/index.js"},
  "scripts": {
    "build": "tsc -p .",
    "dev": %q,
    "lint": "eslint . && prettier --check .",
    "test": "vitest run",
    "prepare": "npm run build"
  },
  "dependencies": {"@huge/p%d": "workspace:*", "react": "^19.0.0", "zod": "^3.0.0"},
  "devDependencies": {"typescript": "^5.0.0", "vite": "^6.0.0", "vitest": "^3.0.0"}
}
`, i, dev, i/2)
		if i == n/2 {
			text = "{"
		}
		write(t, filepath.Join(dir, "packages", fmt.Sprintf("p%d", i), "package.json"), []byte(text))
	}
	return dir
}

func TestACrowdIsThinnedAndSaysSo(t *testing.T) {
	t.Parallel()
	const n = 1000
	p, err := Look(t.Context(), manyPackages(t, n))
	if err != nil {
		t.Fatal(err)
	}
	apps, tasks := 0, 0
	for _, s := range p.Services {
		switch {
		case s.Get("task") == true:
			tasks++
		case !s.minor:
			apps++
		}
	}
	if apps != mostServices-1 && apps != mostServices || tasks != 1 || len(p.Services) != apps+tasks {
		t.Errorf("%d services, of which %d are apps and %d tasks", len(p.Services), apps, tasks)
	}
	m := regexp.MustCompile(`left: this folder: (\d+) more look like services`).FindStringSubmatch(notes(p))
	if m == nil || m[1] != strconv.Itoa(n-1-apps) {
		t.Errorf("of %d packages %d are proposed; the notes are\n%s", n, apps, notes(p))
	}
	if got := strings.Count(notes(p), "\n"); got != 3 || !strings.Contains(notes(p), "broken: packages/p500/package.json") {
		t.Errorf("the notes are\n%s", notes(p))
	}
}

func TestWhatAPersonListedIsNotThinned(t *testing.T) {
	t.Parallel()
	text := ""
	for i := range 2 * mostServices {
		text += fmt.Sprintf("s%d: ./server %d\n", i, i)
	}
	if p := find(t, "Procfile", text); len(p.Services) != 2*mostServices || len(p.Notes) != 0 {
		t.Errorf("%d services\n%s", len(p.Services), notes(p))
	}
}

// BenchmarkTenThousandPackages tells how long a workspace takes, and how that
// compares to only reading its files.
func BenchmarkTenThousandPackages(b *testing.B) {
	dir := manyPackages(b, 10_000)
	var plain time.Duration
	for b.Loop() {
		b.StopTimer()
		start := time.Now()
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			_, err = os.ReadFile(path)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		plain += time.Since(start)
		b.StartTimer()
		if _, err := Look(b.Context(), dir); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(plain), "x-plain-read")
}

// Where somebody keeps all their repositories, none of them is the project.
func TestClonesBesideEachOther(t *testing.T) {
	t.Parallel()
	clones := func(number int) []string {
		var files []string
		for i := range number {
			dir := fmt.Sprintf("src/repo%d/", i)
			files = append(files, dir+".git/HEAD", "ref: refs/heads/main\n", dir+"Procfile", "web: ./serve\n")
		}
		return files
	}
	if p := find(t, clones(mostClones)...); len(p.Services) != mostClones || len(p.Notes) > 0 {
		t.Errorf("%d repositories make %d services, and say %v", mostClones, len(p.Services), p.Notes)
	}
	p := find(t, append(clones(mostClones+1), "src/Procfile", "proxy: ./proxy\n")...)
	if len(p.Services) != 1 || p.Services[0].Name != "proxy" {
		t.Errorf("found %d services, not proxy only", len(p.Services))
	}
	if want := "src: 9 folders have a .git of their own"; !strings.HasPrefix(notes(p), "left: "+want) {
		t.Errorf("it says %q, not %q", notes(p), want)
	}
	// A repository's own are its submodules.
	if p := find(t, append(clones(mostClones+1), ".git/HEAD", "x")...); len(p.Services) != mostClones+1 {
		t.Errorf("found %d services in submodules", len(p.Services))
	}
}
