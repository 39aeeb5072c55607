package discover

import (
	"strings"
	"testing"
)

// What is to be installed is told once, with the command, and no more when it
// was.
func TestPackagesToInstall(t *testing.T) {
	t.Parallel()
	app := `{"scripts": {"dev": "vite"}, "devDependencies": {"vite": "^5"}}`
	for _, c := range []struct {
		name  string
		files []string
		want  string
	}{
		{"just cloned", []string{"package.json", app, "yarn.lock", ""}, "package.json: its packages are not installed: run yarn install\n"},
		{"installed", []string{"package.json", app, "node_modules/vite/x", ""}, ""},
		{"plug and play", []string{"package.json", app, ".pnp.cjs", ""}, ""},
		{"nothing needed", []string{"package.json", `{"scripts": {"dev": "node x.js"}}`}, ""},
		{"in a folder", []string{"web/package.json", app, "node_modules/vite/x", ""}, "web/package.json: its packages are not installed: run npm install in web\n"},
		{"through a Procfile", []string{"Procfile", "web: npm run dev\n", "package.json", app}, "package.json: its packages are not installed: run npm install\n"},
		{"nothing to do with it", []string{"Procfile", "web: ./serve\n", "package.json", `{"devDependencies": {"prettier": "3"}}`}, ""},
		{
			"a workspace",
			[]string{"package.json", `{"workspaces": ["a", "b"]}`, "a/package.json", app, "b/package.json", app},
			"package.json: its packages are not installed: run npm install\n",
		},
		{"an installed workspace", []string{"package.json", `{"workspaces": ["a"]}`, "a/package.json", app, "node_modules/vite/x", ""}, ""},
	} {
		got := ""
		for line := range strings.Lines(notes(find(t, c.files...))) {
			got += strings.TrimPrefix(line, "missing: ")
		}
		if got != c.want {
			t.Errorf("%s: it says %q, not %q", c.name, got, c.want)
		}
	}
}
