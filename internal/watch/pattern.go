package watch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// pattern is one that files are watched by, cut so that it can tell which
// folders may hold a match: all others cost nothing.
type pattern struct {
	full  string
	segs  []string // of full, up to the first that may stand for several folders
	open  bool     // there is such a segment: anything may lie below segs
	named int      // how many segments at the front have no wildcard
}

type patterns struct {
	watch  []pattern
	ignore []string
}

func parse(watch, ignore []string) (patterns, error) {
	var ps patterns
	for _, given := range watch {
		full, err := clean(given)
		if err != nil {
			return ps, err
		}
		folder := strings.HasSuffix(given, "/")
		switch {
		case full == ".":
			ps.add("**")
			continue
		case !folder:
			ps.add(full)
		}
		// One without a wildcard may name a folder: then all in it is meant.
		if folder || !wild(full) {
			ps.add(full + "/**")
		}
	}
	if len(ps.watch) == 0 {
		return ps, errors.New(`no pattern says which files to watch ("**" is all of them)`)
	}
	for _, given := range ignore {
		full, err := clean(given)
		if err != nil {
			return ps, err
		}
		if full == "." {
			full = "**"
		}
		ps.ignore = append(ps.ignore, full)
	}
	return ps, nil
}

// clean takes away what means nothing, and refuses what can't be meant.
func clean(given string) (string, error) {
	switch {
	case given == "":
		return "", errors.New("the pattern \"\" is empty: did you mean \"**\", all files?")
	case strings.HasPrefix(given, "/"):
		return "", fmt.Errorf("the pattern %q is absolute: patterns are relative to the watched folder", given)
	}
	var segs []string
	for seg := range strings.SplitSeq(given, "/") {
		switch seg {
		case "", ".":
		case "..":
			return "", fmt.Errorf("the pattern %q leaves the watched folder: watch one further up instead", given)
		default:
			segs = append(segs, seg)
		}
	}
	if segs == nil {
		return ".", nil
	}
	full := strings.Join(segs, "/")
	if !doublestar.ValidatePattern(given) || !doublestar.ValidatePattern(full) {
		return "", fmt.Errorf("the pattern %q is malformed: is a bracket or a brace not closed, or a backslash at its end?", given)
	}
	return full, nil
}

func wild(s string) bool { return strings.ContainsAny(s, `*?[]{}\`) }

func (ps *patterns) add(full string) {
	p := pattern{full: full}
	for seg := range strings.SplitSeq(full, "/") {
		// One that is no pattern by itself is part of a brace that spans folders:
		// how many can't be told.
		if strings.Contains(seg, "**") || !doublestar.ValidatePattern(seg) {
			p.open = true
			break
		}
		p.segs = append(p.segs, seg)
		if p.named == len(p.segs)-1 && !wild(seg) {
			p.named++
		}
	}
	ps.watch = append(ps.watch, p)
}

// folder tells whether a folder may hold a match, here or further down.
// ignoredAt is how many segments of it git ignores it by (0 if it does not):
// what a pattern names without a wildcard is watched all the same, as in
// "dist/app.js".
func (ps *patterns) folder(rel string, ignoredAt int) bool {
	if ps.ignored(rel) {
		return false
	}
	return slices.ContainsFunc(ps.watch, func(p pattern) bool { return ignoredAt <= p.named && p.below(rel) })
}

func (p *pattern) below(rel string) bool {
	if rel == "." {
		return true
	}
	i := 0
	for name := range strings.SplitSeq(rel, "/") {
		switch {
		case i == len(p.segs):
			return p.open
		case !doublestar.MatchUnvalidated(p.segs[i], name):
			return false
		}
		i++
	}
	return p.open || i < len(p.segs) // else a file is meant by it
}

// file tells whether a file is watched; ignoredAt is as for folder.
func (ps *patterns) file(rel string, ignoredAt int) bool {
	return !ps.ignored(rel) && slices.ContainsFunc(ps.watch, func(p pattern) bool {
		return ignoredAt <= p.named && doublestar.MatchUnvalidated(p.full, rel)
	})
}

func (ps *patterns) ignored(rel string) bool {
	return slices.ContainsFunc(ps.ignore, func(p string) bool { return doublestar.MatchUnvalidated(p, rel) })
}
