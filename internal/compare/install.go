package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// module is a tool that Go builds.
type module struct{ name, path, version string }

// modules and packages are what is compared with, at exact versions. foreman is
// Debian's ruby-foreman, or a gem that is installed already.
var (
	modules = []module{
		{"overmind", "github.com/DarthSim/overmind/v2", "v2.5.1"},
		{"hivemind", "github.com/DarthSim/hivemind", "v1.1.0"},
		{"goreman", "github.com/mattn/goreman", "v0.3.19"},
		{"process-compose", "github.com/f1bonacc1/process-compose", "v1.103.0"},
	}
	packages = map[string]string{"pm2": "7.0.4", "mprocs": "0.9.6"}
)

const buildTime = 15 * time.Minute // of one of them, on a busy machine

// install brings everything into a folder, but what is there already. It
// returns the folders to look for programs in, and what cannot be had, and why.
func install(ctx context.Context, into string) (bins []string, missing map[string]string, err error) {
	into, err = filepath.Abs(into)
	if err != nil {
		return nil, nil, err
	}
	bin, npm := filepath.Join(into, "bin"), filepath.Join(into, "npm")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return nil, nil, err
	}
	for _, program := range [][2]string{{"prox", "."}, {"prox-shim", "./internal/prox-shim"}} {
		if out, err := command(ctx, "", "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(bin, program[0]), program[1]); err != nil {
			return nil, nil, fmt.Errorf("cannot build %s: %w\n%s", program[0], err, out)
		}
	}
	missing = map[string]string{}
	for _, m := range modules {
		if err := m.build(ctx, into, bin); err != nil {
			missing[m.name] = err.Error()
		}
	}
	for name, version := range packages {
		if err := fetch(ctx, npm, name, version); err != nil {
			missing[name] = err.Error()
		}
	}
	if _, err := exec.LookPath("foreman"); err != nil {
		missing["foreman"] = "not installed: apt-get install ruby-foreman"
	}
	return []string{bin, mprocsFolder(npm), filepath.Join(npm, "node_modules/.bin")}, missing, nil
}

// build builds a module in a module of its own, so that its versions of what it
// needs stay its own.
func (m module) build(ctx context.Context, into, bin string) error {
	target := filepath.Join(bin, m.name)
	note := target + ".version"
	if b, err := os.ReadFile(note); err == nil && string(b) == m.version {
		return nil // built before
	}
	dir := filepath.Join(into, "build", m.name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text := fmt.Sprintf("module compared\n\ngo 1.24\n\nrequire %s %s\n", m.path, m.version)
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "building %s %s\n", m.name, m.version)
	flags := "-s -w -X " + m.path + "/src/config.Version=" + m.version // process-compose is told its version so
	out, err := command(ctx, dir, "go", "build", "-mod=mod", "-trimpath", "-ldflags", flags, "-o", target, m.path)
	if err != nil {
		return fmt.Errorf("cannot build %s %s: %w: %s", m.path, m.version, err, lastLine(out))
	}
	return os.WriteFile(note, []byte(m.version), 0o644)
}

// fetch installs a package of npm's.
func fetch(ctx context.Context, npm, name, version string) error {
	b, err := os.ReadFile(filepath.Join(npm, "node_modules", name, "package.json"))
	if err == nil && strings.Contains(string(b), `"version": "`+version+`"`) {
		return nil
	}
	fmt.Fprintf(os.Stderr, "installing %s %s\n", name, version)
	if err := os.MkdirAll(npm, 0o755); err != nil {
		return err
	}
	out, err := command(ctx, npm, "npm", "install", "--no-audit", "--no-fund", "--prefix", npm, name+"@"+version)
	if err != nil {
		return fmt.Errorf("cannot install %s %s: %w: %s", name, version, err, lastLine(out))
	}
	return nil
}

// mprocsFolder holds the program itself: the command of the package is a script
// of Node's that runs it, which is another process to be killed and to be paid.
func mprocsFolder(npm string) string {
	found, err := filepath.Glob(filepath.Join(npm, "node_modules/mprocs/mprocs-*-linux-x86_64*"))
	if err != nil || len(found) == 0 {
		return filepath.Join(npm, "node_modules/.bin")
	}
	return found[0]
}

func command(ctx context.Context, dir string, argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
