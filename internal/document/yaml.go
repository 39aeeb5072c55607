package document

import (
	"bytes"
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"
)

func parseYAML(data []byte) (*Node, error) {
	var doc yaml.Node
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err == nil {
		err = loader.Load(&doc)
	}
	if err != nil {
		var load *yaml.LoadError
		if errors.As(err, &load) {
			return nil, &SyntaxError{Line: load.Mark.Line, Message: "not valid YAML: " + load.Message}
		}
		return nil, &SyntaxError{Message: "not valid YAML: " + err.Error()}
	}
	r := &yamlReader{open: map[*yaml.Node]bool{}}
	n := r.node(&doc, 0)
	if r.err != nil {
		return nil, r.err
	}
	if n.Kind == Null {
		n = &Node{Kind: Table, Line: 1}
	}
	return n, nil
}

type yamlReader struct {
	open  map[*yaml.Node]bool // aliases being followed
	count int
	err   error
}

func (r *yamlReader) node(y *yaml.Node, depth int) *Node {
	n := &Node{Line: y.Line}
	if strings.HasPrefix(y.Tag, "!") && !strings.HasPrefix(y.Tag, "!!") {
		n.Tag = y.Tag
	}
	r.count++
	switch {
	case r.count > mostNodes:
		r.err = errTooMany
	case depth > mostNested:
		r.err = errTooDeep
	}
	if r.err != nil {
		return n
	}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) == 1 {
			return r.node(y.Content[0], depth+1)
		}
	case yaml.AliasNode:
		if r.open[y.Alias] {
			r.err = &SyntaxError{Line: y.Line, Message: "the alias *" + y.Value + " contains itself"}
			return n
		}
		r.open[y.Alias] = true
		n = r.node(y.Alias, depth+1)
		delete(r.open, y.Alias)
	case yaml.SequenceNode:
		n.Kind = List
		for _, item := range y.Content {
			n.Items = append(n.Items, r.node(item, depth+1))
		}
	case yaml.MappingNode:
		n.Kind = Table
		r.fields(n, y, depth)
	case yaml.ScalarNode:
		yamlScalar(n, y)
	}
	return n
}

// fields reads a mapping, and what "<<:" brings into it.
func (r *yamlReader) fields(n *Node, y *yaml.Node, depth int) {
	var merged []Field
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		line := k.Line
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			continue // a key that is a table means nothing to any of those we read
		}
		value := r.node(v, depth+1)
		if k.Tag == "!!merge" {
			merged = append(merged, value.Fields...)
			for _, item := range value.Items {
				merged = append(merged, item.Fields...)
			}
			continue
		}
		// A block begins below its key, and the key is what one looks for.
		if value.Kind == Table || value.Kind == List {
			value.Line = line
		}
		n.Fields = append(n.Fields, Field{Key: k.Value, Line: line, Value: value})
	}
	if len(merged) == 0 {
		return
	}
	has := map[string]bool{}
	for _, f := range n.Fields {
		has[f.Key] = true
	}
	for _, f := range merged {
		if !has[f.Key] {
			has[f.Key] = true
			n.Fields = append(n.Fields, f)
		}
	}
}

func yamlScalar(n *Node, y *yaml.Node) {
	n.Text = y.Value
	switch y.ShortTag() {
	case "!!null":
		n.Kind, n.Text = Null, ""
	case "!!bool":
		n.Kind = Bool
	case "!!int", "!!float":
		n.Kind = Number
	default:
		n.Kind = Text
	}
}
