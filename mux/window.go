package mux

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// NewWindows adds windows after the last one of a session, all in one run of
// tmux. On an error those that were made are returned with it; with a
// *HarmError none were.
func (s *Server) NewWindows(ctx context.Context, sessionID string, specs []WindowSpec) ([]Window, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	var b strings.Builder
	addWindows(&b, sessionID, 0, specs)
	out, err := s.run(ctx, b.String(), unless(crashFormat)...)
	r := read(out)
	if r.harm != nil {
		return nil, fmt.Errorf("cannot make windows: %w", r.harm)
	}
	made := r.windows
	var windows []Window
	for k, w := range specs {
		if got, ok := made[k]; ok {
			got.Name = w.Name
			windows = append(windows, got)
		}
	}
	if len(windows) < len(specs) {
		return windows, fmt.Errorf("cannot make windows: %w", errors.Join(err, fmt.Errorf("%d of %d were made", len(windows), len(specs))))
	}
	return windows, nil
}

// Windows lists a session's windows in their order. Pane is each one's first.
func (s *Server) Windows(ctx context.Context, sessionID string) ([]Window, error) {
	out, err := s.run(ctx, "", "list-panes", "-s", "-t", sessionID+":", "-F", "#{window_id} #{pane_id} #{window_name}")
	if err != nil {
		return nil, fmt.Errorf("cannot list tmux windows: %w", err)
	}
	var all []Window
	for line := range strings.Lines(out) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), " ", 3)
		if len(f) == 3 && (len(all) == 0 || all[len(all)-1].ID != f[0]) {
			all = append(all, Window{ID: f[0], Pane: f[1], Name: f[2]})
		}
	}
	return all, nil
}

// KillWindow closes a window. One that is gone already is fine.
func (s *Server) KillWindow(ctx context.Context, windowID string) error {
	_, err := s.run(ctx, "", "kill-window", "-t", windowID)
	if err != nil && !errors.Is(err, ErrServerGone) && !errors.Is(err, errRace) && !strings.Contains(err.Error(), "can't find window") {
		return fmt.Errorf("cannot close tmux window %s: %w", windowID, err)
	}
	return nil
}

// SelectWindow brings a window to the front of its session.
func (s *Server) SelectWindow(ctx context.Context, windowID string) error {
	if _, err := s.run(ctx, "", "select-window", "-t", windowID); err != nil {
		return fmt.Errorf("cannot select tmux window %s: %w", windowID, err)
	}
	return nil
}

// Seen reports whether somebody can see a pane: a client is attached to its
// session, which has the pane's window in front.
func (s *Server) Seen(ctx context.Context, paneID string) (bool, error) {
	out, err := s.run(ctx, "", "display-message", "-p", "-t", paneID, "#{session_attached} #{window_active}")
	if err != nil {
		return false, fmt.Errorf("cannot tell whether tmux pane %s is seen: %w", paneID, err)
	}
	attached, active, _ := strings.Cut(strings.TrimSpace(out), " ")
	return attached != "0" && active == "1", nil
}

// AttachArgv is the command line that attaches this terminal to a session,
// with a window in front unless windowID is empty. It is to be executed in
// place of the caller, with no TMUX in the environment.
func (s *Server) AttachArgv(sessionID, windowID string) ([]string, error) {
	argv := s.argv()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, ErrNoTmux
	}
	argv[0] = path
	if windowID != "" {
		argv = append(argv, "select-window", "-t", windowID, ";")
	}
	return append(argv, "attach-session", "-t", sessionID+":"), nil
}

// SwitchClient shows a session, with a window in front unless windowID is
// empty, in the client in which this process runs: $TMUX must name this server.
func (s *Server) SwitchClient(ctx context.Context, sessionID, windowID string) error {
	args := []string{"switch-client", "-t", sessionID + ":"}
	if windowID != "" {
		args = append([]string{"select-window", "-t", windowID, ";"}, args...)
	}
	if _, err := s.runIn(ctx, s.environ(true), "", args...); err != nil {
		return fmt.Errorf("cannot switch to tmux session %s: %w", sessionID, err)
	}
	return nil
}
