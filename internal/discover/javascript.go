package discover

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"prox/internal/document"
)

// script is a program in JavaScript that is read, and not run, for what it
// exports: values that are written out, and what can be told of them without
// running anything (see javascript_values.go). Texts come out in prox's form,
// in which ${NAME} is a variable.
type script struct {
	folder  *folder
	data    []byte // as the parser has it: what it returns points into this
	lines   []int  // where they begin
	names   map[string]js.IExpr
	values  map[string]*document.Node // of names that were asked for
	open    map[string]bool           // names being worked out
	unknown map[*document.Node]string
	line    int // of what is being worked out
	depth   int
	steps   int
}

// mostSteps bounds a program whose parts multiply.
const (
	mostScript      = 256 << 10
	mostSteps       = 200_000
	mostScriptDepth = 200
	mostScriptText  = 64 << 10
)

// readScript parses a program; its error is a [*document.SyntaxError].
func readScript(f *folder, data []byte) (*script, *js.AST, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, nil, &document.SyntaxError{Message: "it is not UTF-8 text"}
	}
	if len(data) > mostScript {
		return nil, nil, &document.SyntaxError{Message: fmt.Sprintf("it is larger than %d KiB", mostScript>>10)}
	}
	in := parse.NewInputBytes(bytes.Clone(data))
	ast, err := js.Parse(in, js.Options{})
	if err != nil {
		e := &document.SyntaxError{Message: "not valid JavaScript: " + err.Error()}
		if p, ok := err.(*parse.Error); ok { //nolint:errorlint // the parser returns it as it is
			e.Line, e.Message = p.Line, "not valid JavaScript: "+p.Message
		}
		return nil, nil, e
	}
	s := &script{
		folder: f, data: in.Bytes(), names: map[string]js.IExpr{}, values: map[string]*document.Node{},
		open: map[string]bool{}, unknown: map[*document.Node]string{}, line: 1, lines: []int{0},
	}
	for i, c := range s.data {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s, ast, nil
}

// exported is what a program exports: by module.exports, by exports.NAME, or by
// export default; nil if it exports nothing.
func (s *script) exported(ast *js.AST) *document.Node {
	var whole js.IExpr
	named := &document.Node{Kind: document.Table, Line: 1}
	add := func(name string, value js.IExpr) {
		named.Fields = append(named.Fields, document.Field{Key: name, Line: s.lineOf(value, s.line), Value: s.value(value)})
	}
	for _, stmt := range ast.List {
		if decl, ok := stmt.(*js.VarDecl); ok {
			s.declare(decl)
		} else if export, ok := stmt.(*js.ExportStmt); ok {
			if decl, ok := export.Decl.(*js.VarDecl); ok {
				s.declare(decl)
			}
		}
	}
	for _, stmt := range ast.List {
		switch stmt := stmt.(type) {
		case *js.ExportStmt:
			if stmt.Default {
				whole = stmt.Decl
				continue
			}
			if decl, ok := stmt.Decl.(*js.VarDecl); ok {
				for _, item := range decl.List {
					if name, ok := item.Binding.(*js.Var); ok && item.Default != nil {
						add(string(name.Name()), item.Default)
					}
				}
			}
		case *js.ExprStmt:
			set, ok := stmt.Value.(*js.BinaryExpr)
			if !ok || set.Op != js.EqToken {
				continue
			}
			target := dotted(set.X)
			if target == "module.exports" || target == "exports" {
				whole = set.Y
			} else if name, ok := strings.CutPrefix(strings.TrimPrefix(target, "module."), "exports."); ok {
				add(name, set.Y)
			}
		}
	}
	if whole == nil {
		if len(named.Fields) == 0 {
			return nil
		}
		return named
	}
	n := s.value(whole)
	if n.IsTable() {
		n.Fields = append(n.Fields, named.Fields...)
	}
	return n
}

// declare keeps what names at the top stand for.
func (s *script) declare(decl *js.VarDecl) {
	for _, item := range decl.List {
		if name, ok := item.Binding.(*js.Var); ok && item.Default != nil {
			s.names[string(name.Name())] = item.Default
		}
	}
}

// lineOf is the line of the first thing in an expression that is written out;
// otherwise where there is none.
func (s *script) lineOf(x js.INode, otherwise int) int {
	finder := &firstLiteral{}
	js.Walk(finder, x)
	if finder.data == nil || len(s.data) == 0 {
		return otherwise
	}
	// The parser's texts are parts of its input: where they are is their place.
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(s.data)))
	at := uintptr(unsafe.Pointer(unsafe.SliceData(finder.data)))
	if at < begin || at >= begin+uintptr(len(s.data)) {
		return otherwise
	}
	line, found := slices.BinarySearch(s.lines, int(at-begin))
	if found {
		line++
	}
	return line
}

type firstLiteral struct{ data []byte }

func (f *firstLiteral) Enter(n js.INode) js.IVisitor {
	if f.data != nil {
		return nil
	}
	if literal, ok := n.(*js.LiteralExpr); ok && len(literal.Data) > 0 {
		f.data = literal.Data
		return nil
	}
	return f
}

func (f *firstLiteral) Exit(js.INode) {}

// unknowable is a value that only node can work out; why is told, with the line
// of the program that asks for it.
func (s *script) unknowable(why string) *document.Node {
	n := &document.Node{Kind: document.Null, Line: s.line}
	code := ""
	if s.line >= 1 && s.line <= len(s.lines) {
		code, _, _ = strings.Cut(string(s.data[s.lines[s.line-1]:]), "\n")
	}
	short := []rune(strings.Trim(strings.Join(strings.Fields(strings.TrimRight(code, "\x00")), " "), ","))
	if len(short) > 60 {
		short = append(short[:59], '…')
	}
	s.unknown[n] = fmt.Sprintf("%s: %s", cmp.Or(why, "only node can work it out"), string(short))
	return n
}

// dotted is a short way of names, "module.exports"; "" of everything else.
func dotted(x js.IExpr) string {
	const longest = 3
	var names []string
	for range longest {
		switch n := x.(type) {
		case *js.Var:
			return strings.Join(append([]string{string(n.Name())}, names...), ".")
		case *js.DotExpr:
			name := ""
			switch y := n.Y.(type) {
			case js.LiteralExpr:
				name = string(y.Data)
			case *js.LiteralExpr:
				name = string(y.Data)
			case *js.Var:
				name = string(y.Name())
			}
			names = append([]string{name}, names...)
			x = n.X
		default:
			return ""
		}
	}
	return ""
}
