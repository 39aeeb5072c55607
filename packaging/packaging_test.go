// Package packaging holds no code: its test installs prox as a person would,
// looks into what `make package` or goreleaser have made (PROX_DIST names the
// folder), and holds the two descriptions of the packages together.
package packaging

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// patience bounds a command; a build without a cache takes most of it.
const patience = 5 * time.Minute

// run runs a command in the root of the sources and gives what it printed.
func run(t *testing.T, env []string, argv ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = "..", append(os.Environ(), env...)
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		t.Fatalf("%q: %v\n%s%s", argv, err, out.String(), bad.String())
	}
	return out.String()
}

// files are all files below a folder, with their modes.
func files(t *testing.T, root string) map[string]os.FileMode {
	t.Helper()
	found := map[string]os.FileMode{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		found[rel] = fi.Mode().Perm()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("no %s here", p)
		}
	}
}

var installed = map[string]os.FileMode{
	"bin/prox":                                  0o755,
	"bin/prox-shim":                             0o755,
	"share/man/man1/prox.1":                     0o644,
	"share/bash-completion/completions/prox":    0o644,
	"share/zsh/site-functions/_prox":            0o644,
	"share/fish/vendor_completions.d/prox.fish": 0o644,
}

func TestMakeInstallsAndUninstalls(t *testing.T) {
	need(t, "make")
	root := t.TempDir()
	run(t, nil, "make", "install", "DESTDIR="+root, "PREFIX=/opt/prox dir")
	if got := files(t, filepath.Join(root, "opt/prox dir")); !maps.Equal(got, installed) {
		t.Errorf("installed are %v", got)
	}
	if all := files(t, root); len(all) != len(installed) {
		t.Errorf("something lies elsewhere: %v", all)
	}
	run(t, nil, "make", "uninstall", "DESTDIR="+root, "PREFIX=/opt/prox dir")
	if left := files(t, root); len(left) > 0 {
		t.Errorf("left after make uninstall: %v", left)
	}
}

// TestShellsAndManFindWhatIsInstalled installs into a home of its own.
func TestShellsAndManFindWhatIsInstalled(t *testing.T) {
	need(t, "make")
	home := t.TempDir()
	prefix := filepath.Join(home, ".local")
	run(t, nil, "make", "install", "PREFIX="+prefix)
	env := []string{
		"HOME=" + home, "PATH=" + filepath.Join(prefix, "bin") + ":" + os.Getenv("PATH"),
		"XDG_DATA_HOME=", "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"), "XDG_DATA_DIRS=", "MANPATH=", "LC_ALL=C.UTF-8",
	}
	for _, c := range []struct{ shell, script, want string }{
		{"man", "", filepath.Join(prefix, "share/man/man1/prox.1")},
		{"fish", `complete -C "prox att"`, "attach"},
		{"zsh", "fpath=(" + prefix + "/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -D -i; print $_comps[prox]", "_prox"},
		{"bash", `f=/usr/share/bash-completion/bash_completion; [ ! -e $f ] || . $f; declare -F _completion_loader >/dev/null && _completion_loader prox; complete -p prox 2>/dev/null || echo no bash-completion`, "prox"},
	} {
		t.Run(c.shell, func(t *testing.T) {
			need(t, c.shell)
			argv := []string{c.shell, "-c", c.script}
			if c.shell == "man" {
				argv = []string{"man", "-w", "prox"}
			}
			out := run(t, env, argv...)
			if strings.Contains(out, "no bash-completion") {
				t.Skip("no bash-completion here")
			}
			if !strings.Contains(out, c.want) {
				t.Errorf("%q, want %q", out, c.want)
			}
		})
	}
}

// TestGoInstallIsEnough: prox alone, without prox-shim, is all there.
func TestGoInstallIsEnough(t *testing.T) {
	bin := t.TempDir()
	env := []string{"GOBIN=" + bin, "GOFLAGS="}
	run(t, env, "go", "install", ".")
	if got := files(t, bin); len(got) != 1 {
		t.Errorf("installed are %v", got)
	}
	root, err := os.MkdirTemp("/tmp", "gi") // short: sockets lie below
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	for _, dir := range []string{"home", "run", "state", "tmux", "shop"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "shop/Procfile"), []byte("web: echo hello; exec sleep 1000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env = []string{
		"HOME=" + root + "/home", "XDG_RUNTIME_DIR=" + root + "/run", "XDG_STATE_HOME=" + root + "/state",
		"TMUX_TMPDIR=" + root + "/tmux", "TMUX=", "TERM=xterm-256color",
	}
	prox := filepath.Join(bin, "prox")
	defer run(t, env, prox, "-C", root+"/shop", "kill")
	run(t, env, prox, "-C", root+"/shop", "start")
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		out := run(t, env, prox, "-C", root+"/shop", "logs")
		if strings.Contains(out, "hello") {
			return
		}
		if time.Now().After(limit) { // it is ready when it runs, before it has said anything
			t.Fatalf("the log says %q", out)
		}
	}
}

// packages are the parts of both descriptions that must be alike.
type packages struct {
	Section, Priority, Maintainer, Description, License string

	Contents  []map[string]any
	Overrides map[string]map[string]any
}

func TestBothDescriptionsOfThePackagesAreAlike(t *testing.T) {
	var ours packages
	var theirs struct{ NFPMs []packages }
	for file, into := range map[string]any{"nfpm.yaml": &ours, "../.goreleaser.yaml": &theirs} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(b, into); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	if len(theirs.NFPMs) != 1 {
		t.Fatalf("%d packages in .goreleaser.yaml", len(theirs.NFPMs))
	}
	// Goreleaser adds the programs by itself, and has its own word for depends.
	ours.Contents = slices.DeleteFunc(ours.Contents, func(c map[string]any) bool {
		return strings.HasPrefix(c["dst"].(string), "/usr/bin/")
	})
	for _, o := range ours.Overrides {
		o["dependencies"] = o["depends"]
		delete(o, "depends")
	}
	if !reflect.DeepEqual(ours, theirs.NFPMs[0]) {
		t.Errorf("nfpm.yaml says\n  %v\nand .goreleaser.yaml\n  %v", ours, theirs.NFPMs[0])
	}
}

// dist is where packages have been made.
func dist(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PROX_DIST")
	if dir == "" {
		t.Skip("PROX_DIST names no folder: make package")
	}
	return dir
}

func made(t *testing.T, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dist(t), pattern))
	if err != nil || len(all) == 0 {
		t.Fatalf("nothing like %s: %v", pattern, err)
	}
	return all
}

func TestArchivesHaveEverything(t *testing.T) {
	need(t, "tar")
	for _, archive := range made(t, "prox_*.tar.gz") {
		folder := strings.TrimSuffix(filepath.Base(archive), ".tar.gz")
		var got []string
		for name := range strings.Lines(run(t, nil, "tar", "tzf", archive)) {
			if name = strings.TrimSpace(name); !strings.HasSuffix(name, "/") {
				got = append(got, strings.TrimPrefix(name, folder+"/"))
			}
		}
		slices.Sort(got)
		want := []string{
			"LICENSE", "README.md", "completions/_prox", "completions/prox.bash", "completions/prox.fish",
			"man/prox.1", "prox", "prox-shim", "prox.toml.example",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q", archive, got)
		}
		if strings.Contains(folder, runtime.GOOS+"_"+runtime.GOARCH) {
			dir := t.TempDir()
			run(t, nil, "tar", "xzf", archive, "-C", dir)
			starts(t, filepath.Join(dir, folder))
		}
	}
}

// starts looks whether the programs of a folder are a working pair.
func starts(t *testing.T, dir string) {
	t.Helper()
	if out := run(t, nil, filepath.Join(dir, "prox"), "version"); !strings.HasPrefix(out, "prox ") {
		t.Errorf("prox version says %q", out)
	}
	prox, err := os.Stat(filepath.Join(dir, "prox"))
	if err != nil {
		t.Fatal(err)
	}
	shim, err := os.Stat(filepath.Join(dir, "prox-shim"))
	if err != nil {
		t.Fatal(err)
	}
	if shim.ModTime().Before(prox.ModTime()) {
		t.Error("prox-shim is older than prox, which will not use it")
	}
}

func TestDebCanBeInstalled(t *testing.T) {
	dist(t)
	if runtime.GOOS != "linux" {
		t.Skip("there are packages for Linux only")
	}
	need(t, "dpkg-deb")
	for _, deb := range made(t, "*.deb") {
		depends := run(t, nil, "dpkg-deb", "-f", deb, "Depends")
		if !strings.Contains(depends, "tmux (>= 3.2)") {
			t.Errorf("%s depends on %q", deb, depends)
		}
		root := t.TempDir()
		run(t, nil, "dpkg-deb", "-x", deb, root)
		want := map[string]os.FileMode{
			"usr/bin/prox":                                  0o755,
			"usr/bin/prox-shim":                             0o755,
			"usr/share/man/man1/prox.1.gz":                  0o644,
			"usr/share/bash-completion/completions/prox":    0o644,
			"usr/share/zsh/vendor-completions/_prox":        0o644,
			"usr/share/fish/vendor_completions.d/prox.fish": 0o644,
			"usr/share/doc/prox/copyright":                  0o644,
			"usr/share/doc/prox/README.md":                  0o644,
		}
		if got := files(t, root); !maps.Equal(got, want) {
			t.Errorf("%s has %v", deb, got)
		}
		if strings.Contains(filepath.Base(deb), runtime.GOARCH) {
			starts(t, filepath.Join(root, "usr/bin"))
		}
	}
}

func TestRPMHasEverything(t *testing.T) {
	dist(t)
	need(t, "rpm")
	for _, rpm := range made(t, "*.rpm") {
		got := run(t, nil, "rpm", "-qpl", rpm)
		for _, want := range []string{"/usr/bin/prox\n", "/usr/bin/prox-shim\n", "/usr/share/man/man1/prox.1.gz\n", "/usr/share/zsh/site-functions/_prox\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %s", rpm, want)
			}
		}
		if requires := run(t, nil, "rpm", "-qp", "--requires", rpm); !strings.Contains(requires, "tmux >= 3.2") {
			t.Errorf("%s requires %q", rpm, requires)
		}
	}
}
