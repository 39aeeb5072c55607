package discover

import (
	"path"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"prox/internal/document"
)

// call knows the few functions that make a value of others.
func (s *script) call(x *js.CallExpr) *document.Node {
	name := dotted(x.X)
	var args []*document.Node
	for _, arg := range x.Args.List {
		if arg.Rest {
			return s.unknowable("")
		}
		if _, isFunction := arg.Value.(*js.ArrowFunc); isFunction {
			return s.unknowable("")
		}
		args = append(args, s.value(arg.Value))
	}
	switch {
	case name == "process.cwd":
		return s.text(scriptFolder)
	case (name == "String" || name == "Number" || name == "parseInt" || name == "Number.parseInt") && len(args) > 0:
		if _, ok := s.asText(args[0]); ok {
			return args[0]
		}
	case name == "require" && len(args) == 1:
		if file, ok := s.asText(args[0]); ok && strings.HasPrefix(file, ".") && strings.HasSuffix(file, ".json") {
			if n := s.folder.tree(strings.TrimPrefix(path.Clean(file), "/")); n != nil {
				return s.copy(literalTree(n))
			}
		}
	case (name == "path.join" || name == "path.resolve" || name == "join" || name == "resolve") && len(args) > 0:
		return s.path(strings.HasSuffix(name, "resolve"), args)
	case len(args) <= 1:
		if dot, ok := x.X.(*js.DotExpr); ok {
			if y, ok := dot.Y.(js.LiteralExpr); ok && string(y.Data) == "join" {
				return s.joined(s.value(dot.X), args)
			}
		}
	}
	return s.unknowable("")
}

func (s *script) path(resolve bool, args []*document.Node) *document.Node {
	whole := ""
	for _, arg := range args {
		text, ok := s.asText(arg)
		if !ok {
			return s.unknowable("")
		}
		if strings.HasPrefix(text, "/") && resolve {
			whole = ""
		}
		whole = path.Join(whole, text)
	}
	// "resolve" begins where pm2 was started, which is taken for the folder.
	if !strings.HasPrefix(whole, "/") && resolve {
		whole = path.Join(scriptFolder, whole)
	}
	return s.text(whole)
}

func (s *script) joined(list *document.Node, args []*document.Node) *document.Node {
	between := ","
	if len(args) == 1 {
		text, ok := s.asText(args[0])
		if !ok {
			return s.unknowable("")
		}
		between = text
	}
	if !list.IsList() {
		return s.unknowable("")
	}
	var words []string
	for _, item := range list.Items {
		text, ok := s.asText(item)
		if !ok {
			return s.unknowable("")
		}
		words = append(words, text)
	}
	return s.text(strings.Join(words, between))
}

// literalTree is a tree in which ${ means nothing.
func literalTree(n *document.Node) *document.Node {
	c := *n
	if c.Kind == document.Text {
		c.Text = Literal(c.Text)
	}
	c.Items, c.Fields = nil, nil
	for _, item := range n.Items {
		c.Items = append(c.Items, literalTree(item))
	}
	for _, f := range n.Fields {
		c.Fields = append(c.Fields, document.Field{Key: f.Key, Line: f.Line, Value: literalTree(f.Value)})
	}
	return &c
}
