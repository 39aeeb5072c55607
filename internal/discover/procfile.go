package discover

import (
	"regexp"
	"strings"
)

var procfileNames = []string{"Procfile.dev", "Procfile.development", "Procfile.local", "Procfile"}

// procfileLine is foreman's: a name, a colon, a command.
var procfileLine = regexp.MustCompile(`^([A-Za-z0-9_-]+):\s*(.+)$`)

// procfile reads foreman's file. Of several in a folder the one for developing
// is read: what both name is the same service (see same.go).
func procfile(f *file) {
	f.root.define(ref("procfile", f.dir, f.name), "", f.dir)
	development := f.has(procfileNames[0], procfileNames[1], procfileNames[2])
	number := 0
	for line := range strings.Lines(string(f.data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := procfileLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			f.note(Broken, number, "", "expected \"name: command\"; the line is passed over")
		case m[1] == "release":
			// Heroku runs it when a version is deployed, and nobody on a
			// developer's machine does.
			f.note(Left, number, m[1], "it is run when a version is released")
		case f.name == "Procfile" && development:
			f.note(Left, number, m[1], "the file for developing beside it is preferred")
		default:
			f.add(m[1], m[2], number, m[1])
		}
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
