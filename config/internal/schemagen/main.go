//go:build generate

// Schemagen writes the JSON Schema of prox.toml from the types of package
// config. It is run by go generate, so that nothing of it is linked into prox.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"prox/config"

	"github.com/invopop/jsonschema"
)

func main() {
	out := flag.String("o", "schema.json", "file to write")
	source := flag.String("source", ".", "folder of package config, for its comments")
	flag.Parse()
	if err := run(*out, *source); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func run(out, source string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	r := &jsonschema.Reflector{
		FieldNameTag:               "key",
		RequiredFromJSONSchemaTags: true,
		ExpandedStruct:             true,
	}
	// AddGoComments wants a path below the current folder.
	if err := os.Chdir(source); err != nil {
		return err
	}
	if err := r.AddGoComments("prox/config", "."); err != nil {
		return err
	}
	for name, comment := range r.CommentMap {
		r.CommentMap[name] = oneLine(comment)
	}
	r.Mapper = func(t reflect.Type) *jsonschema.Schema { return special(t) }
	s := r.Reflect(&config.Project{})
	// Project's special case for services only points to it.
	r.ExpandedStruct = false
	for name, def := range r.Reflect(&config.Service{}).Definitions {
		s.Definitions[name] = def
	}
	healthcheck(s.Definitions["Healthcheck"])
	service(s.Definitions["Service"])
	// Editors' TOML tools read the oldest keywords best.
	s.Version = "http://json-schema.org/draft-07/schema#"
	s.ID = ""
	s.Title = "prox.toml"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	b = bytes.ReplaceAll(b, []byte(`"$defs"`), []byte(`"definitions"`))
	b = bytes.ReplaceAll(b, []byte(`#/$defs/`), []byte(`#/definitions/`))
	return os.WriteFile(out, append(b, '\n'), 0o644)
}

// special are the types that a file writes differently from how Go holds them.
func special(t reflect.Type) *jsonschema.Schema {
	one := uint64(1)
	switch t {
	case reflect.TypeFor[config.Command](), reflect.TypeFor[config.Action]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string", MinLength: &one},
			{Type: "array", Items: &jsonschema.Schema{Type: "string"}, MinItems: &one},
		}}
	case reflect.TypeFor[config.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: `^(0|[0-9.]+(ns|us|µs|ms|s|m|h|d))+$`, Examples: []any{"500ms", "5s", "1m30s", "7d"}}
	case reflect.TypeFor[config.Bytes]():
		return &jsonschema.Schema{Type: "string", Pattern: `^ *[0-9.]+ *([kMGT]B|[KMGT]iB|B) *$`, Examples: []any{"512MB", "1.5GiB"}}
	case reflect.TypeFor[config.Percent]():
		return &jsonschema.Schema{Type: "string", Pattern: `^ *[0-9.]+ *% *$`, Examples: []any{"50%", "200%"}}
	case reflect.TypeFor[map[string]string]():
		return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{
			OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}},
		}}
	case reflect.TypeFor[[]config.Dependency]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "array", Items: &jsonschema.Schema{Type: "string"}},
			{Type: "object", AdditionalProperties: &jsonschema.Schema{
				Type: "string", Enum: []any{config.Started, config.Ready, config.Completed},
			}},
		}}
	case reflect.TypeFor[[]config.Service]():
		return &jsonschema.Schema{
			Type:                 "object",
			MinProperties:        &one,
			PatternProperties:    map[string]*jsonschema.Schema{config.NamePattern: {Ref: "#/$defs/Service"}},
			AdditionalProperties: jsonschema.FalseSchema,
		}
	}
	return nil
}

// healthcheck says what the tags of its fields cannot.
func healthcheck(s *jsonschema.Schema) {
	if tcp, ok := s.Properties.Get("tcp"); ok {
		tcp.Type = ""
		tcp.OneOf = []*jsonschema.Schema{
			{Type: "integer", Minimum: "1", Maximum: "65535"},
			{Type: "string", Pattern: `^(.*:)?[0-9]{1,5}$`},
		}
	}
	for _, kind := range []string{"http_get", "tcp", "command", "log"} {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{kind}})
	}
	only := jsonschema.NewProperties()
	only.Set("notify", &jsonschema.Schema{Const: true})
	s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{"notify"}, Properties: only})
}

// service says what the tags of its fields cannot.
func service(s *jsonschema.Schema) {
	if port, ok := s.Properties.Get("port"); ok {
		port.Type, port.Minimum, port.Maximum = "", "", ""
		port.OneOf = []*jsonschema.Schema{
			{Type: "integer", Minimum: "1", Maximum: "65535"},
			{Const: "auto"},
			{Type: "string", Pattern: `\$\{.*\}`},
		}
	}
	if files, ok := s.Properties.Get("env_file"); ok {
		files.OneOf = []*jsonschema.Schema{{Type: "string"}, {Type: "array", Items: files.Items}}
		files.Type, files.Items = "", nil
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
