package mux

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// WindowSpec is a window to be made. Argv is executed as it is.
type WindowSpec struct {
	Name string
	Dir  string
	Argv []string // one element at least
}

// SessionSpec is a session to be made.
type SessionSpec struct {
	Name          string            // with what tmux does not allow in a name replaced; taken: with "-2", "-3", ...
	Marks         map[string]string // user options, "@name" to a value of letters, digits and ._-
	Width, Height int               // while nobody is attached; 0 = tmux's default
	Windows       []WindowSpec      // one at least
}

// Session is a session that exists.
type Session struct {
	ID      string // "$3"
	Name    string
	Mark    string // the value of the mark that was asked for
	Socket  string // as in Options
	Windows []Window
}

// Window is a window that exists. Pane is the one its program was started in.
type Window struct{ ID, Pane, Name string }

// legalMark keeps values apart from the syntax of formats.
var legalMark = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

func checkMark(name, value string) error {
	if !strings.HasPrefix(name, "@") || !legalMark.MatchString(name[1:]) || !legalMark.MatchString(value) {
		return fmt.Errorf("cannot mark a session with %s=%q: a mark is @name, and both are of letters, digits and ._-", name, value)
	}
	return nil
}

// sessionName is the name tmux would make of it: colons and dots separate the
// parts of a target.
func sessionName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == ':' || r == '.' || r < ' ' || r == 0x7f || r == '|' || r == '\\' {
			return '_'
		}
		return r
	}, s)
	if s == "" {
		return "_"
	}
	return s
}

// NewSession makes a session with all its windows. Errors: ErrNoTmux,
// *TooOldError, and *HarmError; with those nothing was made.
//
// It is one run of tmux as a rule. The script finds out for itself whether it
// may go on, and works under a name that nobody has, so that nothing of it can
// hit another session.
func (s *Server) NewSession(ctx context.Context, spec SessionSpec) (*Session, error) {
	if len(spec.Windows) == 0 {
		return nil, errors.New("cannot make a tmux session without a window")
	}
	for name, value := range spec.Marks {
		if err := checkMark(name, value); err != nil {
			return nil, err
		}
	}
	tmp := "new-" + rand.Text()
	name := sessionName(spec.Name)
	out, err := s.run(ctx, creation(spec, tmp, name), append([]string{"start-server", ";"}, unless(harmFormat)...)...)
	r := read(out)
	if r.harm != nil {
		return nil, r.harm
	}
	if r.session == "" {
		if v, verr := ParseVersion(r.version); verr == nil && v.Less(MinVersion) {
			return nil, &TooOldError{Have: v} // the server's, which may be older than the program
		}
		if tooOld := s.Check(ctx); tooOld != nil {
			return nil, tooOld
		}
		if err == nil {
			err = errors.New("it printed no session id")
		}
		return nil, fmt.Errorf("cannot make a tmux session: %w", err)
	}
	session := &Session{ID: r.session, Name: name, Socket: s.o.Socket}
	if err := s.complete(ctx, session, spec, &r); err != nil {
		// Half a session is worse than none.
		_, _ = s.run(context.WithoutCancel(ctx), "", "kill-session", "-t", session.ID+":")
		return nil, err
	}
	return session, nil
}

// creation is the script that makes a session.
func creation(spec SessionSpec, tmp, name string) string {
	var b strings.Builder
	size := ""
	if spec.Width > 0 && spec.Height > 0 {
		size = fmt.Sprintf(" -x %d -y %d", spec.Width, spec.Height)
	}
	target := "=" + tmp
	// On one line with its creation: a session that nobody is attached to may
	// be one that tmux is told to destroy at once.
	fmt.Fprintf(&b, "new-session -d -s %s%s -P -F '@s #{session_id} #{window_id} #{pane_id}'%s ; set-option -t %s destroy-unattached off\n",
		quote(tmp), size, command(spec.Windows[0]), quote(target+":"))
	settings(&b, target, spec.Marks)
	addWindows(&b, target, 1, spec.Windows[1:])
	// A name that is taken leaves the session under the other one, for now.
	fmt.Fprintf(&b, "rename-session -t %s -- %s\n", quote(target+":"), quote(literal(name)))
	b.WriteString(look)
	return b.String()
}

// settings are what a session and its first window are set to.
func settings(b *strings.Builder, target string, marks map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		fmt.Fprintf(b, "set-option -t %s -- %s %s\n", quote(target+":"), name, quote(marks[name]))
	}
	for _, h := range hooks {
		fmt.Fprintf(b, "set-option -t %s -q %s ''\n", quote(target+":"), h)
	}
	fmt.Fprintf(b, own, quote(target+":{start}"))
}

// reply is what a script printed.
type reply struct {
	version string
	harm    *HarmError
	session string
	windows map[int]Window
	panes   map[string][]string // of every session, by its id
	names   map[string]string   // of every session, by its id
}

func read(out string) reply {
	r := reply{windows: map[int]Window{}, panes: map[string][]string{}, names: map[string]string{}}
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		switch {
		case len(f) >= 3 && f[0] == "@v":
			r.version = f[1]
			r.harm = HarmOf(f[1], f[2], strings.Join(f[3:], " "))
		case len(f) == 4 && f[0] == "@s":
			r.session = f[1]
			r.windows[0] = Window{ID: f[2], Pane: f[3]}
		case len(f) == 4 && f[0] == "@w":
			var k int
			if _, err := fmt.Sscan(f[1], &k); err == nil {
				r.windows[k] = Window{ID: f[2], Pane: f[3]}
			}
		case len(f) == 3 && f[0] == "@p":
			r.panes[f[1]] = append(r.panes[f[1]], f[2])
		case len(f) >= 2 && f[0] == "@n":
			r.names[f[1]] = strings.TrimPrefix(strings.TrimRight(line, "\n"), "@n "+f[1]+" ")
		}
	}
	return r
}

// complete does what the one script could not: a hook of the user's may have
// renamed the session or split its first window, and its name may be taken.
func (s *Server) complete(ctx context.Context, session *Session, spec SessionSpec, r *reply) error {
	if len(r.windows) < len(spec.Windows) {
		var b strings.Builder
		settings(&b, session.ID, spec.Marks)
		fmt.Fprintf(&b, "set-option -t %s destroy-unattached off\n", quote(session.ID+":"))
		addWindows(&b, session.ID, 1, spec.Windows[1:])
		b.WriteString(look)
		out, err := s.run(ctx, b.String(), unless(crashFormat)...)
		more := read(out)
		maps.Copy(r.windows, more.windows)
		r.panes, r.names = more.panes, more.names
		if len(r.windows) < len(spec.Windows) {
			return fmt.Errorf("cannot make the windows of a tmux session: %w", errors.Join(err, fmt.Errorf("%d of %d were made", len(r.windows), len(spec.Windows))))
		}
	}
	for k, w := range spec.Windows {
		got := r.windows[k]
		got.Name = w.Name
		session.Windows = append(session.Windows, got)
	}
	return s.tidy(ctx, session, r)
}

// tidy removes panes that are not ours, and gives the session the first free
// name.
func (s *Server) tidy(ctx context.Context, session *Session, r *reply) error {
	ours := map[string]bool{}
	for _, w := range session.Windows {
		ours[w.Pane] = true
	}
	for _, pane := range r.panes[session.ID] {
		if ours[pane] {
			continue
		}
		if _, err := s.run(ctx, "", "kill-pane", "-t", pane); err != nil && !strings.Contains(err.Error(), "can't find pane") {
			return fmt.Errorf("cannot close a pane that a hook has opened: %w", err)
		}
	}
	if r.names[session.ID] == session.Name {
		return nil
	}
	delete(r.names, session.ID)
	taken := map[string]bool{}
	for _, name := range r.names {
		taken[name] = true
	}
	wanted := session.Name
	for n := 2; ; n++ {
		if !taken[session.Name] {
			_, err := s.run(ctx, "", "rename-session", "-t", session.ID+":", "--", literal(session.Name))
			if err == nil {
				return nil
			}
			if !strings.Contains(err.Error(), "duplicate session") || n > 100 { // taken since
				return fmt.Errorf("cannot name the tmux session: %w", err)
			}
		}
		session.Name = fmt.Sprintf("%s-%d", wanted, n)
	}
}

// Sessions lists the sessions that carry a mark; none when no server runs.
func (s *Server) Sessions(ctx context.Context, mark string) ([]Session, error) {
	if err := checkMark(mark, "x"); err != nil {
		return nil, err
	}
	out, err := s.run(ctx, "", "list-sessions", "-F", "@n #{session_id} #{"+mark+"} #{session_name}")
	if errors.Is(err, ErrServerGone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list tmux sessions: %w", err)
	}
	var all []Session
	for line := range strings.Lines(out) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), " ", 4)
		if len(f) == 4 && f[0] == "@n" && f[2] != "" {
			all = append(all, Session{ID: f[1], Mark: f[2], Name: f[3], Socket: s.o.Socket})
		}
	}
	return all, nil
}

// HasSession reports whether a session lives; false when no server runs.
func (s *Server) HasSession(ctx context.Context, id string) (bool, error) {
	_, err := s.run(ctx, "", "has-session", "-t", id+":")
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrServerGone), errors.Is(err, errRace), strings.Contains(err.Error(), "can't find session"):
		return false, nil
	}
	return false, fmt.Errorf("cannot look for a tmux session: %w", err)
}

// RenameSession gives a session another name, which must be free.
func (s *Server) RenameSession(ctx context.Context, id, name string) error {
	if _, err := s.run(ctx, "", "rename-session", "-t", id+":", "--", literal(sessionName(name))); err != nil {
		return fmt.Errorf("cannot rename tmux session %s: %w", id, err)
	}
	return nil
}

// KillSession kills a session that carries mark=value, and no other
// (ErrNotMarked). A session that is gone already is fine.
func (s *Server) KillSession(ctx context.Context, id, mark, value string) error {
	if err := checkMark(mark, value); err != nil {
		return err
	}
	const no = "@not-marked"
	out, err := s.run(ctx, "", "if-shell", "-F", "-t", id+":", "#{==:#{"+mark+"},"+value+"}",
		"kill-session -t "+quote(id+":"), "display-message -p "+no)
	if errors.Is(err, ErrServerGone) || errors.Is(err, errRace) {
		return nil // with its last session a server ends too
	}
	if err != nil {
		return fmt.Errorf("cannot end tmux session %s: %w", id, err)
	}
	if !strings.Contains(out, no) {
		return nil
	}
	if has, err := s.HasSession(ctx, id); err != nil || !has {
		return err
	}
	return fmt.Errorf("cannot end tmux session %s: %w", id, ErrNotMarked)
}
