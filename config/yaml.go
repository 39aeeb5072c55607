package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// mostNodes stops a document whose aliases multiply.
const mostNodes = 100_000

// parseYAML reads one YAML document.
func parseYAML(data []byte, ps *problems) *node {
	var doc, second yaml.Node
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err == nil {
		err = loader.Load(&doc)
	}
	if errors.Is(err, io.EOF) {
		return &node{kind: table, at: position{line: 1, col: 1}}
	}
	if err == nil {
		if err = loader.Load(&second); err == nil {
			ps.add(position{line: second.Line, col: second.Column}, "", "a second document begins here, where only one is expected", "delete the line ---")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		var load *yaml.LoadError
		at := position{}
		message := err.Error()
		if errors.As(err, &load) {
			at, message = position{line: load.Mark.Line, col: load.Mark.Column}, load.Message
		}
		ps.add(at, "", "not valid YAML: "+message, yamlHint(data, at.line))
		return nil
	}
	r := &yamlReader{problems: ps, open: map[*yaml.Node]bool{}}
	n := r.node(&doc, "")
	if r.count > mostNodes {
		ps.add(position{}, "", fmt.Sprintf("the document has more than %d values", mostNodes), "use fewer aliases")
		return nil
	}
	if n.kind == nothing {
		n.kind = table
	}
	return n
}

// yamlHint knows the mistake that everybody makes.
func yamlHint(data []byte, line int) string {
	for i, l := range strings.Split(string(data), "\n") {
		if i+1 >= line-1 && i+1 <= line+1 && strings.HasPrefix(strings.TrimLeft(l, " "), "\t") {
			return "YAML is indented with spaces, not tabs"
		}
	}
	return ""
}

type yamlReader struct {
	*problems
	open  map[*yaml.Node]bool // aliases being followed
	count int
}

func (r *yamlReader) node(y *yaml.Node, path string) *node {
	n := &node{at: position{line: y.Line, col: y.Column}}
	if r.count++; r.count > mostNodes {
		return n
	}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) == 1 {
			return r.node(y.Content[0], path)
		}
	case yaml.AliasNode:
		if r.open[y.Alias] {
			r.add(n.at, path, "the alias *"+y.Value+" contains itself", "")
			return n
		}
		r.open[y.Alias] = true
		// Mistakes in what an alias repeats belong to where it is written.
		n = r.node(y.Alias, path)
		delete(r.open, y.Alias)
	case yaml.SequenceNode:
		n.kind = list
		for _, item := range y.Content {
			n.items = append(n.items, r.node(item, path))
		}
	case yaml.MappingNode:
		n.kind = table
		r.open[y] = true
		r.fields(n, y, path)
		delete(r.open, y)
	case yaml.ScalarNode:
		scalar(n, y)
	}
	return n
}

func (r *yamlReader) fields(n *node, y *yaml.Node, path string) {
	var merged []field
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		at := position{line: k.Line, col: k.Column}
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			r.add(at, path, "expected a name as the key", "")
			continue
		}
		if k.Tag == "!!merge" {
			merged = append(merged, r.merge(v, path)...)
			continue
		}
		if first := n.find(k.Value); first != nil {
			r.add(at, join(path, k.Value), fmt.Sprintf("given twice, first in line %d", first.at.line), "")
			continue
		}
		f := field{k.Value, at, r.node(v, join(path, k.Value))}
		// A block begins below its key, and the key is what one looks for.
		if f.value.kind == table || f.value.kind == list {
			if v.Kind != yaml.AliasNode {
				f.value.at = at
			}
		}
		n.fields = append(n.fields, f)
	}
	for _, f := range merged {
		if n.find(f.key) == nil {
			n.fields = append(n.fields, f)
		}
	}
}

// merge is what "<<:" brings: the fields of a table, or of several, the first
// of which wins.
func (r *yamlReader) merge(y *yaml.Node, path string) []field {
	n := r.node(y, path)
	switch n.kind {
	case table:
		return n.fields
	case list:
		var fs []field
		for _, item := range n.items {
			fs = append(fs, item.fields...)
		}
		return fs
	}
	r.add(n.at, path, "expected a table to merge, found "+n.describe(), "")
	return nil
}

func (n *node) find(key string) *field {
	for i := range n.fields {
		if n.fields[i].key == key {
			return &n.fields[i]
		}
	}
	return nil
}

func scalar(n *node, y *yaml.Node) {
	n.raw = y.Value
	switch y.ShortTag() {
	case "!!null":
		n.kind = nothing
	case "!!bool":
		n.kind = boolean
		n.truth = strings.EqualFold(y.Value, "true")
	case "!!int":
		n.kind = integer
		if err := y.Decode(&n.number); err != nil {
			// Too large for any key of ours.
			n.kind = float
			_ = y.Decode(&n.float)
			return
		}
		n.float = float64(n.number)
	case "!!float":
		n.kind = float
		if err := y.Decode(&n.float); err != nil {
			n.float, _ = strconv.ParseFloat(y.Value, 64)
		}
	case "!!timestamp":
		n.kind = moment
	default:
		n.kind = text
	}
}
