package mux

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Version is a tmux release; a letter (3.3a) is a patch release. Master, the
// development version, counts as newer than all.
type Version struct {
	Major, Minor int
	Letter       string
}

// MinVersion is the oldest tmux that has what this package uses:
// new-session -e and window ids of batches read from standard input.
var MinVersion = Version{Major: 3, Minor: 2}

// String is the version as tmux writes it.
func (v Version) String() string {
	if v == master {
		return "master"
	}
	return fmt.Sprintf("%d.%d%s", v.Major, v.Minor, v.Letter)
}

var master = Version{Major: 1 << 20}

// Less reports whether v is older than w.
func (v Version) Less(w Version) bool {
	switch {
	case v.Major != w.Major:
		return v.Major < w.Major
	case v.Minor != w.Minor:
		return v.Minor < w.Minor
	}
	return v.Letter < w.Letter
}

// ParseVersion reads what `tmux -V` prints ("tmux 3.3a", "tmux next-3.6",
// "tmux openbsd-7.4", "tmux master").
func ParseVersion(s string) (Version, error) {
	t := strings.TrimPrefix(strings.TrimSpace(s), "tmux ")
	t = strings.TrimPrefix(t, "next-")
	if t == "master" || strings.HasPrefix(t, "openbsd-") { // OpenBSD's is the development version
		return master, nil
	}
	major, rest, ok := strings.Cut(t, ".")
	rest, _, _ = strings.Cut(rest, "-") // 3.5-rc2: as good as 3.5
	digits := strings.TrimRight(rest, "abcdefghijklmnopqrstuvwxyz")
	letter := rest[len(digits):]
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(digits)
	if !ok || err1 != nil || err2 != nil {
		return Version{}, fmt.Errorf("cannot tell tmux's version from %q", s)
	}
	return Version{Major: a, Minor: b, Letter: letter}, nil
}

// Version asks the tmux program; ErrNoTmux when there is none.
func (s *Server) Version(ctx context.Context) (Version, error) {
	out, err := s.run(ctx, "", "-V")
	if err != nil {
		return Version{}, err
	}
	return ParseVersion(out)
}

// Running asks the server that runs, which an upgrade of the program leaves as
// it was; ErrServerGone when there is none.
func (s *Server) Running(ctx context.Context) (Version, error) {
	out, err := s.run(ctx, "", "if-shell", "-F", "1", versionLine)
	if err != nil {
		return Version{}, err
	}
	return ParseVersion(read(out).version)
}

// Check returns a *TooOldError for a tmux that is too old.
func (s *Server) Check(ctx context.Context) error {
	v, err := s.Version(ctx)
	if err != nil {
		return err
	}
	if v.Less(MinVersion) {
		return &TooOldError{Have: v}
	}
	return nil
}
