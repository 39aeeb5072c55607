package controller

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/place"
	"prox/mux"
)

// mark is the tmux user option that tells our session: its value is the
// project's id.
const mark = "@prox"

// privateSocket names the socket of a tmux server of our own.
const privateSocket = "tmux.sock"

// statusWindow is the name of the window with the live table.
const statusWindow = "prox"

// screen is the project's tmux session. Its calls of tmux take their time, so
// they are made outside the controller's goroutine, one at a time; what is
// known can be asked for meanwhile.
type screen struct {
	place place.Project
	calls sync.Mutex // held during a call of tmux

	mu     sync.Mutex // guards everything below; never held during a call
	wish   screenWish
	server *mux.Server
	at     seen
	stale  []string // sessions of earlier runs that were ended, until it is told
}

// screenWish is how the session is to be made.
type screenWish struct {
	Name    string `json:"name"`
	Socket  string `json:"socket"`  // "" = the user's default server
	Private bool   `json:"private"` // a server of our own
	Width   int    `json:"width"`
	Height  int    `json:"height"`
}

// seen is what is remembered of a session.
type seen struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Socket  string `json:"socket"`
	Private bool   `json:"private"`
	Status  string `json:"status"`
}

func newScreen(p place.Project) *screen { return &screen{place: p} }

// want says how a session is to be made, should there be none.
func (s *screen) want(w screenWish) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.ID == "" {
		s.wish = w
	}
}

// adopt takes up a session of an earlier controller. One that was being made
// when that died is found by its mark.
func (s *screen) adopt(ctx context.Context, at seen, wish screenWish) error {
	var err error
	if at.ID == "" {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		at, err = s.find(ctx, wish)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.server, s.wish = at, server(at.Socket, at.Private), wish
	return err
}

func (s *screen) find(ctx context.Context, wish screenWish) (seen, error) {
	at := seen{Socket: wish.Socket, Private: wish.Private}
	if at.Private && at.Socket == "" {
		at.Socket = s.privateSocket()
	}
	all, err := server(at.Socket, at.Private).Sessions(ctx, mark)
	for _, session := range all {
		if session.Mark == s.place.ID {
			at.ID, at.Name = session.ID, session.Name
			return at, nil
		}
	}
	return seen{}, err
}

func (s *screen) wished() screenWish {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wish
}

func server(socket string, private bool) *mux.Server {
	o := mux.Options{Socket: socket}
	if private {
		o.Config = os.DevNull
	}
	return mux.New(o)
}

func (s *screen) seen() seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *screen) know(at seen, server *mux.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.server = at, server
}

func (s *screen) known() (seen, *mux.Server, screenWish) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at, s.server, s.wish
}

func (s *screen) wire() api.Tmux {
	at := s.seen()
	return api.Tmux{Socket: at.Socket, Private: at.Private, SessionID: at.ID, Status: at.Status}
}

// open makes windows for instances, and the session first where there is
// none. It returns the windows' ids, and what a person should be told.
func (s *screen) open(ctx context.Context, names []string) (map[string]string, []string, error) {
	s.calls.Lock()
	defer s.calls.Unlock()
	shim := launch.ShimArgv()
	specs := make([]mux.WindowSpec, len(names))
	for k, name := range names {
		specs[k] = mux.WindowSpec{Name: name, Dir: s.place.Dir, Argv: slices.Concat(shim, []string{"--runtime", s.place.Runtime, name})}
	}
	at, tmux, wish := s.known()
	if at.ID != "" {
		windows, err := tmux.NewWindows(ctx, at.ID, specs)
		if err == nil {
			return byName(windows), nil, nil
		}
		if has, herr := tmux.HasSession(ctx, at.ID); herr != nil || has {
			return byName(windows), nil, errors.Join(err, herr)
		}
		// It was closed by hand meanwhile.
	}
	return s.create(ctx, wish, specs)
}

func byName(windows []mux.Window) map[string]string {
	ids := make(map[string]string, len(windows))
	for _, w := range windows {
		ids[w.Name] = w.ID
	}
	return ids
}

func (s *screen) create(ctx context.Context, w screenWish, windows []mux.WindowSpec) (map[string]string, []string, error) {
	status := mux.WindowSpec{Name: statusWindow, Dir: s.place.Dir, Argv: []string{launch.Executable(), "dash", "--at", s.place.Runtime, "--logs", s.place.Logs()}}
	spec := mux.SessionSpec{
		Name:    w.Name,
		Marks:   map[string]string{mark: s.place.ID},
		Width:   w.Width,
		Height:  w.Height,
		Windows: append([]mux.WindowSpec{status}, windows...),
	}
	if w.Private && w.Socket == "" {
		w.Socket = s.privateSocket()
	}
	var notices []string
	tmux := server(w.Socket, w.Private)
	session, err := tmux.NewSession(ctx, spec)
	var harm *mux.HarmError
	if errors.As(err, &harm) && !w.Private {
		notices = append(notices, fmt.Sprintf("uses a tmux server of its own, because %v; prox attach finds it", harm))
		w.Socket, w.Private = s.privateSocket(), true
		tmux = server(w.Socket, true)
		session, err = tmux.NewSession(ctx, spec)
	}
	if err != nil {
		return nil, notices, err
	}
	if session.Name != w.Name {
		notices = append(notices, s.clearStale(ctx, tmux, session, w.Name)...)
	}
	if session.Name != w.Name {
		notices = append(notices, fmt.Sprintf("the tmux session is called %s, because there is another %s", session.Name, w.Name))
	}
	ids := byName(session.Windows)
	at := seen{ID: session.ID, Name: session.Name, Socket: w.Socket, Private: w.Private, Status: session.Windows[0].ID}
	delete(ids, statusWindow)
	for k, spec := range windows { // a service may be called as the status window is
		ids[spec.Name] = session.Windows[k+1].ID
	}
	s.know(at, tmux)
	return ids, notices, nil
}

// clearStale ends sessions of this project that an earlier controller has left
// and nobody knew of any more, and gives ours their name. Who holds the lock has
// the project: what they show is nobody's.
func (s *screen) clearStale(ctx context.Context, tmux *mux.Server, ours *mux.Session, name string) []string {
	all, err := tmux.Sessions(ctx, mark)
	if err != nil {
		return []string{err.Error()}
	}
	var notices []string
	for _, other := range all {
		if other.Mark != s.place.ID || other.ID == ours.ID {
			continue
		}
		if err := tmux.KillSession(ctx, other.ID, mark, s.place.ID); err != nil {
			notices = append(notices, err.Error())
			continue
		}
		s.mu.Lock()
		s.stale = append(s.stale, other.Name)
		s.mu.Unlock()
		if other.Name == name && tmux.RenameSession(ctx, ours.ID, name) == nil { // else it keeps the other name, which is told
			ours.Name = name
		}
	}
	return notices
}

// tookAway are the names of the sessions that clearStale has ended since it was
// asked last.
func (s *screen) tookAway() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.stale
	s.stale = nil
	return names
}

// privateSocket lies beside the controller's socket, in a folder of ours.
func (s *screen) privateSocket() string { return filepath.Join(s.place.Runtime, privateSocket) }

// alive reports whether the session is there.
func (s *screen) alive(ctx context.Context) (bool, error) {
	s.calls.Lock()
	defer s.calls.Unlock()
	at, tmux, _ := s.known()
	if at.ID == "" {
		return false, nil
	}
	return tmux.HasSession(ctx, at.ID)
}

// close ends the session, which must carry our mark.
func (s *screen) close(ctx context.Context) error {
	s.calls.Lock()
	defer s.calls.Unlock()
	at, tmux, _ := s.known()
	if at.ID == "" {
		return nil
	}
	s.know(seen{}, nil)
	return tmux.KillSession(ctx, at.ID, mark, s.place.ID)
}
