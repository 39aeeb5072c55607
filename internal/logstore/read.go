package logstore

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"time"

	"prox/internal/linefilter"
)

// Query says which lines are wanted. The zero value wants all there are.
type Query struct {
	Tail   int                // the last so many lines that match, of all sources together; 0: all; below 0: none of the past
	Since  time.Time          // lines that began then or later; found by halving, so a clock that was set back can hide some
	Until  time.Time          // lines that began then or earlier; with Tail found by halving, too
	Match  *regexp.Regexp     // lines that match
	Only   func(l *Line) bool // lines for which it is true; its text is not to be kept
	Invert bool               // lines that don't match Match
	Marks  bool               // also runs' beginnings and ends and losses; Match doesn't apply to them, Tail counts them
	Follow bool               // go on with what comes, until the context ends
	Most   int                // how many bytes of a line's text are given, and held in memory; 0: all
	// Clean, if set, makes what Match is given from a line's text, by
	// appending to dst. It leaves printable ASCII and tabs as they are, and
	// adds none.
	Clean func(dst, text []byte) []byte
	// Together, if set, makes for each source what is shown its lines in order,
	// and marks, and says which go on with what the line before is part of: no
	// other source's lines come between. It applies to what is merged, of what
	// comes while it is followed too.
	Together func() func(l *Line) bool
	// Damaged, if set, is told of bytes that are there and can't be read. They
	// are passed over.
	Damaged func(source string, err error)
	// Rescan, if set, is asked now and then while following; sources with a
	// folder not known yet are followed from their beginning.
	Rescan func() []Source

	block int64 // how much is looked at together by a search; 0: searchBlock
}

type reader struct {
	q        Query
	fn       func(Line) error
	scanners []*scanner
	search   *search            // nil: every line is to be asked about
	filter   *linefilter.Filter // likewise; asked before the expression is
	clean    []byte
	n        int // lines since the context was last asked
}

// Read calls fn with the lines of all sources, merged by time: lines of one
// source keep their order, lines of one time are in the order of sources. A
// line's text is valid only during the call. While following, what has come
// is merged each time something comes.
//
// It ends with fn's first error, as it is, or with the context's. A source
// whose folder doesn't exist has no lines yet.
func Read(ctx context.Context, sources []Source, q Query, fn func(Line) error) error {
	r := &reader{q: q, fn: fn}
	if q.Match != nil && !q.Invert {
		if r.search = newSearch(q.Match, q.block); r.search != nil {
			r.filter = r.search.filter.Clone()
		}
	}
	defer r.close()
	var w *watch
	if q.Follow {
		w = newWatch() // before the first look, so that nothing comes between
		defer w.close()
	}
	for _, src := range sources {
		w.add(src.Dir)
		s := r.newScanner(src)
		r.scanners = append(r.scanners, s)
		if err := r.start(s); err != nil {
			return sourceError(src, err)
		}
	}
	var err error
	if q.Tail > 0 {
		err = r.tail(ctx)
	} else {
		err = r.merge(ctx)
	}
	if err != nil || !q.Follow {
		return err
	}
	return r.follow(ctx, w)
}

func (r *reader) newScanner(src Source) *scanner {
	s := newScanner(src, r.q.Marks)
	if r.q.Damaged != nil {
		s.damaged = func(err error) { r.q.Damaged(src.Name, err) }
	}
	s.search = r.search
	if r.q.Together != nil {
		s.together = r.q.Together()
	}
	return s
}

func sourceError(src Source, err error) error {
	if src.Name == "" {
		return err
	}
	return fmt.Errorf("%s: %w", src.Name, err)
}

func (r *reader) close() {
	for _, s := range r.scanners {
		s.close()
	}
}

// start puts a scanner where the query begins.
func (r *reader) start(s *scanner) error {
	if err := s.freeze(); err != nil {
		return err
	}
	s.final = !r.q.Follow
	switch {
	case r.q.Tail < 0:
		return s.seekEnd()
	case r.q.Tail == 0 && !r.q.Since.IsZero():
		return s.seekTime(r.q.Since)
	}
	return nil
}

// wants says whether the query is for this line.
func (r *reader) wants(l *Line) bool {
	if l.cut {
		return false
	}
	if l.Continued {
		return !l.refused
	}
	if !r.q.Since.IsZero() && l.Time.Before(r.q.Since) {
		return false
	}
	if !r.q.Until.IsZero() && l.Time.After(r.q.Until) {
		return false
	}
	if r.q.Only != nil && !r.q.Only(l) {
		return false
	}
	if r.q.Match == nil || l.Mark != 0 {
		return true
	}
	text := l.Text
	if r.q.Clean != nil {
		r.clean = r.q.Clean(r.clean[:0], text)
		text = r.clean
	}
	if r.filter != nil && !r.filter.May(text) {
		return false
	}
	return r.q.Match.Match(text) != r.q.Invert
}

// shortened is as much of a wanted line's text as is given.
func (r *reader) shortened(text []byte) []byte {
	if r.q.Most > 0 && len(text) > r.q.Most {
		return text[:r.q.Most]
	}
	return text
}

// fill finds the scanner's next wanted line.
func (r *reader) fill(ctx context.Context, s *scanner) error {
	s.hasHead = false
	for {
		if r.n++; r.n&255 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		l, ok, err := s.next()
		if err != nil {
			return sourceError(s.src, err)
		}
		if !ok {
			return nil
		}
		joined := s.together != nil && !l.cut && s.together(&l)
		if r.wants(&l) {
			if l.Time.After(s.last) && !joined {
				s.last = l.Time // a clock that was set back doesn't change the order of a source's lines
			}
			l.Text = r.shortened(l.Text)
			s.head, s.hasHead, s.joined = l, true, joined
			return nil
		}
		s.refuse(&l)
	}
}

// refuse remembers that the rest of an unwanted line isn't wanted either.
func (s *scanner) refuse(l *Line) {
	if l.Partial && !l.cut {
		s.parts[l.Stream].refused = true
	}
}

// merge gives out everything up to the frozen ends.
func (r *reader) merge(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, s := range r.scanners {
		if err := r.fill(ctx, s); err != nil {
			return err
		}
	}
	for {
		var first *scanner
		for _, s := range r.scanners {
			if s.hasHead && (first == nil || s.last.Before(first.last)) {
				first = s
			}
		}
		if first == nil {
			return nil
		}
		for more := true; more; more = first.hasHead && first.joined {
			if err := r.fn(first.head); err != nil {
				return err
			}
			if err := r.fill(ctx, first); err != nil {
				return err
			}
		}
	}
}

// keyed is a line of the past with what it is sorted by.
type keyed struct {
	Line
	key time.Time
}

// tail gives out the last lines of all sources, and leaves the scanners at
// the frozen ends.
func (r *reader) tail(ctx context.Context) error {
	var all []keyed
	for _, s := range r.scanners {
		lines, err := r.lastOf(ctx, s, r.q.Tail)
		if err != nil {
			return err
		}
		all = append(all, lines...)
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return cmp.Compare(a.key.UnixNano(), b.key.UnixNano()) })
	for _, l := range all[max(0, len(all)-r.q.Tail):] {
		if err := r.fn(l.Line); err != nil {
			return err
		}
	}
	return nil
}

// lastOf gives the last n wanted lines of one source. It reads from further
// and further back until there are as many.
func (r *reader) lastOf(ctx context.Context, s *scanner, n int) ([]keyed, error) {
	n = min(n, 1<<30)
	if !r.q.Until.IsZero() {
		if err := s.stopAfter(r.q.Until); err != nil {
			return nil, sourceError(s.src, err)
		}
	}
	for back := n + 16; ; back *= 8 {
		s.last = time.Time{}
		all, err := s.seekLines(back)
		if err != nil {
			return nil, sourceError(s.src, err)
		}
		var ring []keyed // the last n: begins at next when it is full
		next := 0
		missing := 0 // lines until a line whose beginning wasn't read is no longer among the last
		early := false
		if r.q.Together != nil {
			s.together = r.q.Together()
		}
		for {
			if r.n++; r.n&255 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if beyond, err := s.beyondTop(); err != nil {
				return nil, sourceError(s.src, err)
			} else if beyond {
				break
			}
			l, ok, err := s.next()
			if err != nil {
				return nil, sourceError(s.src, err)
			}
			if !ok {
				break
			}
			if l.cut {
				missing = n
				continue
			}
			joined := s.together != nil && s.together(&l)
			early = early || !r.q.Since.IsZero() && l.Time.Before(r.q.Since)
			if !r.wants(&l) {
				s.refuse(&l)
				continue
			}
			missing--
			if l.Time.After(s.last) && !joined {
				s.last = l.Time
			}
			var k keyed
			if len(ring) < n {
				ring = append(ring, keyed{})
				k.Text = nil
			} else {
				k.Text = ring[next].Text[:0]
			}
			text := append(k.Text, r.shortened(l.Text)...)
			k = keyed{Line: l, key: s.last}
			k.Text = text
			ring[next] = k
			next = (next + 1) % n
		}
		for i := range s.parts {
			if s.parts[i].open && !s.parts[i].synced {
				missing = n
			}
		}
		if all || missing <= 0 && (len(ring) == n || early) {
			if len(ring) < n {
				return ring, nil
			}
			return append(ring[next:len(ring):len(ring)], ring[:next]...), nil
		}
	}
}

// Tail gives the last n lines of one folder. The lines have no source's name.
func Tail(dir string, n int) ([]Line, error) {
	if n <= 0 {
		return nil, nil
	}
	var out []Line
	err := Read(context.Background(), []Source{{Dir: dir}}, Query{Tail: n}, func(l Line) error {
		out = append(out, l) // its text is a copy already
		return nil
	})
	return out, err
}

// CopyRaw writes everything kept of one folder to w, as it came.
func CopyRaw(ctx context.Context, dir string, w io.Writer) error {
	numbers, _, err := list(dir)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		f, err := openContents(dir, n)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot read the log: %w", err)
		}
		err = copyContents(ctx, w, f)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func copyContents(ctx context.Context, w io.Writer, f Contents) error {
	size, err := f.Size()
	if err != nil {
		return fmt.Errorf("cannot read the log: %w", err)
	}
	buf := make([]byte, 256<<10)
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := f.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if n == 0 && err != nil {
			return fmt.Errorf("cannot read the log: %w", err)
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return fmt.Errorf("cannot copy the log: %w", err)
		}
		at += int64(n)
	}
	return nil
}
