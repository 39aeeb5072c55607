package cli

import (
	"bytes"
	"regexp"

	"prox/internal/logstore"
)

// around shows lines that match, with some of the lines before and after them
// of the same instance.
type around struct {
	match  *regexp.Regexp
	invert bool
	lines  int
	clean  func(dst, text []byte) []byte
	out    func(l logstore.Line, matched bool) error
	gap    func() error // between two places that are not next to each other

	of   map[string]*surroundings // by instance
	last *surroundings            // whose line was shown last
	buf  []byte
}

// surroundings are what is known of one instance's lines.
type surroundings struct {
	before []logstore.Line // not shown yet, oldest first
	after  int             // how many more are to be shown
	shown  bool            // some line was
	missed bool            // a line was left out since the last that was shown
}

func (a *around) line(l logstore.Line) error {
	s := a.of[l.Source]
	if s == nil {
		s = &surroundings{}
		a.of[l.Source] = s
	}
	a.buf = a.clean(a.buf[:0], l.Text)
	matched := a.match.Match(a.buf) != a.invert
	switch {
	case matched:
		if s.missed && s.shown || a.last != nil && a.last != s && len(s.before) > 0 {
			if err := a.gap(); err != nil {
				return err
			}
		}
		for _, b := range s.before {
			if err := a.show(s, b, false); err != nil {
				return err
			}
		}
		s.before, s.after, s.missed = s.before[:0], a.lines, false
		return a.show(s, l, true)
	case s.after > 0:
		s.after--
		return a.show(s, l, false)
	}
	if len(s.before) == a.lines {
		s.before = s.before[:copy(s.before, s.before[1:])]
		s.missed = true
	}
	l.Text = bytes.Clone(l.Text)
	s.before = append(s.before, l)
	return nil
}

func (a *around) show(s *surroundings, l logstore.Line, matched bool) error {
	s.shown, a.last = true, s
	return a.out(l, matched)
}
