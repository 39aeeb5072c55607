package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"prox/config"
)

// workshop is a folder with files in it: "name" an executable, "name=text" a
// file.
func workshop(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if text == "run" {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func use(t *testing.T, dir, path, text string) Use {
	t.Helper()
	c, err := config.ParseCommand(text)
	if err != nil {
		t.Fatal(err)
	}
	return Use{Where: "web", Command: c, Dir: dir, Env: []string{"PATH=" + path}}
}

func TestTools(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files     map[string]string
		path      string // of folders below the root, or whole ones
		command   string
		installer string
		want      string
	}{
		"there":                 {map[string]string{"bin/node": "run"}, "bin", "node x", "", "ok /bin/node (web)"},
		"missing":               {nil, "bin", "psql", "apt", "problem not found in PATH (web)\nsudo apt install postgresql-client"},
		"missing on macOS":      {nil, "bin", "psql", "brew", "problem brew install libpq"},
		"missing and unknown":   {nil, "bin", "frobnicate", "apt", "problem put its folder into PATH"},
		"missing, not packaged": {nil, "bin", "pnpm dev", "apt", "problem npm install -g pnpm"},
		"not executable":        {map[string]string{"bin/tool": "text"}, "bin", "tool", "", "problem chmod +x"},
		"a script not there":    {nil, "bin", "./run.sh", "", "problem no such file"},
		"in node_modules":       {map[string]string{"node_modules/.bin/vite": "run"}, "bin", "vite", "", "problem it is in node_modules/.bin"},
		"in a venv":             {map[string]string{".venv/bin/uvicorn": "run"}, "bin", "uvicorn", "", "problem it is in .venv/bin"},
		"not installed yet":     {map[string]string{"package.json": `{"devDependencies": {"vite": "^5"}}`}, "bin", "vite", "", "problem npm install"},
		"nvm's":                 {map[string]string{".nvmrc": "18\n", "home/.nvm/versions/node/v18.2.0/bin/node": "run"}, "home/.nvm/versions/node/v18.2.0/bin", "node x", "", "ok by nvm (web)"},
		"nvm's other":           {map[string]string{".nvmrc": "v20", "home/.nvm/versions/node/v18.2.0/bin/node": "run"}, "home/.nvm/versions/node/v18.2.0/bin", "node x", "", "warning .nvmrc wants node v20, and it is "},
		"nvm's whatever":        {map[string]string{".nvmrc": "lts/*", "home/.nvm/versions/node/v18.2.0/bin/node": "run"}, "home/.nvm/versions/node/v18.2.0/bin", "node x", "", "ok "},
		"the system's":          {map[string]string{".nvmrc": "18", "bin/node": "run"}, "bin", "node x", "", "warning nvm use"},
		"npm goes with node":    {map[string]string{".nvmrc": "18", "bin/npm": "run"}, "bin", "npm start", "", "warning .nvmrc wants node 18"},
		"mise's shim":           {map[string]string{"mise.toml": "[tools]\nnode = '20'", "home/mise/shims/node": "run"}, "home/mise/shims", "node x", "", "ok by mise"},
		"mise asleep":           {map[string]string{"mise.toml": "[tools]\nnode = '20'", "bin/node": "run"}, "bin", "node x", "", "warning mise activate"},
		"mise, and missing":     {map[string]string{"mise.toml": "[tools]\nnode = '20'"}, "bin", "node x", "apt", "problem mise.toml wants node 20: mise install"},
		"mise's other":          {map[string]string{".mise.toml": "[tools]\nnode = '20'", "home/mise/installs/node/18.1.0/bin/node": "run"}, "home/mise/installs/node/18.1.0/bin", "node x", "", "warning .mise.toml wants node 20"},
		"a broken mise.toml":    {map[string]string{"mise.toml": "[tools", "bin/node": "run"}, "bin", "node x", "", "ok "},
		"asdf's":                {map[string]string{".tool-versions": "# ours\nnodejs 20.1.0 # lts\n", "home/.asdf/shims/node": "run"}, "home/.asdf/shims", "node x", "", "ok by asdf"},
		"asdf asleep":           {map[string]string{".tool-versions": "nodejs 20.1.0", "bin/node": "run"}, "bin", "node x", "", "warning asdf's shims"},
		"rbenv asleep":          {map[string]string{".ruby-version": "3.2.1", "bin/ruby": "run"}, "bin", "ruby x", "", "warning rbenv init"},
		"pyenv asleep":          {map[string]string{".python-version": "3.12", "bin/python3": "run"}, "bin", "python3 x", "", "warning pyenv init"},
		"volta's":               {map[string]string{"home/.volta/bin/node": "run"}, "home/.volta/bin", "node x", "", "ok by volta"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := workshop(t, c.files)
			expect(t, name, Tools([]Use{use(t, root, filepath.Join(root, c.path), c.command)}, root, c.installer), c.want)
		})
	}
}

func TestAToolIsToldOnceForAllThatNeedIt(t *testing.T) {
	t.Parallel()
	root := workshop(t, map[string]string{"bin/node": "run", "other/node": "run", "web/.nvmrc": "18"})
	path := filepath.Join(root, "bin")
	same := []Use{use(t, root, path, "node a"), use(t, root, path, "node b"), use(t, root, path, "node c"), use(t, root, path, "node d")}
	expect(t, "one", Tools(same, root, ""), "ok (web, web, web and 1 more)")
	expect(t, "two", Tools(append(same[:1:1], use(t, root, filepath.Join(root, "other"), "node")), root, ""), "ok bin/node", "ok other/node")
}

func TestAFileAboveTheProjectIsNotItsOwn(t *testing.T) {
	t.Parallel()
	root := workshop(t, map[string]string{".nvmrc": "18", "shop/.node-version": "20", "shop/web/x": "x", "bin/node": "run"})
	shop := filepath.Join(root, "shop")
	expect(t, "above", Tools([]Use{use(t, filepath.Join(shop, "web"), filepath.Join(root, "bin"), "node x")}, shop, ""), "warning .node-version wants node 20")
}

func TestDirenv(t *testing.T) {
	t.Parallel()
	root := workshop(t, map[string]string{".envrc": "export A=1", "web/.envrc": "source_up", "api/x": "x"})
	dirs := []string{root, filepath.Join(root, "web"), filepath.Join(root, "api")}
	expect(t, "not loaded", Direnv(dirs, root, "", true), "warning direnv exec "+root, "warning web/.envrc is not loaded")
	expect(t, "loaded", Direnv(dirs[:1], root, "-"+root, true), "ok .envrc is loaded")
	expect(t, "not installed", Direnv(dirs[:1], root, "", false), "warning direnv is not installed")
	expect(t, "none", Direnv([]string{filepath.Join(root, "api")}, filepath.Join(root, "api"), "", true))
}
