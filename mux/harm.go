package mux

import (
	"context"
	"errors"
)

// crashFormat is true on a server that crashes when a session or a window is
// made without a client: releases 3.3a to 3.6b with window-size manual (found
// by running 3.3a, and by reading the others).
const crashFormat = `#{&&:#{==:#{window-size},manual},#{m/r:^(next-)?3\.[3-6],#{version}}}`

// harmFormat is true on a server on which no session is to be made; harm says
// why. A server that is too old counts too.
const harmFormat = `#{||:` + crashFormat + `,#{||:#{==:#{exit-unattached},1},#{m/r:^([0-2]\.|3\.[01]),#{version}}}}`

// nobody is a target that does not exist: window ids are counted up. With it a format finds
// an option's global value, where otherwise the current window's own would hide
// it; what decides over a crash is the global one.
const nobody = "@4294967295"

// versionLine prints what harm needs.
const versionLine = "display-message -p -t " + nobody + " '@v #{version} #{window-size} #{exit-unattached}'"

// unless are the arguments that run the script on standard input where format
// is false. The server decides, in the same run, after it has read its
// configuration.
func unless(format string) []string {
	return []string{"if-shell", "-F", "-t", nobody, format, versionLine, "source-file -"}
}

// HarmOf says why no session is to be made on a server of a version with such
// options, as tmux writes them; nil when one may be.
func HarmOf(version, windowSize, exitUnattached string) *HarmError {
	v, err := ParseVersion(version)
	crashes := err == nil && v.Major == 3 && v.Minor >= 3 && v.Minor <= 6
	switch {
	case windowSize == "manual" && crashes:
		return &HarmError{Option: "window-size", Value: windowSize, Why: "with that tmux " + version + " crashes when a session or a window is made in the background"}
	case exitUnattached == "1":
		return &HarmError{Option: "exit-unattached", Value: "on", Why: "with that tmux ends as soon as nobody looks at it"}
	}
	return nil
}

// Harm looks for options of a running server under which no session is to be
// made; nil when there is none, or no server.
func (s *Server) Harm(ctx context.Context) (*HarmError, error) {
	out, err := s.run(ctx, "", "if-shell", "-F", "1", versionLine)
	if errors.Is(err, ErrServerGone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return read(out).harm, nil
}
