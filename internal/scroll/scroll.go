// Package scroll is a window onto the merged logs of a project's instances
// that can be moved both ways, and followed.
//
//	log := scroll.Open(root)
//	page, err := log.Last(ctx, scroll.Filter{Level: record.Warn}, 500)
//	older, err := log.Before(ctx, filter, page.Lines[0], 500)
//	err = log.Follow(ctx, filter, page, 1000, func(b scroll.Batch) { … })
//
// All lines have one order, by time, then instance, then where they are kept,
// see [Line.Compare]. It does not depend on where the reading began: pages that
// are put together hold each line once. A page costs about what it holds, however
// far back it lies in however large a log, unless few lines pass the filter.
//
// Where a clock was set back, lines of that time can be passed over.
package scroll

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"prox/internal/ansi"
	"prox/internal/logstore"
	"prox/internal/record"
)

// Most is how many bytes of a line are held.
const Most = 8 << 10

// Log is the output of all instances of a project. It holds nothing open, and
// may be used from several goroutines.
type Log struct{ root string }

// Open is for the logs under root, which need not exist yet.
func Open(root string) *Log { return &Log{root: root} }

// Instances are those that have left output, by name; also such as are gone.
func (g *Log) Instances() ([]string, error) {
	sources, err := logstore.Sources(g.root)
	if err != nil {
		return nil, fmt.Errorf("cannot list the logs: %w", err)
	}
	var names []string
	for _, s := range sources {
		names = append(names, s.Name)
	}
	return names, nil
}

// sources are those that a filter is for.
func (g *Log) sources(f Filter) ([]logstore.Source, error) {
	all, err := logstore.Sources(g.root)
	if err != nil {
		return nil, fmt.Errorf("cannot list the logs: %w", err)
	}
	if len(f.Instances) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(s logstore.Source) bool { return !slices.Contains(f.Instances, s.Name) }), nil
}

// Line is one line of an instance's output.
type Line struct {
	At       time.Time // when its first byte came
	Instance string
	Run      int // 0: not known
	Stderr   bool
	Text     []byte // as it was written, Most bytes of it
	Size     int    // bytes of all of it
	// Partial: it has no end (yet). What comes then is either the line with its
	// end, equal to this one by Compare, or a Continued one that is the rest.
	Partial, Continued bool

	segment int
	offset  int64
}

// Compare says which line comes first: negative when l does. It is 0 for the
// same line only.
func (l *Line) Compare(other *Line) int {
	if c := l.At.Compare(other.At); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(l.Instance, other.Instance), cmp.Compare(l.segment, other.segment), cmp.Compare(l.offset, other.offset))
}

// Level is how bad the line says that things are.
func (l *Line) Level() record.Level { return record.LevelOf(ansi.Plain(nil, l.Text)) }

// kept is a line that outlives the reading. Its text is put into dst.
func kept(dst []byte, l *logstore.Line) Line {
	text := append(dst, l.Text...)
	if len(text) < l.Length { // of its last character there may be a part
		for k := 1; k <= min(utf8.UTFMax, len(text)); k++ {
			if c := text[len(text)-k]; utf8.RuneStart(c) {
				if !utf8.FullRune(text[len(text)-k:]) {
					text = text[:len(text)-k]
				}
				break
			}
		}
	}
	out := named(l)
	out.Text = text
	return out
}

// named is a line without its text, to be compared.
func named(l *logstore.Line) Line {
	return Line{
		At: l.Time, Instance: l.Source, Run: l.Run, Stderr: l.Stream == logstore.Stderr, Size: l.Length,
		Partial: l.Partial, Continued: l.Continued, segment: l.Segment, offset: l.Offset,
	}
}

func inOrder(lines []Line) {
	slices.SortStableFunc(lines, func(a, b Line) int { return a.Compare(&b) })
}
