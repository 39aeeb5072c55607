package discover

import (
	"errors"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// parsers are kept, because a new one takes longer than the short texts that
// it reads, and a workspace has thousands of them.
var parsers = sync.Pool{New: func() any { return syntax.NewParser(syntax.Variant(syntax.LangBash)) }}

// longestCommand is far beyond what people write. The parser calls itself for
// each bracket, and of a text of nothing else it would use up the stack, which
// nothing can recover from.
const longestCommand = 32 << 10

var errLongCommand = errors.New("the command is too long to be looked into")

// parseShell reads a text as a shell does, without running any of it.
func parseShell(text string) (*syntax.File, error) {
	if len(text) > longestCommand {
		return nil, errLongCommand
	}
	parser, _ := parsers.Get().(*syntax.Parser) // of nothing else is the pool
	defer parsers.Put(parser)
	return parser.Parse(strings.NewReader(text), "")
}
