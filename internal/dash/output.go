package dash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
)

const (
	outputWait = 2 * time.Minute // for a command of the palette
	outputMost = 4 << 20         // bytes of it that are kept
)

// outputMsg is what a command said.
type outputMsg struct {
	title string
	text  []byte
	err   error
}

// running is said of a command line until it has ended.
func running(title string) string { return tidy(title + " …") }

// run runs a command line of prox: on the terminal when it needs that, and
// else beside the window, with what it says shown over the view.
func (m *model) run(c Command, args []string) tea.Cmd {
	if m.do.Prox == nil {
		return nil
	}
	title := "prox " + strings.Join(args, " ")
	follows := slices.Contains(args, "-f") || slices.Contains(args, "--follow") || slices.Contains(args, "--watch")
	if c.Terminal || follows {
		return m.do.lend(m.do.Prox(m.do.ctx, m.status, args...), follows)
	}
	do, st := m.do, m.status
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(do.ctx, outputWait)
		defer cancel()
		cmd := do.Prox(ctx, st, args...)
		var said kept
		cmd.Stdout, cmd.Stderr = &said, &said
		cmd.WaitDelay = time.Second
		err := cmd.Run()
		if ctx.Err() != nil {
			err = fmt.Errorf("no end within %v", outputWait)
		}
		return outputMsg{title: title, text: said.Bytes(), err: err}
	}
}

// exec runs a command line in an instance's folder and environment.
func (m *model) exec(instance, text string) tea.Cmd {
	if m.do.Prox == nil {
		return nil
	}
	return m.do.lend(m.do.Prox(m.do.ctx, m.status, "exec", instance, text), true)
}

// lend runs a command on the terminal. One that ends by itself leaves what it
// said on the screen until a person has read it.
func (a actions) lend(cmd *exec.Cmd, wait bool) tea.Cmd {
	if wait {
		argv := slices.Concat([]string{"-c", `"$@"; code=$?; printf '\n[ended with code %s, Enter goes back] ' $code; read -r _; exit $code`, "sh"}, cmd.Args)
		shell := exec.CommandContext(a.ctx, "/bin/sh", argv...)
		shell.Dir, shell.Env = cmd.Dir, cmd.Env
		cmd = shell
	}
	return tea.ExecProcess(cmd, func(err error) tea.Msg {
		var ended *exec.ExitError
		if errors.As(err, &ended) {
			err = nil // it has said so itself
		}
		return done("cannot run "+cmd.Path, "", err)
	})
}

// kept is the beginning of what is written.
type kept struct{ bytes.Buffer }

func (k *kept) Write(p []byte) (int, error) {
	if room := outputMost - k.Len(); room > 0 {
		_, _ = k.Buffer.Write(p[:min(len(p), room)]) // never fails
	}
	return len(p), nil
}

// output lies over a view and shows what a command has said.
type output struct {
	title  string
	lines  []string
	failed bool
	scroll scroll
}

func newOutput(msg outputMsg) *output {
	o := &output{title: msg.title, failed: msg.err != nil}
	for l := range bytes.Lines(msg.text) {
		o.lines = append(o.lines, strings.ReplaceAll(string(ansi.Clean(nil, bytes.TrimRight(l, "\r\n"))), "\t", "    "))
	}
	var ended *exec.ExitError
	if errors.As(msg.err, &ended) {
		o.title += fmt.Sprintf(" · exit code %d", ended.ExitCode())
	} else if msg.err != nil {
		o.title += " · " + tidy(msg.err.Error())
	}
	if len(o.lines) == 0 {
		o.lines = []string{"(it said nothing)"}
	}
	return o
}

func (o *output) keys() []keyHelp {
	return []keyHelp{{"↑↓", "scroll", ""}, {"esc", "go back", ""}}
}

func (o *output) update(m *model, msg tea.Msg) (tea.Cmd, bool) {
	if o.scroll.update(msg, len(o.lines), m.height-1) {
		return nil, false
	}
	_, key := msg.(tea.KeyPressMsg)
	return nil, key
}

func (o *output) draw(m *model) []string {
	style := m.look.bold
	if o.failed {
		style = m.look.bad
	}
	lines := []string{style.Render(ansi.Truncate(" "+o.title, m.width, "…"))}
	for _, l := range o.scroll.part(o.lines, m.height-1) {
		lines = append(lines, ansi.Truncate(" "+l, m.width, "…"))
	}
	return lines
}
