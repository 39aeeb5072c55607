package mux

import (
	"context"
	"errors"
)

// harmFormat is true on a server on which no session is to be made; harm says
// why. A server that is too old counts too.
//
// window-size manual: releases 3.3a to 3.6b crash when a session or a window
// is made without a client (found by running 3.3a, and by reading the others).
const harmFormat = `#{||:#{&&:#{==:#{window-size},manual},#{m/r:^3\.[3-6],#{version}}},` +
	`#{||:#{==:#{exit-unattached},1},#{m/r:^([0-2]\.|3\.[01]),#{version}}}}`

func harm(version, windowSize, exitUnattached string) *HarmError {
	v, err := ParseVersion(version)
	crashes := err == nil && v.Major == 3 && v.Minor >= 3 && v.Minor <= 6
	switch {
	case windowSize == "manual" && crashes:
		return &HarmError{Option: "window-size", Value: windowSize, Why: "with that tmux " + version + " crashes when a session is made in the background"}
	case exitUnattached == "1":
		return &HarmError{Option: "exit-unattached", Value: "on", Why: "with that tmux ends as soon as nobody looks at it"}
	}
	return nil
}

// Harm looks for options of a running server under which no session is to be
// made; nil when there is none, or no server.
func (s *Server) Harm(ctx context.Context) (*HarmError, error) {
	out, err := s.run(ctx, "", "display-message", "-p", "@v #{version} #{window-size} #{exit-unattached}")
	if errors.Is(err, ErrServerGone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return read(out).harm, nil
}
