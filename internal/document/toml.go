package document

import (
	"bytes"
	"errors"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parseTOML lets BurntSushi/toml say what is wrong with a document, and makes
// the tree of what go-toml's parser tells, which knows where things are.
func parseTOML(data []byte) (*Node, error) {
	if tooDeepTOML(data) {
		return nil, errTooDeep
	}
	var doc map[string]any
	if err := toml.Unmarshal(data, &doc); err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			return nil, &SyntaxError{Line: max(1, parse.Position.Line), Message: "not valid TOML: " + parse.Message}
		}
		return nil, &SyntaxError{Message: "not valid TOML: " + err.Error()}
	}
	r := &tomlReader{data: data, line: 1, below: map[*Node]map[string]*Node{}}
	r.Reset(data)
	root := &Node{Kind: Table, Line: 1}
	current := root
	for r.NextExpression() {
		e := r.Expression()
		switch e.Kind {
		case unstable.Table:
			current, _ = r.descend(root, e)
		case unstable.ArrayTable:
			n, line := r.descend(root, e)
			n.Kind = List
			current = &Node{Kind: Table, Line: line}
			n.Items = append(n.Items, current)
		case unstable.KeyValue:
			n, line := r.descend(current, e)
			r.value(n, e.Value(), line)
		}
	}
	return root, nil
}

// tooDeepTOML bounds what the parsers are given: their memory grows with the
// square of the depth. Brackets in texts count too, which costs nothing that
// anybody has written.
func tooDeepTOML(data []byte) bool {
	depth, dots := 0, 0
	for _, c := range data {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '.':
			dots++
		case '\n', '=', ',', '"', '\'', ' ':
			dots = 0
		}
		if depth > mostNested || dots > mostNested {
			return true
		}
	}
	return false
}

type tomlReader struct {
	unstable.Parser
	data  []byte
	at    int
	line  int
	below map[*Node]map[string]*Node // what tables have, by key
}

func (r *tomlReader) lineAt(offset int) int {
	if offset > r.at && offset <= len(r.data) {
		r.line += bytes.Count(r.data[r.at:offset], []byte{'\n'})
		r.at = offset
	}
	return r.line
}

// descend goes to the value of a key, making the tables on the way, and tells
// the key's line.
func (r *tomlReader) descend(n *Node, e *unstable.Node) (*Node, int) {
	line := 0
	for it := e.Key(); it.Next(); {
		k := it.Node()
		line = r.lineAt(int(k.Raw.Offset))
		// Keys below an array of tables mean its last element.
		if n.Kind == List && len(n.Items) > 0 {
			n = n.Items[len(n.Items)-1]
		}
		next := r.below[n][string(k.Data)]
		if next == nil {
			next = &Node{Kind: Table, Line: line}
			n.Kind = Table
			n.Fields = append(n.Fields, Field{Key: string(k.Data), Line: line, Value: next})
			if r.below[n] == nil {
				r.below[n] = map[string]*Node{}
			}
			r.below[n][string(k.Data)] = next
		}
		n = next
	}
	if n.Kind == List && len(n.Items) > 0 && e.Kind == unstable.Table {
		n = n.Items[len(n.Items)-1]
	}
	return n, line
}

func (r *tomlReader) value(n *Node, v *unstable.Node, line int) {
	n.Line = line
	switch v.Kind {
	case unstable.InlineTable:
		n.Kind = Table
		for it := v.Children(); it.Next(); {
			field, at := r.descend(n, it.Node())
			r.value(field, it.Node().Value(), at)
		}
	case unstable.Array:
		n.Kind = List
		for it := v.Children(); it.Next(); {
			item := &Node{}
			r.value(item, it.Node(), line)
			n.Items = append(n.Items, item)
		}
	default:
		if v.Raw.Length > 0 {
			n.Line = r.lineAt(int(v.Raw.Offset))
		}
		n.Text = string(v.Data)
		switch v.Kind {
		case unstable.Bool:
			n.Kind = Bool
		case unstable.Integer, unstable.Float:
			n.Kind = Number
		default:
			n.Kind = Text
		}
	}
}
