package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"prox/config"
	"prox/mux"
)

// expect fails unless the findings are those that are wanted, each given as its
// outcome and a part of its text or fix.
func expect(t *testing.T, name string, got []Finding, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: there are %d findings, not %d: %+v", name, len(got), len(want), got)
		return
	}
	for k, w := range want {
		outcome, text, _ := strings.Cut(w, " ")
		all := strings.Join(append([]string{got[k].Text}, got[k].Fix...), "\n")
		if string(got[k].Outcome) != outcome || !strings.Contains(all, text) {
			t.Errorf("%s: %q was wanted, and is %s %s", name, w, got[k].Outcome, all)
		}
		if got[k].Outcome == Problem && len(got[k].Fix) == 0 {
			t.Errorf("%s: it does not say what to do about %q", name, got[k].Text)
		}
	}
}

func version(t *testing.T, s string) mux.Version {
	t.Helper()
	v, err := mux.ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTmux(t *testing.T) {
	t.Parallel()
	conf := filepath.Join(t.TempDir(), "tmux.conf")
	if err := os.WriteFile(conf, []byte("# set -g exit-unattached on\nset -g mouse on\n  set-option -g window-size 'manual'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v33, v35, v30 := version(t, "3.3a"), version(t, "3.5"), version(t, "3.0")
	healthy := TmuxFacts{Path: "/usr/bin/tmux", Version: v33}
	with := func(change func(*TmuxFacts)) []Finding {
		f := healthy
		change(&f)
		return Tmux(f)
	}
	expect(t, "none", with(func(f *TmuxFacts) { f.Path = "" }), "problem install it: sudo apt install tmux")
	expect(t, "silent", with(func(f *TmuxFacts) { f.Err = errors.New("it crashed") }), "problem it crashed")
	expect(t, "old", with(func(f *TmuxFacts) { f.Version = v30 }), "problem 3.0 is too old, 3.2")
	expect(t, "healthy", Tmux(healthy), "ok 3.3a (/usr/bin/tmux)", "ok none runs")
	expect(t, "running", with(func(f *TmuxFacts) { f.Server = &v33 }), "ok 3.3a", "ok bears a session")
	expect(t, "old server", with(func(f *TmuxFacts) { f.Server = &v30 }), "ok 3.3a", "problem tmux kill-server")
	expect(t, "other server", with(func(f *TmuxFacts) { f.Server = &v35 }), "ok 3.3a", "warning the one that runs is 3.5, the program 3.3a")
	expect(t, "server of another protocol", with(func(f *TmuxFacts) { f.ServerErr = errors.New("protocol version mismatch") }), "ok 3.3a", "problem protocol version mismatch")
	expect(t, "harm", with(func(f *TmuxFacts) { f.Harm = mux.HarmOf("3.3a", "latest", "1") }), "ok 3.3a", "warning exit-unattached is on")
	expect(t, "harm in a file", with(func(f *TmuxFacts) { f.Configs = []string{conf} }), "ok 3.3a", "warning tmux.conf:3: the tmux option window-size is manual")
	expect(t, "that harms other versions only", with(func(f *TmuxFacts) { f.Configs, f.Version = []string{conf}, version(t, "3.2") }), "ok 3.2", "ok none runs")
	expect(t, "private", with(func(f *TmuxFacts) { f.Private, f.Configs = true, []string{conf} }), "ok 3.3a", "ok one of its own")
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	healthy := TerminalFacts{Term: "xterm-256color", Colors: colorprofile.ANSI256, Known: func(s string) bool { return s != "xterm-ghostty" }, Locale: "en_GB.UTF-8", OS: "linux"}
	with := func(change func(*TerminalFacts)) []Finding {
		f := healthy
		change(&f)
		return Terminal(f)
	}
	expect(t, "healthy", Terminal(healthy), "ok 256 colours", "ok en_GB.UTF-8")
	expect(t, "true colour", with(func(f *TerminalFacts) { f.Colors = colorprofile.TrueColor }), "ok 16 million", "ok ")
	expect(t, "no colour", with(func(f *TerminalFacts) { f.NoColor = true }), "ok NO_COLOR", "ok ")
	expect(t, "no terminal", with(func(f *TerminalFacts) { f.Term = "" }), "warning TERM is not set", "ok ")
	expect(t, "dumb", with(func(f *TerminalFacts) { f.Term = "dumb" }), "warning TERM=xterm-256color prox attach", "ok ")
	expect(t, "unknown", with(func(f *TerminalFacts) { f.Term = "xterm-ghostty" }), "warning infocmp -x xterm-ghostty", "ok ")
	expect(t, "latin1", with(func(f *TerminalFacts) { f.Locale = "de_DE" }), "ok ", "warning de_DE is not UTF-8")
	expect(t, "no locale", with(func(f *TerminalFacts) { f.Locale = "" }), "ok ", "warning export LANG=C.UTF-8")
	expect(t, "no locale on macOS", with(func(f *TerminalFacts) { f.Locale, f.OS = "", "darwin" }), "ok ", "ok macOS")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	expect(t, "many", OpenFiles(4096, 1<<20), "ok 4096")
	expect(t, "all", OpenFiles(0, 0), "ok unlimited")
	expect(t, "few", OpenFiles(256, 1<<20), "warning ulimit -n 8192")
	expect(t, "few, and no more allowed", OpenFiles(256, 512), "warning ulimit -n 512")
	expect(t, "none", OpenFiles(64, 0), "problem ulimit -n 8192")

	expect(t, "unknown", Watches(Inotify{}))
	expect(t, "free", Watches(Inotify{Watches: 100_000, Instances: 128, UsedWatches: 9}), "ok 9 of 100000", "ok 0 of 128")
	expect(t, "nearly full", Watches(Inotify{Watches: 100_000, Instances: 128, UsedWatches: 80_000}), "warning sysctl fs.inotify.max_user_watches=400000", "ok ")
	expect(t, "full", Watches(Inotify{Watches: 100_000, Instances: 128, UsedInstances: 128}), "ok ", "problem nothing more can be watched")
	expect(t, "few", Watches(Inotify{Watches: 8192, Instances: 128}), "warning large projects need more", "ok ")
}

type hinted struct{}

func (hinted) Error() string { return "is not yours" }
func (hinted) Hint() string  { return "take another" }

func TestFolders(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "open"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, "open"), 0o755); err != nil {
		t.Fatal(err)
	}
	at := func(name string) []Finding { return Folders(LookAt("folder", filepath.Join(root, name))) }
	expect(t, "open", at("open"), "warning chmod 700")
	expect(t, "not there", at("new/below"), "ok is made when it is needed")
	expect(t, "a file", at("file"), "problem is a file")
	expect(t, "below a file", at("file/below"), "problem file can't be written to")

	healthy := Folder{Name: "folder", Path: "/x", Exists: true, IsFolder: true, Mine: true, Writable: true, Mode: 0o700}
	with := func(change func(*Folder)) []Finding {
		f := healthy
		change(&f)
		return Folders(f)
	}
	expect(t, "healthy", Folders(healthy), "ok /x")
	expect(t, "foreign", with(func(f *Folder) { f.Mine = false }), "problem sudo chown")
	expect(t, "below a foreign one", with(func(f *Folder) { f.Exists, f.Refused = false, hinted{} }), "problem is not yours\ntake another")
	expect(t, "read only", with(func(f *Folder) { f.Writable = false }), "problem can't be written to")
	expect(t, "full", with(func(f *Folder) { f.Known, f.Free = true, 3<<20 }), "warning 3 MB are free")
	expect(t, "elsewhere", with(func(f *Folder) { f.Notice = "logs are kept in /run" }), "warning logs are kept in /run")
	expect(t, "shared", with(func(f *Folder) { f.Shared, f.Mode = true, 0o755 }), "ok /x")
	expect(t, "socket", []Finding{Socket("/run/x", nil, 103), Socket("", errors.New("its path is too long"), 103)}, "ok 6 of 103", "problem XDG_RUNTIME_DIR")
}

func TestPorts(t *testing.T) {
	t.Parallel()
	port := func(h *Holder) []Finding { return Ports([]Port{{Number: 3000, Service: "web", Holder: h}}, 1024) }
	expect(t, "free", port(nil), "ok of web, free")
	expect(t, "its own", port(&Holder{Pid: 7, Instance: "web", Own: true}), "ok which web has")
	expect(t, "another program", port(&Holder{Pid: 7, Name: "node", Dir: "/src"}), "problem node (pid 7, in /src)\nend it: kill 7")
	expect(t, "another project", port(&Holder{Pid: 7, Name: "node", Instance: "api", Project: "shop", Folder: "/shop"}), "problem service api of the prox project shop\nprox -C /shop stop api")
	expect(t, "another user", port(&Holder{}), "problem process of another user")
	expect(t, "not known", Ports([]Port{{Number: 3000, Service: "web", Err: errors.New("no /proc")}}, 0), "warning no /proc")
	expect(t, "for root", Ports([]Port{{Number: 80, Service: "web"}}, 1024), "problem ip_unprivileged_port_start=80")
}

func TestProgramsOfCommands(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"npm run dev":                               "npm",
		"PORT=3000 node app.js":                     "node",
		"node app.js > log 2>&1":                    "node",
		"make build && ./server | tee log":          "make ./server tee",
		"cd web && npm start; ./below; /bin/there":  "npm /bin/there",
		"exec env A=1 B=2 nohup ruby app.rb":        "env nohup ruby",
		"env -i A=1 ruby app.rb":                    "env",
		"if [ -e x ]; then uv run y; else exit; fi": "uv",
		"f() { curl x; }; f; wait":                  "curl",
		"command -v jq >/dev/null && jq . x":        "",
		"echo $(git rev-parse HEAD)":                "git",
		"$CMD now; 'my tool' x":                     "my tool",
		"bash -c 'redis-server & wait'":             "bash redis-server",
		"sh -ec 'psql -l'":                          "sh psql",
		"sh run.sh -c x":                            "sh",
		"sudo -u x nginx":                           "sudo",
		"while true; do sleep 1; done":              "sleep",
		"~/bin/x":                                   "",
	} {
		c, err := config.ParseCommand(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(Programs(c), " "); got != want {
			t.Errorf("%s runs %q, not %q", text, got, want)
		}
	}
}

func FuzzPrograms(f *testing.F) {
	for _, seed := range []string{"npm start", "cd a && b | c; d() { e; }; f", "bash -c 'x $(y)'", "env A=1 x", "command -v", "exec"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := config.ParseCommand(text)
		if err != nil {
			t.Skip()
		}
		if slices.Contains(Programs(c), "") {
			t.Errorf("a program of %q has no name", text)
		}
	})
}
