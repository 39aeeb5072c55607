package discover

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"prox/config"
)

// width is how long a line of the config may get before a table in it is
// written below instead.
const width = 100

// TOML is the proposal as a prox.toml with comments: where each service was
// found, who else says the same, and what was guessed.
func (p *Proposal) TOML() []byte {
	var b bytes.Buffer
	b.WriteString("# What prox runs here. prox check looks for mistakes, prox check --schema helps editors complete keys.\n")
	if p.Name != "" {
		fmt.Fprintf(&b, "\nname = %s\n", value(p.Name))
	}
	// The menu that docker draws below the output is for somebody who typed the
	// command.
	composed := slices.ContainsFunc(p.Services, func(s *Service) bool {
		return !s.Off && composeUp().MatchString(s.Command) && !detached().MatchString(s.Command)
	})
	if len(p.Env) > 0 || composed {
		b.WriteString("\n[env]\n")
		if _, own := p.Env["COMPOSE_MENU"]; composed && !own {
			b.WriteString("COMPOSE_MENU = \"false\" # docker compose draws no menu below its output\n")
		}
		for _, name := range slices.Sorted(maps.Keys(p.Env)) {
			fmt.Fprintf(&b, "%s = %s\n", key(name), value(p.Env[name]))
		}
	}
	for _, s := range p.Services {
		b.WriteString("\n")
		s.write(&b)
	}
	return b.Bytes()
}

// A command of docker compose's draws a menu as long as it stays.
var (
	composeUp = onDemand(`\bdocker compose .*\bup\b`)
	detached  = onDemand(` (?:-d|--detach)\b`)
)

func (s *Service) write(b *bytes.Buffer) {
	for _, line := range s.comment() {
		fmt.Fprintf(b, "# %s\n", oneLine(line))
	}
	var own bytes.Buffer
	table := "[services." + key(s.Name) + "]"
	fmt.Fprintln(&own, table)
	s.writeKeys(&own)
	if s.Off {
		for line := range strings.Lines(own.String()) {
			b.WriteString("# " + line)
		}
		return
	}
	b.Write(own.Bytes())
}

// comment says where the service is from.
func (s *Service) comment() []string {
	lines := []string{"from " + s.From.String()}
	if len(s.Also) > 0 {
		const most = 3
		var names []string
		for _, o := range s.Also {
			if name := strings.TrimSpace(o.File + " " + o.Key); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(names) > most {
			names = append(names[:most], "others")
		}
		lines[0] += "; preferred to " + strings.Join(names, ", ")
	}
	return append(lines, s.Remarks...)
}

// writeKeys writes what the service is told: texts and numbers first, then
// tables, because a table of its own ends the service's.
func (s *Service) writeKeys(b *bytes.Buffer) {
	if len(s.Argv) > 0 {
		fmt.Fprintf(b, "command = %s\n", value(s.Argv))
	} else {
		fmt.Fprintf(b, "command = %s\n", value(ended(s.Command)))
	}
	if s.Dir != "." && s.Dir != "" {
		fmt.Fprintf(b, "dir = %s\n", value(s.Dir))
	}
	set := slices.Clone(s.Settings)
	if len(s.DependsOn) > 0 {
		set = append(set, Setting{Key: "depends_on", Value: dependencies(s.DependsOn)})
	}
	slices.SortStableFunc(set, func(x, y Setting) int { return cmp.Compare(place(x.Key), place(y.Key)) })
	tables := map[string][]Setting{}
	var order []string
	for _, x := range set {
		first, rest, nested := strings.Cut(x.Key, ".")
		if _, isMap := x.Value.(map[string]string); !nested && !isMap {
			fmt.Fprintf(b, "%s = %s%s\n", x.Key, value(x.Value), guess(x.Guess))
			continue
		}
		if tables[first] == nil {
			order = append(order, first)
		}
		if m, isMap := x.Value.(map[string]string); isMap && !nested {
			for _, name := range slices.Sorted(maps.Keys(m)) {
				tables[first] = append(tables[first], Setting{Key: key(name), Value: m[name], Guess: x.Guess})
			}
			continue
		}
		x.Key = rest
		tables[first] = append(tables[first], x)
	}
	var below []string
	for _, name := range order {
		if line := name + " = " + inline(tables[name]); len(line) <= width && !strings.Contains(line, "\n") {
			fmt.Fprintf(b, "%s%s\n", line, guess(guesses(tables[name])))
		} else {
			below = append(below, name)
		}
	}
	for _, name := range below {
		fmt.Fprintf(b, "[services.%s.%s]\n", key(s.Name), name)
		for _, x := range tables[name] {
			fmt.Fprintf(b, "%s = %s%s\n", x.Key, value(x.Value), guess(x.Guess))
		}
	}
}

// ended is a command of several lines with an end to its last one, which means
// nothing to a shell and is read more easily.
func ended(command string) string {
	if strings.Contains(command, "\n") {
		return strings.TrimRight(command, "\n") + "\n"
	}
	return command
}

// guess is the comment behind what was guessed.
func guess(why string) string {
	if why == "" {
		return ""
	}
	return " # a guess: " + oneLine(why)
}

// oneLine is a text for a comment, in which TOML takes no control characters.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "?"))
}

func guesses(set []Setting) string {
	var all []string
	for _, x := range set {
		if x.Guess != "" && !slices.Contains(all, x.Guess) {
			all = append(all, x.Guess)
		}
	}
	return strings.Join(all, "; ")
}

func inline(set []Setting) string {
	var parts []string
	for _, x := range set {
		parts = append(parts, x.Key+" = "+value(x.Value))
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// dependencies are a list where all must be ready, else a table.
func dependencies(all []config.Dependency) any {
	names := []string{}
	table := map[string]string{}
	for _, d := range all {
		names = append(names, d.Service)
		table[d.Service] = d.Condition
	}
	if slices.ContainsFunc(all, func(d config.Dependency) bool { return d.Condition != config.Ready }) {
		return table
	}
	return names
}

// value is a value as TOML writes it, in one line if it can.
func value(v any) string {
	if m, ok := v.(map[string]string); ok {
		var set []Setting
		for _, name := range slices.Sorted(maps.Keys(m)) {
			set = append(set, Setting{Key: key(name), Value: m[name]})
		}
		return inline(set)
	}
	text, ok := v.(string)
	if ok && strings.Contains(strings.TrimSpace(text), "\n") && !strings.Contains(text, "'''") && !strings.HasSuffix(text, "'") && !strings.ContainsFunc(text, isControl) {
		return "'''\n" + text + "'''"
	}
	if ok && strings.ContainsAny(text, `"\`) && !strings.Contains(text, "'") && !strings.Contains(text, "\n") && !strings.ContainsFunc(text, isControl) {
		return "'" + text + "'" // as it would be typed
	}
	out, err := toml.Marshal(map[string]any{"x": v})
	if err != nil { // of a kind that no setting has
		return fmt.Sprintf("%q", fmt.Sprint(v))
	}
	return strings.TrimSpace(strings.TrimPrefix(string(out), "x = "))
}

func isControl(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }

// key is a name as TOML writes it: in quotes if it must be.
func key(name string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
	}
	if name != "" && strings.TrimFunc(name, plain) == "" {
		return name
	}
	out, err := toml.Marshal(map[string]int{name: 0})
	if err != nil {
		return fmt.Sprintf("%q", name)
	}
	text, _ := strings.CutSuffix(strings.TrimSpace(string(out)), " = 0")
	return text
}

// keyOrder is the order in which a service's keys are written: config's own,
// as prox.toml.example has it.
var keyOrder = func() []string {
	var names []string
	t := reflect.TypeFor[config.Service]()
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("key"))
	}
	return names
}

func place(dotted string) int {
	first, _, _ := strings.Cut(dotted, ".")
	// What people read a service for, first.
	for i, name := range []string{"task", "port", "depends_on", "healthcheck"} {
		if first == name {
			return i
		}
	}
	return 10 + slices.Index(keyOrder(), first)
}

// everyCompose are the flags that every service of docker's has.
var everyCompose = onDemand(` --(?:no-deps|no-log-prefix|exit-code-from \S+)`)

// Title is one line about a service, for a list: its command without what many
// have, and where.
func (s *Service) Title() string {
	text := s.Command
	if len(s.Argv) > 0 {
		text = strings.Join(s.Argv, " ")
	}
	if composeUp().MatchString(text) {
		text = everyCompose().ReplaceAllString(text, "")
	}
	text = strings.Join(strings.Fields(text), " ")
	if s.Dir != "." && s.Dir != "" {
		text = path.Clean(s.Dir) + ": " + text
	}
	return text
}
