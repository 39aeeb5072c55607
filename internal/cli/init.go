package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"prox/internal/discover"
)

// lookTime is how long reading a folder may take; it takes a second at most.
const lookTime = 20 * time.Second

type initCmd struct {
	Print bool `help:"Print the config instead of writing it."`
	Force bool `help:"Write prox.toml anew, if there is one."`
	Yes   bool `short:"y" help:"Keep all services, without asking."`
	JSON  bool `help:"Print what was found as JSON, and write nothing."`
}

// Help is printed below the usage.
func (*initCmd) Help() string {
	return `Reads what the folder's files, and those of its workspaces, say about how the project is run:
Procfiles, package.json, compose files, Makefiles and their kin, what frameworks leave, and the
configs of other runners. Each service says where it was found. Nothing that is found is run.
On a terminal you are asked which services to keep.

Examples:
  prox init              look, ask, write prox.toml
  prox init --print      what would be written
  prox init --yes        for scripts
  prox -C web init       another folder

Exit codes: 0 written (or nothing kept), 1 nothing was found, or prox.toml is there already.`
}

// Run proposes a config, and writes it.
func (c *initCmd) Run(ctx context.Context, a *app) error {
	target := filepath.Join(a.dir, "prox.toml")
	if !c.Print && !c.JSON {
		if err := a.mayWrite(target, "init", c.Force); err != nil {
			return err
		}
	}
	p, err := a.propose(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(proposed(p))
	}
	if len(p.Services) == 0 {
		a.print.notes(p.Notes)
		return nothingFound(a.dir)
	}
	if c.Print {
		a.print.notes(p.Notes)
		_, err := a.print.out.Write(p.TOML())
		return err
	}
	if !c.Yes && a.asks() {
		a.print.proposal(p)
		a.print.notes(p.Notes)
		if kept, err := a.chooseServices(p, "Write prox.toml with all of them?"); err != nil || !kept {
			return err
		}
	} else {
		a.print.notes(p.Notes)
	}
	if err := writeConfig(target, p.TOML(), c.Force); err != nil {
		return err
	}
	a.wrote(target, p)
	a.thenStart(p)
	a.tellOfImport(p)
	return nil
}

// tellOfImport says where to read what of another runner's config prox doesn't
// have: beside what else was found, it would be too much.
func (a *app) tellOfImport(p *discover.Proposal) {
	for _, file := range p.Files {
		// Of Procfiles and compose files prox keeps all, or lets docker read it.
		if f := discover.FormatOf(file); f != "" && f != "procfile" && f != "overmind" && f != "compose" {
			a.print.say("what of %s prox does not have: prox import %s --print >%s", file, file, os.DevNull)
		}
	}
}

// mayWrite says no where a config is already. One of another name is never
// written over, and with a prox.toml beside it prox would read it no more.
func (a *app) mayWrite(target, command string, force bool) error {
	if exists(target) {
		if force {
			return nil
		}
		return &exitError{
			code: exitFailed, err: fmt.Errorf("%s is there already", shortPath(a.dir, target)),
			hint: "prox " + command + " --print shows what would be in it, --force writes it anew",
		}
	}
	for _, name := range []string{"prox.yml", "prox.yaml"} {
		if other := filepath.Join(filepath.Dir(target), name); exists(other) {
			return &exitError{
				code: exitFailed, err: fmt.Errorf("%s is there already, and prox would read prox.toml in its place", shortPath(a.dir, other)),
				hint: "prox " + command + " --print shows what would be in prox.toml; move " + name + " away to have it written",
			}
		}
	}
	return nil
}

// asks reports whether there is a person to be asked.
func (a *app) asks() bool { return a.stdin && a.print.terminal }

// propose looks at the folder.
func (a *app) propose(ctx context.Context) (*discover.Proposal, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookTime, fmt.Errorf("it takes longer than %s", lookTime))
	defer cancel()
	// Nearly all that is read is kept until the end, which comes soon: of ten
	// thousand packages, collecting garbage as often as usual takes a third of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	return discover.Look(ctx, a.dir)
}

func nothingFound(dir string) error {
	return &exitError{
		code: exitFailed,
		err:  fmt.Errorf("found nothing in %s that says how a service is run", dir),
		hint: strings.Replace((&noConfigError{begins: true}).Hint(), "or start", "or import another runner's config: prox import FILE\nor start", 1),
	}
}

// wrote says what was written.
func (a *app) wrote(path string, p *discover.Proposal) {
	var on, off []string
	for _, s := range p.Services {
		if s.Off {
			off = append(off, s.Name)
		} else {
			on = append(on, s.Name)
		}
	}
	a.print.say("wrote %s: %s", shortPath(a.dir, path), strings.Join(on, ", "))
	if len(off) > 0 {
		a.print.say("as comments, because something is missing: %s", strings.Join(off, ", "))
	}
}

// thenStart says what comes next, to who has not typed it yet.
func (a *app) thenStart(p *discover.Proposal) {
	if slices.ContainsFunc(p.Services, func(s *discover.Service) bool { return !s.Off }) {
		a.print.say("now: prox start")
	}
}

// shortPath is a path as a person in dir would type it.
func shortPath(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}

// writeConfig writes a config whole or not at all. Without force it never
// replaces a file, also not one that came in between.
func writeConfig(path string, text []byte, force bool) error {
	half, err := os.CreateTemp(filepath.Dir(path), ".prox-init-*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, cause(err))
	}
	defer os.Remove(half.Name()) // gone already when all went well
	_, err = half.Write(text)
	err = errors.Join(err, half.Chmod(0o644), half.Close())
	if err == nil && force {
		err = os.Rename(half.Name(), path)
	} else if err == nil {
		err = os.Link(half.Name(), path)
		if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) { // a disk without hard links
			err = writeNew(path, text)
		}
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, cause(err))
	}
	return nil
}

func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// offer is what `prox start` does where there is no config: it proposes one. It
// reports whether one was written.
func (a *app) offer(ctx context.Context, none error) (bool, error) {
	p, err := a.propose(ctx)
	if err != nil || len(p.Services) == 0 {
		return false, none // that there is none is what matters
	}
	if !a.asks() {
		var e *noConfigError
		if errors.As(none, &e) {
			e.offer = offered(p)
		}
		return false, none
	}
	a.print.note("%v", none)
	a.print.say("This was found here:")
	a.print.proposal(p)
	a.print.notes(p.Notes)
	kept, err := a.chooseServices(p, "Write prox.toml with all of them, and start?")
	if err != nil || !kept {
		return false, err
	}
	target := filepath.Join(a.dir, "prox.toml")
	if err := writeConfig(target, p.TOML(), false); err != nil {
		return false, err
	}
	a.wrote(target, p)
	return true, nil
}

// offered tells what prox init would write, and what is to be done before.
func offered(p *discover.Proposal) string {
	var names []string
	for _, s := range p.Services {
		if !s.Off {
			names = append(names, s.Name)
		}
	}
	lines := []string{fmt.Sprintf("prox init writes one from %s: %s", listed(p.Files, 3), listed(names, 8))}
	for _, n := range p.Notes {
		if n.Kind == discover.Missing && len(lines) <= mostMeant {
			lines = append(lines, plain(n.String()))
		}
	}
	return strings.Join(lines, "\n")
}

// listed are the first of some names, and that there are more.
func listed(names []string, most int) string {
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// readLine reads what the person types; io.EOF when there is no more.
func (a *app) readLine() (string, error) {
	if a.lines == nil {
		a.lines = bufio.NewReader(os.Stdin)
	}
	line, err := a.lines.ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" {
		err = nil
	}
	return strings.TrimSpace(line), err
}

// foundService and foundNote are what --json prints of a proposal.
type foundService struct {
	Name      string            `json:"name"`
	Command   string            `json:"command"`
	Dir       string            `json:"dir"`
	Off       bool              `json:"off"`
	From      foundIn           `json:"from"`
	Also      []foundIn         `json:"also"`
	DependsOn map[string]string `json:"depends_on"`
	Settings  map[string]any    `json:"settings"`
	Guessed   []string          `json:"guessed"`
	Remarks   []string          `json:"remarks"`
}

type foundIn struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Key  string `json:"key,omitempty"`
}

type foundNote struct {
	Kind string `json:"kind"`
	foundIn
	Text string `json:"text"`
}

type found struct {
	Services []foundService `json:"services"`
	Notes    []foundNote    `json:"notes"`
	Config   string         `json:"config"`
}

func proposed(p *discover.Proposal) found {
	f := found{Services: []foundService{}, Notes: []foundNote{}, Config: string(p.TOML())}
	for _, s := range p.Services {
		fs := foundService{
			Name: s.Name, Command: s.Command, Dir: s.Dir, Off: s.Off, From: foundIn(s.From), Also: []foundIn{},
			DependsOn: map[string]string{}, Settings: map[string]any{}, Guessed: []string{}, Remarks: append([]string{}, s.Remarks...),
		}
		if len(s.Argv) > 0 {
			fs.Command = strings.Join(s.Argv, " ")
		}
		for _, o := range s.Also {
			fs.Also = append(fs.Also, foundIn(o))
		}
		for _, d := range s.DependsOn {
			fs.DependsOn[d.Service] = d.Condition
		}
		for _, set := range s.Settings {
			fs.Settings[set.Key] = set.Value
			if set.Guess != "" {
				fs.Guessed = append(fs.Guessed, set.Key)
			}
		}
		f.Services = append(f.Services, fs)
	}
	for _, n := range p.Notes {
		f.Notes = append(f.Notes, foundNote{Kind: string(n.Kind), foundIn: foundIn(n.Origin), Text: n.Text})
	}
	return f
}
