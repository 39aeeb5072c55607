package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"prox/config"
)

type execCmd struct {
	Service string   `completes:"service" arg:"" help:"Service whose folder and environment to use."`
	Command []string `arg:"" passthrough:"" help:"The command; one quoted word is read as a shell would."`
}

// Help is printed below the usage.
func (*execCmd) Help() string {
	return `The command has this terminal; its signals and its exit code are its own. It also works when nothing runs.

Examples:
  prox exec api npm test
  prox exec api "npm test | tee out.txt"
  prox exec db psql

Exit codes: the command's; 127 command not found, 126 it cannot be executed; 2 no such service, 4 bad config.`
}

// Run runs the command in place of this process.
func (c *execCmd) Run(ctx context.Context, a *app) error {
	argv, err := commandLine(afterDashes(c.Command))
	if err != nil {
		return err
	}
	t, err := a.find()
	if err != nil {
		return err
	}
	env, err := a.given(ctx, t, c.Service)
	if err != nil {
		return err
	}
	environ := a.ownTerminal(env.Env(), env.Dir)
	path, err := lookPath(argv[0], env.Dir, environ)
	if err != nil {
		return err
	}
	return a.exec(env.Dir, path, argv, environ)
}

// commandLine makes an argument vector of what was typed.
func commandLine(words []string) ([]string, error) {
	if len(words) == 0 {
		return nil, &exitError{code: exitUsage, err: errors.New("no command given"), hint: "prox exec SERVICE COMMAND..."}
	}
	if len(words) > 1 || !strings.ContainsAny(words[0], " \t\n|&;<>()$`\\\"'*?[") {
		return words, nil
	}
	cmd, err := config.ParseCommand(words[0])
	if err != nil {
		return nil, &exitError{code: exitUsage, err: err}
	}
	return cmd.Argv, nil
}

// ownTerminal makes an environment fit this terminal and this folder: the
// service's was taken where the project was started.
func (a *app) ownTerminal(env []string, dir string) []string {
	own := map[string]string{"PWD": dir}
	for _, name := range []string{"TERM", "COLORTERM", "NO_COLOR", "TMUX", "TMUX_PANE"} {
		own[name] = a.getenv(name)
	}
	var out []string
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		if _, ok := own[name]; !ok && (!strings.HasPrefix(name, "PROX_") || name == config.EnvironmentVariable) {
			out = append(out, kv)
		}
	}
	for _, name := range []string{"PWD", "TERM", "COLORTERM", "NO_COLOR", "TMUX", "TMUX_PANE"} {
		if own[name] != "" {
			out = append(out, name+"="+own[name])
		}
	}
	return out
}

// lookPath finds a program as a shell in dir with env would.
func lookPath(name, dir string, env []string) (string, error) {
	path := ""
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, "PATH="); ok {
			path = v
		}
	}
	folders := filepath.SplitList(path)
	if strings.ContainsRune(name, '/') {
		folders = []string{""}
	}
	var denied string
	for _, f := range folders {
		file := filepath.Join(f, name)
		if f == "" {
			file = name
		}
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		switch err := executable(file); {
		case err == nil:
			return file, nil
		case !errors.Is(err, fs.ErrNotExist) && denied == "":
			denied = file
		}
	}
	if denied != "" {
		return "", &exitError{code: 126, err: fmt.Errorf("cannot run %s: it is not executable", denied)}
	}
	e := &exitError{code: 127, err: fmt.Errorf("cannot run %s: command not found", name)}
	if len(folders) > 0 && folders[0] != "" {
		e.hint = "looked in the service's PATH: " + path
	}
	return "", e
}

func executable(path string) error {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, unix.ENOTDIR):
		return fs.ErrNotExist
	case err != nil:
		return err
	case fi.IsDir() || unix.Access(path, unix.X_OK) != nil:
		return fs.ErrPermission
	}
	return nil
}
