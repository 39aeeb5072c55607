package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"prox/config"
)

// section is a table of the config.
type section struct {
	path  string // "services.NAME.restart"; "" = the file itself
	about string
	keys  []key
}

// key is one key of a table.
type key struct {
	name     string
	path     string
	typ      string
	about    string
	fallback string // its default, as it would be written
	limits   []string
	also     []string // what others call it, for which prox proposes it
	required bool
	table    bool // a section of its own tells about it
}

// schema is as much of a JSON Schema as config's has.
type schema struct {
	Ref         string             `json:"$ref"`
	Type        string             `json:"type"`
	Description string             `json:"description"`
	Default     any                `json:"default"`
	Enum        []string           `json:"enum"`
	Const       any                `json:"const"`
	OneOf       []*schema          `json:"oneOf"`
	Items       *schema            `json:"items"`
	Examples    []string           `json:"examples"`
	Pattern     string             `json:"pattern"`
	Minimum     *json.Number       `json:"minimum"`
	Maximum     *json.Number       `json:"maximum"`
	MaxLength   *json.Number       `json:"maxLength"`
	Properties  map[string]*schema `json:"properties"`
	Definitions map[string]*schema `json:"definitions"`
	Required    []string           `json:"required"`
	Additional  json.RawMessage    `json:"additionalProperties"`
}

// readSchema reads config's own schema.
func readSchema() (*schema, error) {
	var s schema
	d := json.NewDecoder(bytes.NewReader(config.Schema()))
	d.UseNumber()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("cannot read config's schema: %w", err)
	}
	return &s, nil
}

// sections are the tables of a config, in the order of its types.
func sections() ([]section, error) {
	root, err := readSchema()
	if err != nil {
		return nil, err
	}
	p, err := withDefaults()
	if err != nil {
		return nil, err
	}
	r := &reader{root: root}
	r.table("", root, reflect.ValueOf(p).Elem(), "")
	return r.out, nil
}

// withDefaults is a project that says nothing but what it must, so that it has
// every default.
func withDefaults() (*config.Project, error) {
	dir, err := os.MkdirTemp("", "reference")
	if err != nil {
		return nil, fmt.Errorf("cannot make a config: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "prox.toml")
	text := "[services.a]\ncommand = \"true\"\nhealthcheck = { http_get = \"http://localhost:80/\" }\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("cannot make a config: %w", err)
	}
	return config.Load(file, config.Options{})
}

type reader struct {
	root *schema
	out  []section
}

// table reads the keys of a table, and then the tables within it.
func (r *reader) table(path string, s *schema, v reflect.Value, about string) {
	at := len(r.out)
	r.out = append(r.out, section{path: path, about: about})
	for k := range v.NumField() {
		field := v.Type().Field(k)
		name := field.Tag.Get("key")
		if name == "" || name == "-" {
			continue
		}
		x := r.key(s, field, v.Field(k), name, strings.TrimPrefix(path+"."+name, "."))
		if inner := r.tableOf(x.path, s.Properties[name]); inner != nil {
			x.table = true
			value, below := v.Field(k), x.path
			if value.Kind() == reflect.Slice { // services
				value, below = value.Index(0), x.path+".NAME"
			}
			r.table(below, inner, value, inner.Description)
		}
		r.out[at].keys = append(r.out[at].keys, x)
	}
}

// tableOf is what a key's own section is about; nil when it has none.
func (r *reader) tableOf(path string, s *schema) *schema {
	if path == "services" {
		return r.root.Definitions["Service"]
	}
	return r.root.Definitions[strings.TrimPrefix(s.Ref, "#/definitions/")]
}

func (r *reader) key(table *schema, field reflect.StructField, v reflect.Value, name, path string) key {
	s := table.Properties[name]
	x := key{name: name, path: path, typ: typeWords(s), limits: limits(s)}
	x.about = renamed(s.Description, field.Name, name)
	if also := field.Tag.Get("also"); also != "" {
		x.also = strings.Split(also, ",")
	}
	for _, required := range table.Required {
		x.required = x.required || required == name
	}
	if s.Default != nil {
		x.fallback = written(s.Default)
		if !v.IsZero() { // what holds, in whatever table this is
			x.fallback = written(v.Interface())
		}
	}
	return x
}

// renamed has the key where a comment in the code begins with the field's name,
// unless that is a word of the sentence: "Delay before the first restart".
func renamed(comment, field, key string) string {
	rest, ok := strings.CutPrefix(comment, field+" ")
	if !ok {
		return comment
	}
	next, _, _ := strings.Cut(rest, " ")
	switch next {
	case "of", "before", "between", "that", "to":
		return comment
	}
	return "`" + key + "` " + rest
}

// written is a value as a config has it.
func written(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// typeWords says what can be written for a key.
func typeWords(s *schema) string {
	switch {
	case s.Ref != "":
		return "table"
	case len(s.OneOf) > 0:
		var all []string
		for _, one := range s.OneOf {
			all = append(all, typeWords(one))
		}
		return oneOf(all)
	case s.Const != nil:
		return "`" + written(s.Const) + "`"
	case len(s.Enum) > 0:
		var all []string
		for _, word := range s.Enum {
			all = append(all, "`"+written(word)+"`")
		}
		return oneOf(all)
	case s.Type == "array":
		return "list of " + plural(typeWords(s.Items))
	case s.Type == "object":
		var values schema
		if json.Unmarshal(s.Additional, &values) == nil && (values.Type != "" || len(values.OneOf) > 0) {
			return "table of " + plural(typeWords(&values))
		}
		return "table"
	case s.Type == "string" && len(s.Examples) > 0:
		return "text such as `" + strings.Join(quoted(s.Examples), "`, `") + "`"
	case s.Type == "string" && s.Pattern == `\$\{.*\}`:
		return "text with `${...}`"
	case s.Type == "string":
		return "text"
	case s.Type == "integer":
		return "whole number"
	case s.Type == "boolean":
		return "true or false"
	}
	return s.Type
}

func oneOf(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

// plural is for what lists and tables hold.
func plural(words string) string {
	return strings.NewReplacer("whole number", "whole numbers", "text", "texts", "number", "numbers", "true or false", "true or false").Replace(words)
}

func quoted(all []string) []string {
	var out []string
	for _, s := range all {
		out = append(out, written(s))
	}
	return out
}

// limits are what a value must be within.
func limits(s *schema) []string {
	var out []string
	for _, one := range append([]*schema{s}, s.OneOf...) {
		switch {
		case one.Minimum != nil && one.Maximum != nil:
			out = append(out, fmt.Sprintf("from %s to %s", *one.Minimum, *one.Maximum))
		case one.Minimum != nil:
			out = append(out, fmt.Sprintf("at least %s", *one.Minimum))
		}
		if one.MaxLength != nil {
			out = append(out, fmt.Sprintf("%s characters at most", *one.MaxLength))
		}
		if one.Pattern != "" && len(one.Examples) == 0 && one.Pattern != `\$\{.*\}` {
			out = append(out, "matches `"+one.Pattern+"`")
		}
	}
	if s.Items != nil {
		out = append(out, limits(s.Items)...)
	}
	return out
}
