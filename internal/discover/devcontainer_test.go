package discover

import (
	"strings"
	"testing"
)

func TestLongRunning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ command, want string }{
		{"npm run dev", "npm run dev"},
		{"npm install && npm start", "npm install && npm start"},
		{"npm install", ""},
		{"nohup ./server > /tmp/log 2>&1 &", "./server"},
		{"nohup bash -c 'cd web && npm run dev &'", "cd web && npm run dev"},
		{"bash -c 'bundle install; bin/dev'", "bin/dev"},
		{"./a & ./b & wait", "./a | ./b"},
		{"sleep 3 & echo done", ""},
		{"git config --global x y", ""},
		{"rails s -p 3000 -d &", "rails s -p 3000 -d"},
		{"while true; do sleep 1; done &", "while true; do sleep 1; done"},
		{"python manage.py migrate && python manage.py runserver", "python manage.py migrate && python manage.py runserver"},
		{"'", ""},
	} {
		if got := strings.Join(longRunning(c.command, ".", 0), " | "); got != c.want {
			t.Errorf("of %q goes on %q, not %q", c.command, got, c.want)
		}
	}
}

func TestPortsHaveNames(t *testing.T) {
	t.Parallel()
	p := find(t,
		"Procfile", "web: next dev\nweb-api: ./api\nworker: ./worker\n",
		".devcontainer/devcontainer.json", `{"forwardPorts": [3000, 4000, 5432], "portsAttributes": {"3000": {"label": "Web"}, "4000": {"label": "web api"}, "5432": {"label": "Database"}}}`)
	got := map[string]any{}
	for _, s := range p.Services {
		got[s.Name] = s.Get("port")
	}
	if got["web"] != 3000 || got["web-api"] != 4000 || got["worker"] != nil {
		t.Errorf("the ports are %v", got)
	}
	p = find(t, "Procfile", "web: next dev\nworker: ./worker\n", ".devcontainer.json", `{"forwardPorts": [3000], "portsAttributes": {"3000": {"label": "Application"}}}`)
	if got := p.Services[0].Get("port"); got != 3000 {
		t.Errorf("the only port is of the only server, which has %v", got)
	}
	p = find(t, "Procfile", "web: next dev\nother: vite\n", ".devcontainer.json", `{"forwardPorts": [3000]}`)
	if got := p.Services[0].Get("port"); got != nil {
		t.Errorf("it could be either's, and is %v", got)
	}
}

func TestOnlyThatHiddenFolderIsLookedInto(t *testing.T) {
	t.Parallel()
	p := find(t,
		".devcontainer/Procfile", "a: a\n", ".hidden/Procfile", "b: b\n", "devcontainer.json", `{"postStartCommand": "npm start"}`,
		"web/.devcontainer/python/devcontainer.json", `{"postStartCommand": "flask run"}`)
	if len(p.Services) != 1 || p.Services[0].Command != "flask run" || p.Services[0].Dir != "web" {
		t.Errorf("found\n%s", p.TOML())
	}
}

func FuzzDevcontainer(f *testing.F) {
	f.Add(`{"postStartCommand": {"a": "npm run dev &", "b": ["rails", "s"]}, "forwardPorts": [1, "x:2"], "portsAttributes": {"3000": {"label": "x"}}} // y`)
	f.Add(`{"postAttachCommand": "nohup bash -c 'sh -c \"x &\"' &"}`)
	fuzzFile(f, ".devcontainer.json")
}

func FuzzLongRunning(f *testing.F) {
	for _, seed := range []string{"nohup", "nohup bash -c 'npm start &' &", "a & b", "$(x) &", "bash -c", "<<x &"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, command string) {
		for _, running := range longRunning(command, ".", 0) {
			nameOfCommand(running, ".")
		}
	})
}
