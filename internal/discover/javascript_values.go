package discover

import (
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"prox/internal/document"
)

// scriptFolder stands for __dirname in a text, until it is known what it is for.
const scriptFolder = "/\ue000"

// value is what an expression is; unknowable if that can't be told.
func (s *script) value(x js.IExpr) *document.Node {
	if s.steps++; s.steps > mostSteps || s.depth > mostScriptDepth {
		return s.unknowable("it is too much to work out")
	}
	s.depth++
	defer func() { s.depth-- }()
	switch x := x.(type) {
	case *js.GroupExpr:
		return s.value(x.X)
	case *js.LiteralExpr:
		return s.literal(x)
	case js.LiteralExpr:
		return s.literal(&x)
	case *js.TemplateExpr:
		return s.template(x)
	case *js.ArrayExpr:
		return s.array(x)
	case *js.ObjectExpr:
		return s.object(x)
	case *js.Var:
		return s.variable(x)
	case *js.DotExpr, *js.IndexExpr:
		return s.member(x)
	case *js.UnaryExpr:
		return s.unary(x)
	case *js.BinaryExpr:
		return s.binary(x)
	case *js.CallExpr:
		return s.call(x)
	}
	return s.unknowable("")
}

func (s *script) text(text string) *document.Node {
	if len(text) > mostScriptText {
		return s.unknowable("it is too much to work out")
	}
	return &document.Node{Kind: document.Text, Text: text, Line: s.line}
}

func (s *script) literal(x *js.LiteralExpr) *document.Node {
	line := s.lineOf(x, s.line)
	n := &document.Node{Line: line}
	switch x.TokenType {
	case js.StringToken:
		n.Kind, n.Text = document.Text, Literal(unquote(string(x.Data)))
	case js.TrueToken, js.FalseToken:
		n.Kind, n.Text = document.Bool, string(x.Data)
	case js.NullToken:
	case js.DecimalToken, js.IntegerToken:
		text := strings.ReplaceAll(string(x.Data), "_", "")
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			n.Kind, n.Text = document.Number, strconv.FormatFloat(v, 'f', -1, 64)
		}
	case js.BinaryToken, js.OctalToken, js.HexadecimalToken:
		if v, err := strconv.ParseInt(strings.ReplaceAll(string(x.Data), "_", ""), 0, 64); err == nil {
			n.Kind, n.Text = document.Number, strconv.FormatInt(v, 10)
		}
	default:
		return s.unknowable("")
	}
	return n
}

// unquote is a text without its quotes and backslashes.
func unquote(text string) string {
	if len(text) >= 2 {
		text = text[1 : len(text)-1]
	}
	return unescapeScript(text)
}

func unescapeScript(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case '\n':
		case 'x', 'u':
			digits := map[byte]int{'x': 2, 'u': 4}[c]
			if i+digits < len(text) {
				if v, err := strconv.ParseUint(text[i+1:i+1+digits], 16, 32); err == nil {
					b.WriteRune(rune(v))
					i += digits
					continue
				}
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (s *script) template(x *js.TemplateExpr) *document.Node {
	if x.Tag != nil {
		return s.unknowable("")
	}
	var b strings.Builder
	piece := func(raw []byte) string {
		text := strings.TrimPrefix(strings.TrimSuffix(string(raw), "${"), "}")
		return Literal(unescapeScript(strings.Trim(text, "`")))
	}
	for _, part := range x.List {
		b.WriteString(piece(part.Value))
		value, ok := s.asText(s.value(part.Expr))
		if !ok {
			return s.unknowable("")
		}
		b.WriteString(value)
	}
	b.WriteString(piece(x.Tail))
	return s.text(b.String())
}

// asText is a scalar as a text.
func (s *script) asText(n *document.Node) (string, bool) {
	if s.unknown[n] != "" || n.Kind == document.Null || n.Kind >= document.List {
		return "", false
	}
	return n.Text, true
}

func (s *script) array(x *js.ArrayExpr) *document.Node {
	n := &document.Node{Kind: document.List, Line: s.lineOf(x, s.line)}
	for _, item := range x.List {
		if item.Value == nil {
			continue
		}
		s.line = s.lineOf(item.Value, s.line)
		value := s.value(item.Value)
		if !item.Spread {
			n.Items = append(n.Items, value)
		} else if value.IsList() {
			n.Items = append(n.Items, s.copies(value.Items)...)
		} else {
			n.Items = append(n.Items, s.unknowable(""))
		}
	}
	return n
}

func (s *script) object(x *js.ObjectExpr) *document.Node {
	n := &document.Node{Kind: document.Table, Line: s.lineOf(x, s.line)}
	set := func(f document.Field) {
		for i := range n.Fields {
			if n.Fields[i].Key == f.Key {
				n.Fields[i] = f
				return
			}
		}
		n.Fields = append(n.Fields, f)
	}
	for _, p := range x.List {
		if p.Spread {
			value := s.value(p.Value)
			if value.IsTable() {
				for _, f := range value.Fields {
					set(document.Field{Key: f.Key, Line: f.Line, Value: s.copy(f.Value)})
				}
			} else {
				set(document.Field{Key: "..." + dotted(p.Value), Line: s.line, Value: s.unknowable("")})
			}
			continue
		}
		if p.Name == nil {
			continue
		}
		name := string(p.Name.Literal.Data)
		s.line = s.lineOf(&p.Name.Literal, s.line)
		switch {
		case p.Name.IsComputed():
			text, ok := s.asText(s.value(p.Name.Computed))
			if !ok {
				set(document.Field{Key: "[" + dotted(p.Name.Computed) + "]", Line: s.line, Value: s.unknowable("")})
				continue
			}
			name = text
		case p.Name.Literal.TokenType == js.StringToken:
			name = unquote(name)
		}
		line := s.line
		value := s.value(p.Value)
		value.Line = line
		s.line = line
		set(document.Field{Key: name, Line: line, Value: value})
	}
	return n
}

// copy is a value that stands in a second place: each place is told of alone.
func (s *script) copy(n *document.Node) *document.Node {
	if s.steps++; s.steps > mostSteps {
		return s.unknowable("it is too much to work out")
	}
	c := *n
	if why, ok := s.unknown[n]; ok {
		s.unknown[&c] = why
	}
	c.Items = s.copies(n.Items)
	c.Fields = nil
	for _, f := range n.Fields {
		c.Fields = append(c.Fields, document.Field{Key: f.Key, Line: f.Line, Value: s.copy(f.Value)})
	}
	return &c
}

func (s *script) copies(nodes []*document.Node) []*document.Node {
	var all []*document.Node
	for _, n := range nodes {
		all = append(all, s.copy(n))
	}
	return all
}

// variable is what a name at the top of the program stands for.
func (s *script) variable(x *js.Var) *document.Node {
	name := string(x.Name())
	switch name {
	case "__dirname":
		return s.text(scriptFolder)
	case "__filename":
		return s.text(scriptFolder + "/" + "ecosystem.config.js")
	case "undefined":
		return &document.Node{Kind: document.Null, Line: s.line}
	}
	known, ok := s.names[name]
	if !ok || s.open[name] {
		return s.unknowable("")
	}
	if s.values[name] == nil {
		s.open[name] = true
		line := s.line
		s.values[name] = s.value(known)
		s.line = line
		delete(s.open, name)
	}
	return s.copy(s.values[name])
}

// member is a.b or a["b"], of process.env or of a value that is known.
func (s *script) member(x js.IExpr) *document.Node {
	var of js.IExpr
	key := ""
	switch x := x.(type) {
	case *js.DotExpr:
		of = x.X
		if y, ok := x.Y.(js.LiteralExpr); ok {
			key = string(y.Data)
		}
	case *js.IndexExpr:
		of = x.X
		text, ok := s.asText(s.value(x.Y))
		if !ok {
			return s.unknowable("")
		}
		key = text
	}
	if dotted(of) == "process.env" && validVariable(key) {
		return s.text("${" + key + ":-}")
	}
	n := s.value(of)
	if n.IsTable() {
		if found := n.Get(key); found != nil {
			return found
		}
		return &document.Node{Kind: document.Null, Line: s.line}
	}
	if at, err := strconv.Atoi(key); err == nil && n.IsList() && at >= 0 && at < len(n.Items) {
		return n.Items[at]
	}
	return s.unknowable("")
}

func (s *script) unary(x *js.UnaryExpr) *document.Node {
	n := s.value(x.X)
	switch truth, ok := n.Truth(); {
	case x.Op == js.NegToken && n.Kind == document.Number:
		return &document.Node{Kind: document.Number, Text: "-" + n.Text, Line: s.line}
	case x.Op == js.PosToken && n.Kind != document.Bool:
		if _, ok := s.asText(n); ok {
			return n
		}
	case x.Op == js.NotToken && ok && n.Kind == document.Bool:
		return &document.Node{Kind: document.Bool, Text: strconv.FormatBool(!truth), Line: s.line}
	}
	return s.unknowable("")
}

func (s *script) binary(x *js.BinaryExpr) *document.Node {
	switch x.Op {
	case js.OrToken, js.NullishToken:
		return s.either(x)
	case js.AddToken, js.MulToken, js.SubToken:
		a, b := s.value(x.X), s.value(x.Y)
		if a.Kind == document.Number && b.Kind == document.Number {
			return s.sum(x.Op, a, b)
		}
		left, okLeft := s.asText(a)
		right, okRight := s.asText(b)
		if x.Op == js.AddToken && okLeft && okRight {
			return s.text(left + right)
		}
	}
	return s.unknowable("")
}

func (s *script) sum(op js.TokenType, a, b *document.Node) *document.Node {
	v, errV := strconv.ParseFloat(a.Text, 64)
	w, errW := strconv.ParseFloat(b.Text, 64)
	if errV != nil || errW != nil {
		return s.unknowable("")
	}
	switch op {
	case js.AddToken:
		v += w
	case js.SubToken:
		v -= w
	default:
		v *= w
	}
	return &document.Node{Kind: document.Number, Text: strconv.FormatFloat(v, 'f', -1, 64), Line: s.line}
}

// either is a || b: with a variable in front, the other is its default.
func (s *script) either(x *js.BinaryExpr) *document.Node {
	a := s.value(x.X)
	if s.unknown[a] != "" {
		return s.unknowable("")
	}
	// "${A:-}" or "${A:-${B:-}}": the default is still to come.
	front := strings.TrimRight(a.Text, "}")
	if a.Kind == document.Text && strings.HasPrefix(front, "${") && strings.HasSuffix(front, ":-") {
		b := s.value(x.Y)
		if b.Kind == document.Null && s.unknown[b] == "" {
			return a
		}
		if word, ok := s.asText(b); ok && strings.Count(word, "${") == strings.Count(word, "}") {
			return s.text(front + word + a.Text[len(front):])
		}
		return s.unknowable("")
	}
	truth, isBool := a.Truth()
	if a.Kind == document.Null || x.Op == js.OrToken && (isBool && a.Kind == document.Bool && !truth || a.Text == "" && a.Kind < document.List || a.Kind == document.Number && a.Text == "0") {
		return s.value(x.Y)
	}
	return a
}
