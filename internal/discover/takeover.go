package discover

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"prox/internal/document"
)

// takeover is a config of another runner that is taken over. Whatever a reader
// asks for through an [entry] is marked, and [takeover.rest] lists what is left:
// so no key can be forgotten, also none that came up after the reader was
// written.
type takeover struct {
	f       *file
	root    entry
	done    map[*document.Node]bool   // was used, or a note was written about it
	asked   map[*document.Node]bool   // its key is known
	unknown map[*document.Node]string // no value could be told, and why
	from    map[*document.Node]string // the file it is from, if not f
	why     map[string]string         // what to say of keys, by their last name
	listed  int
	told    map[string]bool // what is said once
}

// mostListed bounds how many keys are listed of a file that is something else.
const mostListed = 1000

// takeOver begins with the tree of a file. why has what to do instead of keys
// that prox doesn't have, by their names.
func (f *file) takeOver(tree *document.Node, why map[string]string) *takeover {
	t := &takeover{
		f: f, why: why, done: map[*document.Node]bool{}, asked: map[*document.Node]bool{},
		unknown: map[*document.Node]string{}, from: map[*document.Node]string{}, told: map[string]bool{},
	}
	t.root = entry{t: t, node: tree, line: tree.At()}
	return t
}

// imported reports whether it is this file that Import is to take over. When a
// folder is only looked at, nobody wants to read of every key.
func (f *file) imported() bool {
	return f.root.only != nil && f.dir == "." && f.name == f.root.only.name
}

// lay lays another file of the folder over the config, or below it: tables are
// merged, everything else is replaced. It is nothing if there is no such file.
func (t *takeover) lay(name string, over bool) {
	other := t.f.folder.tree(name)
	if other == nil || !other.IsTable() || !t.root.node.IsTable() {
		return
	}
	t.f.root.part(join(t.f.dir, name))
	t.setFrom(other, name)
	if over {
		t.root.node = merge(t.root.node, other, false)
	} else {
		t.root.node = merge(other, t.root.node, true)
	}
}

func (t *takeover) setFrom(n *document.Node, name string) {
	t.from[n] = name
	for _, item := range n.Elements() {
		t.setFrom(item, name)
	}
	for _, f := range n.Each() {
		t.setFrom(f.Value, name)
	}
}

// merge lays one tree over another. Variables that are listed are joined: the
// last of a name wins. Tables of both are where the one has them that is the
// config itself, which the upper one is or not.
func merge(under, over *document.Node, upper bool) *document.Node {
	if !under.IsTable() || !over.IsTable() {
		return over
	}
	merged := &document.Node{Kind: document.Table, Line: under.Line, Fields: slices.Clone(under.Fields)}
	for _, f := range over.Fields {
		at := slices.IndexFunc(merged.Fields, func(old document.Field) bool { return old.Key == f.Key })
		if at < 0 {
			merged.Fields = append(merged.Fields, f)
			continue
		}
		old := merged.Fields[at]
		value, line := merge(old.Value, f.Value, upper), f.Line
		if value != f.Value && !upper {
			line = old.Line
		}
		if old := old.Value; f.Key == "environment" && old.IsList() && f.Value.IsList() {
			value = &document.Node{Kind: document.List, Line: old.Line, Items: slices.Concat(old.Items, f.Value.Items)}
		}
		merged.Fields[at] = document.Field{Key: f.Key, Line: line, Value: value}
	}
	return merged
}

// note writes a note about an entry, in the file that it is from.
func (t *takeover) note(kind NoteKind, e entry, text string) {
	o := t.f.origin(e.line, e.key)
	if name, ok := t.from[e.node]; ok {
		o.File = join(t.f.dir, name)
	}
	t.f.root.note(Note{Kind: kind, Origin: o, Text: text})
}

// add adds the service that an entry asks for. One that stands in another file
// belongs to this one all the same, and says so.
func (t *takeover) add(e entry, name, command string) *Service {
	line := e.line
	file, elsewhere := t.from[e.node]
	if elsewhere {
		line = 0
	}
	s := t.f.add(name, command, line, e.key)
	if elsewhere {
		s.Remark("in %s (line %d)", join(t.f.dir, file), e.line)
	}
	return s
}

// once tells, of the first place that it is true of, in what the other runner's
// ways differ from prox's.
func (t *takeover) once(what string, e entry, text string) {
	if t.f.imported() && !t.told[what] {
		t.told[what] = true
		t.note(Changed, e, text)
	}
}

// setEnv gives a service a variable of the config.
func (t *takeover) setEnv(s *Service, v variable, value string) {
	s.SetEnv(v.name, value)
	t.once("env", v.entry, "with prox, your shell and .env win over it, unless its value builds upon theirs")
}

// rest lists what nobody has asked for, of the config that is imported.
func (t *takeover) rest() {
	if !t.f.imported() {
		return
	}
	for _, e := range t.root.each() {
		t.list(e)
	}
	for _, e := range t.root.items() {
		t.list(e)
	}
	if more := t.listed - mostListed; more > 0 {
		t.f.note(Dropped, 0, "", fmt.Sprintf("and %d more keys that prox doesn't have", more))
	}
}

func (t *takeover) list(e entry) {
	if t.done[e.node] {
		return
	}
	if why, ok := t.unknown[e.node]; ok {
		t.tell(e, why)
		return
	}
	empty := e.node.Kind == document.Null || e.node.Kind >= document.List && len(e.node.Items)+len(e.node.Fields) == 0
	switch {
	case empty && (t.asked[e.node] || e.node.Kind == document.Null):
	case e.node.Kind < document.List || empty || !t.touched(e.node):
		t.tell(e, "prox doesn't have it")
	default:
		for _, below := range e.each() {
			t.list(below)
		}
		for _, item := range e.items() {
			t.list(item)
		}
	}
}

// tell names a key that was left over.
func (t *takeover) tell(e entry, text string) {
	if t.listed++; t.listed > mostListed {
		return
	}
	if why := t.why[e.name]; why != "" {
		text = why
	}
	t.note(Dropped, e, text)
}

// touched reports whether anything at or below a node was used.
func (t *takeover) touched(n *document.Node) bool {
	if t.done[n] {
		return true
	}
	for _, item := range n.Elements() {
		if t.touched(item) {
			return true
		}
	}
	return slices.ContainsFunc(n.Each(), func(f document.Field) bool { return t.touched(f.Value) })
}

// entry is a value of the config, and where it stands. One that is not there
// has no node, and every method may be called on it.
type entry struct {
	t    *takeover
	node *document.Node
	name string // the last of key
	key  string // from the root, with dots
	line int
}

// there reports whether there is a value, be it null.
func (e entry) there() bool { return e.node != nil }

// given reports whether there is a value other than null.
func (e entry) given() bool {
	_, unknown := e.t.unknown[e.node]
	return e.node != nil && (e.node.Kind != document.Null || unknown)
}

// get is the first of some keys of a table that is there.
func (e entry) get(keys ...string) entry {
	for _, key := range keys {
		for _, f := range e.node.Each() {
			if f.Key == key {
				e.t.asked[f.Value] = true
				return e.field(f)
			}
		}
	}
	return entry{t: e.t}
}

func (e entry) field(f document.Field) entry {
	key := f.Key
	if e.key != "" {
		key = e.key + "." + f.Key
	}
	return entry{t: e.t, node: f.Value, name: f.Key, key: key, line: f.Line}
}

// each are the fields of a table.
func (e entry) each() []entry {
	var all []entry
	for _, f := range e.node.Each() {
		all = append(all, e.field(f))
	}
	return all
}

// items are those of a list.
func (e entry) items() []entry {
	var all []entry
	for i, item := range e.node.Elements() {
		below := e.field(document.Field{Key: strconv.Itoa(i), Line: item.At(), Value: item})
		below.name = e.name
		all = append(all, below)
	}
	return all
}

// use marks an entry, and all below it, as taken care of.
func (e entry) use() { e.t.use(e.node) }

func (t *takeover) use(n *document.Node) {
	if n == nil {
		return
	}
	t.done[n] = true
	for _, item := range n.Elements() {
		t.use(item)
	}
	for _, f := range n.Each() {
		t.use(f.Value)
	}
}

// drop says that prox doesn't have the setting, when the file is imported.
func (e entry) drop(format string, args ...any) {
	if e.given() && e.t.f.imported() {
		e.lose(format, args...)
	}
	e.use()
}

// lose is drop for what matters so much that it is said in any case.
func (e entry) lose(format string, args ...any) {
	if e.given() {
		e.t.note(Dropped, e, fmt.Sprintf(format, args...))
	}
	e.use()
}

// change says that the setting was taken over, and means something else.
func (e entry) change(format string, args ...any) {
	if e.t.f.imported() {
		e.t.note(Changed, e, fmt.Sprintf(format, args...))
	}
	e.use()
}

// wrong says that the value is not of the kind that the other runner takes.
func (e entry) wrong(expected string) {
	if e.t.done[e.node] || !e.given() {
		return
	}
	if why, ok := e.t.unknown[e.node]; ok {
		e.lose("%s", why)
		return
	}
	e.drop("expected %s, found %s", expected, kindOf(e.node))
}

func kindOf(n *document.Node) string {
	switch n.Kind {
	case document.Table:
		return "a table"
	case document.List:
		return "a list"
	}
	text := []rune(n.Text)
	if len(text) > 40 {
		text = append(text[:39], '…')
	}
	return strconv.Quote(strings.ToValidUTF8(string(text), "?"))
}
