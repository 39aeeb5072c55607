package cli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"prox/internal/version"
	"prox/mux"
)

type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

// Help is printed below the usage.
func (*versionCmd) Help() string {
	return `The version of prox, what it was built from and for, and the version of tmux; of the running tmux server too, where that is another.

Examples:
  prox version
  prox version --json | jq -r .version

Exit code: 0, with or without tmux.`
}

// versions is what --json prints.
type versions struct {
	version.Build
	Tmux tmuxVersions `json:"tmux"`
}

// tmuxVersions are those of the tmux program and of the server it would reach.
type tmuxVersions struct {
	Path    string `json:"path,omitempty"`
	Version string `json:"version,omitempty"`
	Server  string `json:"server,omitempty"` // "" when none runs
	Problem string `json:"problem,omitempty"`
}

// Run prints the version.
func (c *versionCmd) Run(ctx context.Context, a *app) error {
	v := versions{version.Get(), a.tmuxVersions(ctx)}
	if c.JSON {
		return a.printJSON(v)
	}
	a.print.say("prox %s (%s/%s, %s)", v.Version, v.OS, v.Arch, v.Go)
	if v.Commit != "" {
		a.print.say("commit %s", commitWords(v.Build))
	}
	a.print.say("tmux %s", v.Tmux)
	return nil
}

// commitWords name a commit as a person would.
func commitWords(b version.Build) string {
	words := b.Commit[:min(12, len(b.Commit))]
	if at, err := time.Parse(time.RFC3339, b.Time); err == nil {
		words += " of " + at.Format(time.DateOnly)
	}
	if b.Modified {
		words += ", with changes"
	}
	return words
}

// String is what stands behind the word tmux.
func (t tmuxVersions) String() string {
	words := orElse(t.Version, "is not installed")
	switch {
	case t.Path != "" && t.Version != "":
		words += " (" + t.Path + ")"
	case t.Path != "":
		words = "of an unknown version (" + t.Path + ")"
	}
	if t.Server != "" && t.Server != t.Version {
		words += "; the server that runs is " + t.Server
	}
	if t.Problem != "" {
		words += ": " + t.Problem
	}
	return words
}

// tmuxPatience bounds how long tmux may take to say its version: one that
// hangs is no reason not to be told prox's.
const tmuxPatience = 2 * time.Second

// tmuxVersions asks tmux, and the server that it would reach from here.
func (a *app) tmuxVersions(ctx context.Context) tmuxVersions {
	path, err := exec.LookPath("tmux")
	if err != nil {
		return tmuxVersions{}
	}
	ctx, cancel := context.WithTimeout(ctx, tmuxPatience)
	defer cancel()
	t := tmuxVersions{Path: path}
	socket, _ := mux.FromEnv(a.getenv("TMUX"))
	server := mux.New(mux.Options{Socket: socket, Env: a.environ})
	v, err := server.Version(ctx)
	if err != nil {
		t.Problem = plain(err.Error())
		return t
	}
	t.Version = v.String()
	if !exists(orElse(socket, defaultSocket(a))) {
		return t // to ask for a server that isn't there, tmux makes its folder
	}
	switch running, err := server.Running(ctx); {
	case err == nil:
		t.Server = running.String()
	case !errors.Is(err, mux.ErrServerGone):
		t.Problem = plain(fmt.Sprintf("the server that runs does not say its version: %s", strings.TrimPrefix(err.Error(), "tmux ")))
	}
	return t
}
