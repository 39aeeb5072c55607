package discover

import (
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// parsers are kept, because a new one takes longer than the short texts that
// it reads, and a workspace has thousands of them.
var parsers = sync.Pool{New: func() any { return syntax.NewParser(syntax.Variant(syntax.LangBash)) }}

// parseShell reads a text as a shell does, without running any of it.
func parseShell(text string) (*syntax.File, error) {
	parser, _ := parsers.Get().(*syntax.Parser) // of nothing else is the pool
	defer parsers.Put(parser)
	return parser.Parse(strings.NewReader(text), "")
}
