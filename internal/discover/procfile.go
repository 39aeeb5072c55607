package discover

import (
	"cmp"
	"strings"
)

var procfileNames = []string{"Procfile.dev", "Procfile.development", "Procfile.local", "Procfile"}

// procfileLine is foreman's: a name, a colon, a command.
var procfileLine = onDemand(`^([A-Za-z0-9_-]+):\s*(.+)$`)

// procfile reads foreman's file. Of several in a folder the one for developing
// is read: what both name is the same service (see same.go).
func procfile(f *file) {
	f.root.define(ref("procfile", f.dir, f.name), "", f.dir)
	f.offerOfBinDev()
	development := ""
	if f.name == "Procfile" {
		development = f.developmentProcfile()
	}
	var left []string
	number, first := 0, 0
	for line := range strings.Lines(string(f.data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := procfileLine().FindStringSubmatch(line)
		switch {
		case m == nil:
			f.note(Broken, number, "", "expected \"name: command\"; the line is passed over")
		case development != "":
			if m[1] != "release" && !namesLine(f.text(development), m[1]) {
				left = append(left, m[1])
				first = cmp.Or(first, number)
			}
		case m[1] == "release":
			// Heroku runs it when a version is deployed, and nobody on a
			// developer's machine does.
			f.note(Left, number, m[1], "it is run when a version is released")
		default:
			f.add(m[1], m[2], number, m[1])
		}
	}
	if len(left) > 0 {
		f.note(Left, first, "", "left out, as "+development+" is the one for developing: "+strings.Join(left, ", "))
	}
}

// developmentProcfile is the folder's Procfile for developing; "" if there is
// none.
func (f *file) developmentProcfile() string {
	for _, name := range procfileNames {
		if name != "Procfile" && f.has(name) {
			return name
		}
	}
	return ""
}

// namesLine reports whether a Procfile has a line of a name.
func namesLine(text, name string) bool {
	for line := range strings.Lines(text) {
		if m := procfileLine().FindStringSubmatch(strings.TrimSpace(line)); m != nil && m[1] == name {
			return true
		}
	}
	return false
}

// binDevPort is how a script gives PORT a value where the caller has none.
var binDevPort = onDemand(`\$\{PORT:[-=](\d{1,5})\}`)

// offerOfBinDev takes the first service's port from bin/dev, which Rails
// generates to start foreman with.
func (f *file) offerOfBinDev() {
	number := 0
	for line := range strings.Lines(f.text("bin/dev")) {
		number++
		m := binDevPort().FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		if port, ok := portNumber(m[1]); ok {
			f.root.offers[f.dir] = portOffer{base: port, step: foremanStep, from: Origin{File: join(f.dir, "bin/dev"), Line: number}}
		}
		return
	}
}

// procfileCalls knows the runners of Procfiles, whose services stand in the
// file itself.
func procfileCalls(c invocation) []Ref {
	switch c.program() {
	case "foreman", "overmind", "hivemind", "goreman", "honcho", "forego", "nf":
		name := c.flag("-f", "--procfile", "-j")
		if name == "" {
			name = "Procfile"
		}
		return []Ref{ref("procfile", c.dir, name)}
	}
	return nil
}
