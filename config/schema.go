package config

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema of prox.toml and prox.yml, for editors. It is
// generated from the exported types.
func Schema() []byte { return slices.Clone(schema) }
