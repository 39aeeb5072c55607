package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prox/config"
)

func TestPackagesThatAreNotInstalledAreTold(t *testing.T) {
	t.Parallel()
	const needs = `{"dependencies": {"react": "19"}}`
	for name, c := range map[string]struct {
		files   []string // name, content
		command string
		more    string // of another service
		want    string // a part of the finding and its fix; "" = none
	}{
		"a fresh clone":         {[]string{"web/package.json", needs}, "npm run dev", "", "cd web && npm install"},
		"a workspace":           {[]string{"web/package.json", needs, "pnpm-lock.yaml", ""}, "pnpm dev", "", "pnpm install"},
		"installed":             {[]string{"web/package.json", needs, "web/node_modules/x", ""}, "npm run dev", "", ""},
		"installed above":       {[]string{"web/package.json", needs, "node_modules/x", ""}, "npm run dev", "", ""},
		"nothing needed":        {[]string{"web/package.json", `{"scripts": {}}`}, "npm run dev", "", ""},
		"nothing of node":       {[]string{"web/package.json", needs}, "python3 -m http.server", "", ""},
		"the config installs":   {[]string{"web/package.json", needs}, "npm run dev", "npm ci --no-audit", ""},
		"a manifest is broken":  {[]string{"web/package.json", "{"}, "npm run dev", "", ""},
		"there is none":         {nil, "node server.js", "", ""},
		"in a shell's sentence": {[]string{"web/package.json", needs}, "sleep 1 && npx vite", "", "cd web && npm install"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "web"), 0o755); err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(c.files); i += 2 {
				path := filepath.Join(dir, c.files[i])
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(c.files[i+1]), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			uses := []Use{{Where: "web", Command: parsed(t, c.command), Dir: filepath.Join(dir, "web")}}
			if c.more != "" {
				uses = append(uses, Use{Where: "install", Command: parsed(t, c.more), Dir: filepath.Join(dir, "web")})
			}
			found := Packages(uses, dir)
			switch {
			case c.want == "" && len(found) > 0:
				t.Errorf("told %+v", found)
			case c.want != "" && (len(found) != 1 || found[0].Outcome != Problem || strings.Join(found[0].Fix, "") != c.want):
				t.Errorf("told %+v, and not to %s", found, c.want)
			}
		})
	}
}

func parsed(t *testing.T, text string) config.Command {
	t.Helper()
	c, err := config.ParseCommand(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
