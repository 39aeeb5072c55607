package discover

import (
	"slices"
	"strings"

	"prox/internal/document"
)

// composeMerge lays one value of a compose file over another, by docker's
// rules. The library that docker uses for it would lose the lines. key is the
// value's path below the service; "" is the service.
func composeMerge(base, over *document.Node, key string) *document.Node {
	switch {
	case over == nil || over.Kind == document.Null && over.Tag == "":
		return base
	case base == nil || over.Tag == "!override" || over.Tag == "!reset":
		return over
	}
	switch key {
	case "command", "entrypoint", "healthcheck.test":
		return over
	case "environment", "labels", "annotations", "sysctls", "build.args", "build.labels":
		base, over = pairsTable(base), pairsTable(over)
	case "depends_on", "networks":
		base, over = namesTable(base), namesTable(over)
	case "build":
		base, over = buildTable(base), buildTable(over)
	case "env_file", "dns", "dns_search", "tmpfs":
		base, over = asList(base), asList(over)
	}
	switch {
	case base.IsTable() && over.IsTable():
		return mergedTable(base, over, key)
	case base.IsList() && over.IsList():
		out := *base
		out.Items = slices.Clone(base.Items)
		for _, item := range over.Items {
			known := func(b *document.Node) bool { return b.Text != "" && b.Text == item.Text }
			if !slices.ContainsFunc(base.Items, known) {
				out.Items = append(out.Items, item)
			}
		}
		return &out
	}
	return over
}

func mergedTable(base, over *document.Node, key string) *document.Node {
	out := *base
	out.Fields = slices.Clone(base.Fields)
	for _, field := range over.Fields {
		if key == "" && field.Key == "extends" {
			continue // it has been followed
		}
		at := slices.IndexFunc(out.Fields, func(f document.Field) bool { return f.Key == field.Key })
		switch {
		case field.Value.Tag == "!reset":
			if at >= 0 {
				out.Fields = slices.Delete(out.Fields, at, at+1)
			}
		case at < 0:
			out.Fields = append(out.Fields, field)
		default:
			below := field.Key
			if key != "" {
				below = key + "." + field.Key
			}
			out.Fields[at].Value = composeMerge(out.Fields[at].Value, field.Value, below)
		}
	}
	return &out
}

// pairsTable is a list of NAME=VALUE as a table.
func pairsTable(n *document.Node) *document.Node {
	if !n.IsList() {
		return n
	}
	out := &document.Node{Kind: document.Table, Line: n.Line, Tag: n.Tag}
	for _, item := range n.Items {
		name, value, ok := strings.Cut(item.Text, "=")
		v := &document.Node{Kind: document.Text, Line: item.Line, Text: value}
		if !ok {
			v.Kind = document.Null // the shell's
		}
		out.Fields = append(out.Fields, document.Field{Key: name, Line: item.Line, Value: v})
	}
	return out
}

// namesTable is a list of names as a table of nothing but keys.
func namesTable(n *document.Node) *document.Node {
	if !n.IsList() {
		return n
	}
	out := &document.Node{Kind: document.Table, Line: n.Line, Tag: n.Tag}
	for _, item := range n.Items {
		if item.Text != "" {
			out.Fields = append(out.Fields, document.Field{Key: item.Text, Line: item.Line, Value: &document.Node{Kind: document.Table, Line: item.Line}})
		}
	}
	return out
}

// buildTable is the short form of build, a folder, as the long one.
func buildTable(n *document.Node) *document.Node {
	if !n.IsText() {
		return n
	}
	return &document.Node{Kind: document.Table, Line: n.Line, Fields: []document.Field{{Key: "context", Line: n.Line, Value: n}}}
}

func asList(n *document.Node) *document.Node {
	if n.IsList() {
		return n
	}
	return &document.Node{Kind: document.List, Line: n.Line, Items: []*document.Node{n}}
}
