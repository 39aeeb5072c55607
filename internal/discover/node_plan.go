package discover

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// plan is what a script amounts to: what goes on running, at the same time,
// and what is to be done before.
type plan struct {
	runs   []nodeRun
	before []nodeRun
	apart  bool // it is not one program of its own package, run as the script
	others bool // what it runs stands in the file of another source
	notes  []string
}

// nodeRun is something that a script runs.
type nodeRun struct {
	pkg     *nodePackage
	script  string // of pkg, for its manager to run; "" = command
	args    string // for the script, as the shell takes them
	command string // as the shell takes it, in dir
	dir     string
	target  *nxTarget // for nx to run

	typed    bool   // command is as one types it, not as npm's shell takes it
	name     string // that who runs it gives it
	waits    []string
	waiting  string // the command with the waiting in it, run in waitDir
	waitDir  string
	env      []string
	envFiles []string
	wrap     string // what brings variables from elsewhere, in front of the command
	restarts string
	from     *nodeFrom
	remark   string

	condition string // for a run before others: how far it must have come
}

// nodeFrom is the script that something stands in.
type nodeFrom struct {
	pkg    *nodePackage
	script nodeScript
}

// deepestScript bounds scripts that call scripts; a circle ends here, too.
const deepestScript = 8

// plan takes a script of a package apart.
func (r *root) plan(p *nodePackage, name string) plan { return r.planScript(p, name, "", 0) }

// planScript is plan for one that another script calls. What was found once is
// kept: a script is asked for by all that call it, and by what looks at it.
func (r *root) planScript(p *nodePackage, name, args string, depth int) plan {
	id := scriptRef(p.dir, name)
	if pl, ok := r.node.plans[id]; ok && args == "" {
		pl.runs, pl.before = slices.Clone(pl.runs), slices.Clone(pl.before)
		return pl
	}
	pl := r.newPlan(p, name, args, depth)
	if args == "" && depth == 0 {
		kept := pl
		kept.runs, kept.before = slices.Clone(pl.runs), slices.Clone(pl.before)
		r.node.plans[id] = kept
	}
	return pl
}

func (r *root) newPlan(p *nodePackage, name, args string, depth int) plan {
	whole := plan{runs: []nodeRun{{pkg: p, script: name, args: args, dir: p.dir}}}
	s, ok := p.script(name)
	if !ok || depth > deepestScript || args != "" && !runsMany(s.command) {
		return whole
	}
	pl := (&splitter{root: r, pkg: p, from: &nodeFrom{p, s}, depth: depth}).command(s.command, p.dir)
	if !pl.apart {
		return whole
	}
	// npm runs it before the script, which is not run as a whole any more.
	if p.hasScript("pre"+name) && len(pl.runs) > 0 {
		pre := nodeRun{pkg: p, script: "pre" + name, dir: p.dir, from: &nodeFrom{p, s}, condition: "completed", remark: "it is run before " + name}
		pl.before = append([]nodeRun{pre}, pl.before...)
	}
	return pl
}

// runsMany reports whether a command may be one that is taken apart. It saves
// the reading of those that can't.
func runsMany(command string) bool {
	if strings.ContainsAny(command, "&;(") {
		return true
	}
	for word := range strings.FieldsFuncSeq(command, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r == '-' || r == '2') }) {
		if manyPrograms[word] {
			return true
		}
	}
	return false
}

var manyPrograms = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(`npm pnpm yarn yarnpkg bun nr deno --run concurrently conc mprocs parallelshell stmux npm-run-all npm-run-all2
		npm-run-parallel yarn-run-all run-p run-s turbo nx lerna foreman overmind hivemind goreman honcho forego nf heroku
		process-compose pm2 pm2-dev pm2-runtime docker docker-compose podman podman-compose`) {
		all[name] = true
	}
	return all
}()

// splitter takes the command of one script apart.
type splitter struct {
	root  *root
	pkg   *nodePackage
	from  *nodeFrom
	depth int
	text  string // that is read now
}

// command takes a text of the shell apart, run in a folder.
func (x *splitter) command(text, dir string) plan {
	opaque := plan{runs: []nodeRun{{pkg: x.pkg, command: text, dir: dir, from: x.from}}, apart: dir != x.pkg.dir}
	if !runsMany(text) || x.depth > deepestScript {
		return opaque
	}
	f, err := parseShell(text)
	if err != nil || len(f.Stmts) == 0 {
		return opaque
	}
	inner := *x
	inner.text = text
	inner.depth++
	return inner.list(f.Stmts, dir)
}

// list takes commands apart that stand one after the other, or beside each
// other with &.
func (x *splitter) list(stmts []*syntax.Stmt, dir string) plan {
	var all plan
	var before []*syntax.Stmt
	for i, s := range stmts {
		if call, ok := s.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 && call.Args[0].Lit() == "wait" {
			all.apart = true
			continue
		}
		if !s.Background && i < len(stmts)-1 {
			before = append(before, s)
			continue
		}
		steps := append(slices.Clone(before), chain(s)...)
		one := x.steps(steps, dir)
		all.runs = append(all.runs, one.runs...)
		all.before = append(all.before, one.before...)
		all.notes = append(all.notes, one.notes...)
		all.apart = all.apart || one.apart
		all.others = all.others || one.others
		before = nil
	}
	all.apart = all.apart || len(all.runs) > 1
	return all
}

// chain are the commands that && joins.
func chain(s *syntax.Stmt) []*syntax.Stmt {
	if b, ok := s.Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.AndStmt && !s.Negated && len(s.Redirs) == 0 {
		return append(chain(b.X), chain(b.Y)...)
	}
	return []*syntax.Stmt{s}
}

// steps takes commands apart of which each waits for the one before. The last
// is what goes on running.
func (x *splitter) steps(steps []*syntax.Stmt, dir string) plan {
	var before []*syntax.Stmt
	var waits []string
	waiting := -1 // the first step that waits for something
	for i, s := range steps[:len(steps)-1] {
		c, simple := x.invocation(s, dir)
		switch {
		case simple && c.program() == "cd" && len(c.argv) == 2 && !strings.ContainsAny(c.argv[1], "$`~"):
			if strings.HasPrefix(c.argv[1], "/") {
				return x.opaque(steps, dir)
			}
			if len(before) > 0 || len(waits) > 0 { // it would hold for these, too
				return x.opaque(steps, dir)
			}
			dir = join(dir, c.argv[1])
		case simple && c.program() == "wait-on" && len(waitTargets(c)) > 0:
			if waiting < 0 {
				waiting = i
			}
			waits = append(waits, waitTargets(c)...)
		case simple && slices.Contains([]string{"echo", "clear", "true", "sleep", ":", "printf"}, c.program()):
		default:
			before = append(before, s)
		}
	}
	last := steps[len(steps)-1]
	pl := x.last(last, dir)
	if len(pl.runs) == 0 {
		return pl
	}
	own := len(pl.runs) == 1 && pl.runs[0].script == "" && pl.runs[0].target == nil && pl.runs[0].from == x.from && !pl.others
	if own && !x.isGroup(last) {
		// One program with what prepares it: as it stands.
		if len(before) > 0 {
			pl.runs[0].command = x.between(before[0], last)
		}
		if waiting >= 0 {
			pl.runs[0].waiting, pl.runs[0].waitDir = x.between(steps[waiting], last), dir
			pl.runs[0].waits = waits
			if len(before) > 0 { // it can't be left out from between them
				pl.runs[0].command = pl.runs[0].waiting
			}
		}
		pl.apart = pl.apart || dir != x.pkg.dir
		return pl
	}
	for i := range pl.runs {
		pl.runs[i].waits = append(pl.runs[i].waits, waits...)
		if waiting >= 0 && len(pl.runs) == 1 {
			pl.runs[i].waiting, pl.runs[i].waitDir = x.between(steps[waiting], last), dir
		}
		if pl.runs[i].from == nil {
			pl.runs[i].from = x.from
		}
	}
	if len(before) > 0 && pl.apart {
		pl.before = append(x.preparation(before, dir), pl.before...)
	}
	return pl
}

func (x *splitter) isGroup(s *syntax.Stmt) bool {
	switch s.Cmd.(type) {
	case *syntax.Subshell, *syntax.Block:
		return true
	}
	return false
}

// preparation is what runs once before the rest, as tasks.
func (x *splitter) preparation(steps []*syntax.Stmt, dir string) []nodeRun {
	text := x.between(steps[0], steps[len(steps)-1])
	run := nodeRun{pkg: x.pkg, command: text, dir: dir, name: "setup", from: x.from, condition: "completed", remark: "it is run before the others"}
	if len(steps) == 1 {
		if c, simple := x.invocation(steps[0], dir); simple {
			if isComposeUp(c) && x.root.composeIn(c.dir) {
				return nil // its services stand for themselves
			}
			if made := callsOfScripts(c); len(made) == 1 {
				run.name = strings.Trim(strings.ReplaceAll(made[0].script, ":", "-"), "-*")
				if p := x.root.nodePackage(made[0].dir); !made[0].many && p != nil && p.hasScript(made[0].script) {
					run.pkg, run.script, run.args, run.dir = p, made[0].script, shellWords(made[0].args), p.dir
				}
			}
		}
	}
	return []nodeRun{run}
}

// opaque is a run of steps as they stand.
func (x *splitter) opaque(steps []*syntax.Stmt, dir string) plan {
	return plan{
		runs:  []nodeRun{{pkg: x.pkg, command: x.between(steps[0], steps[len(steps)-1]), dir: dir, from: x.from}},
		apart: dir != x.pkg.dir,
	}
}

// between is the text from one command to another.
func (x *splitter) between(first, last *syntax.Stmt) string {
	from, to := int(first.Pos().Offset()), int(last.End().Offset())
	if from < 0 || to > len(x.text) || from >= to {
		return strings.TrimSpace(x.text)
	}
	// To the shell, other space is part of a word.
	return strings.TrimLeft(strings.TrimRight(x.text[from:to], "; \t\n&"), " \t\n")
}

// invocation is a command that is one program without pipes and files.
func (x *splitter) invocation(s *syntax.Stmt, dir string) (invocation, bool) {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || s.Negated {
		return invocation{}, false
	}
	c := invocation{dir: dir}
	for _, a := range call.Assigns {
		if a.Name != nil && a.Value != nil {
			c.env = append(c.env, a.Name.Value+"="+wordText(a.Value))
		}
	}
	for _, w := range call.Args {
		c.argv = append(c.argv, wordText(w))
	}
	c = unwrap(c)
	return c, len(c.argv) > 0 && c.argv[0] != ""
}

// last takes the command apart that goes on running.
func (x *splitter) last(s *syntax.Stmt, dir string) plan {
	opaque := x.opaque([]*syntax.Stmt{s}, dir)
	switch cmd := s.Cmd.(type) {
	case *syntax.Subshell:
		if len(cmd.Stmts) > 0 && len(s.Redirs) == 0 {
			return x.list(cmd.Stmts, dir)
		}
	case *syntax.Block:
		if len(cmd.Stmts) > 0 && len(s.Redirs) == 0 {
			return x.list(cmd.Stmts, dir)
		}
	}
	c, simple := x.invocation(s, dir)
	if !simple {
		return opaque
	}
	pl, ok := x.program(c)
	if !ok {
		return opaque
	}
	wrap, files := x.variables(s, c)
	for _, all := range [][]nodeRun{pl.runs, pl.before} {
		for i := range all {
			all[i].env = append(slices.Clone(c.env), all[i].env...)
			if all[i].wrap == "" {
				all[i].wrap = wrap
			}
			all[i].envFiles = append(slices.Clone(files), all[i].envFiles...)
		}
	}
	return pl
}

// variables is what in front of a program brings variables: a wrapper as it is
// typed, or files of them.
func (x *splitter) variables(s *syntax.Stmt, c invocation) (wrap string, files []string) {
	call := s.Cmd.(*syntax.CallExpr) // invocation has seen to it
	n := len(call.Args) - len(c.argv)
	if n <= 0 {
		return "", nil
	}
	first := wordText(call.Args[0])
	switch first {
	case "dotenv":
		for i := 1; i < n; i++ {
			if word := wordText(call.Args[i]); word == "-e" && i+1 < n {
				files = append(files, join(c.dir, wordText(call.Args[i+1])))
			}
		}
		if len(files) == 0 {
			files = []string{join(c.dir, ".env")}
		}
		return "", files
	case "dotenvx", "doppler", "infisical", "op", "env-cmd":
		from, to := int(call.Args[0].Pos().Offset()), int(call.Args[n].Pos().Offset())
		if to <= len(x.text) && from < to {
			return strings.TrimSpace(x.text[from:to]), nil
		}
	}
	return "", nil
}
