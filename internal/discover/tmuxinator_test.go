package discover

import (
	"strings"
	"testing"
)

func FuzzTmuxinator(f *testing.F) {
	fuzzImport(f, ".tmuxinator.yml", "windows: [a, {b: c}, {d: [e, f]}, {g: {panes: [h, {i: [j]}, null, {shell_command: [{cmd: k}]}]}}]")
}

func FuzzTmuxp(f *testing.F) { fuzzImport(f, ".tmuxp.yaml") }

func TestPanesForAPersonAreLeftOut(t *testing.T) {
	t.Parallel()
	for command, left := range map[string]bool{
		"vim": true, "nvim .": true, "git status": true, "lazygit": true, "htop": true, "zsh": true, "bundle exec rails console": true, "bin/rails c": true,
		"python": true, "python manage.py shell": false, "psql shop": true, "ssh staging": true, "iex -S mix": true, "ls -la": true,
		"npm run dev": false, "python app.py": false, "bin/rails server": false, "ssh -N -L 1:2:3 staging": false, "iex -S mix phx.server": false,
		"bash run.sh": false, "tail -f x.log": false, "docker compose up": false,
	} {
		p := find(t, ".tmuxinator.yml", "windows:\n  - x:\n      panes:\n        - "+command+"\n")
		if got := len(p.Services) == 0; got != left {
			t.Errorf("%q is left out: %v\n%s", command, got, notes(p))
		}
	}
}

func TestPanesAreCalledAfterTheirCommands(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"npm run dev": "dev", "yarn start": "start", "bundle exec sidekiq -C x": "sidekiq", "python worker.py": "worker", "./bin/server": "server",
		"docker compose up": "up", "make -C api run": "run", "DEBUG=1 node src/app.js": "app", "(broken": "service",
	} {
		if got := callName(command); got != want {
			t.Errorf("%q is called %s, not %s", command, got, want)
		}
	}
}

func TestTmuxinatorRoots(t *testing.T) {
	t.Parallel()
	for root, want := range map[string]string{".": ".", "./": ".", "": ".", "api": "api", "~/code/api": "${HOME}/code/api", "/srv/x": "/srv/x", "$HOME/x": "$HOME/x"} {
		p := find(t, ".tmuxinator.yml", "root: '"+root+"'\nwindows:\n  - x: ./server\n")
		if got := p.Services[0].Dir; got != want {
			t.Errorf("%q is %s, not %s", root, got, want)
		}
	}
	if p := find(t, ".tmuxinator.yml", "name: <%= x %>\nwindows: [a]\n"); len(p.Services) != 0 || !strings.Contains(notes(p), "broken: .tmuxinator.yml (line 1): passed over: it has ERB in it") {
		t.Errorf("the notes are\n%s", notes(p))
	}
}
