package mux

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Announcement is what a session tells on tmux's own status line.
type Announcement struct {
	Text  string            // at the right, before what the user has there (in a narrow terminal, instead of it); "" = nothing
	Marks map[string]string // by window id: a sign before its name in the list of windows; "" = none (any more)
}

// The user options that hold what is announced, and what the user has in the
// places where it is.
const (
	textOption   = "@announced"
	usersOption  = "@announced_before"
	signOption   = "@announced_sign"
	doneOption   = "@announced_here"
	markedOption = "@announced_at" // of a window: formats see a session's options through it
)

// announcedMost is how many cells the right of the status line may take: tmux
// gives it 40, which the text and what the user has there seldom fit into.
const announcedMost = 150

// announcedAlone is the width of a terminal below which the text stands alone:
// with what the user has there, the list of windows would find no room.
const announcedAlone = 100

// Announce changes what a session announces. It sets options of that session
// and of the named windows only, and keeps what the user has set for all: the
// text stands beside it. A window that is gone is passed over.
func (s *Server) Announce(ctx context.Context, sessionID string, a Announcement) error {
	var b strings.Builder
	session := quote(sessionID + ":")
	fmt.Fprintf(&b, "set-option -t %s %s %s\n", session, textOption, quote(literal(a.Text)))
	once(&b, doneOption, "-t "+session,
		fmt.Sprintf("set-option -F -t %s %s '#{status-right}'", session, usersOption),
		fmt.Sprintf("set-option -t %s status-right '#{?%s,#{%s} ,}#{?#{&&:#{%s},#{&&:#{client_width},#{e|<|:#{client_width},%d}}},,#{T:%s}}'",
			session, textOption, textOption, textOption, announcedAlone, usersOption),
		fmt.Sprintf("set-option -t %s status-right-length %d", session, announcedMost),
		fmt.Sprintf("set-option -t %s %s 1", session, doneOption))
	for _, id := range slices.Sorted(maps.Keys(a.Marks)) {
		window := quote(id)
		if a.Marks[id] == "" {
			for _, option := range []string{signOption, markedOption, "window-status-format", "window-status-current-format"} {
				fmt.Fprintf(&b, "set-option -q -w -u -t %s %s\n", window, option)
			}
			continue
		}
		fmt.Fprintf(&b, "set-option -q -w -t %s %s %s\n", window, signOption, quote(literal(a.Marks[id])))
		var commands []string
		for _, option := range []string{"window-status-format", "window-status-current-format"} {
			before := usersOption + strings.TrimPrefix(option, "window-status")
			before = strings.ReplaceAll(before, "-", "_")
			commands = append(commands,
				fmt.Sprintf("set-option -q -w -F -t %s %s '#{%s}'", window, before, option),
				fmt.Sprintf("set-option -q -w -t %s %s '#[fg=red]#{%s}#[fg=default]#{T:%s}'", window, option, signOption, before))
		}
		once(&b, markedOption, "-t "+window, append(commands, fmt.Sprintf("set-option -q -w -t %s %s 1", window, markedOption))...)
	}
	if _, err := s.run(ctx, b.String(), "source-file", "-q", "-"); err != nil {
		return fmt.Errorf("cannot change the status line of tmux session %s: %w", sessionID, err)
	}
	return nil
}

// once appends commands that run if they haven't run before for a target, which
// an option tells: what they keep of the user's would be ours the second time.
func once(b *strings.Builder, option, target string, commands ...string) {
	fmt.Fprintf(b, "if-shell -F %s '#{%s}' '' %s\n", target, option, quote(strings.Join(commands, " ; ")))
}
