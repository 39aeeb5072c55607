package discover

import (
	"regexp"
	"slices"
	"strings"
)

// program takes one program apart; false if it is one that runs by itself.
func (x *splitter) program(c invocation) (plan, bool) {
	if t, ok := runsTogether(c); ok {
		return x.together(t, c), true
	}
	if calls := callsOfScripts(c); calls != nil {
		return x.scripts(calls, c)
	}
	if calls := nxCallsOf(c); calls != nil {
		return x.nx(calls)
	}
	if isComposeUp(c) && x.root.composeIn(c.dir) || slices.ContainsFunc(procfileRunners(c), func(name string) bool { return x.root.exists(join(c.dir, name)) }) {
		return plan{apart: true, others: true}, true
	}
	return plan{}, false
}

// scripts are the runs of scripts of this package or of others.
func (x *splitter) scripts(calls []scriptCall, c invocation) (plan, bool) {
	var all plan
	for _, call := range calls {
		w := x.root.spaceOf(call.dir)
		if call.many && w != nil {
			one := x.ofMembers(w, call)
			if c.program() == "turbo" {
				x.root.turboBefore(w, &one, x.from)
			}
			all.runs, all.before, all.notes = append(all.runs, one.runs...), append(all.before, one.before...), append(all.notes, one.notes...)
			all.apart = true
			continue
		}
		p := x.root.nodePackage(call.dir)
		if call.many || p == nil {
			return plan{}, false
		}
		names := []string{call.script}
		if pattern, ok := scriptPattern(call.script); ok {
			names = nil
			for _, s := range p.scripts {
				if pattern.MatchString(s.name) {
					names = append(names, s.name)
				}
			}
		}
		for _, name := range names {
			if !p.hasScript(name) {
				return plan{}, false
			}
			one := x.root.planScript(p, name, shellWords(call.args), x.depth+1)
			all.add(one)
			all.apart = all.apart || p != x.pkg || one.apart
		}
	}
	if len(all.runs) == 0 && !all.apart {
		return plan{}, false
	}
	all.apart = all.apart || len(all.runs) > 1
	return all, true
}

// scriptPattern is pnpm's pattern of scripts: "/^dev:/".
func scriptPattern(name string) (*regexp.Regexp, bool) {
	if len(name) < 3 || name[0] != '/' || name[len(name)-1] != '/' {
		return nil, false
	}
	re, err := regexp.Compile(name[1 : len(name)-1])
	return re, err == nil
}

// ofMembers are the runs of a script of a workspace's members.
func (x *splitter) ofMembers(w *nodeWorkspace, call scriptCall) plan {
	all := plan{apart: true}
	for _, dir := range x.root.filtered(w, call.dir, call.filters, call.without) {
		p := x.root.nodePackage(dir)
		if p == x.pkg || !p.hasScript(call.script) {
			continue
		}
		all.add(x.root.planScript(p, call.script, shellWords(call.args), x.depth+1))
	}
	if len(all.runs) == 0 && !all.others {
		meant := "no package of the workspace"
		if len(call.filters) > 0 {
			meant = "none of " + strings.Join(call.filters, ", ")
		}
		all.notes = append(all.notes, meant+" has a script "+call.script)
	}
	return all
}

func (p *plan) add(other plan) {
	p.runs = append(p.runs, other.runs...)
	p.before = append(p.before, other.before...)
	p.notes = append(p.notes, other.notes...)
	p.others = p.others || other.others
}

// together is what concurrently or npm-run-all run.
func (x *splitter) together(t together, c invocation) plan {
	all := plan{apart: true}
	for _, part := range t.before {
		for _, name := range x.names(part) {
			all.before = append(all.before, nodeRun{
				pkg: x.pkg, script: name, args: part.args, dir: x.pkg.dir, from: x.from, condition: "completed", remark: "it is run before the others",
			})
		}
	}
	for _, part := range t.parts {
		if part.script == "" {
			all.add(named(x.command(part.command, c.dir), part.name))
			continue
		}
		names := x.names(part)
		if len(names) == 0 {
			all.notes = append(all.notes, "there is no script "+part.script)
		}
		for _, name := range names {
			given := part.name
			if star := strings.IndexByte(part.script, '*'); star >= 0 {
				given = strings.Trim(given+name[min(star, len(name)):], ":")
			}
			all.add(named(x.root.planScript(x.pkg, name, part.args, x.depth+1), given))
		}
	}
	for i := range all.runs {
		all.runs[i].restarts = t.restarts
	}
	for _, end := range t.teardown {
		all.notes = append(all.notes, "at its end it runs \""+end+"\", which nothing does here; a service's hooks.on_exit is run when that ends")
	}
	return all
}

// names are the scripts that a part means.
func (x *splitter) names(part togetherPart) []string {
	if !strings.ContainsAny(part.script, "*?[{") {
		if x.pkg.hasScript(part.script) {
			return []string{part.script}
		}
		return nil
	}
	// A pattern that means the script itself would never end.
	return slices.DeleteFunc(x.pkg.matching(part), func(name string) bool { return name == x.from.script.name })
}

// named gives what runs the name that its caller gives, if it is one program.
func named(pl plan, name string) plan {
	if len(pl.runs) == 1 && name != "" {
		pl.runs[0].name = name
	}
	return pl
}

func shellWords(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, shellWord(w))
	}
	return strings.Join(all, " ")
}
