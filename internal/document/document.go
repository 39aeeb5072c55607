// Package document reads a YAML, JSON or TOML file that other programs wrote
// for other programs into one kind of tree, with the line of every value, so
// that who looks for something in it need not care which of the three it is.
//
// Begin with [Parse]; [FormatOf] tells a format by a file's name. JSON may have
// comments and trailing commas. Every method of [*Node] may be called on nil,
// which stands for what is not there: a path into a file needs no checks on its
// way. A file that can't be read is a [*SyntaxError].
package document

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Format is how a file is written.
type Format int

// The formats.
const (
	Unknown Format = iota
	YAML
	JSON
	TOML
)

// FormatOf tells a format by the ending of a file's name.
func FormatOf(name string) Format {
	switch strings.ToLower(path.Ext(name)) {
	case ".yml", ".yaml":
		return YAML
	case ".json", ".jsonc", ".json5":
		return JSON
	case ".toml":
		return TOML
	}
	return Unknown
}

// Kind is what a value is.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	Text
	Number
	Bool
	List
	Table
)

// Node is a value of a file.
type Node struct {
	Kind   Kind
	Line   int     // where it is, from 1; of a table or a list, where it or its key begins
	Text   string  // a scalar: a text without its quotes, others as written
	Tag    string  // of YAML, where a program has one of its own: "!reset"
	Items  []*Node // of a list
	Fields []Field // of a table, in the order of the file
}

// Field is a key of a table and its value.
type Field struct {
	Key   string
	Line  int
	Value *Node
}

// SyntaxError says that a file is not what it should be.
type SyntaxError struct {
	Line    int // 0 = not known
	Message string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Message)
}

// mostNodes stops a document whose aliases multiply, mostNested one that only
// goes deeper. Both are far beyond what people write.
const (
	mostNodes  = 1_000_000
	mostNested = 200
)

var (
	errTooMany = &SyntaxError{Message: fmt.Sprintf("it has more than %d values", mostNodes)}
	errTooDeep = &SyntaxError{Message: fmt.Sprintf("it is nested deeper than %d", mostNested)}
)

// Parse reads a file. An empty one is an empty table. Of several YAML documents
// the first is read.
func Parse(format Format, data []byte) (*Node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, &SyntaxError{Message: "it is not UTF-8 text"}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return &Node{Kind: Table, Line: 1}, nil
	}
	switch format {
	case YAML:
		return parseYAML(data)
	case JSON:
		return parseJSON(data)
	case TOML:
		return parseTOML(data)
	}
	return nil, errors.New("cannot tell how the file is written")
}

// Get follows keys down the tables; nil where there is nothing.
func (n *Node) Get(keys ...string) *Node {
	for _, key := range keys {
		if n == nil || n.Kind != Table {
			return nil
		}
		at := slices.IndexFunc(n.Fields, func(f Field) bool { return f.Key == key })
		if at < 0 {
			return nil
		}
		n = n.Fields[at].Value
	}
	return n
}

// First is the value of the first of some keys that is there.
func (n *Node) First(keys ...string) *Node {
	for _, key := range keys {
		if v := n.Get(key); v != nil {
			return v
		}
	}
	return nil
}

// Has reports whether there is something under a path of keys, be it null.
func (n *Node) Has(keys ...string) bool { return n.Get(keys...) != nil }

// At is the line of a value, 0 if it is not there.
func (n *Node) At() int {
	if n == nil {
		return 0
	}
	return n.Line
}

// Scalar is a text, a number or a truth value as text, "" of everything else.
func (n *Node) Scalar() string {
	if n == nil {
		return ""
	}
	return n.Text
}

// IsText reports whether the value is a text.
func (n *Node) IsText() bool { return n != nil && n.Kind == Text }

// IsTable reports whether the value is a table.
func (n *Node) IsTable() bool { return n != nil && n.Kind == Table }

// IsList reports whether the value is a list.
func (n *Node) IsList() bool { return n != nil && n.Kind == List }

// Int is a whole number, also one that is written as text.
func (n *Node) Int() (int, bool) {
	if n == nil || n.Kind != Number && n.Kind != Text {
		return 0, false
	}
	v, err := strconv.Atoi(strings.TrimSpace(n.Text))
	return v, err == nil
}

// Truth is a truth value, also one that is written as text; ok is false of
// everything else.
func (n *Node) Truth() (truth, ok bool) {
	if n == nil || n.Kind != Bool && n.Kind != Text {
		return false, false
	}
	switch strings.ToLower(n.Text) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

// Scalars are the scalars of a list, or the one scalar that stands in a list's
// place.
func (n *Node) Scalars() []string {
	switch {
	case n == nil:
		return nil
	case n.Kind == List:
		var all []string
		for _, item := range n.Items {
			if item.Kind != List && item.Kind != Table && item.Kind != Null {
				all = append(all, item.Text)
			}
		}
		return all
	case n.Kind == Table || n.Kind == Null:
		return nil
	}
	return []string{n.Text}
}

// Each are the fields of a table; none of everything else.
func (n *Node) Each() []Field {
	if n == nil {
		return nil
	}
	return n.Fields
}

// Elements are the items of a list; none of everything else.
func (n *Node) Elements() []*Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// Keys are the keys of a table, in the order of the file.
func (n *Node) Keys() []string {
	var keys []string
	for _, f := range n.Each() {
		keys = append(keys, f.Key)
	}
	return keys
}
