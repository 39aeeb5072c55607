package document

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"

	"github.com/tailscale/hujson"
)

// lineOf finds the line in what hujson says.
var lineOf = regexp.MustCompile(`line (\d+), column (\d+): `)

func parseJSON(data []byte) (*Node, error) {
	if tooDeepJSON(data) {
		return nil, errTooDeep
	}
	v, err := hujson.Parse(data)
	if err != nil {
		message := err.Error()
		e := &SyntaxError{Message: "not valid JSON: " + message}
		if m := lineOf.FindStringSubmatchIndex(message); m != nil {
			e.Line, _ = strconv.Atoi(message[m[2]:m[3]]) // digits, by the pattern
			e.Message = "not valid JSON: " + message[m[1]:]
		}
		return nil, e
	}
	r := &jsonReader{data: data, line: 1}
	n := r.node(v)
	return n, r.err
}

// tooDeepJSON bounds what the parser, which calls itself, is given.
func tooDeepJSON(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > mostNested {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// jsonReader counts lines as it goes: values come in the order of the file.
type jsonReader struct {
	data  []byte
	at    int // where line was counted to
	line  int
	count int
	err   error
}

func (r *jsonReader) lineAt(offset int) int {
	if offset > r.at {
		r.line += bytes.Count(r.data[r.at:offset], []byte{'\n'})
		r.at = offset
	}
	return r.line
}

func (r *jsonReader) node(v hujson.Value) *Node {
	n := &Node{Line: r.lineAt(v.StartOffset)}
	if r.count++; r.count > mostNodes {
		r.err = errTooMany
	}
	if r.err != nil {
		return n
	}
	switch x := v.Value.(type) {
	case *hujson.Object:
		n.Kind = Table
		for _, m := range x.Members {
			name, ok := m.Name.Value.(hujson.Literal)
			if !ok {
				r.err = errors.New("not valid JSON: a key is no text")
				return n
			}
			line := r.lineAt(m.Name.StartOffset)
			n.Fields = append(n.Fields, Field{Key: name.String(), Line: line, Value: r.node(m.Value)})
		}
	case *hujson.Array:
		n.Kind = List
		for _, item := range x.Elements {
			n.Items = append(n.Items, r.node(item))
		}
	case hujson.Literal:
		n.Text = x.String()
		switch x.Kind() {
		case '"':
			n.Kind = Text
		case 't', 'f':
			n.Kind = Bool
		case 'n':
			n.Kind, n.Text = Null, ""
		default:
			n.Kind = Number
		}
	}
	return n
}
