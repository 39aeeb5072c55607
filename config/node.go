package config

import "fmt"

// position is where in a file something is; zero = not known.
type position struct {
	line, col int
	file      string // "" = the config itself
}

type kind int

const (
	nothing kind = iota // YAML's null
	text
	integer
	float
	boolean
	moment // a date or a time
	list
	table
)

// node is a value of a config file, whichever format it was written in.
type node struct {
	kind   kind
	at     position
	raw    string // a scalar as written; of a text, what it says
	number int64
	float  float64
	truth  bool
	fields []field // of a table, in the order of the file
	items  []*node // of a list
	auto   bool    // a port that was chosen
	made   bool    // references in it were replaced: what it is, is not settled by its quotes
}

type field struct {
	key   string
	at    position
	value *node
}

// get follows keys down the tables; nil if there is nothing.
func (n *node) get(keys ...string) *node {
	for _, k := range keys {
		if n == nil || n.kind != table {
			return nil
		}
		var next *node
		for i := range n.fields {
			if n.fields[i].key == k {
				next = n.fields[i].value
				break
			}
		}
		n = next
	}
	return n
}

// texts are the values of a table that are texts; nil-safe.
func (n *node) texts() map[string]string {
	m := map[string]string{}
	if n != nil && n.kind == table {
		for _, f := range n.fields {
			if f.value.kind == text {
				m[f.key] = f.value.raw
			}
		}
	}
	return m
}

// where is the position of what get returns, else of the nearest table above
// that is there.
func (n *node) where(keys ...string) position {
	at := position{}
	if n != nil {
		at = n.at
	}
	for _, k := range keys {
		n = n.get(k)
		if n == nil {
			break
		}
		at = n.at
	}
	return at
}

// describe says what a value is, for "expected a list, found ...".
func (n *node) describe() string {
	switch n.kind {
	case text:
		return fmt.Sprintf("the text %q", shorten(n.raw))
	case integer, float:
		return "the number " + shorten(n.raw)
	case boolean:
		return fmt.Sprint(n.truth)
	case moment:
		return "the date or time " + shorten(n.raw)
	case list:
		return "a list"
	case table:
		return "a table"
	}
	return "nothing"
}

// shorten keeps a value from filling the screen.
func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
