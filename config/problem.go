package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Problem is one mistake in a config file.
type Problem struct {
	File    string // absolute path
	Line    int    // from 1; 0 = the file as a whole
	Col     int    // from 1, in characters; 0 = not known
	Key     string // dotted path of the key, such as services.api.port; may be empty
	Message string // what is wrong and what was expected
	Hint    string // what to write instead; may be empty
}

// String says it all in one line:
//
//	prox.toml:7: services.api.dependson: unknown key; did you mean depends_on?
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(filepath.Base(p.File))
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Key != "" {
		b.WriteString(": " + p.Key)
	}
	b.WriteString(": " + p.Message)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// InvalidError is every mistake of one config, in the order of the file.
type InvalidError struct {
	Problems []Problem // at least one
	cause    error     // why the file could not be read, if that is the problem
}

// Error has one line for each problem.
func (e *InvalidError) Error() string {
	if len(e.Problems) == 1 {
		return "invalid config: " + e.Problems[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "invalid config, %d mistakes:", len(e.Problems))
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// Unwrap returns what the file system said when the file could not be read.
func (e *InvalidError) Unwrap() error { return e.cause }

// problems collects mistakes while a config is read.
type problems struct {
	file string
	list []Problem
}

func (ps *problems) add(at position, key, message, hint string) {
	file := ps.file
	if at.file != "" {
		file = at.file
	}
	ps.list = append(ps.list, Problem{File: file, Line: at.line, Col: at.col, Key: key, Message: message, Hint: hint})
}

// err is nil, or an *InvalidError with the problems by line, those of the config
// itself first.
func (ps *problems) err() error {
	if len(ps.list) == 0 {
		return nil
	}
	slices.SortStableFunc(ps.list, func(a, b Problem) int {
		if a.File == b.File {
			return a.Line - b.Line
		}
		switch ps.file {
		case a.File:
			return -1
		case b.File:
			return 1
		}
		return strings.Compare(a.File, b.File)
	})
	return &InvalidError{Problems: ps.list}
}
