package config

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parseTOML reads a document twice: BurntSushi/toml says what is in it (and
// what is wrong with it, well), but not where; go-toml's parser says where.
func parseTOML(data []byte, ps *problems) *node {
	if line := tooDeep(data); line > 0 {
		ps.add(position{line: line}, "", fmt.Sprintf("tables or lists are nested deeper than %d", mostNested), "")
		return nil
	}
	var doc map[string]any
	if err := toml.Unmarshal(data, &doc); err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			at := position{line: max(1, parse.Position.Line), col: parse.Position.Col}
			ps.add(at, "", "not valid TOML: "+parse.Message, tomlHint(parse.Message))
		} else {
			ps.add(position{}, "", "not valid TOML: "+err.Error(), "")
		}
		return nil
	}
	return fromTOML(doc, places(data))
}

// tomlHint knows the mistake that everybody makes. A hint may hang on the
// words of a library: if they change, only the hint is gone.
func tomlHint(message string) string {
	switch {
	case strings.HasPrefix(message, "expected value but found"):
		return "a text is written in quotes"
	case strings.HasPrefix(message, "expected '.' or ']' to end table name"):
		return "a name with other letters than a to z is written in quotes"
	case strings.HasPrefix(message, "invalid escape"):
		return `in 'single quotes' a \ means itself`
	}
	return ""
}

// mostNested is far beyond any config. The parser's memory grows with the
// square of the depth, and a few hundred kilobytes of "{a=" would fill the machine.
const mostNested = 64

// tooDeep returns the line in which lists, inline tables or dotted keys go
// deeper than mostNested; 0 if none does.
func tooDeep(data []byte) int {
	line, depth, dots := 1, 0, 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '\n':
			line++
			dots = 0
		case '#':
			if end := bytes.IndexByte(data[i:], '\n'); end >= 0 {
				i += end - 1
			} else {
				return 0
			}
		case '"', '\'':
			n := tomlString(data[i:])
			line += bytes.Count(data[i:i+n], []byte("\n"))
			i += n - 1
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '.':
			dots++
		case '=', ',':
			dots = 0
		}
		if depth > mostNested || dots > mostNested {
			return line
		}
	}
	return 0
}

// tomlString is the length of the string that data begins with; one that is
// not closed ends with its line.
func tomlString(data []byte) int {
	quote := data[:1]
	if three := bytes.Repeat(quote, 3); bytes.HasPrefix(data, three) {
		quote = three
	}
	for i := len(quote); i < len(data); i++ {
		switch {
		case data[i] == '\\' && quote[0] == '"':
			i++
		case data[i] == '\n' && len(quote) == 1:
			return i
		case bytes.HasPrefix(data[i:], quote):
			return i + len(quote)
		}
	}
	return len(data)
}

// spot is where a TOML value is.
type spot struct {
	at    position // of the value if it is a scalar, else of the key
	key   position
	raw   string
	keys  map[string]*spot
	order []string
	items []*spot
}

func (s *spot) child(key string, at position) *spot {
	// Keys below an array of tables mean its last element.
	if len(s.items) > 0 {
		s = s.items[len(s.items)-1]
	}
	if c := s.keys[key]; c != nil {
		return c
	}
	if s.keys == nil {
		s.keys = map[string]*spot{}
	}
	c := &spot{at: at, key: at}
	s.keys[key] = c
	s.order = append(s.order, key)
	return c
}

// places maps a valid document. What the parser does not understand stays
// without a place, which costs a line number and nothing else.
func places(data []byte) *spot {
	m := &mapper{lines: newLines(data)}
	m.Reset(data)
	root := &spot{at: position{line: 1, col: 1}}
	current := root
	for m.NextExpression() {
		e := m.Expression()
		switch e.Kind {
		case unstable.Table:
			current = m.descend(root, e)
		case unstable.ArrayTable:
			s := m.descend(root, e)
			current = &spot{at: s.at, key: s.at}
			s.items = append(s.items, current)
		case unstable.KeyValue:
			m.value(m.descend(current, e), e.Value())
		}
	}
	return root
}

type mapper struct {
	unstable.Parser
	lines lines
}

func (m *mapper) descend(s *spot, e *unstable.Node) *spot {
	for it := e.Key(); it.Next(); {
		k := it.Node()
		s = s.child(string(k.Data), m.lines.at(int(k.Raw.Offset)))
	}
	return s
}

func (m *mapper) value(s *spot, v *unstable.Node) {
	switch v.Kind {
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			m.value(m.descend(s, it.Node()), it.Node().Value())
		}
	case unstable.Array:
		for it := v.Children(); it.Next(); {
			item := &spot{at: s.at, key: s.at}
			m.value(item, it.Node())
			s.items = append(s.items, item)
		}
	default:
		if v.Raw.Length > 0 {
			s.at = m.lines.at(int(v.Raw.Offset))
		}
		s.raw = string(v.Data)
	}
}

func fromTOML(v any, s *spot) *node {
	if s == nil {
		s = &spot{}
	}
	n := &node{at: s.at, raw: s.raw}
	switch v := v.(type) {
	case string:
		n.kind, n.raw = text, v
	case int64:
		n.kind, n.number, n.float = integer, v, float64(v)
		if n.raw == "" {
			n.raw = strconv.FormatInt(v, 10)
		}
	case float64:
		n.kind, n.float = float, v
		if n.raw == "" {
			n.raw = strconv.FormatFloat(v, 'g', -1, 64)
		}
	case bool:
		n.kind, n.truth, n.raw = boolean, v, strconv.FormatBool(v)
	case time.Time:
		n.kind = moment
	case map[string]any:
		n.kind = table
		for _, key := range s.order {
			if value, ok := v[key]; ok {
				n.fields = append(n.fields, field{key, s.keys[key].key, fromTOML(value, s.keys[key])})
			}
		}
		if len(n.fields) < len(v) {
			n.fields = append(n.fields, unplaced(v, s)...)
		}
	case []map[string]any:
		n.kind = list
		for i, item := range v {
			n.items = append(n.items, fromTOML(item, s.item(i)))
		}
	case []any:
		n.kind = list
		for i, item := range v {
			n.items = append(n.items, fromTOML(item, s.item(i)))
		}
	default:
		n.kind, n.raw = moment, fmt.Sprint(v)
	}
	return n
}

func (s *spot) item(i int) *spot {
	if i < len(s.items) {
		return s.items[i]
	}
	return nil
}

// unplaced are the fields that the second parser did not see.
func unplaced(v map[string]any, s *spot) []field {
	var fs []field
	for key, value := range v {
		if s.keys[key] == nil {
			fs = append(fs, field{key: key, value: fromTOML(value, nil)})
		}
	}
	slices.SortFunc(fs, func(a, b field) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
	return fs
}

// lines turns offsets into positions. Offsets mostly grow, so the last line is
// remembered.
type lines struct {
	data   []byte
	starts []int
}

func newLines(data []byte) lines {
	l := lines{data: data, starts: []int{0}}
	for i, c := range data {
		if c == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

func (l lines) at(offset int) position {
	if offset < 0 || offset > len(l.data) || len(l.data) > math.MaxInt32 {
		return position{}
	}
	i, exact := slices.BinarySearch(l.starts, offset)
	if !exact {
		i--
	}
	return position{line: i + 1, col: utf8.RuneCount(l.data[l.starts[i]:offset]) + 1}
}
