package cli

import (
	"context"
	"io"
	"strconv"
	"time"

	"prox/internal/completion"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is printed below the usage.
func (*completionCmd) Help() string {
	return `Commands, flags and values are completed, and what the project has: services with their states, @groups,
environments, runs that are kept. Nothing is started for it.

Packages and make install put the scripts where the shells look. Otherwise, for good:
  bash   prox completion bash > ~/.local/share/bash-completion/completions/prox
         (without the package bash-completion: source <(prox completion bash) in ~/.bashrc)
  zsh    mkdir -p ~/.zfunc && prox completion zsh > ~/.zfunc/_prox
         and fpath=(~/.zfunc $fpath) before compinit in ~/.zshrc
  fish   prox completion fish > ~/.config/fish/completions/prox.fish

Examples:
  source <(prox completion bash)      for this shell only
  source <(prox completion zsh)
  prox completion fish | source

Exit codes: 0 fine, 2 no such shell.`
}

// Run prints a shell's script.
func (c *completionCmd) Run(a *app) error {
	script, err := completion.Script(c.Shell)
	if err != nil {
		return err
	}
	_, err = a.print.out.Write(script)
	return err
}

// completePatience bounds how long somebody waits who has pressed Tab.
const completePatience = 250 * time.Millisecond

// complete answers a shell's script: SHELL WORD..., of which the last is being
// typed, or bash LINE POINT TAIL WORD... It prints no error: that would land in
// the line that is being typed.
func (a *app) complete(ctx context.Context, args []string) int {
	ctx, cancel := context.WithTimeout(ctx, completePatience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.answer(ctx, args, a.print.out) }()
	select {
	case err := <-done:
		if err != nil {
			return exitFailed
		}
		return exitFine
	case <-ctx.Done(): // a disk hangs, say; the process ends, and this with it
		return exitFailed
	}
}

func (a *app) answer(ctx context.Context, args []string, w io.Writer) error {
	if len(args) == 0 {
		return &exitError{code: exitUsage}
	}
	shell, words := args[0], args[1:]
	if shell != "bash" {
		return completion.Write(w, a.candidates(ctx, words), shell)
	}
	if len(words) < 3 {
		return &exitError{code: exitUsage}
	}
	point, err := strconv.Atoi(words[1])
	if err != nil {
		return &exitError{code: exitUsage}
	}
	line := completion.Split(words[0], point)
	return completion.WriteBash(w, a.candidates(ctx, line.Words[1:]), words[2], line, words[3:])
}

// candidates are what the last word can become.
func (a *app) candidates(ctx context.Context, words []string) completion.Answer {
	if len(words) == 0 {
		words = []string{""}
	}
	var model commands
	parser, err := newParser(&model)
	if err != nil {
		return completion.Answer{}
	}
	if len(words) > 1 && words[0] == "help" {
		words = words[1:]
	}
	own, after := splitRest(words)
	if len(after) > 0 { // what a file is given that is started
		return completion.Answer{Word: words[len(words)-1], Files: true}
	}
	typed := len(own) - 1
	own = append(logsArguments(own[:typed]), own[typed])
	look := &lookup{app: a}
	return completion.Complete(parser.Model, own, func(kind string, line completion.Line) []completion.Candidate {
		return look.live(ctx, kind, line)
	})
}

// last is the last of a flag's values.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}
